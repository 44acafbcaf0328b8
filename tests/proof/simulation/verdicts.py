"""What a wait may decide, judged by the truth that it cannot see."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from ais_jobcore import (
    KINDS,
    Abort,
    AggregatedJobSnap,
    Continue,
    Done,
    JobInfoNotFound,
    JobWait,
    Outcome,
    ProtocolError,
    RequestFailed,
    Timeout,
    TransportFault,
    Until,
)
from ais_jobcore.queries import Query
from ais_jobcore.snapshots import TargetState
from tests.proof.simulation.worlds import IDLE_AFTER, World, at

if TYPE_CHECKING:
    from ais_jobcore import JobCoreError, JobSnap, WaitResult
    from ais_jobcore.decisions import Decision
    from tests.proof.simulation.answers import Network

STATUS_GAP, BRIEF_GAP, LONG_GAP, LAST = 90.0, 30.0, 1800.0, 3.0
UNANSWERED, OUTAGE, LOOKS = 30.0, 600.0, 2.5
RESTING = {TargetState.FINISHED, TargetState.IDLE}
WORKING = {TargetState.NOT_STARTED, TargetState.RUNNING}


def check_plan(wait: JobWait, plan: Continue, timeout: float | None) -> None:
    """Check what holds for every request of every wait."""
    state, request = wait.state, plan.request
    assert plan.delay >= 0, "a delay below 0"
    assert plan.reason, "no reason"
    assert 0 < request.timeout <= state.question.options.request_timeout, "the time for a request"
    if timeout is not None:
        assert state.due <= timeout, "asked after the deadline"
        assert state.due + request.timeout <= timeout + LAST + 1e-6, "a request that outlives the deadline"
    brief = state.kind not in KINDS or KINDS[state.kind].retention < LONG_GAP
    gap = STATUS_GAP if request.what is Query.STATUS else BRIEF_GAP if brief else LONG_GAP
    assert plan.delay <= gap + 1e-6, f"a gap of {plan.delay:.1f} s: the end may be forgotten in it"


def check_end(world: World, network: Network, wait: JobWait, decision: Decision[WaitResult]) -> None:
    """Check how a wait ended, and when."""
    state, timeout = wait.state, world.setting.timeout
    if timeout is not None and not world.storm.clock:
        assert state.now <= timeout + LAST + 1e-6, "it ended too late"
    _check_count(wait, network)
    match decision:
        case Done(result):
            assert result.success, "a success that is none"
            assert result.error is None, "a success with an error"
            _check_success(world, network, result, state.question.until)
        case Abort(None, error):
            assert error is not None, "no error"
            _check_error(world, network, wait, error)
        case Abort(result):
            assert result is not None, "no result"
            assert not result.success, "a failure that is none"
            assert result.error, "a failure without a word"
            _check_failure(world, network, result.outcome)
        case Continue():
            msg = "it never ends"
            raise AssertionError(msg)


def _check_count(wait: JobWait, network: Network) -> None:
    """Bound the requests: a few to begin and end with, one per fault, and the square root of the time."""
    state = wait.state
    faults = network.faults.total() + network.unknown
    k = getattr(state.question.options.schedule, "k", 0.06)
    most = 40 + 3 * faults + 4.0 / k * (1.0 + state.now) ** 0.5 + state.now / 15
    assert state.polls <= most, f"asked {state.polls} times in {state.now:.1f} s"


def _check_success(world: World, network: Network, result: WaitResult, until: Until) -> None:
    moment = network.composed
    snaps = [at(timeline, moment) for timeline in world.targets]
    last = network.last.root if isinstance(network.last, AggregatedJobSnap) else {}
    states = {snap.state for shown in last.values() for snap in shown if snap.id == world.job_id}
    if until is Until.NOT_RUNNING:
        unknown = not network.known or network.over_at is not None or network.unknown
        assert unknown or not states & WORKING, "a target has work"
        return
    if until is Until.STARTED:
        assert TargetState.NOT_STARTED not in states or network.over_at is not None, "not begun"
        return
    assert result.outcome in {Outcome.FINISHED, Outcome.IDLE}, "no outcome"
    assert not network.errors, "an error was shown"
    idle = result.outcome is Outcome.IDLE
    proved = all(_is_well(world, network, n, snap, idle=idle) for n, snap in enumerate(snaps))
    said = network.over_at is not None and not network.busy_after_over
    assert proved or said, "the job is not done"
    if world.storm.calm and world.setting.options.details and world.kind != "download":
        assert not any(snap.error for snap in snaps if snap), "an error was not asked for"
    if world.storm.calm and idle:
        _check_idle(world, network)


def _is_well(world: World, network: Network, index: int, snap: JobSnap | None, *, idle: bool) -> bool:
    if snap is None:
        # It did its part and forgot it, or the wait never saw it work.
        return index not in network.shown or _has_finished(world, index, network.composed)
    if (network.shown.get(index) or snap.start_time) != snap.start_time:
        # It lost the work that it was seen with.
        return False
    if snap.state is TargetState.IDLE:
        return idle and not snap.error
    return snap.state is TargetState.FINISHED and not snap.error


def _has_finished(world: World, index: int, moment: float) -> bool:
    return any(
        since <= moment and snap is not None and snap.state is TargetState.FINISHED
        for since, snap in world.targets[index]
    )


def _check_idle(world: World, network: Network) -> None:
    """Who idles for a moment has not done its part; only the deadline cuts a second look short."""
    timeout = world.setting.timeout
    if timeout is not None and network.composed >= timeout - 0.5:
        return
    for timeline in world.targets:
        for (since, snap), (until, after) in itertools.pairwise(timeline):
            if since <= network.composed < until and snap is not None and snap.state is TargetState.IDLE:
                assert after is None or after.state in RESTING, "believed at first sight"


def _check_failure(world: World, network: Network, outcome: Outcome | None) -> None:
    moment = network.latest + 1e-9
    past = [[snap for since, snap in timeline if since <= moment] for timeline in world.targets]
    snaps = [snap for timeline in past for snap in timeline if snap is not None]
    said = [status for since, status in world.status if since <= moment and status is not None]
    causes = {
        Outcome.ABORTED: any(snap.state is TargetState.ABORTED for snap in snaps)
        or any(status.aborted for status in said),
        Outcome.LOST: network.missing > 0 or any(_lost(timeline, calm=world.storm.calm) for timeline in past),
        Outcome.FINISHED_WITH_ERRORS: any(snap.err for snap in snaps) or any(status.err for status in said),
        Outcome.GONE: network.known and network.unknown > 0,
        Outcome.SUPERSEDED: world.foreign is not None and world.foreign.id == "g8",
    }
    assert outcome is not None, "a failure without an outcome"
    assert causes.get(outcome), f"{outcome.value} without a cause"


def _lost(past: list[JobSnap | None], *, calm: bool) -> bool:
    """Tell whether a target showed work, and then no more; a storm may hide that it ended in between."""
    return any(
        before is not None and after is None and not (calm and before.state.ended)
        for before, after in itertools.pairwise(past)
    )


def _check_error(world: World, network: Network, wait: JobWait, error: JobCoreError) -> None:
    state, setting = wait.state, world.setting
    match error:
        case Timeout():
            assert setting.timeout is not None, "a time-out without a deadline"
            assert state.now >= setting.timeout - 1e-6, "a time-out before the deadline"
            assert not network.aborts or state.question.until is Until.NOT_RUNNING, "the abort was seen"
            assert not _was_proved(world, network, wait), "the end was seen"
        case JobInfoNotFound():
            assert network.unknown, "nobody denied to know it"
            assert not network.known, "it had been seen"
            assert state.now >= min(setting.options.grace, setting.timeout or 1e9), "given up too soon"
        case ProtocolError() if network.malformed >= 5:
            pass
        case ProtocolError() | RequestFailed() | TransportFault():
            mute = not network.answered and state.now >= UNANSWERED - 1e-6
            outage = setting.timeout is None and state.now >= OUTAGE - 1e-6
            assert network.fatal or network.tokens >= 2 or mute or outage, "faults are to be endured"
        case _:
            msg = f"{type(error).__name__} is not for this"
            raise AssertionError(msg)


def _was_proved(world: World, network: Network, wait: JobWait) -> bool:
    """Tell whether two whole replies, far enough apart, showed the end."""
    if network.missing or world.storm.repeated or world.storm.clock or not wait.state.job_id:
        return False
    ends = [_rests_from(timeline, wait.state.question.until, world.kind) for timeline in world.targets]
    if None in ends or wait.state.question.until in {Until.STARTED, Until.NOT_RUNNING}:
        return False
    last = max(end for end in ends if end is not None)
    looks = [moment for moment in network.complete if moment >= last]
    return len(looks) > 1 and looks[-1] - looks[0] >= LOOKS + 8.0 * bool(world.storm.late)


def _rests_from(timeline: list[tuple[float, JobSnap | None]], until: Until, kind: str) -> float | None:
    """Say from when on a target shows that it is done."""
    idle = until is Until.IDLE or (
        until is Until.AUTO and (kind not in KINDS or KINDS[kind].strategy.value == "idle")
    )
    enough = RESTING if idle else {TargetState.FINISHED}
    busy = [since for since, snap in timeline if snap is not None and snap.state not in enough]
    return next(
        (
            since
            for since, snap in timeline
            if snap is not None and snap.state in enough and since >= max(busy, default=since)
        ),
        None,
    )


def check_lateness(world: World, wait: JobWait, decision: Decision[WaitResult], moment: float) -> None:
    """Bound how late an end is known where nothing goes wrong: one interval, and one second look."""
    state, options = wait.state, world.setting.options
    if not (world.storm.calm and isinstance(decision, Done)) or options.expected_duration is not None:
        return
    ends = [_rests_from(timeline, state.question.until, world.kind) for timeline in world.targets]
    if None in ends or not world.setting.job_id or state.question.until in {Until.STARTED, Until.NOT_RUNNING}:
        return
    ready = max(0.0, *(end for end in ends if end is not None))
    said = [since for since, status in world.status if status is not None and status.over]
    ready = max(ready, *said) if said else ready
    interval = options.schedule.interval(max(state.now, IDLE_AFTER), snapshots=True)
    late = moment - ready
    assert late <= 1.15 * interval + LOOKS + 30 * world.latency, f"{late:.2f} s late"
