"""A shell for the tests: it runs ``ais-job`` in this process, on a simulated cluster in virtual time."""

from __future__ import annotations

import json
import sys
from functools import partial
from typing import IO, TYPE_CHECKING, Any

import pytest
from attrs import frozen

from ais_jobcore.testing import (
    AsyncScriptTransport,
    AsyncSimTransport,
    ScriptTransport,
    SimCluster,
    SimTransport,
    VirtualClock,
)
from ais_jobcore_aiohttp import AsyncClient
from ais_jobcore_cli import commands, main, waiting
from ais_jobcore_requests import Client

if TYPE_CHECKING:
    from ais_jobcore.testing import FaultHook, Script


@frozen
class Ran:
    """What a command did."""

    code: int
    out: str
    err: str

    @property
    def documents(self) -> list[dict[str, Any]]:
        """The JSON documents that it printed, one on each line."""
        return [json.loads(line) for line in self.out.splitlines()]


class Shell:
    """
    Run commands; the cluster that they talk to is this one, in virtual time.

    Attributes:
        clock: whose time passes.
        cluster: the cluster.
        streams: what stands for ``stdout`` or ``stderr``, where that is not captured; ``None`` is closed.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.clock = VirtualClock()
        self.cluster = SimCluster()
        self._monkeypatch = monkeypatch
        self._capsys = capsys
        self.streams: dict[str, IO[str] | None] = {}
        self.use()

    def use(
        self, cluster: SimCluster | None = None, *, token: str | None = None, fault: FaultHook | None = None
    ) -> SimCluster:
        """Let the cluster be another one, or be asked with a token, or be in trouble."""
        self.cluster = cluster or self.cluster
        settings = {"token": token, "fault": fault}
        self._connect(
            SimTransport(self.cluster, self.clock, **settings),
            AsyncSimTransport(self.cluster, self.clock, **settings),
        )
        return self.cluster

    def script(self, replies: Script) -> None:
        """Let the cluster answer by a script; each driver has it from the beginning."""
        self._connect(ScriptTransport(self.clock, replies), AsyncScriptTransport(self.clock, replies))

    def _connect(self, transport: Any, async_transport: Any) -> None:  # noqa: ANN401 - any virtual one
        made = partial(Client, transport=transport, clock=self.clock.now, sleep=self.clock.sleep, seed=1)
        async_made = partial(
            AsyncClient,
            transport=async_transport,
            clock=self.clock.now,
            sleep=self.clock.async_sleep,
            seed=1,
        )
        self._monkeypatch.setattr(commands, "Client", made)
        self._monkeypatch.setattr(waiting, "AsyncClient", async_made)

    def connect_really(self) -> None:
        """Let commands reach clusters over the network, as they do outside of tests."""
        self._monkeypatch.setattr(commands, "Client", Client)
        self._monkeypatch.setattr(waiting, "AsyncClient", AsyncClient)

    def run(self, *argv: str) -> Ran:
        """Run one command."""
        self._capsys.readouterr()
        with self._monkeypatch.context() as patch:
            for name, stream in self.streams.items():
                patch.setattr(sys, name, stream)
            code = main(argv)
            for name in [name for name, stream in self.streams.items() if stream is None]:
                getattr(sys, name).close()
        captured = self._capsys.readouterr()
        return Ran(code, captured.out, captured.err)


@pytest.fixture(autouse=True)
def _no_taste_in_terminals(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide what the caller likes terminals to do."""
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    """Return a shell on a cluster without any job."""
    return Shell(monkeypatch, capsys)
