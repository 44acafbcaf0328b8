"""
What a cluster says, made for tests: snapshots, statuses, error documents, and the replies that carry them.

Values are the library's own, as an embedder feeds them. Documents are JSON as it stands on the wire, and take
any other field by its name there. Moments are seconds from :data:`NOON`, on 23 November 2026.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from attrs import evolve

from ais_jobcore import (
    AggregatedJobSnap,
    Fault,
    FaultKind,
    JobSnap,
    JobStats,
    JobStatus,
    NotFound,
    Reply,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Shown = str | JobSnap | Sequence[JobSnap]
    """What one target shows: the state of a job, or snapshots of it and of others."""

JOB: Final = "x3CgTG-3v"
NOON: Final = datetime(2026, 11, 23, 12, tzinfo=UTC)
NOON_NS: Final = 1_795_435_200_000_000_000
ZERO: Final = "0001-01-01T00:00:00Z"
"""How Go spells a time that has not come yet."""

ENDED: Final = frozenset({"finished", "aborted"})
DONE: Final = frozenset({"idle", "finished"})

# Values.


def snap(
    state: str = "running",
    err: str = "",
    *,
    job_id: str = JOB,
    kind: str = "copy-bck",
    start: float = 0.0,
    end: float = 60.0,
) -> JobSnap:
    """Make a snapshot of a job in a state."""
    aborted = state == "aborted"
    return JobSnap(
        id=job_id,
        kind=kind,
        start_time=None if state == "not started" else NOON + timedelta(seconds=start),
        end_time=NOON + timedelta(seconds=end) if state in ENDED else None,
        is_idle=state in DONE,
        aborted=aborted,
        abort_err=(err or "user abort") if aborted else "",
        err="" if aborted else err,
    )


def seen(kind: str = "copy-bck", /, *, job_id: str = JOB, **targets: Shown) -> AggregatedJobSnap:
    """Make a reply: targets with the states of one job of a kind, or with snapshots of it and of others."""
    root: dict[str, tuple[JobSnap, ...]] = {}
    for target, shown in targets.items():
        if isinstance(shown, str):
            snaps: Sequence[JobSnap] = [snap(shown, job_id=job_id)]
        else:
            snaps = [shown] if isinstance(shown, JobSnap) else shown
        root[target] = tuple(evolve(each, kind=kind) if each.id == job_id else each for each in snaps)
    return AggregatedJobSnap(root)


IDLING: Final = "archive"
"""A kind that is over with idleness."""
ENDING: Final = "dsort"
"""A kind that ends, of which the proxies know nothing."""


def idling(**targets: Shown) -> AggregatedJobSnap:
    """Show a job of a kind that idles."""
    return seen(IDLING, **targets)


def ending(**targets: Shown) -> AggregatedJobSnap:
    """Show a job of a kind that ends, of which the proxies know nothing."""
    return seen(ENDING, **targets)


def alike(kind: str, state: str) -> AggregatedJobSnap:
    """Show a job of a kind that does the same on two targets."""
    return seen(kind, t1=state, t2=state)


def counted(objects: int = 0, size: int = 0, state: str = "running", **others: str) -> AggregatedJobSnap:
    """Show a job of a kind that ends, with counters on its first target."""
    first = evolve(snap(state), stats=JobStats(objects, size, in_objects=objects))
    return ending(t1=first, **others)


def apart(*snaps: JobSnap) -> AggregatedJobSnap:
    """Put each snapshot on a target of its own."""
    return AggregatedJobSnap({f"t{number}": (each,) for number, each in enumerate(snaps)})


def status(
    err: str = "", *, end: int = 0, aborted: bool = False, kind: str = "copy-bck", job_id: str = JOB
) -> JobStatus:
    """Make a status: of a running job, unless it has an end in nanoseconds or was aborted."""
    return JobStatus(uuid=job_id, err=err, end_time=end, aborted=aborted, kind=kind)


RUNNING: Final = status()
OVER: Final = status(end=NOON_NS)
UNKNOWN: Final = NotFound("not found")
REFUSED: Final = Fault(FaultKind.CONNECTION, "connection refused")

# Documents.


def dump(document: object) -> bytes:
    """Spell a document as JSON."""
    return json.dumps(document).encode()


def spell_time(moment: datetime | None) -> str:
    """Spell a moment as Go does."""
    return ZERO if moment is None else moment.isoformat().replace("+00:00", "Z")


def spell_snap(given: JobSnap) -> dict[str, Any]:
    """Make the document that a snapshot is read from: what decides of it."""
    return {
        "id": given.id,
        "kind": given.kind,
        "start-time": spell_time(given.start_time),
        "end-time": spell_time(given.end_time),
        "is_idle": given.is_idle,
        "aborted": given.aborted,
        "abort-err": given.abort_err,
        "err": given.err,
    }


def spell_snaps(given: AggregatedJobSnap) -> dict[str, Any]:
    """Make the document of snapshots by target."""
    return {target: [spell_snap(each) for each in snaps] for target, snaps in given.root.items()}


def spell_status(given: JobStatus) -> dict[str, Any]:
    """Make the document that a status is read from."""
    return {
        "kind": given.kind,
        "uuid": given.uuid,
        "err": given.err,
        "end_time": given.end_time,
        "aborted": given.aborted,
    }


def snap_document(
    job_id: str = JOB,
    state: str = "running",
    err: str = "",
    *,
    kind: str = ENDING,
    start: float = 0.0,
    end: float = 60.0,
    **fields: object,
) -> dict[str, Any]:
    """Make the document of a snapshot; an error text is one beside that of an abort."""
    plain = snap(state, job_id=job_id, kind=kind, start=start, end=end)
    return {**spell_snap(plain), "err": err, **fields}


def status_document(
    job_id: str = JOB, *, kind: str = "copy-bck", err: str = "", end: int = 0, **fields: object
) -> dict[str, Any]:
    """Make the document of a status: of a running job, unless it has an end in nanoseconds."""
    return {**spell_status(status(err, end=end, kind=kind, job_id=job_id)), **fields}


def error_document(code: int, message: str = "refused", tcode: str = "") -> dict[str, Any]:
    """Make AIStore's own error document."""
    told = {"message": message, "method": "GET", "url_path": "/v1/cluster", "node": "p[x]", "status": code}
    return {"tcode": tcode, **told} if tcode else told


# Replies.


def reply(document: object, code: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
    """Answer with a document."""
    return Reply(code, dump(document), headers or {})


def refusal(code: int, message: str = "refused", tcode: str = "", **headers: str) -> Reply:
    """Refuse as AIStore does; header names are given with underscores."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return reply(error_document(code, message, tcode), code, named)


def active(**targets: Sequence[Mapping[str, object]]) -> Reply:
    """List documents of snapshots by target."""
    return reply(targets)


def shown(job_id: str, *, kind: str = ENDING, err: str = "", start: float = 0.0, **targets: str) -> Reply:
    """Show one job: targets with its state."""
    return active(
        **{
            target: [snap_document(job_id, state, err, kind=kind, start=start)]
            for target, state in targets.items()
        }
    )


def statuses(*job_ids: str, kind: str = "copy-bck", over: Sequence[str] = ()) -> Reply:
    """List statuses of jobs that run, and of some that are over."""
    running = [status_document(each, kind=kind) for each in job_ids]
    return reply([*running, *(status_document(each, kind=kind, end=NOON_NS) for each in over)])


def names(*job_ids: str, kind: str = "copy-bck") -> Reply:
    """List names of active jobs."""
    return reply([f"{kind}[{each}]" for each in job_ids])


NULL: Final = Reply(200, b"null")
NOT_LISTED: Final = Reply(200, b"[]")
"""A list of names that has none."""
NOT_FOUND: Final = refusal(404, '"x-[nosuchjob]" not found', "ErrNotFound")
TARGET_DOWN: Final = refusal(400, "failed to call t[t2]: connection refused", "ErrFailedTo")
STARTING: Final = Reply(503)
BUSY: Final = Reply(503, b"<html>try later</html>")
DOWN: Final = Reply(502, b"<html>bad gateway</html>")
STRANGER: Final = Reply(404, b"<html>no such page</html>")
MALFORMED: Final = Reply(200, b'{"t1": [{"id"')
NO_TOKEN: Final = refusal(401, "token required")
NOT_ALLOWED: Final = refusal(403, "user `u` has insufficient permissions")
WRONG: Final = refusal(400, "invalid xaction (job) UUID")
