"""What several tests of the testing kit need."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from attrs import Factory, define

from ais_jobcore.decisions import Continue, Done
from ais_jobcore.queries import CLUSTER_PATH, Request, ask_status

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ais_jobcore.machines.protocols import Event
    from ais_jobcore.testing import SimCluster


@define
class Asking:
    """An operation that asks a number of times, a second apart, and returns what it was told."""

    times: int
    request: Request = Factory(lambda: ask_status("Jabcdefgh"))
    told: tuple[tuple[Event, float], ...] = ()

    def start(self, now: float) -> Continue | Done[tuple[tuple[Event, float], ...]]:  # noqa: ARG002
        """Ask for the first time, at once."""
        return self._next(0.0)

    def handle(self, event: Event, now: float) -> Continue | Done[tuple[tuple[Event, float], ...]]:
        """Ask again."""
        self.told += ((event, now),)
        return self._next(1.0)

    def _next(self, delay: float) -> Continue | Done[tuple[tuple[Event, float], ...]]:
        if len(self.told) == self.times:
            return Done(self.told, "asked often enough")
        return Continue(delay, self.request, "not yet")


def get(
    cluster: SimCluster,
    what: str,
    body: Mapping[str, object] | None,
    now: float,
    *,
    headers: Mapping[str, str] | None = None,
    proxy: int = 0,
) -> tuple[int, Any]:
    """Ask a cluster, and decode the answer."""
    status, _, answer = cluster.handle(
        "GET", CLUSTER_PATH, {"what": what}, body, now, headers=headers, proxy=proxy
    )
    return status, json.loads(answer) if answer else None


def put(cluster: SimCluster, action: str, value: object, now: float) -> tuple[int, str]:
    """Ask a cluster to act, and return its words."""
    status, _, answer = cluster.handle("PUT", CLUSTER_PATH, {}, {"action": action, "value": value}, now)
    return status, json.loads(answer)["message"] if status >= 400 else answer.decode()
