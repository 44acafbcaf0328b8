"""
The two seams of the library: what a driver runs, and what it sends through.

Everything that a driver can run is an :class:`Operation`. Everything that can send a
:class:`~ais_jobcore.Request` is a :class:`Transport` or an :class:`AsyncTransport`: the official
drivers' own, a scripted one, or an embedder's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from .calls import Request
    from .decisions import Abort, Continue, Done
    from .observations import Event, Fault, Reply

T_co = TypeVar("T_co", covariant=True)


class Operation(Protocol[T_co]):
    """Anything that a driver can run: a wait, a group of waits, or one request."""

    def start(self, now: float) -> Continue | Done[T_co] | Abort[T_co]:
        """Begin, at this moment of the driver's monotonic clock, in seconds."""
        ...

    def handle(self, event: Event, now: float) -> Continue | Done[T_co] | Abort[T_co]:
        """Take what came of the last request, at this moment."""
        ...


class Transport(Protocol):
    """Send requests and block until there is an answer."""

    def send(self, request: Request) -> Reply | Fault:
        """Send one request within its time-out; report every failure as a ``Fault``."""
        ...

    def close(self) -> None:
        """Give back what the transport holds."""
        ...


class AsyncTransport(Protocol):
    """Send requests and await the answers."""

    async def send(self, request: Request) -> Reply | Fault:
        """Send one request within its time-out; report every failure as a ``Fault``."""
        ...

    async def close(self) -> None:
        """Give back what the transport holds."""
        ...
