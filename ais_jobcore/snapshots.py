"""
What a cluster says about a job: frozen values, no I/O.

The names are those of ``aistore.sdk.types``, with the fields that the seed leaves out
(``err``, ``ctlmsg``: rules S41, S50, E2).
Times are aware UTC datetimes or ``None`` for *not yet*; ``..._ns`` are exact nanoseconds since the epoch.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping  # noqa: TC003 - cattrs reads the annotations
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, overload

from attrs import Factory, field, frozen

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_COUNT_BITS: Final = 10
_COUNT_MASK: Final = (1 << _COUNT_BITS) - 1


def to_nanoseconds(moment: datetime | None) -> int | None:
    """
    Count the nanoseconds from the epoch to a moment, exactly.

    Raises:
        ValueError: the moment has no time zone.
    """
    if moment is None:
        return None
    if moment.tzinfo is None:
        msg = f"a time needs a zone, and {moment.isoformat()!r} has none"
        raise ValueError(msg)
    return (moment - EPOCH) // timedelta(microseconds=1) * 1000


@overload
def from_nanoseconds(nanoseconds: int) -> datetime: ...
@overload
def from_nanoseconds(nanoseconds: int | None) -> datetime | None: ...
def from_nanoseconds(nanoseconds: int | None) -> datetime | None:
    """Make the UTC datetime of nanoseconds since the epoch, cut to microseconds."""
    if nanoseconds is None:
        return None
    return EPOCH + timedelta(microseconds=nanoseconds // 1000)


class TargetState(enum.Enum):
    """What one target was last known to do with a job."""

    NOT_STARTED = "not started"
    RUNNING = "running"
    IDLE = "idle"
    FINISHED = "finished"
    ABORTED = "aborted"
    LOST = "lost"

    @property
    def ended(self) -> bool:
        """Whether no more can come from this target by itself."""
        return self is TargetState.FINISHED or self is TargetState.ABORTED or self is TargetState.LOST


def classify(start_ns: int | None, end_ns: int | None, *, aborted: bool, idle: bool) -> TargetState:
    """
    Say what a target does with a job (``core/xaction.go``, rules G18, G19).

    An end without a start cannot be believed, and a finished job is finished whatever its idle flag
    says (rule S31).
    """
    if aborted:
        return TargetState.ABORTED
    if start_ns is None:
        return TargetState.NOT_STARTED
    if end_ns is not None:
        return TargetState.FINISHED
    return TargetState.IDLE if idle else TargetState.RUNNING


@frozen
class BucketRef:
    """
    Name a bucket.

    Attributes:
        name: its name.
        provider: ``ais``, ``aws``, ``gcp``, ...
        namespace: namespace ``uuid`` and ``name``, empty for the global one.
    """

    name: str
    provider: str = "ais"
    namespace: Mapping[str, str] | None = field(default=None, hash=False)

    def to_json(self) -> dict[str, object]:
        """Spell it as requests do."""
        spelt: dict[str, object] = {"name": self.name, "provider": self.provider}
        if self.namespace:
            spelt["namespace"] = dict(self.namespace)
        return spelt


@frozen
class JobStats:
    """Count what a job did on one target: objects and bytes, here, sent and received."""

    objects: int = 0
    bytes: int = 0
    out_objects: int = 0
    out_bytes: int = 0
    in_objects: int = 0
    in_bytes: int = 0


def _start_ns(snap: JobSnap) -> int | None:
    return to_nanoseconds(snap.start_time)


def _end_ns(snap: JobSnap) -> int | None:
    return to_nanoseconds(snap.end_time)


@frozen(kw_only=True)
class JobSnap:
    """
    Show one job on one target at one moment.

    Attributes:
        id: the job.
        kind: its kind on the wire.
        start_time: when it began there, ``None`` before.
        end_time: when it ended there, ``None`` before.
        bucket: the bucket it works on.
        source_bck: where it reads.
        destination_bck: where it writes.
        stats: counters.
        aborted: whether it was stopped.
        is_idle: whether it has no work to do.
        abort_err: why it was stopped.
        err: the first of its errors that did not stop it, and how many more there were.
        packed: joggers, workers and channel-full count, packed; see :meth:`unpack_glob_id`.
        ctlmsg: the server's one-line description.
        ext: what only this kind of job tells.
        start_time_ns: the exact start.
        end_time_ns: the exact end.
    """

    id: str = ""
    kind: str = ""
    start_time: datetime | None = None
    end_time: datetime | None = None
    bucket: BucketRef | None = None
    source_bck: BucketRef | None = None
    destination_bck: BucketRef | None = None
    stats: JobStats | None = None
    aborted: bool = False
    is_idle: bool = False
    abort_err: str = ""
    err: str = ""
    packed: int = 0
    ctlmsg: str = ""
    ext: object = field(default=None, hash=False)
    start_time_ns: int | None = Factory(_start_ns, takes_self=True)
    end_time_ns: int | None = Factory(_end_ns, takes_self=True)

    @property
    def state(self) -> TargetState:
        """What the target does with the job; a non-empty ``abort_err`` is an abort."""
        aborted = self.aborted or bool(self.abort_err)
        return classify(self.start_time_ns, self.end_time_ns, aborted=aborted, idle=self.is_idle)

    @property
    def error(self) -> str:
        """Why it was stopped, and its first error."""
        return join_texts([self.abort_err, self.err]) or ("aborted" if self.aborted else "")

    def is_on(self, bucket: BucketRef | None) -> bool:
        """Tell whether it works on a bucket, reads it or writes it; on ``None`` any job is."""
        return bucket is None or any(
            other is not None and (other.name, other.provider) == (bucket.name, bucket.provider)
            for other in (self.bucket, self.source_bck, self.destination_bck)
        )

    def unpack_glob_id(self) -> tuple[int, int, int]:
        """Unpack joggers, workers and channel-full count."""
        packed = self.packed
        return (
            packed & _COUNT_MASK,
            packed >> _COUNT_BITS & _COUNT_MASK,
            packed >> 2 * _COUNT_BITS,
        )


def _without_nulls(root: Mapping[str, Sequence[JobSnap] | None]) -> dict[str, tuple[JobSnap, ...]]:
    return {target: tuple(snaps or ()) for target, snaps in root.items()}


@frozen
class AggregatedJobSnap:
    """
    Hold the snapshots of a reply, by target.

    Attributes:
        root: target id to its snapshots.
        notes: what the reply lacked and was filled in, for people to read.
    """

    root: Mapping[str, tuple[JobSnap, ...]] = field(
        factory=dict[str, tuple[JobSnap, ...]], converter=_without_nulls
    )
    notes: tuple[str, ...] = ()

    def list_snapshots(self) -> list[JobSnap]:
        """List the snapshots of all targets."""
        return [snap for snaps in self.root.values() for snap in snaps]

    def get_num_workers(self) -> int:
        """Return the number of workers of any one snapshot, as all have the same; 0 without any."""
        return next((snap.unpack_glob_id()[1] for snap in self.list_snapshots()), 0)

    def all_idle(self) -> bool:
        """Tell whether there are snapshots, and every one is idle, finished or aborted."""
        snaps = self.list_snapshots()
        return bool(snaps) and all(snap.state is TargetState.IDLE or snap.state.ended for snap in snaps)

    def any_aborted(self) -> bool:
        """Tell whether any snapshot is aborted."""
        return any(snap.state is TargetState.ABORTED for snap in self.list_snapshots())

    def idle_or_aborted(self) -> bool:
        """Tell whether all are idle or any is aborted."""
        return self.all_idle() or self.any_aborted()

    def any_finished(self) -> bool:
        """Tell whether any snapshot has ended, well or badly."""
        return any(snap.state.ended for snap in self.list_snapshots())


@frozen
class JobStatus:
    """
    Hold what a proxy says of one job as a whole (``nl/status.go``, rule S7).

    Attributes:
        uuid: the job.
        err: the first error, and how many more there were (V7).
        end_time: nanoseconds since the epoch at which the proxy saw the end, 0 before (R17).
        aborted: whether it was stopped.
        kind: its kind; for ``dnl-`` jobs the type of the download (V16).
        is_idle: sent since 4.6, not wired up by the server yet.
        notes: what the reply lacked and was filled in, for people to read.
    """

    uuid: str = ""
    err: str = ""
    end_time: int = 0
    aborted: bool = False
    kind: str = ""
    is_idle: bool = False
    notes: tuple[str, ...] = ()

    @property
    def failed(self) -> bool:
        """Whether it ended badly; an abort needs no end time (rule S27), an error does."""
        return self.aborted or bool(self.err and self.end_time)

    @property
    def over(self) -> bool:
        """Whether it ended at all."""
        return self.aborted or self.end_time != 0


def join_texts(texts: Iterable[str]) -> str | None:
    """Join error texts, each once, in order; ``None`` for none."""
    return "; ".join(dict.fromkeys(text for text in texts if text)) or None
