"""Waits that know only the kind of a job, and perhaps its bucket."""

from __future__ import annotations

from operator import attrgetter

import pytest
from attrs import evolve

from ais_jobcore import (
    AggregatedJobSnap,
    BucketRef,
    JobInfoNotFound,
    JobStats,
    JobWait,
    Outcome,
    RequestFailed,
    TargetState,
    Timeout,
    WaitOptions,
)
from ais_jobcore.errors import AmbiguousJob
from tests.builders import JOB, NOON_NS, NOT_ALLOWED, REFUSED, UNKNOWN, WRONG, seen, snap, status
from tests.core.scripts import ACTIVE, SNAPS, STATUS, Answer, live, tell

DATA = BucketRef("data")


def test_request_names_the_kind_by_its_wire_name() -> None:
    """Only a name of the table is ever sent: an unknown one would show every job of the cluster."""
    told = tell(JobWait("", "copy-objects", bucket=BucketRef("data", "aws")), (ACTIVE, seen()))
    assert {
        "kind": "copy-listrange",
        "show_active": True,
        "bck": {"name": "data", "provider": "aws"},
    } == told.requests[0].json
    assert {"kind": "lru", "show_active": True} == tell(JobWait("", "lru"), (ACTIVE, seen())).requests[0].json


@pytest.mark.parametrize("state", ["not started", "running", "idle"])
def test_the_one_active_job_is_waited_for_by_id(state: str) -> None:
    """The one job of the kind that has not ended is found, and its id is asked for at once (S15)."""
    done = seen("archive", t1="finished")
    told = tell(
        JobWait("", "archive"),
        (ACTIVE, (0.5, seen("archive", t1=state, t2=state))),
        (SNAPS, seen("archive", t1="running", t2="running")),
        (SNAPS, seen("archive", t1="finished", t2="finished")),
    )
    assert JOB == told.succeeded(Outcome.FINISHED).job_id
    assert [0.0, 0.5] == told.moments[:2]
    assert done


def test_kind_with_a_status_is_watched_by_status() -> None:
    """Once its id is known, the job is waited for like any other of its kind."""
    told = tell(JobWait("", "lru"), (ACTIVE, seen("lru", t1="running")), (STATUS, status(kind="lru", end=1)))
    assert JOB == told.wait.state.job_id


def test_several_jobs_are_an_error_that_lists_them() -> None:
    """Which of two jobs is meant is not for a wait to guess (G16, G20)."""
    shown = seen(
        "archive", t1=[snap(job_id="Bb", kind="archive")], t2=[snap(kind="archive", job_id="Aa")], t3="idle"
    )
    error = tell(JobWait("", "archive"), (ACTIVE, shown)).raised(AmbiguousJob)
    assert ("Aa", "Bb", JOB) == error.job_ids
    assert "Aa, Bb" in str(error)
    assert isinstance(error, JobInfoNotFound)
    assert isinstance(error, ValueError)


def test_others_in_the_reply_are_passed_over() -> None:
    """Jobs of other kinds, jobs that ended and jobs on other buckets are not candidates (S32)."""
    mine = evolve(snap(kind="archive", job_id="mine"), bucket=DATA)
    others = [
        snap(kind="copy-bck", job_id="kind"),
        evolve(snap("finished", kind="archive", job_id="ended"), bucket=DATA),
        evolve(snap("aborted", kind="archive", job_id="stopped"), bucket=DATA),
        evolve(snap(kind="archive", job_id="bucket"), bucket=BucketRef("data", "aws")),
        evolve(snap(kind="archive", job_id="name"), bucket=BucketRef("other")),
        snap(kind="archive", job_id="none"),
    ]
    told = tell(
        JobWait("", "archive", bucket=DATA), (ACTIVE, AggregatedJobSnap({"t1": (*others, mine), "t2": ()}))
    )
    assert "mine" == told.wait.state.job_id


@pytest.mark.parametrize("place", ["bucket", "source_bck", "destination_bck"])
def test_bucket_may_be_source_or_destination(place: str) -> None:
    """A job works on a bucket, reads one, or writes one; each of them finds it."""
    mine = evolve(snap(kind="copy-bck"), **{place: DATA})
    told = tell(JobWait("", "copy-bck", bucket=DATA), (ACTIVE, AggregatedJobSnap({"t1": (mine,)})))
    assert JOB == told.wait.state.job_id


@pytest.mark.parametrize(
    "nothing", [UNKNOWN, seen(), seen("archive", t1="finished"), seen("lru", t1="running")]
)
def test_no_such_job(nothing: Answer) -> None:
    """No active job of the kind for 5 s is ``JobInfoNotFound``, naming kind and bucket."""
    told = live(JobWait("", "archive", bucket=DATA), lambda *_: nothing)
    error = told.raised(JobInfoNotFound)
    assert "'archive'" in str(error)
    assert "'data'" in str(error)
    assert 5.0 <= told.now < 7.0
    assert {ACTIVE} == set(told.questions)


def test_job_that_shows_up_within_the_grace() -> None:
    """A job that was just started may show up a moment later."""
    told = live(JobWait("", "archive"), lambda _, at: seen() if at < 3 else seen("archive", t1="idle"))
    told.succeeded(Outcome.IDLE)


def test_several_jobs_within_the_grace() -> None:
    """Ambiguity does not get better by waiting."""
    shown = seen("archive", t1=[snap(kind="archive"), snap(kind="archive", job_id="other")])
    tell(JobWait("", "archive"), (ACTIVE, seen()), (ACTIVE, shown)).raised(AmbiguousJob)


def test_faults_while_searching() -> None:
    """A search endures faults like a wait; there is no other source for it."""
    told = tell(
        JobWait("", "lru"),
        *[(ACTIVE, REFUSED)] * 4,
        (ACTIVE, seen("lru", t1="running")),
        (STATUS, status(kind="lru")),
    )
    assert told.pending.delay > 0


@pytest.mark.parametrize("refused", [WRONG, NOT_ALLOWED])
def test_refusal_while_searching(refused: Answer) -> None:
    """A refusal ends a search as it ends a wait."""
    told = live(JobWait("", "lru"), lambda *_: refused)
    told.raised(RequestFailed)
    assert 0.0 == told.now


def test_deadline_while_searching() -> None:
    """A search that finds nothing before the deadline is a ``Timeout`` that names the kind."""
    told = live(JobWait("", "lru", timeout=2.0), lambda *_: UNKNOWN)
    assert "lru" == told.raised(Timeout).job_id
    assert 2.0 == told.moments[-1]


@pytest.mark.parametrize("job_id", [JOB, ""])
def test_status_fed_into_a_search_is_not_believed(job_id: str) -> None:
    """Nobody asked for a status, and of which job it is cannot be known."""
    over = status(kind="lru", end=NOON_NS, job_id=job_id)
    told = tell(JobWait("", "lru"), (ACTIVE, over), (ACTIVE, seen()))
    assert told.pending.delay > 0


# Started, and not running.


def test_started_waits_for_a_job_of_the_kind() -> None:
    """With a kind alone, ``started`` waits past the grace for a job to show up and begin (G16)."""

    def answer(_: str, at: float) -> Answer:
        if at < 8.0:
            return UNKNOWN
        return seen("archive", t1="not started" if at < 10.0 else "running")

    told = live(JobWait("", "archive", until="started"), answer)
    assert JOB == told.succeeded(None).job_id
    assert told.now >= 10.0


@pytest.mark.parametrize("quiet", [UNKNOWN, seen(), seen("archive", t1="idle", t2="finished")])
def test_not_running_at_once(quiet: Answer) -> None:
    """With a kind alone, ``not-running`` ends as soon as no target has work for it, without an id (G17)."""
    told = tell(
        JobWait("", "archive", until="not-running"),
        (ACTIVE, seen("archive", t1="running", t2="idle")),
        (ACTIVE, quiet),
    )
    result = told.succeeded(None)
    assert ("", {}, None) == (result.job_id, result.targets, result.snapshots)


def test_not_running_counts_every_job_of_the_kind() -> None:
    """Several jobs of the kind are no ambiguity where none may run."""
    two = seen("archive", t1=[snap("idle", kind="archive"), snap(kind="archive", job_id="other")])
    told = tell(JobWait("", "archive", until="not-running"), (ACTIVE, two), (ACTIVE, two))
    assert told.pending.delay > 0


def test_grace_is_an_option() -> None:
    """How long a job may be unknown is a setting."""
    told = live(JobWait("", "archive", options=WaitOptions(grace=0.5)), lambda *_: UNKNOWN)
    told.raised(JobInfoNotFound)
    assert 0.5 <= told.now < 1.0


def test_explanation_of_a_search() -> None:
    """What is asked next is named as it is: the targets, whatever the kind has besides."""
    told = tell(JobWait("", "lru"), (ACTIVE, seen()))
    line = told.wait.explain(told.now)
    assert "a job of kind 'lru'" in line
    assert "snapshots" in line


def test_target_that_vanishes_after_the_search_is_lost() -> None:
    """What the search showed of the job is not forgotten, should a target lose it right after (E1)."""
    told = live(
        JobWait("", "archive"),
        lambda asked, _: (
            seen("archive", t1="running", t2="idle") if asked == ACTIVE else seen("archive", t2="idle")
        ),
    )
    assert TargetState.LOST is told.failed(Outcome.LOST).targets["t1"]


def test_progress_is_counted_from_the_search_on() -> None:
    """A job was first seen when it was found, as far as it was then."""
    stats = JobStats(objects=40)
    shown = AggregatedJobSnap({"t1": (evolve(snap(kind="archive"), stats=stats),)})
    told = tell(
        JobWait("", "archive", options=WaitOptions(expected_objects=100)), (ACTIVE, (1.0, shown)), at=7.0
    )
    assert (0.4, 0.4, 1.0) == attrgetter("done", "first_done", "first_at")(told.wait.state.known.progress)
