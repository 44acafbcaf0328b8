"""Results and outcomes: what a wait says in the end."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime, timedelta

import pytest
from attrs.exceptions import FrozenInstanceError

from ais_jobcore import AggregatedJobSnap, FinishedJob, JobFailed, JobSnap, Outcome, WaitResult

END = datetime(2026, 8, 21, 10, 0, 5, 123456, tzinfo=UTC)


def test_which_outcomes_are_successes() -> None:
    """The last two of the order of precedence are successes."""
    assert [
        Outcome.ABORTED,
        Outcome.LOST,
        Outcome.SUPERSEDED,
        Outcome.GONE,
        Outcome.FINISHED_WITH_ERRORS,
        Outcome.FINISHED,
        Outcome.IDLE,
    ] == list(Outcome)
    assert [Outcome.FINISHED, Outcome.IDLE] == [outcome for outcome in Outcome if outcome.success]


def test_the_words_of_outcomes() -> None:
    """The values are what is printed and saved; they do not change."""
    assert ["aborted", "lost", "superseded", "gone", "finished with errors", "finished", "idle"] == [
        outcome.value for outcome in Outcome
    ]


def test_results_are_values() -> None:
    """They cannot be written to, compare by value, and can be pickled."""
    snaps = AggregatedJobSnap({"t1": (JobSnap(id="j", end_time=END, ext={"deep": [1]}),)})
    result = WaitResult(job_id="j", success=True, snapshots=snaps, end_time=END)
    assert result == pickle.loads(pickle.dumps(result))  # noqa: S301
    with pytest.raises(FrozenInstanceError):
        result.success = False


def test_what_is_not_said_is_empty() -> None:
    """A result of which nothing is said says nothing."""
    result = WaitResult(job_id="j", success=True)
    assert (None, None, "", None) == (result.error, result.end_time, result.kind, result.outcome)
    assert ({}, {}, 0, 0.0) == (result.errors, result.targets, result.polls, result.elapsed)
    assert (None, (), None) == (result.snapshots, result.notes, result.end_time_ns)


def test_results_are_made_by_keywords() -> None:
    """Nothing about a result is told by position."""
    with pytest.raises(TypeError):
        WaitResult("j", True)


def test_the_exact_end_follows_from_the_end() -> None:
    """Unless the nanoseconds are given, which a ``datetime`` cannot hold."""
    assert 1_787_306_405_123_456_000 == WaitResult(job_id="j", success=True, end_time=END).end_time_ns
    later = END + timedelta(days=1)
    assert 7 == WaitResult(job_id="j", success=True, end_time=later, end_time_ns=7).end_time_ns


def test_a_result_is_true_iff_it_is_a_success() -> None:
    """The truth of a result is its success, as in the seed (S41)."""
    assert WaitResult(job_id="j", success=True)
    assert not WaitResult(job_id="j", success=False)


def test_a_result_raises_on_request() -> None:
    """A failure is raised as `JobFailed` with the whole result, when asked to; a success is not."""
    WaitResult(job_id="j", success=True).raise_for_failure()
    failure = WaitResult(job_id="j", success=False, error="user abort", outcome=Outcome.ABORTED)
    with pytest.raises(JobFailed, match="job 'j' aborted: user abort") as caught:
        failure.raise_for_failure()
    assert caught.value == JobFailed(failure)
    failure = WaitResult(job_id="j", success=False, error="user abort")
    with pytest.raises(JobFailed, match="job 'j' failed: user abort"):
        failure.raise_for_failure()


def ended(begin: float | None, end: float | None) -> JobSnap:
    """Make a snapshot that began and ended so many seconds before and after the end above."""
    moments = [END + timedelta(seconds=each) if each is not None else None for each in (begin, end)]
    return JobSnap(id="j", start_time=moments[0], end_time=moments[1])


def took(*snaps: JobSnap, outcome: Outcome | None = Outcome.FINISHED, elapsed: float = 3.0) -> float | None:
    """Return the duration of a job of which these snapshots are the last."""
    success = outcome is None or outcome.success
    shown = AggregatedJobSnap({f"t{place}": (snap,) for place, snap in enumerate(snaps)}) if snaps else None
    return WaitResult(job_id="j", success=success, outcome=outcome, snapshots=shown, elapsed=elapsed).duration


def test_duration_is_from_the_earliest_start_to_the_latest_end() -> None:
    """The clocks of the targets tell it to the nanosecond, and not how long somebody waited."""
    assert 12.5 == took(ended(-10.0, 0.0), ended(-9.0, 2.5))
    exact = JobSnap(id="j", start_time_ns=7, end_time_ns=8)
    assert 1e-9 == took(exact)


@pytest.mark.parametrize(
    "snaps",
    [
        (),
        (ended(None, 1.0),),
        (ended(0.0, 5.0), ended(0.0, None)),
        (ended(0.0, 0.0),),
        (ended(1.0, 0.0),),
    ],
)
def test_duration_is_else_the_time_waited(snaps: tuple[JobSnap, ...]) -> None:
    """Where a target does not say both, or says nonsense, as much is known as was waited."""
    assert 3.0 == took(*snaps)
    assert took(*snaps, elapsed=0.0) is None


@pytest.mark.parametrize("outcome", [None, *(each for each in Outcome if not each.success)])
def test_bad_ends_have_no_duration(outcome: Outcome | None) -> None:
    """What did not end well, or was not waited for to its end, is no measure."""
    assert took(ended(-10.0, 0.0), outcome=outcome) is None


def test_a_finished_job_tells_when_and_how_long() -> None:
    """Its moments are exact in nanoseconds; a clock that is wrong gives no duration."""
    job = FinishedJob("j", 1_500_000_000, 4_000_000_001)
    assert 2.500000001 == job.duration
    assert datetime(1970, 1, 1, 0, 0, 1, 500_000, tzinfo=UTC) == job.start_time
    assert datetime(1970, 1, 1, 0, 0, 4, tzinfo=UTC) == job.end_time
    assert FinishedJob("j", 5, 5).duration is None is FinishedJob("j", 5, 4).duration
    assert 1e-9 == FinishedJob("j", 5, 6).duration
