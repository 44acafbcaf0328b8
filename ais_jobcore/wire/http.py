"""
What every transport does alike: spell a request in HTTP, and refuse answers that none of them takes.

Pure, so that two transports cannot differ in it. What is left to a transport is to send,
to keep the time, and to say in :class:`~ais_jobcore.FaultKind` what went wrong.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from attrs import field, frozen

from .. import limits
from .._version import __version__
from ..events import Fault, FaultKind
from ..text import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ..queries import Request

USER_AGENT: Final = f"ais-jobcore/{__version__}"
_ORIGIN: Final = re.compile(r"(https?://)(?:[^/?#\\]*@)?([^/?#\\@]+)", re.IGNORECASE)


@frozen
class HttpRequest:
    """
    Hold a request as it goes out.

    Attributes:
        method: HTTP method.
        url: the whole URL, percent-encoded.
        headers: its headers, the token among them; not in the ``repr``.
        body: its body.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes | None


def spell(request: Request, endpoints: Sequence[str], token: str = "") -> HttpRequest:
    """
    Spell a request in HTTP.

    Args:
        request: what to send.
        endpoints: the base URLs that the driver has; the request says which one is to be asked.
        token: the token, empty for none.
    """
    base = endpoints[request.endpoint % len(endpoints)]
    query = f"?{urlencode(request.query)}" if request.query else ""
    headers = {
        "Content-Type": "application/json",
        "User-Agent": USER_AGENT,
        # Replies are small, and one that is compressed can be a bomb.
        "Accept-Encoding": "identity",
    }
    if token:
        headers["Authorization"] = f"Bearer {token}"
    body = None if request.json is None else json.dumps(request.json, separators=(",", ":")).encode()
    return HttpRequest(request.method, f"{base}{request.path}{query}", headers, body)


def refuse(status: int, headers: Mapping[str, str], limit: int) -> Fault | None:
    """
    Say why an answer is not to be read, if it is not.

    Redirects are never followed: the token and the body would go to whoever is named (rules R8, R16).

    Args:
        status: its HTTP status.
        headers: its headers, looked up without regard to case.
        limit: bytes of a body that are taken.
    """
    if 300 <= status < 400:  # noqa: PLR2004 - the class of the HTTP status
        return Fault(
            FaultKind.REDIRECT, f"HTTP {status} to {_origin(headers.get('Location', ''))}, not followed"
        )
    encoding = headers.get("Content-Encoding", "").strip().lower() or "identity"
    if encoding != "identity":
        return Fault(
            FaultKind.TRUNCATED,
            printable(f"the answer is encoded as {encoding!r}, unasked", limits.WORDS_LIMIT),
        )
    length = headers.get("Content-Length", "")
    return too_large(limit) if length.isdecimal() and int(length[:20]) > limit else None


def too_large(limit: int) -> Fault:
    """Say that a body has more bytes than the limit."""
    return Fault(FaultKind.TOO_LARGE, f"the answer is larger than {limit} bytes")


def _origin(location: str) -> str:
    """Name where a ``Location`` points, without what may be secret: user, path and query."""
    match = _ORIGIN.match(location)
    return printable(match[1] + match[2], limits.WORDS_LIMIT) if match else "another place"


def fault_of(error: BaseException, kinds: Sequence[tuple[type[BaseException], FaultKind]]) -> Fault:
    """
    Say what an exception of an HTTP library means.

    Libraries wrap the cause several times over, so all of what lies within is looked at;
    the innermost of it has the plainest words. Where the name did not resolve or the connection was
    refused, the request was not sent; of everything else that is not certain.

    Args:
        error: what the library raised.
        kinds: what classes mean, the most telling first: the first class counts that anything within is an
            instance of. Anything else is a ``CONNECTION``.
    """
    within = list(_unwrap(error))
    kind = next(
        (kind for known, kind in kinds if any(isinstance(each, known) for each in within)),
        FaultKind.CONNECTION,
    )
    words = printable(f"{type(within[-1]).__name__}: {within[-1]}".removesuffix(": "), limits.WORDS_LIMIT)
    unsent = kind is FaultKind.DNS or any(isinstance(each, ConnectionRefusedError) for each in within)
    return Fault(kind, words, sent=not unsent)


def _unwrap(error: BaseException) -> Iterator[BaseException]:
    """Walk from an exception to what it was made of; what ``from None`` cut off is no part of it."""
    seen: set[int] = set()
    pending: list[object] = [error]
    while pending:
        each = pending.pop(0)
        if isinstance(each, BaseException) and id(each) not in seen:
            seen.add(id(each))
            yield each
            context = None if each.__suppress_context__ else each.__context__
            pending += [*each.args, getattr(each, "reason", None), each.__cause__, context]
