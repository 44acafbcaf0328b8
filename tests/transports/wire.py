"""A server on loopback that answers with scripted bytes, well or badly formed, and keeps what it was sent."""

from __future__ import annotations

import socket
import ssl
import struct
import threading
from contextlib import suppress
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import TYPE_CHECKING, Self, TypeAlias, cast

from attrs import frozen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from types import TracebackType

CERTIFICATE = Path(__file__).parent / "data" / "localhost.pem"
"""A key and the certificate that it signed for itself; nothing but these tests trusts it."""


@frozen
class Received:
    """Hold one request as it came in; names of headers are in lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes
    connection: int


class Hang:
    """Say nothing more until the server is closed."""


class Reset:
    """Reset the connection."""


class Close:
    """Close the connection."""


@frozen
class Pause:
    """Say nothing for some seconds."""

    seconds: float


Step: TypeAlias = bytes | Pause | type[Hang] | type[Reset] | type[Close]


def answer(body: bytes = b"{}", status: int = 200, **headers: str) -> bytes:
    """Spell a whole answer; underscores in the names of headers become hyphens."""
    lines = {"Content-Length": str(len(body)), **{k.replace("_", "-"): v for k, v in headers.items()}}
    head = "".join(f"{name}: {text}\r\n" for name, text in lines.items())
    return f"HTTP/1.1 {status} Whatever\r\n{head}\r\n".encode() + body


class WireServer:
    """
    Answer on loopback; a context manager.

    Args:
        script: what is done about a request: steps one after the other, or a function of the request.
        tls: whether to speak TLS.
        greeting: what to say to whoever connects, before hanging up; nothing is read then.

    Attributes:
        received: the requests, in order.
        asked: set with the first of them.
    """

    def __init__(
        self,
        *script: Step,
        by: Callable[[Received], Iterable[Step]] | None = None,
        tls: bool = False,
        greeting: bytes = b"",
    ) -> None:
        self.greeting = greeting
        self.received: list[Received] = []
        self.asked = threading.Event()
        self.closing = threading.Event()
        self.script = by or (lambda _: script)
        self.tls: ssl.SSLContext | None = None
        if tls:
            self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.tls.load_cert_chain(CERTIFICATE)
        self._server = _Server(self)

    @property
    def endpoint(self) -> str:
        """Its URL."""
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.closing.set()
        self._server.end()


class _Server(ThreadingTCPServer):
    block_on_close = True
    daemon_threads = False

    def __init__(self, owner: WireServer) -> None:
        self.owner = owner
        self.connections: list[socket.socket] = []
        super().__init__(("127.0.0.1", 0), _Handler)
        self._thread = threading.Thread(target=self.serve_forever, args=(0.01,))
        self._thread.start()

    def process_request(
        self, request: socket.socket | tuple[bytes, socket.socket], client_address: object
    ) -> None:
        self.connections.append(cast("socket.socket", request))
        super().process_request(request, client_address)

    def end(self) -> None:
        self.shutdown()
        self._thread.join()
        for connection in self.connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self.server_close()

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: clients of these tests go away in the middle."""


class _Handler(StreamRequestHandler):
    def setup(self) -> None:
        owner = cast("_Server", self.server).owner
        if owner.tls is not None:
            self.request = owner.tls.wrap_socket(self.request, server_side=True)
            cast("_Server", self.server).connections.append(self.request)
        super().setup()

    def finish(self) -> None:
        super().finish()
        self.request.close()

    def handle(self) -> None:
        owner = cast("_Server", self.server).owner
        if owner.greeting:
            self.wfile.write(owner.greeting)
            return
        number = len({each.connection for each in owner.received})
        while (request := self._read(number)) is not None:
            owner.received.append(request)
            owner.asked.set()
            for step in owner.script(request):
                if not self._do(step, owner):
                    return

    def _read(self, number: int) -> Received | None:
        first = self.rfile.readline().split()
        if not first:
            return None
        headers: dict[str, str] = {}
        while line := self.rfile.readline().strip():
            name, _, text = line.decode().partition(":")
            headers[name.lower()] = text.strip()
        body = self.rfile.read(int(headers.get("content-length", 0)))
        return Received(first[0].decode(), first[1].decode(), headers, body, number)

    def _do(self, step: Step, owner: WireServer) -> bool:
        if isinstance(step, bytes):
            self.wfile.write(step)
            self.wfile.flush()
            return True
        if isinstance(step, Pause):
            return not owner.closing.wait(step.seconds)
        if step is Hang:
            owner.closing.wait()
        if step is Reset:
            self.request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return False
