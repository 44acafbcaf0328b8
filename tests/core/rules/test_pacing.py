"""When to ask next: the schedules, the estimate, the back-off, the jitter, the deadline."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from attrs.exceptions import FrozenInstanceError
from hypothesis import given
from hypothesis import strategies as st

from ais_jobcore.limits import APPROACH, JITTER, LAST_RETRY, LONGEST_SLEEP, SHORTEST_SLEEP
from ais_jobcore.rules.pacing import clipped, jittered, retry, towards
from ais_jobcore.schedules import PRESETS, Keller, Schedule

MOMENTS = st.floats(0, 1e9)
DAY = 86_400.0
DEFAULT = Keller()


def both(schedule: Schedule, waited: float) -> tuple[float, float]:
    """Return the intervals where a proxy is asked, and where all targets are."""
    return schedule.interval(waited, snapshots=False), schedule.interval(waited, snapshots=True)


@pytest.mark.parametrize("waited", [10.0, 60.0, 3600.0, DAY / math.e])
def test_interval_is_kellers(waited: float) -> None:
    """After some seconds it is ``k * sqrt(t * ln(T / t))``, whoever is asked."""
    best = 0.12 * math.sqrt(waited * math.log(DAY / waited))
    assert (best, best) == pytest.approx(both(DEFAULT, waited))
    assert (best / 2, best / 2) == pytest.approx(both(Keller(k=0.06, growth=9.0), waited))


@pytest.mark.parametrize("waited", [-1.0, 0.0, 1e-9])
def test_interval_begins_at_its_floor(waited: float) -> None:
    """A proxy is asked again after 50 ms, targets not so soon."""
    status, snapshots = both(DEFAULT, waited)
    assert (0.05, 0.1) == pytest.approx((status, snapshots))
    assert (0.2, 0.7) == pytest.approx(both(Keller(floor=0.2, snapshot_floor=0.7), waited))


@pytest.mark.parametrize("waited", [0.1, 0.5, 1.0])
def test_interval_grows_no_faster_than_a_part_of_the_time_waited(waited: float) -> None:
    """Early on, the formula alone would overshoot the end of a short job."""
    steep, flat = Keller(growth=9.0), Keller(growth=0.1)
    assert both(flat, waited) == pytest.approx((0.05 + 0.1 * waited, 0.1 + 0.1 * waited))
    assert both(steep, waited)[0] > both(flat, waited)[0]


@pytest.mark.parametrize("waited", [DAY / math.e, DAY, 10 * DAY, math.inf])
def test_interval_at_its_maximum(waited: float) -> None:
    """From ``T / e`` on it stays at its maximum: 21 s."""
    assert DEFAULT.interval(waited, snapshots=False) == pytest.approx(0.12 * math.sqrt(DAY / math.e))
    assert 21.0 < DEFAULT.interval(waited, snapshots=True) < 22.0
    assert Keller(horizon=600.0).interval(waited, snapshots=False) < 2.0


@given(MOMENTS, MOMENTS, st.sampled_from(list(PRESETS.values())), st.booleans())
def test_interval_never_shrinks(one: float, other: float, schedule: Schedule, snapshots: bool) -> None:
    """The longer a wait lasted, the longer its interval, whatever the preset."""
    early, late = sorted((one, other))
    first = schedule.interval(0.0, snapshots=snapshots)
    earlier, later = (schedule.interval(each, snapshots=snapshots) for each in (early, late))
    assert SHORTEST_SLEEP < first <= earlier <= later


@given(MOMENTS, st.booleans())
def test_presets_differ_in_one_direction(waited: float, snapshots: bool) -> None:
    """``responsive`` asks at least as often as ``default``, and ``gentle`` at most."""
    assert ["responsive", "default", "gentle"] == list(PRESETS)
    intervals = [each.interval(waited, snapshots=snapshots) for each in PRESETS.values()]
    assert sorted(intervals) == intervals


def test_presets_halve_and_double() -> None:
    """Over an hour, they ask about twice as often, and half as often, as the default."""
    counts = []
    for schedule in PRESETS.values():
        moment, count = 0.0, 0
        while moment < 3600.0:
            moment += schedule.interval(moment, snapshots=False)
            count += 1
        counts.append(count)
    assert [0.5, 0.5] == pytest.approx([after / before for before, after in pairwise(counts)], abs=0.06)


def test_schedule_is_a_value() -> None:
    """It can be compared and hashed, and not be changed."""
    assert Keller(k=0.1) == Keller(k=0.1) != DEFAULT == PRESETS["default"]
    assert 2 == len({Keller(k=0.1), Keller(k=0.1), DEFAULT})
    with pytest.raises(FrozenInstanceError):
        DEFAULT.k = 1.0  # type: ignore[misc]


@pytest.mark.parametrize("name", ["k", "floor", "snapshot_floor", "growth", "horizon"])
@pytest.mark.parametrize("value", [0, -1.0, math.inf, math.nan, "2", None])
def test_numbers_of_a_schedule_are_above_zero(name: str, value: object) -> None:
    """What is no such number is a ``ValueError`` with the name and what was given."""
    with pytest.raises(ValueError, match=f"^{name} is a number above 0, not ") as raised:
        Keller(**{name: value})
    assert str(raised.value).endswith(repr(value))


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
