"""
From a request to a simulated cluster's answer: who knows what, and how it is said.

Sources: what a running cluster answered; ``ais/ic.go``, ``ais/prxclu.go`` and ``xact/xreg/xreg.go`` of
NVIDIA/aistore where it was not asked.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, TypeAlias, cast

from ..kinds import Scope, find_kind
from .asks import Refused, fields_of, read_ask
from .spelling import JSON, TEXT, spell_snapshot, spell_status, to_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from .asks import Answer, Ask
    from .jobs import SimJob
    from .lives import Life
    from .world import World

    Seen: TypeAlias = tuple[SimJob, Life]
    """A job, and its life on the target that is asked."""

STATUS_DELAY: Final = 2.0
"""Seconds that proxies look for a job in vain (V4)."""

_VALID_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{7,30}[A-Za-z0-9]|g[0-9]+")
_REBALANCE_ID: Final = re.compile(r"g([0-9]+)")
_VALUE_KEYS: Final = frozenset(
    {"id", "kind", "daemonid", "bck", "buckets", "timeout", "force", "onlyrunning", "flags"}
)


def answer(
    cluster: World,
    method: str,
    query: Mapping[str, str],
    body: Mapping[str, object],
    *,
    now: float,
    proxy: str,
) -> Answer:
    """
    Answer a request for ``/v1/cluster``.

    Raises:
        Refused: with a document of its own.
    """
    fields = fields_of(body)
    if method == "GET" and query.get("what") in _QUERIES:
        return _QUERIES[query["what"]](cluster, read_ask(fields), now, proxy)
    if method == "PUT":
        action = str(fields.get("action") or "")
        if action not in _ACTIONS:
            raise Refused(400, f'invalid action "{action}"')
        value = fields_of(fields.get("value"))
        for key in sorted(value.keys() - _VALUE_KEYS):
            raise Refused(400, f"xact.ArgsMsg: found unknown field: {key}")
        return _ACTIONS[action](cluster, value, now)
    raise Refused(400, f"unexpected {method} request with query {dict(query)}")


# Queries that all targets answer.


def _snapshots(cluster: World, ask: Ask, now: float, proxy: str) -> Answer:
    _require_targets(cluster, now, proxy)
    for job_id in ask.ids:
        if not _VALID_ID.fullmatch(job_id) and cluster.known_as(job_id) is None:
            raise Refused(400, f'invalid xaction (job) UUID "{job_id}"', by_target=True)
    select = _by_id if ask.ids else _all
    found = {
        target: [
            spell_snapshot(job, life, target, now, omits=cluster.omits)
            for job, life in select(cluster, ask, target, now)
        ]
        for target in cluster.targets_at(now)
    }
    if ask.ids:
        # A target that does not know the job says so, and the proxy leaves it out.
        found = {target: snaps for target, snaps in found.items() if snaps}
        if not found:
            raise Refused(404, f'"{ask}" not found')
    return 200, {"Content-Type": JSON}, to_json(found) + b"\n"


def _all(cluster: World, ask: Ask, target: str, now: float) -> list[Seen]:
    return _seen(cluster.jobs.values(), ask, target, now)


def _by_id(cluster: World, ask: Ask, target: str, now: float) -> list[Seen]:
    """Answer as one target: with the first that it knows of the ids given (V10)."""
    for job_id in ask.ids:
        exact = cluster.known_as(job_id)
        later = [] if ask.active else _later_rebalances(cluster, job_id, target, now)
        if found := _seen([exact, *later] if exact else later, ask, target, now):
            return found
    return []


def _seen(jobs: Iterable[SimJob], ask: Ask, target: str, now: float) -> list[Seen]:
    return [
        (job, life)
        for job in jobs
        if (life := job.life(target, now)) and ask.wants(job) and (life.active(now) or not ask.active)
    ]


def _later_rebalances(cluster: World, job_id: str, target: str, now: float) -> list[SimJob]:
    """List the finished rebalances that answer for one that is not running (G21)."""
    asked = _REBALANCE_ID.fullmatch(job_id)
    exact = cluster.known_as(job_id)
    if asked is None or (exact is not None and exact.active(now)):
        return []
    return [
        job
        for job in cluster.jobs.values()
        if (other := _REBALANCE_ID.fullmatch(job.id)) and int(other[1]) > int(asked[1])
        if (life := job.life(target, now)) and not life.stopped and now >= life.ends
    ]


def _running_all(cluster: World, ask: Ask, now: float, proxy: str) -> Answer:
    """List names; it takes a kind and looks at nothing else, and its order changes from call to call."""
    _require_targets(cluster, now, proxy)
    kinds = [ask.kind] if ask.kind else []
    names = [
        f"{job.kind.name}[{job.snap_id}]"
        for job in cluster.jobs.values()
        if job.active(now) and (job.kind in kinds or not kinds)
    ]
    turn = cluster.answered % len(names) if names else 0
    return 200, {"Content-Type": JSON}, to_json(names[turn:] + names[:turn]) + b"\n"


def _require_targets(cluster: World, now: float, proxy: str) -> None:
    for target in cluster.down_at(now):
        words = (
            f"p[{proxy}]: failed to call t[{target}] [control-plane], err: "
            f'Get "http://{target}.invalid:9080/v1/xactions?what=qryxstats": '
            f"dial tcp {target}.invalid:9080: connect: connection refused"
        )
        raise Refused(400, words, tcode="ErrFailedTo")


# Queries that proxies answer from memory.


def _status(cluster: World, ask: Ask, now: float, proxy: str) -> Answer:
    if not ask.job_id and ask.kind is None:
        raise Refused(400, "invalid x-")
    if not ask.job_id and not cluster.is_ic(proxy):
        member = cluster.proxies[0]
        where = f"http://{member}.invalid:9080/v1/cluster?what=status"
        raise Refused(307, "see the information center", location=where)
    if ask.job_id:
        asked = cluster.jobs.get(ask.job_id)
        jobs = [asked] if asked else []
    else:
        jobs = [job for job in cluster.jobs.values() if job.status_kind == ask.kind_name]
    known = [
        (job, status)
        for job in jobs
        if (status := job.status(now)) and (status.end is None or not ask.active)
    ]
    if not known:
        keepers = filter(cluster.is_ic, cluster.proxies)
        members = ",".join(f"{name}(*)" if name == proxy else name for name in keepers)
        what = f"x-[{ask.job_id}]" if ask.job_id else f"nl [{members}, {ask}]"
        words = f"p[{proxy}]: {what} does not exist"
        raise Refused(404, words, tcode="ErrNotFound", delay=STATUS_DELAY)
    job, status = max(known, key=lambda pair: pair[0].begins)
    if ask.kind_name not in {"", job.status_kind}:
        raise Refused(400, f"kind mismatch: {ask} is of kind {job.status_kind}")
    return 200, {"Content-Type": TEXT}, to_json(spell_status(job, status, errors=True))


def _status_all(cluster: World, ask: Ask, now: float, proxy: str) -> Answer:
    """List statuses: without error texts, and ``null`` for none, or from a proxy that keeps none."""
    listed = [
        spell_status(job, status, errors=False)
        for job in cluster.jobs.values()
        if not ask.job_id or job.id == ask.job_id
        if not ask.named_kind or job.status_kind == ask.kind_name
        if (status := job.status(now)) and (status.end is None or not ask.active)
    ]
    return 200, {"Content-Type": TEXT}, to_json((cluster.is_ic(proxy) and listed) or None)


_QUERIES: Final[Mapping[str, Callable[[World, Ask, float, str], Answer]]] = {
    "qryxstats": _snapshots,
    "running_all": _running_all,
    "status": _status,
    "status_all": _status_all,
}


# Actions.


def _start(cluster: World, value: Mapping[str, Any], now: float) -> Answer:
    kind = find_kind(str(value.get("kind") or ""))
    several = value.get("buckets")
    given = [value.get("bck"), *(cast("list[object]", several) if isinstance(several, list) else ())]
    buckets = [fields_of(bucket) for bucket in given if bucket]
    target = str(value.get("daemonid") or "")
    if kind is None:
        words = 'invalid xaction (job) kind "": xa-[]'
    elif kind.scope is Scope.BUCKET and not buckets:
        words = f'xaction "{kind.name}" requires a bucket to start'
    elif not kind.startable:
        words = f'xaction "{kind.name}" cannot be started'
    elif target and target not in cluster.targets_at(now):
        words = f"t[{target}] does not exist"
    else:
        job = cluster.add_job(
            kind.name,
            at=now,
            duration=cluster.started_duration,
            bucket=str(buckets[0].get("name", "")) if buckets else "",
            targets=[target] if target else None,
        )
        return 200, {"Content-Type": TEXT}, job.id.encode()
    raise Refused(400, words, by_target=True)


def _stop(cluster: World, value: Mapping[str, Any], now: float) -> Answer:
    """Stop one job or all of a kind; who names neither is counted, for an older server might stop all."""
    job_id = str(value.get("id") or "")
    kind = find_kind(str(value.get("kind") or ""))
    if not job_id and kind is None:
        cluster.unbounded_stops += 1
        words = "cannot stop xaction given 'xa-[]' - expecting a valid kind and/or UUID"
        raise Refused(400, words, by_target=True)
    for job in cluster.jobs.values():
        if job_id in {job.id, job.snap_id} if job_id else job.kind is kind:
            job.abort_at(now)
    return 200, {}, b""


_ACTIONS: Final[Mapping[str, Callable[[World, Mapping[str, Any], float], Answer]]] = {
    "start": _start,
    "stop": _stop,
}
