"""When to ask next: the schedule, the back-off, the jitter, the deadline."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ais_jobcore.pacing import FLOOR, HORIZON, JITTER, LAST_RETRY, clipped, interval, jittered, retry

MOMENTS = st.floats(0, 1e9)


@pytest.mark.parametrize(
    ("waited", "expected"),
    [
        (-1.0, 0.05),
        (0.0, 0.05),
        (0.2, 0.1),
        (1.0, 0.3),
        (10.0, 0.12 * math.sqrt(10 * math.log(8640))),
        (60.0, 0.12 * math.sqrt(60 * math.log(1440))),
        (3600.0, 0.12 * math.sqrt(3600 * math.log(24))),
    ],
)
def test_interval(waited: float, expected: float) -> None:
    """It is ``k * sqrt(t * ln(T / t))``, from 50 ms and no steeper than a quarter of the time waited."""
    assert interval(waited) == pytest.approx(expected)


@pytest.mark.parametrize("waited", [HORIZON / math.e, HORIZON, 10 * HORIZON, math.inf])
def test_interval_at_its_maximum(waited: float) -> None:
    """From ``T / e`` on it stays at its maximum: 21 s."""
    assert interval(waited) == pytest.approx(0.12 * math.sqrt(HORIZON / math.e))
    assert 21.0 < interval(waited) < 22.0


@given(MOMENTS, MOMENTS)
def test_interval_never_shrinks(one: float, other: float) -> None:
    """The longer a wait lasted, the longer its interval, and it is never under 50 ms."""
    early, late = sorted((one, other))
    assert FLOOR <= interval(early) <= interval(late)


@pytest.mark.parametrize(
    ("faults", "expected"), [(1, 0.2), (2, 0.4), (3, 0.8), (5, 3.2), (6, 5.0), (7, 5.0), (10**6, 5.0)]
)
def test_retry(faults: int, expected: float) -> None:
    """Faults back off twofold, from 0.2 s to 5 s."""
    assert expected == retry(faults)
    assert retry(faults) <= LAST_RETRY


@given(st.floats(0, 1e6), st.integers(), st.integers(0, 10**9))
def test_jitter_is_bounded_and_repeatable(delay: float, seed: int, poll: int) -> None:
    """A delay strays by a tenth at most, and for the same seed and poll always by as much."""
    strayed = jittered(delay, seed, poll)
    assert delay * (1 - JITTER) <= strayed <= delay * (1 + JITTER)
    assert jittered(delay, seed, poll) == strayed


def test_jitter_is_the_same_everywhere() -> None:
    """The draw is fixed by its definition (splitmix64), not by a machine or a version."""
    assert 0.9 + 0.2 * (0xE220A8397B1DCDAF / 2**64) == pytest.approx(jittered(1.0, 0, 0), rel=1e-12)


def test_jitter_spreads_evenly() -> None:
    """Over many polls, and over many seeds, the draws fill their range."""
    for draws in (
        [jittered(1.0, 42, poll) for poll in range(1000)],
        [jittered(1.0, seed, 3) for seed in range(1000)],
    ):
        assert sum(draws) / 1000 == pytest.approx(1.0, abs=0.01)
        assert min(draws) < 0.905
        assert max(draws) > 1.095


@pytest.mark.parametrize(
    ("due", "deadline", "took", "expected"),
    [
        (5.0, None, 1.0, 5.0),
        (5.0, 10.0, 1.0, 5.0),
        (8.9, 10.0, 1.0, 8.9),
        (9.0, 10.0, 1.0, 10.0),
        (9.5, 10.0, 1.0, 10.0),
        (10.0, 10.0, 0.0, 10.0),
        (99.0, 10.0, 0.0, 10.0),
        (1.0, 10.0, 20.0, 10.0),
    ],
)
def test_clipped(due: float, deadline: float | None, took: float, expected: float) -> None:
    """What would come after the deadline, or too shortly before it for another, is moved onto it."""
    assert expected == clipped(due, deadline, took=took)
