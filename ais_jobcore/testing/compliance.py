"""
The compliance suite for transports: what each of them has to do, as tests that its author runs with pytest.

The tests talk to simulated clusters over loopback. To run them, derive a class that makes a transport::

    class TestMyTransport(TransportCompliance):
        def make(self, endpoints, token):
            return MyTransport(*endpoints, token=token)

For a transport with coroutine functions derive from :class:`AsyncTransportCompliance`.
"""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from typing import TYPE_CHECKING

from .suite import Suite

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from ..drivers.protocols import AsyncSender, Sender
    from .suite import Send


class TransportCompliance(Suite):
    """The suite for a :class:`~ais_jobcore.Transport`; the class that derives from it has ``make``."""

    def make(self, endpoints: Sequence[str], token: str) -> Sender:
        """Make the transport, of base URLs and a token, which is empty for none."""
        raise NotImplementedError

    @contextmanager
    def sending(self, *endpoints: str, token: str = "") -> Generator[Send]:
        """Make a transport, and close it at the end of the context, which gives a function that sends."""
        self.made = transport = self.make(endpoints, token)
        try:
            yield transport.send
        finally:
            transport.close()


class AsyncTransportCompliance(Suite):
    """The suite for an :class:`~ais_jobcore.AsyncTransport`; it runs in an event loop of asyncio."""

    def make(self, endpoints: Sequence[str], token: str) -> AsyncSender:
        """Make the transport, within the event loop, of base URLs and a token, which is empty for none."""
        raise NotImplementedError

    @contextmanager
    def sending(self, *endpoints: str, token: str = "") -> Generator[Send]:
        """Make a transport, and close it at the end of the context, which gives a function that sends."""

        async def made() -> AsyncSender:
            return self.make(endpoints, token)

        with asyncio.Runner() as runner:
            self.made = transport = runner.run(made())
            try:
                yield lambda request: runner.run(transport.send(request))
            finally:
                runner.run(transport.close())
