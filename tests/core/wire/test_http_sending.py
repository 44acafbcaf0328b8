"""What an exception of an HTTP library says about whether the request left."""

from __future__ import annotations

import pytest

from ais_jobcore import FaultKind
from ais_jobcore.wire.http import fault_of

KINDS = ((LookupError, FaultKind.DNS), (TimeoutError, FaultKind.TIMEOUT))


def wrapped(error: BaseException) -> BaseException:
    """Wrap an exception as libraries do."""
    outer = OSError("outside")
    outer.__cause__ = error
    return outer


@pytest.mark.parametrize(
    "error", [ConnectionRefusedError("refused"), OSError(111, "refused"), LookupError("no such name")]
)
def test_request_that_certainly_never_left(error: BaseException) -> None:
    """Nothing is sent without a connection: where it is refused, or the name does not resolve."""
    assert fault_of(error, KINDS).sent is False
    assert fault_of(wrapped(error), KINDS).sent is False


@pytest.mark.parametrize("error", [ConnectionResetError("reset"), TimeoutError("late"), OSError("?")])
def test_request_that_may_have_left(error: BaseException) -> None:
    """Of all else it is not certain, so the request counts as sent."""
    assert fault_of(error, KINDS).sent is True
    assert fault_of(wrapped(error), KINDS).sent is True
