"""Which faults an operation of one request is sent again after: what can do no harm."""

from __future__ import annotations

import pytest

from ais_jobcore import Fault, FaultKind
from ais_jobcore.rules.faults import may_send_again
from ais_jobcore.wire.observations import Trouble, Unusable

HARMLESS, NEVER, ALWAYS = (True, False), (False, False), (True, True)
"""Whether it is sent again: one that is the same twice, and one that is not."""

TROUBLES = {
    Trouble.STARTING: ALWAYS,
    Trouble.TARGET_DOWN: HARMLESS,
    Trouble.BUSY: HARMLESS,
    Trouble.SERVER: HARMLESS,
    Trouble.STRANGER: HARMLESS,
    Trouble.MALFORMED: NEVER,
    Trouble.UNAUTHENTICATED: NEVER,
    Trouble.FORBIDDEN: NEVER,
    Trouble.REFUSED: NEVER,
}


def again(fault: Fault | Unusable) -> tuple[bool, bool]:
    """Tell for both sorts of operation whether they are sent again."""
    return may_send_again(fault, idempotent=True), may_send_again(fault, idempotent=False)


@pytest.mark.parametrize("kind", FaultKind)
def test_faults_of_the_transport(kind: FaultKind) -> None:
    """Where no name was found, nothing was sent; where there is no trust, asking again does not help."""
    special = {FaultKind.DNS: ALWAYS, FaultKind.TLS: NEVER}
    assert special.get(kind, HARMLESS) == again(Fault(kind))


@pytest.mark.parametrize("trouble", Trouble)
def test_troubles(trouble: Trouble) -> None:
    """A cluster that is starting did nothing; what passes is tried again, and a refusal is the answer."""
    assert TROUBLES[trouble] == again(Unusable(trouble, status=500))


@pytest.mark.parametrize("trouble", [Trouble.BUSY, Trouble.REFUSED])
def test_too_many_requests(trouble: Trouble) -> None:
    """A server that says so did nothing, so even a start may be sent again."""
    assert ALWAYS == again(Unusable(trouble, status=429))
