"""
What ``Job`` of the sync and of the async driver have in common: the seed's API, but for the running.

Every method of theirs runs an operation that is made here, so the two cannot differ in more than ``await``.
The core is imported with the first operation, so that a driver costs little more to import than its library.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, TypeVar, cast
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime, timedelta

    from ..machines import operations
    from ..machines.group import GroupWait, ReturnWhen
    from ..machines.job import JobWait
    from ..machines.protocols import Operation
    from ..options import Until, WaitOptions
    from ..recording.writing import RecordTo
    from ..results import WaitResult
    from ..snapshots import AggregatedJobSnap, BucketRef, JobSnap, JobStatus

J = TypeVar("J")


class BucketLike(Protocol):
    """Be as a bucket of the official SDK: its provider is an enum, its namespace an object, or ``None``."""

    @property
    def name(self) -> str:
        """Its name."""
        ...

    @property
    def provider(self) -> object:
        """Its provider: a text, or an enum of texts."""
        ...

    @property
    def namespace(self) -> object:
        """Its namespace: a mapping or an object with ``uuid`` and ``name``, or ``None``."""
        ...


Bucket: TypeAlias = "BucketRef | BucketLike"
"""A bucket, of this library or of the official SDK."""


def to_bucket(given: Bucket) -> BucketRef:
    """
    Make a bucket of this library from the official SDK's.

    Raises:
        ValueError: it is not a bucket.
    """
    from ..snapshots import BucketRef

    if isinstance(given, BucketRef):
        return given
    try:
        provider = getattr(given.provider, "value", given.provider)
        return BucketRef(given.name, str(provider), _to_namespace(given.namespace))
    except AttributeError:
        msg = f"a bucket has a name, a provider and a namespace, unlike {given!r}"
        raise ValueError(msg) from None


def _to_namespace(given: Any) -> dict[str, str] | None:  # noqa: ANN401 - whatever a bucket has
    if given is None:
        return None
    fields = (
        cast("Mapping[str, object]", given)
        if isinstance(given, Mapping)
        else {"uuid": given.uuid, "name": given.name}
    )
    return {name: str(fields[name]) for name in ("uuid", "name") if fields.get(name)}


def to_options(
    given: WaitOptions | None, *, seed: int, request_timeout: float, endpoints: int
) -> WaitOptions:
    """
    Complete the options of one operation by what only the driver knows.

    Args:
        given: the user's; ``None`` for the defaults, and for the driver's time-out.
        seed: one that the driver drew, for options without one (0).
        request_timeout: seconds that one request may take, unless the user's options say so.
        endpoints: how many endpoints the driver has.
    """
    from attrs import evolve

    from ..options import WaitOptions

    options = given or WaitOptions(request_timeout=request_timeout)
    return evolve(options, seed=options.seed or seed, endpoints=endpoints)


def to_jobs(given: Iterable[J]) -> list[J]:
    """
    List jobs, or their ids.

    Raises:
        ValueError: it is one text, whose letters are no ids.
    """
    if isinstance(given, str):
        msg = f"several jobs were expected, not the text {given!r}"
        raise ValueError(msg)  # noqa: TRY004 - bad input is a ValueError everywhere
    return list(given)


def to_group(
    jobs: Sequence[JobBase | str],
    timeout: float | None,
    until: str | Until,
    options: WaitOptions,
    return_when: str | ReturnWhen = "all",
) -> GroupWait:
    """
    Make one group of the waits for several jobs.

    One seed for all lets them ask in step, which is what one list for all of them needs.

    Args:
        jobs: jobs, or their ids.
        timeout: seconds for each of them.
        until: what is waited for.
        options: the settings of every wait.
        return_when: ``all``, ``first`` or ``first-failure``.

    Raises:
        ValueError: one of them names no job, or an argument is not what it should be.
    """
    from ..machines.group import GroupWait
    from ..machines.job import JobWait

    named = [JobBase(job) if isinstance(job, str) else job for job in jobs]
    waits = [JobWait(job.job_id, job.job_kind, timeout, until, options=options) for job in named]
    return GroupWait(waits, return_when)


def recorded(
    wait: JobWait, record: RecordTo | None, *, endpoints: Iterable[str], secrets: Callable[[], Iterable[str]]
) -> AbstractContextManager[Operation[WaitResult]]:
    """
    Have a wait written down as long as the context lasts, if that is asked for.

    Args:
        wait: the wait, not started yet.
        record: where its transcript goes; ``None`` for nowhere.
        endpoints: the URLs that are asked.
        secrets: tells every token there was.

    Raises:
        OSError: the file cannot be written.
    """
    if record is None:
        return nullcontext(wait)
    from ..recording import Recorder

    hosts = [urlsplit(endpoint).hostname or "" for endpoint in endpoints]
    return Recorder(wait, record, secrets=secrets, hosts=hosts)


class JobBase:
    """
    Name a job, and make the operations on it.

    Args:
        job_id: its id, empty for all jobs of a kind.
        job_kind: its kind, empty if the id is to say it all.
    """

    def __init__(self, job_id: str = "", job_kind: str = "") -> None:
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

    def _status(self, options: WaitOptions) -> operations.Call[JobStatus]:
        from ..machines import operations

        return operations.status(self._job_id, options=options)

    def _details(self, options: WaitOptions) -> operations.Call[AggregatedJobSnap]:
        from ..machines import operations

        return operations.details(self._job_id, self._job_kind, options=options)

    def _within(
        self, start_time: datetime, end_time: datetime | None, options: WaitOptions
    ) -> operations.Call[list[JobSnap]]:
        from ..machines import operations

        return operations.within_timeframe(
            self._job_id, self._job_kind, start_time, end_time, options=options
        )

    def _total_time(self, options: WaitOptions) -> operations.Call[timedelta | None]:
        from ..machines import operations

        return operations.total_time(self._job_id, self._job_kind, options=options)

    def _start(
        self, *, daemon_id: str, force: bool, buckets: Iterable[Bucket] | None, options: WaitOptions
    ) -> operations.Call[str]:
        from ..machines import operations

        return operations.start(
            self._job_kind,
            daemon_id=daemon_id,
            force=force,
            buckets=[to_bucket(bucket) for bucket in buckets or ()],
            options=options,
        )

    def _stop(self, options: WaitOptions) -> operations.Call[None]:
        from ..machines import operations

        return operations.stop(self._job_id, self._job_kind, options=options)

    def _wait(
        self, timeout: float | None, until: str | Until, bucket: Bucket | None, options: WaitOptions
    ) -> JobWait:
        from ..machines.job import JobWait

        where = None if bucket is None else to_bucket(bucket)
        return JobWait(self._job_id, self._job_kind, timeout, until, where, options)
