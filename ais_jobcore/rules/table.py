"""
How a wait goes, as a table. :func:`step` is the only place where anything is decided.

It takes a state, an observation and a moment, and gives the next state and one decision: ``classify`` makes
a ``Signal`` of the observation, :data:`TRANSITIONS` gives the next ``Phase``, and then ``plan`` asks on, or
``outcome`` says how it ended.

Moments are seconds since the start of the wait, but for ``now`` in :func:`step`: the caller's clock.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final, TypeAlias

from attrs import evolve

from .. import limits
from ..snapshots import AggregatedJobSnap
from ..wire.lean import sight_all
from .classify import read
from .outcome import conclude, expire
from .plan import ask
from .state import Phase, Signal, WaitState

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..decisions import Abort, Continue, Done
    from ..events import Fault
    from ..results import WaitResult
    from ..wire.observations import Listing, Observation, Unusable

Step: TypeAlias = "tuple[WaitState, Continue | Done[WaitResult] | Abort[WaitResult]]"

POLICY: Final = 2
"""The version of the rules; it rises whenever the same inputs may lead to other decisions."""

_WATCHING: Final[Mapping[Signal, Phase]] = {
    Signal.BUSY: Phase.WATCH,
    Signal.QUIET: Phase.CONFIRM,
    Signal.JUST_OVER: Phase.CONFIRM,
    Signal.UNLISTED: Phase.CONFIRM,
    Signal.MISSING: Phase.CONFIRM,
    Signal.ENDED: Phase.OVER,
    Signal.SAID_OVER: Phase.DETAIL,
    Signal.SAID_FAILED: Phase.REPORT,
    Signal.ELSEWHERE: Phase.SEEK,
    Signal.UNKNOWN: Phase.SEEK,
    Signal.STALLED: Phase.OVER,
    Signal.NOWHERE: Phase.OVER,
    Signal.FATAL: Phase.OVER,
}
_DISPUTING: Final[Mapping[Signal, Phase]] = {
    Signal.BUSY: Phase.DISPUTE,
    Signal.STALLED: Phase.OVER,
    Signal.MISSING: Phase.DISPUTE,
    Signal.ENDED: Phase.OVER,
    Signal.SAID_FAILED: Phase.REPORT,
    Signal.ELSEWHERE: Phase.DISPUTE,
    Signal.FATAL: Phase.OVER,
}


def _staying(phase: Phase) -> Mapping[Signal, Phase]:
    """Faults change nothing but the moment of the next request."""
    return {Signal.FAULT: phase, Signal.TOKEN: phase}


TRANSITIONS: Final[Mapping[Phase, Mapping[Signal, Phase]]] = MappingProxyType(
    {
        Phase.FIND: {
            Signal.BEGIN: Phase.FIND,
            Signal.FOUND: Phase.WATCH,
            Signal.SEVERAL: Phase.OVER,
            Signal.BUSY: Phase.FIND,
            Signal.UNKNOWN: Phase.FIND,
            Signal.NOWHERE: Phase.OVER,
            Signal.ENDED: Phase.OVER,
            Signal.FATAL: Phase.OVER,
            **_staying(Phase.FIND),
        },
        Phase.WATCH: {Signal.BEGIN: Phase.WATCH, **_WATCHING, **_staying(Phase.WATCH)},
        Phase.SEEK: {**_WATCHING, **_staying(Phase.SEEK)},
        Phase.CONFIRM: {**_WATCHING, **_staying(Phase.CONFIRM)},
        Phase.DETAIL: {**_DISPUTING, Signal.SAID_OVER: Phase.DETAIL, **_staying(Phase.DETAIL)},
        Phase.DISPUTE: {
            **_DISPUTING,
            Signal.SAID_OVER: Phase.DISPUTE,
            Signal.NOWHERE: Phase.OVER,
            **_staying(Phase.DISPUTE),
        },
        Phase.REPORT: {Signal.ENDED: Phase.OVER},
        Phase.OVER: {},
    }
)
"""Every legal move. A pair that is not here cannot happen."""

_AT_ONCE: Final = frozenset(
    {
        Signal.BEGIN,
        Signal.FOUND,
        Signal.ELSEWHERE,
        Signal.JUST_OVER,
        Signal.UNLISTED,
        Signal.TOKEN,
        Signal.SAID_FAILED,
    }
)
"""Signals after which the next request asks something new, so that nothing is gained by waiting."""


def step(state: WaitState, observation: Observation | None, now: float) -> Step:
    """
    Take one input and decide.

    Args:
        state: what is known.
        observation: what came of the pending request; ``None`` begins the wait.
        now: this moment on the caller's clock; one that goes back counts as the last one.
    """
    now = max(now - state.question.started_at, state.now)
    if now < state.due:
        # An answer before the request was due: either clocks were rounded, or it was sent early.
        rounded = state.due - now < limits.CLOCK_ROUNDING
        state, now = (state, state.due) if rounded else (evolve(state, due=now), now)
    if isinstance(observation, AggregatedJobSnap) and state.phase is not Phase.FIND:
        observation = sight_all(observation, state.job_id)
    before = state.phase
    state, signal = read(state, observation, now)
    phase = TRANSITIONS[before][signal]
    if phase is not before:
        state = evolve(state, phase=phase)
    if phase is Phase.OVER:
        state = evolve(state, now=now)
        return state, conclude(state, signal, observation)
    at_once = signal in _AT_ONCE or (phase is Phase.DETAIL and before is not Phase.DETAIL)
    if _expired(state, signal, now, at_once=at_once):
        late = evolve(state, now=now)
        return evolve(late, phase=Phase.OVER), expire(late, signal, observation)
    return ask(state, signal, now, at_once=at_once)


def step_shared(
    state: WaitState, seen: Listing | Fault | Unusable, now: float, *, asked: float, endpoint: int
) -> Step:
    """
    Take what came of a request that was sent for several waits, in the place of the pending one.

    Args:
        state: what is known.
        seen: what a list says of this job, or why it says nothing.
        now: as in :func:`step`.
        asked: when the list was asked for, on the caller's clock.
        endpoint: which endpoint was asked.
    """
    due = asked - state.question.started_at
    if abs(due - state.due) >= limits.CLOCK_ROUNDING:
        state = evolve(state, due=due)
    if endpoint != state.faults.endpoint:
        state = evolve(state, faults=evolve(state.faults, endpoint=endpoint))
    return step(state, seen, now)


def _expired(state: WaitState, signal: Signal, now: float, *, at_once: bool) -> bool:
    """Tell whether nothing may be sent any more: the last poll is the one sent on the deadline (S20, R5)."""
    deadline = state.question.timeout
    if deadline is None:
        return False
    if signal is Signal.UNLISTED:
        # The list was asked for in time, and a job that is not on it is still to be asked for by its id.
        return now >= deadline + limits.LAST_REQUEST
    return now > deadline or (state.due >= deadline and not at_once)
