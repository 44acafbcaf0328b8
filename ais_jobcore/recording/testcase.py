"""Make a test of a transcript: one that fails as soon as the core decides otherwise. Pure."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

from .. import limits
from .reading import TranscriptError

if TYPE_CHECKING:
    from .reading import Transcript

_ODD: Final = re.compile(r"[^\w.-]+", re.ASCII)

_INLINE: Final = '''\
# ruff: noqa: E501 - the lines of a transcript are as long as they are
"""{about}"""

from ais_jobcore.recording import Transcript, replay

TRANSCRIPT = r"""{text}"""


def test_wait_is_decided_as_it_was() -> None:
    """The core of today decides as the transcript says."""
    assert replay(Transcript.parse(TRANSCRIPT.encode())).changes() == []
'''
_BESIDE: Final = '''\
"""{about}"""

from pathlib import Path

from ais_jobcore.recording import replay

TRANSCRIPT = Path(__file__).with_name({name})


def test_wait_is_decided_as_it_was() -> None:
    """The core of today decides as the transcript beside this file says."""
    assert replay(TRANSCRIPT).changes() == []
'''


def as_test(transcript: Transcript) -> str:
    """
    Make a pytest test of a transcript.

    A small transcript becomes a part of the test; of a larger one the test has the name only, and looks for
    the file beside itself.

    Raises:
        TranscriptError: the transcript cannot be read, or the wait had a schedule of its own.
    """
    state = transcript.wait().state
    for _ in transcript.entries():
        pass
    # Written anew, for what a stranger wrote as JSON need not be harmless in a program.
    documents = [transcript.header, *map(json.loads, transcript.data.split(b"\n")[:-1])]
    try:
        text = "".join(json.dumps(document, separators=(",", ":")) + "\n" for document in documents)
    except RecursionError:
        msg = f"{transcript.name}: nested too deeply"
        raise TranscriptError(msg) from None
    subject = _ODD.sub("-", state.job_id or state.kind)[: limits.SUBJECT_LIMIT]
    about = f"The wait for {subject}, replayed."
    if len(text) <= limits.INLINE_TRANSCRIPT:
        return _INLINE.format(about=about, text=text)
    return _BESIDE.format(about=about, name=json.dumps(transcript.name))
