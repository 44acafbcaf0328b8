"""Run operations in virtual time, without a driver; and listen to the decisions of one, under any driver."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Generic, TypeVar

from ..decisions import Continue

if TYPE_CHECKING:
    from ..decisions import Abort, Decision, Done
    from ..drivers.protocols import Sender
    from ..machines.protocols import Event, Operation
    from .clock import VirtualClock

T = TypeVar("T")

MAX_REQUESTS: Final = 1_000_000
"""Requests after which a run is taken for endless."""


class Overheard(Generic[T]):
    """
    Stand before an operation and write down all it decides; give it to a driver in its place.

    Args:
        operation: what is listened to; not started yet.

    Attributes:
        decisions: every decision so far, in order.
        events: every event it was given, in order, each with its moment.
    """

    def __init__(self, operation: Operation[T]) -> None:
        self._operation = operation
        self.decisions: list[Decision[T]] = []
        self.events: list[tuple[Event, float]] = []

    def start(self, now: float) -> Decision[T]:
        """Begin, and write the decision down."""
        self.decisions.append(self._operation.start(now))
        return self.decisions[-1]

    def handle(self, event: Event, now: float) -> Decision[T]:
        """Pass the event on, and write both down."""
        self.events.append((event, now))
        self.decisions.append(self._operation.handle(event, now))
        return self.decisions[-1]


def run(
    operation: Operation[T], transport: Sender, clock: VirtualClock, *, limit: int = MAX_REQUESTS
) -> Done[T] | Abort[T]:
    """
    Run an operation to its end and return the last decision; nothing is raised for an ``Abort``.

    Args:
        operation: a wait, or anything else that is driven like one; not started yet.
        transport: what its requests are sent through.
        clock: what it sleeps on; the transport should use the same.
        limit: requests after which to give up.

    Raises:
        RuntimeError: there was no end within ``limit`` requests.
    """
    decision = operation.start(clock.now())
    sent = 0
    while isinstance(decision, Continue):
        if sent == limit:
            msg = f"no end after {limit} requests, at {clock.now():g} s: {decision.reason}"
            raise RuntimeError(msg)
        clock.sleep(decision.delay)
        decision = operation.handle(transport.send(decision.request), clock.now())
        sent += 1
    return decision


def run_all(
    operation: Operation[T], transport: Sender, clock: VirtualClock, *, limit: int = MAX_REQUESTS
) -> list[Decision[T]]:
    """
    Run an operation to its end and return every decision, in order; the last one is the end.

    Raises:
        RuntimeError: as with :func:`run`.
    """
    overheard = Overheard(operation)
    run(overheard, transport, clock, limit=limit)
    return overheard.decisions
