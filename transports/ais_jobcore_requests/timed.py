"""
Bound a whole exchange in time, not each read of it; take no half answer for a whole one; note what was sent.

The timeouts of requests are per read of the socket: a server that sends a byte now and then is never
late. Here every read has what is left of the time that urllib3 allows for the answer.
"""

from __future__ import annotations

import io
import time
from contextvars import ContextVar
from http.client import HTTPResponse, IncompleteRead
from typing import TYPE_CHECKING, Any, Final

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from ais_jobcore.limits import NO_TIMEOUT

if TYPE_CHECKING:
    import socket

    from ais_jobcore.drivers.sending import Departure

departing: Final[ContextVar[Departure | None]] = ContextVar("departing", default=None)
"""What notes when the request leaves that this thread sends: between the two there is only requests."""


class TimedReader(io.RawIOBase):
    """A socket that is read until a deadline that does not move; it notes the end of the stream."""

    at_end = False

    def __init__(self, raw: io.RawIOBase, sock: socket.socket) -> None:
        self._raw = raw
        self._sock = sock
        # urllib3 sets this to what connecting has left over, just before it reads.
        self._deadline = time.monotonic() + (sock.gettimeout() or NO_TIMEOUT)

    def readable(self) -> bool:
        """Tell that it can be read, as a buffer asks."""
        return True

    def readinto(self, buffer: Any) -> int | None:  # noqa: ANN401 - whatever a buffer gives to be filled
        """Read once, within what is left of the time."""
        left = self._deadline - time.monotonic()
        if left <= 0:
            msg = "the answer is not complete in time"
            raise TimeoutError(msg)
        self._sock.settimeout(left)
        count = self._raw.readinto(buffer)
        self.at_end = count == 0
        return count

    def close(self) -> None:
        """Close what it reads from."""
        self._raw.close()
        super().close()


class _TimedResponse(HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - passed on
        super().__init__(sock, *args, **kwargs)
        self._reader = TimedReader(self.fp.detach(), sock)
        self.fp = io.BufferedReader(self._reader)

    def begin(self) -> None:
        """Read the head. ``http.client`` takes one that breaks off for a whole one; it is none."""
        super().begin()
        if self._reader.at_end:
            raise IncompleteRead(partial=b"")


class _TimedConnection(HTTPConnection):
    response_class = _TimedResponse

    def send(self, data: Any) -> None:  # noqa: ANN401 - passed on
        """Send a part of the request, and note it once there is a connection."""
        if self.sock is None:
            self.connect()
        if (departure := departing.get()) is not None:
            departure.note()
        super().send(data)


class _TimedTLSConnection(_TimedConnection, HTTPSConnection):
    """The same over TLS."""


class _TimedPool(HTTPConnectionPool):
    ConnectionCls: Any = _TimedConnection


class _TimedTLSPool(HTTPSConnectionPool):
    ConnectionCls: Any = _TimedTLSConnection

    def _validate_conn(self, conn: Any) -> None:  # noqa: ANN401 - urllib3 has no public name for it
        """Connect, without a warning for every request: the client has warned once."""
        if conn.is_closed:
            conn.connect()


class TimedAdapter(HTTPAdapter):
    """The adapter of requests, with timeouts for whole exchanges."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - passed on
        """Let the pools make timed connections."""
        super().init_poolmanager(*args, **kwargs)
        timed: dict[str, Any] = {"http": _TimedPool, "https": _TimedTLSPool}
        self.poolmanager.pool_classes_by_scheme = timed
