"""A job by its names, with all that is alike in both drivers: the API of ``aistore.sdk.job``."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from ..limits import WAIT_TIMEOUT
from .client import ClientBase

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime, timedelta

    from ..machines import operations
    from ..machines.job import JobWait
    from ..options import Until, WaitOptions
    from ..recording.writing import RecordTo
    from ..snapshots import AggregatedJobSnap, JobSnap, JobStatus
    from .given import Bucket

C = TypeVar("C", bound=ClientBase[Any])


class JobBase(ABC, Generic[C]):
    """
    A job, or all jobs of a kind, on the cluster of a client ``C``.

    Every method may raise ``RequestFailed`` (the server refused), ``ProtocolError`` (its answer cannot
    be read) and ``TransportFault`` (there was no usable answer).
    """

    def __init__(self, client: C, job_id: str = "", job_kind: str = "") -> None:
        """
        Name a job; nothing is sent yet.

        Args:
            client: what reaches the cluster; for the sync driver also the official SDK's ``RequestClient``,
                whose settings are taken.
            job_id: the id of the job, empty for all of a kind.
            job_kind: its kind, by name or display name; with an id it is not needed.
        """
        self._client = client
        self._job_id = job_id
        self._job_kind = job_kind

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._job_id!r}, {self._job_kind!r})"

    @property
    def job_id(self) -> str:
        """The id of the job; after ``start``, of the one that was started."""
        return self._job_id

    @property
    def job_kind(self) -> str:
        """The kind of the job, as it was given."""
        return self._job_kind

    @property
    def _subject(self) -> str:
        """What log records call it."""
        return self._job_id or self._job_kind

    # What every driver offers, in the words of the official SDK.

    @abstractmethod
    def status(self) -> object:
        """
        Ask the proxies for the status of the job; not all kinds have one.

        Raises:
            ValueError: there is no id.
            JobInfoNotFound: the proxies do not know it, or not any more.
        """

    @abstractmethod
    def wait(
        self,
        timeout: float | None = WAIT_TIMEOUT,
        verbose: bool = True,
        *,
        until: str | Until = "auto",
        bucket: Bucket | None = None,
        options: WaitOptions | None = None,
        record: RecordTo | None = None,
    ) -> object:
        """
        Wait until the job is done, in the way of its kind: finished, or idle on every target.

        Args:
            timeout: seconds; ``None`` for ever; with 0 it is asked once, without sleeping.
            verbose: whether changes and the end are logged as INFO rather than DEBUG.
            until: ``auto``, ``finished``, ``idle``, ``single``, ``started`` or ``not-running``.
            bucket: where to look for the job, if only its kind is given.
            options: the settings of the wait.
            record: the file for a transcript, or a :class:`~ais_jobcore.recording.Record`.

        Returns:
            How the job ended; true if it ended well.

        Raises:
            ValueError: nothing names the job, or an argument is not what it should be.
            JobInfoNotFound: the cluster does not know the job; ``AmbiguousJob``: there are several.
            Timeout: the deadline came first.
            OSError: the transcript cannot be written; nothing was sent.
        """

    @abstractmethod
    def wait_for_idle(
        self,
        timeout: float | None = WAIT_TIMEOUT,
        verbose: bool = True,
        *,
        options: WaitOptions | None = None,
        record: RecordTo | None = None,
    ) -> object:
        """Wait until the job is idle, or over, on every target; see :meth:`wait`."""

    @abstractmethod
    def wait_single_node(
        self,
        timeout: float | None = WAIT_TIMEOUT,
        verbose: bool = True,
        *,
        options: WaitOptions | None = None,
        record: RecordTo | None = None,
    ) -> object:
        """Wait until a job has ended that runs on one target; on several, on all of them (rule S37)."""

    @abstractmethod
    def start(
        self, daemon_id: str = "", force: bool = False, buckets: Iterable[Bucket] | None = None
    ) -> object:
        """
        Start a job of this kind, and be about that job from now on (unlike rule S44).

        Args:
            daemon_id: the target that it is to run on.
            force: whether to override what a bucket's settings forbid.
            buckets: the buckets to work on, of this library or of the official SDK.

        Returns:
            The id of the job.

        Raises:
            ValueError: the kind is unknown, or a bucket is none.
        """

    @abstractmethod
    def abort(self) -> object:
        """
        Stop the job; without an id, every job of the kind.

        Raises:
            ValueError: there is neither id nor kind.
        """

    @abstractmethod
    def get_details(self) -> object:
        """
        Ask the targets for what they know of the job.

        Raises:
            JobInfoNotFound: no target knows it.
        """

    @abstractmethod
    def get_within_timeframe(self, start_time: datetime, end_time: datetime | None = None) -> object:
        """
        Ask for the snapshots that began and ended between two moments.

        Args:
            start_time: the earliest start, with a time zone.
            end_time: the latest end, with a time zone; ``None`` for any, and for none.

        Raises:
            ValueError: a moment has no time zone.
            JobInfoNotFound: there are none.
        """

    @abstractmethod
    def get_total_time(self) -> object:
        """Ask for the time from the first start to the last end; ``None`` while any target works."""

    # The operations that the methods above run.

    def _status(self) -> operations.Call[JobStatus]:
        from ..machines import operations

        return operations.status(self._job_id, options=self._client.options())

    def _details(self) -> operations.Call[AggregatedJobSnap]:
        from ..machines import operations

        return operations.details(self._job_id, self._job_kind, options=self._client.options())

    def _within(self, start_time: datetime, end_time: datetime | None) -> operations.Call[list[JobSnap]]:
        from ..machines import operations

        return operations.within_timeframe(
            self._job_id, self._job_kind, start_time, end_time, options=self._client.options()
        )

    def _total_time(self) -> operations.Call[timedelta | None]:
        from ..machines import operations

        return operations.total_time(self._job_id, self._job_kind, options=self._client.options())

    def _start(
        self, *, daemon_id: str, force: bool, buckets: Iterable[Bucket] | None
    ) -> operations.Call[str]:
        from ..machines import operations
        from .given import to_bucket

        return operations.start(
            self._job_kind,
            daemon_id=daemon_id,
            force=force,
            buckets=[to_bucket(bucket) for bucket in buckets or ()],
            options=self._client.options(),
        )

    def _stop(self) -> operations.Call[None]:
        from ..machines import operations

        return operations.stop(self._job_id, self._job_kind, options=self._client.options())

    def _wait(
        self,
        timeout: float | None,
        until: str | Until,
        bucket: Bucket | None,
        options: WaitOptions | None,
    ) -> JobWait:
        from ..machines.job import JobWait
        from .given import to_bucket

        where = None if bucket is None else to_bucket(bucket)
        return JobWait(self._job_id, self._job_kind, timeout, until, where, self._client.options(options))
