"""
Every state that a wait can come to, and every input to it: breadth first, with the real rules, to the end.

States count as one where they differ only in what decides nothing: the order of targets, texts, numbers past
the last threshold, moments by which every edge has passed. To make that finite, clocks are coarse here: all
gaps and intervals are whole seconds, there is no jitter, and retries are few (see :func:`coarse`).

Of the looks at several targets those are tried that can lead to different views: what becomes of one target
depends on what it shows and on nothing that another does. ``test_model.py`` checks that for all pairs.
"""

from __future__ import annotations

from collections import Counter, deque
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import product
from math import factorial, prod
from typing import TYPE_CHECKING, Final, TypeAlias

from attrs import Factory, define, evolve, frozen

from ais_jobcore import Continue, JobWait, Keller, WaitOptions, limits
from ais_jobcore.events import Fault, FaultKind, NotFound
from ais_jobcore.kinds import KINDS, SHORTEST_RETENTION
from ais_jobcore.rules import evidence
from ais_jobcore.rules.state import Phase, Source, WaitState
from ais_jobcore.rules.table import step
from ais_jobcore.snapshots import AggregatedJobSnap, JobSnap, JobStatus, TargetState
from ais_jobcore.wire.lean import Sighting, Sightings
from ais_jobcore.wire.observations import Trouble, Unusable
from tests.proof.model.oracle import Aim, Fact, Memory, broken, fact_of, remember

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ais_jobcore.decisions import Decision
    from ais_jobcore.results import WaitResult
    from ais_jobcore.wire.observations import Observation

Key: TypeAlias = tuple[object, ...]

GRACE, IDLE_GAP, FINISHED_GAP, UNANSWERED, OUTAGE, STALL = 1.0, 1.0, 1.0, 2.0, 2.0, 1.0
MALFORMED: Final = 2
CAP: Final = 3.0
"""Seconds after which nothing depends on how long ago a moment was."""
TOOK: Final = (0.0, 1.0)
"""Seconds that answers take."""
START, AGAIN, END = 1_000, 2_000, 5_000
_BEGAN: Final = datetime(1970, 1, 1, microsecond=1, tzinfo=UTC)
"""``START``, as snapshots write it."""
_EVERY_SECOND: Final = Keller(k=1e-9, floor=1.0, snapshot_floor=1.0)
_JUST_NOW: Final = END + 1_000_000_000
_WHOLE: Final = AggregatedJobSnap({f"t{place}": () for place in range(1, 5)})


_COARSE: Final[Mapping[str, float]] = {
    "JITTER": 0.0,
    "FIRST_RETRY": 1.0,
    "LAST_RETRY": 1.0,
    "RETRY_BUDGET": 0.0,
    "TIGHTEST": 1.0,
    "MALFORMED_IN_A_ROW": MALFORMED,
}


@contextmanager
def coarse() -> Iterator[None]:
    """Let clocks be coarse: no jitter, one back-off, no budget to spend, few malformed answers."""
    before = {name: getattr(limits, name) for name in _COARSE}
    try:
        for name, value in _COARSE.items():
            setattr(limits, name, value)
        yield
    finally:
        for name, value in before.items():
            setattr(limits, name, value)


@frozen
class World:
    """
    Say what is waited for, and with how many targets.

    Attributes:
        job_id: the job.
        kind: its kind, as the waiter knows it.
        shown: its kind, as the cluster shows it.
        targets: how many there are.
        until: what is waited for.
        timeout: seconds, or ``None``.
        details: whether the targets are asked at the end.
        endpoints: how many there are.
        stall: whether a job that does not move ends the wait.
    """

    job_id: str = "x"
    kind: str = "copy-bck"
    shown: str = "copy-bck"
    targets: int = 2
    until: str = "auto"
    timeout: float | None = None
    details: bool = True
    endpoints: int = 1
    stall: bool = False

    def wait(self) -> JobWait:
        """Make the wait."""
        options = WaitOptions(
            request_timeout=2.0,
            endpoints=self.endpoints,
            details=self.details,
            grace=GRACE,
            idle_gap=IDLE_GAP,
            finished_gap=FINISHED_GAP,
            unanswered=UNANSWERED,
            outage=OUTAGE,
            schedule=_EVERY_SECOND,
            stall_timeout=STALL if self.stall else None,
        )
        return JobWait(self.job_id, self.kind, self.timeout, self.until, options=options)

    def aim(self) -> Aim:
        """Say what the reference promises for it."""
        row = KINDS.get(self.shown)
        ends = row is not None and row.strategy.value in {"status", "finished"}
        auto = "finished" if ends or self.job_id.startswith("dnl-") else "idle"
        goal = {"auto": auto, "single": "finished"}.get(self.until, self.until)
        retention = SHORTEST_RETENTION if row is None else row.retention
        single = self.until == "single" or (row is not None and row.single_target)
        return Aim(
            goal=goal,
            timeout=self.timeout,
            idle_gap=IDLE_GAP,
            finished_gap=FINISHED_GAP,
            grace=GRACE,
            unanswered=UNANSWERED,
            outage=OUTAGE,
            retention=retention,
            stall=STALL if self.stall else None,
            single=single,
            malformed=MALFORMED,
        )


# What may come.


def _sighting(state: TargetState, kind: str, err: str = "", start: int = START) -> Sighting:
    begun = None if state is TargetState.NOT_STARTED else start
    end = END if state in {TargetState.FINISHED, TargetState.ABORTED} else None
    return Sighting(state, begun, end, err or ("user abort" if state is TargetState.ABORTED else ""), kind)


def classes(kind: str) -> dict[str, tuple[Sighting, ...]]:
    """List what one target may show, in eight classes; *contradictory* is a later start of the same job."""
    return {
        "absent": (),
        "not started": (_sighting(TargetState.NOT_STARTED, kind),),
        "running": (_sighting(TargetState.RUNNING, kind),),
        "idle": (_sighting(TargetState.IDLE, kind),),
        "finished": (_sighting(TargetState.FINISHED, kind),),
        "aborted": (_sighting(TargetState.ABORTED, kind),),
        "errored": (_sighting(TargetState.RUNNING, kind, "disk fault"),),
        "contradictory": (_sighting(TargetState.RUNNING, kind, start=AGAIN),),
    }


def statuses(job_id: str, kind: str) -> dict[str, Observation]:
    """List what the proxies may say of the job."""
    return {
        "runs": JobStatus(job_id, kind=kind),
        "runs, in other words": JobStatus("", kind=kind),
        "has an error": JobStatus(job_id, "disk fault", kind=kind),
        "over": JobStatus(job_id, end_time=END, kind=kind),
        "over with errors": JobStatus(job_id, "disk fault", end_time=END, kind=kind),
        "aborted": JobStatus(job_id, "user abort", end_time=END, aborted=True, kind=kind),
        "being aborted": JobStatus(job_id, "user abort", aborted=True, kind=kind),
        "another job": JobStatus("another", kind=kind),
    }


TROUBLES: Final[dict[str, Observation]] = {
    "not found": NotFound("not found"),
    **{f"fault: {kind.value}": Fault(kind, "no answer") for kind in FaultKind},
    **{f"trouble: {trouble.value}": Unusable(trouble, "no", 503, authentic=True) for trouble in Trouble},
    **{
        f"trouble of a stranger: {trouble.value}": Unusable(trouble, "no", 503)
        for trouble in (Trouble.BUSY, Trouble.SERVER, Trouble.STRANGER, Trouble.MALFORMED)
    },
    "asked to wait": Unusable(Trouble.BUSY, "slow down", 429, retry_after=100_000.0, authentic=True),
}
"""What may come instead of an answer about the job."""

DISTINCT: Final = (
    "not found",
    "fault: connection",
    "fault: tls",
    f"trouble: {Trouble.STARTING.value}",
    f"trouble: {Trouble.BUSY.value}",
    f"trouble: {Trouble.MALFORMED.value}",
    f"trouble: {Trouble.UNAUTHENTICATED.value}",
    f"trouble: {Trouble.REFUSED.value}",
    f"trouble of a stranger: {Trouble.STRANGER.value}",
    f"trouble of a stranger: {Trouble.MALFORMED.value}",
    "asked to wait",
)
"""One of each class whose members come to the same; ``test_model.py`` checks that they do."""

SEARCHES: Final[dict[str, Observation]] = {
    "no job": AggregatedJobSnap(),
    "one job": AggregatedJobSnap({"t1": (JobSnap(id="x", kind="archive", start_time=_BEGAN),)}),
    "an idle job": AggregatedJobSnap(
        {"t1": (JobSnap(id="x", kind="archive", start_time=_BEGAN, is_idle=True),)}
    ),
    "two jobs": AggregatedJobSnap(
        {"t1": tuple(JobSnap(id=name, kind="archive", start_time=_BEGAN) for name in ("x", "y"))}
    ),
}
"""What a search for the job of a kind may find."""


@define
class Node:
    """Hold one state, what the oracle remembers, and how it was come to."""

    state: WaitState
    memory: Memory
    parent: Node | None = None
    said: str = ""

    def path(self) -> list[str]:
        """List the inputs from the start to here."""
        said, node = [self.said], self.parent
        while node is not None:
            said.append(node.said)
            node = node.parent
        return said[-2::-1]


def _ago(moment: float | None, now: float) -> float | None:
    return None if moment is None else min(now - moment, CAP)


def key(state: WaitState, memory: Memory) -> Key:
    """Keep what decides."""
    now, faults, status = state.now, state.faults, state.known.status
    views = {view.target: view for view in state.targets}
    targets = sorted(
        (
            str(fact.last),
            fact.start,
            fact.open_once,
            _ago(fact.gone_since, now) or -1.0,
            fact.lost,
            *_look(views.get(f"t{place}"), now),
        )
        for place, fact in enumerate(memory.facts, 1)
    )
    quiet = state.known.quiet
    return (
        state.phase,
        state.kind,
        now
        if state.question.timeout is not None
        else (now >= GRACE, None if state.faults.answered else min(now, CAP)),
        state.due - now,
        state.asked,
        tuple(targets),
        None if status is None else (status.over, status.failed, bool(status.err), bool(status.uuid)),
        _ago(quiet and quiet.since, now),
        quiet is not None and quiet.targets == len(state.targets),
        frozenset(source.value for source in state.known.unknown_to),
        bool(state.known.superseded_by),
        state.faults.answered,
        bool(faults.count or faults.preferred),
        min(faults.count, 2),
        min(faults.preferred, 2),
        faults.malformed,
        _ago(faults.since, now) if faults.count else None,
        state.faults.spent,
        state.faults.refreshed,
        state.faults.endpoint,
        _ago(state.known.progress.changed_at, now) if state.question.options.counted else None,
        state.question.options.counted and state.known.progress.activity,
        memory.err,
        memory.said,
        _ago(memory.done_since, now),
        memory.done_looks,
        memory.found,
        memory.superseded,
        memory.answered,
        memory.token,
        min(memory.malformed, MALFORMED),
        _ago(memory.trouble_since, now),
    )


def _look(view: evidence.TargetView | None, now: float) -> tuple[object, ...]:
    if view is None:
        return ("", 0, False, False, -1.0, 0)
    missing = _ago(view.missing_since, now)
    start, end = view.start_ns or 0, view.end_ns or 0
    return (
        view.state.value,
        start,
        bool(view.error),
        view.seen_unfinished,
        -1.0 if missing is None else missing,
        end,
    )


def settled(state: WaitState, memory: Memory) -> tuple[WaitState, Memory]:
    """Count the time anew, once every edge that is counted from the start has passed."""
    by, faults = state.now - CAP, state.faults
    if state.question.timeout is not None or by <= 0:
        return state, memory

    def back(moment: float | None) -> float | None:
        return None if moment is None else max(moment - by, 0.0)

    known, progress = state.known, state.known.progress
    if known.quiet is not None:
        known = evolve(known, quiet=evolve(known.quiet, since=back(known.quiet.since)))
    if state.question.options.counted:
        moments = {"at": back(progress.at), "changed_at": back(progress.changed_at)}
        known = evolve(known, progress=evolve(progress, **moments))
    moved = evolve(
        state,
        now=state.now - by,
        due=state.due - by,
        known=known,
        faults=evolve(faults, since=back(faults.since)) if faults.count or faults.preferred else faults,
        targets=tuple(
            view if view.missing_since is None else evolve(view, missing_since=back(view.missing_since))
            for view in state.targets
        ),
    )
    facts = tuple(
        fact if fact.gone_since is None else fact._replace(gone_since=back(fact.gone_since))
        for fact in memory.facts
    )
    since, troubled = back(memory.done_since), back(memory.trouble_since)
    return moved, memory._replace(facts=facts, done_since=since, trouble_since=troubled)


def _orders(node: Node) -> int:
    """Count the orders of the targets that this state stands for."""
    views = {view.target: evolve(view, target="") for view in node.state.targets}
    alike = Counter((views.get(f"t{place}"), fact) for place, fact in enumerate(node.memory.facts, 1))
    return factorial(alike.total()) // prod(map(factorial, alike.values()))


def looks(
    node: Node, aim: Aim, shows: dict[str, tuple[Sighting, ...]], asked: float, now: float
) -> Iterator[tuple[str, Observation]]:
    """Make the answers of the targets that can lead to different views, each once."""
    views = {view.target: view for view in node.state.targets}
    options: list[list[str]] = []
    same: list[int | None] = []
    seen: dict[tuple[object, ...], int] = {}
    for place, fact in enumerate(node.memory.facts, 1):
        target = f"t{place}"
        view = views.get(target)
        distinct: dict[object, str] = {}
        for name, shown in shows.items():
            own = {target: shown} if shown else {}
            before = () if view is None else (view,)
            folded = evidence.fold(before, own, asked=asked, now=now, gap=IDLE_GAP)
            result = (folded, fact_of(fact, Sightings(own), target, asked, now, aim.idle_gap))
            distinct.setdefault(result, name)
        options.append(list(distinct.values()))
        whoever = (None if view is None else evolve(view, target=""), fact)
        same.append(seen.get(whoever))
        seen[whoever] = place - 1
    for chosen in product(*options):
        if any(twin is not None and chosen[twin] > name for twin, name in zip(same, chosen, strict=True)):
            continue
        own = {f"t{place}": shows[name] for place, name in enumerate(chosen, 1) if shows[name]}
        if not own:
            continue
        said = ", ".join(chosen)
        yield said, Sightings(own, whole=_WHOLE)
        if all(each[0].state is TargetState.FINISHED for each in own.values()):
            yield f"{said}, just now", Sightings(own, at_ns=_JUST_NOW, whole=_WHOLE)


@define
class Graph:
    """
    Hold what was found.

    Attributes:
        world: what is waited for.
        states: how many there are.
        edges: how many inputs were tried.
        covered: how many inputs these stand for, in every order of the targets; looks after which each target
            is known alike are tried once.
        ends: how many of these ended the wait.
        moves: what phases were left for what others.
        broken: promises that were broken, each with the shortest path to it.
        whole: whether the end of the graph was reached.
    """

    world: World
    states: int = 0
    edges: int = 0
    covered: int = 0
    ends: int = 0
    moves: set[tuple[Phase, Phase]] = Factory(set[tuple[Phase, Phase]])
    broken: dict[str, list[str]] = Factory(dict[str, list[str]])
    whole: bool = True


class _Search:
    """Search the states of one world."""

    def __init__(self, world: World, *, most: int, sample: int) -> None:
        self.graph = Graph(world)
        self._world, self._aim, self._most, self._sample = world, world.aim(), most, sample
        self._shows = classes(world.shown)
        self._troubles = TROUBLES if world.targets == 1 else {said: TROUBLES[said] for said in DISTINCT}
        self._said = statuses(world.job_id or "x", world.shown)
        later = {"a later one finished": Sightings({}, ("g9",))} if world.job_id.startswith("g") else {}
        self._others: dict[str, Observation] = {"others only": Sightings({}), **later}
        self._looks = len(self._shows) ** world.targets - 1
        self._found: set[Key] = set()
        self._queue: deque[Node] = deque()

    def run(self) -> Graph:
        """Search until nothing is new, or there were edges enough."""
        wait = self._world.wait()
        memory = Memory((Fact(),) * self._world.targets)
        self._arrive(Node(wait.state, memory), None, "the start", 0.0)
        while self._queue and self.graph.covered < self._most:
            node = self._queue.popleft()
            due, now, orders = node.state.due, node.state.now, _orders(node)
            for at in sorted({now, *(due + took for took in TOOK)}):
                self.graph.covered += orders * self._looks * (node.state.asked is Source.SNAPSHOTS)
                for said, observation in self._answers(node, at):
                    self.graph.covered += orders * (not getattr(observation, "own", None))
                    self._arrive(node, observation, f"{said} (at {at:g}, asked at {due:g})", at)
        self.graph.whole = not self._queue
        return self.graph

    def _answers(self, node: Node, at: float) -> Iterator[tuple[str, Observation]]:
        if node.state.phase is Phase.FIND:
            yield from SEARCHES.items()
            yield from self._troubles.items()
            return
        yield from self._troubles.items()
        if node.state.asked is Source.STATUS:
            yield from self._said.items()
            return
        yield from self._others.items()
        yield from looks(node, self._aim, self._shows, min(node.state.due, at), at)

    def _arrive(self, node: Node, observation: Observation | None, said: str, at: float) -> None:
        graph = self.graph
        asked = min(node.state.due, at)
        state, decision = step(node.state, observation, at)
        what = node.state.pending.what if node.state.pending is not None else None
        memory = remember(node.memory, observation, asked, at, self._aim, what)
        graph.edges += 1
        graph.moves.add((node.state.phase, state.phase))
        found = list(broken(memory, self._aim, observation, decision, at))
        if graph.edges % self._sample == 0:
            found += invariants(node.state, observation, state, decision, at)
        for promise in found:
            graph.broken.setdefault(promise, [*node.path(), said, f"=> {decision}"])
        if not isinstance(decision, Continue):
            graph.ends += 1
            return
        state, memory = settled(state, memory)
        this = key(state, memory)
        if this not in self._found:
            self._found.add(this)
            graph.states += 1
            self._queue.append(Node(state, memory, node, said))


def search(world: World, *, most: int = 10**9, sample: int = 97) -> Graph:
    """
    Search every state of a world, and check every edge.

    Args:
        world: what is waited for.
        most: covered inputs after which to stop.
        sample: of how many edges one is checked for what takes long.
    """
    with coarse():
        return _Search(world, most=most, sample=sample).run()


def invariants(
    before: WaitState, seen: Observation | None, after: WaitState, decision: Decision[WaitResult], at: float
) -> Iterator[str]:
    """Name what is not as it should be in an edge, whatever was shown."""
    again = step(before, seen, at)
    if again != (after, decision):
        yield "the same input decides the same"
    if not isinstance(decision, Continue):
        wait = JobWait.of(after, decision)
        try:
            wait.handle(NotFound(), at)
        except RuntimeError:
            pass
        else:
            yield "nothing is decided after the end"
    elif step(after, seen, at - 1.0) != step(after, seen, at):
        yield "a clock that goes back counts as the last moment"
    saved = JobWait.of(after, decision).save()
    loaded = JobWait.load(saved, at)
    if loaded.save() != saved:
        yield "what is saved is what is loaded"
    if isinstance(decision, Continue) and isinstance(seen, Sightings) and seen.own:
        mirrored = (
            _mirror(before),
            evolve(seen, own={_OTHER.get(t, t): seen.own[t] for t in sorted(seen.own, key=_other)}),
        )
        state, other = step(mirrored[0], mirrored[1], at)
        if (_mirror(state).targets, type(other)) != (after.targets, type(decision)):
            yield "the order of the targets decides nothing"


_OTHER: Final = {"t1": "t2", "t2": "t1"}


def _other(target: str) -> str:
    return _OTHER.get(target, target)


def _mirror(state: WaitState) -> WaitState:
    """Let two targets change places."""
    views = [evolve(view, target=_other(view.target)) for view in state.targets]
    return evolve(state, targets=tuple(sorted(views, key=lambda view: view.target)))
