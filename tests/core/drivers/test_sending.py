"""When a request left, as a transport notes it."""

from __future__ import annotations

from ais_jobcore import Fault, FaultKind, Reply
from ais_jobcore.drivers.sending import Departure
from ais_jobcore.testing import VirtualClock


def test_first_departure_counts() -> None:
    """A request leaves when the first of its bytes does, by the clock of the one who waits."""
    clock = VirtualClock(5.0)
    departure = Departure(clock.now)
    assert departure.at is None
    clock.advance(1.0)
    departure.note()
    clock.advance(1.0)
    departure.note()
    assert 6.0 == departure.at


def test_events_tell_the_moment() -> None:
    """Whatever came of the request is told with the moment at which it left, and is else as it was."""
    departure = Departure(VirtualClock(5.0).now)
    departure.note()
    assert Reply(200, b"x", {"a": "b"}, sent_at=5.0) == departure.told(Reply(200, b"x", {"a": "b"}))
    fault = Fault(FaultKind.TIMEOUT, "late", sent_at=5.0)
    assert fault == departure.told(Fault(FaultKind.TIMEOUT, "late", sent=False))


def test_request_that_never_left_has_no_moment() -> None:
    """A fault before any byte left says so."""
    departure = Departure(VirtualClock(5.0).now)
    assert Fault(FaultKind.TIMEOUT, "late", sent=False) == departure.told(Fault(FaultKind.TIMEOUT, "late"))
