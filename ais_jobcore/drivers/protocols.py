"""
What requests are sent through: a driver's own transport, a scripted one, or an embedder's.

The maker of a transport closes it. A transport of version 1.0 has ``send`` and ``close`` only, and goes on
to work: :class:`Traits` has the defaults for what it does not tell.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple, Protocol, cast

if TYPE_CHECKING:
    from ..events import Fault, Reply
    from ..queries import Request


class Sender(Protocol):
    """A transport that blocks until there is an answer: the least that a driver needs."""

    def send(self, request: Request) -> Reply | Fault:
        """Send one request within its timeout; report every failure as a ``Fault``."""
        ...

    def close(self) -> None:
        """Give back what the transport holds."""
        ...


class AsyncSender(Protocol):
    """A transport whose answers are awaited: the least that a driver needs."""

    async def send(self, request: Request) -> Reply | Fault:
        """Send one request within its timeout; report every failure as a ``Fault``."""
        ...

    async def close(self) -> None:
        """Give back what the transport holds."""
        ...


class Described(Protocol):
    """What a transport tells about itself; a class that derives from this inherits the defaults."""

    @property
    def endpoints(self) -> int:
        """How many endpoints there are; a request names one of them by its number, modulo this."""
        return 1

    @property
    def secrets(self) -> frozenset[str]:
        """What must not be written anywhere: every token so far."""
        return frozenset()

    @property
    def concurrency(self) -> int:
        """How many requests may be under way at a time."""
        return 1


class Transport(Sender, Described, Protocol):
    """A transport that blocks until there is an answer, and tells about itself."""


class AsyncTransport(AsyncSender, Described, Protocol):
    """A transport whose answers are awaited, and that tells about itself."""


class Traits(NamedTuple):
    """
    What a transport tells about itself, with the defaults for one that tells less.

    Attributes:
        endpoints: how many endpoints there are.
        secrets: what must not be written anywhere.
        concurrency: how many requests may be under way at a time.
    """

    endpoints: int = 1
    secrets: frozenset[str] = frozenset()
    concurrency: int = 1

    @classmethod
    def of(cls, transport: object) -> Traits:
        """
        Read what a transport tells at this moment.

        An attribute that has such a name and is something else, in a transport of version 1.0, tells nothing.
        """
        return cls(
            endpoints=_count(getattr(transport, "endpoints", 1)),
            secrets=_texts(getattr(transport, "secrets", ())),
            concurrency=_count(getattr(transport, "concurrency", 1)),
        )


def _count(told: object) -> int:
    return told if isinstance(told, int) and told > 0 else 1


def _texts(told: object) -> frozenset[str]:
    if isinstance(told, str) or not isinstance(told, Iterable):
        return frozenset({told}) if isinstance(told, str) else frozenset()
    return frozenset(each for each in cast("Iterable[object]", told) if isinstance(each, str))
