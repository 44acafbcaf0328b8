"""Many waits on a simulated cluster: how little they ask, and that no company changes how a job ends."""

from __future__ import annotations

import math
import random
from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from attrs import evolve, frozen
from hypothesis import given
from hypothesis import strategies as st

from ais_jobcore import (
    KINDS,
    Done,
    Fault,
    FaultKind,
    GroupWait,
    JobInfoNotFound,
    JobWait,
    Outcome,
    Reply,
    Request,
    RequestFailed,
    Timeout,
    WaitOptions,
    WaitResult,
)
from ais_jobcore.limits import JITTER
from ais_jobcore.queries import Query
from ais_jobcore.schedules import Keller
from ais_jobcore.testing import SimCluster, SimTransport, VirtualClock, run
from tests.core.groups import outcome_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ais_jobcore.machines.group import Ending
    from ais_jobcore.testing import SimJob

    Told = Sequence[Ending | None]

WITH_STATUS = ("copy-bck", "lru", "rechunk", "ec-encode")
WITHOUT = ("dsort", "archive", "blob-download")
LISTS = {Query.STATUSES, Query.NAMES, Query.ACTIVE}


def waited(
    cluster: SimCluster,
    waits: Sequence[JobWait],
    *,
    latency: float = 0.002,
    fault: Callable[[Request, float], Reply | Fault | None] | None = None,
) -> tuple[Told, SimTransport]:
    """Run a group to its end."""
    clock = VirtualClock()
    transport = SimTransport(cluster, clock, latency=latency, fault=fault)
    end = run(GroupWait(waits), transport, clock, limit=100_000)
    assert isinstance(end, Done)
    return end.result, transport


def keys(transport: SimTransport) -> list[tuple[str, float]]:
    """Name the lists that were asked for, with their moments."""
    sent = zip(transport.sent, transport.sent_at, strict=True)
    return [(f"{r.what.value} {(r.json or {}).get('kind', '')}", at) for r, at in sent if r.what in LISTS]


# How little is asked


@pytest.mark.parametrize("given_kind", [True, False])
def test_hundreds_of_mixed_jobs(given_kind: bool) -> None:
    """
    A tick asks for two lists, and one for each kind without a status; each job costs one request at its end.

    Lists are asked for no more often than a single wait would ask.
    """
    cluster = SimCluster(3)
    kinds = WITH_STATUS + WITHOUT
    jobs = [cluster.add_job(kinds[n % len(kinds)], duration=1.0 + n % 29) for n in range(350)]
    waits = [JobWait(job.id, job.kind.name if given_kind else "") for job in jobs]
    endings, transport = waited(cluster, waits)
    assert {True} == {bool(each) for each in endings}
    singles = Counter(str((r.json or {})["id"]) for r in transport.sent if r.what not in LISTS)
    first_looks = 0 if given_kind else sum(job.kind.name in WITHOUT for job in jobs)
    assert len(jobs) <= singles.total() <= len(jobs) + first_looks
    assert {"statuses ", "names "} | {f"active {kind}" for kind in WITHOUT} == {
        key for key, _ in keys(transport)
    }
    for key in {key for key, _ in keys(transport)} - {"names "}:
        moments = [at for each, at in keys(transport) if each == key]
        for before, after in pairwise(moments):
            least = Keller().interval(before, snapshots=key != "statuses ") * (1 - JITTER)
            assert after - before >= least


def test_a_list_costs_the_same_for_one_and_for_many() -> None:
    """A hundred jobs that run cost as many requests as one."""
    sent = []
    for count in (1, 100):
        cluster = SimCluster(3)
        jobs = [cluster.add_job("copy-bck", duration=math.inf) for _ in range(count)]
        _, transport = waited(cluster, [JobWait(job.id, "copy-bck", 600.0) for job in jobs])
        sent.append(len(transport.sent))
    assert sent[0] == sent[1]


def test_no_job_is_reported_late() -> None:
    """A job of a group is told of as soon as one that is alone."""
    cluster = SimCluster(3)
    jobs = [cluster.add_job("copy-bck", duration=1.3**n) for n in range(1, 30)]
    endings, _ = waited(cluster, [JobWait(job.id, "copy-bck", None) for job in jobs])
    for job, ending in zip(jobs, endings, strict=True):
        assert isinstance(ending, WaitResult)
        assert ending.elapsed - job.settled <= 0.2 + 1.2 * Keller().interval(job.settled, snapshots=False)


# Nobody is judged by the company


def test_bad_ids_fail_alone() -> None:
    """An unknown id and one that is none are their own ends; the others have theirs, and in time."""
    cluster = SimCluster(3)
    jobs = [cluster.add_job(kind, duration=4.0) for kind in ("copy-bck", "dsort", "archive")]
    cluster.add_job("lru", duration=2.0).abort_at(1.0)
    stopped = [job_id for job_id, job in cluster.jobs.items() if job.kind.name == "lru"]
    ids = ["Jnobodyknows", jobs[0].id, "no id at all", jobs[1].id, stopped[0], jobs[2].id]
    endings, _ = waited(cluster, [JobWait(each) for each in ids])
    assert [
        JobInfoNotFound,
        Outcome.FINISHED,
        RequestFailed,
        Outcome.FINISHED,
        Outcome.ABORTED,
        Outcome.IDLE,
    ] == [outcome_of(each) for each in endings]
    for job, place in zip(jobs, (1, 3, 5), strict=True):
        ending = endings[place]
        assert isinstance(ending, WaitResult)
        assert ending.elapsed <= job.settled + 5.0


@pytest.mark.parametrize("kind", ["copy-bck", "dsort", "archive", "rebalance", "blob-download", "download"])
@pytest.mark.parametrize("proxy", [0, 4])
def test_errors_of_a_job_that_left_its_list(kind: str, proxy: int) -> None:
    """Lists tell of no errors, and yet they are told, whichever proxy is asked."""
    cluster = SimCluster(3, proxies=5)
    job_id = "dnl-J1" if kind == "download" else ""
    job = cluster.add_job(kind, duration=2.0, errors={"t1": "o1 does not exist"}, job_id=job_id)
    clock = VirtualClock()
    transport = SimTransport(_Through(cluster, proxy), clock)  # type: ignore[arg-type]
    end = run(GroupWait([JobWait(job.id)]), transport, clock)
    assert isinstance(end, Done)
    assert [Outcome.FINISHED_WITH_ERRORS] == [outcome_of(each) for each in end.result]


class _Through:
    """Be a cluster that is always asked through one of its proxies."""

    def __init__(self, cluster: SimCluster, proxy: int) -> None:
        self._cluster = cluster
        self._proxy = proxy
        self.proxies = cluster.proxies

    def handle(self, *args: object, proxy: int = 0, **kwargs: object) -> object:
        """Pass a request on."""
        del proxy
        return self._cluster.handle(*args, proxy=self._proxy, **kwargs)  # type: ignore[arg-type]


# Worlds that nobody thought of


@frozen
class World:
    """
    Hold what decides of a world.

    Attributes:
        seed: what is drawn from.
        jobs: how many there are.
        targets: how many.
        proxy: which one is asked; from the fourth on it keeps no statuses.
        troubles: how many of a hundred requests come to nothing.
        latency: seconds that every answer takes.
        losses: whether a target may be lost.
    """

    seed: int
    jobs: int = 6
    targets: int = 3
    proxy: int = 0
    troubles: int = 0
    latency: float = 0.002
    losses: bool = False

    def made(self) -> tuple[_Through, list[SimJob]]:
        """Make the cluster and its jobs, always alike."""
        chance = random.Random(self.seed)
        cluster = SimCluster(self.targets, proxies=5, seed=self.seed)
        names = [kind.name for kind in KINDS.values() if kind.waitable and kind.retention > 60.0]
        jobs: list[SimJob] = []
        for _ in range(self.jobs):
            kind = chance.choice([*WITH_STATUS, *WITHOUT, *names, "dnl"])
            errors = {"t1": "o1 does not exist"} if chance.random() < 0.2 else {}
            job = cluster.add_job(
                "download" if kind == "dnl" else kind,
                duration=chance.choice([0.0, 0.05, 1.0, chance.uniform(0, 40), chance.uniform(0, 40)]),
                at=-chance.choice([0.0, 0.0, 0.0, 5.0, 100.0]),
                errors=errors,
                job_id=f"dnl-J{len(jobs)}" if kind == "dnl" else "",
                linger=chance.choice([120.0, 20.0]),
            )
            idle_from = min(lives[-1].idles for lives in job.lives.values())
            stopped_at = chance.uniform(0, 30)
            if chance.random() < 0.2 and stopped_at < idle_from:
                # Later on, an idle job may have been told of already.
                job.abort_at(stopped_at)
            elif job.kind.name == "archive" and chance.random() < 0.3:
                moment = max(lives[-1].works[-1][1] for lives in job.lives.values()) + chance.uniform(0.5, 12)
                job.busy_at(moment, chance.uniform(0.1, 5))
            jobs.append(job)
        if self.losses:
            (cluster.lose_target_at if chance.random() < 0.5 else cluster.restart_target_at)(
                f"t{self.targets}", chance.uniform(8, 30)
            )
        return _Through(cluster, self.proxy), jobs

    def members(self, jobs: Sequence[SimJob]) -> list[JobWait]:
        """Make the waits, some with kinds, some without or with wrong ones; and one for nobody's job."""
        chance = random.Random(self.seed + 1)
        kinds = [chance.choice([job.kind.name, "", "misspelt", "lru", "dsort"]) for job in jobs]
        options = WaitOptions(seed=chance.getrandbits(32))
        waits = [JobWait(job.id, kind, 400.0, options=options) for job, kind in zip(jobs, kinds, strict=True)]
        return [*waits, JobWait("Jnobodyknows", "", 400.0, options=options)]

    def fault(self) -> Callable[[Request, float], Reply | Fault | None]:
        """Make the troubles of the way."""
        chance = random.Random(self.seed + 2)
        kinds = [
            Fault(FaultKind.CONNECTION),
            Fault(FaultKind.TIMEOUT),
            Reply(503),
            Reply(500),
            Reply(429, b"x"),
        ]

        def trouble(_: Request, now: float) -> Reply | Fault | None:
            return chance.choice(kinds) if now < 200 and chance.random() * 100 < self.troubles else None

        return trouble

    def together(self, order: Sequence[int] | None = None) -> Told:
        """Wait for all jobs at once, in some order; return their ends in the first one."""
        cluster, jobs = self.made()
        members = self.members(jobs)
        order = order or range(len(members))
        waits = [members[place] for place in order]
        endings, _ = waited(cluster, waits, latency=self.latency, fault=self.fault())  # type: ignore[arg-type]
        return [ending for _, ending in sorted(zip(order, endings, strict=True), key=lambda pair: pair[0])]

    def alone(self) -> list[Ending | None]:
        """Wait for each job by itself."""
        endings: list[Ending | None] = []
        for place in range(self.jobs + 1):
            cluster, jobs = self.made()
            clock = VirtualClock()
            transport = SimTransport(cluster, clock, latency=self.latency, fault=self.fault())  # type: ignore[arg-type]
            end = run(self.members(jobs)[place], transport, clock)
            endings.append(end.result if end.result is not None else end.error)
        return endings

    def good(self, job: SimJob, asked: float = math.inf) -> bool:
        """Tell whether a job came to a good end, as far as that could be seen at some moment."""
        last = [lives[-1] for lives in job.lives.values()]
        stopped = any(life.stopped and life.aborted < asked for life in last)
        # Only a target that was seen can be missed, and statuses show none.
        lost = not job.kind.has_status and any(life.forgotten < min(life.idles, asked) for life in last)
        return not (stopped or lost or any(life.error for life in last))


def worlds(**changes: object) -> st.SearchStrategy[World]:
    """Draw worlds."""
    drawn = {
        "seed": st.integers(0, 2**32),
        "jobs": st.integers(1, 8),
        "targets": st.integers(2, 4),
        "proxy": st.sampled_from([0, 4]),
        "latency": st.sampled_from([0.0, 0.002, 0.3]),
    }
    return st.builds(World, **drawn | changes)


def check_truth(world: World, endings: Told) -> None:
    """Check that no end is a false success, nor a success before its time."""
    _, jobs = world.made()
    for job, ending in zip(jobs, endings, strict=False):
        assert isinstance(ending, WaitResult | Timeout), (job, ending)
        if not isinstance(ending, WaitResult) or not ending.success:
            # What a lost target did last, nobody can tell: that is no success, either.
            assert not world.good(job) or isinstance(ending, Timeout) or world.losses, (job, ending)
            continue
        assert world.good(job, ending.elapsed - world.latency), (job, ending)
        assert ending.elapsed >= min(job.settled, max(0.0, _first_idle(job))), (job, ending)
    assert isinstance(endings[-1], JobInfoNotFound)


def _first_idle(job: SimJob) -> float:
    """Tell when all targets may first be called idle: later work may come too late to be seen."""
    lives = [lives[-1] for lives in job.lives.values()]
    return max(life.works[0][1] + (life.idle_lag or 0.0) for life in lives)


@given(worlds())
def test_company_changes_nothing(world: World) -> None:
    """Every job ends in a group as it does alone, and never better than it did."""
    together = world.together()
    check_truth(world, together)
    assert [outcome_of(each) for each in world.alone()] == [outcome_of(each) for each in together]


@given(worlds(troubles=st.sampled_from([5, 30]), losses=st.booleans()))
def test_no_false_success_in_bad_weather(world: World) -> None:
    """Whatever comes to nothing on the way, and whoever is lost, no job ends better than it did."""
    check_truth(world, world.together())


@given(worlds(), st.randoms(use_true_random=False))
def test_order_does_not_matter(world: World, chance: random.Random) -> None:
    """Permuting the members permutes the ends."""
    order = list(range(world.jobs + 1))
    chance.shuffle(order)
    there, back = world.together(), world.together(order)
    assert [outcome_of(each) for each in there] == [outcome_of(each) for each in back]


@given(worlds())
def test_a_group_of_one_is_a_wait(world: World) -> None:
    """One member ends as the wait does."""
    lonely = evolve(world, jobs=1)
    assert [outcome_of(each) for each in lonely.alone()] == [outcome_of(each) for each in lonely.together()]
