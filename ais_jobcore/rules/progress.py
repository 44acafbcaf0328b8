"""How far a job is, when it will end, and whether it moves at all: from the counters of its targets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import evolve

from .. import limits
from .state import Progress

if TYPE_CHECKING:
    from ..proofs import Views
    from ..wire.lean import Sightings
    from .state import WaitState


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
    if took > 0 and gained > 0 and still <= options.schedule.interval(now, snapshots=True):
        rate = gained / took
        return max(progress.at + (1.0 - progress.done) / rate - now, still * limits.TIGHTEST)
    expected = options.expected_duration
    return expected - now if expected is not None and now < expected else None


def is_stalled(state: WaitState, now: float) -> bool:
    """Tell whether no counter and no state of any target has changed for too long."""
    patience = state.question.options.stall_timeout
    return patience is not None and bool(state.targets) and now - state.known.progress.changed_at >= patience
