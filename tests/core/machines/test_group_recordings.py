"""Many waits at once for the jobs of a real cluster; its lists are made of what it said of each job."""

from __future__ import annotations

import json
from itertools import count
from typing import TYPE_CHECKING

import pytest

from ais_jobcore import Done, GroupWait, JobWait, Outcome, Reply, Request, WaitOptions
from ais_jobcore.queries import Query, ask_snapshots, ask_status
from ais_jobcore.testing import VirtualClock, VirtualTransport, run
from tests.builders import NULL, active, reply, snap_document
from tests.core.groups import result_of
from tests.core.machines.test_job_recordings import JOBS, check_moment, known_kind, moments, recording, truth

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ais_jobcore import Fault
    from ais_jobcore.machines.group import Ending
    from ais_jobcore.testing import Source

MIXED = [(name, job_id) for name, job_id in JOBS if name not in {"target-killed", "non-ic-proxy"}]
"""Each of one recording; as if they had been started together on one cluster."""


_ASKED = {request.query["what"]: request.what for request in (ask_status("x"), ask_snapshots("x"))}


def said(name: str, what: str, job_id: str, now: float, *, active: bool) -> object:
    """Return what a query for one job brought: a document, or nothing."""
    body = {"id": job_id, **({"show_active": True} if active else {})}
    try:
        answer, _ = recording(name).answer(Request(what=_ASKED[what], body=body), now)
    except LookupError:
        return said(name, what, job_id, now, active=False) if active else None
    return json.loads(answer.body) if isinstance(answer, Reply) and answer.status == 200 else None


def snapshots(name: str, job_id: str, now: float) -> dict[str, list[dict[str, object]]]:
    """Return the snapshots of a job that a list of active ones would show."""
    document = said(name, "qryxstats", job_id, now, active=True)
    if not isinstance(document, dict):
        return {}
    return {
        target: [snap for snap in snaps or () if snap["id"] == job_id and snap["end-time"].startswith("0001")]
        for target, snaps in document.items()
    }


def cluster(jobs: Sequence[tuple[str, str]], *, keeps_statuses: bool = True) -> Source:
    """Answer for recorded jobs: each by its recording, and lists by all of them."""
    owners = {job_id: name for name, job_id in jobs}

    def lists(request: Request, now: float) -> list[object]:
        if request.what is Query.STATUSES:
            found = [said(name, "status", job_id, now, active=False) for name, job_id in jobs]
            return [each for each in found if isinstance(each, dict) and each["end_time"] == 0]
        return [
            f"{snaps[0]['kind']}[{job_id}]"
            for name, job_id in jobs
            if (snaps := [snap for each in snapshots(name, job_id, now).values() for snap in each])
        ]

    def answer(request: Request, now: float) -> tuple[Reply | Fault, float]:
        body = request.json or {}
        if request.what is Query.STATUSES:
            listed = lists(request, now) if keeps_statuses else None
            return reply(listed or None), 0.002
        if request.what is Query.NAMES:
            return reply(lists(request, now)), 0.01
        if request.what is Query.ACTIVE:
            shown: dict[str, list[object]] = {}
            for name, job_id in jobs:
                for target, snaps in snapshots(name, job_id, now).items():
                    mine = [each for each in snaps if each["kind"] == body["kind"]]
                    shown.setdefault(target, []).extend(mine)
            return reply(shown), 0.02
        return recording(owners[str(body["id"])]).answer(request, now)

    return answer


def waited(
    source: Source, waits: list[JobWait], started_at: float = 0.0
) -> tuple[list[Ending | None], VirtualTransport]:
    """Run a group to its end."""
    clock = VirtualClock(started_at)
    transport = VirtualTransport(source, clock)
    end = run(GroupWait(waits), transport, clock, limit=5000)
    assert isinstance(end, Done)
    return end.result, transport


@pytest.mark.parametrize("keeps_statuses", [True, False], ids=["ic", "not ic"])
@pytest.mark.parametrize("kind_given", [True, False], ids=["kind", "no kind"])
@pytest.mark.parametrize(("name", "job_id"), JOBS, ids=[name for name, _ in JOBS])
def test_every_job_from_every_moment(name: str, job_id: str, kind_given: bool, keeps_statuses: bool) -> None:
    """In a group, too, every job has its right end, whenever it begins and whoever is asked."""
    kind = known_kind(name, job_id) if kind_given else ""
    outcome = truth(name, job_id)[0]
    for place, started_at in enumerate(moments(name, 40)):
        wait = JobWait(job_id, kind, (300.0, None)[place % 2], options=WaitOptions(seed=place))
        one = cluster([(name, job_id)], keeps_statuses=keeps_statuses)
        (ending,), transport = waited(one, [wait], started_at)
        assert outcome is result_of(ending).outcome
        if outcome.success:
            check_moment(name, job_id, started_at + wait.state.now, transport.sent_at[-1])


@pytest.mark.parametrize("keeps_statuses", [True, False], ids=["ic", "not ic"])
@pytest.mark.parametrize("kind_given", [True, False], ids=["kind", "no kind"])
def test_all_jobs_together(kind_given: bool, keeps_statuses: bool) -> None:
    """Jobs of all kinds in one group end as each of them did, and failures fail nobody else."""
    waits = [JobWait(job_id, known_kind(name, job_id) if kind_given else "") for name, job_id in MIXED]
    endings, transport = waited(cluster(MIXED, keeps_statuses=keeps_statuses), waits)
    results = [result_of(ending) for ending in endings]
    assert [(job_id, truth(name, job_id)[0]) for name, job_id in MIXED] == [
        (each.job_id, each.outcome) for each in results
    ]
    for (name, job_id), result in zip(MIXED, results, strict=True):
        if result.success:
            check_moment(name, job_id, result.elapsed, result.elapsed)
    single = [request for request in transport.sent if "id" in (request.json or {})]
    assert len(single) <= 3 * len(MIXED)


@pytest.mark.parametrize("endpoint", [0, 1, 2])
@pytest.mark.parametrize("kind", ["", "copy-bck"])
def test_any_proxy(endpoint: int, kind: str) -> None:
    """One that is not an IC member says ``null`` while the job runs: it is asked for names from then on."""
    whole = recording("non-ic-proxy")
    source: Source = lambda request, now: whole.answer(  # noqa: E731 - it is that short
        request.addressed(timeout=9.0, endpoint=endpoint), now
    )
    for started_at in moments("non-ic-proxy", 20):
        wait = JobWait("Wwn9QoGcp", kind)
        (ending,), transport = waited(source, [wait], started_at)
        assert Outcome.FINISHED is result_of(ending).outcome
        assert started_at + wait.state.now >= 13.5
        whats = [request.what for request in transport.sent]
        if endpoint == 2:
            assert whats[:2] == [Query.STATUSES, Query.NAMES]
            assert whats.count(Query.STATUSES) == 1
        elif started_at < 13:
            assert whats.count(Query.STATUSES) >= whats.count(Query.NAMES) > 0
        assert whats.count(Query.SIGHTINGS) <= 2


def test_names_of_all_jobs() -> None:
    """Names are read off a real list, whose order changes; the job leaves it when it ends."""
    whole, job_id = recording("running-all"), "slwq2s-xv"
    times = {"start-time": "2026-11-23T12:41:01Z", "end-time": "2026-11-23T12:41:14Z"}
    finished = active(t1=[snap_document(job_id, "finished", kind="copy-bck", **times)])
    asked = count()

    def answer(request: Request, now: float) -> tuple[Reply | Fault, float]:
        if request.what is Query.NAMES:
            next(asked)
            return whole.answer(request, now)
        return (NULL if request.what is Query.STATUSES else finished), 0.0

    wait = JobWait(job_id)
    (ending,), transport = waited(answer, [wait])
    assert (Outcome.FINISHED, "copy-bck") == (result_of(ending).outcome, wait.state.kind)
    assert 13.5 < wait.state.now < 16.0
    assert 1 + next(asked) + 1 == len(transport.sent)


def test_failures_are_among_the_recordings() -> None:
    """The mixed group is not one of successes only."""
    outcomes = {truth(name, job_id)[0] for name, job_id in MIXED}
    assert {Outcome.FINISHED, Outcome.IDLE, Outcome.ABORTED, Outcome.FINISHED_WITH_ERRORS} == outcomes
