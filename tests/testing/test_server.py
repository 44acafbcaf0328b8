"""The simulated cluster over HTTP on loopback."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from ais_jobcore.events import Reply
from ais_jobcore.testing import Misbehaviour, SimCluster, SimServer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ASK = "/v1/cluster?what=status"
BODY = json.dumps({"id": "Jabcdefgh"})


@pytest.fixture
def cluster() -> SimCluster:
    """Return a cluster of two proxies, with a job."""
    cluster = SimCluster(proxies=2)
    cluster.add_job("copy-bck", job_id="Jabcdefgh", duration=1000.0)
    return cluster


@pytest.fixture
def server(cluster: SimCluster) -> Iterator[SimServer]:
    """Serve the cluster."""
    with SimServer(cluster) as server:
        yield server


def connect(endpoint: str) -> http.client.HTTPConnection:
    """Open a connection to an endpoint."""
    return http.client.HTTPConnection(urlsplit(endpoint).netloc, timeout=10)


def send(
    endpoint: str, method: str = "GET", path: str = ASK, body: str | None = BODY
) -> tuple[http.client.HTTPResponse, bytes]:
    """Send one request on a connection of its own."""
    connection = connect(endpoint)
    try:
        connection.request(method, path, body, {"Authorization": "Bearer x"})
        response = connection.getresponse()
        return response, response.read()
    finally:
        connection.close()


def status_of(*request: str | None) -> int:
    """Send one request, and return the status of the answer."""
    return send(*request)[0].status  # type: ignore[arg-type]


def test_answers_are_those_of_the_cluster(cluster: SimCluster, server: SimServer) -> None:
    """Query, body and headers get there; status, type and body come back."""
    connection = connect(server.endpoint)
    for _ in range(2):  # on one connection
        connection.request("GET", ASK, BODY)
        response = connection.getresponse()
        document = json.loads(response.read())
        assert (200, "text/plain; charset=utf-8") == (response.status, response.getheader("Content-Type"))
        assert "Jabcdefgh" == document["uuid"]
    connection.close()
    assert [("p1", {"what": "status"}, {"id": "Jabcdefgh"})] * 2 == [
        (served.proxy, served.query, served.body) for served in cluster.log
    ]


def test_a_server_serves_inside_a_with_statement(cluster: SimCluster) -> None:
    """Before that there is no endpoint, and afterwards there is none any more."""
    server = SimServer(cluster)
    for _ in range(2):
        with pytest.raises(RuntimeError, match="inside a with statement"):
            _ = server.endpoint
        with server:
            assert status_of(server.endpoint) == 200


def test_each_proxy_has_a_port(cluster: SimCluster, server: SimServer) -> None:
    """The endpoints are the proxies, in their order; the first is the default."""
    for endpoint in server.endpoints:
        assert status_of(endpoint) == 200
    assert ["p1", "p2"] == [served.proxy for served in cluster.log]
    assert server.endpoints[0] == server.endpoint


def test_jobs_are_started_and_stopped(cluster: SimCluster, server: SimServer) -> None:
    """PUT works as GET does, and an empty answer has a length."""
    body = json.dumps({"action": "stop", "value": {"ID": "Jabcdefgh"}})
    response, _ = send(server.endpoint, "PUT", "/v1/cluster", body)
    assert (200, "0") == (response.status, response.getheader("Content-Length"))
    assert cluster.jobs["Jabcdefgh"].settled < 100


def test_tokens_are_passed_on() -> None:
    """The cluster sees the headers."""
    with SimServer(SimCluster(token="x")) as right, SimServer(SimCluster(token="y")) as wrong:
        path = "/v1/cluster?what=status_all"
        assert [200, 401] == [status_of(server.endpoint, "GET", path) for server in (right, wrong)]


def test_unknown_methods_and_missing_bodies_are_refused(server: SimServer) -> None:
    """What the server cannot do it says, and no body is an empty one."""
    assert status_of(server.endpoint, "PATCH") == 501
    assert status_of(server.endpoint, "GET", ASK, None) == 400


def test_time_is_real_and_may_be_faster(cluster: SimCluster) -> None:
    """The cluster's time begins with the server, and passes with its speed; delays are waited for."""
    with SimServer(cluster, speed=100.0) as server:
        before = time.monotonic()
        response, _ = send(server.endpoint, body=json.dumps({"id": "Junknown1"}))
        took = time.monotonic() - before
        assert (404, None) == (response.status, response.getheader("Sim-Delay"))
        assert 0.02 <= took < 2.0
        assert 2.0 <= server.now() < 200.0


def test_a_port_may_be_chosen() -> None:
    """A port that is taken is an error that leaves nothing open."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        server = SimServer(SimCluster(), port=port)
        with pytest.raises(OSError, match="in use"), server:
            pass  # pragma: no cover
    with SimServer(SimCluster(), port=port) as server:
        assert server.endpoint == f"http://127.0.0.1:{port}"


def test_a_lost_proxy_closes_connections(cluster: SimCluster, server: SimServer) -> None:
    """Over HTTP a refused connection is one that is closed without an answer."""
    with server.lock:
        cluster.lose_proxy_at(0, 0.0)
    with pytest.raises(http.client.RemoteDisconnected):
        send(server.endpoint)
    assert status_of(server.endpoints[1]) == 200


def misbehave(cluster: SimCluster, action: Reply | Misbehaviour | None) -> SimServer:
    """Make a server that does the same to every request, once it has seen all of it."""

    def fault(method: str, path: str, query: Mapping[str, str], body: bytes) -> Reply | Misbehaviour | None:
        assert ("GET", "/v1/cluster", {"what": "status"}, BODY.encode()) == (method, path, query, body)
        return action

    return SimServer(cluster, fault=fault)


def test_a_fault_may_drop_the_connection(cluster: SimCluster) -> None:
    """Nothing comes back, and the cluster is not asked."""
    with misbehave(cluster, Misbehaviour.DROP) as server, pytest.raises(http.client.RemoteDisconnected):
        send(server.endpoint)
    assert [] == cluster.log


def test_a_fault_may_cut_the_answer(cluster: SimCluster) -> None:
    """Less comes than was announced."""
    with (
        misbehave(cluster, Misbehaviour.TRUNCATE) as server,
        pytest.raises(http.client.IncompleteRead) as caught,
    ):
        send(server.endpoint)
    assert caught.value.partial.startswith(b'{"kind":"copy-bck"')


def test_a_fault_may_answer_anything(cluster: SimCluster) -> None:
    """A reply is sent as it is, its length included where it tells one."""
    page = Reply(404, b"<html>", {"Content-Type": "text/html"})
    with misbehave(cluster, page) as server:
        response, body = send(server.endpoint)
    assert (404, "text/html", b"<html>") == (response.status, response.getheader("Content-Type"), body)


def test_a_fault_may_let_pass(cluster: SimCluster) -> None:
    """Without an action the cluster answers."""
    with misbehave(cluster, None) as server:
        assert status_of(server.endpoint) == 200


def test_a_fault_may_hang_until_the_server_is_closed(cluster: SimCluster) -> None:
    """Who waits for such an answer is hung up on in the end; closing again is harmless."""
    asked = threading.Event()

    def hang(*_: object) -> Misbehaviour:
        asked.set()
        return Misbehaviour.HANG

    with SimServer(cluster, fault=hang) as server:
        connection = connect(server.endpoint)
        connection.request("GET", ASK, BODY)
        assert asked.wait(10)
        server.close()
        with pytest.raises((http.client.RemoteDisconnected, ConnectionError)):
            connection.getresponse()
        connection.close()


def test_closing_hangs_up_on_open_connections(server: SimServer) -> None:
    """A connection that is kept alive does not keep the server alive; no thread is left."""
    connection = connect(server.endpoint)
    connection.request("GET", ASK, BODY)
    connection.getresponse().read()
    server.close()
    assert b"" == connection.sock.recv(1)
    connection.close()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("sim-proxy")]


def test_a_client_that_goes_away_is_no_news(cluster: SimCluster, capfd: pytest.CaptureFixture[str]) -> None:
    """Neither a connection that is reset nor nonsense on it is printed anywhere."""
    with SimServer(cluster, fault=lambda *_: Reply(200, b"x" * 10_000_000)) as server:
        host, port = urlsplit(server.endpoint).netloc.split(":")
        for words in (
            b"GET / HTTP/1.1\r\n\r\n",
            b"GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
            b"?\r\n\r\n",
        ):
            with socket.create_connection((host, int(port))) as connection:
                connection.sendall(words)
    assert ("", "") == tuple(capfd.readouterr())
