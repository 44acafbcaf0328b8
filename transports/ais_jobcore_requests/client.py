"""``Client`` and ``Job``: the API of ``aistore.sdk.job``, run by the core through requests."""

from __future__ import annotations

import os
import random
import time
from functools import partial
from typing import TYPE_CHECKING, Self, TypeVar, Unpack, cast

from ais_jobcore.drivers.client import ClientBase
from ais_jobcore.drivers.job import JobBase
from ais_jobcore.limits import WAIT_TIMEOUT

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Sequence
    from datetime import datetime, timedelta
    from types import TracebackType

    from ais_jobcore.drivers.config import Settings
    from ais_jobcore.drivers.given import Bucket
    from ais_jobcore.drivers.protocols import Sender
    from ais_jobcore.drivers.tokens import Fetch
    from ais_jobcore.errors import JobCoreError
    from ais_jobcore.machines.group import Completions, Ending, ReturnWhen
    from ais_jobcore.machines.protocols import Operation
    from ais_jobcore.options import Until, WaitOptions
    from ais_jobcore.recording.writing import RecordTo
    from ais_jobcore.results import FinishedJob, WaitResult
    from ais_jobcore.snapshots import AggregatedJobSnap, JobSnap, JobStatus

    from .sdk import SDKRequestClient
    from .transport import RequestsTransport

T = TypeVar("T")
J = TypeVar("J", bound="Job | str")


class Client(ClientBase["Sender"]):
    """A client of a cluster, a context manager. Threads may share it."""

    _environ = os.environ
    _draw = staticmethod(random.getrandbits)
    _needed = tuple(f"{__package__}.{name}" for name in ("driver", "errors", "transport"))

    def __init__(
        self,
        endpoint: str | Sequence[str] | None = None,
        *,
        token: str | Callable[[], str] | None = None,
        transport: Sender | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
        seed: int | None = None,
        **settings: Unpack[Settings],
    ) -> None:
        super().__init__(
            endpoint, token=token, transport=transport, clock=clock, sleep=sleep, seed=seed, **settings
        )

    def _connect(self, token: Fetch | None) -> RequestsTransport:
        from .transport import RequestsTransport

        fetch = cast("Callable[[], str] | None", token)
        return RequestsTransport(self._config, token=fetch, clock=self._clock)

    @classmethod
    def of(cls, client: Client | SDKRequestClient) -> Client:
        """
        Return the client, or make one with the settings of the official SDK's own.

        Nothing goes through the SDK: its retries are not counted against any timeout (rules S60, S61).

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
                token=partial(_token_of, client),
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
        if self._owns:
            self._transport.close()

    def job(self, job_id: str = "", job_kind: str = "") -> Job:
        return Job(self, job_id, job_kind)

    def run(self, operation: Operation[T], *, verbose: bool = False, subject: str = "") -> T:
        from .driver import run

        narrator = self._narrator(subject, verbose=verbose)
        result = run(operation, self._transport, narrator, clock=self._clock, sleep=self._sleep)
        return self._kept(result)

    def history(self, kind: str, bucket: Bucket | None = None) -> list[FinishedJob]:
        return self.run(self._history(kind, bucket), subject=kind)

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
        from .errors import documented

        group = self._group(jobs, timeout, until, options, return_when)
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
        return self._told(*self._completions(jobs, timeout, until, options), verbose=verbose)

    def _told(
        self, named: Sequence[J], completions: Completions, *, verbose: bool
    ) -> Generator[tuple[J, Ending], None, None]:
        from .errors import documented

        left = len(named)
        while left:
            told = self.run(completions, verbose=verbose, subject=f"{len(named)} jobs")
            left -= len(told)
            for place, ending in told:
                yield named[place], documented(ending)


class Job(JobBase[Client]):
    """A job, or all jobs of a kind; a ``TransportFault`` of a method is an exception of requests, too."""

    def __init__(self, client: Client | SDKRequestClient, job_id: str = "", job_kind: str = "") -> None:
        super().__init__(Client.of(client), job_id, job_kind)

    def status(self) -> JobStatus:
        return self._run(self._status())

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
        with self._client.recorded(self._wait(timeout, until, bucket, options), record) as operation:
            return self._run(operation, verbose=verbose)

    def wait_for_idle(
        self,
        timeout: float | None = WAIT_TIMEOUT,
        verbose: bool = True,
        *,
        options: WaitOptions | None = None,
        record: RecordTo | None = None,
    ) -> WaitResult:
        return self.wait(timeout, verbose, until="idle", options=options, record=record)

    def wait_single_node(
        self,
        timeout: float | None = WAIT_TIMEOUT,
        verbose: bool = True,
        *,
        options: WaitOptions | None = None,
        record: RecordTo | None = None,
    ) -> WaitResult:
        return self.wait(timeout, verbose, until="single", options=options, record=record)

    def start(self, daemon_id: str = "", force: bool = False, buckets: Iterable[Bucket] | None = None) -> str:
        self._job_id = self._run(self._start(daemon_id=daemon_id, force=force, buckets=buckets))
        return self._job_id

    def abort(self) -> None:
        self._run(self._stop())

    def get_details(self) -> AggregatedJobSnap:
        return self._run(self._details())

    def get_within_timeframe(self, start_time: datetime, end_time: datetime | None = None) -> list[JobSnap]:
        return self._run(self._within(start_time, end_time))

    def get_total_time(self) -> timedelta | None:
        return self._run(self._total_time())

    def _run(self, operation: Operation[T], *, verbose: bool = False) -> T:
        return self._client.run(operation, verbose=verbose, subject=self._subject)


def _token_of(client: SDKRequestClient) -> str:
    """Return the token that the official SDK's client has at this moment."""
    return client.token or ""
