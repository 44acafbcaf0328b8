"""Replay transcripts: the same inputs through the core of today."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from attrs import frozen

from .lines import decision_of
from .reading import Transcript

if TYPE_CHECKING:
    from collections.abc import Iterator
    from os import PathLike

    from ..machine import JobWait
    from ..pacing import Schedule
    from .lines import Document
    from .reading import Entry


@frozen
class Step:
    """
    Hold one replayed line.

    Attributes:
        entry: the line, with what was decided then.
        decision: what is decided today, as a document; ``None`` where the wait raises instead.
        raised: what it raises, empty if nothing.
    """

    entry: Entry
    decision: Document | None
    raised: str

    @property
    def same(self) -> bool:
        """Whether nothing has changed."""
        return self.raised == self.entry.raised and self.decision == self.entry.decision


@frozen
class Replay:
    """
    Say what came of a replay.

    Attributes:
        transcript: what was replayed.
        lines: how many lines were.
        difference: the first one that is decided differently; ``None`` if there is none.
    """

    transcript: Transcript
    lines: int
    difference: Step | None

    @property
    def same(self) -> bool:
        """Whether every decision is what it was."""
        return self.difference is None


def replay(source: Transcript | str | PathLike[str], *, schedule: Schedule | None = None) -> Replay:
    """
    Give the inputs of a transcript to the core of today, up to the first decision that differs.

    Args:
        source: a transcript, or the path of one.
        schedule: the schedule of the wait, where that was one of the user's own.

    Raises:
        TranscriptError: it cannot be read; the line is named.
        OSError: the file cannot be read.
    """
    transcript = source if isinstance(source, Transcript) else Transcript.load(source)
    count = 0
    for step in steps(transcript, schedule=schedule):
        count += 1
        if not step.same:
            return Replay(transcript, count, step)
    return Replay(transcript, count, None)


def steps(transcript: Transcript, *, schedule: Schedule | None = None) -> Iterator[Step]:
    """
    Replay line by line, past differences too; what follows one may differ because of it.

    Raises:
        TranscriptError: as with :func:`replay`.
    """
    wait = transcript.wait(schedule)
    for entry in transcript.entries():
        yield _step(wait, entry)


def _step(wait: JobWait, entry: Entry) -> Step:
    try:
        event, t = entry.event, entry.t
        decision = wait.start(t) if event is None else wait.handle(event, t)
    except Exception as error:  # noqa: BLE001 - a transcript may be of a bug
        return Step(entry, None, f"{type(error).__name__}: {error}")
    document: Any = decision_of(decision)
    if "delay" not in document:
        document = json.loads(json.dumps(document))
    return Step(entry, document, "")
