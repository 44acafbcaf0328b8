"""
From (request, reply) to an observation: pure, and without an exception for anything a server can send.

What a status code means is :data:`_REFUSALS` and the few rules below it; how a document is read is in
``documents``. Sources: ``ais/prxclu.go``, ``ais/ic.go``, ``cmn/err.go`` of NVIDIA/aistore, and
what running clusters answered.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Final

from .observations import Fault, FaultKind, NotFound, Observation, Trouble, Unusable
from .text import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .calls import Request
    from .documents import ErrorDocument
    from .observations import Reply

_SECONDS: Final = re.compile(r"[0-9]{1,9}\Z")

_REFUSALS: Final[Mapping[int, Trouble]] = {
    401: Trouble.UNAUTHENTICATED,
    403: Trouble.FORBIDDEN,
    408: Trouble.BUSY,
    429: Trouble.BUSY,
}
"""Statuses that mean the same whoever wrote them."""


@cache
def _reader() -> Callable[[Request, Reply], Observation]:
    from .readers import read_good  # noqa: PLC0415 - dear to import, and not needed before the first answer

    return read_good


def decode(request: Request, reply: Reply) -> Observation:
    """
    Read what a reply to a request says.

    Args:
        request: what had been asked.
        reply: what came back, whoever wrote it.
    """
    if 200 <= reply.status < 300:  # noqa: PLR2004 - the classes of HTTP statuses need no names
        return _reader()(request, reply)
    if 300 <= reply.status < 400:  # noqa: PLR2004
        return Fault(FaultKind.REDIRECT, f"HTTP {reply.status}: redirects are not followed")
    from .documents import read_error  # noqa: PLC0415 - likewise

    document = read_error(reply.body)
    if reply.status == 404 and document is not None:  # noqa: PLR2004
        return NotFound(document.message)
    return Unusable(
        _trouble(reply, document),
        document.message if document else _first_words(reply),
        reply.status,
        document.tcode if document else "",
        retry_after=_retry_after(reply.headers),
        authentic=document is not None,
    )


def _trouble(reply: Reply, document: ErrorDocument | None) -> Trouble:
    status = reply.status
    if status in _REFUSALS:
        return _REFUSALS[status]
    if status == 503:  # noqa: PLR2004
        # A cluster that is starting says nothing at all (V13); an overloaded or shielded one does.
        typed = any(name.lower() == "content-type" and value for name, value in reply.headers.items())
        return Trouble.BUSY if reply.body or typed else Trouble.STARTING
    if status >= 500 or status < 200:  # noqa: PLR2004
        return Trouble.SERVER
    if document is None:
        return Trouble.STRANGER
    return Trouble.TARGET_DOWN if document.tcode == "ErrFailedTo" else Trouble.REFUSED


def _first_words(reply: Reply) -> str:
    return printable(reply.body[:200].decode("utf-8", "replace")) or f"HTTP {reply.status} without a body"


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Read the header where it counts seconds; as a date it would need a clock."""
    for name, value in headers.items():
        # What ``strip`` takes for white space, ``float`` may not.
        if name.lower() == "retry-after" and (match := _SECONDS.match(value.strip())):
            return float(match[0])
    return None
