"""What a wait must not take for proof: one target's end, an old 404, a search that found the job."""

from __future__ import annotations

from ais_jobcore import Continue, Done, JobWait, Outcome
from tests.builders import JOB, REFUSED, UNKNOWN, seen, status
from tests.core.scripts import ACTIVE, SNAPS, STATUS, live, tell


def test_not_running_is_not_the_end_of_one_target() -> None:
    """After an abort the proxies speak with the first target's end; one seen with work is asked first."""
    answers = iter(
        [seen(t1="running"), REFUSED, REFUSED, status("user abort", aborted=True), seen(t1="running")]
    )
    told = live(JobWait(JOB, "copy-bck", until="not-running"), lambda *_: next(answers, seen(t1="aborted")))
    assert isinstance(told.decision, Done)
    assert None is next(answers, None)


def test_job_that_a_search_found_is_gone() -> None:
    """Whoever was found by its kind had been seen, also if nobody knows its id then."""
    told = live(
        JobWait("", "archive"),
        lambda asked, _: seen("archive", t1="running") if asked == ACTIVE else UNKNOWN,
    )
    told.failed(Outcome.GONE)


def test_old_not_found_is_asked_again() -> None:
    """What the proxies did not know at the start is no word of theirs on its end."""
    answers = iter([(2.0, UNKNOWN), *[seen(t1="running")] * 20])
    told = live(JobWait(JOB, "copy-bck"), lambda *_: next(answers, UNKNOWN))
    told.failed(Outcome.GONE)
    assert ["snapshots", "status"] == told.questions[-2:]


def test_proxies_take_nothing_back_that_targets_showed() -> None:
    """Between two looks that agree they were asked, and have forgotten the job: the end is proved."""
    done = seen("brand-new", t1="finished", t2="finished")
    told = tell(
        JobWait(JOB, timeout=20.0),
        (SNAPS, done),
        *((SNAPS, REFUSED), (SNAPS, REFUSED), (STATUS, UNKNOWN)),
        (SNAPS, done),
    )
    told.succeeded(Outcome.FINISHED)


def test_targets_that_do_not_know_it_take_back_what_they_showed() -> None:
    """Two looks have to agree with none between them that says otherwise."""
    done = seen("dsort", t1="finished", t2="finished")
    told = tell(JobWait(JOB, "dsort"), (SNAPS, done), (SNAPS, UNKNOWN), (SNAPS, done))
    assert not isinstance(told.decision, Done)


def test_job_that_idles_has_not_ended_for_the_proxies() -> None:
    """Between two looks that agree they were asked, and say that it runs: it idles, all the same."""
    idle = seen("brand-new", t1="idle", t2="finished")
    told = tell(
        JobWait(JOB, timeout=20.0),
        (SNAPS, idle),
        *((SNAPS, REFUSED), (SNAPS, REFUSED), (STATUS, status(kind="brand-new"))),
        (SNAPS, idle),
    )
    told.succeeded(Outcome.IDLE)


def test_proxies_contradict_targets_that_have_all_finished() -> None:
    """That the job runs makes the next look at the targets a first one again."""
    done = seen("brand-new", t1="finished", t2="finished")
    told = tell(
        JobWait(JOB, timeout=20.0),
        (SNAPS, done),
        *((SNAPS, REFUSED), (SNAPS, REFUSED), (STATUS, status(kind="brand-new"))),
        (SNAPS, done),
    )
    assert isinstance(told.decision, Continue)
