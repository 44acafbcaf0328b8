"""
Waits that go on after the package was removed: ``python -m tests.transports.removed DRIVER PATH``.

A client is made; from then on nothing of this library and of what it depends on can be imported.
Nothing else is imported before that but the driver: what a test imports could be what a wait needs.
"""

# ruff: noqa: ANN401 - the parts of both drivers go by one name here

from __future__ import annotations

import asyncio
import inspect
import sys
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

REMOVED = {"ais_jobcore", "ais_jobcore_requests", "ais_jobcore_aiohttp", "attr", "attrs", "cattr", "cattrs"}
CLIENTS = {"ais_jobcore_requests": "Client", "ais_jobcore_aiohttp": "AsyncClient"}

_SNAP = (
    b'{"t1":[{"id":"J","kind":"copy-bck","start-time":"2026-01-01T00:00:00Z","end-time":"%s",'
    b'"aborted":%s,"err":"%s","is_idle":%s}]}'
)
_YEAR_1, _LATER = b"0001-01-01T00:00:00Z", b"2026-01-01T00:00:01Z"
_STATUS = b'{"kind":"copy-bck","uuid":"J","err":"","end_time":%d,"aborted":false}'
_UNKNOWN = b'{"message":"not found","status":404,"url_path":"/v1/cluster","method":"GET","node":"p[p1]"}'

RUNS, ENDED = _SNAP % (_YEAR_1, b"false", b"", b"false"), _SNAP % (_LATER, b"false", b"", b"true")
FAILED, ABORTED = _SNAP % (_LATER, b"false", b"oops", b"true"), _SNAP % (_LATER, b"true", b"oops", b"true")

WORLDS: dict[str, tuple[int, bytes, bytes]] = {
    "FINISHED": (200, _STATUS % 9, ENDED),
    "FINISHED_WITH_ERRORS": (200, _STATUS % 9, FAILED),
    "ABORTED": (200, ABORTED, ABORTED),
    "Timeout": (200, _STATUS % 0, RUNS),
    "JobInfoNotFound": (404, _UNKNOWN, _UNKNOWN),
    "ProtocolError": (200, b"[", b"["),
    "TransportFault": (0, b"", b""),
    "RequestFailed": (403, b'{"message":"no","status":403}', b'{"message":"no","status":403}'),
}
"""How a wait ends where the proxies and the targets say what stands there."""


class Removed:
    """A finder that finds nothing of what was removed."""

    def find_spec(self, name: str, *_: object) -> None:
        """Find nothing."""
        if name.partition(".")[0] in REMOVED:
            msg = f"{name} was removed"
            raise ModuleNotFoundError(msg)


class World:
    """A transport, and a clock that passes when somebody sleeps."""

    def __init__(self) -> None:
        self._now = 0.0
        self.events: Any = None
        self.world = ""

    def now(self) -> float:
        """Tell the time."""
        return self._now

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self._now += seconds

    def send(self, request: Any) -> Any:
        """Answer as the world is."""
        self._now += 0.01
        status, proxies, targets = WORLDS[self.world]
        if not status:
            return self.events.Fault(self.events.FaultKind.CONNECTION, "refused")
        if request.method == "PUT":
            return self.events.Reply(status, b"J")
        if request.what.value in {"statuses", "names", "active"}:
            return self.events.Reply(200, b"null")
        return self.events.Reply(status, proxies if request.what.value == "status" else targets)


class AsyncWorld(World):
    """The same, to be awaited."""

    async def sleep(self, seconds: float) -> None:  # type: ignore[override]
        """Let time pass."""
        super().sleep(seconds)

    async def send(self, request: Any) -> Any:
        """Answer as the world is."""
        return super().send(request)


def settled(made: Any) -> Any:
    """Return what a call comes to, awaited where that is needed; an exception is returned as well."""

    async def listed() -> list[Any]:
        return [each async for each in made]

    try:
        if inspect.isasyncgen(made):
            return asyncio.run(listed())
        if inspect.iscoroutine(made):
            return asyncio.run(made)
        return list(made) if inspect.isgenerator(made) else made
    except Exception as error:  # noqa: BLE001 - it is compared
        return error


def attempt(call: Any, *given: Any, **settings: Any) -> Any:
    """Make a call, and return what it comes to."""
    try:
        return settled(call(*given, **settings))
    except Exception as error:  # noqa: BLE001 - it is compared
        return error


def waits(client: Any, path: Path) -> list[Any]:
    """Wait in every way, and return how each of these waits ended."""
    job = client.job("J", "copy-bck")
    return [
        attempt(job.wait, 60),
        attempt(job.wait, 60, record=path),
        attempt(client.job("J").wait, 60, verbose=False),
        *attempt(client.wait_all, [job, "J"], 60),
        *(ending for _, ending in attempt(client.as_completed, [job], 60)),
    ]


def names(end: Any) -> set[str]:
    """Name an end: by its outcome, or by the classes of an error."""
    if isinstance(end, BaseException):
        return {kind.__name__ for kind in type(end).__mro__}
    return {end.outcome.name}


def questions(client: Any, world: World) -> None:
    """Run every operation of one request, and one that fails."""
    job, early = client.job("J", "copy-bck"), datetime(2000, 1, 1, tzinfo=UTC)
    world.world = "FINISHED"
    assert 9 == attempt(job.status).end_time
    assert 1 == len(attempt(job.get_within_timeframe, early))
    assert attempt(job.get_details).any_finished()
    assert 1 == attempt(job.get_total_time).total_seconds()
    assert (None, "J") == (attempt(job.abort), attempt(job.start))
    world.world = "RequestFailed"
    assert "RequestFailed" in names(attempt(job.status))


def main(driver: str, path: str) -> None:
    """Make a client, remove the package, and wait."""
    module = import_module(driver)
    made = AsyncWorld if driver.endswith("aiohttp") else World
    world = made()
    client = getattr(module, CLIENTS[driver])(transport=world, clock=world.now, sleep=world.sleep, seed=1)
    world.events = sys.modules["ais_jobcore.events"]
    sys.meta_path.insert(0, Removed())  # type: ignore[arg-type]
    for name in WORLDS:
        world.world = name
        for end in waits(client, Path(path)):
            assert name in names(end), (name, end)
        assert Path(path).read_bytes().count(b"\n") > 1
    questions(client, world)


if __name__ == "__main__":
    main(*sys.argv[1:])
