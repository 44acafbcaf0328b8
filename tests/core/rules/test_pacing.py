"""When to ask next: the estimate, the back-off, the jitter, the deadline."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ais_jobcore.limits import APPROACH, JITTER, LAST_RETRY, LONGEST_SLEEP, SHORTEST_SLEEP
from ais_jobcore.rules.pacing import clipped, jittered, retry, towards


@pytest.mark.parametrize(
    ("rest", "floor", "expected"),
    [
        (10.0, 0.05, 10.0 * APPROACH),
        (0.1, 0.05, 0.06),
        (0.01, 0.05, 0.05),
        (0.0, 0.05, 0.05),
        (-5.0, 0.05, 0.05),
        (0.0, 0.0, SHORTEST_SLEEP),
        (0.0, -1.0, SHORTEST_SLEEP),
        (1e9, 0.05, LONGEST_SLEEP),
        (math.inf, 0.05, LONGEST_SLEEP),
    ],
)
def test_towards(rest: float, floor: float, expected: float) -> None:
    """A part of the estimated rest is slept at once: no less than the floor, and not for ever."""
    assert expected == pytest.approx(towards(rest, floor))


@given(st.floats(0.1, 1e5))
def test_estimate_is_approached_in_few_steps(rest: float) -> None:
    """Each step leaves less than half of the rest, until the floor."""
    steps = 0
    while rest > 0.05:
        rest -= min(rest, towards(rest, 0.05))
        steps += 1
    assert steps < 20 + 1e5 / LONGEST_SLEEP


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
