"""Many waits on one cluster: in a group that asks for all of them, and one by one side by side."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from random import Random
from typing import TYPE_CHECKING, Final

from attrs import frozen

from ais_jobcore import KINDS, Done, GroupWait, JobWait, WaitOptions
from ais_jobcore.limits import JITTER
from ais_jobcore.schedules import PRESETS
from ais_jobcore.testing import SimCluster, SimTransport, VirtualClock, run

from . import official
from .checks import Check
from .onejob import ROUND_TRIP
from .schedules import log_uniform, moments, ours, stratified

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from ais_jobcore.testing import Served, SimJob

GROUP: Final = "1,000 mixed jobs on one cluster, in one group"
HERD: Final = "1,000 single waits started together, requests from 60 s on"

_WITH_STATUS: Final = (
    "copy-bck",
    "delete-listrange",
    "prefetch-listrange",
    "move-bck",
    "make-n-copies",
    "lru",
)
_WITHOUT: Final = ("copy-listrange", "archive", "etl-listrange", "blob-download")
_TIMEOUT: Final = 300.0
_LONGEST: Final = 240.0


def _cluster(jobs: int) -> tuple[SimCluster, list[SimJob]]:
    cluster = SimCluster(targets=3, proxies=3)
    kinds = _WITH_STATUS + _WITHOUT
    durations = list(stratified(log_uniform(1.0, _LONGEST), jobs))
    Random(1).shuffle(durations)
    made = [
        cluster.add_job(kinds[place % len(kinds)], duration=duration)
        for place, duration in enumerate(durations)
    ]
    return cluster, made


def group(jobs: int = 1000, sdk: Callable[[SimCluster, SimJob], int] | None = None) -> list[Check]:
    """Wait for all of them; count what that costs the cluster, and what the official SDK costs it."""
    cluster, made = _cluster(jobs)
    clock = VirtualClock()
    waits = [
        JobWait(job.id, job.kind.name, _TIMEOUT, options=WaitOptions(seed=seed))
        for seed, job in enumerate(made)
    ]
    end = run(GroupWait(waits), SimTransport(cluster, clock, latency=ROUND_TRIP), clock)
    wrong = sum(not ending for ending in end.result) if isinstance(end, Done) else jobs
    served = _sorted_out(cluster.log)
    cluster.log.clear()
    single = sum((sdk or _sdk)(cluster, job) for job in made)
    spared = 2 + len(_WITHOUT)
    return [
        Check(GROUP, "jobs of which the group did not report success", wrong, 0),
        Check(
            GROUP, "lists in any one tick, 4 kinds being without a status", _most_lists(served.lists), spared
        ),
        Check(GROUP, "requests by id for one job, the most", max(served.by_id.values(), default=0), 1),
        Check(
            GROUP, "all requests, as a part of the SDK's, time-out 300 s", 100 * len(served) / single, 15, "%"
        ),
        Check(GROUP, "requests of the group", len(served)),
        Check(GROUP, "of these, lists", len(served.lists)),
        Check(GROUP, "requests of the SDK", single),
    ]


@frozen
class _Served:
    """
    Hold what a group asked for.

    Attributes:
        lists: the moments at which lists were asked for.
        by_id: how often each job was asked for.
    """

    lists: Sequence[float]
    by_id: Counter[str]

    def __len__(self) -> int:
        return len(self.lists) + self.by_id.total()


def _sorted_out(log: Iterable[Served]) -> _Served:
    lists: list[float] = []
    by_id: Counter[str] = Counter()
    for served in log:
        if served.body.get("id"):
            by_id[str(served.body["id"])] += 1
        else:
            lists.append(served.now)
    return _Served(lists, by_id)


def _most_lists(asked: Sequence[float]) -> int:
    """Count the lists within a tick: the shortest time after which the schedule asks for any one again."""
    schedule = PRESETS["default"]
    ticks = (schedule.interval(begin, snapshots=False) * (1 - JITTER) for begin in asked)
    return max(
        bisect_left(asked, begin + tick) - place
        for place, (begin, tick) in enumerate(zip(asked, ticks, strict=True))
    )


def _sdk(cluster: SimCluster, job: SimJob) -> int:
    clock = VirtualClock()
    transport = SimTransport(cluster, clock, latency=ROUND_TRIP)
    official.wait(transport, clock, job.id, job.kind.name, _TIMEOUT)
    return len(transport.sent)


def herd(waits: int = 1000, seconds: float = 3600.0) -> list[Check]:
    """Start waits for long jobs together, each with a seed of its own as drivers draw it; look for crowds."""
    random = Random(1)
    asked = sorted(moment for _ in range(waits) for moment in moments(ours(random.getrandbits(63)), seconds))
    worst = max(_crowding(asked, 60.0 + tenth / 10) for tenth in range(int(10 * (seconds - 75.0))))
    return [
        Check(HERD, "requests in any second, as a multiple of the mean of the 30 s around it", worst, 1.5),
        Check(HERD, f"requests a second, on the average of {seconds / 60:g} min", len(asked) / seconds),
    ]


def _crowding(asked: Sequence[float], begin: float) -> float:
    def count(since: float, until: float) -> int:
        return bisect_right(asked, until) - bisect_left(asked, since)

    return 30 * count(begin, begin + 1) / count(begin - 14.5, begin + 15.5)


assert all(KINDS[kind].has_status for kind in _WITH_STATUS)
assert not any(KINDS[kind].has_status for kind in _WITHOUT)
