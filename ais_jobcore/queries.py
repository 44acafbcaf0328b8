"""
The requests that a driver sends: the only ones this library ever makes.

Source: ``api/xaction.go`` and ``xact/api_name.go`` of NVIDIA/aistore, and what running clusters accept.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping  # noqa: TC003 - cattrs reads the annotations
from typing import TYPE_CHECKING, Final

from attrs import evolve, frozen

from . import limits
from .snapshots import AggregatedJobSnap, JobStatus

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .snapshots import BucketRef

CLUSTER_PATH: Final = "/v1/cluster"


class Query(enum.Enum):
    """What a request asks for: its answer is read accordingly."""

    SIGHTINGS = "sightings"
    """Snapshots of one job, cut down to what decides about its end."""
    PROGRESS = "progress"
    """The same, with the counters of the targets."""
    SNAPSHOTS = "snapshots"
    """Snapshots, whole."""
    STATUS = "status"
    STATUSES = "statuses"
    """The statuses of all active jobs that report to the proxies."""
    ACTIVE = "active"
    """Snapshots of all active jobs of one kind, cut down to what decides."""
    NAMES = "names"
    """The names of all active jobs."""
    START = "start"
    STOP = "stop"


_SPELT: Final[Mapping[Query, tuple[str, Mapping[str, str]]]] = {
    Query.SIGHTINGS: ("GET", {"what": "qryxstats"}),
    Query.PROGRESS: ("GET", {"what": "qryxstats"}),
    Query.SNAPSHOTS: ("GET", {"what": "qryxstats"}),
    Query.STATUS: ("GET", {"what": "status"}),
    Query.STATUSES: ("GET", {"what": "status_all"}),
    Query.ACTIVE: ("GET", {"what": "qryxstats"}),
    Query.NAMES: ("GET", {"what": "running_all"}),
    Query.START: ("PUT", {}),
    Query.STOP: ("PUT", {}),
}
"""Method and URL query of everything that is asked for."""

_ANSWERS: Final[Mapping[Query, type[AggregatedJobSnap | JobStatus]]] = {
    Query.SIGHTINGS: AggregatedJobSnap,
    Query.PROGRESS: AggregatedJobSnap,
    Query.SNAPSHOTS: AggregatedJobSnap,
    Query.STATUS: JobStatus,
}
"""What may be handed in instead of a reply."""


@frozen(kw_only=True, weakref_slot=False)
class Request:
    """
    What to send, to which endpoint, and how long to wait for the answer.

    Method, path and URL query follow from what is asked for.

    Attributes:
        what: what it asks for; the answer is read accordingly.
        job_id: the one job that is asked for by its id; empty for any other request.
        body: the body of any other request, ``None`` for none.
        force: whether to override what a bucket's settings forbid; for a start only.
        timeout: seconds until the driver has to give up and report a ``Fault``.
        endpoint: which of the driver's endpoints to ask, counted from 0; modulo their number.
        refresh_token: whether to fetch a new token first: the last one was refused.
    """

    what: Query
    job_id: str = ""
    body: Mapping[str, object] | None = None
    force: bool = False
    timeout: float = limits.REQUEST_TIMEOUT
    endpoint: int = 0
    refresh_token: bool = False

    @property
    def method(self) -> str:
        """The HTTP method."""
        return _SPELT[self.what][0]

    @property
    def path(self) -> str:
        """The URL path, to be put behind the endpoint's own."""
        return CLUSTER_PATH

    @property
    def query(self) -> Mapping[str, str]:
        """The URL query."""
        query = _SPELT[self.what][1]
        return {**query, "force": "true"} if self.force else query

    @property
    def json(self) -> Mapping[str, object] | None:
        """The body, to be sent as JSON even with GET; ``None`` for none."""
        return {"id": self.job_id} if self.job_id else self.body

    @property
    def answer(self) -> type[AggregatedJobSnap | JobStatus] | None:
        """
        The decoded type that may be handed in instead of the reply, ``None`` where only the reply will do.

        A ``NotFound`` may stand for AIStore's 404 wherever there is such a type.
        """
        return _ANSWERS.get(self.what)

    def addressed(self, *, timeout: float, endpoint: int, refresh_token: bool = False) -> Request:
        """Set what depends on the moment of sending."""
        return evolve(self, timeout=timeout, endpoint=endpoint, refresh_token=refresh_token)


def _by_id(what: Query, job_id: str) -> Request:
    if not job_id:
        msg = "a request for one job needs its id"
        raise ValueError(msg)
    return Request(what=what, job_id=job_id)


def ask_sightings(job_id: str, *, counted: bool = False) -> Request:
    """
    Ask every target for its snapshots of one job, to be read for what decides.

    It never names a kind: a wrong one hides the job, an unknown one shows every job of the cluster.
    """
    return _by_id(Query.PROGRESS if counted else Query.SIGHTINGS, job_id)


def ask_snapshots(job_id: str) -> Request:
    """Ask the same, to be read as a whole."""
    return _by_id(Query.SNAPSHOTS, job_id)


def ask_kind(kind: str, bucket: BucketRef | None = None, *, active: bool) -> Request:
    """
    Ask every target for its snapshots of one kind.

    Args:
        kind: a name of the table, never anything else.
        bucket: only jobs on this bucket.
        active: only jobs that have not ended.
    """
    body: dict[str, object] = {"kind": kind}
    if active:
        body["show_active"] = True
    if bucket is not None:
        body["bck"] = bucket.to_json()
    return Request(what=Query.SNAPSHOTS, body=body)


def ask_status(job_id: str) -> Request:
    """Ask the proxies for the status of one job; a job they do not know takes them 2 s (V4)."""
    return _by_id(Query.STATUS, job_id)


def list_statuses() -> Request:
    """
    Ask one proxy which jobs run, of the kinds that report to proxies.

    A proxy that keeps no list answers ``null``, and no list carries error texts.
    """
    return Request(what=Query.STATUSES, body={"show_active": True})


def list_kind(kind: str) -> Request:
    """Ask every target for its active jobs of one kind; a name of the table, never anything else."""
    return Request(what=Query.ACTIVE, body={"kind": kind, "show_active": True})


def list_names() -> Request:
    """Ask every target for the names of its active jobs, ``kind[id]``; any proxy can answer."""
    return Request(what=Query.NAMES, body={})


def start_job(
    kind: str,
    *,
    daemon_id: str = "",
    force: bool = False,
    buckets: Sequence[BucketRef] = (),
) -> Request:
    """Start a job; targets refuse keys that they do not know, so none is sent without need (S44)."""
    value: dict[str, object] = {"Kind": kind}
    if daemon_id:
        value["DaemonID"] = daemon_id
    spelt = [bucket.to_json() for bucket in buckets]
    if len(spelt) == 1:
        value["Bck"] = spelt[0]
    elif spelt:
        value["Buckets"] = spelt
    return Request(
        what=Query.START,
        force=force,
        body={"action": "start", "value": value},
    )


def stop_job(job_id: str = "", kind: str = "") -> Request:
    """
    Stop one job, or every job of one kind.

    An id needs no kind; and with neither, an older server might stop every job it has.

    Raises:
        ValueError: neither is given.
    """
    if not (job_id or kind):
        msg = "Cannot abort a job without an id or kind"
        raise ValueError(msg)
    value = {"ID": job_id} if job_id else {"Kind": kind}
    return Request(what=Query.STOP, body={"action": "stop", "value": value})
