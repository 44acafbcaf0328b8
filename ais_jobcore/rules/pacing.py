"""
When to ask next: by the schedule, or by the estimate of the end where there is one, which beats any schedule.

After a fault it backs off. Nothing here depends on the time-out but the last poll, which is moved onto the
deadline (rules E5, S20, R5).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from .. import limits
from ..snapshots import TargetState
from ..wire.observations import Unusable
from .evidence import all_finished
from .faults import PASSING
from .progress import age, estimated_rest
from .sources import ends_by_idling, snapshot_gap
from .state import NO_PROGRESS, Signal, Source

if TYPE_CHECKING:
    from ..schedules import Schedule
    from .state import Quiet, WaitState

_MASK: Final = 2**64 - 1


def towards(rest: float, floor: float) -> float:
    """Return seconds to sleep when the end is estimated to be so many seconds away."""
    return min(limits.LONGEST_SLEEP, max(limits.SHORTEST_SLEEP, floor, limits.APPROACH * rest))


def retry(faults: int) -> float:
    """Return the back-off in seconds after so many faults in a row, without jitter."""
    return min(limits.LAST_RETRY, limits.FIRST_RETRY * 2.0 ** min(faults - 1, 16))


def jittered(delay: float, seed: int, poll: int) -> float:
    """
    Stray from a delay by up to a tenth: the same for the same seed and poll, on any machine.

    The draw is splitmix64's, which needs no state but its two arguments.
    """
    x = (seed + (poll + 1) * 0x9E3779B97F4A7C15) & _MASK
    x = ((x ^ x >> 30) * 0xBF58476D1CE4E5B9) & _MASK
    x = ((x ^ x >> 27) * 0x94D049BB133111EB) & _MASK
    return delay * (1 + limits.JITTER * (2 * ((x ^ x >> 31) / 2.0**64) - 1))


def clipped(due: float, deadline: float | None, *, took: float) -> float:
    """
    Move the moment of the next request onto the deadline, where it would come after or just before.

    Args:
        due: when it would be sent.
        deadline: when the last one is to be sent, ``None`` for never.
        took: how long the last request took: one sent that shortly before the deadline might leave no
            time for another, and the end could fall between.
    """
    if deadline is None or due < deadline - took:
        return due
    return deadline


def next_moment(state: WaitState, signal: Signal, source: Source, now: float) -> float:
    """
    Say when to ask next.

    Args:
        state: what is known.
        signal: what the last observation meant.
        source: which source will be asked.
        now: seconds since the start of the wait.
    """
    gap = limits.STATUS_GAP if source is Source.STATUS else snapshot_gap(state.kind)
    due, latest = _wanted_moment(state, signal, source, now), now + gap
    due = latest if due > latest else max(now, due)
    last = clipped(due, state.question.timeout, took=now - state.due)
    # A clock that jumped makes a request look slow; that is no reason to let a source forget.
    return last if last <= latest else due


def _wanted_moment(state: WaitState, signal: Signal, source: Source, now: float) -> float:
    options, faults = state.question.options, state.faults
    if signal is Signal.QUIET:
        return second_look(state)
    if signal is Signal.MISSING:
        missing = [view.missing_since for view in state.targets if view.missing_since is not None]
        return min(missing) + options.idle_gap
    if signal is not Signal.FAULT:
        return now + jittered(_interval(state, source, now), options.seed, state.polls)
    asked_for = faults.last.retry_after if isinstance(faults.last, Unusable) else None
    delay = _retry_delay(state, source, now)
    return now + max(jittered(delay, options.seed, state.polls), asked_for or 0.0)


def _retry_delay(state: WaitState, source: Source, now: float) -> float:
    """Back off; an endpoint that spent half its budget is asked no sooner than the schedule says."""
    faults, regular = state.faults, min(_interval(state, source, now), limits.LONGEST_RETRY)
    if getattr(faults.last, "trouble", None) in PASSING:
        return regular
    delay = retry(faults.count)
    return max(delay, regular) if faults.spent[faults.endpoint] > limits.RETRY_BUDGET / 2 else delay


def _interval(state: WaitState, source: Source, now: float) -> float:
    """Sleep by the estimate of the end, if there is one; else by the schedule."""
    question, snapshots = state.question, source is Source.SNAPSHOTS
    schedule = question.options.schedule
    if state.known.progress is not NO_PROGRESS or question.options.expected_duration is not None:
        rest = estimated_rest(state, now)
        if rest is not None:
            return towards(rest, _floor(schedule, snapshots=snapshots))
    if getattr(schedule, "by_age", False):
        now = age(state, now)
    if snapshots and ends_by_idling(state.kind, question.until):
        now = max(now, limits.IDLE_AFTER)
    delay = max(limits.SHORTEST_SLEEP, schedule.interval(now, snapshots=snapshots))
    if not state.targets:
        return delay
    finished = [view.state for view in state.targets].count(TargetState.FINISHED)
    return delay * max(limits.TIGHTEST, 1.0 - finished / len(state.targets))


def _floor(schedule: Schedule, *, snapshots: bool) -> float:
    """Return the shortest sleep towards an estimated end; a learned schedule may begin with a long one."""
    if getattr(schedule, "by_age", False):
        return limits.KELLER_SNAPSHOT_FLOOR if snapshots else limits.KELLER_FLOOR
    return schedule.interval(0.0, snapshots=snapshots)


def second_look(state: WaitState) -> float:
    """Say when a reply is late enough to confirm the one that looked like the end."""
    options = state.question.options
    gap = options.finished_gap if all_finished(state.targets) else options.idle_gap
    return cast("Quiet", state.known.quiet).since + gap
