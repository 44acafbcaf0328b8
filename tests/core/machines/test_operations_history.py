"""The jobs of a kind that the cluster still remembers: when they began and ended."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import pytest
from attrs import evolve

from ais_jobcore import AggregatedJobSnap, BucketRef, Continue, FinishedJob, JobSnap, Learned, RequestFailed
from ais_jobcore.machines import operations
from tests.builders import NOON, NOON_NS, UNKNOWN, refusal, reply, snap, snap_document, status
from tests.core.oneshot import error, result, run

KIND: Final = "lru"
SECOND: Final = 1_000_000_000
DATA: Final = BucketRef("data", "aws")


def shown(job_id: str, start: float, end: float, state: str = "finished", err: str = "") -> JobSnap:
    """Make a snapshot that began and ended so many seconds after noon."""
    return snap(state, err, job_id=job_id, kind=KIND, start=start, end=end)


def job(job_id: str, start: float, end: float) -> FinishedJob:
    """Make a job with such moments."""
    return FinishedJob(job_id, NOON_NS + int(start * SECOND), NOON_NS + int(end * SECOND))


def told(*targets: list[JobSnap], bucket: BucketRef | None = None) -> object:
    """Return what the operation makes of a reply."""
    root = {f"t{place}": tuple(snaps) for place, snaps in enumerate(targets)}
    return result(operations.history(KIND, bucket), AggregatedJobSnap(root))


def test_one_request_asks_for_jobs_that_ended_too() -> None:
    """It names the kind as servers do, and the bucket where one is given."""
    (asked,) = run(operations.history("lru-eviction"))
    assert isinstance(asked, Continue)
    assert {"kind": "lru"} == asked.request.json
    (asked,) = run(operations.history(KIND, DATA))
    assert isinstance(asked, Continue)
    assert {"kind": "lru", "bck": DATA.to_json()} == asked.request.json


def test_jobs_are_from_their_first_start_to_their_last_end() -> None:
    """Over all targets, ordered by their ends."""
    first, second = [shown("a", 5, 60), shown("b", 0, 30)], [shown("a", 4.5, 50)]
    assert [job("b", 0, 30), job("a", 4.5, 60)] == told(first, second)
    assert [30.0, 55.5] == [each.duration for each in [job("b", 0, 30), job("a", 4.5, 60)]]


def test_those_that_end_together_are_ordered_by_their_names() -> None:
    """The same reply gives the same list, in whichever order it has them."""
    assert [job("a", 1, 9), job("b", 0, 9)] == told([shown("b", 0, 9)], [shown("a", 1, 9)])


@pytest.mark.parametrize("state", ["running", "idle", "not started", "aborted"])
def test_jobs_that_did_not_finish_are_left_out(state: str) -> None:
    """One target that has not finished is enough."""
    assert [] == told([shown("a", 0, 9)], [shown("a", 0, 9, state)])


def test_jobs_with_errors_are_left_out() -> None:
    """How long they took says nothing of those that do well."""
    assert [job("b", 0, 9)] == told([shown("a", 0, 9), shown("b", 0, 9)], [shown("a", 0, 9, err="no space")])


def test_jobs_without_a_start_are_left_out() -> None:
    """An end alone tells no duration."""
    assert [] == told([JobSnap(id="a", kind=KIND, end_time=NOON + timedelta(seconds=1))])


def test_others_are_left_out() -> None:
    """A server may add jobs of other kinds, and on other buckets."""
    mine = evolve(shown("mine", 0, 9), source_bck=DATA)
    other = evolve(shown("kind", 0, 9), kind="archive", bucket=DATA)
    assert [job("mine", 0, 9)] == told([mine, other, shown("bucket", 0, 9)], bucket=DATA)
    assert [job("bucket", 0, 9), job("mine", 0, 9)] == told([mine, other, shown("bucket", 0, 9)])


def test_no_job_is_no_error() -> None:
    """A cluster that remembers none says so, or knows of nothing."""
    assert [] == told([])
    assert [] == result(operations.history(KIND), UNKNOWN)
    assert [] == result(operations.history(KIND), refusal(404))


def test_what_is_refused_is_an_error() -> None:
    """Anything else ends the operation as any other."""
    assert isinstance(error(operations.history(KIND), refusal(400)), RequestFailed)
    assert error(operations.history(KIND), status())
    with pytest.raises(ValueError, match="nosuchkind"):
        operations.history("nosuchkind")


def test_bytes_say_the_same() -> None:
    """A reply is read to the nanosecond."""
    document = snap_document("a", "finished", kind=KIND)
    document["start-time"] = "2026-11-23T12:00:00.000000001Z"
    (found,) = result(operations.history(KIND), reply({"t1": [document]}))  # type: ignore[misc]
    assert FinishedJob("a", NOON_NS + 1, NOON_NS + 60 * SECOND) == found


def test_a_schedule_learns_from_it() -> None:
    """What finished tells a duration, as transcripts do."""
    jobs = [job("a", 0, 10), job("b", 0, 20), job("c", 5, 5)]
    assert Learned([10.0, 20.0]) == Learned.from_transcripts(jobs)
