"""Send requests through the ``requests`` library: build, send, keep the time, name what went wrong."""

from __future__ import annotations

import socket
import ssl
import time
from http.client import HTTPException, IncompleteRead
from http.cookiejar import DefaultCookiePolicy
from typing import TYPE_CHECKING, Final, cast

import requests
from urllib3.exceptions import HTTPError, NewConnectionError
from urllib3.exceptions import TimeoutError as SlowError
from urllib3.util import Timeout

from ais_jobcore.drivers.files import read_token_file, tls_context
from ais_jobcore.drivers.sending import Departure
from ais_jobcore.drivers.tokens import TokenSource
from ais_jobcore.events import FaultKind, Reply
from ais_jobcore.wire.http import fault_of, refuse, spell, too_large

from .timed import TimedAdapter, departing

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ais_jobcore.drivers.config import ClientConfig
    from ais_jobcore.events import Fault
    from ais_jobcore.queries import Request

_KINDS: Final[tuple[tuple[type[BaseException], FaultKind], ...]] = (
    (socket.gaierror, FaultKind.DNS),
    # A peer that goes away during a handshake or an answer is no matter of trust.
    (ssl.SSLEOFError, FaultKind.CONNECTION),
    (ssl.SSLZeroReturnError, FaultKind.CONNECTION),
    (ssl.SSLError, FaultKind.TLS),
    # urllib3 derives it from its timeouts.
    (NewConnectionError, FaultKind.CONNECTION),
    (TimeoutError, FaultKind.TIMEOUT),
    (SlowError, FaultKind.TIMEOUT),
    (IncompleteRead, FaultKind.TRUNCATED),
    (requests.exceptions.ChunkedEncodingError, FaultKind.TRUNCATED),
)
_CHUNK: Final = 64 * 1024


class RequestsTransport:
    """
    A transport on requests, which blocks until there is an answer.

    Nothing is retried or followed, and nothing but the arguments says where a request goes and what token
    it carries: no proxy, CA bundle or ``.netrc`` of the environment (rules R7 to R9). Threads may share it.

    Args:
        config: how to reach the cluster.
        token: called for the token, instead of the one in ``config``; again when it was refused.
        clock: gives monotonic seconds: the clock of the wait.

    Raises:
        ValueError: the files named for TLS cannot be used.
    """

    def __init__(
        self,
        config: ClientConfig,
        *,
        token: Callable[[], str] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._config = config
        self._clock = clock
        self._token = TokenSource(config, token, read=read_token_file)
        self._session = self._opened()

    def _opened(self) -> requests.Session:
        # requests loads the files for TLS by itself, with the first request.
        tls_context(self._config)
        session = requests.Session()
        session.trust_env = False
        session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
        adapter = TimedAdapter(len(self._config.endpoints), self._config.pool_size)
        session.mount("http://", adapter)
        session.mount("https://", adapter)
        return session

    def __getstate__(self) -> dict[str, object]:
        """Return what is pickled: everything but the connections."""
        return {name: value for name, value in vars(self).items() if name != "_session"}

    def __setstate__(self, state: Mapping[str, object]) -> None:
        vars(self).update(state)
        self._session = self._opened()

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

    def send(self, request: Request) -> Reply | Fault:
        """
        Send one request within its timeout.

        Only how long a name takes to resolve is up to the system.

        Raises:
            ValueError: there is no token to be had from where it should come; nothing else, unless
                the user's own function for tokens does.
        """
        config = self._config
        http = spell(request, config.endpoints, self._token.get(refresh=request.refresh_token))
        timeout = Timeout(total=request.timeout, connect=min(config.connect_timeout, request.timeout))
        departure = Departure(self._clock)
        departing.set(departure)
        try:
            with self._session.request(
                http.method,
                http.url,
                headers=http.headers,
                data=http.body,
                # requests takes it as it is, and its stubs do not say so.
                timeout=cast("float", timeout),
                allow_redirects=False,
                stream=True,
                verify=config.verify,
                cert=config.client_cert,
            ) as response:
                refused = refuse(response.status_code, response.headers, config.max_body)
                return departure.told(refused or self._read(response))
        except (requests.RequestException, HTTPError, HTTPException, OSError) as error:
            return departure.told(fault_of(error, _KINDS))

    def _read(self, response: requests.Response) -> Reply | Fault:
        body = bytearray()
        for chunk in response.iter_content(_CHUNK):
            body += chunk
            if len(body) > self._config.max_body:
                return too_large(self._config.max_body)
        return Reply(response.status_code, bytes(body), dict(response.headers))

    def close(self) -> None:
        """Close the connections."""
        self._session.close()
