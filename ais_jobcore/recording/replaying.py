"""Replay transcripts: the same inputs through the core of today."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from attrs import frozen

from ..decisions import Continue
from .lines import decision_of, request_of
from .reading import Transcript

if TYPE_CHECKING:
    from collections.abc import Iterator
    from os import PathLike

    from ..calls import Request
    from ..decisions import Decision
    from ..machine import JobWait
    from ..pacing import Schedule
    from ..snapshots import WaitResult
    from .lines import Document
    from .reading import Entry


_FIELDS: Final = 3
"""How many fields the document of a ``Continue`` has."""


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
    wait = _Replayed(transcript.wait(schedule))
    count = 0
    for entry in transcript.entries():
        count += 1
        if not wait.agrees(entry):
            return Replay(transcript, count, wait.step(entry))
    return Replay(transcript, count, None)


def steps(transcript: Transcript, *, schedule: Schedule | None = None) -> Iterator[Step]:
    """
    Replay line by line, past differences too; what follows one may differ because of it.

    Raises:
        TranscriptError: as with :func:`replay`.
    """
    wait = _Replayed(transcript.wait(schedule))
    for entry in transcript.entries():
        wait.agrees(entry)
        yield wait.step(entry)


class _Replayed:
    """Be a wait that is given what another one was given, and keep its last decision."""

    def __init__(self, wait: JobWait) -> None:
        self._wait = wait
        self._told: Decision[WaitResult] | str = ""
        self._request: Request | None = None
        self._spelt: dict[str, Any] = {}

    def agrees(self, entry: Entry) -> bool:
        """Take the input of a line, and tell whether all is as it was."""
        try:
            event = entry.event
            decision = self._wait.start(entry.t) if event is None else self._wait.handle(event, entry.t)
        except Exception as error:  # noqa: BLE001 - a transcript may be of a bug
            self._told = f"{type(error).__name__}: {error}"
            return self._told == entry.raised
        self._told, then = decision, entry.decision
        if then is None or not isinstance(decision, Continue):
            return self.step(entry).same
        if decision.request is not self._request:
            self._request, self._spelt = decision.request, request_of(decision.request)
        # The core asks the same over and over, with one and the same value.
        return (
            decision.delay == then.get("delay")
            and self._spelt == then.get("request")
            and decision.reason == then.get("reason")
            and len(then) == _FIELDS
        )

    def step(self, entry: Entry) -> Step:
        """Spell the last decision."""
        if isinstance(self._told, str):
            return Step(entry, None, self._told)
        # As it would be read back: JSON has no tuples.
        return Step(entry, json.loads(json.dumps(decision_of(self._told))), "")
