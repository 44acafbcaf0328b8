"""``Client`` and ``Job``: the API of ``aistore.sdk.job``, run by the core through requests."""

from __future__ import annotations

import os
import random
import time
from typing import TYPE_CHECKING, Self, TypeVar, Unpack

from ais_jobcore.drivers.client import JobBase, recorded, to_group, to_jobs, to_options
from ais_jobcore.limits import WAIT_TIMEOUT

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Sequence
    from contextlib import AbstractContextManager
    from datetime import datetime, timedelta
    from types import TracebackType

    from ais_jobcore import (
        AggregatedJobSnap,
        GroupWait,
        JobCoreError,
        JobSnap,
        JobStatus,
        JobWait,
        Operation,
        ReturnWhen,
        Transport,
        Until,
        WaitOptions,
        WaitResult,
    )
    from ais_jobcore.drivers.client import Bucket
    from ais_jobcore.drivers.config import Settings
    from ais_jobcore.machines.group import Ending
    from ais_jobcore.recording.writing import RecordTo

    from .sdk import SDKRequestClient
    from .transport import RequestsTransport

T = TypeVar("T")
J = TypeVar("J", bound="Job | str")


class Client:
    """
    Reach a cluster. Threads may share a client, and each operation is one thread's.

    Args:
        endpoint: the base URL of a gateway, or several of them; default ``AIS_ENDPOINT``.
        token: the token, or a function that returns one and is called again when it was refused;
            default ``AIS_AUTHN_TOKEN``, then the file that ``AIS_AUTHN_TOKEN_FILE`` names.
        transport: what requests are sent through instead; then no endpoint is needed, the
            environment is left alone, and closing is up to whoever made it.
        clock: gives monotonic seconds.
        sleep: takes seconds.
        seed: where the jitter of waits comes from; drawn for each of them by default.
        settings: what :class:`~ais_jobcore.config.Settings` names.

    Raises:
        ValueError: there is no endpoint, or something given is not what it should be.
    """

    def __init__(
        self,
        endpoint: str | Sequence[str] | None = None,
        *,
        token: str | Callable[[], str] | None = None,
        transport: Transport | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
        seed: int | None = None,
        **settings: Unpack[Settings],
    ) -> None:
        from ais_jobcore.drivers.config import ClientConfig

        from .transport import RequestsTransport

        fetch = token if callable(token) else None
        self._config = ClientConfig.from_environ(
            os.environ if transport is None else {},
            endpoint=endpoint,
            token="" if callable(token) else token,
            needs_endpoint=transport is None,
            **settings,
        )
        self._own: RequestsTransport | None = None
        if transport is None:
            transport = self._own = RequestsTransport(self._config, token=fetch, clock=clock)
        self._transport = transport
        self._clock = clock
        self._sleep = sleep
        self._seed = seed

    @classmethod
    def of(cls, client: Client | SDKRequestClient) -> Client:
        """
        Return the client, or make one with the settings of the official SDK's own.

        Nothing goes through the SDK: its retries are not counted against any time-out (rules S60, S61).

        Raises:
            ValueError: it is neither.
        """
        if isinstance(client, Client):
            return client
        try:
            session, timeout = client.session_manager.session, client.timeout
            connect, read = timeout if isinstance(timeout, tuple) else (timeout, timeout)
            return cls(
                client.base_url.removesuffix("/v1"),
                token=lambda: client.token or "",
                verify=session.verify,
                client_cert=session.cert,
                connect_timeout=connect or 0,
                request_timeout=read or 0,
            )
        except AttributeError as error:
            msg = f"a client is a Client, or the official SDK's RequestClient, not {client!r}"
            raise ValueError(msg) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections, unless the transport was given."""
        if self._own is not None:
            self._own.close()

    def job(self, job_id: str = "", job_kind: str = "") -> Job:
        """Name a job; nothing is sent yet."""
        return Job(self, job_id, job_kind)

    def options(self, given: WaitOptions | None = None) -> WaitOptions:
        """Complete the options of one operation by what only this client knows."""
        return to_options(
            given,
            seed=random.getrandbits(63) if self._seed is None else self._seed,
            request_timeout=self._config.request_timeout,
            endpoints=len(self._config.endpoints) or 1,
        )

    def recorded(
        self, wait: JobWait, record: RecordTo | None
    ) -> AbstractContextManager[Operation[WaitResult]]:
        """
        Have a wait written down as long as the context lasts: run what the context gives in its place.

        Args:
            wait: the wait, not started yet.
            record: the file for its transcript, or a :class:`~ais_jobcore.recording.Record`;
                ``None`` for no transcript.

        Raises:
            OSError: the file cannot be written.
        """
        return recorded(wait, record, endpoints=self._config.endpoints, secrets=self._secrets)

    def _secrets(self) -> frozenset[str]:
        return frozenset() if self._own is None else self._own.secrets

    def run(self, operation: Operation[T], *, verbose: bool = False, subject: str = "") -> T:
        """
        Run any operation of the core to its end.

        Args:
            operation: a wait, or another one; its options best come from :meth:`options`.
            verbose: whether changes and the end are logged as INFO rather than DEBUG.
            subject: what log records call it.

        Raises:
            JobCoreError: what the operation ends with; a ``TransportFault`` is the matching exception
                of requests as well.
        """
        from ais_jobcore.drivers.logs import Narrator

        from .driver import run

        narrator = Narrator(subject, verbose=verbose)
        return run(operation, self._transport, narrator, clock=self._clock, sleep=self._sleep)

    def wait_all(
        self,
        jobs: Iterable[Job | str],
        timeout: float | None = WAIT_TIMEOUT,
        *,
        return_when: str | ReturnWhen = "all",
        verbose: bool = True,
        until: str | Until = "auto",
        options: WaitOptions | None = None,
    ) -> list[WaitResult | JobCoreError | None]:
        """
        Wait for several jobs at little more than the price of one.

        Args:
            jobs: jobs of any kinds, or their ids.
            timeout: seconds for each of them; ``None`` for ever.
            return_when: ``all``, ``first`` (one ended) or ``first-failure`` (one ended badly, or all ended).
            verbose: whether changes and the end are logged as INFO rather than DEBUG.
            until: as in :meth:`Job.wait`.
            options: the settings of every wait.

        Returns:
            In the order given, how each job ended, or why its wait could not be completed; ``None`` for
            those under way. Nothing is raised for one job alone.

        Raises:
            ValueError: one of them names no job, or an argument is not what it should be.
        """
        from .errors import documented

        group = to_group(to_jobs(jobs), timeout, until, self.options(options), return_when)
        endings = self.run(group, verbose=verbose, subject=f"{len(group.endings)} jobs")
        return [documented(ending) for ending in endings]

    def as_completed(
        self,
        jobs: Iterable[J],
        timeout: float | None = WAIT_TIMEOUT,
        *,
        verbose: bool = True,
        until: str | Until = "auto",
        options: WaitOptions | None = None,
    ) -> Generator[tuple[J, Ending], None, None]:
        """
        Wait for several jobs, and tell of each as it ends, first come, first served.

        Between two of them time passes for the waits up to the moment when they would ask next, and no
        further: whoever works on a job that ended makes no other one late.

        Args:
            jobs: jobs of any kinds, or their ids.
            timeout: seconds for each of them; ``None`` for ever.
            verbose: whether changes and the end are logged as INFO rather than DEBUG.
            until: as in :meth:`Job.wait`.
            options: the settings of every wait.

        Returns:
            Pairs of a job, as it was given, and how it ended, or why its wait could not be completed.

        Raises:
            ValueError: one of them names no job, or an argument is not what it should be; at once.
        """
        named = to_jobs(jobs)
        group = to_group(named, timeout, until, self.options(options))
        return self._completions(named, group, verbose=verbose)

    def _completions(
        self, named: Sequence[J], group: GroupWait, *, verbose: bool
    ) -> Generator[tuple[J, Ending], None, None]:
        from ais_jobcore.machines.group import Completions

        from .errors import documented

        completions = Completions(group)
        while len(group.ended) < len(named):
            told = self.run(completions, verbose=verbose, subject=f"{len(named)} jobs")
            for place, ending in told:
                yield named[place], documented(ending)


class Job(JobBase):
    """
    Start, watch and stop one job, or all jobs of a kind.

    Every method may raise ``RequestFailed`` (the server refused), ``ProtocolError`` (its answer cannot
    be read) and ``TransportFault`` (there was no usable answer), the last also as an exception of requests.

    Args:
        client: a :class:`Client`, or the official SDK's ``RequestClient``, whose settings are taken.
        job_id: the id of the job, empty for all of a kind.
        job_kind: its kind, by name or display name; with an id it is not needed.
    """

    def __init__(self, client: Client | SDKRequestClient, job_id: str = "", job_kind: str = "") -> None:
        super().__init__(job_id, job_kind)
        self._client = Client.of(client)

    def status(self) -> JobStatus:
        """
        Ask the proxies for the status of the job; not all kinds have one.

        Raises:
            ValueError: there is no id.
            JobInfoNotFound: the proxies do not know it, or not any more.
        """
        return self._run(self._status(self._client.options()))

    def wait(
        self,
        timeout: float | None = WAIT_TIMEOUT,
        verbose: bool = True,
        *,
        until: str | Until = "auto",
        bucket: Bucket | None = None,
        options: WaitOptions | None = None,
        record: RecordTo | None = None,
    ) -> WaitResult:
        """
        Wait until the job is done, in the way of its kind: finished, or idle on every target.

        Args:
            timeout: seconds; ``None`` for ever; with 0 it is looked at once, without sleeping.
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
        wait = self._wait(timeout, until, bucket, self._client.options(options))
        with self._client.recorded(wait, record) as operation:
            return self._run(operation, verbose=verbose)

    def wait_for_idle(
        self,
        timeout: float | None = WAIT_TIMEOUT,
        verbose: bool = True,
        *,
        options: WaitOptions | None = None,
        record: RecordTo | None = None,
    ) -> WaitResult:
        """Wait until the job is idle, or over, on every target; see :meth:`wait`."""
        return self.wait(timeout, verbose, until="idle", options=options, record=record)

    def wait_single_node(
        self,
        timeout: float | None = WAIT_TIMEOUT,
        verbose: bool = True,
        *,
        options: WaitOptions | None = None,
        record: RecordTo | None = None,
    ) -> WaitResult:
        """Wait until a job has ended that runs on one target; on several, on all of them (rule S37)."""
        return self.wait(timeout, verbose, until="single", options=options, record=record)

    def start(self, daemon_id: str = "", force: bool = False, buckets: Iterable[Bucket] | None = None) -> str:
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
        starting = self._start(
            daemon_id=daemon_id, force=force, buckets=buckets, options=self._client.options()
        )
        self._job_id = self._run(starting)
        return self._job_id

    def abort(self) -> None:
        """
        Stop the job; without an id, every job of the kind.

        Raises:
            ValueError: there is neither id nor kind.
        """
        self._run(self._stop(self._client.options()))

    def get_details(self) -> AggregatedJobSnap:
        """
        Ask the targets for what they know of the job.

        Raises:
            JobInfoNotFound: no target knows it.
        """
        return self._run(self._details(self._client.options()))

    def get_within_timeframe(self, start_time: datetime, end_time: datetime | None = None) -> list[JobSnap]:
        """
        Ask for the snapshots that began and ended between two moments.

        Args:
            start_time: the earliest start, with a time zone.
            end_time: the latest end, with a time zone; ``None`` for any, and for none.

        Raises:
            ValueError: a moment has no time zone.
            JobInfoNotFound: there are none.
        """
        return self._run(self._within(start_time, end_time, self._client.options()))

    def get_total_time(self) -> timedelta | None:
        """Ask for the time from the first start to the last end; ``None`` while any target works."""
        return self._run(self._total_time(self._client.options()))

    def _run(self, operation: Operation[T], *, verbose: bool = False) -> T:
        return self._client.run(operation, verbose=verbose, subject=self._subject)
