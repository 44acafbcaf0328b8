"""The suite on a simulated cluster, so that it is known to run before there is a real one."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from ais_jobcore import Reply, WaitOptions
from ais_jobcore.testing import SimCluster, SimServer
from tests.cluster.store import Store
from tests.cluster.suite import ClusterSuite, ask

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["ask"]

SPEED = 100.0
TOKEN = "s3cret"


class SimulatedStore:
    """
    Do for a simulated cluster what concerns buckets and objects, as far as the suite goes.

    Args:
        server: where the cluster is served.
    """

    def __init__(self, server: SimServer) -> None:
        self._server = server
        self.buckets: dict[str, set[str]] = {}

    def __call__(self, method: str, path: str, query: Mapping[str, str], body: bytes) -> Reply | None:
        """Answer a request that is not about the cluster."""
        _, _, what, *names = path.split("/")
        if what == "cluster":
            return None
        if what == "objects":
            bucket, name = names
            if "target" not in query:
                return Reply(307, b"", {"Location": f"{self._server.endpoint}{path}?target=t1"})
            self.buckets[bucket].add(name)
            return Reply(200)
        message = json.loads(body)
        assert {"provider": "ais"} == {key: text for key, text in query.items() if key != "bck_to"}
        return Reply(200, self._act(method, message["action"], names[0], message["value"], query).encode())

    def _act(self, method: str, action: str, bucket: str, value: Any, query: Mapping[str, str]) -> str:  # noqa: ANN401
        match method, action:
            case "POST", "create-bck":
                self.buckets[bucket] = set()
            case "DELETE", "destroy-bck":
                del self.buckets[bucket]
            case "POST", "copy-bck":
                provider, namespace, to, _ = query["bck_to"].split("/")
                assert ("ais", "@#") == (provider, namespace)
                return self._start("copy-bck", bucket, to=to)
            case "POST", "copy-listrange":
                return self._start(action, bucket, value["objnames"], to=value["tobck"]["name"])
            case "DELETE", "delete-listrange":
                return self._start(action, bucket, value["objnames"])
            case _:
                pytest.fail(f"{method} {action}")
        return ""

    def _start(self, kind: str, bucket: str, names: list[str] | None = None, *, to: str = "") -> str:
        assert not to or to in self.buckets
        missing = sorted({*(names or ())} - self.buckets[bucket])
        cluster = self._server.cluster
        errors = {
            target: f"t[{target}]: ais://{bucket}/{name} does not exist"
            for target, name in zip(cluster.targets, missing, strict=False)
        }
        with self._server.lock:
            job = cluster.add_job(
                kind, at=self._server.now(), duration=2.0, bucket=bucket, to=to, errors=errors, linger=3600
            )
        return job.id


@pytest.fixture
def simulated(monkeypatch: pytest.MonkeyPatch) -> Iterator[SimulatedStore]:
    """Serve a simulated cluster, and let the environment name it and nothing else."""
    cluster = SimCluster(token=TOKEN)
    cluster.add_job("copy-bck", at=-400.0)
    for name in [name for name in os.environ if name.startswith("AIS_")]:
        monkeypatch.delenv(name)
    with SimServer(cluster, speed=SPEED) as server:
        monkeypatch.setenv("AIS_ENDPOINT", server.endpoint)
        monkeypatch.setenv("AIS_AUTHN_TOKEN", TOKEN)
        server.fault = store = SimulatedStore(server)
        yield store


@pytest.fixture
def store(simulated: SimulatedStore) -> Iterator[Store]:
    """Return a store, and see to it that it leaves nothing behind."""
    opened = Store.of_environment()
    yield opened
    opened.close()
    assert not simulated.buckets


@pytest.fixture
def options() -> WaitOptions:
    """Wait in the hurry in which the simulated cluster is."""
    return WaitOptions(grace=0.1, idle_gap=0.05, finished_gap=0.01)


@pytest.mark.usefixtures("simulated")
class TestSimulatedCluster(ClusterSuite):
    """Holds on a simulated cluster."""
