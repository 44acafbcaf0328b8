"""
The requests that a driver sends: the only ones this library ever makes.

Source: ``api/xaction.go`` and ``xact/api_name.go`` of NVIDIA/aistore, and what running clusters accept.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping  # noqa: TC003 - cattrs reads the annotations
from typing import TYPE_CHECKING, Final

from attrs import Factory, evolve, frozen

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


@frozen(kw_only=True)
class Request:
    """
    Say what to send, to which endpoint, and how long to wait for the answer.

    Attributes:
        what: what it asks for; the answer is read accordingly.
        method: HTTP method.
        path: URL path, to be put behind the endpoint's own.
        query: URL query.
        json: the body, sent as JSON even with GET.
        timeout: seconds until the driver has to give up and report a ``Fault``.
        endpoint: which of the driver's endpoints to ask, counted from 0; modulo their number.
        refresh_token: whether to fetch a new token first: the last one was refused.
    """

    what: Query
    method: str = "GET"
    path: str = CLUSTER_PATH
    query: Mapping[str, str] = Factory(dict[str, str])
    json: Mapping[str, object] | None = None
    timeout: float = 20.0
    endpoint: int = 0
    refresh_token: bool = False

    def addressed(self, *, timeout: float, endpoint: int, refresh_token: bool = False) -> Request:
        """Set what depends on the moment of sending."""
        return evolve(self, timeout=timeout, endpoint=endpoint, refresh_token=refresh_token)


_QUERIES: Final = {
    Query.SIGHTINGS: {"what": "qryxstats"},
    Query.PROGRESS: {"what": "qryxstats"},
    Query.SNAPSHOTS: {"what": "qryxstats"},
    Query.STATUS: {"what": "status"},
    Query.STATUSES: {"what": "status_all"},
    Query.ACTIVE: {"what": "qryxstats"},
    Query.NAMES: {"what": "running_all"},
}


def _query(what: Query, body: dict[str, object]) -> Request:
    return Request(what=what, query=_QUERIES[what], json=body)


def ask_sightings(job_id: str, *, counted: bool = False) -> Request:
    """
    Ask every target for its snapshots of one job, to be read for what decides.

    It never names a kind: a wrong one hides the job, an unknown one shows every job of the cluster.
    """
    return _query(Query.PROGRESS if counted else Query.SIGHTINGS, {"id": _required_id(job_id)})


def ask_snapshots(job_id: str) -> Request:
    """Ask the same, to be read as a whole."""
    return _query(Query.SNAPSHOTS, {"id": _required_id(job_id)})


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
    return _query(Query.SNAPSHOTS, body)


def ask_status(job_id: str) -> Request:
    """Ask the proxies for the status of one job; a job they do not know takes them 2 s (V4)."""
    return _query(Query.STATUS, {"id": _required_id(job_id)})


def list_statuses() -> Request:
    """
    Ask one proxy which jobs run, of the kinds that report to proxies.

    A proxy that keeps no list answers ``null``, and no list carries error texts.
    """
    return _query(Query.STATUSES, {"show_active": True})


def list_kind(kind: str) -> Request:
    """Ask every target for its active jobs of one kind; a name of the table, never anything else."""
    return _query(Query.ACTIVE, {"kind": kind, "show_active": True})


def list_names() -> Request:
    """Ask every target for the names of its active jobs, ``kind[id]``; any proxy can answer."""
    return _query(Query.NAMES, {})


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
        method="PUT",
        query={"force": "true"} if force else {},
        json={"action": "start", "value": value},
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
    return Request(what=Query.STOP, method="PUT", json={"action": "stop", "value": value})


def _required_id(job_id: str) -> str:
    if not job_id:
        msg = "a request for one job needs its id"
        raise ValueError(msg)
    return job_id
