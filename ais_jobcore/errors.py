"""
Errors, in one tree, split by who is at fault.

====================  =====================================================
the job               :class:`~ais_jobcore.JobFailed` (only from ``raise_for_failure``)
time                  :class:`Timeout`
whoever named the job :class:`JobInfoNotFound`, :class:`AmbiguousJob`
the server's refusal  :class:`RequestFailed`
the server's words    :class:`ProtocolError`
the way to the server :class:`TransportFault`
====================  =====================================================

Wrong arguments are ``ValueError``; a call out of turn is ``RuntimeError``.
All of these compare by value, so a test can compare a whole error.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import Factory, define

from .text import printable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .events import FaultKind
    from .snapshots import TargetState


class JobCoreError(Exception):
    """Be the base of every error that this library raises by itself."""

    # attrs leaves exceptions to be compared by identity; their ``args`` are all of their fields.
    def __eq__(self, other: object) -> bool:
        """Compare class and fields."""
        return isinstance(other, JobCoreError) and type(other) is type(self) and other.args == self.args

    def __hash__(self) -> int:
        """Hash what is printed, since fields may be mappings."""
        return hash((type(self), str(self)))


@define
class Timeout(JobCoreError, TimeoutError):
    """
    Say that the deadline came before the evidence.

    Unlike the seed's (rule S58, E13) it is a ``TimeoutError`` and carries what was last seen.
    A fault that hid the job is its ``__cause__``.

    Attributes:
        job_id: the job that was waited for.
        timeout: the seconds that were allowed.
        reason: why the job was not known to be done.
        targets: the last known state of every target that was seen with the job.
        polls: the number of requests sent.
    """

    job_id: str
    timeout: float
    reason: str = ""
    targets: Mapping[str, TargetState] = Factory(dict[str, "TargetState"])
    polls: int = 0

    def __str__(self) -> str:
        """Name the job, the time and the reason, in the seed's words first."""
        tail = f": {self.reason}" if self.reason else ""
        return f"Timed out while waiting for job {self.job_id!r}. after {self.timeout:.15g}s{tail}"


class Stalled(Timeout):
    """Say that no counter and no state of any target changed for too long; ``timeout`` says how long."""

    __slots__ = ()

    def __str__(self) -> str:
        """Name the job, the time, and the targets that are stuck."""
        return f"Job {self.job_id!r} has not moved for {self.timeout:g}s: {self.reason}"


@define
class JobInfoNotFound(JobCoreError):
    """
    Say that the cluster does not know the job, nor ever showed it during the wait.

    Attributes:
        message: what was looked for, and where.
    """

    message: str

    def __str__(self) -> str:
        """Put the seed's words before the message."""
        return f"Job information not found on the cluster: {self.message}"


@define
class AmbiguousJob(JobInfoNotFound, ValueError):
    """
    Say that a kind alone names several running jobs; one has to be waited for by its id.

    Attributes:
        message: the question.
        job_ids: the ids that answer to it.
    """

    job_ids: tuple[str, ...] = ()

    def __str__(self) -> str:
        """List the candidates."""
        return printable(f"{self.message}: wait by id for one of {', '.join(self.job_ids)}")


@define
class RequestFailed(JobCoreError):
    """
    Say that the server understood the request and refused it.

    Attributes:
        status: the HTTP status.
        message: the server's words, without control characters.
        tcode: AIStore's error code (``ErrNotFound``, ...), empty where it sends none.
    """

    status: int
    message: str
    tcode: str = ""

    def __str__(self) -> str:
        """Give status, code and message."""
        code = f" {self.tcode}" if self.tcode else ""
        return f"HTTP {self.status}{code}: {self.message}"


@define
class ProtocolError(JobCoreError):
    """
    Say that a document is not what the protocol promises.

    Attributes:
        message: what is wrong.
        place: where, as a path into the document: ``t1[0].start-time``.
    """

    message: str
    place: str = ""

    def __str__(self) -> str:
        """Put the place before the message."""
        return f"{self.place}: {self.message}" if self.place else self.message


# Without slots: a driver may derive from this and from its HTTP library's own exceptions.
@define(slots=False)
class TransportFault(JobCoreError):
    """
    Say that no usable answer came from the cluster.

    Attributes:
        kind: what kind of fault it was last.
        message: the transport's words, without control characters.
    """

    kind: FaultKind
    message: str

    def __str__(self) -> str:
        """Name the kind before the words."""
        return f"{self.kind.value}: {self.message}"
