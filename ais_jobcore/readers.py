"""What reads the body of a good answer, for everything that can be asked for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from .calls import Request, What
from .documents import read_active, read_names, read_sightings, read_status, read_statuses
from .errors import ProtocolError
from .models import read_snapshots
from .observations import Accepted, ActiveJobs, Observation, Reply, Trouble, Unusable
from .text import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_JOB_ID: Final = re.compile(r"[\w.~:@-]{1,100}\Z", re.ASCII)


def _sightings(request: Request, body: bytes) -> Observation:
    return read_sightings(body, str((request.json or {})["id"]))


def _progress(request: Request, body: bytes) -> Observation:
    return read_sightings(body, str((request.json or {})["id"]), counted=True)


def _snapshots(_: Request, body: bytes) -> Observation:
    return read_snapshots(body)


def _status(_: Request, body: bytes) -> Observation:
    return read_status(body)


def _statuses(_: Request, body: bytes) -> Observation:
    return ActiveJobs(read_statuses(body))


def _active(_: Request, body: bytes) -> Observation:
    return ActiveJobs(read_active(body))


def _names(_: Request, body: bytes) -> Observation:
    return ActiveJobs(read_names(body))


def _started(_: Request, body: bytes) -> Observation:
    text = body.decode("utf-8", "replace").strip().strip('"')
    if not _JOB_ID.match(text):
        msg = f"the id of a job was expected, not {printable(text, 40)!r}"
        raise ProtocolError(msg)
    return Accepted(text)


def _stopped(_: Request, body: bytes) -> Observation:
    return Accepted(printable(body.decode("utf-8", "replace")))


READERS: Final[Mapping[What, Callable[[Request, bytes], Observation]]] = {
    What.SIGHTINGS: _sightings,
    What.PROGRESS: _progress,
    What.SNAPSHOTS: _snapshots,
    What.STATUS: _status,
    What.STATUSES: _statuses,
    What.ACTIVE: _active,
    What.NAMES: _names,
    What.START: _started,
    What.STOP: _stopped,
}
"""What reads the body of a good answer, by what was asked for."""


def read_good(request: Request, reply: Reply) -> Observation:
    """Read an answer of success."""
    try:
        return READERS[request.what](request, reply.body)
    except ProtocolError as error:
        return Unusable(Trouble.MALFORMED, error.message, reply.status, place=error.place)
