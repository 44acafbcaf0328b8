"""
Operations of one request: status, details, start, stop, and what is computed from details.

They speak the protocol of a wait (``start``, ``handle``, one decision an input), so that the one
``run`` of a driver serves them, too. Faults are tried again where that can do no harm: a question always,
a stop always, a start only if it certainly did not arrive (rules S45, E14).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from .. import queries
from ..errors import JobCoreError, JobInfoNotFound, ProtocolError, RequestFailed
from ..events import NotFound
from ..kinds import named_kind
from ..results import FinishedJob
from ..snapshots import AggregatedJobSnap, JobSnap, JobStatus, TargetState, to_nanoseconds
from ..wire.observations import Accepted
from .call import Call

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime, timedelta

    from ..options import WaitOptions
    from ..snapshots import BucketRef
    from ..wire.observations import Observation

__all__ = [
    "Call",
    "details",
    "history",
    "start",
    "status",
    "stop",
    "total_time",
    "within_timeframe",
]

T = TypeVar("T")


def status(job_id: str, *, options: WaitOptions | None = None) -> Call[JobStatus]:
    """
    Ask the proxies for the status of a job (rule S5).

    The call ends in ``JobInfoNotFound`` where they do not know it.

    Raises:
        ValueError: there is no id.
    """
    if not job_id:
        msg = "Cannot query status on a job without an assigned ID"
        raise ValueError(msg)

    def read(seen: Observation) -> JobStatus:
        found = _expect(seen, JobStatus, _unknown_job(job_id))
        if found.uuid not in {"", job_id}:
            msg = f"a status of another job: {found.uuid!r}"
            raise ProtocolError(msg, "uuid")
        return found

    return Call(queries.ask_status(job_id), read, options=options)


def details(
    job_id: str = "", kind: str = "", *, options: WaitOptions | None = None
) -> Call[AggregatedJobSnap]:
    """
    Ask the targets for all they know of a job, or of every job of a kind (rule S48).

    With neither, for every job of the cluster. The call ends in ``JobInfoNotFound`` where no target
    knows the id.

    Raises:
        ValueError: the kind is unknown, and there is no id: a server would show every job instead.
    """

    def known(snaps: AggregatedJobSnap) -> AggregatedJobSnap:
        if job_id and not snaps.list_snapshots():
            raise _unknown_job(job_id)(NotFound())
        return snaps

    return _details(job_id, kind, known, options)


def within_timeframe(
    job_id: str,
    kind: str,
    start_time: datetime,
    end_time: datetime | None = None,
    *,
    options: WaitOptions | None = None,
) -> Call[list[JobSnap]]:
    """
    Ask for the snapshots that began at or after a moment and ended at or before another.

    One that still runs has not ended by any moment (rules S51, S52, E11).
    The call ends in ``JobInfoNotFound`` where there is none.

    Raises:
        ValueError: a moment has no time zone, or the kind is unknown and there is no id.
    """
    begin, end = to_nanoseconds(start_time), to_nanoseconds(end_time)

    def select(snaps: AggregatedJobSnap) -> list[JobSnap]:
        chosen = [snap for snap in snaps.list_snapshots() if _within(snap, begin or 0, end)]
        if not chosen:
            msg = "No relevant job info found"
            raise JobInfoNotFound(msg)
        return chosen

    return _details(job_id, kind, select, options)


def total_time(job_id: str, kind: str, *, options: WaitOptions | None = None) -> Call[timedelta | None]:
    """
    Ask for the time from the earliest start to the latest end, ``None`` unless every target ended (S53).

    Raises:
        ValueError: the kind is unknown, and there is no id.
    """

    def measure(snaps: AggregatedJobSnap) -> timedelta | None:
        found = snaps.list_snapshots()
        starts = [snap.start_time for snap in found if snap.start_time is not None]
        ends = [snap.end_time for snap in found if snap.end_time is not None]
        if not found or len(ends) < len(found) or not starts:
            return None
        return max(ends) - min(starts)

    return _details(job_id, kind, measure, options)


def history(
    kind: str, bucket: BucketRef | None = None, *, options: WaitOptions | None = None
) -> Call[list[FinishedJob]]:
    """
    Ask which jobs of a kind have finished without an error, as far as the targets remember, by their ends.

    Targets remember most jobs for an hour, and those of a few kinds for a minute.

    Args:
        kind: the kind, by name or display name.
        bucket: only jobs that work on this bucket, read it or write it.
        options: request time-out, endpoints and seed.

    Raises:
        ValueError: the kind is unknown.
    """
    name = named_kind(kind).name

    def read(seen: Observation) -> list[FinishedJob]:
        found = (
            AggregatedJobSnap() if isinstance(seen, NotFound) else _expect(seen, AggregatedJobSnap, _refused)
        )
        jobs: dict[str, list[JobSnap]] = {}
        for snap in _only(found, "", name).list_snapshots():
            if snap.is_on(bucket):
                jobs.setdefault(snap.id, []).append(snap)
        finished = [job for job_id, snaps in jobs.items() for job in _finished(job_id, snaps)]
        return sorted(finished, key=lambda job: (job.end_ns, job.job_id))

    return Call(queries.ask_kind(name, bucket, active=False), read, options=options)


def _finished(job_id: str, snaps: Sequence[JobSnap]) -> list[FinishedJob]:
    """Return the job, if every target has finished it, and shows no error."""
    starts = [snap.start_time_ns for snap in snaps if snap.start_time_ns is not None]
    ends = [snap.end_time_ns for snap in snaps if snap.end_time_ns is not None]
    well = all(snap.state is TargetState.FINISHED and not snap.error for snap in snaps)
    return [FinishedJob(job_id, min(starts), max(ends))] if well and starts else []


def start(
    kind: str,
    *,
    daemon_id: str = "",
    force: bool = False,
    buckets: Sequence[BucketRef] = (),
    options: WaitOptions | None = None,
) -> Call[str]:
    """
    Start a job; the result is its id, without quotes and white space (rule S44).

    Raises:
        ValueError: the kind is unknown.
    """
    request = queries.start_job(named_kind(kind).name, daemon_id=daemon_id, force=force, buckets=buckets)
    return Call(
        request, lambda seen: _expect(seen, Accepted, _refused).text, idempotent=False, options=options
    )


def stop(job_id: str = "", kind: str = "", *, options: WaitOptions | None = None) -> Call[None]:
    """
    Stop a job by its id; with a kind alone, every job of that kind (rule S47).

    The server accepts it for an unknown id, too.

    Raises:
        ValueError: there is neither id nor kind, or the kind is unknown and there is no id.
    """

    def read(seen: Observation) -> None:
        _expect(seen, Accepted, _refused)

    return Call(queries.stop_job(job_id, _kind_alone(job_id, kind)), read, options=options)


def _kind_alone(job_id: str, kind: str) -> str:
    """Return the name of the kind where it has to stand alone: only a name of the table may (rule R16)."""
    return "" if job_id or not kind else named_kind(kind).name


def _details(
    job_id: str, kind: str, select: Callable[[AggregatedJobSnap], T], options: WaitOptions | None
) -> Call[T]:
    name = _kind_alone(job_id, kind)
    request = queries.ask_snapshots(job_id) if job_id else queries.ask_kind(name, active=False)

    def read(seen: Observation) -> T:
        found = _expect(seen, AggregatedJobSnap, _unknown_job(job_id or name))
        return select(_only(found, job_id, name))

    return Call(request, read, options=options)


def _only(snaps: AggregatedJobSnap, job_id: str, kind: str) -> AggregatedJobSnap:
    """Keep what was asked for: a server may add other jobs (rules S32, S51, G21)."""

    def wanted(snap: JobSnap) -> bool:
        return snap.id == job_id if job_id else kind in {"", snap.kind}

    root = {target: tuple(filter(wanted, found)) for target, found in snaps.root.items()}
    return AggregatedJobSnap(root, snaps.notes)


def _within(snap: JobSnap, begin: int, end: int | None) -> bool:
    """Compare as finely as a ``datetime`` can: the end that a snapshot shows has to be within itself."""
    started, ended = to_nanoseconds(snap.start_time), to_nanoseconds(snap.end_time)
    if started is None or started < begin:
        return False
    return end is None or (ended is not None and ended <= end)


def _expect(seen: Observation, kind: type[T], unknown: Callable[[NotFound], JobCoreError]) -> T:
    """Take the answer that was asked for; what an embedder reports may be another."""
    if isinstance(seen, kind):
        return seen
    if isinstance(seen, NotFound):
        raise unknown(seen)
    msg = f"{type(seen).__name__} is no answer to this request"
    raise ProtocolError(msg)


def _unknown_job(name: str) -> Callable[[NotFound], JobCoreError]:
    return lambda _: JobInfoNotFound(f"No job info found for {name!r}")


def _refused(seen: NotFound) -> JobCoreError:
    return RequestFailed(404, seen.message)
