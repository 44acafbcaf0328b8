"""
Transport faults as requests' own exceptions too, for the seed documents those.

So ``except requests.ConnectionError`` goes on to work, and ``except TransportFault`` does as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

import requests

from ais_jobcore.errors import TransportFault
from ais_jobcore.events import FaultKind

if TYPE_CHECKING:
    from collections.abc import Mapping

T = TypeVar("T")


class RequestsFault(TransportFault, requests.RequestException):
    """Say that no usable answer came, as a ``requests.RequestException``."""

    request = None
    response = None


class ConnectionFault(RequestsFault, requests.ConnectionError):
    """Say that the connection was not made or broke, as a ``requests.ConnectionError``."""


class TLSFault(RequestsFault, requests.exceptions.SSLError):
    """Say that there is no trust between the two, as a ``requests.exceptions.SSLError``."""


class TimeoutFault(RequestsFault, requests.ConnectTimeout, requests.ReadTimeout):
    """
    Say that the request's time passed, as a ``requests.ConnectTimeout`` and ``requests.ReadTimeout``.

    The time is one for the whole exchange, so it is not told in which part of it it ran out.
    """


class TruncatedFault(RequestsFault, requests.exceptions.ChunkedEncodingError):
    """Say that the answer broke off, as a ``requests.exceptions.ChunkedEncodingError``."""


_CLASSES: Final[Mapping[FaultKind, type[RequestsFault]]] = {
    FaultKind.CONNECTION: ConnectionFault,
    FaultKind.DNS: ConnectionFault,
    FaultKind.TLS: TLSFault,
    FaultKind.TIMEOUT: TimeoutFault,
    FaultKind.TRUNCATED: TruncatedFault,
    FaultKind.TOO_LARGE: RequestsFault,
    FaultKind.REDIRECT: RequestsFault,
}


def documented(error: T) -> T | RequestsFault:
    """Return a transport fault as what requests calls it, and anything else as it is."""
    if not isinstance(error, TransportFault):
        return error
    fault = _CLASSES[error.kind](error.kind, error.message)
    fault.__cause__ = error.__cause__
    return fault
