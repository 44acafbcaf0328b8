"""Small things that a wait must not get wrong: what it keeps of an answer, and what it lets go."""

from __future__ import annotations

from email.utils import formatdate

import pytest
from attrs import evolve

from ais_jobcore import (
    Abort,
    AggregatedJobSnap,
    Continue,
    Done,
    JobInfoNotFound,
    JobStats,
    JobWait,
    Outcome,
    TransportFault,
    WaitOptions,
)
from ais_jobcore.queries import Query
from ais_jobcore.rules.state import NO_PROGRESS, Faults, Progress, shifted
from tests.builders import JOB, NO_TOKEN, NOON_NS, OVER, REFUSED, RUNNING, UNKNOWN, seen, shown, snap, status
from tests.core.scripts import ACTIVE, SNAPS, STATUS, tell


def test_error_of_a_running_job_is_kept() -> None:
    """The proxies told of it once, and not again when it was over."""
    told = tell(
        JobWait(JOB, "copy-bck"),
        (STATUS, RUNNING),
        (STATUS, status("o1 missing")),
        (STATUS, OVER),
        (SNAPS, seen(t1="finished")),
    )
    assert "o1 missing" in str(told.failed(Outcome.FINISHED_WITH_ERRORS).error)


def test_same_words_after_a_fault_clear_it() -> None:
    """A status that says what the one before said is an answer, all the same."""
    told = tell(JobWait(JOB, "copy-bck"), (STATUS, RUNNING), (STATUS, REFUSED), (STATUS, RUNNING))
    assert Faults(answered=True, spent=(0.9,)) == told.wait.state.faults
    told = tell(JobWait(JOB, "copy-bck"), (STATUS, RUNNING), (STATUS, NO_TOKEN), (STATUS, RUNNING))
    assert not told.wait.state.faults.refreshed


def test_budget_that_is_paid_back_is_as_if_nothing_was_spent() -> None:
    """Not zero of it: nothing."""
    answers = [(STATUS, REFUSED), *[(STATUS, RUNNING)] * 30]
    told = tell(JobWait(JOB, "copy-bck", None), *answers)
    assert () == told.wait.state.faults.spent


def test_notes_of_a_search_and_of_a_status_are_in_the_result() -> None:
    """What was odd about an answer is told, whichever it was."""
    found = evolve(seen("dsort", t1="running"), notes=("no err",))
    told = tell(JobWait("", "dsort"), (ACTIVE, found), (SNAPS, seen("dsort", t1="finished")))
    assert "no err" in told.succeeded(Outcome.FINISHED).notes
    over = evolve(OVER, notes=("no kind",))
    told = tell(JobWait(JOB, "copy-bck"), (STATUS, over), (SNAPS, seen(t1="finished")))
    assert "no kind" in told.succeeded(Outcome.FINISHED).notes


def test_what_a_search_found() -> None:
    """The state has its name; how far it is, only where that was asked for."""
    running = seen("dsort", t1="running")
    told = tell(JobWait("", "dsort"), (ACTIVE, running), (SNAPS, running))
    assert (JOB,) == told.wait.state.known.candidates
    assert NO_PROGRESS is told.wait.state.known.progress


def test_search_ends_with_the_grace() -> None:
    """On that very moment; before, there is hope."""
    for moment, over in ((4.999, False), (5.0, True)):
        wait = JobWait("", "dsort")
        wait.start(0.0)
        decision = wait.handle(AggregatedJobSnap(), moment)
        assert over is isinstance(decision, Abort)
        assert not over or isinstance(decision.error, JobInfoNotFound)  # type: ignore[union-attr]


def test_idle_is_no_end_where_the_proxies_say_that_it_is_over() -> None:
    """A job of a kind that nobody knows may idle; after its end, a target that idles contradicts it."""
    told = tell(
        JobWait(JOB),
        (SNAPS, UNKNOWN),
        (STATUS, status(end=OVER.end_time, kind="brand-new")),
        (SNAPS, seen("brand-new", t1="idle")),
    )
    assert isinstance(told.decision, Continue)


def test_first_look_at_how_far_it_is() -> None:
    """Everything is as of then: nothing has moved before."""
    wait = JobWait(JOB, "dsort", None, options=WaitOptions(expected_objects=100))
    wait.start(0.0)
    counted = evolve(snap(), stats=JobStats(objects=25, bytes=3, out_objects=7))
    wait.handle(seen("dsort", t1=counted), 2.0)
    assert (
        Progress(0.25, at=2.0, activity=35, changed_at=2.0, first_done=0.25, first_at=2.0)
        == wait.state.known.progress
    )
    idle = JobWait(JOB, "dsort", None, options=WaitOptions(stall_timeout=60.0))
    idle.start(0.0)
    idle.handle(seen("dsort", t1=counted), 2.0)
    assert (0.0, 0.0) == (idle.state.known.progress.done, idle.state.known.progress.first_done)


def test_status_of_another_job_is_named() -> None:
    """In the reason, and in the error if it never ends."""
    told = tell(JobWait(JOB, "copy-bck"), (STATUS, status(job_id="other")))
    assert "a status of another job: 'other'" in told.pending.reason


def test_both_are_asked_again_within_the_grace() -> None:
    """Each time the proxies do not know the job, the targets may, by now."""
    tell(
        JobWait(JOB, "copy-bck"),
        *((STATUS, UNKNOWN), (SNAPS, UNKNOWN)) * 3,
    )


@pytest.mark.parametrize(("moment", "over"), [(29.9, False), (30.0, True)])
def test_cluster_that_never_answered(moment: float, over: bool) -> None:
    """It is given up after half a minute, on that moment."""
    wait = JobWait(JOB, "copy-bck", None)
    wait.start(0.0)
    decision = wait.handle(REFUSED, moment)
    assert over is isinstance(decision, Abort)


@pytest.mark.parametrize(("moment", "over"), [(609.9, False), (610.0, True)])
def test_outage(moment: float, over: bool) -> None:
    """Without a time-out faults are endured for ten minutes from the first one, and no longer."""
    wait = JobWait(JOB, "copy-bck", None)
    wait.start(0.0)
    wait.handle(RUNNING, 1.0)
    wait.handle(REFUSED, 10.0)
    decision = wait.handle(REFUSED, moment)
    assert over is isinstance(decision, Abort)
    assert not over or isinstance(decision.error, TransportFault)  # type: ignore[union-attr]


def test_time_that_a_wait_took() -> None:
    """It is up to the answer that ended it, be that in time or too late."""
    wait = JobWait(JOB, "dsort", 10.0)
    wait.start(100.0)
    wait.handle(seen("dsort", t1="running"), 101.0)
    end = wait.handle(seen("dsort", t1="finished"), 104.5)
    assert isinstance(end, Done)
    assert (4.5, 4.5) == (end.result.elapsed, wait.state.now)
    late = JobWait(JOB, "dsort", 10.0)
    late.start(100.0)
    late.handle(seen("dsort", t1="running"), 112.0)
    assert 12.0 == late.state.now


def test_wait_is_moved_to_another_clock() -> None:
    """No time passes by that, unless it is said how much."""
    state = JobWait(JOB, "copy-bck").state
    assert 100.0 == shifted(evolve(state, now=2.0), 102.0).question.started_at
    assert 97.0 == shifted(evolve(state, now=2.0), 102.0, 3.0).question.started_at


def test_faults_before_a_search_found_the_job() -> None:
    """They are over with the answer."""
    told = tell(JobWait("", "dsort"), *[(ACTIVE, REFUSED)] * 3, (ACTIVE, seen("dsort", t1="running")))
    assert Faults(answered=True, spent=(2.9,)) == told.wait.state.faults


def test_status_that_contradicts_what_looked_like_the_end() -> None:
    """All targets finished just now, and the proxies say that it runs: each time that is a first look."""
    wait = JobWait(JOB, "copy-bck", options=WaitOptions(expected_objects=5))
    wait.start(0.0)
    date = formatdate(NOON_NS / 1e9 + 61.0, usegmt=True)
    done = evolve(shown(JOB, kind="copy-bck", t1="finished"), headers={"Date": date})
    for now in (5.0, 10.0, 15.0):
        decision = wait.handle(done, now)
        assert isinstance(decision, Continue)
        assert Query.STATUS is decision.request.what
        decision = wait.handle(RUNNING, now + 0.1)
        assert isinstance(decision, Continue)
        assert Query.PROGRESS is decision.request.what
        assert wait.state.known.quiet is None
