"""The driver on aiohttp."""

from __future__ import annotations

import asyncio
import threading
import time
from contextlib import aclosing, suppress
from typing import TYPE_CHECKING, Any

import pytest

from ais_jobcore import Continue, Done, Fault, FaultKind, JobCoreError, Reply, TransportFault
from ais_jobcore.drivers.config import ClientConfig
from ais_jobcore.queries import ask_status
from ais_jobcore.testing import AsyncScriptTransport, SimCluster, SimServer, VirtualClock
from ais_jobcore_aiohttp import AiohttpTransport, AsyncClient, AsyncJob
from tests.transports.client_compliance import ASK, SNAPSHOTS, Fixed
from tests.transports.compliance import DriverCompliance, rig, transcript
from tests.transports.crowds import crowd
from tests.transports.drivers import AsyncDriver
from tests.transports.jobs_compliance import Rig
from tests.transports.wire import Hang, WireServer, answer

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from ais_jobcore import WaitResult
    from tests.transports.wire import Received, Step

__all__ = ["rig", "transcript"]


@pytest.fixture
def driver() -> Iterator[AsyncDriver]:
    """Return the driver, and close what it made."""
    made = AsyncDriver()
    yield made
    made.close()


class TestAiohttp(DriverCompliance):
    """Holds what holds for every driver."""

    def test_faults_are_no_exceptions_of_aiohttp(self, driver: AsyncDriver) -> None:
        """A fault of the transport is a ``TransportFault`` and nothing else."""
        rig = Rig(driver, fault=lambda *_: Fault(FaultKind.CONNECTION, "refused"))
        with pytest.raises(TransportFault) as caught:
            rig.client.job("Jabcdefgh").wait()
        assert TransportFault is type(caught.value)

    def test_no_delay_lets_others_go_first(self) -> None:
        """A delay of 0 still gives the event loop a turn."""
        slept = list[float]()

        async def sleep(seconds: float) -> None:
            slept.append(seconds)
            await asyncio.sleep(0)

        async def main() -> None:
            transport = AsyncScriptTransport(VirtualClock(), [Reply(200)] * 2)
            client = AsyncClient(transport=transport, sleep=sleep)
            ask = ask_status("Jabc")
            await client.run(Fixed(Continue(0.0, ask, ""), Continue(1.5, ask, ""), Done(None, "")))

        asyncio.run(main())
        assert [0.0, 1.5] == slept

    def test_context_manager(self) -> None:
        """A client is closed at the end of its block."""

        async def main(endpoint: str) -> None:
            async with AsyncClient(endpoint) as client:
                assert isinstance(client.job("x"), AsyncJob)

        with WireServer(answer(b"{}")) as server:
            asyncio.run(main(server.endpoint))

    def test_queueing_for_a_connection_is_no_sending(self) -> None:
        """A request that waits for the pool leaves when its turn comes, or not at all."""
        go_on = threading.Event()

        def held(_: Received) -> list[Step]:
            go_on.wait(10)
            return [answer()]

        async def main(endpoint: str) -> tuple[Any, Any, Any, float]:
            transport = AiohttpTransport(ClientConfig(endpoints=endpoint, pool_size=1))
            first = asyncio.create_task(transport.send(ASK))
            await asyncio.to_thread(server.asked.wait)
            late = await transport.send(ASK.addressed(timeout=0.05, endpoint=0))
            second = asyncio.create_task(transport.send(ASK))
            await asyncio.sleep(0.01)
            moment = time.monotonic()
            go_on.set()
            answers = await first, late, await second, moment
            await transport.close()
            return answers

        with WireServer(by=held) as server:
            first, late, second, moment = asyncio.run(main(server.endpoint))
        assert (FaultKind.TIMEOUT, False, None) == (late.kind, late.sent, late.sent_at)
        assert first.sent_at < moment <= second.sent_at

    def test_many_waits_at_once(self) -> None:
        """More waits than there are connections go on side by side."""
        cluster = SimCluster(3)

        async def main(endpoint: str) -> list[WaitResult]:
            async with AsyncClient(endpoint, pool_size=3) as client:
                return await asyncio.gather(*(client.job(each.id).wait(timeout=30) for each in jobs))

        with SimServer(cluster, speed=100) as server:
            jobs = [cluster.add_job("copy-bck", duration=5.0) for _ in range(12)]
            results = asyncio.run(main(server.endpoint))
        assert [(job.id, True) for job in jobs] == [(each.job_id, each.success) for each in results]

    def test_ten_thousand_waits_in_one_process(self) -> None:
        """One call waits for them all, or as many tasks wait each for its own."""
        ids, answers = crowd(10_000)
        expected = [(job_id, True) for job_id in ids]

        async def main(waiting: Callable[[AsyncClient], Awaitable[list[Any]]]) -> tuple[list[Any], int]:
            clock = VirtualClock()
            transport = AsyncScriptTransport(clock, answers)
            client = AsyncClient(transport=transport, clock=clock.now, sleep=clock.async_sleep)
            endings = await waiting(client)
            assert clock.now() < 0.3
            return [(each.job_id, each.success) for each in endings], len(transport.sent)

        together, few = asyncio.run(main(lambda client: client.wait_all(ids, verbose=False)))
        assert (expected, True) == (together, few < 10_010)
        apart, many = asyncio.run(
            main(
                lambda client: asyncio.gather(
                    *(client.job(each, "copy-bck").wait(verbose=False) for each in ids)
                )
            )
        )
        assert (expected, True) == (apart, many > 3 * few)

    @pytest.mark.parametrize("leaving", ["break", "cancel"])
    def test_ends_that_nobody_waits_for(self, leaving: str) -> None:
        """Leaving the ends of many jobs early, or being cancelled among them, leaves nothing behind."""
        seen, first = list[str](), asyncio.Event()

        async def watch(client: AsyncClient, ids: list[str]) -> None:
            async with aclosing(client.as_completed(ids)) as pairs:
                async for job_id, _ in pairs:
                    seen.append(job_id)
                    first.set()
                    if leaving == "break":
                        break

        async def main(endpoint: str) -> None:
            async with AsyncClient(endpoint) as client:
                task = asyncio.create_task(watch(client, [short.id, long.id]))
                async with asyncio.timeout(10):
                    await first.wait()
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
                assert task.cancelled() == (leaving == "cancel")
                assert [asyncio.current_task()] == list(asyncio.all_tasks())
                await asyncio.sleep(0.02)  # what was on its way may still arrive
                asked = len(cluster.log)
                await asyncio.sleep(0.25)
                assert asked == len(cluster.log)
                assert await client.job(long.id).get_details()
            assert [short.id] == seen

        cluster = SimCluster(3)
        with SimServer(cluster, speed=10) as server:
            short, long = (cluster.add_job("copy-bck", duration=seconds) for seconds in (1.0, 9999.0))
            asyncio.run(main(server.endpoint))

    @pytest.mark.parametrize("moment", ["sending", "sleeping"])
    def test_cancelled_wait_leaves_nothing_behind(self, moment: str) -> None:
        """Cancelling a wait, in a request or between two, ends it at once; the client works on."""
        scripts: dict[str, list[Step]] = {
            "sending": [b"HTTP/1.1 200 OK\r\n", Hang],
            "sleeping": [answer(b"{}", 503)],
        }

        async def main(endpoint: str) -> None:
            async with AsyncClient(endpoint) as client:
                task = asyncio.create_task(client.job("Jabcdefgh", "copy-bck").wait())
                await asyncio.to_thread(server.asked.wait)
                await asyncio.sleep(0.02)
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
                assert [asyncio.current_task()] == list(asyncio.all_tasks())
                server.script = lambda _: [answer(SNAPSHOTS)]
                assert (await client.job("Jabc").get_details()).any_finished()

        with WireServer(*scripts[moment]) as server:
            asyncio.run(main(server.endpoint))

    def test_time_out_of_the_caller(self) -> None:
        """``asyncio.timeout`` around a wait works as around anything else."""

        async def main(endpoint: str) -> None:
            async with AsyncClient(endpoint) as client:
                with pytest.raises(TimeoutError) as caught:
                    async with asyncio.timeout(0.05):
                        await client.job("Jabcdefgh").wait()
                assert not isinstance(caught.value, JobCoreError)

        with WireServer(Hang) as server:
            asyncio.run(main(server.endpoint))
