"""
What a driver reports: an answer by HTTP, a fault, or a value that it has decoded by itself.

A driver reports a :class:`Reply` or a :class:`Fault`. An embedder with an HTTP client and models of
its own may report ``AggregatedJobSnap``, ``JobStatus`` or :class:`NotFound` instead.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

from attrs import Factory, field, frozen

from .text import printable

if TYPE_CHECKING:
    from collections.abc import Mapping


class FaultKind(enum.Enum):
    """Why there is no usable answer, as a transport sees it. Closed: no transport adds to it."""

    CONNECTION = "connection"
    """Refused, reset, or closed before the answer began."""
    DNS = "dns"
    """The name of the endpoint does not resolve."""
    TLS = "tls"
    """No trust between the two; asking again does not help."""
    TIMEOUT = "timeout"
    """The request's own timeout passed."""
    TRUNCATED = "truncated"
    """The answer broke off, or could not be decompressed."""
    TOO_LARGE = "too_large"
    """The answer is larger than the transport takes."""
    REDIRECT = "redirect"
    """The answer points elsewhere; no driver follows."""


@frozen
class Reply:
    """
    An answer by HTTP, whatever its status.

    Attributes:
        status: the HTTP status.
        body: the body, as received.
        headers: the headers; names are compared without regard to case.
        sent_at: when the request left, in seconds of the caller's monotonic clock; ``None``: when it was due.
    """

    status: int
    body: bytes = field(default=b"", repr=lambda body: f"<{len(body)} bytes>")
    headers: Mapping[str, str] = Factory(dict[str, str])
    sent_at: float | None = field(default=None, kw_only=True)


@frozen
class Fault:
    """
    The lack of a usable answer.

    Attributes:
        kind: why.
        message: the transport's words; what is not printable of them is left out.
        sent: ``False`` where certainly no byte of the request left: the connection was refused, the name
            did not resolve, the TLS handshake failed, no connection of the own pool came free.
        sent_at: when the request left, in seconds of the caller's monotonic clock; ``None``: when it was due.
    """

    kind: FaultKind
    message: str = field(default="", converter=printable)
    sent: bool = field(default=True, kw_only=True)
    sent_at: float | None = field(default=None, kw_only=True)


@frozen
class NotFound:
    """
    An answer that says that the job is not known.

    Attributes:
        message: the server's words; what is not printable of them is left out.
    """

    message: str = field(default="", converter=printable)
