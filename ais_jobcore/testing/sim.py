"""
A simulated cluster: a pure model of AIStore's jobs, targets and proxies as a waiter sees them.

Every answer follows from how the cluster was made, what was scripted and asked so far, and the moment
that is passed in. It has no clock and no chance of its own, and is for one thread at a time.
"""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from attrs import frozen

from ..queries import CLUSTER_PATH
from .answers import answer
from .asks import DELAY_HEADER, Refused, read_body
from .spelling import spell_date
from .world import World

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from .asks import Answer


@frozen(kw_only=True)
class Served:
    """
    Note one request that a simulated cluster answered.

    Attributes:
        now: when it came.
        proxy: which proxy was asked.
        method: its method.
        path: its path.
        query: its query.
        body: its body, decoded; empty where it could not be.
        status: the status of the answer; 0 for a refused connection.
        delay: seconds that the answer takes.
    """

    now: float
    proxy: str
    method: str
    path: str
    query: Mapping[str, str]
    body: Mapping[str, object]
    status: int
    delay: float = 0.0


class SimCluster(World):
    """
    A simulated cluster.

    Args:
        targets: how many, or their names.
        proxies: how many, or their names; the first three of them keep statuses.
        token: the bearer token that is asked for; ``None`` lets everybody in.
        powerless_token: a token that is valid and allows nothing.
        starting_until: until when the cluster is starting and says 503.
        started_duration: seconds that a job takes which is started by request.
        omits: keys that snapshots lack, as on older servers: ``err``, ``is_idle``.
        seed: makes other ids.

    Attributes:
        jobs: every job, by the id to wait for.
        log: the requests that were answered, in order.
        unbounded_stops: how many stops named neither a job nor a kind: there should never be one.
    """

    def __init__(
        self,
        targets: int | Sequence[str] = 3,
        *,
        proxies: int | Sequence[str] = 1,
        token: str | None = None,
        powerless_token: str | None = None,
        starting_until: float = -inf,
        started_duration: float = 2.0,
        omits: Collection[str] = (),
        seed: int = 0,
    ) -> None:
        super().__init__(targets, proxies=proxies, started_duration=started_duration, omits=omits, seed=seed)
        self.token = token
        self.powerless_token = powerless_token
        self.starting_until = starting_until
        self.log: list[Served] = []

    def handle(
        self,
        method: str,
        path: str,
        query: Mapping[str, str],
        body: bytes | Mapping[str, object] | None,
        now: float,
        *,
        headers: Mapping[str, str] | None = None,
        proxy: int = 0,
    ) -> Answer:
        """
        Answer a request.

        Args:
            method: its HTTP method.
            path: its URL path.
            query: its URL query.
            body: its body, as bytes or decoded.
            now: the moment, in seconds; any: starts and stops count from their own moments on.
            headers: its headers.
            proxy: which proxy is asked.

        Returns:
            Status, headers and body. The header ``Sim-Delay`` tells how many seconds a real cluster would
            take; transports honour and strip it. A status of 0 is a refused connection.
        """
        name = self.proxies[proxy]
        document: Mapping[str, object] = {}
        try:
            self._let_in(name, now, headers or {})
            document = read_body(body)
            if path != CLUSTER_PATH:
                raise Refused(400, f"invalid path {path!r}")  # noqa: TRY301 - as from every place below
            answered = answer(self, method, query, document, now=now, proxy=name)
        except Refused as refused:
            answered = refused.answer(method, path, name, self.targets[0])
        status, told, text = answered
        delay = float(told.get(DELAY_HEADER, 0))
        self.answered += 1
        self.log.append(
            Served(
                now=now,
                proxy=name,
                method=method,
                path=path,
                query=dict(query),
                body=document,
                status=status,
                delay=delay,
            )
        )
        return status, {"Date": spell_date(now), **told} if status else told, text

    def _let_in(self, proxy: str, now: float, headers: Mapping[str, str]) -> None:
        if self.refuses_at(proxy, now):
            raise Refused(0, "")
        if now < self.starting_until:
            raise Refused(503, "")
        if self.token is None:
            return
        shown = next((text for name, text in headers.items() if name.lower() == "authorization"), None)
        if shown is None:
            raise Refused(401, "token required")
        if self.powerless_token is not None and shown == f"Bearer {self.powerless_token}":
            raise Refused(403, "user `u` has insufficient permissions")
        if shown != f"Bearer {self.token}":
            words = 'invalid token from header "Authorization": invalid token [err: token expired]'
            raise Refused(401, words)
