"""
Fuzzers of what is loaded from files: transcripts, saved waits and recordings.

Whatever a file holds, it is loaded, or a ``ValueError`` in one line says why not.
"""

from __future__ import annotations

import ast
import math
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ais_jobcore import Continue, Fault, FaultKind, JobWait, NotFound, Reply, queries
from ais_jobcore.recording import Transcript, TranscriptError, as_test, replay, steps
from ais_jobcore.testing import Recording
from tests.proof.fuzz.bytes import text_of
from tests.proof.fuzz.oracles import check_decision, harmless

if TYPE_CHECKING:
    from ais_jobcore.machines.protocols import Event

_LONGEST_MESSAGE: Final = 2_000


def check_refusal(error: ValueError) -> None:
    """Check that what is wrong with a file is said in a line of bounded length."""
    message = str(error)
    assert message
    assert len(message) <= _LONGEST_MESSAGE, len(message)
    assert "\n" not in message, message


ANSWERS: Final[tuple[Event, ...]] = (
    Fault(FaultKind.TIMEOUT, "20 s"),
    NotFound("gone"),
    Reply(200, b'{"t1":[]}'),
    Reply(200, b'{"uuid":"x3CgTG-3v","end_time":1}'),
    Reply(503),
)
"""What a wait may be told next, wherever it is."""


def run_saved(data: bytes) -> None:
    """Load a saved wait, save it again, and let it go on."""
    try:
        wait = JobWait.load(text_of(data), 0.0)
    except ValueError as error:
        check_refusal(error)
        return
    text = wait.save()
    again = JobWait.load(text, 0.0)
    assert again.save() == text
    assert isinstance(wait.explain(0.0), str)
    if wait.decision is not None:
        assert wait.decision.reason == again.decision.reason
    if isinstance(wait.decision, Continue):
        assert 0 <= wait.decision.delay < math.inf
        for event in ANSWERS:
            going_on = JobWait.load(text, 0.0)
            check_decision(going_on.handle(event, 1.0))
    elif wait.decision is None:
        check_decision(wait.start(0.0))


@cache
def _scratch() -> tempfile.TemporaryDirectory[str]:
    """Make a folder in memory where there is one: a disk would be what takes the time."""
    memory = Path("/dev/shm")  # noqa: S108 - the folder within it is our own
    return tempfile.TemporaryDirectory(prefix="fuzz-", dir=memory if memory.is_dir() else None)


REQUESTS: Final = (
    queries.ask_status("x3CgTG-3v"),
    queries.ask_sightings("x3CgTG-3v"),
    queries.ask_kind("lru", active=True),
    queries.list_names(),
)


def run_recording(data: bytes) -> None:
    """Load a recording, zipped or not, and ask it."""
    path = Path(_scratch().name) / "recording.jsonl"
    path.write_bytes(data)
    try:
        recording = Recording.load(path)
    except ValueError as error:
        check_refusal(error)
        return
    assert 0 <= recording.seconds < math.inf
    for request in REQUESTS:
        try:
            answer, took = recording.answer(request, recording.seconds / 2)
        except LookupError:
            continue
        assert 0 <= took < math.inf
        assert not isinstance(answer, Reply) or isinstance(answer.body, bytes)


def run_transcript(data: bytes) -> None:
    """Replay a transcript, and make a test of it."""
    try:
        transcript = Transcript.parse(data)
        replayed = replay(transcript)
        program = as_test(transcript)
    except TranscriptError as error:
        check_refusal(error)
        assert harmless(str(error))
        return
    assert 0 <= replayed.lines <= data.count(b"\n")
    assert replayed.same is (replayed.difference is None)
    for step in steps(transcript):
        assert step.same is not bool(step.changes())
    tree = ast.parse(program)
    # A stranger's text stays within the words of the program.
    assert [type(node) for node in tree.body[-2:]] == [ast.Assign, ast.FunctionDef]
