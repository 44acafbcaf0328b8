"""How the end of a wait is worded: results and errors, built from the state and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from .. import limits
from ..decisions import Abort, Done
from ..errors import (
    AmbiguousJob,
    JobCoreError,
    JobInfoNotFound,
    ProtocolError,
    Stalled,
    Timeout,
    TransportFault,
)
from ..events import Fault, FaultKind
from ..options import Until
from ..results import Outcome, WaitResult
from ..snapshots import AggregatedJobSnap, TargetState, from_nanoseconds, join_texts
from ..text import printable
from ..wire.lean import Sightings
from ..wire.models import whole
from ..wire.observations import Trouble, Unusable
from .evidence import latest_end, stuck
from .messages import describe, fault_error, why
from .state import Phase, Signal, Source, learned

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..wire.observations import Observation
    from .state import WaitState

Conclusion = Done[WaitResult] | Abort[WaitResult]


def conclude(state: WaitState, signal: Signal, observation: Observation | None) -> Conclusion:
    """Word the end that the rules came to."""
    reason = why(state, signal)
    if signal is Signal.FATAL:
        return Abort(None, _fatal_error(state), reason)
    if signal is Signal.SEVERAL:
        question = f"{len(state.known.candidates)} jobs of kind {state.kind!r} are active"
        return Abort(None, AmbiguousJob(question, state.known.candidates), reason)
    if signal is Signal.STALLED:
        return Abort(None, _stalled(state), reason)
    if signal is Signal.NOWHERE and not state.seen:
        return Abort(None, JobInfoNotFound(_not_found(state)), reason)
    result = _result(state, _outcome(state, signal), observation)
    return Done(result, reason) if result else Abort(result, None, reason)


def expire(state: WaitState, signal: Signal, observation: Observation | None) -> Conclusion:
    """Word the end that the deadline came to."""
    if state.phase in {Phase.DETAIL, Phase.REPORT}:
        note = "the proxies said that it is over; the deadline came before the word of the targets"
        return conclude(learned(state, notes=(*state.known.notes, note)), Signal.ENDED, observation)
    reason = why(state, signal)
    error = Timeout(
        state.job_id or state.kind,
        state.question.timeout or 0.0,
        reason,
        {view.target: view.state for view in state.targets},
        state.polls,
    )
    if state.faults.last is not None:
        error.__cause__ = fault_error(state.faults.last)
    return Abort(None, error, reason)


_LAST_WORDS = frozenset({Trouble.UNAUTHENTICATED, Trouble.FORBIDDEN, Trouble.REFUSED})


def _stalled(state: WaitState) -> Stalled:
    targets = {view.target: view.state for view in state.targets}
    seconds = state.question.options.stall_timeout or 0.0
    return Stalled(state.job_id, seconds, printable(describe(stuck(state.targets))), targets, state.polls)


def _fatal_error(state: WaitState) -> JobCoreError:
    last = cast("Fault | Unusable", state.faults.last)
    error = fault_error(last)
    spoken = state.faults.answered or state.faults.malformed >= limits.MALFORMED_IN_A_ROW
    if spoken or isinstance(last, Fault) or last.trouble in _LAST_WORDS:
        return error
    # Somebody answers, but never AIStore: that is no way to the cluster.
    return TransportFault(FaultKind.CONNECTION, f"{last.trouble.value}: {error}")


def _not_found(state: WaitState) -> str:
    if state.job_id:
        return f"No job info found for {state.job_id!r}"
    bucket = f" on bucket {state.question.bucket.name!r}" if state.question.bucket else ""
    return f"No active job of kind {state.kind!r}{bucket}"


def _outcome(state: WaitState, signal: Signal) -> Outcome | None:
    """Choose by precedence: the order of ``Outcome`` is the order here."""
    if state.question.until is Until.NOT_RUNNING:
        return None
    states = {view.state for view in state.targets}
    status = state.known.status
    claims = {
        Outcome.ABORTED: TargetState.ABORTED in states or (status is not None and status.aborted),
        Outcome.LOST: TargetState.LOST in states,
        Outcome.SUPERSEDED: bool(state.known.superseded_by) and Source.STATUS in state.known.unknown_to,
        Outcome.GONE: signal is Signal.NOWHERE,
    }
    if state.question.until is not Until.STARTED:
        errors = any(view.error for view in state.targets) or (status is not None and bool(status.err))
        claims[Outcome.FINISHED_WITH_ERRORS] = errors
        claims[Outcome.IDLE] = TargetState.IDLE in states and not state.said_over
        claims[Outcome.FINISHED] = True
    return next((outcome for outcome, claimed in claims.items() if claimed), None)


def _result(state: WaitState, outcome: Outcome | None, observation: Observation | None) -> WaitResult:
    success = outcome is None or outcome.success
    end_ns = _end(state)
    snapshots, notes = _snapshots(state, observation)
    return WaitResult(
        job_id=state.job_id,
        success=success,
        error=None if success else join_texts(_error_texts(state, outcome)),
        end_time=from_nanoseconds(end_ns),
        kind=state.kind,
        outcome=outcome,
        errors={view.target: view.error for view in state.targets if view.error},
        targets={view.target: _final_state(state, view.state, outcome) for view in state.targets},
        polls=state.polls,
        elapsed=state.now,
        snapshots=snapshots,
        notes=state.known.notes + notes,
        end_time_ns=end_ns,
    )


def _snapshots(
    state: WaitState, observation: Observation | None
) -> tuple[AggregatedJobSnap | None, tuple[str, ...]]:
    """Make the full models of the last reply; what cannot be read of them does not change the result."""
    if not isinstance(observation, Sightings) or not observation.own:
        return None, ()
    try:
        return whole(observation, state.job_id), ()
    except ProtocolError as error:
        return None, (f"the last snapshots cannot be read in full: {error}",)


def _end(state: WaitState) -> int | None:
    if state.targets:
        return latest_end(state.targets)
    return (
        state.known.status.end_time
        if state.known.status is not None and state.known.status.end_time > 0
        else None
    )


def _final_state(state: WaitState, seen: TargetState, outcome: Outcome | None) -> TargetState:
    """Where the proxies had the last word, and it was good, it holds for the targets, too."""
    return TargetState.FINISHED if outcome is Outcome.FINISHED and state.said_over else seen


def _error_texts(state: WaitState, outcome: Outcome | None) -> Iterator[str]:
    """List every error text, those that stopped the job first; never nothing."""
    first = [view for view in state.targets if view.state in {TargetState.ABORTED, TargetState.LOST}]
    yield from (view.error for view in first)
    yield from (view.error for view in state.targets)
    if state.known.status is not None:
        yield state.known.status.err
    if outcome is Outcome.SUPERSEDED:
        yield f"superseded by {state.known.superseded_by}"
    if outcome is Outcome.GONE:
        yield "the cluster does not know the job any more"
    if outcome is not None and not any(view.error for view in state.targets):
        yield "" if state.known.status is not None and state.known.status.err else outcome.value
