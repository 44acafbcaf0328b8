"""Spell what a simulated cluster says, as a real one does: documents in their exact form."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Final

from ..snapshots import EPOCH

if TYPE_CHECKING:
    from collections.abc import Collection

    from ..snapshots import BucketRef
    from .jobs import SimJob, SimStatus
    from .lives import Life

BEGINNING: Final = 1_767_258_000_123_456_789
"""What the wall clocks of a simulated cluster show at 0 seconds, in nanoseconds since the epoch."""

ZERO_TIME: Final = "0001-01-01T00:00:00Z"
"""How Go spells a time that has not come yet."""

JSON: Final = "application/json; charset=utf-8"
ERROR_JSON: Final = "application/json"
TEXT: Final = "text/plain; charset=utf-8"

_NO_BUCKET: Final = {"name": "", "provider": "", "namespace": {"uuid": "", "name": ""}}


def to_json(document: object) -> bytes:
    """Spell a document without needless spaces."""
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()


def wall_clock(moment: float) -> int:
    """Tell what the wall clocks show at a moment, in nanoseconds since the epoch."""
    return BEGINNING + round(moment * 1_000_000_000)


def spell_time(moment: float) -> str:
    """Spell a moment in RFC 3339, its fraction as short as Go makes it."""
    seconds, nanoseconds = divmod(wall_clock(moment), 1_000_000_000)
    whole: datetime = EPOCH + timedelta(seconds=seconds)
    fraction = f"{nanoseconds:09}".rstrip("0")
    return f"{whole:%Y-%m-%dT%H:%M:%S}{'.' if fraction else ''}{fraction}Z"


def spell_date(moment: float) -> str:
    """Spell a moment as the header ``Date``."""
    return format_datetime(EPOCH + timedelta(seconds=wall_clock(moment) // 1_000_000_000), usegmt=True)


def spell_snapshot(
    job: SimJob, life: Life, target: str, now: float, *, omits: Collection[str] = ()
) -> dict[str, object]:
    """Spell what a target says of a job, without the keys that an older server omits."""
    stopped = life.stopped and now >= life.aborted
    done = life.objects_done(now)
    moved = done * (len(job.lives) - 1) // len(job.lives) if job.destination else 0
    size = life.object_size
    document: dict[str, object] = {
        "ext": None,
        "start-time": spell_time(life.begins),
        "end-time": spell_time(life.ends) if now >= life.ends else ZERO_TIME,
        "bck": _spell_bucket(job.bucket),
        "src-bck": _spell_bucket(job.source),
        "dst-bck": _spell_bucket(job.destination),
        "id": job.snap_id,
        "kind": job.kind.name,
        "ctlmsg": _spell_work(job, target, done, moved),
        "abort-err": life.abort_error if stopped else "",
        "err": life.error,
        "glob.id": "2",
        "stats": {
            "loc-objs": str(done),
            "loc-bytes": str(done * size),
            "out-objs": str(moved),
            "out-bytes": str(moved * size),
            "in-objs": str(moved),
            "in-bytes": str(moved * size),
        },
        "aborted": stopped,
        "is_idle": life.is_idle(now),
    }
    left_out = {*omits, *(() if document["ctlmsg"] else ("ctlmsg",))}
    return {key: value for key, value in document.items() if key not in left_out}


def _spell_bucket(bucket: BucketRef | None) -> dict[str, object]:
    return {**_NO_BUCKET, **(bucket.to_json() if bucket else {})}


def _spell_work(job: SimJob, target: str, done: int, moved: int) -> str:
    if job.source is None or job.destination is None:
        return ""
    return (
        f"cp {job.source.provider}://{job.source.name}=>{job.destination.provider}://{job.destination.name}; "
        f"t[{target}]: job:[ visited:{done} locally-processed:{done} sent:{moved} received:{moved} "
        "copy-err:0 chan-full:0 pruned:0]"
    )


def spell_status(job: SimJob, status: SimStatus, *, errors: bool) -> dict[str, object]:
    """Spell the status of a job; in lists of statuses there are no errors."""
    return {
        "kind": job.status_kind,
        "uuid": job.id,
        "err": status.error if errors else "",
        "end_time": 0 if status.end is None else wall_clock(status.end),
        "aborted": status.aborted,
    }
