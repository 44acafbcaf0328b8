"""How what happened is worded, in one printable line: why a wait is not over, or what proved its end."""

from __future__ import annotations

from sys import intern
from typing import TYPE_CHECKING

from .. import limits
from ..errors import ProtocolError, RequestFailed, TransportFault
from ..events import Fault
from ..text import printable
from ..wire.observations import Trouble, Unusable
from .evidence import stuck
from .progress import is_stalled
from .state import Signal

if TYPE_CHECKING:
    from ..errors import JobCoreError
    from ..proofs import Views
    from .state import Faults, WaitState

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
    # One text for all waits on a cluster whose targets do the same.
    return intern(f"{said}: {printable(more)}") if more else said


def _busy(state: WaitState) -> str:
    if not state.targets:
        return "it is on a list of active jobs" if state.known.listed else ""
    if state.question.options.stall_timeout is not None and is_stalled(state, state.now):
        return stall(state, state.now)
    return describe(state.targets)


def _more(state: WaitState, signal: Signal) -> str:
    known, last = state.known, state.faults.last
    if signal in _ABOUT_FAULTS and last is not None:
        return f"{fault_error(last)}{_patience(state.faults)}"
    if signal is Signal.FOUND:
        return ""
    if signal is Signal.SEVERAL:
        return ", ".join(known.candidates)
    if signal in _ABOUT_STATUS and known.status is not None:
        return known.status.err
    if signal is Signal.ENDED and state.said_over and not any(view.state.ended for view in state.targets):
        return "the proxies say so"
    return describe(state.targets)


def stall(state: WaitState, now: float) -> str:
    """Say for how long nothing moved, and where; nothing, unless that is too long."""
    if not is_stalled(state, now):
        return ""
    patience = state.question.options.stall_timeout
    return printable(f"nothing moved for {patience:g} s: {describe(stuck(state.targets))}")


def _patience(faults: Faults) -> str:
    """Say what the next request waits for, beside the back-off."""
    last, spent = faults.last, faults.spent[faults.endpoint] if faults.spent else 0.0
    asked = (
        f"; asked to wait {last.retry_after:g} s" if isinstance(last, Unusable) and last.retry_after else ""
    )
    left = limits.RETRY_BUDGET - spent
    return f"{asked}; {left:.1f} of {limits.RETRY_BUDGET:g} retries left"


def fault_error(fault: Fault | Unusable) -> JobCoreError:
    """Make the error that a fault is, where it ends the wait."""
    if isinstance(fault, Fault):
        return TransportFault(fault.kind, fault.message)
    if fault.trouble is Trouble.MALFORMED:
        return ProtocolError(fault.message, fault.place)
    return RequestFailed(fault.status, fault.message, fault.tcode)


def describe(views: Views) -> str:
    """Sum the views up in a few words: ``2 running (t1, t3), 1 idle (t2)``."""
    by_state: dict[str, list[str]] = {}
    for view in views:
        state = view.state.value if view.missing_since is None else "missing"
        by_state.setdefault(state, []).append(view.target)
    return ", ".join(
        f"{len(targets)} {state} ({_some(targets)})" for state, targets in sorted(by_state.items())
    )


def _some(targets: list[str]) -> str:
    named = targets[: limits.NAMED_TARGETS]
    return ", ".join([*named, "..."] if len(targets) > limits.NAMED_TARGETS else named)
