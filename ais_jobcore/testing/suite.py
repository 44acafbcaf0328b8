"""
The tests of the compliance suite: what every transport has to do, whichever way it is called.

:mod:`~ais_jobcore.testing.compliance` has the classes that are derived from.
"""

from __future__ import annotations

import json
import socket
import time
from contextlib import ExitStack
from itertools import chain, repeat
from typing import TYPE_CHECKING, Final, TypeAlias

import pytest

from ..drivers.loop import drive
from ..drivers.protocols import Traits
from ..events import Fault, FaultKind, Reply
from ..machines.job import JobWait
from ..queries import Query, Request, ask_status, start_job
from .server import Misbehaviour, SimServer
from .sim import SimCluster

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from pathlib import Path

    from .server import ServerFault

    Send: TypeAlias = Callable[[Request], Reply | Fault]

JOB: Final = "JxK3wQ9sT"
ASK: Final = ask_status(JOB).addressed(timeout=5.0, endpoint=0)
QUICK: Final = 0.15
"""Seconds for a request that has to run into its timeout."""
SLACK: Final = 1.0
"""Seconds by which a machine that is busy may be late."""


class Suite:
    """The tests; the classes that derive from this say how a transport is made, and how it is called."""

    made: object = None
    """The transport of the test."""

    def sending(self, *endpoints: str, token: str = "") -> AbstractContextManager[Send]:
        """Make a transport, and close it at the end of the context, which gives a function that sends."""
        raise NotImplementedError

    def ask(self, fault: ServerFault | None = None, request: Request = ASK) -> Reply | Fault:
        """Send one request to a cluster that has the job, or does something else about it."""
        with _served(fault=fault) as server, self.sending(server.endpoint) as send:
            return send(request)

    def expect(self, kind: FaultKind, answer: Reply | Fault) -> Fault:
        """Return the fault, if it is one of that kind."""
        assert isinstance(answer, Fault), f"a Fault was expected, not {answer!r}"
        assert answer.kind is kind, f"{kind} was expected, not {answer!r}"
        return answer

    # The request

    @pytest.mark.parametrize("prefix", ["", "/gw/ais"])
    def test_request_arrives_as_it_is(self, prefix: str) -> None:
        """Method, path, query and body are the request's; the path stands behind that of the endpoint."""
        seen: list[object] = []

        def note(method: str, path: str, query: object, body: bytes) -> Reply:
            seen.append((method, path, query, json.loads(body)))
            return Reply(200, b"{}")

        start = start_job("lru", force=True)
        with _served(fault=note) as server, self.sending(server.endpoint + prefix) as send:
            for request in (ASK, start):
                assert isinstance(send(request), Reply)
        path = f"{prefix}/v1/cluster"
        assert [
            ("GET", path, {"what": "status"}, {"id": JOB}),
            ("PUT", path, {"force": "true"}, start.json),
        ] == seen

    def test_request_without_a_body(self) -> None:
        """Where there is no body, none is sent."""
        seen: list[object] = []

        def note(_: str, __: str, query: object, body: bytes) -> Reply:
            seen.append((query, body))
            return Reply(200)

        self.ask(note, Request(what=Query.STATUS))
        assert [({"what": "status"}, b"")] == seen

    def test_token_is_shown(self) -> None:
        """A cluster that wants a token is shown it; without one, its refusal is the answer."""
        statuses: list[object] = []
        with _served(token="s3cret") as server:
            for token in ("s3cret", ""):
                with self.sending(server.endpoint, token=token) as send:
                    answer = send(ASK)
                    statuses.append(answer.status if isinstance(answer, Reply) else answer)
        assert [200, 401] == statuses

    def test_credentials_of_the_environment_are_not_shown(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The user's ``.netrc`` does not take the place of the token."""
        netrc = tmp_path / "netrc"
        netrc.write_text("machine 127.0.0.1 login user password pass\n")
        netrc.chmod(0o600)
        monkeypatch.setenv("NETRC", str(netrc))
        with _served(token="s3cret") as server, self.sending(server.endpoint, token="s3cret") as send:
            answer = send(ASK)
        assert isinstance(answer, Reply)
        assert 200 == answer.status

    @pytest.mark.parametrize("variable", ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"])
    def test_proxies_of_the_environment_are_not_asked(
        self, monkeypatch: pytest.MonkeyPatch, variable: str
    ) -> None:
        """No request, and no token in it, goes to where a variable points."""
        with _served() as proxy:
            monkeypatch.setenv(variable, proxy.endpoint)
            assert isinstance(self.ask(), Reply)
            assert [] == proxy.cluster.log

    def test_endpoints_take_turns(self) -> None:
        """A request says which endpoint is asked, modulo their number."""
        with ExitStack() as stack:
            servers = [stack.enter_context(_served(fault=_always(Reply(200, text)))) for text in (b"0", b"1")]
            send = stack.enter_context(self.sending(*(server.endpoint for server in servers)))
            asked = [send(ASK.addressed(timeout=5.0, endpoint=number)) for number in (0, 1, 2, 5)]
        assert [b"0", b"1", b"0", b"1"] == [each.body for each in asked if isinstance(each, Reply)]

    @pytest.mark.parametrize("request_", [ASK, start_job("lru")], ids=["question", "start"])
    def test_nothing_is_sent_twice(self, request_: Request) -> None:
        """A server that hangs up, on a new connection or on a kept one, is not asked again."""
        received: list[bytes] = []

        def hang_up(_: str, __: str, ___: object, body: bytes) -> Reply | Misbehaviour:
            received.append(body)
            return Reply(200) if len(received) == 1 else Misbehaviour.DROP

        with _served(fault=hang_up) as server, self.sending(server.endpoint) as send:
            assert isinstance(send(ASK), Reply)
            for _ in range(2):
                self.expect(FaultKind.CONNECTION, send(request_))
        assert 3 == len(received)

    # The answer

    @pytest.mark.parametrize("status", [200, 206, 400, 401, 404, 429, 500, 503])
    def test_any_status_is_an_answer(self, status: int) -> None:
        """Status, body and headers come back as they are, whatever they say."""
        given = Reply(status, b'{"a": "\xff\0"}', {"Retry-After": "7"})
        answer = self.ask(_always(given))
        assert isinstance(answer, Reply)
        assert (status, given.body) == (answer.status, answer.body)
        assert "7" == {name.lower(): text for name, text in answer.headers.items()}["retry-after"]

    def test_redirect_is_not_followed(self) -> None:
        """Neither request nor token goes to where an answer points: it is a fault, or the answer itself."""
        with _served() as other:
            moved = Reply(307, b"", {"Location": f"{other.endpoint}/v1/cluster"})
            answer = self.ask(_always(moved))
            assert [] == other.cluster.log
        if isinstance(answer, Reply):
            assert 307 == answer.status
        else:
            self.expect(FaultKind.REDIRECT, answer)

    def test_encoded_answer_is_not_decoded(self) -> None:
        """An answer in an encoding that was not asked for is a fault, and not unpacked."""
        encoded = Reply(200, b"\x1f\x8b\x08\0", {"Content-Encoding": "gzip"})
        self.expect(FaultKind.TRUNCATED, self.ask(_always(encoded)))

    # Faults

    @pytest.mark.parametrize(
        ("misbehaviour", "kind"),
        [
            (Misbehaviour.DROP, FaultKind.CONNECTION),
            (Misbehaviour.TRUNCATE, FaultKind.TRUNCATED),
            (Misbehaviour.HANG, FaultKind.TIMEOUT),
            (Misbehaviour.DRIP, FaultKind.TIMEOUT),
        ],
    )
    def test_fault_is_told_by_its_name(self, misbehaviour: Misbehaviour, kind: FaultKind) -> None:
        """
        Whatever happens is a fault of a kind, within the timeout of the request, and nothing is raised.

        The timeout is for the whole exchange: a byte now and then does not make it longer.
        """
        timeout = QUICK if kind is FaultKind.TIMEOUT else ASK.timeout
        began = time.monotonic()
        answer = self.ask(_always(misbehaviour), ASK.addressed(timeout=timeout, endpoint=0))
        assert self.expect(kind, answer).sent
        assert time.monotonic() - began < timeout + SLACK

    def test_refused_connection(self) -> None:
        """Where no server listens, the connection is at fault, and the request was certainly not sent."""
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            with self.sending(f"http://127.0.0.1:{unused.getsockname()[1]}") as send:
                assert not self.expect(FaultKind.CONNECTION, send(ASK)).sent

    def test_unknown_name(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A name that does not resolve is told from a host that does not answer."""

        def nowhere(*_: object, **__: object) -> None:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

        monkeypatch.setattr(socket, "getaddrinfo", nowhere)
        with self.sending("http://gateway.invalid:8080") as send:
            assert not self.expect(FaultKind.DNS, send(ASK)).sent

    def test_transport_goes_on_after_faults(self) -> None:
        """A fault is one request's: the next one is answered."""
        fault = _in_turn(Misbehaviour.DROP, Misbehaviour.TRUNCATE, Misbehaviour.HANG, None)
        request = ASK.addressed(timeout=QUICK, endpoint=0)
        with _served(fault=fault) as server, self.sending(server.endpoint) as send:
            answers = [send(request) for _ in range(3)] + [send(ASK)]
        assert [Fault, Fault, Fault, Reply] == [type(each) for each in answers]

    # The rest

    def test_moments_are_within_the_exchange(self) -> None:
        """If a transport tells when a request left, that was after it was handed over."""
        before = time.monotonic()
        answer = self.ask()
        assert answer.sent_at is None or before <= answer.sent_at <= time.monotonic()

    def test_wait_goes_well(self) -> None:
        """A whole wait goes through the transport."""
        with _served(duration=5.0, speed=100.0) as server, self.sending(server.endpoint) as send:
            wait = JobWait(JOB, timeout=30.0)
            result = drive(wait, send, clock=time.monotonic, sleep=time.sleep)
        assert (JOB, True) == (result.job_id, result.success)

    def test_transport_tells_about_itself(self) -> None:
        """A transport tells how many endpoints it has, and every token that it has shown."""
        with (
            _served(token="s3cret") as server,
            self.sending(server.endpoint, server.endpoint, token="s3cret") as send,
        ):
            send(ASK)
            traits = Traits.of(self.made)
        assert 2 == traits.endpoints
        assert "s3cret" in traits.secrets
        assert traits.concurrency > 0

    def test_transport_is_closed_unused(self) -> None:
        """A transport that has sent nothing can be closed."""
        with self.sending("http://127.0.0.1:1"):
            pass


def _always(action: Reply | Misbehaviour | None) -> ServerFault:
    return lambda _method, _path, _query, _body: action


def _in_turn(*actions: Reply | Misbehaviour | None) -> ServerFault:
    """Do one after the other; the last one goes on."""
    left = chain(actions, repeat(actions[-1]))
    return lambda _method, _path, _query, _body: next(left)


def _served(
    *,
    token: str | None = None,
    fault: ServerFault | None = None,
    duration: float = 1000.0,
    speed: float = 1.0,
) -> SimServer:
    """Make a server of a cluster with the job."""
    cluster = SimCluster(token=token)
    cluster.add_job("copy-bck", job_id=JOB, duration=duration)
    return SimServer(cluster, fault=fault, speed=speed)
