"""What a fault means for a wait: whether it passes by itself, what it costs, and where to ask next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from attrs import evolve

from .. import limits
from ..events import Fault, FaultKind
from ..wire.observations import Trouble, Unusable
from .sources import preferred_source, sources
from .state import ANSWERED, Faults, Signal

if TYPE_CHECKING:
    from .state import WaitState

Reading: TypeAlias = "tuple[WaitState, Signal]"
"""The state that knows more, and what that means."""

PASSING: Final = frozenset({Trouble.STARTING, Trouble.TARGET_DOWN})
"""AIStore's own troubles: they pass by themselves, so the normal schedule goes on."""
TOKEN: Final = frozenset({Trouble.UNAUTHENTICATED, Trouble.FORBIDDEN})
"""Troubles that a fresh token may end."""
_OTHER_ENDPOINT: Final = frozenset(
    {Trouble.STARTING, Trouble.BUSY, Trouble.SERVER, Trouble.STRANGER, Trouble.MALFORMED}
)
"""Troubles of the endpoint, which another endpoint may not have."""
_WORTH_ANOTHER_TRY: Final = frozenset(
    {Trouble.STARTING, Trouble.TARGET_DOWN, Trouble.BUSY, Trouble.SERVER, Trouble.STRANGER}
)
"""Troubles after which an operation of one request may be sent again, if it does no harm twice."""
_TOO_MANY_REQUESTS: Final = 429


def read_fault(state: WaitState, fault: Fault | Unusable, now: float) -> Reading:
    """Tell what passes by itself from what does not: *cannot ask* is never *failed*."""
    trouble = fault.trouble if isinstance(fault, Unusable) else None
    question, refreshed = state.question, state.faults.refreshed
    faults = _counted(state, fault, trouble, now)
    if trouble in TOKEN:
        signal = Signal.FATAL if refreshed else Signal.TOKEN
        return evolve(state, faults=evolve(faults, refreshed=True)), signal
    hopeless = (
        trouble is Trouble.REFUSED
        or (isinstance(fault, Fault) and fault.kind is FaultKind.TLS)
        or faults.malformed >= limits.MALFORMED_IN_A_ROW
        or (not faults.answered and now >= question.options.unanswered)
        or (question.timeout is None and now - faults.since >= question.options.outage)
    )
    return evolve(state, faults=faults), Signal.FATAL if hopeless else Signal.FAULT


def _counted(state: WaitState, fault: Fault | Unusable, trouble: Trouble | None, now: float) -> Faults:
    before, endpoints = state.faults, state.question.options.endpoints
    elsewhere = trouble is None or trouble in _OTHER_ENDPOINT
    costs = trouble not in PASSING
    spent = before.spent or (0.0,) * endpoints
    return Faults(
        answered=before.answered or trouble in PASSING or getattr(fault, "authentic", False),
        count=before.count + 1,
        preferred=before.preferred + (state.asked is preferred_source(state, sources(state))),
        malformed=before.malformed + 1 if trouble is Trouble.MALFORMED else 0,
        since=before.since if before.count else now,
        last=_moved(fault, state.question.started_at),
        refreshed=before.refreshed,
        endpoint=(before.endpoint + elsewhere) % endpoints,
        spent=tuple(
            min(limits.RETRY_BUDGET, each + 1.0) if costs and index == before.endpoint else each
            for index, each in enumerate(spent)
        ),
    )


def _moved(fault: Fault | Unusable, started_at: float) -> Fault | Unusable:
    """Count the moment of a fault from the start of the wait, like all moments of a state."""
    if isinstance(fault, Unusable) or fault.sent_at is None:
        return fault
    return evolve(fault, sent_at=fault.sent_at - started_at)


def answered(faults: Faults) -> Faults:
    """End a row of faults with a good answer, which pays a little back to its endpoint."""
    if faults.calm:
        return faults
    left = [
        max(0.0, each - limits.RETRY_REFUND * (index == faults.endpoint))
        for index, each in enumerate(faults.spent)
    ]
    spent = tuple(left) if any(left) else ()
    return (
        Faults(answered=True, endpoint=faults.endpoint, spent=spent) if faults.endpoint or spent else ANSWERED
    )


def may_send_again(fault: Fault | Unusable, *, idempotent: bool) -> bool:
    """
    Tell whether an operation of one request may be sent again after a fault (rules S45, E14).

    Args:
        fault: what came.
        idempotent: whether sending it twice is the same as sending it once. If not, it is sent again
            only if it certainly did not arrive.
    """
    if isinstance(fault, Fault):
        certain = fault.kind is FaultKind.DNS
        return certain or (idempotent and fault.kind is not FaultKind.TLS)
    # 429 and an empty 503 come before anything is done.
    certain = fault.trouble is Trouble.STARTING or fault.status == _TOO_MANY_REQUESTS
    return certain or (idempotent and fault.trouble in _WORTH_ANOTHER_TRY)
