"""What a fault means for a wait: whether it passes, what it costs, and where to ask next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from .. import limits
from ..events import Fault, FaultKind
from ..wire.observations import Trouble, Unusable
from .sources import preferred_source
from .state import Faults, Signal, changed

if TYPE_CHECKING:
    from .state import WaitState

Reading: TypeAlias = "tuple[WaitState, Signal]"


_OTHER_ENDPOINT: Final = frozenset(
    {Trouble.STARTING, Trouble.BUSY, Trouble.SERVER, Trouble.STRANGER, Trouble.MALFORMED}
)
"""Troubles of the endpoint, which another endpoint may not have."""


_TOKEN_TROUBLES: Final = frozenset({Trouble.UNAUTHENTICATED, Trouble.FORBIDDEN})


def read_fault(state: WaitState, fault: Fault | Unusable, now: float) -> Reading:
    """Tell what passes by itself from what does not: *cannot ask* is never *failed*."""
    trouble = fault.trouble if isinstance(fault, Unusable) else None
    state = _counted(state, fault, trouble, now)
    if trouble in _TOKEN_TROUBLES:
        return (state, Signal.FATAL) if state.refreshed else (changed(state, refreshed=True), Signal.TOKEN)
    hopeless = (
        trouble is Trouble.REFUSED
        or (isinstance(fault, Fault) and fault.kind is FaultKind.TLS)
        or state.faults.malformed >= limits.MALFORMED_IN_A_ROW
        or (not state.answered and now >= state.options.unanswered)
        or (state.timeout is None and now - state.faults.since >= state.options.outage)
    )
    return state, Signal.FATAL if hopeless else Signal.FAULT


def _counted(state: WaitState, fault: Fault | Unusable, trouble: Trouble | None, now: float) -> WaitState:
    faults = state.faults
    elsewhere = trouble is None or trouble in _OTHER_ENDPOINT
    costs = trouble not in PASSING
    spent = state.spent or (0.0,) * state.options.endpoints
    return changed(
        state,
        spent=tuple(
            min(limits.RETRY_BUDGET, each + 1.0) if costs and index == state.endpoint else each
            for index, each in enumerate(spent)
        ),
        answered=state.answered or trouble in PASSING or getattr(fault, "authentic", False),
        endpoint=(state.endpoint + elsewhere) % state.options.endpoints,
        faults=Faults(
            count=faults.count + 1,
            preferred=faults.preferred + (state.asked is preferred_source(state)),
            malformed=faults.malformed + 1 if trouble is Trouble.MALFORMED else 0,
            since=faults.since if faults.count else now,
            last=fault,
        ),
    )


PASSING: Final = frozenset({Trouble.STARTING, Trouble.TARGET_DOWN})
"""AIStore's own troubles: they pass by themselves, so the normal schedule goes on."""
