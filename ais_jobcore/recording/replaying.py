"""Replay transcripts: the same inputs through the core of today."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias, cast

from attrs import frozen

from ..decisions import Continue
from .lines import decision_of, plain, request_of
from .reading import Transcript

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from os import PathLike

    from ..machines.job import JobWait
    from ..queries import Request
    from ..schedules import Schedule
    from .lines import Document
    from .reading import Entry


_FIELDS: Final = 3
"""How many fields the document of a ``Continue`` has."""

_NOTHING: Final = object()

Change: TypeAlias = tuple[str, object, object]
"""Where, what it was, what it is."""


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

    def changes(self) -> list[Change]:
        """List what has changed: where in the decision, what it was, and what it is; ``None`` for nothing."""
        then = _leaves(self.entry.decision, self.entry.raised)
        now = _leaves(self.decision, self.raised)
        return [
            (place, then.get(place), now.get(place))
            for place in dict.fromkeys([*then, *now])
            if then.get(place, _NOTHING) != now.get(place, _NOTHING)
        ]


def _leaves(document: Document | None, raised: str) -> dict[str, object]:
    """List all that is in a decision, by its path; without recursion, as its depth is up to strangers."""
    found: dict[str, object] = {}
    pending: list[tuple[str, object]] = [("raised", raised)] if document is None else [("", document)]
    while pending:
        place, value = pending.pop()
        parts: Iterable[tuple[object, object]] = ()
        if isinstance(value, dict):
            parts = cast("dict[str, object]", value).items()
        elif isinstance(value, list):
            parts = enumerate(cast("list[object]", value))
        inner = [(f"{place}.{name}" if place else f"{name}", part) for name, part in parts]
        pending += reversed(inner)
        if not inner:
            found[place] = value
    return found


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

    def changes(self) -> list[Change]:
        """List what has changed at the first difference; nothing if there is none."""
        return [] if self.difference is None else self.difference.changes()


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
        self._told: Continue | dict[str, Any] | str = ""
        self._request: Request | None = None
        self._spelt: dict[str, Any] = {}

    def agrees(self, entry: Entry) -> bool:
        """Take the input of a line, and tell whether all is as it was."""
        try:
            event = entry.event
            decision = self._wait.start(entry.t) if event is None else self._wait.handle(event, entry.t)
            self._told = decision if isinstance(decision, Continue) else plain(decision_of(decision))
        except Exception as error:  # noqa: BLE001 - a transcript may be of a bug
            self._told = f"{type(error).__name__}: {error}"
        told, then = self._told, entry.decision
        if then is None or not isinstance(told, Continue):
            return self.step(entry).same
        if told.request is not self._request:
            self._request, self._spelt = told.request, request_of(told.request)
        # The core asks the same over and over, with one and the same value.
        return (
            told.delay == then.get("delay")
            and self._spelt == then.get("request")
            and told.reason == then.get("reason")
            and len(then) == _FIELDS
        )

    def step(self, entry: Entry) -> Step:
        """Spell the last decision."""
        match self._told:
            case str() as raised:
                return Step(entry, None, raised)
            case Continue() as decision:
                return Step(entry, plain(decision_of(decision)), "")
            case document:
                return Step(entry, document, "")
