"""The schedules: how long to sleep when nothing is known but the time waited."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from attrs.exceptions import FrozenInstanceError
from hypothesis import given
from hypothesis import strategies as st

from ais_jobcore.limits import SHORTEST_SLEEP
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
