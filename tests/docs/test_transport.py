"""The transport that the guide shows keeps what a transport has to promise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ais_jobcore import Fault, FaultKind, Reply
from ais_jobcore.queries import ask_snapshots
from ais_jobcore.testing import Misbehaviour, SimCluster, SimServer
from tests.docs.pages import snippets

if TYPE_CHECKING:
    from collections.abc import Callable

    from ais_jobcore import Transport

GUIDE = "docs/integrating.md"
MOST_LINES = 60
ASK = ask_snapshots("x3CgTG-3v")


@pytest.fixture(scope="module")
def shown() -> str:
    """Return the code of the transport."""
    (code,) = (found.text for found in snippets(GUIDE, "python") if "class UrllibTransport" in found.text)
    return code


def make(code: str, *endpoints: str, token: Callable[[], str] = str) -> Transport:
    """Make the transport."""
    names: dict[str, Any] = {"__name__": "snippets"}
    exec(compile(code, GUIDE, "exec", dont_inherit=True), names)  # noqa: S102 - it is our own
    transport: Transport = names["UrllibTransport"](*endpoints, token=token)
    return transport


def test_it_is_short(shown: str) -> None:
    """A transport does not take more than 60 lines."""
    assert len(shown.splitlines()) <= MOST_LINES


@pytest.mark.parametrize(
    ("action", "kind"),
    [
        (Misbehaviour.DROP, FaultKind.CONNECTION),
        (Misbehaviour.TRUNCATE, FaultKind.TRUNCATED),
        (Misbehaviour.HANG, FaultKind.TIMEOUT),
        (Reply(307, b"", {"Location": "http://elsewhere/v1/cluster"}), FaultKind.REDIRECT),
        (Reply(200, b"\x1f\x8b", {"Content-Encoding": "gzip"}), FaultKind.TRUNCATED),
    ],
    ids=str,
)
def test_faults_have_their_names(shown: str, action: Misbehaviour | Reply, kind: FaultKind) -> None:
    """What a server does instead of answering is told as what it is."""
    with SimServer(SimCluster(), fault=lambda *_: action) as server:
        timeout = 0.05 if kind is FaultKind.TIMEOUT else ASK.timeout
        got = make(shown, server.endpoint).send(ASK.addressed(timeout=timeout, endpoint=0))
    assert isinstance(got, Fault)
    assert kind is got.kind


def test_nobody_there(shown: str) -> None:
    """A refused connection is told as one."""
    with SimServer(SimCluster()) as server:
        endpoint = server.endpoint
    got = make(shown, endpoint).send(ASK)
    assert isinstance(got, Fault)
    assert FaultKind.CONNECTION is got.kind


@pytest.mark.parametrize("status", [200, 401, 404, 503])
def test_any_status_is_an_answer(shown: str, status: int) -> None:
    """Whatever was answered is passed on as it came."""
    with SimServer(SimCluster(), fault=lambda *_: Reply(status, b"words", {"Retry-After": "7"})) as server:
        got = make(shown, server.endpoint).send(ASK)
    assert isinstance(got, Reply)
    assert (status, b"words", "7") == (got.status, got.body, got.headers["Retry-After"])


def test_token_is_fetched_anew_when_it_was_refused(shown: str) -> None:
    """A token is fetched once, and again for a request that asks for a fresh one."""
    tokens = iter(["old", "new"])
    cluster = SimCluster(token="new")
    job = cluster.add_job("lru")
    ask = ask_snapshots(job.id)
    with SimServer(cluster) as server:
        transport = make(shown, server.endpoint, token=lambda: next(tokens))
        fresh = ask.addressed(timeout=ask.timeout, endpoint=0, refresh_token=True)
        got = [transport.send(request) for request in (ask, ask, fresh, ask)]
    assert [401, 401, 200, 200] == [reply.status for reply in got if isinstance(reply, Reply)]
