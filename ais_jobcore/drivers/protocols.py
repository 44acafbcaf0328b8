"""
What requests are sent through: the official drivers' own transports, a scripted one, or an embedder's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from ..events import Fault, Reply
    from ..queries import Request


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
