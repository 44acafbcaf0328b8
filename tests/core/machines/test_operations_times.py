"""What is computed from details: snapshots within a time frame, and the total time."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ais_jobcore import JobInfoNotFound, JobSnap
from ais_jobcore.machines import operations
from tests.builders import JOB, NOON, apart, reply, snap_document
from tests.core.oneshot import error, result


def at(seconds: float) -> datetime:
    """Return a moment so many seconds after the start."""
    return NOON + timedelta(seconds=seconds)


def snap_of(start: float | None, end: float | None, job_id: str = JOB) -> JobSnap:
    """Make a snapshot that began and ended so many seconds after the start."""
    return JobSnap(
        id=job_id,
        kind="lru",
        start_time=None if start is None else at(start),
        end_time=None if end is None else at(end),
    )


@pytest.mark.parametrize(
    ("begin", "end", "found"),
    [
        (0, None, [0, 1, 2, 3]),
        (5, None, [1, 2, 3]),
        (5.000001, None, [2, 3]),
        (0, 10, [0]),
        (0, 9.999999, []),
        (0, 25, [0, 1]),
        (0, 30, [0, 1, 2]),
        (0, 1_000_000, [0, 1, 2]),
        (21, None, []),
        (-100, 10, [0]),
    ],
)
def test_which_snapshots_are_within_a_time_frame(begin: float, end: float | None, found: list[int]) -> None:
    """
    Whatever began at or after the start and ended at or before the end is within it.

    One that still runs has not ended before any moment, and one that has not begun is in no frame
    (S51, S52, E11). None at all is `JobInfoNotFound`.
    """
    snaps = [snap_of(0, 10), snap_of(5, 25), snap_of(20, 30), snap_of(20, None), snap_of(None, None)]
    call = operations.within_timeframe(JOB, "", at(begin), None if end is None else at(end))
    if found:
        assert [snaps[number] for number in found] == result(call, apart(*snaps))
    else:
        assert JobInfoNotFound("No relevant job info found") == error(call, apart(*snaps))


def test_a_time_frame_takes_moments_of_any_zone() -> None:
    """Moments are compared as such, whatever their zone."""
    moment = datetime.fromisoformat("2026-11-23T14:00:00+02:00")
    snaps = apart(snap_of(0, 1))
    assert snaps.list_snapshots() == result(operations.within_timeframe(JOB, "", moment), snaps)


def test_a_snapshot_is_within_the_time_frame_that_it_shows() -> None:
    """What a `datetime` cannot hold of an end, its nanoseconds, does not push it out of its own frame."""
    times = {"start-time": "2026-11-23T12:00:00.123456789Z", "end-time": "2026-11-23T12:00:01.123456789Z"}
    answer = reply({"t1": [snap_document(kind="lru", **times)]})
    (snap,) = result(operations.within_timeframe(JOB, "", NOON), answer)
    again = operations.within_timeframe(JOB, "", snap.start_time, snap.end_time)
    assert [snap] == result(again, answer)


def test_a_time_frame_is_of_the_job_alone() -> None:
    """Given an id and a kind, other jobs of that kind are not looked at, unlike in the seed (S51)."""
    snaps = apart(snap_of(0, 1), snap_of(0, 1, "other"))
    assert [snap_of(0, 1)] == result(operations.within_timeframe(JOB, "lru", NOON), snaps)
    everything = result(operations.within_timeframe("", "lru", NOON), snaps)
    assert snaps.list_snapshots() == everything


@pytest.mark.parametrize(
    ("snaps", "seconds"),
    [
        ([snap_of(0, 10)], 10),
        ([snap_of(0, 10), snap_of(2, 12.5)], 12.5),
        ([snap_of(0, 10), snap_of(2, None)], None),
        ([snap_of(0, None), snap_of(2, None)], None),
        ([snap_of(0, 10), snap_of(None, None)], None),
        ([snap_of(None, 10)], None),
        ([snap_of(0, 10), snap_of(-5, 99, "other")], 10),
        ([snap_of(0, 10, "other")], None),
        ([], None),
    ],
)
def test_the_total_time(snaps: list[JobSnap], seconds: float | None) -> None:
    """It goes from the earliest start to the latest end, and there is none unless all ended (S53, E11)."""
    expected = None if seconds is None else timedelta(seconds=seconds)
    assert expected == result(operations.total_time(JOB, "lru"), apart(*snaps))


spans = st.tuples(st.integers(0, 100), st.one_of(st.none(), st.integers(0, 100)))


@given(st.lists(spans, max_size=5))
def test_the_total_time_is_never_negative(lives: list[tuple[int, int | None]]) -> None:
    """Whatever ran and however long, the total time is `None` or covers every snapshot."""
    snaps = [snap_of(start, None if lasts is None else start + lasts) for start, lasts in lives]
    total = result(operations.total_time(JOB, ""), apart(*snaps))
    if not lives or any(lasts is None for _, lasts in lives):
        assert total is None
    else:
        assert isinstance(total, timedelta)
        assert total >= max(timedelta(seconds=lasts or 0) for _, lasts in lives)
