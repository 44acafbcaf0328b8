"""What may be waited for besides the end: that it ended everywhere, that it began, that it does not run."""

from __future__ import annotations

import pytest

from ais_jobcore import JobWait, Outcome, TargetState
from tests.builders import IDLING, JOB, NOON_NS, OVER, RUNNING, UNKNOWN, idling, seen, snap, status
from tests.core.scripts import SNAPS, STATUS, Answer, live, tell


def test_single_waits_for_every_target_seen() -> None:
    """``single`` ends when every target ever seen with the job has ended (S36, S37)."""
    told = tell(
        JobWait(JOB, "blob-download", until="single"),
        (SNAPS, seen("blob-download", t1="running", t2="finished")),
        (SNAPS, seen("blob-download", t1="finished", t2="finished")),
    )
    assert told.pending.delay > 0
    told = tell(JobWait(JOB, until="single"), (SNAPS, seen(t1="finished")))
    told.succeeded(Outcome.FINISHED)


@pytest.mark.parametrize("state", ["running", "idle", "finished"])
def test_started_when_every_target_began(state: str) -> None:
    """``started`` ends when no target seen has still to begin (G16)."""
    told = tell(
        JobWait(JOB, "copy-bck", until="started"),
        (SNAPS, seen(t1="not started", t2=state)),
        (SNAPS, seen(t1=state, t2=state)),
    )
    assert {"t1": TargetState(state), "t2": TargetState(state)} == told.succeeded(None).targets


@pytest.mark.parametrize("until", ["started", "not-running"])
def test_status_that_says_over_is_enough(until: str) -> None:
    """A job that is over has begun, and where no target shows it any more, it does not run."""
    tell(JobWait(JOB, "copy-bck", until=until), (SNAPS, UNKNOWN), (STATUS, OVER)).succeeded(None)


def test_started_and_stopped() -> None:
    """A job that was stopped before it began has not started well."""
    tell(JobWait(JOB, "copy-bck", until="started"), (SNAPS, seen(t1="aborted"))).failed(Outcome.ABORTED)


def test_started_is_not_a_target_lost_before_it_began() -> None:
    """A target that vanishes before its beginning is lost, and the job did not start there."""
    told = tell(
        JobWait(JOB, "copy-bck", until="started"),
        (SNAPS, seen(t1="not started", t2="running")),
        (SNAPS, seen(t2="running")),
        (SNAPS, seen(t2="running")),
    )
    told.failed(Outcome.LOST)


def test_started_is_not_a_job_gone_before_it_began() -> None:
    """A job that nobody knows any more, and that was not seen to begin, is gone."""
    told = live(
        JobWait(JOB, IDLING, until="started"),
        lambda _, at: idling(t1="not started") if at < 6.0 else UNKNOWN,
    )
    told.failed(Outcome.GONE)


def test_start_is_noticed_though_the_targets_did_not_know_the_job_at_first() -> None:
    """Targets may not know a job for a moment that the proxies know already; they are asked again."""

    def answer(asked: str, at: float) -> Answer:
        if asked == STATUS:
            return RUNNING
        return UNKNOWN if at < 0.5 else seen(t1="running")

    told = live(JobWait(JOB, "copy-bck", until="started"), answer)
    assert {"t1"} == told.succeeded(None).targets.keys()
    assert 0.5 <= told.now < 1.5


@pytest.mark.parametrize("state", ["idle", "finished", "aborted"])
def test_not_running_when_no_target_has_work(state: str) -> None:
    """``not-running`` asks for nothing but that no target has work (G17)."""
    told = tell(
        JobWait(JOB, "copy-bck", until="not-running"),
        (SNAPS, seen(t1="running", t2=state)),
        (SNAPS, seen(t1="not started", t2=state)),
        (SNAPS, seen(t1="idle", t2=state)),
    )
    told.succeeded(None)


def test_not_running_when_a_target_came_back_with_work() -> None:
    """A target that lost its work and shows other work for the job is running it, lost or not (E1, G17)."""
    told = tell(
        JobWait(JOB, "copy-bck", until="not-running"),
        (SNAPS, seen(t1="running")),
        (SNAPS, seen(t1=snap(start=30.0))),
        (SNAPS, seen(t1=snap("not started"))),
    )
    assert told.pending.reason.startswith("not done")
    told = tell(
        JobWait(JOB, "copy-bck", until="not-running"),
        (SNAPS, seen(t1="running")),
        (SNAPS, seen(t1=snap(start=30.0))),
        (SNAPS, seen(t1=snap("finished", start=30.0))),
    )
    told.succeeded(None)


def test_not_running_when_nobody_knows_it() -> None:
    """
    A job that no source knows is not running; one source that does not know it is not enough.

    What no target shows any more, and the proxies call over, is not waited for: whoever ran it is gone.
    """
    tell(JobWait(JOB, IDLING, until="not-running"), (SNAPS, UNKNOWN)).succeeded(None)
    told = tell(JobWait(JOB, "copy-bck", until="not-running"), (SNAPS, UNKNOWN), (STATUS, UNKNOWN))
    told.succeeded(None)
    told = tell(
        JobWait(JOB, "copy-bck", until="not-running"),
        (SNAPS, seen(t1="running")),
        (SNAPS, UNKNOWN),
        (STATUS, status(aborted=True, end=NOON_NS)),
    )
    told.succeeded(None)
    told = tell(
        JobWait("g3", until="not-running"), (SNAPS, UNKNOWN), (STATUS, status(kind="rebalance", job_id="g3"))
    )
    assert told.pending.delay > 0
