"""What every transport has to do on the wire: requests as they should be, and each fault by its name."""

# ruff: noqa: ANN401 - the parts of both drivers go by one name here, and have no type in common

from __future__ import annotations

import json
import socket
import time
from typing import TYPE_CHECKING, Any

import pytest

from ais_jobcore import Fault, FaultKind, Reply, Request
from ais_jobcore.drivers.config import ClientConfig
from ais_jobcore.queries import ask_status, start_job
from tests.transports.wire import Close, Hang, Pause, Reset, WireServer, answer

if TYPE_CHECKING:
    from pathlib import Path

    from tests.transports.drivers import Driver
    from tests.transports.wire import Step

QUICK = 0.08
"""Seconds for what has to run into its time-out."""

ASK = ask_status("Jabc").addressed(timeout=5.0, endpoint=0)


def config(*endpoints: str, **settings: Any) -> ClientConfig:
    """Reach some endpoints."""
    return ClientConfig(endpoints=endpoints, **settings)


class WireCompliance:
    """Hold for every transport; inherited by the tests of each driver."""

    def ask(self, driver: Driver, *script: Step, request: Request = ASK, **settings: Any) -> Any:
        """Send one request to a server that does as scripted."""
        with WireServer(*script) as server:
            return driver.transport(config(server.endpoint, **settings)).send(request)

    # What goes out.

    def test_request_as_it_is_on_the_wire(self, driver: Driver) -> None:
        """Method, prefix, path, query, headers and the body, even with GET, are as the request says."""
        with WireServer(answer()) as server:
            driver.transport(config(server.endpoint + "/gw/ais/", token="s3cret")).send(ASK)
        (got,) = server.received
        assert ("GET", "/gw/ais/v1/cluster?what=status") == (got.method, got.target)
        assert {"id": "Jabc"} == json.loads(got.body)
        expected = {
            "content-type": "application/json",
            "accept-encoding": "identity",
            "authorization": "Bearer s3cret",
        }
        assert expected == {name: got.headers[name] for name in expected}
        assert got.headers["user-agent"].startswith("ais-jobcore/")

    def test_command_as_it_is_on_the_wire(self, driver: Driver) -> None:
        """A start is a PUT with its query; without a token there is no such header."""
        with WireServer(answer(b"Jid")) as server:
            driver.transport(config(server.endpoint)).send(start_job("lru", force=True))
        (got,) = server.received
        assert ("PUT", "/v1/cluster?force=true") == (got.method, got.target)
        assert {"action": "start", "value": {"Kind": "lru"}} == json.loads(got.body)
        assert "authorization" not in got.headers

    def test_connection_is_kept(self, driver: Driver) -> None:
        """Requests that follow one another use one connection."""
        with WireServer(answer()) as server:
            transport = driver.transport(config(server.endpoint))
            for _ in range(3):
                assert transport.send(ASK).status == 200
        assert [0, 0, 0] == [each.connection for each in server.received]

    def test_cookies_are_not_sent_back(self, driver: Driver) -> None:
        """What a server wants to be remembered is not."""
        with WireServer(answer(Set_Cookie="track=1; Path=/")) as server:
            transport = driver.transport(config(server.endpoint))
            transport.send(ASK)
            transport.send(ASK)
        assert [False, False] == ["cookie" in each.headers for each in server.received]

    def test_netrc_does_not_replace_the_token(
        self, driver: Driver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Credentials of the user's ``.netrc`` are not sent, with a token or without (R7)."""
        netrc = tmp_path / "netrc"
        netrc.write_text("machine 127.0.0.1 login user password pass\n")
        netrc.chmod(0o600)
        monkeypatch.setenv("NETRC", str(netrc))
        with WireServer(answer()) as server:
            driver.transport(config(server.endpoint, token="tok")).send(ASK)
            driver.transport(config(server.endpoint)).send(ASK)
        assert ["Bearer tok", None] == [each.headers.get("authorization") for each in server.received]

    # What comes back.

    @pytest.mark.parametrize(
        ("status", "body"), [(200, b'{"a": 1}'), (404, b"x"), (503, b""), (500, b"\xff\0"), (299, b"")]
    )
    def test_any_answer_is_a_reply(self, driver: Driver, status: int, body: bytes) -> None:
        """Status, body and headers come back as they are, whatever they say."""
        reply = self.ask(driver, answer(body, status, Retry_After="7"))
        assert isinstance(reply, Reply)
        assert (status, body) == (reply.status, reply.body)
        assert "7" == {name.lower(): text for name, text in reply.headers.items()}["retry-after"]

    def test_chunked_answer_is_a_reply(self, driver: Driver) -> None:
        """The length need not be told beforehand."""
        head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        reply = self.ask(driver, head, b"2\r\nab\r\n", b"1\r\nc\r\n0\r\n\r\n")
        assert b"abc" == reply.body

    def test_identity_may_be_named(self, driver: Driver) -> None:
        """An answer that says it is not encoded is not."""
        assert b"{}" == self.ask(driver, answer(Content_Encoding="Identity")).body

    def expect(self, kind: FaultKind, got: Reply | Fault) -> str:
        """Expect a fault and return its words."""
        assert isinstance(got, Fault), got
        assert kind is got.kind, got
        return got.message

    def test_refused_connection(self, driver: Driver) -> None:
        """Nobody listens: a connection fault in plain words."""
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            transport = driver.transport(config(f"http://127.0.0.1:{unused.getsockname()[1]}"))
            assert "refused" in self.expect(FaultKind.CONNECTION, transport.send(ASK)).lower()

    @pytest.mark.parametrize(
        "script",
        [(Close,), (Reset,), (b"HTTP/1.1 20",), (b"SSH-2.0-OpenSSH_9.7\r\n\r\n",), (b"\0" * 200, Close)],
        ids=["closed", "reset", "half a status line", "another protocol", "zeros"],
    )
    def test_no_answer_begins(self, driver: Driver, script: tuple[Step, ...]) -> None:
        """Closed, reset or not HTTP: a connection fault."""
        self.expect(FaultKind.CONNECTION, self.ask(driver, *script, Close))

    def test_name_that_does_not_resolve(self, driver: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
        """An unknown host is told from one that does not answer."""

        def nowhere(*_: object, **__: object) -> list[Any]:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

        monkeypatch.setattr(socket, "getaddrinfo", nowhere)
        transport = driver.transport(config("http://gateway.invalid:8080"))
        assert "not known" in self.expect(FaultKind.DNS, transport.send(ASK))

    @pytest.mark.parametrize(
        "script",
        [
            (Hang,),
            (b"HTTP/1.1 200 OK\r\n", Hang),
            (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", Hang),
            (b"HTTP/1.1 200 OK\r\n", *(b"A: b\r\n", Pause(0.02)) * 100),
            (b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n", *(b"a", Pause(0.02)) * 99),
            (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", *(b"1\r\na\r\n", Pause(0.02)) * 99),
            (b"HTTP/1.1 100 Continue\r\n\r\n", *(b"HTTP/1.1 100 Continue\r\n\r\n", Pause(0.02)) * 99),
        ],
        ids=[
            "silence",
            "headers stop",
            "body stops",
            "headers drip",
            "body drips",
            "chunks drip",
            "continues drip",
        ],
    )
    def test_request_has_its_time_out_in_all(self, driver: Driver, script: tuple[Step, ...]) -> None:
        """Neither silence nor a byte now and then holds a request longer than its time-out."""
        began = time.monotonic()
        got = self.ask(driver, *script, request=ASK.addressed(timeout=QUICK, endpoint=0))
        self.expect(FaultKind.TIMEOUT, got)
        assert QUICK * 0.9 <= time.monotonic() - began < QUICK + 0.5

    @pytest.mark.parametrize(
        "script",
        [
            (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", Close),
            (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", Pause(0.02), Reset),
            (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", Close),
            (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n", Close),
        ],
        ids=["length", "reset", "chunk", "last chunk"],
    )
    def test_answer_that_breaks_off(self, driver: Driver, script: tuple[Step, ...]) -> None:
        """An answer that is not complete is a fault, never a reply."""
        self.expect(FaultKind.TRUNCATED, self.ask(driver, *script))

    @pytest.mark.parametrize(
        "rest",
        [b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", b"Content-Le", b"Content-Length: 2\r\n", b""],
        ids=["size of a chunk", "half a header", "a header", "no header"],
    )
    def test_answer_that_is_half_http(self, driver: Driver, rest: bytes) -> None:
        """What begins well and goes on as no HTTP, or not at all, is a fault: not an empty answer."""
        got = self.ask(driver, b"HTTP/1.1 200 OK\r\n" + rest, Close)
        assert isinstance(got, Fault)
        assert got.kind in {FaultKind.CONNECTION, FaultKind.TRUNCATED}

    @pytest.mark.parametrize("told", [True, False])
    def test_answer_that_is_too_large(self, driver: Driver, told: bool) -> None:
        """More bytes than are taken are not, whether they are announced or not; as many are."""
        head = "Content-Length: 11" if told else "Connection: close"
        script = (f"HTTP/1.1 200 OK\r\n{head}\r\n\r\n".encode(), b"a" * 11, Close)
        assert "10 bytes" in self.expect(FaultKind.TOO_LARGE, self.ask(driver, *script, max_body=10))
        assert b"a" * 11 == self.ask(driver, *script, max_body=11).body

    @pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd", "identity, gzip", "\x1b[2Jx"])
    def test_compressed_answer(self, driver: Driver, encoding: str) -> None:
        """What was not asked for is not unpacked, not even looked at."""
        words = self.expect(FaultKind.TRUNCATED, self.ask(driver, answer(b"x", Content_Encoding=encoding)))
        assert words.isprintable()

    @pytest.mark.parametrize("status", [300, 301, 302, 303, 304, 307, 308])
    def test_redirect_is_not_followed(self, driver: Driver, status: int) -> None:
        """Neither request nor token goes where an answer points, and its secrets are not repeated (R8)."""
        with WireServer(answer()) as other:
            to = other.endpoint.replace("://", "://user:hush@") + "/hush?token=hush#hush"
            words = self.expect(
                FaultKind.REDIRECT, self.ask(driver, answer(b"", status, Location=to), token="tok")
            )
        assert [] == other.received
        assert (True, False) == (other.endpoint in words, "hush" in words)
