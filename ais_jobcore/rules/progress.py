"""How old a job is, how far, when it will end, and whether it moves at all: from what its targets show."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from attrs import evolve

from .. import limits
from ..wire.values import read_date
from .state import Progress, learned

if TYPE_CHECKING:
    from ..proofs import Views
    from ..wire.lean import Sightings
    from .state import WaitState


_SECOND: Final = 1_000_000_000
"""In nanoseconds: how finely the header ``Date`` tells the time."""


def watched(state: WaitState, views: Views, reply: Sightings, now: float) -> WaitState:
    """Note what beside the end of the job matters to this wait: how far it is, how old it is."""
    options = state.question.options
    if options.counted:
        state = learned(state, progress=progressed(state, views, reply, now))
    if getattr(options.schedule, "by_age", False) and state.known.ahead is None:
        ahead = _ahead(views, reply, now)
        state = state if ahead is None else learned(state, ahead=ahead)
    return state


def _ahead(views: Views, reply: Sightings, now: float) -> float | None:
    """
    Tell by how much the job is older than the wait.

    Starts and date are of the server's clocks, which need not be ours. The date is cut to a whole second:
    within it, the time waited is the better measure.
    """
    starts = [view.start_ns for view in views if view.start_ns is not None]
    sent = read_date(reply.date) if starts else None
    if sent is None:
        return None
    youngest = (sent - min(starts)) / _SECOND
    oldest = youngest + 1.0
    # A job from the future is a clock that is wrong.
    return min(max(now, youngest), oldest) - now if oldest > 0 else None


def age(state: WaitState, now: float) -> float:
    """Return what the schedule goes by: the time waited, or the age of the job where that counts."""
    ahead = state.known.ahead
    return now if ahead is None else max(0.0, now + ahead)


def progressed(state: WaitState, views: Views, reply: Sightings, now: float) -> Progress:
    """Note how far the job is, and whether anything moved."""
    last, options = state.known.progress, state.question.options
    objects, size = reply.done
    parts = [
        min(1.0, done / expected)
        for done, expected in ((objects, options.expected_objects), (size, options.expected_bytes))
        if expected is not None
    ]
    done = min(parts, default=0.0)
    if not state.targets:
        return Progress(done, at=now, activity=reply.activity, changed_at=now, first_done=done, first_at=now)
    moved = reply.activity != last.activity or views != state.targets
    return evolve(
        last,
        done=done,
        at=now if done > last.done else last.at,
        activity=reply.activity,
        changed_at=now if moved else last.changed_at,
    )


def estimated_rest(state: WaitState, now: float) -> float | None:
    """Estimate the seconds to the end; a job that has not moved for a whole interval keeps no estimate."""
    progress, options = state.known.progress, state.question.options
    still, took = now - progress.at, progress.at - progress.first_at
    gained = progress.done - progress.first_done
    if took > 0 and gained > 0 and still <= options.schedule.interval(age(state, now), snapshots=True):
        rate = gained / took
        return max(progress.at + (1.0 - progress.done) / rate - now, still * limits.TIGHTEST)
    expected = options.expected_duration
    return expected - now if expected is not None and now < expected else None


def is_stalled(state: WaitState, now: float) -> bool:
    """Tell whether no counter and no state of any target has changed for too long."""
    patience = state.question.options.stall_timeout
    return patience is not None and bool(state.targets) and now - state.known.progress.changed_at >= patience
