"""What waits keep in memory, as ``tracemalloc`` counts it."""

from __future__ import annotations

import asyncio
import tracemalloc
from functools import _lru_cache_wrapper
from gc import collect, get_objects
from typing import TYPE_CHECKING, Final

from ais_jobcore import Continue, JobWait, Reply, WaitOptions
from ais_jobcore.queries import Query

from .checks import Check
from .onejob import snapshots, status

if TYPE_CHECKING:
    from ais_jobcore import Request

STATE: Final = "memory of waits under way"
LIVE: Final = "memory of 10,000 live async waits"

_KIB: Final = 1024
_MIB: Final = 1024 * 1024
_FEW, _MANY = 3, 103
_POLLS: Final = 3
_TURNS: Final = 1000
"""Turns of the event loop in which all waits have to come to rest."""


def state(waits: int = 500) -> list[Check]:
    """Weigh waits that were answered a few times, by targets and by proxies: all that a wait holds on to."""
    few, many = (_weigh("archive", targets, waits) for targets in (_FEW, _MANY))
    polled = _weigh("copy-bck", _FEW, waits)
    further = (many - few) / (_MANY - _FEW)
    return [
        Check(STATE, "a wait of 3 targets that polls snapshots", few / _KIB, 1.2, "KiB"),
        Check(STATE, "a wait that polls a status", polled / _KIB, 1.2, "KiB"),
        Check(STATE, "each further target", further, 160, "bytes"),
    ]


def _weigh(kind: str, targets: int, waits: int) -> float:
    """Return the bytes of one wait of many, each for a job of its own."""
    _advanced(kind, targets, 0)  # Whatever is made once for all is there.
    collect()
    tracemalloc.start()
    try:
        held = [_advanced(kind, targets, place) for place in range(1, waits + 1)]
        _clear_caches()
        collect()
        return (tracemalloc.get_traced_memory()[0] - held.__sizeof__()) / waits
    finally:
        tracemalloc.stop()


def _clear_caches() -> None:
    """Empty what is remembered for all waits together: its size is bounded, and it is no wait's own."""
    for cache in [each for each in get_objects() if isinstance(each, _lru_cache_wrapper)]:
        if str(cache.__module__).startswith("ais_jobcore."):
            cache.cache_clear()


def _advanced(kind: str, targets: int, place: int) -> JobWait:
    """Answer a wait a few times, with answers that nobody else holds on to."""
    job_id = f"J{place:08}"
    wait = JobWait(job_id, kind, 3600.0, options=WaitOptions(seed=place))
    now = 1000.0 + place
    decision = wait.start(now)
    for poll in range(_POLLS):
        assert isinstance(decision, Continue)
        now += decision.delay
        decision = wait.handle(Reply(200, _answer(decision.request, kind, targets, poll)), now)
    return wait


def _answer(request: Request, kind: str, targets: int, poll: int) -> bytes:
    job_id = str((request.json or {})["id"])
    if request.what is Query.STATUS:
        return status(job_id, kind)
    second = int(job_id[1:]) % 3600
    moment = f"12:{second // 60:02}:{second % 60:02}."
    return snapshots(job_id, kind, targets, 10 * poll).replace(b"12:00:00.", moment.encode())


class _Transport:
    """Answer at once that the job runs."""

    async def send(self, request: Request) -> Reply:
        return Reply(200, _answer(request, "archive", _FEW, 1))

    async def close(self) -> None:
        """Close nothing."""


def live(waits: int = 10_000, polls: int = 3) -> list[Check]:
    """Weigh all that so many waits in one event loop hold on to: tasks, machines and all."""
    bytes_held = asyncio.run(_live(waits, polls))
    share = bytes_held * 10_000 / waits
    return [
        Check(LIVE, "all of them, on 3 targets each", share / _MIB, 100.0, "MiB"),
        Check(LIVE, "each", bytes_held / waits / _KIB, unit="KiB"),
    ]


async def _live(waits: int, polls: int) -> int:
    from ais_jobcore_aiohttp import AsyncClient  # noqa: PLC0415 - dear to import

    parked = asyncio.Event()
    asleep = 0

    async def sleep(_: float) -> None:
        """Let everybody poll a few times, then sleep for good."""
        nonlocal asleep
        asleep += 1
        await (asyncio.sleep(0) if asleep <= polls * waits else parked.wait())

    client = AsyncClient(transport=_Transport(), sleep=sleep)
    collect()
    tracemalloc.start()
    try:
        tasks = [
            asyncio.create_task(client.job(f"J{place:08}", "archive").wait(3600.0, verbose=False))
            for place in range(waits)
        ]
        for _ in range(_TURNS):
            if asleep < (polls + 1) * waits:
                await asyncio.sleep(0)
        collect()
        held = tracemalloc.get_traced_memory()[0]
        assert asleep == (polls + 1) * waits
        assert not any(task.done() for task in tasks)
    finally:
        tracemalloc.stop()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return held
