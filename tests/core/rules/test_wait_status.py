"""How a wait ends that asks the proxies: their word is half the evidence, the targets have the other half."""

from __future__ import annotations

import pytest

from ais_jobcore import JobStatus, JobWait, Outcome, ProtocolError, TargetState, Timeout, WaitOptions
from tests.builders import (
    JOB,
    MALFORMED,
    NO_TOKEN,
    NOON,
    NOON_NS,
    OVER,
    REFUSED,
    RUNNING,
    TARGET_DOWN,
    UNKNOWN,
    seen,
    snap,
    status,
)
from tests.core.scripts import SNAPS, STATUS, Answer, live, question, tell

FAILED = status("t[t1]: no space left (and 2 more errors)", end=NOON_NS)
STOPPED = status("user abort", aborted=True)


def test_over_then_the_targets_are_asked_at_once() -> None:
    """A status that says *over* is followed by one look at the targets, for states, counters and errors."""
    told = tell(
        JobWait(JOB, "copy-bck"),
        (STATUS, RUNNING),
        (STATUS, OVER),
        (SNAPS, seen(t1="finished", t2="finished")),
    )
    result = told.succeeded(Outcome.FINISHED)
    assert told.moments[1] == told.moments[2]
    assert {"t1": TargetState.FINISHED, "t2": TargetState.FINISHED} == result.targets
    assert (3, "copy-bck", JOB) == (result.polls, result.kind, result.job_id)
    assert snap("finished").end_time == result.end_time


def test_last_snapshots_are_in_the_result() -> None:
    """The result carries the last snapshots of the job, and of no other."""
    told = tell(
        JobWait(JOB, "copy-bck"), (STATUS, OVER), (SNAPS, seen(t1=[snap("finished"), snap(job_id="other")]))
    )
    snapshots = told.succeeded(Outcome.FINISHED).snapshots
    assert snapshots is not None
    assert {"t1": (snap("finished"),)} == dict(snapshots.root)


def test_targets_have_errors_that_the_proxies_do_not_mention() -> None:
    """A status without an error is no success while a target shows one (E2); all texts are in the result."""
    shown = seen(t1=snap("finished", "t1: o1 missing"), t2="finished", t3=snap("finished", "t3: o2 missing"))
    result = tell(JobWait(JOB, "copy-bck"), (STATUS, OVER), (SNAPS, shown)).failed(
        Outcome.FINISHED_WITH_ERRORS
    )
    assert {"t1": "t1: o1 missing", "t3": "t3: o2 missing"} == result.errors
    assert "t1: o1 missing; t3: o2 missing" == result.error


@pytest.mark.parametrize("gone", [UNKNOWN, seen(), seen(job_id="other", t1="running"), seen(t1=[])], ids=repr)
def test_targets_have_forgotten_it(gone: Answer) -> None:
    """Where the targets do not show the job any more, the status decides."""
    result = tell(JobWait(JOB, "copy-bck"), (STATUS, OVER), (SNAPS, gone)).succeeded(Outcome.FINISHED)
    assert ({}, NOON) == (result.targets, result.end_time)


@pytest.mark.parametrize("end", [-1, -NOON_NS])
def test_end_before_the_epoch_is_an_end_without_a_time(end: int) -> None:
    """A negative end time means *over*, at an unknown moment (S24)."""
    told = tell(JobWait(JOB, "copy-bck"), (STATUS, status(end=end)), (SNAPS, UNKNOWN))
    assert told.succeeded(Outcome.FINISHED).end_time is None


@pytest.mark.parametrize(
    "answer",
    [
        UNKNOWN,
        REFUSED,
        MALFORMED,
        NO_TOKEN,
        TARGET_DOWN,
        RUNNING,
        OVER,
        status(job_id="other"),
        seen(),
        seen(t1="running"),
        seen(t1="finished"),
        seen(job_id="other", t1="running"),
    ],
    ids=repr,
)
@pytest.mark.parametrize(
    ("said", "outcome"), [(FAILED, Outcome.FINISHED_WITH_ERRORS), (STOPPED, Outcome.ABORTED)]
)
def test_failure_stands_alone(said: JobStatus, outcome: Outcome, answer: Answer) -> None:
    """A status that says *failed* ends the wait after one look at the targets, whatever that shows."""
    told = tell(JobWait(JOB, "copy-bck"), (STATUS, RUNNING), (STATUS, said), (SNAPS, answer))
    result = told.failed(outcome)
    assert told.moments[1] == told.moments[2]
    assert said.err in (result.error or "")


def test_failure_names_targets() -> None:
    """On failure the result names the targets, their states and their errors."""
    shown = seen(t1=snap("aborted", "user abort"), t2="running", t3=snap("finished", "t3: o2 missing"))
    result = tell(JobWait(JOB, "copy-bck"), (STATUS, STOPPED), (SNAPS, shown)).failed(Outcome.ABORTED)
    assert {
        "t1": TargetState.ABORTED,
        "t2": TargetState.RUNNING,
        "t3": TargetState.FINISHED,
    } == result.targets
    assert {"t1": "user abort", "t3": "t3: o2 missing"} == result.errors
    assert "user abort; t3: o2 missing" == result.error
    assert result.end_time is None


def test_aborted_without_an_end() -> None:
    """An abort needs no end time: the server sets the two one after the other (S27)."""
    told = tell(JobWait(JOB, "copy-bck"), (STATUS, status(aborted=True)), (SNAPS, UNKNOWN))
    assert "aborted" == told.failed(Outcome.ABORTED).error


def test_a_target_that_still_runs_outweighs_the_proxies() -> None:
    """While a snapshot still runs, an *over* is not believed, and the targets are asked on."""
    told = tell(
        JobWait(JOB, "copy-bck"),
        (STATUS, OVER),
        (SNAPS, seen(t1="finished", t2="running")),
        (SNAPS, seen(t1="finished", t2="running")),
        (SNAPS, REFUSED),
        (SNAPS, REFUSED),
        (SNAPS, REFUSED),
        (SNAPS, seen(t1="finished", t2="running")),
        (SNAPS, seen(t1="finished", t2="finished")),
    )
    told.succeeded(Outcome.FINISHED)


def test_dispute_lasts_to_the_deadline() -> None:
    """A dispute that nobody settles is a time-out, never a success."""
    told = live(
        JobWait(JOB, "copy-bck", timeout=20.0),
        lambda asked, _: OVER if asked == STATUS else seen(t1="finished", t2="running"),
    )
    error = told.raised(Timeout)
    assert {"t1": TargetState.FINISHED, "t2": TargetState.RUNNING} == error.targets
    assert {SNAPS} == set(told.questions[1:])


@pytest.mark.parametrize(
    ("last", "outcome"),
    [
        (seen(t1="finished", t2="aborted"), Outcome.ABORTED),
        (seen(t1="finished", t2=snap("finished", "t2: disk fault")), Outcome.FINISHED_WITH_ERRORS),
        (seen(t1="finished", t2=snap("running", start=30.0)), Outcome.LOST),
        (UNKNOWN, Outcome.GONE),
    ],
    ids=lambda given: given.name if isinstance(given, Outcome) else "",
)
def test_dispute_ends_badly(last: Answer, outcome: Outcome) -> None:
    """Once a target contradicted the proxies, their word is not taken for success any more."""
    tell(
        JobWait(JOB, "copy-bck"), (STATUS, OVER), (SNAPS, seen(t1="finished", t2="running")), (SNAPS, last)
    ).failed(outcome)


def test_dispute_over_a_lost_target() -> None:
    """A target seen at work and missing from two replies 2 s apart is lost, whoever says *over*."""
    told = tell(
        JobWait(JOB, "copy-bck"),
        (STATUS, OVER),
        (SNAPS, seen(t1="finished", t2="running")),
        (SNAPS, seen(t1="finished")),
        (SNAPS, seen(t1="finished")),
    )
    told.failed(Outcome.LOST)
    assert told.moments[3] >= told.moments[2] + 2.0


def test_proxies_change_their_word_in_a_dispute() -> None:
    """An embedder may feed another status: a failure counts, an *over* settles nothing."""
    lines = ((STATUS, OVER), (SNAPS, seen(t1="running")), (SNAPS, OVER))
    told = tell(JobWait(JOB, "copy-bck"), *lines)
    assert told.pending.delay > 0
    for last in (UNKNOWN, REFUSED):
        tell(JobWait(JOB, "copy-bck"), *lines, (SNAPS, FAILED), (SNAPS, last)).failed(
            Outcome.FINISHED_WITH_ERRORS
        )


def test_proxies_repeat_their_word() -> None:
    """The same *over*, fed in again, is no contradiction."""
    told = tell(JobWait(JOB, "copy-bck"), (STATUS, OVER), (SNAPS, OVER), (SNAPS, UNKNOWN))
    told.succeeded(Outcome.FINISHED)


@pytest.mark.parametrize("again", [RUNNING, status(kind="archive")], ids=["running", "kind without status"])
def test_proxies_take_their_word_back(again: Answer) -> None:
    """A status that says *running* after all opens the question again."""
    told = tell(JobWait(JOB, "copy-bck"), (STATUS, OVER), (SNAPS, again))
    assert SNAPS == question(told.pending.request)


def test_without_details_the_status_is_enough() -> None:
    """``details=False`` takes the word of the proxies, for ends good and bad."""
    options = WaitOptions(details=False)
    result = tell(JobWait(JOB, "copy-bck", options=options), (STATUS, OVER)).succeeded(Outcome.FINISHED)
    assert ({}, None) == (result.targets, result.snapshots)
    tell(JobWait(JOB, "copy-bck", options=options), (STATUS, STOPPED)).failed(Outcome.ABORTED)


def test_details_are_asked_for_until_they_are_had() -> None:
    """Faults do not cut the second half of the evidence short."""
    told = tell(
        JobWait(JOB, "copy-bck"),
        (STATUS, OVER),
        *[(SNAPS, TARGET_DOWN)] * 7,
        (SNAPS, seen(t1=snap("finished", "t1: o1 missing"))),
    )
    told.failed(Outcome.FINISHED_WITH_ERRORS)


def test_details_are_asked_for_until_the_deadline() -> None:
    """At the deadline the status decides, and the result says so in a note."""
    told = live(
        JobWait(JOB, "copy-bck", timeout=15.0), lambda asked, _: OVER if asked == STATUS else TARGET_DOWN
    )
    result = told.succeeded(Outcome.FINISHED)
    assert 15.0 == told.moments[-1]
    assert any("the deadline came before the word of the targets" in note for note in result.notes)


def test_deadline_before_the_details_of_a_failure() -> None:
    """A failure that the proxies told in the last moment is a failure, not a time-out."""
    told = tell(JobWait(JOB, "copy-bck", timeout=1.0), (STATUS, (2.0, FAILED)))
    assert FAILED.err == told.failed(Outcome.FINISHED_WITH_ERRORS).error


def test_error_of_a_running_job_is_remembered() -> None:
    """An error text in a status ends nothing, and is never forgotten."""
    told = tell(
        JobWait(JOB, "copy-bck"),
        (STATUS, status("t[t1]: read error")),
        (STATUS, RUNNING),
        (STATUS, OVER),
        (SNAPS, seen(t1="finished")),
    )
    assert "t[t1]: read error" == told.failed(Outcome.FINISHED_WITH_ERRORS).error


def test_status_of_another_job_is_not_believed() -> None:
    """A status with another id is a malformed answer, and five of them are no way to go on."""
    other = status(job_id="other", end=NOON_NS)
    told = live(JobWait(JOB, "copy-bck"), lambda *_: other)
    assert "uuid" == told.raised(ProtocolError).place
    assert 5 == len(told.asked)


def test_status_without_an_id_is_believed() -> None:
    """Who was asked for one job and names none means that one."""
    tell(JobWait(JOB, "copy-bck"), (STATUS, status(job_id="", end=NOON_NS)), (SNAPS, UNKNOWN)).succeeded(
        Outcome.FINISHED
    )


def test_targets_seen_before_keep_their_errors() -> None:
    """What targets showed while the status could not be had still counts when the status decides."""
    told = tell(
        JobWait(JOB, "copy-bck"),
        (STATUS, REFUSED),
        (STATUS, REFUSED),
        (SNAPS, seen(t1=snap("running", "t1: o1 missing"), t2="running")),
        (STATUS, OVER),
        (SNAPS, UNKNOWN),
    )
    assert {"t1": "t1: o1 missing"} == told.failed(Outcome.FINISHED_WITH_ERRORS).errors


def test_word_of_the_proxies_holds_for_the_targets() -> None:
    """Where the status decided, and all is well, targets last seen at work are told as finished."""
    told = tell(
        JobWait(JOB, "copy-bck"),
        (STATUS, REFUSED),
        (STATUS, REFUSED),
        (SNAPS, seen(t1="running", t2="idle")),
        (STATUS, OVER),
        (SNAPS, UNKNOWN),
    )
    result = told.succeeded(Outcome.FINISHED)
    assert {"t1": TargetState.FINISHED, "t2": TargetState.FINISHED} == result.targets
    assert result.end_time is None
