"""Send requests through the ``aiohttp`` library: build, send, keep the time, name what went wrong."""

from __future__ import annotations

import asyncio
import math
import socket
import ssl
import time
from typing import TYPE_CHECKING, Final

import aiohttp
from yarl import URL

from ais_jobcore.drivers.files import read_token_file, tls_context
from ais_jobcore.drivers.sending import Departure
from ais_jobcore.drivers.tokens import TokenSource
from ais_jobcore.events import FaultKind, Reply
from ais_jobcore.wire.http import fault_of, refuse, spell, too_large

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import SimpleNamespace

    from ais_jobcore.drivers.config import ClientConfig
    from ais_jobcore.drivers.tokens import Fetch
    from ais_jobcore.events import Fault
    from ais_jobcore.queries import Request

_KINDS: Final[tuple[tuple[type[BaseException], FaultKind], ...]] = (
    (socket.gaierror, FaultKind.DNS),
    (aiohttp.ClientConnectorDNSError, FaultKind.DNS),
    # A peer that goes away during a handshake or an answer is no matter of trust.
    (ssl.SSLEOFError, FaultKind.CONNECTION),
    (ssl.SSLZeroReturnError, FaultKind.CONNECTION),
    (ssl.SSLError, FaultKind.TLS),
    (aiohttp.ClientSSLError, FaultKind.TLS),
    (TimeoutError, FaultKind.TIMEOUT),
    (aiohttp.ClientPayloadError, FaultKind.TRUNCATED),
)


class _NotSentAgainError(aiohttp.ClientError):
    """Carry an error past the part of aiohttp that would send the request a second time."""


async def _send_once(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """Keep aiohttp from sending again what a server may have got: a start is not to be doubled (S45)."""
    try:
        return await handler(request)
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise _NotSentAgainError from error


async def _read_token_file(file: str) -> str:
    """Read a token from its file while the event loop goes on."""
    return await asyncio.to_thread(read_token_file, file)


async def _note(_: aiohttp.ClientSession, context: SimpleNamespace, __: object) -> None:
    """Note when a request leaves: it has a connection then, for which it may have queued."""
    departure: Departure = context.trace_request_ctx
    departure.note()


class AiohttpTransport:
    """
    A transport on aiohttp, for one event loop.

    Nothing is retried or followed, and nothing but the arguments says where a request goes and what token
    it carries: no proxy and no ``.netrc`` of the environment (rules R7, R10).

    Args:
        config: how to reach the cluster.
        token: called for the token, instead of the one in ``config``, and awaited where it is a
            coroutine function; again when the token was refused.
        clock: gives monotonic seconds: the clock of the wait.

    Raises:
        ValueError: the files named for TLS cannot be used.
    """

    def __init__(
        self,
        config: ClientConfig,
        *,
        token: Fetch | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._config = config
        self._clock = clock
        self._token = TokenSource(config, token, read=_read_token_file)
        self._tls = self._trust()
        self._session: aiohttp.ClientSession | None = None

    def _trust(self) -> ssl.SSLContext | bool:
        context = tls_context(self._config)
        return self._config.verify is not False if context is None else context

    def __getstate__(self) -> dict[str, object]:
        """Return what is pickled: everything but the connections."""
        return {name: value for name, value in vars(self).items() if name not in {"_session", "_tls"}}

    def __setstate__(self, state: Mapping[str, object]) -> None:
        vars(self).update(state)
        self._tls = self._trust()
        self._session = None

    @property
    def endpoints(self) -> int:
        """How many endpoints there are."""
        return len(self._config.endpoints)

    @property
    def concurrency(self) -> int:
        """How many requests may be under way at a time: as many as there are connections."""
        return self._config.pool_size

    @property
    def secrets(self) -> frozenset[str]:
        """What must not be written anywhere: every token there was so far."""
        return frozenset(self._token.known)

    async def send(self, request: Request) -> Reply | Fault:
        """
        Send one request within its timeout.

        Raises:
            ValueError: there is no token to be had from where it should come; nothing else, unless
                the user's own function for tokens does.
        """
        config = self._config
        token = await self._token.get_async(refresh=request.refresh_token)
        http = spell(request, config.endpoints, token)
        timeout = aiohttp.ClientTimeout(
            total=request.timeout,
            sock_connect=min(config.connect_timeout, request.timeout),
            # Longer ones would be rounded up to whole seconds.
            ceil_threshold=math.inf,
        )
        departure = Departure(self._clock)
        try:
            async with self._opened().request(
                http.method,
                URL(http.url, encoded=True),
                headers=http.headers,
                data=http.body,
                timeout=timeout,
                allow_redirects=False,
                ssl=self._tls,
                trace_request_ctx=departure,
            ) as response:
                refused = refuse(response.status, response.headers, config.max_body)
                return departure.told(refused or await self._read(response))
        except (aiohttp.ClientError, OSError) as error:
            return departure.told(fault_of(error, _KINDS))

    async def _read(self, response: aiohttp.ClientResponse) -> Reply | Fault:
        body = bytearray()
        async for chunk in response.content.iter_any():
            body += chunk
            if len(body) > self._config.max_body:
                return too_large(self._config.max_body)
        return Reply(response.status, bytes(body), dict(response.headers))

    def _opened(self) -> aiohttp.ClientSession:
        # A session belongs to the loop it is made in, so it is made with the first request.
        if self._session is None:
            tracing = aiohttp.TraceConfig()
            tracing.on_request_headers_sent.append(_note)
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=self._config.pool_size),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                middlewares=(_send_once,),
                trace_configs=[tracing],
                trust_env=False,
            )
        return self._session

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
