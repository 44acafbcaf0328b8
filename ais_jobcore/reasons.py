"""How what happened is worded, in one printable line: why a wait is not over, or what proved its end."""

from __future__ import annotations

from sys import intern
from typing import TYPE_CHECKING

from . import pacing
from .evidence import describe, stuck
from .observations import Unusable
from .states import Signal
from .text import printable

if TYPE_CHECKING:
    from .states import WaitState

_ABOUT_FAULTS = frozenset({Signal.FAULT, Signal.FATAL, Signal.TOKEN})
_ABOUT_STATUS = frozenset({Signal.SAID_OVER, Signal.SAID_FAILED})
_WORDS = {
    Signal.BEGIN: "the wait begins",
    Signal.FOUND: "the job is found",
    Signal.SEVERAL: "several jobs are active",
    Signal.BUSY: "not done",
    Signal.QUIET: "looks done, to be confirmed",
    Signal.JUST_OVER: "looks done just now, the proxies are asked",
    Signal.UNLISTED: "not on the list of active jobs, the targets are asked",
    Signal.MISSING: "a target is missing from the reply",
    Signal.ENDED: "the end is proved",
    Signal.SAID_OVER: "the proxies say that it is over, the targets are asked",
    Signal.SAID_FAILED: "the proxies say that it failed",
    Signal.ELSEWHERE: "not known here, the other source is asked",
    Signal.STALLED: "nothing moves any more",
    Signal.UNKNOWN: "not known yet",
    Signal.NOWHERE: "not known to the cluster",
    Signal.TOKEN: "the token was refused, a fresh one is tried",
    Signal.FAULT: "cannot ask",
    Signal.FATAL: "cannot ask, and trying again does not help",
}


def why(state: WaitState, signal: Signal) -> str:
    """Say what the last input meant, in one printable line."""
    said, more = _WORDS[signal], _busy(state) if signal is Signal.BUSY else _more(state, signal)
    # Waits on one cluster share the words for what they have in common.
    return intern(f"{said}: {printable(more)}") if more else said


def _busy(state: WaitState) -> str:
    if not state.targets:
        return "it is on a list of active jobs" if state.listed else ""
    return stall(state, state.now) or describe(state.targets)


def _more(state: WaitState, signal: Signal) -> str:
    if signal in _ABOUT_FAULTS and state.faults.last is not None:
        from .conclusions import fault_error  # noqa: PLC0415 - errors are dear to import, and faults are rare

        return f"{fault_error(state.faults.last)}{_patience(state)}"
    if signal is Signal.FOUND:
        return ""
    if signal is Signal.SEVERAL:
        return ", ".join(state.candidates)
    if signal in _ABOUT_STATUS and state.status is not None:
        return state.status.err
    if signal is Signal.ENDED and state.said_over and not any(view.state.ended for view in state.targets):
        return "the proxies say so"
    return describe(state.targets)


def stall(state: WaitState, now: float) -> str:
    """Say for how long nothing moved, and where; nothing, unless that is too long."""
    patience = state.options.stall_timeout
    if patience is None or not state.targets or now - state.progress.changed_at < patience:
        return ""
    return printable(f"nothing moved for {patience:g} s: {describe(stuck(state.targets))}")


def _patience(state: WaitState) -> str:
    """Say what the next request waits for, beside the back-off."""
    last = state.faults.last
    asked = (
        f"; asked to wait {last.retry_after:g} s" if isinstance(last, Unusable) and last.retry_after else ""
    )
    left = pacing.BUDGET - budget_spent(state)
    return f"{asked}; {left:.1f} of {pacing.BUDGET:g} retries left"


def budget_spent(state: WaitState) -> float:
    """Tell how much of its budget the endpoint in use has spent."""
    return state.spent[state.endpoint] if state.spent else 0.0
