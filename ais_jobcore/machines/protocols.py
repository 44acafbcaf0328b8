"""
What a driver runs: the two protocols of machines.

An :class:`Operation` has one request under way: a wait, a group of waits, or one request.
A :class:`Scheduler` has several, and takes their answers in any order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeAlias, TypeVar

from attrs import frozen

from ..events import Fault, NotFound, Reply
from ..snapshots import AggregatedJobSnap, JobStatus

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..decisions import Abort, Continue, Done
    from ..queries import Request

T_co = TypeVar("T_co", covariant=True)

Event: TypeAlias = Reply | Fault | AggregatedJobSnap | JobStatus | NotFound
"""What a driver may report: an answer, a fault, or a value that it has decoded by itself."""


class Operation(Protocol[T_co]):
    """
    Anything that has one request under way: a wait, a group of waits, or one request.

    Its driver calls ``start`` once. As long as the decision is a ``Continue``, it sleeps the delay, sends the
    request, and hands what came of it to ``handle``. A call out of turn is a ``RuntimeError``, and changes
    nothing.
    """

    def start(self, now: float) -> Continue | Done[T_co] | Abort[T_co]:
        """Begin, at this moment of the driver's monotonic clock, in seconds."""
        ...

    def handle(self, event: Event, now: float) -> Continue | Done[T_co] | Abort[T_co]:
        """Take what came of the last request, at this moment."""
        ...


@frozen
class Ticket:
    """
    A request that a scheduler wants to have sent at once; its answer comes back with its number.

    Attributes:
        number: what the answer is handed in with; no two tickets of a scheduler have the same.
        request: what to send.
        reason: why it is sent.
    """

    number: int
    request: Request
    reason: str


@frozen
class Send:
    """
    Tell the driver of a scheduler what to send, and for how long there is nothing else to do.

    Attributes:
        tickets: requests to send at once, side by side; none, if there is nothing to send now.
        wake: the moment at which to call ``poll`` again, unless an answer comes first;
            ``None`` while only an answer can change anything.
    """

    tickets: Sequence[Ticket]
    wake: float | None


class Scheduler(Protocol[T_co]):
    """
    Anything that has several requests under way, and takes their answers in any order.

    Its driver calls ``poll``, sends the tickets it is given, each by itself, and hands in every answer as it
    comes. After each answer, and at the moment ``wake``, it calls ``poll`` again, until that is ``Done``.
    """

    def poll(self, now: float) -> Send | Done[T_co]:
        """Say what to send at this moment of the driver's monotonic clock, in seconds, or that it is over."""
        ...

    def handle(self, ticket: Ticket, event: Event, now: float) -> None:
        """
        Take what came of a request, at this moment.

        Raises:
            RuntimeError: no answer to that ticket is awaited. Nothing changes.
        """
        ...
