"""What reads the body of a good answer, for everything that can be asked for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from attrs import evolve

from .calls import Request, What
from .documents import read_active, read_names, read_sightings, read_status, read_statuses
from .errors import ProtocolError
from .models import read_snapshots
from .observations import Accepted, ActiveJobs, Observation, Reply, Trouble, Unusable
from .snapshots import TargetState
from .text import printable
from .values import read_date

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .sightings import Sightings

_JOB_ID: Final = re.compile(r"[\w.~:@-]{1,100}\Z", re.ASCII)


def _sightings(request: Request, reply: Reply) -> Observation:
    return _dated(read_sightings(reply.body, str((request.json or {})["id"])), reply)


def _progress(request: Request, reply: Reply) -> Observation:
    return _dated(read_sightings(reply.body, str((request.json or {})["id"]), counted=True), reply)


def _dated(seen: Sightings, reply: Reply) -> Sightings:
    """Note when the answer was sent, where that may matter."""
    if any(each.state is not TargetState.FINISHED for own in seen.own.values() for each in own):
        return seen
    date = next((text for name, text in reply.headers.items() if name.lower() == "date"), "")
    return evolve(seen, at_ns=read_date(date)) if date else seen


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
        msg = f"the id of a job was expected, not {printable(text, 40)!r}"
        raise ProtocolError(msg)
    return Accepted(text)


def _stopped(_: Request, reply: Reply) -> Observation:
    return Accepted(printable(reply.body.decode("utf-8", "replace")))


READERS: Final[Mapping[What, Callable[[Request, Reply], Observation]]] = {
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
        return READERS[request.what](request, reply)
    except ProtocolError as error:
        return Unusable(Trouble.MALFORMED, error.message, reply.status, place=error.place)
