"""When the next request is sent: estimates, back-off, and what a schedule is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from attrs import frozen

from ais_jobcore import Continue, JobWait, WaitOptions, limits
from ais_jobcore.rules.pacing import _interval, _retry_delay, next_moment
from ais_jobcore.rules.progress import estimated_rest
from ais_jobcore.rules.sources import preferred_source, sources
from ais_jobcore.rules.state import Faults, Phase, Progress, Quiet, Signal, Source
from tests.builders import JOB, REFUSED, RUNNING, status
from tests.core.scripts import altered

if TYPE_CHECKING:
    from ais_jobcore.rules.state import WaitState


@frozen
class Noted:
    """A schedule that is the same at any time, and differs by who is asked."""

    def interval(self, waited: float, *, snapshots: bool) -> float:
        """Tell all that it was asked: the moment, and by a fraction who is asked."""
        return 1.0 + waited + (0.5 if snapshots is True else 0.25 if snapshots is False else 0.0)


def state(kind: str = "copy-bck", timeout: float | None = None, **fields: object) -> WaitState:
    """Make the state of a wait with that schedule."""
    options = fields.pop("options", {})
    assert isinstance(options, dict)
    wait = JobWait(JOB, kind, timeout, options=WaitOptions(schedule=Noted(), **options))
    return altered(wait.state, **fields)


# Estimates.


@pytest.mark.parametrize(
    ("progress", "now", "rest"),
    [
        # A tenth in the first 10 s of which it was watched, from a half on: 40 s more.
        (Progress(0.6, at=20.0, first_done=0.5, first_at=10.0), 20.0, 40.0),
        # Just as fast, watched from the beginning.
        (Progress(0.5, at=10.0), 10.0, 10.0),
        # It was seen to move 2 s ago.
        (Progress(0.5, at=10.0), 12.0, 8.0),
        # In less than a second.
        (Progress(0.5, at=0.5), 0.5, 0.5),
        # It should be done by now, and is not: a quarter of the time in which nothing moved.
        (Progress(0.99, at=10.0), 14.0, 1.0),
        # It stood still for no longer than the interval of the schedule: still an estimate.
        (Progress(0.5, at=10.0), 23.0, 3.25),
    ],
)
def test_estimate_by_what_was_done(progress: Progress, now: float, rest: float) -> None:
    """The rest takes as long as its share of what was done since the first look."""
    assert pytest.approx(rest) == estimated_rest(state(progress=progress), now)


@pytest.mark.parametrize(
    "progress",
    [
        # Nothing was done since the first look, or no time has passed.
        Progress(0.5, at=10.0, first_done=0.5, first_at=5.0),
        Progress(0.5, at=10.0, first_done=0.0, first_at=10.0),
        Progress(),
    ],
)
def test_no_estimate(progress: Progress) -> None:
    """Without a rate there is none; what the caller expects stands in, until it is over."""
    assert estimated_rest(state(progress=progress), 10.0) is None
    expecting = state(progress=progress, options={"expected_duration": 60.0})
    assert 50.0 == estimated_rest(expecting, 10.0)
    assert estimated_rest(expecting, 60.0) is None
    assert estimated_rest(expecting, 61.0) is None


def test_estimate_is_dropped_when_nothing_moves() -> None:
    """A job that stands still for a whole interval of looks at its targets keeps none."""
    moved = state(progress=Progress(0.5, at=10.0))
    # The interval at 21.5 is 1 + 21.5 + 0.5; it stood still for 11.5.
    assert estimated_rest(moved, 21.5) is not None

    @frozen
    class Short:
        def interval(self, waited: float, *, snapshots: bool) -> float:
            assert waited >= 0
            return 2.0 if snapshots is True else 100.0

    short = altered(moved, options=WaitOptions(schedule=Short()))
    assert estimated_rest(short, 12.0) is not None
    assert estimated_rest(short, 12.1) is None


@pytest.mark.parametrize(("source", "floor"), [(Source.SNAPSHOTS, 1.5), (Source.STATUS, 1.25)])
def test_estimate_sleeps_no_less_than_the_first_interval(source: Source, floor: float) -> None:
    """That of whoever is asked, at the beginning of a wait."""
    near = state(progress=Progress(0.999, at=100.0))
    assert floor == _interval(near, source, 100.0)


# Back-off.


@pytest.mark.parametrize(("spent", "slow"), [(5.0, False), (5.1, True), (10.0, True), (0.0, False)])
def test_endpoint_that_spent_half_of_its_budget(spent: float, slow: bool) -> None:
    """From then on it is asked no sooner than the schedule says: 11.25 s here, and 0.2 s before."""
    troubled = state(faults=Faults(count=1, last=REFUSED), spent=(spent,))
    assert (11.25 if slow else limits.FIRST_RETRY) == _retry_delay(troubled, Source.STATUS, 10.0)


def test_long_back_off_is_not_shortened() -> None:
    """The schedule counts only where it asks for more."""
    troubled = state(faults=Faults(count=9, last=REFUSED), spent=(10.0,))
    assert limits.LAST_RETRY == _retry_delay(troubled, Source.STATUS, 0.0)


# Moments.


def test_all_have_forgotten() -> None:
    """Where nobody knows the job, the first to ask is asked."""
    lost = state(unknown_to=frozenset(Source))
    assert Source.STATUS is preferred_source(lost, sources(lost))
    lost = state("dsort", unknown_to=frozenset(Source))
    assert Source.SNAPSHOTS is preferred_source(lost, sources(lost))


def test_moment_is_never_past_what_a_source_remembers() -> None:
    """A status is asked for after 90 s at the latest, whatever the schedule says."""
    late = state(now=1000.0, due=1000.0)
    assert 1090.0 == next_moment(late, Signal.BUSY, Source.STATUS, 1000.0)


def test_request_that_stays_the_same_is_not_made_anew() -> None:
    """While nothing changes, the very same request is sent again."""
    wait = JobWait(JOB, "copy-bck", None)
    first = wait.start(0.0)
    second = wait.handle(RUNNING, 1.0)
    third = wait.handle(status(), 2.0)
    assert isinstance(first, Continue)
    assert isinstance(second, Continue)
    assert isinstance(third, Continue)
    assert first.request is second.request is third.request


def test_second_look_is_planned_from_the_first() -> None:
    """Half a second after a first look the second one is the rest of the gap away."""
    waiting = state("dsort", phase=Phase.CONFIRM, quiet=Quiet(1.0, 0))
    assert 3.0 == next_moment(waiting, Signal.QUIET, Source.SNAPSHOTS, 1.5)
