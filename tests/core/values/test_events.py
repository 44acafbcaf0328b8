"""What a driver reports: values, with what is known of their request."""

from __future__ import annotations

import pytest
from attrs import evolve

from ais_jobcore import Fault, FaultKind, Reply


def test_request_was_sent_when_it_was_due_unless_said_otherwise() -> None:
    """Who says nothing about the request of an event means that it was sent, when it was due."""
    assert (None, None) == (Reply(200).sent_at, Fault(FaultKind.DNS).sent_at)
    assert Fault(FaultKind.DNS).sent is True


def test_moment_and_fate_of_a_request_are_told_by_name() -> None:
    """Nothing but their names tells these fields from the others."""
    fault = Fault(FaultKind.DNS, "unknown", sent=False, sent_at=1.5)
    assert ("unknown", False, 1.5) == (fault.message, fault.sent, fault.sent_at)
    assert 1.5 == Reply(200, b"", {}, sent_at=1.5).sent_at
    with pytest.raises(TypeError):
        Reply(200, b"", {}, 1.5)  # type: ignore[misc]
    with pytest.raises(TypeError):
        Fault(FaultKind.DNS, "", False)  # type: ignore[misc]


def test_events_are_values() -> None:
    """Events are equal if all of their fields are."""
    assert Reply(200, sent_at=1.5) == evolve(Reply(200), sent_at=1.5)
    assert Reply(200, sent_at=1.5) != Reply(200)
    assert Fault(FaultKind.DNS, sent=False) != Fault(FaultKind.DNS)
