"""Transports without a network, sync and async from one source of answers."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeAlias

import pytest
from attrs import evolve

from ais_jobcore.events import Fault, FaultKind, Reply
from ais_jobcore.queries import Request, ask_snapshots, ask_status, stop_job
from ais_jobcore.testing import (
    AsyncScriptTransport,
    AsyncSimTransport,
    AsyncVirtualTransport,
    ScriptTransport,
    SimCluster,
    SimTransport,
    VirtualClock,
    VirtualTransport,
)
from ais_jobcore.testing.spelling import spell_date

if TYPE_CHECKING:
    from ais_jobcore.drivers.protocols import AsyncTransport, Transport

Either: TypeAlias = VirtualTransport | AsyncVirtualTransport

OK = Reply(200, b"{}")
DOWN = Fault(FaultKind.CONNECTION, "reset")
ASK = ask_status("Jabcdefgh")


def send(transport: Either, *requests: Request) -> list[Reply | Fault]:
    """Send some requests one after the other, through either kind of transport, and close it."""
    if isinstance(transport, VirtualTransport):
        answers = [transport.send(request) for request in requests]
        transport.close()
        return answers

    async def send_all() -> list[Reply | Fault]:
        answers = [await transport.send(request) for request in requests]
        await transport.close()
        return answers

    return asyncio.run(send_all())


@pytest.mark.parametrize("kind", [ScriptTransport, AsyncScriptTransport])
def test_script_is_followed(kind: type[ScriptTransport | AsyncScriptTransport]) -> None:
    """Each request gets the next answer, after the time that it takes; requests are written down."""
    clock = VirtualClock(1.0)
    transport = kind(clock, [OK, (0.25, DOWN)])
    assert [OK, DOWN] == send(transport, ASK, ASK)
    assert (1.25, [ASK, ASK], [1.0, 1.0], True) == (
        clock.now(),
        transport.sent,
        transport.sent_at,
        transport.closed,
    )


@pytest.mark.parametrize("kind", [ScriptTransport, AsyncScriptTransport])
def test_script_may_be_a_function(kind: type[ScriptTransport | AsyncScriptTransport]) -> None:
    """A function sees the request and its moment, and may tell how long its answer takes."""
    clock = VirtualClock()
    transport = kind(clock, lambda request, now: (1.0, Reply(200, f"{request.method}{now:g}".encode())))
    assert [b"GET0", b"GET1"] == [told.body for told in send(transport, ASK, ASK) if isinstance(told, Reply)]


def test_a_script_ends() -> None:
    """One request too many says which it was, and how many answers there were."""
    transport = ScriptTransport(VirtualClock(), iter([OK]))
    transport.send(ASK)
    with pytest.raises(
        LookupError, match=r"ends after 1 answers, and GET /v1/cluster .*Jabcdefgh.* one more"
    ):
        transport.send(ASK)


@pytest.mark.parametrize("kind", [ScriptTransport, AsyncScriptTransport])
def test_the_time_out_of_the_request_holds(kind: type[ScriptTransport | AsyncScriptTransport]) -> None:
    """An answer that takes longer than the request may is a time-out, when that time is over."""
    clock = VirtualClock()
    transport = kind(clock, [(2.0, OK), (2.0, OK)])
    answers = send(transport, evolve(ASK, timeout=2.0), evolve(ASK, timeout=1.5))
    assert [OK, Fault(FaultKind.TIMEOUT, "no answer within 1.5 s")] == answers
    assert clock.now() == 3.5


@pytest.mark.parametrize("kind", [SimTransport, AsyncSimTransport])
def test_cluster_is_asked_at_the_clocks_time(kind: type[SimTransport | AsyncSimTransport]) -> None:
    """The cluster answers for the moment of sending, and its delay passes and is not told."""
    clock, cluster = VirtualClock(100.0), SimCluster()
    job = cluster.add_job("copy-bck", at=100.0, duration=5.0)
    transport = kind(cluster, clock, latency=0.5)
    known, unknown = send(transport, ask_snapshots(job.id), ask_status("Jabcdefgh"))
    assert isinstance(known, Reply)
    assert isinstance(unknown, Reply)
    assert (200, 404) == (known.status, unknown.status)
    assert {"Date": spell_date(100.5), "Content-Type": "application/json"} == unknown.headers
    assert clock.now() == 100.0 + 0.5 + 2.5
    assert [100.0, 100.5] == [served.now for served in cluster.log]


def test_endpoints_are_proxies() -> None:
    """The endpoint of a request counts the proxies, and a lost one refuses connections."""
    clock, cluster = VirtualClock(), SimCluster(proxies=2)
    cluster.lose_proxy_at(1, 0.0)
    transport = SimTransport(cluster, clock)
    answers = send(transport, evolve(ASK, endpoint=2), evolve(ASK, endpoint=3))
    assert isinstance(answers[0], Reply)
    assert Fault(FaultKind.CONNECTION, "connection refused") == answers[1]
    assert ["p1", "p2"] == [served.proxy for served in cluster.log]


def test_token_is_shown() -> None:
    """A cluster that asks for a token lets in who has it."""
    cluster = SimCluster(token="secret")
    statuses = {
        token: transport.send(stop_job("Jabcdefgh"))
        for token in (None, "stale", "secret")
        for transport in [SimTransport(cluster, VirtualClock(), token=token)]
    }
    assert {None: 401, "stale": 401, "secret": 200} == {
        token: told.status for token, told in statuses.items() if isinstance(told, Reply)
    }


def test_faults_come_before_the_cluster() -> None:
    """A hook may answer in the cluster's place, by request and moment."""
    clock, cluster = VirtualClock(), SimCluster()
    transport = SimTransport(
        cluster, clock, latency=1.0, fault=lambda request, now: DOWN if now < 1 and request.path else None
    )
    assert DOWN == transport.send(ASK)
    assert isinstance(transport.send(ASK), Reply)
    assert [1.0] == [served.now for served in cluster.log]


def test_both_kinds_are_transports() -> None:
    """Type checkers take them for what drivers and operations expect."""
    clock = VirtualClock()
    transport, async_transport = ScriptTransport(clock, []), AsyncScriptTransport(clock, [])
    sync: Transport = transport
    other: AsyncTransport = async_transport
    sync.close()
    asyncio.run(other.close())
    assert (True, True) == (transport.closed, async_transport.closed)
