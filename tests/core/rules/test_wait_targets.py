"""Targets that vanish, come back, or are those of a later rebalance."""

from __future__ import annotations

import pytest

from ais_jobcore import AggregatedJobSnap, JobWait, Outcome, TargetState, Timeout
from tests.builders import ENDING, IDLING, JOB, REFUSED, TARGET_DOWN, UNKNOWN, ending, seen, snap, status
from tests.core.scripts import SNAPS, STATUS, Answer, live, tell


@pytest.mark.parametrize("work", ["not started", "running", "idle"])
@pytest.mark.parametrize("rest", ["running", "finished"])
def test_target_that_vanishes_is_lost(work: str, rest: str) -> None:
    """A target seen unfinished and missing from two replies, the second asked for 2 s later, is lost (E1)."""
    told = tell(
        JobWait(JOB, ENDING),
        (SNAPS, ending(t1=work, t2=rest)),
        (SNAPS, (0.3, ending(t2=rest))),
        (SNAPS, ending(t2=rest)),
    )
    result = told.failed(Outcome.LOST)
    assert TargetState.LOST is result.targets["t1"]
    assert "lost" in result.errors["t1"]
    assert told.moments[2] == pytest.approx(told.moments[1] + 0.3 + 2.0)


def test_rest_going_idle_is_no_success_without_the_lost_target() -> None:
    """The rest of the targets being idle does not make up for the one that vanished (S34, G15, R14)."""
    told = tell(
        JobWait(JOB, IDLING),
        (SNAPS, seen(IDLING, t1="running", t2="running")),
        (SNAPS, seen(IDLING, t2="idle")),
        (SNAPS, seen(IDLING, t2="idle")),
    )
    told.failed(Outcome.LOST)


def test_error_of_a_lost_target_is_kept() -> None:
    """What a lost target said before is part of the result."""
    told = tell(
        JobWait(JOB, ENDING),
        (SNAPS, ending(t1=snap("running", "t1: disk fault"), t2="running")),
        (SNAPS, ending(t2="running")),
        (SNAPS, ending(t2="running")),
    )
    assert "t1: disk fault" in told.failed(Outcome.LOST).errors["t1"]


def test_target_missing_once_is_not_lost() -> None:
    """A target may be missing from one reply; while it is, nothing ends."""
    told = tell(
        JobWait(JOB, ENDING),
        (SNAPS, ending(t1="running", t2="running")),
        (SNAPS, ending(t2="finished")),
        (SNAPS, ending(t1="finished", t2="finished")),
    )
    told.succeeded(Outcome.FINISHED)


def test_target_missing_twice_but_not_in_a_row_is_not_lost() -> None:
    """Being there in between makes a new start."""
    both, one = ending(t1="running", t2="running"), ending(t2="running")
    told = tell(JobWait(JOB, ENDING), (SNAPS, both), (SNAPS, one), (SNAPS, both), (SNAPS, one))
    assert told.pending.delay == pytest.approx(2.0)


@pytest.mark.parametrize("fault", [REFUSED, TARGET_DOWN], ids=["refused", "target down"])
def test_only_good_replies_count(fault: Answer) -> None:
    """A reply that could not be had shows no target missing."""
    told = tell(
        JobWait(JOB, ENDING),
        (SNAPS, ending(t1="running", t2="running")),
        (SNAPS, fault),
        (SNAPS, ending(t2="running")),
        (SNAPS, fault),
        (SNAPS, ending(t1="running", t2="running")),
    )
    assert told.pending.delay > 0


def test_early_reply_does_not_lose_a_target() -> None:
    """An embedder may report before its time; 2 s have to pass all the same."""
    wait = JobWait(JOB, ENDING)
    wait.start(0.0)
    wait.handle(ending(t1="running", t2="running"), 0.0)
    for now in (0.5, 1.0, 1.5, 2.4):
        assert hasattr(wait.handle(ending(t2="running"), now), "delay")
    assert not hasattr(wait.handle(ending(t2="running"), 2.6), "delay")


def test_finished_target_that_vanishes_stays_finished() -> None:
    """What had ended on a target cannot get lost with it."""
    told = tell(
        JobWait(JOB, ENDING),
        (SNAPS, ending(t1="running", t2="running")),
        (SNAPS, ending(t1="finished", t2="running")),
        (SNAPS, ending(t2="running")),
        (SNAPS, ending(t2="running")),
        (SNAPS, ending(t2="finished")),
    )
    assert TargetState.FINISHED is told.succeeded(Outcome.FINISHED).targets["t1"]


@pytest.mark.parametrize("work", ["running", "idle"])
@pytest.mark.parametrize("then", ["running", "idle", "finished"])
def test_target_back_with_a_later_start_is_lost(work: str, then: str) -> None:
    """A target that restarts has lost the work it had."""
    told = tell(
        JobWait(JOB, ENDING),
        (SNAPS, ending(t1=work, t2="running")),
        (SNAPS, ending(t1=snap(then, start=30.0), t2="running")),
    )
    assert "later start" in told.failed(Outcome.LOST).errors["t1"]


def test_missing_target_is_looked_for_on_the_targets() -> None:
    """What the targets showed to be missing is confirmed there, though the proxies were to be asked."""
    told = tell(
        JobWait(JOB, "copy-bck"),
        *[(STATUS, REFUSED)] * 2,
        (SNAPS, seen(t1="running", t2="running")),
        (STATUS, REFUSED),
        (SNAPS, seen(t2="running")),
        (SNAPS, seen(t2="running")),
    )
    told.failed(Outcome.LOST)


def test_target_that_begins_is_not_back() -> None:
    """A start that becomes known is no restart."""
    told = tell(
        JobWait(JOB, ENDING),
        (SNAPS, ending(t1="not started")),
        (SNAPS, ending(t1=snap("running", start=30.0))),
    )
    assert told.pending.delay > 0


def test_vanished_target_is_not_lost_before_its_time_runs_out() -> None:
    """At the deadline a target that may yet come back is told as missing, by its last state."""
    told = live(
        JobWait(JOB, ENDING, timeout=3.0),
        lambda _, at: ending(t1="running", t2="running") if at < 1.8 else ending(t2="running"),
    )
    error = told.raised(Timeout)
    assert TargetState.RUNNING is error.targets["t1"]
    assert "missing (t1)" in error.reason


# Rebalances.


def rebalance(number: int, state: str, target: str = "t1") -> AggregatedJobSnap:
    """Show a rebalance on one target."""
    return seen("rebalance", job_id=f"g{number}", **{target: state})


def test_superseded_rebalance() -> None:
    """Where status does not know it, and later ones that finished answer for it, the next took over (G21)."""
    later = AggregatedJobSnap(
        {
            "t1": rebalance(12, "finished").root["t1"] + rebalance(9, "finished").root["t1"],
            "t2": rebalance(5, "finished").root["t1"],
        }
    )
    told = tell(JobWait("g7"), (STATUS, (2.0, UNKNOWN)), (SNAPS, later))
    result = told.failed(Outcome.SUPERSEDED)
    assert "superseded by g9" in (result.error or "")
    assert {} == result.targets


def test_rebalance_superseded_while_it_was_watched() -> None:
    """A rebalance that was seen at work and gave way is superseded, not gone."""
    told = tell(
        JobWait("g7"),
        (STATUS, status(kind="rebalance", job_id="g7")),
        (STATUS, UNKNOWN),
        (SNAPS, rebalance(8, "finished")),
    )
    told.failed(Outcome.SUPERSEDED)


@pytest.mark.parametrize(
    "other",
    [
        rebalance(8, "running"),
        rebalance(8, "aborted"),
        rebalance(6, "finished"),
        seen(job_id="x8", t1="finished"),
    ],
    ids=["running", "aborted", "earlier", "another kind"],
)
def test_not_superseded(other: AggregatedJobSnap) -> None:
    """Only a later rebalance that finished can take the place of this one."""
    told = tell(JobWait("g7"), (STATUS, UNKNOWN), (SNAPS, other))
    assert told.pending.delay > 0


def test_superseded_is_for_rebalances_only() -> None:
    """A finished rebalance in the reply says nothing about a job of another kind."""
    told = tell(JobWait(JOB, "copy-bck"), (STATUS, UNKNOWN), (SNAPS, rebalance(8, "finished")))
    assert told.pending.delay > 0


def test_known_rebalance_is_not_superseded() -> None:
    """While the status knows it, later ones do not matter."""
    known = status(kind="rebalance", job_id="g7", end=1)
    told = tell(JobWait("g7"), (STATUS, known), (SNAPS, rebalance(8, "finished")))
    told.succeeded(Outcome.FINISHED)


def test_superseded_before_it_started_is_no_start() -> None:
    """A rebalance that gave way before anybody saw it begin has not started well."""
    told = tell(JobWait("g7", until="started"), (SNAPS, rebalance(8, "finished")), (STATUS, UNKNOWN))
    told.failed(Outcome.SUPERSEDED)
