"""
Whom to ask next, when, and how: the second half of the rules.

Every function here is a pure function of the state, the signal and the moment.
"""

from __future__ import annotations

import math
from functools import cache
from typing import TYPE_CHECKING, Final

from . import calls, pacing
from .calls import What
from .decisions import Continue
from .evidence import Until, all_finished
from .kinds import KINDS, SHORTEST_RETENTION, STATUS_RETENTION, Strategy, is_download_id
from .observations import Trouble, Unusable
from .options import request_timeout
from .reasons import why
from .snapshots import TargetState
from .states import NO_FAULTS, NO_PROGRESS, Phase, Signal, Source, planned

if TYPE_CHECKING:
    from .calls import Request
    from .states import WaitState

PASSING: Final = frozenset({Trouble.STARTING, Trouble.TARGET_DOWN})
"""AIStore's own troubles: they pass by themselves, so the normal schedule goes on."""

SAID: Final = frozenset({Phase.DETAIL, Phase.DISPUTE, Phase.REPORT})
"""Phases in which the proxies have said their word."""

_ONLY_STATUS: Final = (Source.STATUS,)
STATUS_GAP: Final = STATUS_RETENTION / 2
"""Half of what a source remembers: a job that ends is seen before it is forgotten (R2)."""

_UNTIL_IDLE: Final = frozenset({Until.AUTO, Until.IDLE})
"""What is over with idleness, for kinds that idle."""

PATIENCE: Final = 2
"""Faults in a row of one source after which the other is asked in between."""


def effective_until(state: WaitState) -> Until:
    """Say what *auto* means for the kind; a kind that the table lacks may idle (G1)."""
    if state.until is Until.AUTO:
        ends = _strategy(state) in {Strategy.STATUS, Strategy.FINISHED}
        return Until.FINISHED if ends else Until.IDLE
    return state.until


def _strategy(state: WaitState) -> Strategy | None:
    kind = KINDS.get(state.kind)
    return None if kind is None else kind.strategy


def sources(state: WaitState) -> tuple[Source, ...]:
    """Say who can know the job, the one to ask first."""
    if is_download_id(state.job_id):
        return _ONLY_STATUS
    return _sources(state.kind, state.until, state.options.counted)


@cache
def _sources(kind_name: str, until: Until, counted: bool) -> tuple[Source, ...]:  # noqa: FBT001 - quicker
    kind = KINDS.get(kind_name)
    if kind is not None and not kind.has_status:
        return (Source.SNAPSHOTS,)
    end_is_enough = kind is not None and not counted and until in {Until.AUTO, Until.FINISHED}
    return (Source.STATUS, Source.SNAPSHOTS) if end_is_enough else (Source.SNAPSHOTS, Source.STATUS)


def preferred_source(state: WaitState) -> Source:
    """Say whom to ask, as long as that goes well; a second look is at whoever showed the first."""
    ranked = sources(state)
    if state.phase is Phase.CONFIRM and Source.SNAPSHOTS in ranked:
        return Source.SNAPSHOTS
    if not state.unknown_to:
        return ranked[0]
    return next((source for source in ranked if source not in state.unknown_to), ranked[0])


def _next_source(state: WaitState) -> Source:
    if state.phase in SAID:
        return Source.SNAPSHOTS
    preferred = preferred_source(state)
    if state.faults is NO_FAULTS:
        return preferred
    # A second look follows a good answer of the targets: the faults before it were not theirs.
    faults = state.faults.count if state.phase is Phase.CONFIRM else state.faults.preferred
    if faults >= PATIENCE and state.asked is preferred:
        # Targets that did not know the job may know it by now; proxies that forgot it do not.
        forgot = state.unknown_to & {Source.STATUS}
        others = [other for other in sources(state) if other not in {preferred, *forgot}]
        return others[0] if others else preferred
    return preferred


def _next_moment(state: WaitState, signal: Signal, source: Source, now: float) -> float:
    gap = STATUS_GAP if source is Source.STATUS else _snapshot_gap(state)
    due, latest = _wanted_moment(state, signal, source, now), now + gap
    due = latest if due > latest else max(now, due)
    clipped = pacing.clipped(due, state.timeout, took=now - state.due)
    # A clock that jumped makes a request look slow; that is no reason to let a source forget.
    return clipped if clipped <= latest else due


def _wanted_moment(state: WaitState, signal: Signal, source: Source, now: float) -> float:
    if signal is Signal.QUIET:
        return second_look(state)
    if signal is Signal.MISSING:
        missing = [view.missing_since for view in state.targets if view.missing_since is not None]
        return min(missing) + state.options.idle_gap
    seed, poll = state.options.seed, state.polls
    if signal is not Signal.FAULT:
        return now + pacing.jittered(_interval(state, source, now), seed, poll)
    last = state.faults.last
    asked_for = last.retry_after if isinstance(last, Unusable) else None
    return now + max(pacing.jittered(_retry_delay(state, source, now), seed, poll), asked_for or 0.0)


def _retry_delay(state: WaitState, source: Source, now: float) -> float:
    """Back off; an endpoint that spent half its budget is asked no sooner than the schedule says."""
    trouble = getattr(state.faults.last, "trouble", None)
    regular = min(_interval(state, source, now), pacing.LONGEST_RETRY)
    if trouble in PASSING:
        return regular
    delay = pacing.retry(state.faults.count)
    spent = state.spent[state.endpoint] > pacing.BUDGET / 2
    return max(delay, regular) if spent else delay


def _interval(state: WaitState, source: Source, now: float) -> float:
    """Sleep by the estimate of the end, if there is one; else by the schedule."""
    schedule, snapshots = state.options.schedule, source is Source.SNAPSHOTS
    if state.progress is not NO_PROGRESS or state.options.expected_duration is not None:
        rest = _estimated_rest(state, now)
        if rest is not None:
            return pacing.towards(rest, schedule.interval(0.0, snapshots=snapshots))
    if snapshots and state.until in _UNTIL_IDLE and _strategy(state) is Strategy.IDLE:
        now = max(now, pacing.IDLE_AFTER)
    delay = max(pacing.SHORTEST, schedule.interval(now, snapshots=snapshots))
    if not state.targets:
        return delay
    finished = [view.state for view in state.targets].count(TargetState.FINISHED)
    return delay * max(pacing.TIGHTEST, 1.0 - finished / len(state.targets))


def _estimated_rest(state: WaitState, now: float) -> float | None:
    """Estimate the seconds to the end; a job that has not moved for a whole interval keeps no estimate."""
    progress, options = state.progress, state.options
    still, took = now - progress.at, progress.at - progress.first_at
    gained = progress.done - progress.first_done
    if took > 0 and gained > 0 and still <= options.schedule.interval(now, snapshots=True):
        rate = gained / took
        return max(progress.at + (1.0 - progress.done) / rate - now, still * pacing.TIGHTEST)
    expected = options.expected_duration
    return expected - now if expected is not None and now < expected else None


def _snapshot_gap(state: WaitState) -> float:
    """Return the longest time between two looks at the targets."""
    kind = KINDS.get(state.kind)
    return (SHORTEST_RETENTION if kind is None else kind.retention) / 2


def ask(state: WaitState, signal: Signal, now: float, *, at_once: bool) -> tuple[WaitState, Continue]:
    """
    Plan the next request.

    Args:
        state: what is known.
        signal: what the last observation meant.
        now: seconds since the start of the wait.
        at_once: whether it asks something new, so that nothing is gained by waiting.
    """
    source = Source.STATUS if signal is Signal.JUST_OVER else _next_source(state)
    due = now if at_once else _next_moment(state, signal, source, now)
    request = _request(state, source, due, refresh_token=signal is Signal.TOKEN)
    asking = planned(state, now, due, request)
    return asking, Continue(due - now, request, why(asking, signal))


def _what(state: WaitState, source: Source) -> What:
    if state.phase is Phase.FIND:
        return What.SNAPSHOTS
    if source is Source.STATUS:
        return What.STATUS
    return What.PROGRESS if state.options.counted else What.SIGHTINGS


def _request(state: WaitState, source: Source, due: float, *, refresh_token: bool) -> Request:
    left = math.inf if state.timeout is None else state.timeout - due
    timeout = request_timeout(state.options, left)
    what = _what(state, source)
    last = state.pending
    if (
        last is not None
        and last.what is what
        and last.timeout == timeout
        and last.endpoint == state.endpoint
        and last.refresh_token is refresh_token
    ):
        return last
    match what:
        case What.SNAPSHOTS:
            request = calls.ask_kind(state.kind, state.bucket, active=True)
        case What.STATUS:
            request = calls.ask_status(state.job_id)
        case _:
            request = calls.ask_sightings(state.job_id, counted=what is What.PROGRESS)
    return request.addressed(timeout=timeout, endpoint=state.endpoint, refresh_token=refresh_token)


def second_look(state: WaitState) -> float:
    """Say when a reply is late enough to confirm the one that looked like the end."""
    gap = state.options.finished_gap if all_finished(state.targets) else state.options.idle_gap
    return (state.quiet_since or 0.0) + gap
