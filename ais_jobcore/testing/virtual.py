"""Transports without a network: one source of answers, sent through in virtual time, sync or async."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, TypeAlias

from ..events import Fault, FaultKind, Reply
from ..queries import Request
from .asks import DELAY_HEADER

if TYPE_CHECKING:
    from .clock import VirtualClock
    from .sim import SimCluster

Source: TypeAlias = Callable[[Request, float], tuple[Reply | Fault, float]]
"""What answers a request at a moment, and how many seconds that takes."""

Scripted: TypeAlias = Reply | Fault | tuple[float, Reply | Fault]
"""One line of a script: an answer, or the seconds that it takes and the answer."""

Script: TypeAlias = Iterable[Scripted] | Callable[[Request, float], Scripted]
"""The answers in their order, or a function of request and moment."""

FaultHook: TypeAlias = Callable[[Request, float], Reply | Fault | None]
"""What answers in the place of a simulated cluster, unless it returns ``None``."""


def describe(request: Request) -> str:
    """Put a request in a few words, for messages."""
    return f"{request.method} {request.path} {dict(request.query)} {dict(request.json or {})}"


class _Ledger:
    """
    Keep what both kinds of virtual transport share: all but the sleeping.

    Attributes:
        sent: the requests, in their order.
        sent_at: the moments at which they were sent.
        closed: whether the transport was closed.
        endpoints: how many endpoints there are, as drivers ask every transport.
        secrets: what must not be written anywhere, likewise.
        concurrency: how many requests may be under way at a time, likewise.
    """

    def __init__(
        self,
        source: Source,
        clock: VirtualClock,
        *,
        endpoints: int = 1,
        secrets: frozenset[str] = frozenset(),
    ) -> None:
        self._source = source
        self._clock = clock
        self.sent: list[Request] = []
        self.sent_at: list[float] = []
        self.closed = False
        self.endpoints = endpoints
        self.secrets = secrets
        self.concurrency = 1

    def _exchange(self, request: Request) -> tuple[Reply | Fault, float]:
        now = self._clock.now()
        self.sent.append(request)
        self.sent_at.append(now)
        answer, took = self._source(request, now)
        if took > request.timeout:
            return Fault(FaultKind.TIMEOUT, f"no answer within {request.timeout:g} s"), request.timeout
        return answer, took


class VirtualTransport(_Ledger):
    """
    Send through any source of answers; the clock moves on by what each takes, up to the request's time-out.

    Args:
        source: what answers; ``(request, now) -> (Reply | Fault, seconds)``.
        clock: whose time passes.
        endpoints: how many endpoints there are.
        secrets: what must not be written anywhere.
    """

    def send(self, request: Request) -> Reply | Fault:
        """Ask the source and let the time pass that the answer takes."""
        answer, took = self._exchange(request)
        self._clock.sleep(took)
        return answer

    def close(self) -> None:
        """Note that the transport was closed."""
        self.closed = True


class AsyncVirtualTransport(_Ledger):
    """Be :class:`VirtualTransport` for coroutines."""

    async def send(self, request: Request) -> Reply | Fault:
        """Ask the source and let the time pass that the answer takes."""
        answer, took = self._exchange(request)
        await self._clock.async_sleep(took)
        return answer

    async def close(self) -> None:
        """Note that the transport was closed."""
        self.closed = True


def _from_script(script: Script) -> Source:
    tell = script if callable(script) else _reading(list(script))

    def answer(request: Request, now: float) -> tuple[Reply | Fault, float]:
        line = tell(request, now)
        return (line[1], line[0]) if isinstance(line, tuple) else (line, 0.0)

    return answer


def _reading(lines: list[Scripted]) -> Callable[[Request, float], Scripted]:
    left = iter(lines)

    def tell(request: Request, _: float) -> Scripted:
        for line in left:
            return line
        msg = f"the script ends after {len(lines)} answers, and {describe(request)} asks for one more"
        raise LookupError(msg)

    return tell


class ScriptTransport(VirtualTransport):
    """
    Answer by a script.

    A request past the end of the script is a ``LookupError``.

    Args:
        clock: whose time passes.
        replies: ``Reply``, ``Fault`` or ``(seconds, Reply | Fault)``, one for each request;
            or a function that makes one from the request and the moment.
        endpoints: how many endpoints there are.
    """

    def __init__(self, clock: VirtualClock, replies: Script, *, endpoints: int = 1) -> None:
        super().__init__(_from_script(replies), clock, endpoints=endpoints)


class AsyncScriptTransport(AsyncVirtualTransport):
    """Be :class:`ScriptTransport` for coroutines."""

    def __init__(self, clock: VirtualClock, replies: Script, *, endpoints: int = 1) -> None:
        super().__init__(_from_script(replies), clock, endpoints=endpoints)


def _from_cluster(cluster: SimCluster, token: str | None, latency: float, fault: FaultHook | None) -> Source:
    given = {} if token is None else {"Authorization": f"Bearer {token}"}

    def answer(request: Request, now: float) -> tuple[Reply | Fault, float]:
        instead = fault(request, now) if fault else None
        if instead is not None:
            return instead, latency
        status, headers, body = cluster.handle(
            request.method,
            request.path,
            request.query,
            request.json,
            now,
            headers=given,
            proxy=request.endpoint % len(cluster.proxies),
        )
        if not status:
            return Fault(FaultKind.CONNECTION, "connection refused"), latency
        took = latency + float(headers.get(DELAY_HEADER, 0))
        return Reply(status, body, {k: v for k, v in headers.items() if k != DELAY_HEADER}), took

    return answer


class SimTransport(VirtualTransport):
    """
    Send to a simulated cluster; the cluster's time is the clock's.

    Args:
        cluster: who answers.
        clock: whose time passes.
        token: the bearer token to show.
        latency: seconds that every answer takes.
        fault: asked first, at every request: what it returns is what comes back.
    """

    def __init__(
        self,
        cluster: SimCluster,
        clock: VirtualClock,
        *,
        token: str | None = None,
        latency: float = 0.0,
        fault: FaultHook | None = None,
    ) -> None:
        super().__init__(
            _from_cluster(cluster, token, latency, fault),
            clock,
            endpoints=len(cluster.proxies),
            secrets=frozenset({token} if token else ()),
        )


class AsyncSimTransport(AsyncVirtualTransport):
    """Be :class:`SimTransport` for coroutines."""

    def __init__(
        self,
        cluster: SimCluster,
        clock: VirtualClock,
        *,
        token: str | None = None,
        latency: float = 0.0,
        fault: FaultHook | None = None,
    ) -> None:
        super().__init__(
            _from_cluster(cluster, token, latency, fault),
            clock,
            endpoints=len(cluster.proxies),
            secrets=frozenset({token} if token else ()),
        )
