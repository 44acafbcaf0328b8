"""
What is known of every target that was ever seen with a job, and what it all amounts to.

A reply is folded into the views of the targets; nothing seen is ever forgotten: not a target
that vanishes (rules E1, S34, G15), not an error that did not stop the job (E2, S41).
All times here are seconds since the start of the wait.
"""

from __future__ import annotations

import enum
from sys import intern
from typing import TYPE_CHECKING, Final

from attrs import evolve

from ..options import Until
from ..proofs import TargetView
from ..snapshots import TargetState, join_texts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..proofs import Views
    from ..wire.lean import Sighting

_UNREST: Final = {
    TargetState.FINISHED: 0,
    TargetState.IDLE: 1,
    TargetState.NOT_STARTED: 2,
    TargetState.RUNNING: 3,
    TargetState.ABORTED: 4,
}
"""Which of two snapshots with the same start counts: the one that promises less."""

BUSY: Final = frozenset({TargetState.NOT_STARTED, TargetState.RUNNING})


class Verdict(enum.Enum):
    """What the views of all targets amount to."""

    BUSY = "busy"
    QUIET = "quiet"
    """It looks like the end; it may need a second look."""
    MISSING = "missing"
    """A target that had work left is not in the reply."""
    ENDED = "ended"
    """It cannot change any more: an abort, a loss."""


def fold(
    views: Views,
    own: Mapping[str, Sequence[Sighting]],
    *,
    asked: float,
    now: float,
    gap: float,
    complete: bool = True,
) -> Views:
    """
    Fold a reply that shows the job into what was known.

    Args:
        views: what was known.
        own: the job's sightings by target, on one target at least.
        asked: when the request was sent.
        now: when the reply came.
        gap: how far apart two replies without a target have to be to call it lost.
        complete: whether a target that is not in the reply lacks the job; it may as well be done with it.
    """
    known = {view.target: view for view in views}
    folded = {target: _see(known.get(target), target, seen) for target, seen in own.items()}
    for target in known.keys() - own.keys():
        view = known[target]
        folded[target] = _miss(view, asked=asked, now=now, gap=gap) if complete else view
    return tuple([folded[target] for target in sorted(folded)])


def _see(old: TargetView | None, target: str, seen: Sequence[Sighting]) -> TargetView:
    state, start_ns, end_ns, error, _ = seen[0] if len(seen) == 1 else _latest(seen)
    if old is None:
        # Waits on one cluster share the names of its targets.
        return TargetView(intern(target), state, start_ns, end_ns, error, not state.ended)
    if old.state is state and old.start_ns == start_ns and old.end_ns == end_ns and old.missing_since is None:
        # As nearly always while a job runs: nothing new.
        return old if error in {"", old.error} else evolve(old, error=error)
    return _update(old, TargetView(old.target, state, start_ns, end_ns, error, not state.ended))


def _latest(seen: Sequence[Sighting]) -> Sighting:
    """Join what one target shows of one job: the latest start counts, every error is kept."""
    last = max(seen, key=lambda each: (each.start_ns or 0, _UNREST[each.state], each.end_ns or 0))
    return last._replace(error=join_texts(sorted({each.error for each in seen})) or "")


def _update(old: TargetView, new: TargetView) -> TargetView:
    if old.start_ns is not None and (new.start_ns is None or new.start_ns < old.start_ns):
        if new.start_ns is not None:
            # Of an earlier run, and late: what was seen of the later one counts.
            return evolve(old, error=_joined(old.error, new.error), missing_since=None)
        new = evolve(new, start_ns=old.start_ns)
    restarted = old.start_ns is not None and new.start_ns is not None and new.start_ns > old.start_ns
    if restarted and not old.state.ended:
        return _lose(evolve(old, error=_joined(old.error, new.error)), "it came back with a later start")
    if old.state is TargetState.LOST or (old.state is TargetState.FINISHED and not restarted):
        return evolve(old, error=new.error or old.error, missing_since=None)
    error = _joined(old.error, new.error) if restarted else new.error or old.error
    return evolve(new, error=error, seen_unfinished=old.seen_unfinished or new.seen_unfinished)


def _miss(view: TargetView, *, asked: float, now: float, gap: float) -> TargetView:
    if view.state.ended:
        return view
    if view.missing_since is None:
        return evolve(view, missing_since=now)
    return _lose(view, "it does not show the job any more") if asked >= view.missing_since + gap else view


def _lose(view: TargetView, why: str) -> TargetView:
    return evolve(view, state=TargetState.LOST, error=_joined(view.error, f"lost: {why}"), missing_since=None)


def _joined(*texts: str) -> str:
    return join_texts(texts) or ""


def weigh(
    views: Views,
    own: Mapping[str, Sequence[Sighting]],
    until: Until,
    *,
    asked: float,
    now: float,
    gap: float,
) -> tuple[Views, Verdict]:
    """Fold a reply as :func:`fold` does, and say what the views amount to then."""
    folded = fold(views, own, asked=asked, now=now, gap=gap)
    return folded, judge(folded, until)


def judge(views: Views, until: Until) -> Verdict:
    """
    Say what the views amount to for a wait.

    Args:
        views: at least one.
        until: anything but ``AUTO``.
    """
    states = {view.state for view in views}
    if until is Until.NOT_RUNNING:
        return Verdict.BUSY if states & BUSY else Verdict.ENDED
    if TargetState.ABORTED in states or TargetState.LOST in states:
        return Verdict.ENDED
    if any(view.missing_since is not None for view in views):
        return Verdict.MISSING
    if until is Until.STARTED:
        return Verdict.BUSY if TargetState.NOT_STARTED in states else Verdict.ENDED
    resting = {TargetState.FINISHED, TargetState.IDLE} if until is Until.IDLE else {TargetState.FINISHED}
    return Verdict.QUIET if states <= resting else Verdict.BUSY


def all_finished(views: Views) -> bool:
    """Tell whether there are targets, and every one is known to have finished."""
    return bool(views) and all(view.state is TargetState.FINISHED for view in views)


def stuck(views: Views) -> Views:
    """Choose the targets that hold a job up: those with work, or else those that have not ended."""
    working = tuple(view for view in views if view.state in BUSY)
    return working or tuple(view for view in views if not view.state.ended)


def latest_end(views: Views) -> int | None:
    """Return the latest end in nanoseconds, if every target ended."""
    ends = [view.end_ns for view in views if view.end_ns is not None]
    return max(ends) if ends and len(ends) == len(views) else None
