"""The two seams: whatever a driver runs, and whatever it sends through, can be called alike."""

from __future__ import annotations

from inspect import iscoroutinefunction, signature

import pytest

from ais_jobcore import GroupWait, JobWait
from ais_jobcore.drivers.protocols import AsyncTransport, Transport
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
    SimTransport,
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
