"""Operations are run to their end in virtual time."""

from __future__ import annotations

import pytest

from ais_jobcore.decisions import Continue, Done
from ais_jobcore.events import Fault, FaultKind, Reply
from ais_jobcore.testing import Overheard, ScriptTransport, VirtualClock, run, run_all
from tests.testing.samples import Asking

REPLY = Reply(200, b"{}")
FAULT = Fault(FaultKind.DNS)


def test_run_returns_the_end() -> None:
    """The end is returned, delays are slept, and answers are passed on with their moments."""
    clock = VirtualClock(5.0)
    end = run(Asking(2), ScriptTransport(clock, [(0.5, REPLY), FAULT]), clock)
    assert Done(((REPLY, 5.5), (FAULT, 6.5)), "asked often enough") == end


def test_run_all_returns_every_decision() -> None:
    """All decisions are returned, in order, the end last."""
    clock = VirtualClock()
    decisions = run_all(Asking(2), ScriptTransport(clock, [REPLY, REPLY]), clock)
    assert [Continue, Continue, Done] == [type(decision) for decision in decisions]


def test_an_operation_may_end_at_its_start() -> None:
    """Without a request there is nothing to send."""
    clock = VirtualClock()
    transport = ScriptTransport(clock, [])
    assert [Done((), "asked often enough")] == run_all(Asking(0), transport, clock)
    assert [] == transport.sent


def test_an_endless_run_is_given_up() -> None:
    """The limit is a number of requests, and an end with the last of them counts."""
    clock = VirtualClock()
    assert isinstance(run(Asking(3), ScriptTransport(clock, lambda *_: REPLY), clock, limit=3), Done)
    transport = ScriptTransport(clock, lambda *_: REPLY)
    with pytest.raises(RuntimeError, match=r"no end after 3 requests, at .* s: not yet"):
        run_all(Asking(4), transport, clock, limit=3)
    assert len(transport.sent) == 3


def test_overheard_writes_down_events_and_decisions() -> None:
    """Under any driver, both sides of the conversation are there afterwards."""
    overheard = Overheard(Asking(1))
    overheard.start(1.0)
    end = overheard.handle(FAULT, 2.0)
    assert [(FAULT, 2.0)] == overheard.events
    assert [Continue(0.0, Asking(1).request, "not yet"), end] == overheard.decisions
