"""When a wait asks: often at first, seldom later, and never by the length of its time-out."""

from __future__ import annotations

import itertools

import pytest

from ais_jobcore import JobWait, Keller, WaitOptions
from ais_jobcore.limits import JITTER
from tests.builders import JOB
from tests.core.scripts import Told, live, working


def watched(kind: str = "dsort", timeout: float = 3600.0, seed: int = 0) -> Told:
    """Wait for a job that never ends."""
    return live(JobWait(JOB, kind, timeout=timeout, options=WaitOptions(seed=seed)), working)


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
