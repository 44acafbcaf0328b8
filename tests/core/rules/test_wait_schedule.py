"""When a wait asks: often at first, seldom later, and never by the length of its time-out."""

from __future__ import annotations

import itertools

import pytest

from ais_jobcore import JobWait, Keller, Learned, Schedule, WaitOptions
from ais_jobcore.limits import JITTER, STATUS_GAP
from tests.builders import JOB
from tests.core.scripts import Told, live, working

LEARNED = Learned([1800.0 + place for place in range(100)])


def watched(
    kind: str = "dsort", timeout: float = 3600.0, seed: int = 0, schedule: str | Schedule = "default"
) -> Told:
    """Wait for a job that never ends."""
    options = WaitOptions(seed=seed, schedule=schedule)
    return live(JobWait(JOB, kind, timeout=timeout, options=options), working)


@pytest.mark.parametrize("kind", ["dsort", "copy-bck", "archive"])
def test_gaps_follow_the_schedule(kind: str) -> None:
    """Every gap is the best one for the time waited, give or take a tenth; only the last is cut short."""
    moments = watched(kind).moments
    gaps = [after - before for before, after in itertools.pairwise(moments)]
    expected = [Keller().interval(before, snapshots=kind != "copy-bck") for before in moments]
    assert gaps[:-1] == pytest.approx(expected[: len(gaps) - 1], rel=JITTER + 1e-9)
    assert gaps[-1] <= 1.1 * expected[len(gaps) - 1]


def test_schedule_does_not_depend_on_the_timeout() -> None:
    """A generous time-out makes no wait slower (S54, S55, E5, R1)."""
    short, long = watched(timeout=100.0).moments, watched(timeout=86_400.0).moments
    assert short[:-1] == long[: len(short) - 1]


def test_few_requests() -> None:
    """An hour costs a few hundred requests, a day a few thousand."""
    assert len(watched().asked) < 500
    assert len(watched(timeout=86_400.0).asked) < 5000


def test_same_seed_same_schedule() -> None:
    """The seed alone decides about the jitter."""
    assert watched(seed=7).moments == watched(seed=7).moments


def test_waits_drift_apart() -> None:
    """Waits that were started together with other seeds do not ask in step."""
    schedules = [watched(seed=seed, timeout=60.0).moments[1:-1] for seed in range(20)]
    tenth = [moments[10] for moments in schedules]
    assert len(set(tenth)) == len(tenth)
    assert max(tenth) - min(tenth) > 0.02


def test_clock_of_the_caller_does_not_matter() -> None:
    """Moments count from the start, so a wait goes the same on every clock."""
    here = watched(timeout=60.0)
    there = live(JobWait(JOB, "dsort", timeout=60.0), working, at=123_456.0)
    assert there.moments == pytest.approx([moment + 123_456.0 for moment in here.moments], abs=1e-6)


@pytest.mark.parametrize(("kind", "gap"), [("copy-bck", STATUS_GAP), ("dsort", 1800.0)])
def test_what_is_learned_goes_no_further_than_the_source_remembers(kind: str, gap: float) -> None:
    """A learned schedule is jittered, and capped by what the source remembers, like any other."""
    moments = watched(kind, schedule=LEARNED, seed=5).moments
    gaps = [after - before for before, after in itertools.pairwise(moments)][:-1]
    snapshots = kind != "copy-bck"
    expected = [LEARNED.interval(before, snapshots=snapshots) for before in moments[: len(gaps)]]
    assert max(gaps) <= gap + 1e-9
    assert any(each > gap for each in expected) or gap > STATUS_GAP
    for real, best in zip(gaps, expected, strict=True):
        assert real == pytest.approx(best, rel=JITTER + 1e-9) or real == pytest.approx(gap)


def test_last_poll_of_a_learned_schedule_is_on_the_deadline() -> None:
    """However long it would sleep, the wait ends by its deadline."""
    told = watched(timeout=100.0, schedule=LEARNED)
    assert 100.0 == told.moments[-1]
    assert len(told.moments) < 12
