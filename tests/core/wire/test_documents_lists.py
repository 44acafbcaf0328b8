"""From documents to lists of active jobs: statuses, names, and the snapshots of one kind; and counters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ais_jobcore import ProtocolError, Reply, TargetState
from ais_jobcore.queries import list_kind, list_names, list_statuses
from ais_jobcore.testing import Recording
from ais_jobcore.wire.decode import decode
from ais_jobcore.wire.documents import read_active, read_names, read_sightings, read_statuses
from ais_jobcore.wire.observations import ActiveJobs, Listing, Trouble, Unusable
from tests.builders import JOB, dump
from tests.core.sent import DAY, SNAP, START_NS, STATUS, attempt, refuse, snap_with

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ais_jobcore.wire.observations import Observation

READERS: Final[dict[str, Callable[[bytes], object]]] = {
    "statuses": read_statuses,
    "names": read_names,
    "active": read_active,
}
REQUESTS: Final = {"statuses": list_statuses(), "names": list_names(), "active": list_kind("dsort")}
every_list = pytest.mark.parametrize("read", READERS.values(), ids=list(READERS))
OTHER: Final = "other"


def running(job_id: str = JOB, **fields: object) -> dict[str, Any]:
    """Spell a snapshot of a job."""
    return snap_with(id=job_id, **fields)


# What is alike


@every_list
@pytest.mark.parametrize("empty", ["null", "[]", "{}"])
def test_empty_lists(read: Callable[[bytes], object], empty: str) -> None:
    """A server without anything to say sends ``null``, or an empty list, in its own shape."""
    if (empty == "{}") != (read is read_active) and empty != "null":
        assert "was expected, not" in refuse(read, empty.encode()).message
    else:
        assert {} == read(empty.encode())


@every_list
@pytest.mark.parametrize(
    "body", [b"", b"{", b"\xff", b"NaN", b"5", b'"x"', b"[" * 100_000], ids=lambda b: repr(b[:9])
)
def test_what_is_no_list(read: Callable[[bytes], object], body: bytes) -> None:
    """Anything else is an error that is printable."""
    refuse(read, body)


@every_list
@given(
    document=st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
        max_leaves=10,
    )
)
def test_any_document(read: Callable[[bytes], object], document: object) -> None:
    """Whatever JSON comes, it is read or refused."""
    error = attempt(read, dump(document))
    assert error is None or str(error).isprintable()


@pytest.mark.parametrize("name", REQUESTS)
def test_decoded_as_what_was_asked_for(name: str) -> None:
    """A reply to each request is read as its list, and what cannot be read is malformed."""
    assert ActiveJobs({}) == decode(REQUESTS[name], Reply(200, b"null"))
    malformed: Observation = decode(REQUESTS[name], Reply(200, b"5"))
    assert isinstance(malformed, Unusable)
    assert Trouble.MALFORMED is malformed.trouble


# Statuses


def test_statuses() -> None:
    """Who runs is on it, with a kind; whoever is over is as if it were not there."""
    document = [
        {"kind": "copy-bck", "uuid": "a", "err": "", "end_time": 0, "aborted": False},
        {"kind": "lru", "uuid": "b", "err": "ignored", "end_time": 0, "aborted": False},
        {"kind": "lru", "uuid": "c", "err": "", "end_time": 1, "aborted": False},
        {"kind": "lru", "uuid": "d", "err": "", "end_time": 0, "aborted": True},
        {"uuid": "e", "end_time": 0},
    ]
    expected = {"a": Listing(True, "copy-bck"), "b": Listing(True, "lru"), "e": Listing(True)}
    assert expected == read_statuses(dump(document))


@pytest.mark.parametrize(
    ("item", "place", "message"),
    [
        (None, "[1]", "a status was expected, not null"),
        ("x", "[1]", "a status was expected, not str"),
        ({}, "[1].uuid", "missing"),
        ({"uuid": "a"}, "[1].end_time", "missing"),
        ({**STATUS, "uuid": 5}, "[1].uuid", "str was expected, not int"),
        ({**STATUS, "end_time": "0"}, "[1].end_time", "an int64 was expected, not '0'"),
        ({**STATUS, "aborted": "no"}, "[1].aborted", "bool was expected, not str"),
    ],
)
def test_malformed_statuses(item: object, place: str, message: str) -> None:
    """One bad status spoils the list, and its place is named."""
    assert ProtocolError(message, place) == refuse(read_statuses, dump([STATUS, item]))


# Names


def test_names() -> None:
    """Each is a kind and an id; every one of them is active, which says nothing of idleness."""
    listed = read_names(b'["copy-bck[slwq2s-xv]","copy-listrange[tco-tJoBKycCof]","rebalance[g3]"]\n')
    assert {
        "slwq2s-xv": Listing(True, "copy-bck"),
        "tco-tJoBKycCof": Listing(True, "copy-listrange"),
        "g3": Listing(True, "rebalance"),
    } == listed


@pytest.mark.parametrize(
    "name", ["", "copy-bck", "copy-bck[", "copy-bck[]", "[id]", "copy-bck[a][b]", "copy-bck[a] ", "a]b[c]"]
)
def test_malformed_names(name: str) -> None:
    """What is not ``kind[id]`` is an error with its place."""
    error = refuse(read_names, dump(["lru[a]", name]))
    assert (f"kind[id] was expected, not {name!r}", "[1]") == (error.message, error.place)


def test_name_of_another_type() -> None:
    """Names are texts."""
    assert ProtocolError("str was expected, not int", "[0]") == refuse(read_names, b"[5]")


# Snapshots of one kind


def test_active() -> None:
    """Every job is on it with its snapshots by target, and is busy if it has work anywhere."""
    document = {
        "t2": [running(), running(OTHER, is_idle=True)],
        "t1": [running(is_idle=True), running(OTHER, is_idle=True)],
        "t3": None,
    }
    listed = read_active(dump(document))
    assert {JOB: True, OTHER: False} == {job_id: listing.busy for job_id, listing in listed.items()}
    assert ["t1", "t2"] == list(listed[JOB].own)
    states = [sighting.state for (sighting,) in listed[JOB].own.values()]
    assert [TargetState.IDLE, TargetState.RUNNING] == states
    assert {"copy-bck"} == {listing.kind for listing in listed.values()}
    assert {START_NS} == {sighting.start_ns for (sighting,) in listed[OTHER].own.values()}


@pytest.mark.parametrize(
    ("fields", "busy"),
    [
        ({}, True),
        ({"start_time": "0001-01-01T00:00:00Z"}, True),
        ({"is_idle": True}, False),
        ({"aborted": True}, False),
        ({"abort_err": "user abort"}, False),
        ({"end_time": "2026-11-23T12:28:31Z"}, False),
    ],
)
def test_busy(fields: dict[str, object], busy: bool) -> None:
    """Work to do is what makes a job busy; what has ended, or is stopped, has none."""
    assert busy is read_active(dump({"t1": [running(**fields)]}))[JOB].busy


def test_two_snapshots_on_one_target() -> None:
    """Both are kept, for whoever folds them."""
    first, second = running(err="o1 is missing"), running(start_time="2026-11-24T12:27:31.531549014Z")
    (shown,) = read_active(dump({"t1": [first, second]}))[JOB].own.values()
    assert [(START_NS, "o1 is missing"), (START_NS + DAY, "")] == [
        (each.start_ns, each.error) for each in shown
    ]


@pytest.mark.parametrize(
    ("snap", "place"),
    [
        ({**SNAP, "id": 5}, "t1[1].id"),
        ({**SNAP, "aborted": "no"}, "t1[1].aborted"),
        ({**SNAP, "err": None}, "t1[1].err"),
        ({**SNAP, "start-time": "yesterday"}, "t1[1].start-time"),
        (5, "t1[1]"),
    ],
)
def test_malformed_snapshots(snap: object, place: str) -> None:
    """One bad snapshot spoils the list, and its place is named."""
    assert place == refuse(read_active, dump({"t1": [SNAP, snap]})).place


# Counters


def stats(**counters: str) -> dict[str, str]:
    """Spell counters."""
    return {key.replace("_", "-"): value for key, value in counters.items()}


def counted(document: object) -> tuple[tuple[int, int], int]:
    """Read the counters of a reply."""
    seen = read_sightings(dump(document), JOB, counted=True)
    return seen.done, seen.activity


def test_counters() -> None:
    """Objects and bytes are summed over the targets, and every counter is, for the activity."""
    document = {
        "t1": [running(stats=stats(loc_objs="5", loc_bytes="500", out_objs="1", in_bytes="7"))],
        "t2": [
            running(stats=stats(loc_objs="3", loc_bytes="300")),
            running(OTHER, stats=stats(loc_objs="99")),
        ],
        "t3": [running(stats=None)],
    }
    assert ((8, 800), 816) == counted(document)
    del document["t3"][0]["stats"]
    assert ((8, 800), 816) == counted(document)


def test_counters_are_read_only_if_asked_for() -> None:
    """Whoever does not ask for them does not mind what they are."""
    document = dump({"t1": [running(stats="none")]})
    assert ((0, 0), 0) == (read_sightings(document, JOB).done, read_sightings(document, JOB).activity)


@pytest.mark.parametrize(
    ("given", "place", "message"),
    [
        ("none", "t1[0].stats", "an object of counters was expected, not str"),
        (
            stats(loc_objs="1_0"),
            "t1[0].stats.loc-objs",
            "a decimal int64 in a string was expected, not '1_0'",
        ),
        ({"in-bytes": 5}, "t1[0].stats.in-bytes", "a decimal int64 in a string was expected, not 5"),
        (stats(out_objs=str(2**63)), "t1[0].stats.out-objs", f"an int64 was expected, not {2**63}"),
    ],
)
def test_malformed_counters(given: object, place: str, message: str) -> None:
    """A counter that is none is an error with its place."""
    error = refuse(lambda body: read_sightings(body, JOB, counted=True), dump({"t1": [running(stats=given)]}))
    assert ProtocolError(message, place) == error


# What a real cluster listed


def test_recorded_lists(recordings: Path) -> None:
    """Every list of the recordings can be read, and shows the job until it ends."""
    recording = Recording.load(recordings / "running-all.jsonl.gz")
    job_id, shown = "slwq2s-xv", 0
    for exchange in recording.exchanges:
        assert isinstance(exchange.answer, Reply)
        what = exchange.key[2].removeprefix("what=")
        read = {"running_all": read_names, "status_all": read_statuses, "qryxstats": read_active}[what]
        listed = read(exchange.answer.body)
        if job_id in listed:
            shown += 1
            assert ("copy-bck", True) == (listed[job_id].kind, listed[job_id].busy)
            assert exchange.t < 13.8
        else:
            assert exchange.t > 13.5
    assert shown > 200


def test_words_for_what_is_no_list() -> None:
    """Each list is named, and the sort of what came in its place."""
    for read, name in ((read_statuses, "a list of statuses"), (read_names, "a list of names")):
        with pytest.raises(ProtocolError, match=rf"^{name} was expected, not dict$"):
            read(b"{}")


def test_snapshots_in_a_list_may_lack_what_others_have() -> None:
    """A list of active jobs is read though its snapshots have neither flags nor texts."""
    (listing,) = read_active(b'{"t1": [{"id": "a", "kind": "lru"}]}').values()
    assert (True, "lru") == (listing.busy, listing.kind)
