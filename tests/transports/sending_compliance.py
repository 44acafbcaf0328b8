"""What every transport tells of its requests: whether one left, and when."""

# ruff: noqa: ANN401 - the parts of both drivers go by one name here, and have no type in common

from __future__ import annotations

import socket
import time
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest

from ais_jobcore import Continue, Done, Fault, FaultKind, Reply
from ais_jobcore.testing import VirtualClock
from tests.transports.client_compliance import Fixed
from tests.transports.wire import Close, Hang, WireServer, answer
from tests.transports.wire_compliance import ASK, QUICK, config

if TYPE_CHECKING:
    from tests.transports.drivers import Driver

SOON = ASK.addressed(timeout=QUICK, endpoint=0)


class SendingCompliance:
    """Hold for every transport; inherited by the tests of each driver."""

    def test_answer_tells_when_its_request_left(self, driver: Driver) -> None:
        """A reply, and a fault that stands for one, have a moment of the machine's monotonic clock."""
        with WireServer(answer(b"x" * 20)) as server:
            for limit, kind in ((20, Reply), (19, Fault)):
                before = time.monotonic()
                got = driver.transport(config(server.endpoint, max_body=limit)).send(ASK)
                assert isinstance(got, kind)
                assert before <= got.sent_at <= time.monotonic()

    def test_moments_are_the_callers(self, driver: Driver) -> None:
        """A client's own transport has the client's clock, so moments and waits can be compared."""
        clock = VirtualClock(5000.0)
        operation = Fixed(Continue(0.0, ASK, ""), Done(None, ""))
        with WireServer(answer()) as server:
            client = driver.client(server.endpoint, clock=clock.now, sleep=driver.sleep(clock))
            client.run(operation)
        assert [5000.0] == [event.sent_at for event in operation.events]

    @pytest.mark.parametrize("script", [(Hang,), (Close,), (b"HTTP/1.1 200 OK\r\n", Close)], ids=str)
    def test_request_that_was_sent(self, driver: Driver, script: Any) -> None:
        """Once there was a connection, a request may have arrived: it was sent, and when is known."""
        before = time.monotonic()
        with WireServer(*script) as server:
            got = driver.transport(config(server.endpoint)).send(SOON)
        assert isinstance(got, Fault)
        assert (True, True) == (got.sent, before <= got.sent_at)

    def test_refused_connection_is_no_sending(self, driver: Driver) -> None:
        """Nothing leaves where nobody listens."""
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            transport = driver.transport(config(f"http://127.0.0.1:{unused.getsockname()[1]}"))
            self.expect_unsent(FaultKind.CONNECTION, transport.send(ASK))

    def test_unknown_name_is_no_sending(self, driver: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
        """Nothing leaves for a name that does not resolve."""

        def nowhere(*_: object, **__: object) -> list[Any]:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

        monkeypatch.setattr(socket, "getaddrinfo", nowhere)
        transport = driver.transport(config("http://gateway.invalid:8080"))
        self.expect_unsent(FaultKind.DNS, transport.send(ASK))

    def test_failed_handshake_is_no_sending(self, driver: Driver) -> None:
        """Nothing of a request leaves for a server that is not trusted, or speaks no TLS."""
        with WireServer(answer(), tls=True) as server:
            self.expect_unsent(FaultKind.TLS, driver.transport(config(server.endpoint)).send(ASK))
        with WireServer(greeting=b"HTTP/1.1 400 Bad Request\r\n\r\n") as server:
            endpoint = server.endpoint.replace("http:", "https:")
            self.expect_unsent(FaultKind.TLS, driver.transport(config(endpoint)).send(ASK))

    def test_kept_connection_that_breaks_was_sent_on(self, driver: Driver) -> None:
        """A request on a connection that the server closes may have arrived all the same."""
        numbers = count()
        with WireServer(by=lambda _: [answer()] if next(numbers) == 0 else [Close]) as server:
            transport = driver.transport(config(server.endpoint))
            first, second = transport.send(ASK), transport.send(ASK)
        assert isinstance(second, Fault)
        assert (True, True) == (second.sent, first.sent_at <= second.sent_at)

    def expect_unsent(self, kind: FaultKind, got: Any) -> None:
        """Expect a fault of a request of which nothing left."""
        assert isinstance(got, Fault)
        assert (kind, False, None) == (got.kind, got.sent, got.sent_at)
