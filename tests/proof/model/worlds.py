"""
Small worlds for state machines: one job on a few targets, what is true of it, and what was told of it.

Written from the rules, without the core: the truth is a word for each target, and answers are spelt from it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from attrs import define, field

from ais_jobcore import Reply, Request, Until
from ais_jobcore.queries import Query
from tests.builders import NOON_NS, refusal, reply, snap_document

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

TARGETS: Final = ("t1", "t2", "t3", "t4")
ABSENT, NOT_STARTED, RUNNING, IDLE = "absent", "not started", "running", "idle"
FINISHED, ABORTED, GONE = "finished", "aborted", "gone"
ACTIVE: Final = frozenset({NOT_STARTED, RUNNING, IDLE})
SHOWN: Final = ACTIVE | {FINISHED, ABORTED}

MOVES: Final = {
    "begin": {ABSENT: NOT_STARTED},
    "work": {ABSENT: RUNNING, NOT_STARTED: RUNNING, IDLE: RUNNING},
    "rest": {RUNNING: IDLE},
    "finish": {NOT_STARTED: FINISHED, RUNNING: FINISHED, IDLE: FINISHED},
    "abort": {NOT_STARTED: ABORTED, RUNNING: ABORTED, IDLE: ABORTED},
    "go": {RUNNING: GONE, IDLE: GONE, FINISHED: GONE},
}
"""What may happen to a target: what it does now, and what it does then."""

LOST: Final = 2
"""Answers in a row without a target after which that may be taken to be lost."""
WITH_STATUS: Final = frozenset({"copy-bck", "lru", "rebalance"})
"""Kinds that report to the proxies."""
IDLING: Final = frozenset({"archive", "brand-new"})
"""Kinds that are done when they idle; of those that nobody knows, it is taken so."""
NOT_FOUND: Final = refusal(404, "not found", "ErrNotFound")


@define
class World:
    """
    Hold the truth about one job.

    Attributes:
        job_id: its id.
        kind: its kind.
        states: what each target does.
        errors: what went wrong on a target, without stopping it.
        quiet: targets that do not show their errors any more.
        fleeting: targets that will not, once they were looked at.
        twice: targets that show an earlier run under the same id, too.
        noticed: whether the proxies have noticed what ended.
        forgotten: whether the proxies have forgotten it.
    """

    job_id: str
    kind: str
    states: dict[str, str] = field(factory=lambda: dict.fromkeys(TARGETS, ABSENT))
    errors: dict[str, str] = field(factory=dict[str, str])
    quiet: set[str] = field(factory=set[str])
    fleeting: set[str] = field(factory=set[str])
    twice: set[str] = field(factory=set[str])
    noticed: bool = False
    forgotten: bool = False

    def move(self, what: str, target: str) -> None:
        """Let something happen to a target, where it can."""
        self.states[target] = MOVES[what].get(self.states[target], self.states[target])

    def fail(self, target: str) -> None:
        """Let something go wrong on a target that works on the job."""
        if self.states[target] in {RUNNING, IDLE}:
            self.errors[target] = f"no space on {target}"

    @property
    def active(self) -> bool:
        """Whether any target is not done with it."""
        return any(state in ACTIVE for state in self.states.values())

    @property
    def begun(self) -> bool:
        """Whether there ever was such a job."""
        return any(state != ABSENT for state in self.states.values())

    @property
    def well(self) -> bool:
        """Whether nothing went wrong anywhere."""
        return not self.errors and not {ABORTED, GONE} & {*self.states.values()}

    def settle(self, what: str = "finish") -> None:
        """Let every target come to its end, or to rest, and the proxies notice."""
        if not self.begun:
            self.move("work", TARGETS[0])
        for target, state in self.states.items():
            if state == NOT_STARTED:
                self.move("work", target)
            self.move(what, target)
        self.noticed = True

    def snapshots(self, lacking: Iterable[str] = ()) -> dict[str, list[dict[str, object]]]:
        """Spell what the targets show, but for some whose answers got lost."""
        earlier = snap_document(self.job_id, FINISHED, kind=self.kind, start=-30.0)
        return {
            target: [earlier] * (target in self.twice and state != NOT_STARTED)
            + [snap_document(self.job_id, state, self.shown_error(target), kind=self.kind)]
            for target, state in self.states.items()
            if state in SHOWN and target not in lacking
        }

    def shown_error(self, target: str) -> str:
        """Return the error text that a target shows."""
        silent = target in self.quiet or self.states[target] == ABORTED
        return "" if silent else self.errors.get(target, "")

    def status(self) -> dict[str, object] | None:
        """Spell what the proxies say; nothing if they do not know the job."""
        if self.kind not in WITH_STATUS or self.forgotten or not self.begun:
            return None
        stopped = bool({ABORTED, GONE} & {*self.states.values()})
        over = self.noticed and (stopped or not self.active)
        return {
            "uuid": self.job_id,
            "kind": self.kind,
            "err": "; ".join(self.errors.values()) if over else "",
            "end_time": NOON_NS if over else 0,
            "aborted": over and stopped,
        }


def answer(worlds: Sequence[World], request: Request, lacking: Iterable[str] = ()) -> Reply:
    """Answer a request by the truth, but for targets whose answers got lost."""
    return _ANSWERS[request.what](worlds, dict(request.json or {}), frozenset(lacking))


Body = dict[str, object]


def _of_one(worlds: Sequence[World], body: Body, lacking: frozenset[str]) -> Reply:
    found = [world.snapshots(lacking) for world in worlds if world.job_id == body["id"]]
    return reply(found[0]) if found and found[0] else NOT_FOUND


def _of_kind(worlds: Sequence[World], body: Body, lacking: frozenset[str]) -> Reply:
    shown: dict[str, list[dict[str, object]]] = {target: [] for target in TARGETS}
    for world in worlds:
        if world.kind == body["kind"]:
            for target, snaps in world.snapshots(lacking).items():
                shown[target] += snaps if world.states[target] in ACTIVE else []
    return reply(shown)


def _status(worlds: Sequence[World], body: Body, _: frozenset[str]) -> Reply:
    said = next((world.status() for world in worlds if world.job_id == body["id"]), None)
    return NOT_FOUND if said is None else reply(said)


def _statuses(worlds: Sequence[World], _: Body, __: frozenset[str]) -> Reply:
    said = [world.status() for world in worlds]
    return reply(
        [each for each in said if each is not None and not (each["end_time"] or each["aborted"])] or None
    )


def _names(worlds: Sequence[World], _: Body, lacking: frozenset[str]) -> Reply:
    active = [
        f"{world.kind}[{world.job_id}]"
        for world in worlds
        if any(state in ACTIVE for target, state in world.states.items() if target not in lacking)
    ]
    return reply(active)


_ANSWERS: Final[dict[Query, Callable[[Sequence[World], Body, frozenset[str]], Reply]]] = {
    Query.SIGHTINGS: _of_one,
    Query.PROGRESS: _of_one,
    Query.SNAPSHOTS: _of_kind,
    Query.ACTIVE: _of_kind,
    Query.STATUS: _status,
    Query.STATUSES: _statuses,
    Query.NAMES: _names,
}


@define
class Told:
    """
    Hold what a wait was told of the truth.

    Attributes:
        last: what each target did when it was last shown.
        finished: the targets that were ever shown as finished.
        trouble: whether an error, an abort or a failure was ever told.
        over_well: whether the proxies ever said that it is over, and well.
        missed: how often in a row each target did not show it any more.
        nowhere: whether no target showed it when all were asked last.
        rested_by: the targets that are known, if none of them had work.
        rested_since: when an answer first showed them so.
        rested_for: the seconds from then to the last question.
    """

    last: dict[str, str] = field(factory=dict[str, str])
    finished: set[str] = field(factory=set[str])
    trouble: bool = False
    over_well: bool = False
    missed: dict[str, int] = field(factory=dict[str, int])
    nowhere: bool = False
    rested_by: set[str] = field(factory=set[str])
    rested_since: float = 0.0
    rested_for: float = 0.0

    def hear(
        self,
        world: World,
        request: Request,
        lacking: Iterable[str] = (),
        *,
        asked: float = 0.0,
        came: float = 0.0,
    ) -> None:
        """Note what an answer about the job tells, when it was asked for, and when it came."""
        if request.what is Query.STATUS:
            said = world.status() or {}
            self.trouble |= bool(said.get("err") or said.get("aborted"))
            self.over_well |= bool(said.get("end_time")) and not self.trouble
            return
        shown = set(world.snapshots(lacking))
        if request.what is Query.SNAPSHOTS:
            # A search by kind: it shows what is active, and nothing of what has ended.
            active = {target for target in shown if world.states[target] in ACTIVE}
            self._note(world, active)
            self.nowhere, self.missed = not active, dict.fromkeys(self.last.keys() - active, LOST)
            return
        self.nowhere = not shown
        self.missed = {target: self.missed.get(target, 0) + 1 for target in self.last.keys() - shown}
        listed = request.what is Query.ACTIVE
        self._note(world, {target for target in shown if not listed or world.states[target] in ACTIVE})
        self._look(shown, asked, came)

    def _note(self, world: World, shown: set[str]) -> None:
        """Note what targets do."""
        for target in shown:
            state = world.states[target]
            self.last[target] = state
            self.trouble |= state == ABORTED or bool(world.shown_error(target))
            if state == FINISHED:
                self.finished.add(target)

    def _look(self, shown: set[str], asked: float, came: float) -> None:
        """Note since when no target is known but idle and finished ones; who finished need not show it."""
        known = set(self.last)
        resting = known - self.finished <= {target for target in shown if self.last.get(target) == IDLE}
        if not resting or self.rested_by != known:
            self.rested_since = came
        self.rested_by, self.rested_for = known if resting else set(), asked - self.rested_since

    def allows(self, until: Until, kind: str) -> bool:
        """Tell whether a success rests on what was told."""
        if until is Until.NOT_RUNNING:
            there = {state for target, state in self.last.items() if self.missed.get(target, 0) < LOST}
            return self.nowhere or not {NOT_STARTED, RUNNING} & there
        if until is Until.STARTED:
            return self.over_well or (bool(self.last) and NOT_STARTED not in self.last.values())
        idles = until is Until.IDLE or (until is Until.AUTO and kind in IDLING)
        done = all(
            target in self.finished or (idles and state == IDLE) for target, state in self.last.items()
        )
        return not self.trouble and (self.over_well or (bool(self.last) and done))
