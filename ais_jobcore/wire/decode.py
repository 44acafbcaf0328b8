"""
From (request, reply) to an observation: pure, and without an exception for anything a server can send.

What a status code means is :data:`_REFUSALS` and the few rules below it; what reads the body of a good
answer is :data:`READERS`; how a document is read is in ``documents``. Sources: ``ais/prxclu.go``,
``ais/ic.go``, ``cmn/err.go`` of NVIDIA/aistore, and what running clusters answered.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from attrs import evolve

from .. import limits
from ..errors import ProtocolError
from ..events import Fault, FaultKind, NotFound
from ..queries import Query
from ..snapshots import TargetState
from ..text import printable
from .documents import read_active, read_error, read_names, read_sightings, read_status, read_statuses
from .models import read_snapshots
from .observations import Accepted, ActiveJobs, Observation, Trouble, Unusable
from .values import read_date

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ..events import Reply
    from ..queries import Request
    from .documents import ErrorDocument
    from .lean import Sightings

_SECONDS: Final = re.compile(r"[0-9]{1,9}\Z")

_REFUSALS: Final[Mapping[int, Trouble]] = {
    401: Trouble.UNAUTHENTICATED,
    403: Trouble.FORBIDDEN,
    408: Trouble.BUSY,
    429: Trouble.BUSY,
}
"""Statuses that mean the same whoever wrote them."""


def decode(request: Request, reply: Reply) -> Observation:
    """
    Read what a reply to a request says.

    Args:
        request: what had been asked.
        reply: what came back, whoever wrote it.
    """
    if 200 <= reply.status < 300:  # noqa: PLR2004 - the classes of HTTP statuses need no names
        return _read_good(request, reply)
    if 300 <= reply.status < 400:  # noqa: PLR2004
        return Fault(FaultKind.REDIRECT, f"HTTP {reply.status}: redirects are not followed")
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
    words = printable(reply.body[: limits.WORDS_LIMIT].decode("utf-8", "replace"))
    return words or f"HTTP {reply.status} without a body"


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Read the header where it counts seconds; as a date it would need a clock."""
    for name, value in headers.items():
        # What ``strip`` takes for white space, ``float`` may not.
        if name.lower() == "retry-after" and (match := _SECONDS.match(value.strip())):
            return float(match[0])
    return None


_JOB_ID: Final = re.compile(r"[\w.~:@-]{1,100}\Z", re.ASCII)


def _sightings(request: Request, reply: Reply) -> Observation:
    return _dated(read_sightings(reply.body, request.job_id, date=_date(reply.headers)))


def _progress(request: Request, reply: Reply) -> Observation:
    return _dated(read_sightings(reply.body, request.job_id, counted=True, date=_date(reply.headers)))


def _date(headers: Mapping[str, str]) -> str:
    found = headers.get("Date")
    if found is not None:
        return found
    return next((text for name, text in headers.items() if name.lower() == "date"), "")


def _dated(seen: Sightings) -> Sightings:
    """Read when the answer was sent, where that decides."""
    if any(each.state is not TargetState.FINISHED for own in seen.own.values() for each in own):
        return seen
    return evolve(seen, at_ns=read_date(seen.date)) if seen.date else seen


def _snapshots(_: Request, reply: Reply) -> Observation:
    return read_snapshots(reply.body)


def _status(_: Request, reply: Reply) -> Observation:
    return read_status(reply.body)


def _statuses(_: Request, reply: Reply) -> Observation:
    return ActiveJobs(read_statuses(reply.body))


def _active(_: Request, reply: Reply) -> Observation:
    return ActiveJobs(read_active(reply.body))


def _names(_: Request, reply: Reply) -> Observation:
    return ActiveJobs(read_names(reply.body))


def _started(_: Request, reply: Reply) -> Observation:
    text = reply.body.decode("utf-8", "replace").strip().strip('"')
    if not _JOB_ID.match(text):
        msg = f"the id of a job was expected, not {printable(text, limits.SHOWN_VALUE)!r}"
        raise ProtocolError(msg)
    return Accepted(text)


def _stopped(_: Request, reply: Reply) -> Observation:
    return Accepted(printable(reply.body.decode("utf-8", "replace")))


READERS: Final[Mapping[Query, Callable[[Request, Reply], Observation]]] = {
    Query.SIGHTINGS: _sightings,
    Query.PROGRESS: _progress,
    Query.SNAPSHOTS: _snapshots,
    Query.STATUS: _status,
    Query.STATUSES: _statuses,
    Query.ACTIVE: _active,
    Query.NAMES: _names,
    Query.START: _started,
    Query.STOP: _stopped,
}
"""What reads the body of a good answer, by what was asked for."""


def _read_good(request: Request, reply: Reply) -> Observation:
    """Read an answer of success."""
    try:
        return READERS[request.what](request, reply)
    except ProtocolError as error:
        return Unusable(Trouble.MALFORMED, error.message, reply.status, place=error.place)
