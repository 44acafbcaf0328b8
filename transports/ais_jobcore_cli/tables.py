"""What the cluster says of jobs, as it is told to people and to programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from attrs import frozen
from rich.console import Group
from rich.filesize import decimal
from rich.text import Text

from ais_jobcore.snapshots import from_nanoseconds
from ais_jobcore.text import printable

from .codes import ExitCode
from .reports import STYLES, columns, counted, mark

if TYPE_CHECKING:
    from datetime import datetime

    from rich.console import RenderableType

    from ais_jobcore import AggregatedJobSnap, BucketRef, JobSnap, JobStatus

_MOMENT: Final = "%Y-%m-%d %H:%M:%S UTC"


@frozen
class JobTable:
    """
    Hold the snapshots of one job, each with its target.

    Attributes:
        job_id: the job.
        snaps: target and snapshot.
    """

    job_id: str
    snaps: tuple[tuple[str, JobSnap], ...]

    @classmethod
    def all(cls, found: AggregatedJobSnap) -> list[JobTable]:
        """Sort snapshots by jobs, the earliest first."""
        jobs: dict[str, list[tuple[str, JobSnap]]] = {}
        for target, snaps in sorted(found.root.items()):
            for snap in snaps:
                jobs.setdefault(snap.id, []).append((target, snap))
        tables = [cls(job_id, tuple(snaps)) for job_id, snaps in jobs.items()]
        return sorted(tables, key=lambda table: table.order)

    @property
    def order(self) -> tuple[bool, int, str]:
        """What jobs are sorted by: those that did not begin come last."""
        starts = [snap.start_time_ns for _, snap in self.snaps if snap.start_time_ns is not None]
        return not starts, min(starts, default=0), self.job_id

    @property
    def _kind(self) -> str:
        return printable(self.snaps[0][1].kind)

    def document(self) -> dict[str, object]:
        """Make the JSON document; its keys are there always, and stay what they are."""
        return {
            "job_id": printable(self.job_id),
            "kind": self._kind,
            "snapshots": [_snap_document(target, snap) for target, snap in self.snaps],
        }

    def rich(self) -> RenderableType:
        """Lay it out: the job, and a line for each target."""
        first = self.snaps[0][1]
        way = " => ".join(map(_spell, filter(None, (first.source_bck, first.destination_bck))))
        where = way or (_spell(first.bucket) if first.bucket else "")
        return Group(
            Text.assemble((printable(self.job_id), "bold"), f" {self._kind}", f"  {where}" if where else ""),
            columns([_snap_row(target, snap) for target, snap in self.snaps]),
        )


def _spell(bucket: BucketRef) -> str:
    space = bucket.namespace or {}
    uuid, name = space.get("uuid"), space.get("name")
    prefix = f"{f'@{uuid}' if uuid else ''}{f'#{name}' if name else ''}"
    return printable(f"{bucket.provider}://{prefix}{'/' if prefix else ''}{bucket.name}")


def _snap_document(target: str, snap: JobSnap) -> dict[str, object]:
    return {
        "target": printable(target),
        "state": snap.state.value,
        "error": printable(snap.error) or None,
        "start_time": _iso(snap.start_time),
        "end_time": _iso(snap.end_time),
        "bucket": _spell(snap.bucket) if snap.bucket else None,
        "objects": snap.stats.objects if snap.stats else 0,
        "bytes": snap.stats.bytes if snap.stats else 0,
        "message": printable(snap.ctlmsg),
    }


def _snap_row(target: str, snap: JobSnap) -> list[Text]:
    began, ended, stats = snap.start_time, snap.end_time, snap.stats
    return [
        Text(printable(target)),
        Text(snap.state.value, STYLES[snap.state]),
        Text(f"since {began:{_MOMENT}}" if began else ""),
        Text(f"for {(ended - began).total_seconds():.1f} s" if began and ended else ""),
        Text(f"{counted(stats.objects, 'object')}, {decimal(stats.bytes)}" if stats else ""),
        Text(printable(snap.error)),
    ]


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


@frozen
class StatusLine:
    """
    Hold the status of one job.

    Attributes:
        status: what the proxies say.
    """

    status: JobStatus

    @property
    def code(self) -> ExitCode:
        """The exit code: whether it failed."""
        return ExitCode.FAILED if self.status.failed else ExitCode.SUCCESS

    @property
    def state(self) -> str:
        """The state in one word."""
        if self.status.aborted:
            return "aborted"
        if not self.status.over:
            return "running"
        return "failed" if self.status.failed else "finished"

    def document(self) -> dict[str, object]:
        """Make the JSON document; its keys are there always, and stay what they are."""
        return {
            "job_id": printable(self.status.uuid),
            "kind": printable(self.status.kind),
            "state": self.state,
            "error": printable(self.status.err) or None,
            "end_time": _iso(self._ended),
            "notes": list(map(printable, self.status.notes)),
        }

    def rich(self, *, ascii_only: bool) -> RenderableType:
        """Lay it out on one line."""
        well = not self.status.failed
        return Text.assemble(
            mark(success=well, ascii_only=ascii_only) if self.status.over else ("-", "yellow"),
            " ",
            (printable(self.status.uuid), "bold"),
            f" {printable(self.status.kind)}: ",
            (self.state, "red" if not well else "green" if self.status.over else "yellow"),
            f" at {self._ended:{_MOMENT}}" if self._ended else "",
            f": {printable(self.status.err)}" if self.status.err else "",
        )

    @property
    def _ended(self) -> datetime | None:
        return from_nanoseconds(self.status.end_time) if self.status.end_time > 0 else None
