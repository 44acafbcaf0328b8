"""What a wait says in the end: the result, the outcome, and the error that carries a bad one."""

from __future__ import annotations

import enum
from collections.abc import Mapping  # noqa: TC003 - cattrs reads the annotations
from datetime import datetime  # noqa: TC003 - cattrs reads the annotations
from typing import Final

from attrs import Factory, define, frozen

from .errors import JobCoreError
from .snapshots import AggregatedJobSnap, TargetState, from_nanoseconds, to_nanoseconds
from .text import printable

_SECOND: Final = 1_000_000_000
"""In nanoseconds."""


def _end_ns(result: WaitResult) -> int | None:
    return to_nanoseconds(result.end_time)


class Outcome(enum.Enum):
    """How a job ended, in order of precedence; the last two are successes."""

    ABORTED = "aborted"
    """Somebody or something stopped it on one target at least."""
    LOST = "lost"
    """A target that had worked on it is gone, or came back without that work."""
    SUPERSEDED = "superseded"
    """A later rebalance took its place."""
    GONE = "gone"
    """It had been seen, and the cluster does not know it any more."""
    FINISHED_WITH_ERRORS = "finished with errors"
    """It came to its end, and some of its work failed."""
    FINISHED = "finished"
    IDLE = "idle"

    @property
    def success(self) -> bool:
        """Whether this is how a job should end."""
        return self in {Outcome.FINISHED, Outcome.IDLE}


@frozen(kw_only=True)
class WaitResult:
    """
    Say how a wait ended. Truthy iff the job did well.

    Attributes:
        job_id: the job.
        success: whether what was waited for came about, without any error.
        error: every error text known, or ``None``; never empty (rules S25, E19).
        end_time: the latest end, ``None`` unless every target ended.
        kind: the kind of the job, as far as it is known.
        outcome: how the job ended; ``None`` where only its start, or that it does not run, was asked for.
        errors: target to its error text.
        targets: target to its last known state.
        polls: the number of requests sent.
        elapsed: seconds from the start of the wait.
        snapshots: the last snapshots of the job, where they were had.
        notes: what was odd without being wrong: an unknown kind, a field that the server does not send.
        end_time_ns: the exact end.
    """

    job_id: str
    success: bool
    error: str | None = None
    end_time: datetime | None = None
    kind: str = ""
    outcome: Outcome | None = None
    errors: Mapping[str, str] = Factory(dict[str, str])
    targets: Mapping[str, TargetState] = Factory(dict[str, TargetState])
    polls: int = 0
    elapsed: float = 0.0
    snapshots: AggregatedJobSnap | None = None
    notes: tuple[str, ...] = ()
    end_time_ns: int | None = Factory(_end_ns, takes_self=True)

    def __bool__(self) -> bool:
        """Be true iff the wait was a success."""
        return self.success

    @property
    def duration(self) -> float | None:
        """
        How many seconds the job took; ``None`` unless it did well. It is what a schedule can learn from.

        By the clocks of its targets, from the earliest start to the latest end. Where they do not tell, as
        with jobs that idle, it is the time waited.
        """
        if self.outcome is None or not self.success:
            return None
        snaps = self.snapshots.list_snapshots() if self.snapshots else []
        starts = [snap.start_time_ns for snap in snaps if snap.start_time_ns is not None]
        ends = [snap.end_time_ns for snap in snaps if snap.end_time_ns is not None]
        told = bool(snaps) and len(starts) == len(ends) == len(snaps) and min(starts) < max(ends)
        return (max(ends) - min(starts)) / _SECOND if told else self.elapsed or None

    def raise_for_failure(self) -> None:
        """
        Raise unless the wait was a success.

        Raises:
            JobFailed: with this result.
        """
        if not self.success:
            raise JobFailed(self)


@frozen
class FinishedJob:
    """
    A job that did well, as its targets remember it.

    Attributes:
        job_id: the job.
        start_ns: its earliest start, in nanoseconds since the epoch.
        end_ns: its latest end.
    """

    job_id: str
    start_ns: int
    end_ns: int

    @property
    def start_time(self) -> datetime:
        """When it began."""
        return from_nanoseconds(self.start_ns)

    @property
    def end_time(self) -> datetime:
        """When it ended."""
        return from_nanoseconds(self.end_ns)

    @property
    def duration(self) -> float | None:
        """How many seconds it took; ``None`` where that is none, by a clock that is wrong."""
        took = self.end_ns - self.start_ns
        return took / _SECOND if took > 0 else None


@define
class JobFailed(JobCoreError):
    """
    Carry a result that is not a success; raised by ``WaitResult.raise_for_failure`` only.

    Attributes:
        result: the whole result.
    """

    result: WaitResult

    def __str__(self) -> str:
        """Name the job, how it ended and the error text."""
        outcome = self.result.outcome.value if self.result.outcome else "failed"
        return printable(f"job {self.result.job_id!r} {outcome}: {self.result.error}")
