"""Many jobs at once, as every driver offers them, against a simulated cluster in virtual time."""

from __future__ import annotations

import logging
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from ais_jobcore import (
    AmbiguousJob,
    Fault,
    FaultKind,
    JobInfoNotFound,
    JobWait,
    Outcome,
    Reply,
    RequestFailed,
    ReturnWhen,
    Stalled,
    Timeout,
    TransportFault,
    WaitOptions,
)
from ais_jobcore.queries import Query
from ais_jobcore.testing import SimCluster, SimServer
from tests.transports.jobs_compliance import UNKNOWN, Rig

if TYPE_CHECKING:
    from tests.transports.drivers import Driver

LISTS = {Query.STATUSES, Query.NAMES, Query.ACTIVE}


def outcomes(endings: list[Any]) -> list[Any]:
    """Say how each job ended: its outcome, nothing, or the class of its error."""
    return [None if each is None else getattr(each, "outcome", type(each)) for each in endings]


def mixed(rig: Rig) -> list[Any]:
    """Let jobs of all sorts begin: they end in the order 3, 0, 1, 2."""
    return [
        rig.add("copy-bck", duration=3.0),
        rig.add("dsort", duration=6.0, errors={"t1": "o1 is missing"}),
        rig.add("archive", duration=3.0, linger=3600.0),
        rig.add("lru", duration=60.0).abort_at(rig.clock.now() + 1.0),
    ]


MIXED = [Outcome.FINISHED, Outcome.FINISHED_WITH_ERRORS, Outcome.IDLE, Outcome.ABORTED]


class ManyCompliance:
    """Hold for waits for many jobs of every driver; inherited by the tests of each."""

    # All at once

    @pytest.mark.parametrize("named", ["jobs", "jobs with kinds", "ids"])
    def test_all(self, rig: Rig, named: str) -> None:
        """Jobs of any kinds, or their ids, each with its own end, in the order given."""
        jobs = mixed(rig)
        given = {
            "jobs": [rig.client.job(each.id) for each in jobs],
            "jobs with kinds": [rig.client.job(each.id, each.kind.display) for each in jobs],
            "ids": [each.id for each in jobs],
        }
        endings = rig.client.wait_all(given[named], timeout=60, verbose=False)
        assert MIXED == outcomes(endings)
        assert [each.id for each in jobs] == [ending.job_id for ending in endings]
        assert rig.clock.now() < jobs[2].settled + 4.0

    def test_as_iterable(self, rig: Rig) -> None:
        """Anything that can be walked through will do, once."""
        jobs = mixed(rig)
        assert MIXED == outcomes(rig.client.wait_all(each.id for each in jobs))
        assert [] == rig.client.wait_all([])
        assert [] == list(rig.client.as_completed(iter([])))

    def test_price(self, rig: Rig) -> None:
        """Thirty jobs of two kinds cost what two of them cost, and one request each at the end."""
        jobs = [rig.add(kind, duration=20.0) for kind in ("copy-bck", "dsort") * 15]
        assert all(rig.client.wait_all([each.id for each in jobs]))
        whats = Counter(request.what for request in rig.transport.sent)
        assert 30 + 15 >= whats[Query.SIGHTINGS] >= 30
        assert {*LISTS, Query.SIGHTINGS} == {*whats}
        assert sum(whats[each] for each in LISTS) < 70

    def test_bad_ids_fail_alone(self, rig: Rig) -> None:
        """What cannot be waited for is an error at its place; nothing is raised for one job."""
        jobs = mixed(rig)
        rig.add("rechunk"), rig.add("rechunk")
        given = [
            rig.client.job(UNKNOWN),
            jobs[0].id,
            "no id at all",
            rig.client.job(job_kind="rechunk"),
            jobs[3].id,
        ]
        endings = rig.client.wait_all(given, timeout=30)
        assert JobInfoNotFound is type(endings[0])
        assert RequestFailed is type(endings[2])
        assert AmbiguousJob is type(endings[3])
        assert 2 == len(endings[3].job_ids)
        assert [Outcome.FINISHED, Outcome.ABORTED] == outcomes([endings[1], endings[4]])

    def test_time_out(self, rig: Rig) -> None:
        """Who is not done by then is a ``Timeout``, the others have their ends."""
        jobs = mixed(rig)
        endings = rig.client.wait_all([each.id for each in jobs], 5.0, verbose=False)
        assert [Outcome.FINISHED, Timeout, Timeout, Outcome.ABORTED] == outcomes(endings)
        assert 1005.0 == pytest.approx(rig.clock.now(), abs=0.5)
        assert [Timeout] * 4 == outcomes(rig.client.wait_all([rig.add("dsort").id for _ in range(4)], 0))

    def test_no_time_out(self, rig: Rig) -> None:
        """``None`` waits as long as it takes."""
        job = rig.add("copy-bck", duration=7200.0)
        assert [Outcome.FINISHED] == outcomes(rig.client.wait_all([job.id], None))

    @pytest.mark.parametrize(
        ("return_when", "expected"),
        [
            ("first", [None, None, None, Outcome.ABORTED]),
            ("first-failure", [None, None, None, Outcome.ABORTED]),
            (ReturnWhen.ALL, MIXED),
        ],
    )
    def test_return_when(self, rig: Rig, return_when: str, expected: list[Any]) -> None:
        """One end may be enough; those under way are ``None``, and can be waited for once more."""
        jobs = mixed(rig)
        endings = rig.client.wait_all([each.id for each in jobs], return_when=return_when)
        assert expected == outcomes(endings)
        assert MIXED == outcomes(rig.client.wait_all([each.id for each in jobs]))

    def test_until(self, rig: Rig) -> None:
        """What is waited for may be chosen."""
        jobs = [rig.add("archive", duration=30.0), rig.add("copy-bck", duration=30.0)]
        assert all(rig.client.wait_all([each.id for each in jobs], until="started"))
        assert rig.clock.now() < 1001.0

    def test_options(self, rig: Rig) -> None:
        """The settings hold for every wait; those that take counters ask job by job."""
        jobs = [rig.add("dsort", duration=9.0, objects=0), rig.add("dsort", duration=500.0, objects=0)]
        options = WaitOptions(stall_timeout=20.0, request_timeout=7.0)
        endings = rig.client.wait_all([each.id for each in jobs], None, options=options)
        assert [Outcome.FINISHED, Stalled] == outcomes(endings)
        assert {7.0} == {each.timeout for each in rig.transport.sent}
        assert {Query.PROGRESS} == {each.what for each in rig.transport.sent}

    # Programming errors

    @pytest.mark.parametrize("method", ["wait_all", "as_completed"])
    def test_programming_errors(self, rig: Rig, method: str) -> None:
        """What names no job, a wrong argument, one text for many ids: raised before anything is sent."""
        wait = getattr(rig.client, method)
        job = rig.client.job("Jabcdefgh")
        for jobs, settings, words in [
            ([job, rig.client.job()], {}, "needs the id of a job, or a kind"),
            ([job, ""], {}, "needs the id of a job, or a kind"),
            ([rig.client.job(job_kind="copybck")], {}, "did you mean copy-bck"),
            ([rig.client.job(job_kind="election")], {}, "cannot be waited for"),
            ([job], {"timeout": -1}, "time-out"),
            ([job], {"until": "later"}, "until is one of"),
            ("Jabcdefgh", {}, "several jobs were expected, not the text 'Jabcdefgh'"),
        ]:
            with pytest.raises(ValueError, match=words):
                wait(jobs, **settings)
        assert [] == rig.transport.sent

    def test_unknown_return_when(self, rig: Rig) -> None:
        """It is one of three."""
        with pytest.raises(ValueError, match="return_when is one of all, first, first-failure"):
            rig.client.wait_all(["Jabcdefgh"], return_when="any")
        assert [] == rig.transport.sent

    # Faults

    def test_faults_are_the_drivers(self, driver: Driver) -> None:
        """What a single wait would raise is what stands in the list, and in the pairs."""
        rig = Rig(driver, fault=lambda *_: Fault(FaultKind.CONNECTION, "refused"))
        ids = ["Jabcdefgh", "Jhgfedcba"]
        endings = rig.client.wait_all(ids)
        pairs = list(rig.client.as_completed(ids))
        with pytest.raises(TransportFault) as caught:
            rig.client.job(ids[0]).wait()
        expected = [type(caught.value)] * 2
        assert expected == [type(each) for each in endings] == [type(each) for _, each in pairs]

    def test_bad_weather(self, driver: Driver) -> None:
        """Every third request comes to nothing, and every job has its end."""
        rig = Rig(driver, fault=lambda *_: Reply(503, b"busy") if len(rig.transport.sent) % 3 == 1 else None)
        jobs = mixed(rig)
        assert MIXED == outcomes(rig.client.wait_all([each.id for each in jobs]))

    # One after the other

    @pytest.mark.parametrize("ids_only", [True, False])
    def test_as_completed(self, rig: Rig, ids_only: bool) -> None:
        """Each job comes when it ended, with its end, as it was given."""
        jobs = mixed(rig)
        given = [each.id if ids_only else rig.client.job(each.id) for each in jobs]
        told = [
            (job, ending, rig.clock.now()) for job, ending in rig.client.as_completed(given, verbose=False)
        ]
        order = [3, 0, 1, 2]
        assert [given[place] for place in order] == [job for job, _, _ in told]
        assert [MIXED[place] for place in order] == outcomes([ending for _, ending, _ in told])
        for place, (_, _, moment) in zip(order, told, strict=True):
            assert 0 <= moment - jobs[place].settled < 3.5

    def test_as_completed_asks_no_more(self, driver: Driver) -> None:
        """The same requests at the same moments as for all at once."""
        sent = []
        for method in ("wait_all", "as_completed"):
            rig = Rig(driver)
            list(getattr(rig.client, method)([each.id for each in mixed(rig)]))
            sent.append(
                [
                    (round(at, 6), each)
                    for at, each in zip(rig.transport.sent_at, rig.transport.sent, strict=True)
                ]
            )
        assert [each for _, each in sent[0]] == [each for _, each in sent[1]]
        assert [at for at, _ in sent[0]] == pytest.approx([at for at, _ in sent[1]])

    def test_as_completed_closed_early(self, rig: Rig) -> None:
        """Whoever has seen enough leaves; nothing is asked any more, and the client works on."""
        jobs = mixed(rig)
        pairs = rig.client.as_completed([each.id for each in jobs])
        job_id, ending = next(pairs)
        assert (jobs[3].id, Outcome.ABORTED) == (job_id, ending.outcome)
        pairs.close()
        asked = len(rig.transport.sent)
        rig.clock.advance(60.0)
        assert [] == list(pairs)
        assert asked == len(rig.transport.sent)
        assert rig.client.job(jobs[0].id).wait()

    def test_as_completed_begins_with_the_first(self, rig: Rig) -> None:
        """Nothing is sent before somebody wants the first end."""
        pairs = rig.client.as_completed([mixed(rig)[0].id])
        assert [] == rig.transport.sent
        pairs.close()
        assert [] == rig.transport.sent

    def test_as_completed_with_a_slow_reader(self, rig: Rig) -> None:
        """An hour of work on each end makes no other job a ``Timeout``."""
        jobs, told = mixed(rig), []
        for _, ending in rig.client.as_completed([each.id for each in jobs], 30.0):
            told.append(ending)
            rig.clock.advance(600.0)
        assert {*MIXED} == {*outcomes(told)}

    def test_as_completed_with_errors(self, rig: Rig) -> None:
        """Errors are ends like others, and come when they are known."""
        jobs = mixed(rig)
        given = [UNKNOWN, jobs[0].id, "no id at all"]
        told = dict(rig.client.as_completed(given))
        assert [JobInfoNotFound, Outcome.FINISHED, RequestFailed] == outcomes([told[each] for each in given])

    # Over HTTP

    def test_over_http(self, driver: Driver) -> None:
        """The lists go over the wire as they should, and one connection is enough."""
        cluster = SimCluster(3, proxies=2)
        with SimServer(cluster, speed=100) as server:
            client = driver.client(server.endpoint, pool_size=1)
            jobs = [cluster.add_job(kind, duration=8.0) for kind in ("copy-bck", "dsort")]
            ids = [each.id for each in jobs]
            assert [Outcome.FINISHED] * 2 == outcomes(client.wait_all(ids, timeout=5))
            assert {*ids} == {job_id for job_id, ending in client.as_completed(ids, timeout=5) if ending}

    # Log records

    def test_records(self, rig: Rig, caplog: pytest.LogCaptureFixture) -> None:
        """The records of a group are about the group; ``verbose`` chooses their level."""
        caplog.set_level(logging.DEBUG, "ais_jobcore")
        rig.client.wait_all([each.id for each in mixed(rig)])
        texts = [each.getMessage() for each in caplog.records]
        assert texts[0].startswith("4 jobs: 0 of 4 jobs ended; ")
        assert "4 jobs: done: 4 of 4 jobs ended" == texts[-1]
        assert logging.INFO == caplog.records[-1].levelno
        caplog.clear()
        rig.client.wait_all([each.id for each in mixed(rig)], verbose=False)
        list(rig.client.as_completed([mixed(rig)[0].id], verbose=False))
        assert {logging.DEBUG} == {each.levelno for each in caplog.records}

    def test_group_by_hand(self, rig: Rig) -> None:
        """Waits with settings of their own make a group that a client runs like any operation."""
        from ais_jobcore import GroupWait  # noqa: PLC0415 - shown as a user would write it

        jobs = mixed(rig)
        waits = [JobWait(jobs[0].id, timeout=1.0), JobWait(jobs[2].id, until="started")]
        assert [Timeout, None] == outcomes(rig.client.run(GroupWait(waits)))
