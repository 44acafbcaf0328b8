"""Snapshots and statuses: what they are read as, and their arithmetic."""

from __future__ import annotations

import itertools
import pickle
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

import pytest
from attrs import evolve
from attrs.exceptions import FrozenInstanceError
from hypothesis import given
from hypothesis import strategies as st

from ais_jobcore import (
    AggregatedJobSnap,
    BucketRef,
    JobSnap,
    JobStats,
    JobStatus,
    TargetState,
)
from ais_jobcore.snapshots import classify, from_nanoseconds, join_texts, to_nanoseconds
from tests.builders import apart

START: Final = datetime(2026, 8, 21, 10, 0, 0, 123456, tzinfo=UTC)
END: Final = START + timedelta(seconds=5)
START_NS: Final = 1_787_306_400_123_456_000

NOT_STARTED: Final = JobSnap(id="j")
RUNNING: Final = JobSnap(id="j", start_time=START)
IDLE: Final = JobSnap(id="j", start_time=START, is_idle=True)
FINISHED: Final = JobSnap(id="j", start_time=START, end_time=END, is_idle=True)
ABORTED: Final = JobSnap(id="j", start_time=START, aborted=True, abort_err="user abort")
ALL: Final = (NOT_STARTED, RUNNING, IDLE, FINISHED, ABORTED)


# What a snapshot is read as, by what it says: aborted, abort-err, started, ended, idle.
FLAGS: Final = list(itertools.product([False, True], repeat=5))


def expected_state(*, aborted: bool, abort_err: bool, started: bool, ended: bool, idle: bool) -> TargetState:
    """Read the flags by rules G18, G19 and S31, written anew."""
    match (aborted or abort_err, started, ended, idle):
        case (True, _, _, _):
            return TargetState.ABORTED
        case (_, False, _, _):
            return TargetState.NOT_STARTED
        case (_, _, True, _):
            return TargetState.FINISHED
        case (_, _, _, True):
            return TargetState.IDLE
    return TargetState.RUNNING


@pytest.mark.parametrize(("aborted", "abort_err", "started", "ended", "idle"), FLAGS)
def test_how_a_snapshot_is_classified(
    aborted: bool, abort_err: bool, started: bool, ended: bool, idle: bool
) -> None:
    """Abort goes before everything, no start before an end, an end before idleness (G18, G19, S31)."""
    snap = JobSnap(
        id="j",
        start_time=START if started else None,
        end_time=END if ended else None,
        aborted=aborted,
        abort_err="user abort" if abort_err else "",
        is_idle=idle,
    )
    expected = expected_state(aborted=aborted, abort_err=abort_err, started=started, ended=ended, idle=idle)
    assert expected is snap.state
    assert expected is classify(snap.start_time_ns, snap.end_time_ns, aborted=aborted or abort_err, idle=idle)


def test_which_states_are_an_end() -> None:
    """Only what has finished, was aborted or is lost has ended; idle jobs linger."""
    assert {TargetState.FINISHED, TargetState.ABORTED, TargetState.LOST} == {
        state for state in TargetState if state.ended
    }


@pytest.mark.parametrize(
    ("snap", "error"),
    [
        (RUNNING, ""),
        (evolve(RUNNING, err="disk fault"), "disk fault"),
        (ABORTED, "user abort"),
        (evolve(ABORTED, abort_err=""), "aborted"),
        (evolve(ABORTED, abort_err="", err="disk fault"), "disk fault"),
    ],
)
def test_the_error_of_a_snapshot(snap: JobSnap, error: str) -> None:
    """An abort says why, an error that did not abort counts, and an abort without words has one (S41)."""
    assert error == snap.error


def test_exact_times_follow_from_the_times() -> None:
    """Without exact nanoseconds, a snapshot takes those of its times."""
    assert START_NS == FINISHED.start_time_ns
    assert START_NS + 5_000_000_000 == FINISHED.end_time_ns
    assert (None, None) == (NOT_STARTED.start_time_ns, NOT_STARTED.end_time_ns)


def test_a_time_without_a_zone_is_refused() -> None:
    """A naive time is a `ValueError` and not a comparison that fails later (S52)."""
    with pytest.raises(ValueError, match="a time needs a zone, and '2026-01-01T00:00:00' has none"):
        JobSnap(id="j", start_time=datetime(2026, 1, 1))  # noqa: DTZ001


@given(st.datetimes(timezones=st.builds(timezone, st.timedeltas(timedelta(hours=-23), timedelta(hours=23)))))
def test_times_to_nanoseconds_and_back(moment: datetime) -> None:
    """Any moment of any zone survives the way to nanoseconds and back, as UTC."""
    exact = to_nanoseconds(moment)
    assert exact is not None
    assert exact % 1000 == 0
    try:
        expected = moment.astimezone(UTC)
    except OverflowError:  # before year 1 or after year 9999 in UTC
        return
    back = from_nanoseconds(exact)
    assert expected == back
    assert back is not None
    assert back.utcoffset() == timedelta(0)


@given(st.integers(-(2**63), 2**63 - 1))
def test_nanoseconds_are_cut_to_microseconds(nanoseconds: int) -> None:
    """Any int64 is a moment; what a datetime cannot hold is cut off, never rounded up (S24)."""
    moment = from_nanoseconds(nanoseconds)
    again = to_nanoseconds(moment)
    assert again is not None
    assert 0 <= nanoseconds - again < 1000


def test_no_time_has_no_nanoseconds() -> None:
    """*Not yet* is `None` either way."""
    assert to_nanoseconds(None) is None
    assert from_nanoseconds(None) is None


@given(st.integers(0, 1023), st.integers(0, 1023), st.integers(0, 1023))
def test_unpacking_a_glob_id(joggers: int, workers: int, full: int) -> None:
    """Joggers, workers and the channel-full count are ten bits each (S50)."""
    packed = joggers | workers << 10 | full << 20
    assert (joggers, workers, full) == JobSnap(packed=packed).unpack_glob_id()


def test_the_number_of_workers_is_that_of_any_snapshot() -> None:
    """All targets have the same number; without a snapshot it is 0 (S49)."""
    assert AggregatedJobSnap().get_num_workers() == 0
    assert AggregatedJobSnap({"t1": ()}).get_num_workers() == 0
    busy = JobSnap(id="j", packed=3 | 8 << 10)
    assert AggregatedJobSnap({"t1": (), "t2": (busy,)}).get_num_workers() == 8


def test_snapshots_of_all_targets_are_listed() -> None:
    """The list has the snapshots of every target; `null` is a target without any (S48)."""
    snaps = AggregatedJobSnap({"t1": (IDLE, RUNNING), "t2": None, "t3": [FINISHED]})
    assert [IDLE, RUNNING, FINISHED] == snaps.list_snapshots()
    assert {"t1": (IDLE, RUNNING), "t2": (), "t3": (FINISHED,)} == snaps.root


@pytest.mark.parametrize("snaps", list(itertools.combinations_with_replacement(ALL, 3)))
def test_predicates_over_targets(snaps: tuple[JobSnap, ...]) -> None:
    """All idle means idle or ended on every target; any aborted and any finished mean one (S49)."""
    reply = apart(*snaps)
    quiet = all(snap in {IDLE, FINISHED, ABORTED} for snap in snaps)
    assert quiet is reply.all_idle()
    assert (ABORTED in snaps) is reply.any_aborted()
    assert (quiet or ABORTED in snaps) is reply.idle_or_aborted()
    assert (ABORTED in snaps or FINISHED in snaps) is reply.any_finished()


@pytest.mark.parametrize("reply", [AggregatedJobSnap(), AggregatedJobSnap({"t1": (), "t2": ()})])
def test_predicates_of_an_empty_reply(reply: AggregatedJobSnap) -> None:
    """Nothing is never idle, unlike in the seed (S49), nor anything else."""
    assert not reply.all_idle()
    assert not reply.any_aborted()
    assert not reply.idle_or_aborted()
    assert not reply.any_finished()
    assert reply.list_snapshots() == []


@given(st.dictionaries(st.text(max_size=3), st.lists(st.sampled_from(ALL), max_size=3), max_size=4))
def test_the_order_of_targets_does_not_matter(root: dict[str, list[JobSnap]]) -> None:
    """A reply with its targets in another order is the same reply."""
    reply = AggregatedJobSnap({target: tuple(snaps) for target, snaps in root.items()})
    turned = AggregatedJobSnap({target: tuple(root[target]) for target in reversed(root)})
    assert reply == turned
    assert (reply.all_idle(), reply.any_aborted()) == (turned.all_idle(), turned.any_aborted())
    assert (reply.any_finished(), reply.idle_or_aborted()) == (
        turned.any_finished(),
        turned.idle_or_aborted(),
    )


@pytest.mark.parametrize(
    ("status", "over", "failed"),
    [
        (JobStatus(uuid="j"), False, False),
        (JobStatus(uuid="j", err="one object"), False, False),
        (JobStatus(uuid="j", end_time=1), True, False),
        (JobStatus(uuid="j", end_time=-1), True, False),
        (JobStatus(uuid="j", end_time=1, err="one object"), True, True),
        (JobStatus(uuid="j", aborted=True), True, True),
        (JobStatus(uuid="j", aborted=True, end_time=1, err="user abort"), True, True),
    ],
)
def test_what_a_status_means(status: JobStatus, over: bool, failed: bool) -> None:
    """An abort needs no end time (S27); an error fails the job once it is over; R17, S24, S26."""
    assert over is status.over
    assert failed is status.failed


def test_snapshots_are_values() -> None:
    """Snapshots, statuses and buckets cannot be written to, compare by value, and can be pickled."""
    snap = evolve(
        FINISHED,
        bucket=BucketRef("b", "ais", {"uuid": "", "name": ""}),
        stats=JobStats(objects=1, bytes=2),
        ext={"deep": [1]},
    )
    for value in (snap, snap.bucket, snap.stats, apart(snap), JobStatus(uuid="j")):
        assert value == pickle.loads(pickle.dumps(value))  # noqa: S301
    with pytest.raises(FrozenInstanceError):
        snap.id = "other"


def test_a_snapshot_as_a_cluster_sends_it_can_be_in_a_set() -> None:
    """Namespaces and `ext` are mappings; a snapshot that has them is hashable nevertheless."""
    snap = evolve(IDLE, bucket=BucketRef("b", "ais", {"uuid": "", "name": ""}), ext={"deep": [1]})
    assert {snap} == {evolve(snap, ext={"deep": [1]})}
    assert len({snap, IDLE}) == 2


def test_what_is_not_said_is_empty() -> None:
    """A snapshot, counters and a status of which nothing is said say nothing."""
    snap = JobSnap()
    assert ("", "", None, None) == (snap.id, snap.kind, snap.start_time, snap.end_time)
    assert (None, None, None, None) == (snap.bucket, snap.source_bck, snap.destination_bck, snap.stats)
    assert (False, False, "", "") == (snap.aborted, snap.is_idle, snap.abort_err, snap.err)
    assert (0, "", None) == (snap.packed, snap.ctlmsg, snap.ext)
    assert JobStats(0, 0, 0, 0, 0, 0) == JobStats()
    assert JobStatus("", "", 0, False, "", False, ()) == JobStatus()


def test_snapshots_are_made_by_keywords() -> None:
    """Nothing about a snapshot is told by position."""
    with pytest.raises(TypeError):
        JobSnap("j")


def test_the_words_of_states() -> None:
    """The values are what is printed and saved; they do not change."""
    assert ["not started", "running", "idle", "finished", "aborted", "lost"] == [
        state.value for state in TargetState
    ]


@pytest.mark.parametrize(
    ("texts", "joined"),
    [
        ([], None),
        (["", ""], None),
        (["a"], "a"),
        (["b", "", "a", "b"], "b; a"),
    ],
)
def test_joining_error_texts(texts: list[str], joined: str | None) -> None:
    """Every text appears once, in order; no text is `None` and never empty (S25, E19)."""
    assert joined == join_texts(texts)


def test_bucket_as_requests_spell_it() -> None:
    """Its name and provider, and its namespace if it has one."""
    assert {"name": "b", "provider": "ais"} == BucketRef("b").to_json()
    full = BucketRef("b", "aws", {"uuid": "u", "name": "n"})
    assert {"name": "b", "provider": "aws", "namespace": {"uuid": "u", "name": "n"}} == full.to_json()
    assert {"name": "b", "provider": "ais"} == BucketRef("b", namespace={}).to_json()


BUCKET: Final = BucketRef("data", "aws")


@pytest.mark.parametrize("place", ["bucket", "source_bck", "destination_bck"])
def test_a_job_is_on_the_buckets_that_it_names(place: str) -> None:
    """It works on them, reads them or writes them; where no bucket is asked for, any job will do."""
    snap = JobSnap(id="j", **{place: BUCKET})
    assert snap.is_on(BUCKET)
    assert snap.is_on(BucketRef("data", "aws", {"uuid": "u", "name": ""}))
    assert not snap.is_on(BucketRef("data", "ais"))
    assert not snap.is_on(BucketRef("other", "aws"))
    assert not JobSnap(id="j").is_on(BUCKET)
    assert snap.is_on(None)
    assert JobSnap(id="j").is_on(None)
