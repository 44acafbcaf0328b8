"""``AsyncClient`` and ``AsyncJob``: the API of ``aistore.sdk.job``, run by the core through aiohttp."""

from __future__ import annotations

import asyncio
import os
import random
import time
from typing import TYPE_CHECKING, Self, TypeVar, Unpack

from ais_jobcore.drivers.client import ClientBase
from ais_jobcore.drivers.job import JobBase
from ais_jobcore.limits import WAIT_TIMEOUT

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Sequence
    from datetime import datetime, timedelta
    from types import TracebackType

    from ais_jobcore.drivers.config import Settings
    from ais_jobcore.drivers.given import Bucket
    from ais_jobcore.drivers.protocols import AsyncSender
    from ais_jobcore.drivers.tokens import Fetch
    from ais_jobcore.errors import JobCoreError
    from ais_jobcore.machines.group import Completions, Ending, ReturnWhen
    from ais_jobcore.machines.protocols import Operation
    from ais_jobcore.options import Until, WaitOptions
    from ais_jobcore.recording.writing import RecordTo
    from ais_jobcore.results import FinishedJob, WaitResult
    from ais_jobcore.snapshots import AggregatedJobSnap, JobSnap, JobStatus

    from .transport import AiohttpTransport

T = TypeVar("T")
J = TypeVar("J", bound="AsyncJob | str")


class AsyncClient(ClientBase["AsyncSender"]):
    """A client of a cluster, a context manager. Tasks of one event loop may share it."""

    _environ = os.environ
    _draw = staticmethod(random.getrandbits)
    _needed = tuple(f"{__package__}.{name}" for name in ("driver", "transport"))

    def __init__(
        self,
        endpoint: str | Sequence[str] | None = None,
        *,
        token: str | Fetch | None = None,
        transport: AsyncSender | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        seed: int | None = None,
        **settings: Unpack[Settings],
    ) -> None:
        super().__init__(
            endpoint, token=token, transport=transport, clock=clock, sleep=sleep, seed=seed, **settings
        )

    def _connect(self, token: Fetch | None) -> AiohttpTransport:
        from .transport import AiohttpTransport

        return AiohttpTransport(self._config, token=token, clock=self._clock)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        if self._owns:
            await self._transport.close()

    def job(self, job_id: str = "", job_kind: str = "") -> AsyncJob:
        return AsyncJob(self, job_id, job_kind)

    async def run(self, operation: Operation[T], *, verbose: bool = False, subject: str = "") -> T:
        from .driver import run

        narrator = self._narrator(subject, verbose=verbose)
        result = await run(operation, self._transport, narrator, clock=self._clock, sleep=self._sleep)
        return self._kept(result)

    async def history(self, kind: str, bucket: Bucket | None = None) -> list[FinishedJob]:
        return await self.run(self._history(kind, bucket), subject=kind)

    async def wait_all(
        self,
        jobs: Iterable[AsyncJob | str],
        timeout: float | None = WAIT_TIMEOUT,
        *,
        return_when: str | ReturnWhen = "all",
        verbose: bool = True,
        until: str | Until = "auto",
        options: WaitOptions | None = None,
    ) -> list[WaitResult | JobCoreError | None]:
        group = self._group(jobs, timeout, until, options, return_when)
        return await self.run(group, verbose=verbose, subject=f"{len(group.endings)} jobs")

    def as_completed(
        self,
        jobs: Iterable[J],
        timeout: float | None = WAIT_TIMEOUT,
        *,
        verbose: bool = True,
        until: str | Until = "auto",
        options: WaitOptions | None = None,
    ) -> AsyncGenerator[tuple[J, Ending], None]:
        return self._told(*self._completions(jobs, timeout, until, options), verbose=verbose)

    async def _told(
        self, named: Sequence[J], completions: Completions, *, verbose: bool
    ) -> AsyncGenerator[tuple[J, Ending], None]:
        left = len(named)
        while left:
            told = await self.run(completions, verbose=verbose, subject=f"{len(named)} jobs")
            left -= len(told)
            for place, ending in told:
                yield named[place], ending


class AsyncJob(JobBase[AsyncClient]):
    """A job, or all jobs of a kind; every method that sends is a coroutine function."""

    async def status(self) -> JobStatus:
        return await self._run(self._status())

    async def wait(
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
            return await self._run(operation, verbose=verbose)

    async def wait_for_idle(
        self,
        timeout: float | None = WAIT_TIMEOUT,
        verbose: bool = True,
        *,
        options: WaitOptions | None = None,
        record: RecordTo | None = None,
    ) -> WaitResult:
        return await self.wait(timeout, verbose, until="idle", options=options, record=record)

    async def wait_single_node(
        self,
        timeout: float | None = WAIT_TIMEOUT,
        verbose: bool = True,
        *,
        options: WaitOptions | None = None,
        record: RecordTo | None = None,
    ) -> WaitResult:
        return await self.wait(timeout, verbose, until="single", options=options, record=record)

    async def start(
        self, daemon_id: str = "", force: bool = False, buckets: Iterable[Bucket] | None = None
    ) -> str:
        self._job_id = await self._run(self._start(daemon_id=daemon_id, force=force, buckets=buckets))
        return self._job_id

    async def abort(self) -> None:
        await self._run(self._stop())

    async def get_details(self) -> AggregatedJobSnap:
        return await self._run(self._details())

    async def get_within_timeframe(
        self, start_time: datetime, end_time: datetime | None = None
    ) -> list[JobSnap]:
        return await self._run(self._within(start_time, end_time))

    async def get_total_time(self) -> timedelta | None:
        return await self._run(self._total_time())

    async def _run(self, operation: Operation[T], *, verbose: bool = False) -> T:
        return await self._client.run(operation, verbose=verbose, subject=self._subject)
