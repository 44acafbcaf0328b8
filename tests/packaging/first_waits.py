"""
Wait for jobs of a simulated cluster, in an environment where nothing but the wheel is installed.

The arguments name the libraries that are there; each is used.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import ais_jobcore
from ais_jobcore import Done, JobWait, Outcome
from ais_jobcore.testing import SimCluster, SimServer, SimTransport, VirtualClock, run

BIN = Path(sys.prefix) / "bin"


def wait_with_core() -> None:
    """Wait in virtual time, without any driver."""
    cluster, clock = SimCluster(), VirtualClock()
    job = cluster.add_job("copy-bucket", duration=3600)
    decision = run(JobWait(job.id, timeout=7200), SimTransport(cluster, clock), clock)
    assert isinstance(decision, Done)


def wait_with_requests(endpoint: str) -> None:
    """Wait with the sync driver."""
    from ais_jobcore_requests import Client  # noqa: PLC0415 - it may not be there

    with Client(endpoint) as client:
        result = client.job(client.job(job_kind="lru").start()).wait(timeout=30)
    assert result.outcome is Outcome.FINISHED, result


def wait_with_aiohttp(endpoint: str) -> None:
    """Wait with the async driver."""
    from ais_jobcore_aiohttp import AsyncClient  # noqa: PLC0415 - it may not be there

    async def wait() -> None:
        async with AsyncClient(endpoint) as client:
            result = await client.job(await client.job(job_kind="lru").start()).wait(timeout=30)
        assert result.outcome is Outcome.FINISHED, result

    asyncio.run(wait())


def wait_with_command(endpoint: str) -> None:
    """Wait with the command line."""
    environ = os.environ | {"AIS_ENDPOINT": endpoint}
    started = subprocess.run(
        [BIN / "ais-job", "start", "lru"],
        env=environ,
        check=True,
        timeout=60,
        stdout=subprocess.PIPE,
        text=True,
    )
    subprocess.run([BIN / "ais-job", "wait", started.stdout.split()[-1]], env=environ, check=True, timeout=60)


def glance_at_a_job(_: str) -> None:
    """See the snapshots of a job with msgspec."""
    from ais_jobcore.wire._fast import decoder  # noqa: PLC0415 - there is none without

    cluster = SimCluster(targets=3)
    job = cluster.add_job("archive")
    _, _, body = cluster.handle("GET", "/v1/cluster", {"what": "qryxstats"}, {"id": job.id}, 0.5)
    decode = decoder()
    assert decode is not None
    assert set(cluster.targets) == set(decode(body))


def main(libraries: list[str]) -> None:
    """Wait in all ways that the libraries allow."""
    assert Path(ais_jobcore.__file__).is_relative_to(sys.prefix), ais_jobcore.__file__
    wait_with_core()
    ways = {
        "requests": wait_with_requests,
        "aiohttp": wait_with_aiohttp,
        "rich": wait_with_command,
        "msgspec": glance_at_a_job,
    }
    with SimServer(SimCluster(started_duration=0.2)) as server:
        for library in libraries:
            ways[library](server.endpoint)


if __name__ == "__main__":
    main(sys.argv[1:])
