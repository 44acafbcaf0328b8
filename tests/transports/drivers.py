"""Both drivers in one guise, so that one suite of tests, written without ``await``, holds for both."""

# ruff: noqa: ANN401 - the parts of both drivers go by one name here, and have no type in common

from __future__ import annotations

import asyncio
import inspect
import pickle
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from ais_jobcore.testing import (
    AsyncReplayTransport,
    AsyncScriptTransport,
    AsyncSimTransport,
    ReplayTransport,
    ScriptTransport,
    SimTransport,
)
from ais_jobcore_aiohttp import AiohttpTransport, AsyncClient, AsyncJob
from ais_jobcore_requests import Client, RequestsTransport

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Generator

    from ais_jobcore.drivers.config import ClientConfig
    from ais_jobcore.testing import VirtualClock


class Driver(Protocol):
    """Make the parts of one driver; all that is made is closed in the end."""

    virtual: ClassVar[dict[str, Any]]
    """The virtual transports: ``script``, ``sim``, ``replay``."""

    def transport(self, config: ClientConfig, token: Callable[[], str] | None = None) -> Any:
        """Make its own transport."""
        ...

    def client(self, endpoint: Any = None, **settings: Any) -> Any:
        """Make a client."""
        ...

    def pickled(self, made: Any) -> Any:
        """Return what comes of pickling what was made here."""
        ...

    def bare(self, transport: Any) -> Any:
        """Return a transport that has no more than ``send`` and ``close``, as those of version 1.0."""
        ...

    def token(self, function: Callable[[], str]) -> Any:
        """Make a source of tokens as the driver likes it best."""
        ...

    def sleep(self, clock: VirtualClock) -> Any:
        """Return what sleeps on a clock."""
        ...

    def close(self) -> None:
        """Close all that was made."""
        ...


class SyncDriver:
    """Make the parts of the driver on requests."""

    virtual: ClassVar[dict[str, Any]] = {
        "script": ScriptTransport,
        "sim": SimTransport,
        "replay": ReplayTransport,
    }

    def __init__(self) -> None:
        self._made: list[Any] = []

    def transport(self, config: ClientConfig, token: Callable[[], str] | None = None) -> Any:
        """Make a ``RequestsTransport``."""
        self._made.append(RequestsTransport(config, token=token))
        return self._made[-1]

    def client(self, endpoint: Any = None, **settings: Any) -> Any:
        """Make a ``Client``."""
        self._made.append(Client(endpoint, **settings))
        return self._made[-1]

    def pickled(self, made: Any) -> Any:
        """Pickle it, and load it."""
        return pickle.loads(pickle.dumps(made))  # noqa: S301 - it is our own

    def bare(self, transport: Any) -> Any:
        """Return an object with two methods."""

        class Bare:
            def send(self, request: Any) -> Any:
                return transport.send(request)

            def close(self) -> None:
                transport.close()

        return Bare()

    def token(self, function: Callable[[], str]) -> Any:
        """Return the function itself."""
        return function

    def sleep(self, clock: VirtualClock) -> Any:
        """Return the blocking sleep."""
        return clock.sleep

    def close(self) -> None:
        """Close all that was made."""
        for each in self._made:
            each.close()


class AsyncDriver:
    """Make the parts of the driver on aiohttp, and run all of their coroutines in one event loop."""

    virtual: ClassVar[dict[str, Any]] = {
        "script": AsyncScriptTransport,
        "sim": AsyncSimTransport,
        "replay": AsyncReplayTransport,
    }

    def __init__(self) -> None:
        self._made: list[Any] = []
        self.runner = asyncio.Runner()

    def transport(self, config: ClientConfig, token: Callable[[], str] | None = None) -> Any:
        """Make an ``AiohttpTransport``."""
        return self._waited_for(AiohttpTransport(config, token=token))

    def client(self, endpoint: Any = None, **settings: Any) -> Any:
        """Make an ``AsyncClient``."""
        return self._waited_for(AsyncClient(endpoint, **settings))

    def pickled(self, made: Any) -> Any:
        """Pickle it, and load it; the client of a job is closed as well."""
        loaded = pickle.loads(pickle.dumps(made._behind))  # noqa: S301 - it is our own
        if isinstance(loaded, AsyncJob):
            self._waited_for(loaded._client)
        return self._waited_for(loaded)

    def bare(self, transport: Any) -> Any:
        """Return an object with two coroutine functions."""

        class Bare:
            async def send(self, request: Any) -> Any:
                return await transport.send(request)

            async def close(self) -> None:
                await transport.close()

        return Bare()

    def token(self, function: Callable[[], str]) -> Any:
        """Return a coroutine function."""

        async def fetch() -> str:
            await asyncio.sleep(0)
            return function()

        return fetch

    def sleep(self, clock: VirtualClock) -> Any:
        """Return the sleep that is awaited."""
        return clock.async_sleep

    def close(self) -> None:
        """Close all that was made, and the loop."""
        for each in self._made:
            if hasattr(each, "close"):
                each.close()
        self.runner.close()

    def _waited_for(self, made: Any) -> Any:
        self._made.append(_Awaited(made, self.runner))
        return self._made[-1]


class _Awaited:
    """Stand before an object, and wait for what its coroutine functions return."""

    def __init__(self, behind: Any, runner: asyncio.Runner) -> None:
        self._behind = behind
        self._runner = runner

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._behind, name)
        return self._waiting(found) if inspect.ismethod(found) else found

    def _waiting(self, method: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            result = method(*args, **kwargs)
            if inspect.iscoroutine(result):
                result = self._runner.run(result)
            if inspect.isasyncgen(result):
                return _walked(result, self._runner)
            return _Awaited(result, self._runner) if isinstance(result, AsyncJob) else result

        return call


def _walked(behind: AsyncGenerator[Any, None], runner: asyncio.Runner) -> Generator[Any, None, None]:
    """Walk through an asynchronous generator, and close it when this one is closed."""

    async def step() -> Any:
        return await anext(behind)

    try:
        while True:
            yield runner.run(step())
    except StopAsyncIteration:
        return
    finally:
        runner.run(behind.aclose())  # type: ignore[arg-type]
