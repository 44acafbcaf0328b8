"""Deadlines: what was asked at or before one counts, and nothing is asked after it."""

from __future__ import annotations

import math

import pytest

from ais_jobcore import Continue, JobInfoNotFound, JobWait, Outcome, TargetState, Timeout, WaitOptions
from tests.builders import JOB, NO_TOKEN, OVER, REFUSED, RUNNING, UNKNOWN, seen, snap, status
from tests.core.scripts import ACTIVE, SNAPS, STATUS, Answer, live, tell, working


@pytest.mark.parametrize("kind", ["copy-bck", "dsort"])
@pytest.mark.parametrize("timeout", [0.01, 0.3, 1.0, 7.0, 300.0, 5000.0])
@pytest.mark.parametrize("at", [0.0, 1e3, 123_456.789, 1.7e9 + 0.123])
def test_last_poll_is_on_the_deadline(kind: str, timeout: float, at: float) -> None:
    """The last request is sent on the deadline, on whatever clock, and none after it (S22, R5)."""
    told = live(JobWait(JOB, kind, timeout=timeout), working, at=at)
    assert timeout == told.raised(Timeout).timeout
    assert told.moments[-1] == pytest.approx(at + timeout, abs=1e-5)
    assert told.moments[-2] < at + timeout - 1e-5


@pytest.mark.parametrize("timeout", [0.0, 0.5, 10.0])
@pytest.mark.parametrize("at", [0.0, 1.7e9 + 0.123])
def test_end_on_the_last_poll_counts(timeout: float, at: float) -> None:
    """A job first seen ended by the request sent on the deadline has ended in time (S20, E3)."""
    done = status(kind="lru", end=1)
    told = live(
        JobWait(JOB, "lru", timeout=timeout, options=WaitOptions(details=False)),
        lambda _, moment: done if moment >= timeout - 1e-6 else status(kind="lru"),
        at=at,
    )
    told.succeeded(Outcome.FINISHED)


@pytest.mark.parametrize("took", [0.0, 0.4, 2.9])
def test_late_answer_counts(took: float) -> None:
    """What was asked before the deadline counts, though the answer comes after it."""
    told = tell(
        JobWait(JOB, "dsort", timeout=0.05),
        (SNAPS, working(SNAPS, 0)),
        (SNAPS, (took, seen("dsort", t1="finished"))),
    )
    told.succeeded(Outcome.FINISHED)


def test_late_answer_that_settles_nothing() -> None:
    """Nothing is sent after the deadline, not even what would be sent at once."""
    for answer in (UNKNOWN, NO_TOKEN, REFUSED, RUNNING):
        told = tell(JobWait(JOB, "copy-bck", timeout=1.0), (STATUS, (1.5, answer)))
        told.raised(Timeout)


def test_late_answer_that_says_over() -> None:
    """Where no time is left for the word of the targets, the proxies' decides."""
    told = tell(JobWait(JOB, "copy-bck", timeout=1.0), (STATUS, (1.5, OVER)))
    assert told.succeeded(Outcome.FINISHED).notes


def test_answers_without_delay_may_be_followed_up_on_the_deadline() -> None:
    """On the deadline itself, what is asked at once is still asked."""
    told = tell(JobWait(JOB, "copy-bck", timeout=0), (STATUS, OVER), (SNAPS, seen(t1="finished")))
    told.succeeded(Outcome.FINISHED)
    told = tell(JobWait(JOB, "copy-bck", timeout=0), (STATUS, UNKNOWN), (SNAPS, seen(t1="aborted")))
    told.failed(Outcome.ABORTED)
    told = tell(JobWait(JOB, "copy-bck", timeout=0), (STATUS, NO_TOKEN), (STATUS, OVER), (SNAPS, UNKNOWN))
    told.succeeded(Outcome.FINISHED)
    told = tell(JobWait("", "lru", timeout=0), (ACTIVE, seen("lru", t1="running")), (STATUS, status(end=1)))
    assert told.pending.delay == 0.0


# Request time.


def test_request_time_counts() -> None:
    """Slow answers do not stretch the time-out (S21, E4, R6)."""
    told = live(JobWait(JOB, "copy-bck", timeout=300.0), lambda *_: (19.0, RUNNING))
    told.raised(Timeout)
    assert 300.0 <= told.now <= 303.0


@pytest.mark.parametrize("timeout", [0.0, 0.5, 2.0, 10.0, 25.0, 60.0])
@pytest.mark.parametrize("took", [0.5, 3.0, 7.0, 1000.0])
def test_wait_ends_by_three_seconds_after_the_deadline(timeout: float, took: float) -> None:
    """A server that hangs costs at most 3 s after the deadline (S62)."""
    shown = seen("dsort", t1="running")
    told = live(JobWait(JOB, "dsort", timeout=timeout), lambda _, at: (took if at else 0.0, shown))
    assert told.now <= timeout + 3.0
    assert isinstance(told.raised(Timeout), TimeoutError)


@pytest.mark.parametrize(
    ("timeout", "expected"), [(None, 20.0), (300.0, 20.0), (12.0, 12.0), (2.0, 3.0), (0.0, 3.0)]
)
def test_time_out_of_a_request(timeout: float | None, expected: float) -> None:
    """It is the configured one, but at most the time left, or 3 s where less is left."""
    told = tell(JobWait(JOB, "dsort", timeout=timeout))
    assert expected == told.pending.request.timeout
    told = tell(JobWait(JOB, "dsort", timeout=timeout, options=WaitOptions(request_timeout=1.5)))
    assert 1.5 == told.pending.request.timeout


def test_poll_just_before_the_deadline_is_moved_onto_it() -> None:
    """A poll that would land within the length of the last request before the deadline is sent on it."""
    told = tell(JobWait(JOB, "dsort", timeout=10.0), (SNAPS, (5.0, seen("dsort", t1="running"))))
    assert 5.0 == told.pending.delay
    told = tell(JobWait(JOB, "dsort", timeout=10.0), (SNAPS, (1.0, seen("dsort", t1="running"))))
    assert told.pending.delay < 1.0


# Confirmation.


@pytest.mark.parametrize("timeout", [0.4, 1.0, 1.99])
@pytest.mark.parametrize("at", [0.0, 1.7e9 + 0.123])
def test_last_poll_confirms_idleness(timeout: float, at: float) -> None:
    """With the deadline inside the gap, the poll on the deadline is the second look."""
    told = live(JobWait(JOB, "archive", timeout=timeout), lambda *_: seen("archive", t1="idle"), at=at)
    told.succeeded(Outcome.IDLE)
    assert told.now == pytest.approx(at + timeout)


@pytest.mark.parametrize("timeout", [0.1, 0.2])
def test_last_poll_confirms_an_end(timeout: float) -> None:
    """The same for an end that nobody saw coming."""
    told = live(JobWait(JOB, "dsort", timeout=timeout), lambda *_: seen("dsort", t1="finished"))
    told.succeeded(Outcome.FINISHED)
    assert timeout == told.now


def test_last_poll_does_not_confirm_itself() -> None:
    """What is seen for the first time on the deadline was not seen twice."""
    told = live(
        JobWait(JOB, "archive", timeout=4.0),
        lambda _, at: seen("archive", t1="idle" if at >= 4.0 else "running"),
    )
    error = told.raised(Timeout)
    assert {"t1": TargetState.IDLE} == error.targets
    assert "to be confirmed" in error.reason


# No time at all, all the time, and no time-out.


@pytest.mark.parametrize(
    ("kind", "answers", "reason"),
    [
        ("archive", [seen("archive", t1="idle")], "to be confirmed"),
        ("dsort", [seen("dsort", t1="finished", t2="finished")], "to be confirmed"),
        ("dsort", [seen("dsort", t1="running")], "1 running (t1)"),
        ("dsort", [REFUSED], "connection refused"),
        ("dsort", [UNKNOWN], "not known yet"),
        ("copy-bck", [RUNNING], "not done"),
        ("copy-bck", [UNKNOWN, UNKNOWN], "not known yet"),
    ],
)
def test_zero_never_sleeps(kind: str, answers: list[Answer], reason: str) -> None:
    """With 0, whatever needs a second look is a ``Timeout`` that explains itself (S23)."""
    left = iter(answers)
    told = live(JobWait(JOB, kind, timeout=0), lambda *_: next(left))
    assert reason in told.raised(Timeout).reason
    assert 0.0 == told.now
    assert len(answers) == len(told.asked)


@pytest.mark.parametrize("kind", ["blob-download", "resilver"])
def test_zero_is_enough_for_one_look(kind: str) -> None:
    """What one look proves, it proves without any time."""
    live(JobWait(JOB, kind, timeout=0), lambda *_: seen(kind, t1="finished")).succeeded(Outcome.FINISHED)
    live(JobWait(JOB, kind, timeout=0), lambda *_: seen(kind, t1="aborted")).failed(Outcome.ABORTED)


@pytest.mark.parametrize("timeout", [None, math.inf])
def test_for_ever(timeout: float | None) -> None:
    """``None`` and infinity wait for ever: here, for two days."""
    days = 2 * 86_400.0
    told = live(
        JobWait(JOB, "dsort", timeout=timeout),
        lambda _, at: seen("dsort", t1="running" if at < days else "finished"),
        limit=50_000,
    )
    told.succeeded(Outcome.FINISHED)
    assert days <= told.now < days + 25.0


@pytest.mark.parametrize("timeout", [-1, -0.001, -math.inf, math.nan, "5", True, object()])
def test_what_is_no_timeout(timeout: object) -> None:
    """Anything else is a ``ValueError`` that repeats what was given."""
    with pytest.raises(ValueError, match="a time-out is a number of seconds from 0, or None"):
        JobWait(JOB, "lru", timeout=timeout)


def test_timeout_tells_what_was_seen() -> None:
    """The error carries job, time-out, reason, targets and polls, and no more cause than there is (E13)."""
    told = live(JobWait(JOB, "dsort", timeout=2.0), lambda *_: seen("dsort", t1="running", t2="finished"))
    error = told.raised(Timeout)
    assert (JOB, 2.0, len(told.asked)) == (error.job_id, error.timeout, error.polls)
    assert {"t1": TargetState.RUNNING, "t2": TargetState.FINISHED} == error.targets
    assert "1 finished (t2), 1 running (t1)" in str(error)
    assert error.__cause__ is None


def test_timeout_after_not_found() -> None:
    """A job that is unknown past the grace is ``JobInfoNotFound``, though the deadline passed meanwhile."""
    told = tell(JobWait(JOB, "dsort", timeout=4.5, options=WaitOptions(grace=5.0)), (SNAPS, (1.0, UNKNOWN)))
    assert told.pending
    told = live(JobWait(JOB, "dsort", timeout=4.5), lambda _, at: (1.0 if at >= 4.5 else 0.0, UNKNOWN))
    told.raised(JobInfoNotFound)


def test_clock_that_goes_back() -> None:
    """A moment before the last one counts as the last one."""
    wait = JobWait(JOB, "dsort", timeout=10.0)
    wait.start(100.0)
    wait.handle(seen("dsort", t1="running"), 104.0)
    wait.handle(seen("dsort", t1="running"), 50.0)
    assert 4.0 == wait.state.now
    assert wait.state.due >= 4.0


@pytest.mark.parametrize("now", [0.0, 3.0, 9.3, 9.7, 9.99])
def test_answer_before_it_was_asked_for(now: float) -> None:
    """An embedder may report before its time: that moves no request past the deadline, and ends nothing."""
    wait = JobWait(JOB, "dsort", timeout=10.0)
    wait.start(0.0)
    shown = seen("dsort", t1="running")
    wait.handle(shown, min(now, 9.0))
    assert wait.state.due <= 10.0
    again = wait.handle(shown, now)
    assert wait.state.due <= 10.0
    assert hasattr(again, "delay"), again
    assert snap().state is wait.state.targets[0].state


def test_slow_request_does_not_stretch_the_gap() -> None:
    """The step onto the deadline is no longer than a source remembers, even if the clock made a jump (R2)."""
    told = tell(JobWait(JOB, "list", timeout=600.0), (SNAPS, seen("list", t1="running")))
    told.wait.handle(seen("list", t1="running"), 500.0)
    decision = told.wait.decision
    assert isinstance(decision, Continue)
    assert 0 < decision.delay <= 30.0
