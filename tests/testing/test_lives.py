"""The life of a job on one target, as functions of time."""

from __future__ import annotations

from math import inf

import pytest
from attrs import evolve

from ais_jobcore.testing import Life

ENDING = Life(works=((1.0, 3.0),), objects=10)
IDLING = Life(works=((1.0, 3.0), (20.0, 21.0)), idle_lag=6.0, linger=100.0, objects=10)


def test_ends_with_its_work() -> None:
    """A job that does not idle ends when its work does."""
    assert (1.0, 3.0, 3.0, False) == (ENDING.begins, ENDING.idles, ENDING.ends, ENDING.stopped)
    assert [False, True, True, False] == [ENDING.active(now) for now in (0.9, 1.0, 2.9, 3.0)]
    assert [False, True] == [ENDING.is_idle(now) for now in (2.9, 3.0)]


def test_idles_busies_and_ends_after_lingering() -> None:
    """Idle comes some time after the last work, more work ends it, and the end comes when nobody comes."""
    assert {8.9: False, 9.0: True, 19.9: True, 20.0: False, 26.9: False, 27.0: True} == {
        now: IDLING.is_idle(now) for now in (8.9, 9.0, 19.9, 20.0, 26.9, 27.0)
    }
    assert (27.0, 127.0) == (IDLING.idles, IDLING.ends)
    assert IDLING.active(126.9)
    assert not IDLING.active(127.0)


def test_counters_grow_with_work() -> None:
    """Each piece of work counts up evenly; idle time counts nothing."""
    assert [0, 0, 5, 10, 10, 15, 20, 20] == [
        IDLING.objects_done(now) for now in (0.0, 1.0, 2.0, 3.0, 10.0, 20.5, 21.0, 500.0)
    ]


def test_endless_work_counts_per_second() -> None:
    """Without an end the objects are so many a second."""
    life = Life(works=((1.0, inf),), objects=10)
    assert [0, 15] == [life.objects_done(now) for now in (0.5, 2.5)]
    assert life.active(1e9)


def test_work_may_take_no_time() -> None:
    """A job that ends as it begins has done all its work."""
    life = Life(works=((1.0, 1.0),), objects=7)
    assert (7, False) == (life.objects_done(1.0), life.active(1.0))


def test_an_abort_stops_counters_and_sets_the_end_later() -> None:
    """What was stopped counts no more; its end time comes after the lag."""
    life = evolve(ENDING, aborted=2.0, abort_lag=0.5)
    assert (True, 2.5, 5) == (life.stopped, life.ends, life.objects_done(9.0))
    assert [True, False] == [life.active(now) for now in (1.9, 2.0)]


@pytest.mark.parametrize(("idle_lag", "idle"), [(None, True), (6.0, False)])
def test_an_aborted_idling_job_is_not_idle(idle_lag: float | None, *, idle: bool) -> None:
    """What was stopped says that it is idle, but not where it idles by itself."""
    life = evolve(ENDING, aborted=2.0, idle_lag=idle_lag)
    assert idle is life.is_idle(12.0)


def test_an_abort_after_the_end_changes_nothing() -> None:
    """Who comes too late stops nothing."""
    life = evolve(ENDING, aborted=3.0)
    assert (False, 3.0) == (life.stopped, life.ends)


def test_a_target_knows_it_while_it_is_shown_and_kept() -> None:
    """It is hidden at first, and forgotten some time after its end, or earlier."""
    life = evolve(ENDING, hidden=0.2)
    assert [False, True, True, False] == [life.known(now, 60.0) for now in (1.1, 1.2, 62.9, 63.0)]
    assert not evolve(life, forgotten=2.0).known(2.0, 60.0)
    assert not evolve(life, forgotten=2.0).active(2.0)


def test_starting_again_takes_as_long() -> None:
    """A shifted life is the first piece of work once more, without what ended it."""
    again = evolve(IDLING, aborted=2.0, forgotten=2.0).shifted(50.0)
    assert (((50.0, 52.0),), inf, inf) == (again.works, again.aborted, again.forgotten)
