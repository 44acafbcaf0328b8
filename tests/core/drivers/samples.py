"""What several tests of the drivers' common part are made of."""

# ruff: noqa: ANN401 - what is wrong has no type

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from ais_jobcore import WaitOptions
from ais_jobcore.drivers.client import ClientBase
from ais_jobcore.drivers.job import JobBase
from ais_jobcore.testing import ScriptTransport, VirtualClock

OPTIONS = WaitOptions(seed=3, request_timeout=4.0)
"""The options of what the sample client runs."""


def bucket(name: str = "b", provider: object = "ais", namespace: object = None) -> Any:
    """Make what looks like a bucket of the official SDK."""
    return SimpleNamespace(name=name, provider=provider, namespace=namespace)


def _filled(base: Any, **own: Any) -> Any:
    """Derive a class that runs nothing: abstract methods are there, and return nothing."""
    return type("Sample", (base,), dict.fromkeys(base.__abstractmethods__, lambda *_, **__: None) | own)


def client(endpoint: Any = None, **settings: Any) -> Any:
    """Make a client that connects to nothing; it draws 7, and its environment is empty unless given."""
    environ, secrets = settings.pop("environ", {}), settings.pop("secrets", frozenset())

    def connect(made: Any, token: Any) -> Any:
        transport: Any = ScriptTransport(VirtualClock(), [], endpoints=len(made._config.endpoints))
        transport.token, transport.secrets = token, secrets
        return transport

    own = {
        "_environ": environ,
        "_needed": ("tests.core.groups",),
        "_draw": staticmethod(lambda _: 7),
        "_connect": connect,
    }
    defaults = {"token": None, "transport": None, "seed": None, "clock": VirtualClock().now, "sleep": None}
    return _filled(ClientBase, **own)(endpoint, **defaults | settings)


def job(job_id: str = "", job_kind: str = "") -> Any:
    """Make a job of a client that has ``OPTIONS``."""
    transport = ScriptTransport(VirtualClock(), [])
    reached = client(transport=transport, seed=OPTIONS.seed, request_timeout=OPTIONS.request_timeout)
    return _filled(JobBase)(reached, job_id, job_kind)
