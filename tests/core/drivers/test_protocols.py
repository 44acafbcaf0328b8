"""The two seams: whatever a driver runs, and whatever it sends through, can be called alike."""

# ruff: noqa: ANN401 - what has no type in common, and what is wrong

from __future__ import annotations

from inspect import iscoroutinefunction, signature
from typing import Any

import pytest

from ais_jobcore import GroupWait, JobWait, Reply, Request
from ais_jobcore.drivers.protocols import AsyncTransport, Traits, Transport
from ais_jobcore.machines.group import Completions
from ais_jobcore.machines.operations import Call
from ais_jobcore.machines.protocols import Operation
from ais_jobcore.recording import Recorder
from ais_jobcore.testing import (
    AsyncReplayTransport,
    AsyncScriptTransport,
    AsyncSimTransport,
    ReplayTransport,
    ScriptTransport,
    SimCluster,
    SimTransport,
    VirtualClock,
)


def parameters(kind: type, name: str) -> list[str]:
    """Name the parameters of a method."""
    return [*signature(getattr(kind, name)).parameters]


@pytest.mark.parametrize("operation", [JobWait, GroupWait, Completions, Call, Recorder])
@pytest.mark.parametrize("name", ["start", "handle"])
def test_operations(operation: type, name: str) -> None:
    """Each can be started, and be told what came, with the parameters that drivers use."""
    assert parameters(Operation, name) == parameters(operation, name)


@pytest.mark.parametrize("name", ["send", "close"])
@pytest.mark.parametrize("transport", [SimTransport, ReplayTransport, ScriptTransport])
def test_transports(transport: type, name: str) -> None:
    """Each sends one request, and can be closed."""
    assert parameters(Transport, name) == parameters(transport, name)
    assert not iscoroutinefunction(getattr(transport, name))


@pytest.mark.parametrize("name", ["send", "close"])
@pytest.mark.parametrize("transport", [AsyncSimTransport, AsyncReplayTransport, AsyncScriptTransport])
def test_async_transports(transport: type, name: str) -> None:
    """The same, to be awaited."""
    assert parameters(AsyncTransport, name) == parameters(transport, name)
    assert iscoroutinefunction(getattr(transport, name))


class Bare:
    """A transport of version 1.0."""

    def send(self, request: Request) -> Reply:
        """Answer."""
        del request
        return Reply(200)

    def close(self) -> None:
        """Give nothing back."""


class Derived(Transport):
    """A transport that derives from the protocol, and is asked by two names."""

    endpoints = 2  # type: ignore[assignment]

    def send(self, request: Request) -> Reply:
        """Answer."""
        del request
        return Reply(200)

    def close(self) -> None:
        """Give nothing back."""


def test_transport_need_not_tell_anything() -> None:
    """A transport that tells nothing has one endpoint, no secrets, and one request at a time."""
    assert Traits(endpoints=1, secrets=frozenset(), concurrency=1) == Traits.of(Bare())


def test_transport_inherits_what_it_does_not_tell() -> None:
    """A class that derives from the protocol tells what it overrides, and has defaults for the rest."""
    assert Traits(endpoints=2) == Traits.of(Derived())
    transport: Any = type("Plain", (Transport,), {})()
    assert Traits() == Traits.of(transport)


def test_transport_tells_what_is_so_at_the_moment() -> None:
    """A token that came later is a secret, too; any collection of texts will do."""
    bare: Any = Bare()
    bare.endpoints, bare.concurrency, bare.secrets = 3, 8, ["one"]
    assert Traits(endpoints=3, concurrency=8, secrets=frozenset({"one"})) == Traits.of(bare)
    bare.secrets.append("two")
    assert {"one", "two"} == Traits.of(bare).secrets


@pytest.mark.parametrize("secrets", ["one", {"one": 1}, {"one": 1}.keys(), iter(["one"]), ("one", 2)])
def test_secrets_may_be_told_in_any_way(secrets: object) -> None:
    """What holds texts is read, and a text is one of them: better a secret too many than one too few."""
    bare: Any = Bare()
    bare.secrets = secrets
    assert {"one"} == Traits.of(bare).secrets


@pytest.mark.parametrize(
    "told",
    [
        {"endpoints": ["http://a", "http://b"]},
        {"endpoints": 0, "concurrency": -1},
        {"endpoints": "2", "concurrency": None, "secrets": 7},
        {"secrets": lambda: "text"},
        {"secrets": [1, None]},
    ],
)
def test_other_attributes_by_the_same_names_tell_nothing(told: dict[str, Any]) -> None:
    """A transport of version 1.0 may have attributes by these names that mean something else."""
    bare: Any = Bare()
    vars(bare).update(told)
    assert Traits() == Traits.of(bare)


@pytest.mark.parametrize(
    ("sim", "script"), [(SimTransport, ScriptTransport), (AsyncSimTransport, AsyncScriptTransport)]
)
def test_transports_of_the_testing_kit_tell(sim: Any, script: Any) -> None:
    """They have the endpoints of what they stand for, and the token that they show."""
    clock = VirtualClock()
    expected = Traits(endpoints=2, secrets=frozenset({"hush"}))
    assert expected == Traits.of(sim(SimCluster(proxies=2), clock, token="hush"))
    assert Traits(endpoints=3) == Traits.of(script(clock, [], endpoints=3))
