"""
Serve a simulated cluster over HTTP on loopback, in real time.

For tests of drivers, for the command line, and for trying things out; it trusts whoever connects.
"""

from __future__ import annotations

import enum
import socket
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Final, Self, TypeAlias, TypeGuard, cast
from urllib.parse import parse_qsl, urlsplit

from ..events import Reply
from .asks import DELAY_HEADER

if TYPE_CHECKING:
    from types import TracebackType

    from .sim import SimCluster

    _Connection: TypeAlias = socket.socket | tuple[bytes, socket.socket]

_MAX_BODY: Final = 1 << 24
_POLL: Final = 0.02


class Misbehaviour(enum.Enum):
    """What a server may do to a request instead of answering it."""

    DROP = "drop"
    """Close the connection without a word."""
    TRUNCATE = "truncate"
    """Send the true answer, break off in the middle of it and close the connection."""
    HANG = "hang"
    """Say nothing until the server is closed."""
    DRIP = "drip"
    """Send the true answer, a byte of its body now and then."""


ServerFault: TypeAlias = Callable[[str, str, Mapping[str, str], bytes], Reply | Misbehaviour | None]
"""What is done to a request ``(method, path, query, body)``; ``None`` lets the cluster answer it."""


class SimServer:
    """
    Serve a simulated cluster, each of its proxies on a port of its own; a context manager.

    Args:
        cluster: who answers; to script it further while it is served, hold :attr:`lock`.
        port: the port of the first proxy, the others follow it; 0 takes any that are free.
        speed: how many seconds of the cluster pass in one.
        fault: asked first, at every request, with method, path, query and body: it may return a ``Reply``
            to be sent instead, or a :class:`Misbehaviour`. It is called by several threads.

    Attributes:
        lock: held while the cluster answers.
    """

    def __init__(
        self, cluster: SimCluster, *, port: int = 0, speed: float = 1.0, fault: ServerFault | None = None
    ) -> None:
        self.cluster = cluster
        self.fault = fault
        self.lock = threading.Lock()
        self.closing = threading.Event()
        self.speed = speed
        self._port = port
        self._began = 0.0
        self._servers: list[_Server] = []

    def __enter__(self) -> Self:
        self._began = time.monotonic()
        self.closing.clear()
        try:
            for proxy in range(len(self.cluster.proxies)):
                self._servers.append(_Server(self, proxy, self._port and self._port + proxy))
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def endpoints(self) -> list[str]:
        """The URLs of the proxies."""
        return [f"http://127.0.0.1:{server.server_port}" for server in self._servers]

    @property
    def endpoint(self) -> str:
        """
        The URL of the first proxy.

        Raises:
            RuntimeError: nothing is served.
        """
        if not self._servers:
            msg = "a SimServer serves inside a with statement, and not before or after"
            raise RuntimeError(msg)
        return self.endpoints[0]

    def now(self) -> float:
        """Tell the cluster's time: seconds since it is served, times the speed."""
        return (time.monotonic() - self._began) * self.speed

    def close(self) -> None:
        """Hang up on everybody and stop; harmless when it is repeated."""
        self.closing.set()
        while self._servers:
            self._servers.pop().end()


class _Server(ThreadingHTTPServer):
    """Serve one proxy, know the open connections, and end with all of the threads."""

    daemon_threads = False
    block_on_close = True
    request_queue_size = 1024

    def __init__(self, owner: SimServer, proxy: int, port: int) -> None:
        self.owner = owner
        self.proxy = proxy
        self._connections: set[_Connection] = set()
        super().__init__(("127.0.0.1", port), _Handler)
        self._thread = threading.Thread(target=self.serve_forever, args=(_POLL,), name=f"sim-proxy-{proxy}")
        self._thread.start()

    def process_request(self, request: _Connection, client_address: object) -> None:
        with self.owner.lock:
            self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: _Connection) -> None:
        with self.owner.lock:
            self._connections.discard(request)
        super().shutdown_request(request)

    def end(self) -> None:
        self.shutdown()
        self._thread.join()
        with self.owner.lock:
            for connection in filter(_is_socket, self._connections):
                # Wakes the thread that waits for the next request on it.
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        self.server_close()

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: a client that goes away in the middle is no news here."""


def _is_socket(connection: _Connection) -> TypeGuard[socket.socket]:
    return isinstance(connection, socket.socket)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is given
        """Say nothing."""

    def do_GET(self) -> None:
        owner = cast("_Server", self.server).owner
        url = urlsplit(self.path)
        query = dict(parse_qsl(url.query))
        body = self.rfile.read(min(int(self.headers["Content-Length"] or 0), _MAX_BODY))
        action = owner.fault(self.command, url.path, query, body) if owner.fault else None
        if isinstance(action, Reply):
            self._answer(action.status, action.headers, action.body)
        elif action is Misbehaviour.DROP:
            self.close_connection = True
        elif action is Misbehaviour.HANG:
            self.close_connection = owner.closing.wait()
        else:
            self._ask_cluster(url.path, query, body, action)

    do_DELETE = do_POST = do_PUT = do_GET  # noqa: N815 - the names are given

    def _ask_cluster(
        self, path: str, query: Mapping[str, str], body: bytes, action: Misbehaviour | None
    ) -> None:
        server = cast("_Server", self.server)
        owner, proxy = server.owner, server.proxy
        with owner.lock:
            status, headers, answer = owner.cluster.handle(
                self.command, path, query, body, owner.now(), headers=dict(self.headers.items()), proxy=proxy
            )
        owner.closing.wait(float(headers.pop(DELAY_HEADER, 0)) / owner.speed)
        if status:
            self._answer(status, headers, answer, action)
        else:
            self.close_connection = True

    def _answer(
        self, status: int, headers: Mapping[str, str], body: bytes, action: Misbehaviour | None = None
    ) -> None:
        self.send_response_only(status)
        told = {"Date": self.date_time_string(), "Content-Length": str(len(body)), **headers}
        for name, text in told.items():
            self.send_header(name, text)
        self.end_headers()
        if action is Misbehaviour.DRIP:
            self._drip(body)
        elif action is Misbehaviour.TRUNCATE:
            self.wfile.write(body[: len(body) // 2])
            self.close_connection = True
        else:
            self.wfile.write(body)

    def _drip(self, body: bytes) -> None:
        self.wfile.flush()
        for byte in body:
            if cast("_Server", self.server).owner.closing.wait(_POLL):
                break
            self.wfile.write(bytes((byte,)))
            self.wfile.flush()
