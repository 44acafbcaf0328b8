"""Reading documents: exactly what a cluster sends, field by field."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import pytest

from ais_jobcore import (
    AggregatedJobSnap,
    BucketRef,
    JobSnap,
    JobStats,
    JobStatus,
    ProtocolError,
    TargetState,
    limits,
)
from ais_jobcore.wire.documents import ErrorDocument, read_error, read_sightings, read_status
from ais_jobcore.wire.lean import Sighting, sight
from ais_jobcore.wire.models import read_snapshots
from tests.builders import JOB, ZERO, dump
from tests.core.sent import SNAP, START_NS, STATUS, both_readers, one, read_one, refuse, sight_one, snap_with

if TYPE_CHECKING:
    from collections.abc import Callable


def test_a_snapshot_is_read_whole() -> None:
    """Every field of a snapshot arrives, by the seed's names (S50)."""
    expected = JobSnap(
        id=JOB,
        kind="copy-bck",
        start_time=datetime(2026, 11, 23, 12, 27, 31, 531549, tzinfo=UTC),
        end_time=None,
        bucket=BucketRef("cb1", "ais", {"uuid": "", "name": ""}),
        source_bck=BucketRef("src", "aws", {"uuid": "u", "name": "n"}),
        destination_bck=BucketRef("cb1", "ais", {"uuid": "", "name": ""}),
        stats=JobStats(
            objects=58, bytes=237568, out_objects=36, out_bytes=147456, in_objects=9, in_bytes=36864
        ),
        aborted=False,
        is_idle=False,
        abort_err="",
        err="",
        packed=2,
        ctlmsg="cp ais://src=>ais://cb1",
        ext=None,
        start_time_ns=START_NS,
        end_time_ns=None,
    )
    assert AggregatedJobSnap({"t1": (expected,)}) == read_snapshots(one(SNAP))


def test_what_went_wrong_arrives() -> None:
    """Errors, an abort and idleness arrive, too (E2)."""
    snap = read_one(
        snap_with(err="t1: gone (and 7 more errors)", abort_err="user abort", aborted=True, is_idle=True)
    )
    assert ("t1: gone (and 7 more errors)", "user abort") == (snap.err, snap.abort_err)
    assert snap.aborted
    assert snap.is_idle


def test_what_decides_is_read_alone() -> None:
    """A sighting has state, times, error and kind; it is that of the whole snapshot."""
    ended = snap_with(end_time="2026-11-23T12:27:36.5Z", err="disk")
    seen = sight_one(dump({"t2": [ended], "t1": [SNAP], "t3": []}))
    assert {
        "t1": [Sighting(TargetState.RUNNING, START_NS, None, "", "copy-bck")],
        "t2": [Sighting(TargetState.FINISHED, START_NS, START_NS + 4_968_450_986, "disk", "copy-bck")],
    } == seen.own
    assert ["t1", "t2"] == list(seen.own)
    assert (sight(read_one(ended)),) == tuple(seen.own["t2"])
    assert ((), ()) == (seen.finished_others, seen.notes)


@both_readers
@pytest.mark.parametrize("document", [None, {}, {"t1": None}, {"t1": []}, {"t1": None, "t2": []}])
def test_lists_may_be_null_or_empty(read: Callable[[bytes], Any], document: object) -> None:
    """A target with nothing to say says `null` or `[]`, and a whole reply may be `null` (S48)."""
    seen = read(dump(document))
    if isinstance(seen, AggregatedJobSnap):
        assert dict.fromkeys(document or {}, ()) == seen.root
    else:
        assert {} == seen.own
    assert () == seen.notes


@both_readers
@pytest.mark.parametrize(
    ("document", "place", "message"),
    [
        ([], "", "an object of targets was expected, not list"),
        ("t1", "", "an object of targets was expected, not str"),
        (7, "", "an object of targets was expected, not int"),
        (False, "", "an object of targets was expected, not bool"),
        ({"t1": {}}, "t1", "a list of snapshots was expected, not dict"),
        ({"t1": [], "t2": "x"}, "t2", "a list of snapshots was expected, not str"),
        ({"t1": 0}, "t1", "a list of snapshots was expected, not int"),
        ({"t1": False}, "t1", "a list of snapshots was expected, not bool"),
        ({"t1": [None]}, "t1[0]", "a snapshot was expected, not null"),
        ({"t1": [SNAP, []]}, "t1[1]", "a snapshot was expected, not list"),
        ({"t1": [SNAP, SNAP, "x"]}, "t1[2]", "a snapshot was expected, not str"),
        ({"t1": [{}]}, "t1[0].id", "the id of a job was expected, not null"),
        ({"t1": [{**SNAP, "id": None}]}, "t1[0].id", "the id of a job was expected, not null"),
        ({"t1": [SNAP], "t2": [{**SNAP, "id": 7}]}, "t2[0].id", "the id of a job was expected, not int"),
        ({"t1": [{**SNAP, "id": [JOB]}]}, "t1[0].id", "the id of a job was expected, not list"),
    ],
)
def test_a_reply_of_another_shape(
    read: Callable[[bytes], object], document: object, place: str, message: str
) -> None:
    """A reply that is not targets with lists of snapshots is an error that names the place."""
    assert ProtocolError(message, place) == refuse(read, dump(document))


DECISIVE: Final = ("kind", "start-time", "end-time", "abort-err", "err", "aborted", "is_idle")
NULLABLE: Final = ("ext", "bck", "src-bck", "dst-bck", "stats")


@pytest.mark.parametrize("key", [key for key in SNAP if key not in NULLABLE])
def test_null_is_no_value(key: str) -> None:
    """`null` stands for a list, a bucket, counters or `ext` only; anywhere else the place is named."""
    body = one({**SNAP, key: None})
    assert refuse(read_snapshots, body).place == f"t1[0].{key}"
    if key in DECISIVE:
        assert refuse(sight_one, body).place == f"t1[0].{key}"


@pytest.mark.parametrize("key", NULLABLE)
def test_null_is_no_bucket_and_no_counters(key: str) -> None:
    """Where there may be nothing, `null` says so."""
    snap = read_one({**SNAP, key: None})
    name = {"bck": "bucket", "src-bck": "source_bck", "dst-bck": "destination_bck"}.get(key, key)
    assert getattr(snap, name) is None


def test_null_in_what_does_not_decide_is_not_looked_at() -> None:
    """While a wait polls, a field that decides nothing cannot stop it."""
    for key in SNAP.keys() - set(DECISIVE) - {"id"}:
        assert sight_one(one({**SNAP, key: {"strange": None}})).own == sight_one(one(SNAP)).own


WRONG: Final[dict[str, list[object]]] = {
    "kind": [7, True, [], {}, 1.5],
    "ctlmsg": [7, True, [], {}],
    "abort-err": [7, False, [], {}],
    "err": [7, False, [], ["disk"], {}],
    "aborted": [0, 1, "false", "", [], {}],
    "is_idle": [0, 1, "true", "", [], {}],
    "start-time": [0, 1_795_436_851, True, [], {}, ""],
    "end-time": [0, False, [], {}, "", "never"],
    "glob.id": [2, 2.0, True, "", [], {}],
    "bck": ["b", 7, [], True, {"name": 7}, {"name": None}, {"name": False}, {"name": "b", "provider": 1}],
    "src-bck": [{"name": "b", "namespace": "n"}, {"name": "b", "namespace": {"uuid": None}}, ["b"]],
    "dst-bck": [{"name": []}, {"name": "b", "namespace": []}, {"name": "b", "provider": None}],
    "stats": ["", "loc-objs", [], ["loc-objs"], 0, 7, False, True],
}


@pytest.mark.parametrize(
    ("key", "value"),
    [pytest.param(key, value, id=f"{key}-{value!r}") for key in WRONG for value in WRONG[key]],
)
def test_a_value_of_another_type(key: str, value: object) -> None:
    """A number is no flag, text is no number, and so on for every field: the place is named."""
    body = one({**SNAP, key: value})
    assert refuse(read_snapshots, body).place == f"t1[0].{key}"
    if key in DECISIVE:
        assert refuse(sight_one, body).place == f"t1[0].{key}"


@both_readers
def test_the_place_is_that_of_the_bad_snapshot(read: Callable[[bytes], object]) -> None:
    """Of many snapshots on many targets, the one that is wrong is named, one of a strange target, too."""
    document = {"t1": [SNAP, SNAP], "t\x1b[31m\u202e2": [SNAP, {**SNAP, "aborted": 1}]}
    assert refuse(read, dump(document)).place == "t[31m2[1].aborted"


def test_which_of_two_times_is_wrong() -> None:
    """The place is that of the bad time, even where it quotes the good one."""
    quoting = snap_with(end_time=f"'{SNAP['start-time']}'")
    for read in (read_snapshots, sight_one):
        assert refuse(read, one(quoting)).place == "t1[0].end-time"
        assert refuse(read, one({**quoting, "start-time": "never"})).place == "t1[0].start-time"


def test_other_jobs_are_not_looked_at() -> None:
    """While a wait polls, malformed snapshots of other jobs cannot stop it; read whole they do."""
    body = dump({"t1": [{"id": "other", "aborted": 7}, SNAP], "t2": [{"id": "other", "end-time": "never"}]})
    assert ["t1"] == list(sight_one(body).own)
    assert refuse(read_snapshots, body).place == "t1[0].aborted"


@pytest.mark.parametrize("key", [key for key in SNAP if key != "id"])
def test_a_missing_field_has_its_empty_value(key: str) -> None:
    """What a server leaves out is empty; where that makes a success less sure, it is noted."""
    left = {name: value for name, value in SNAP.items() if name != key}
    reply = read_snapshots(one(left))
    (snap,) = reply.list_snapshots()
    empty = {"start-time": ZERO, "glob.id": "0", "aborted": False, "is_idle": False}
    nothing = None if key in NULLABLE else ""
    assert snap == read_one({**SNAP, key: ZERO if key == "end-time" else empty.get(key, nothing)})
    noted = (f"the server sends no {key} in snapshots",) if key in {"aborted", "err", "is_idle"} else ()
    assert noted == reply.notes
    seen = sight_one(one(left))
    assert noted == seen.notes
    assert {"t1": [sight(snap)]} == seen.own


@both_readers
def test_both_optional_fields_may_be_missing(read: Callable[[bytes], Any]) -> None:
    """Each is noted once, in the same order, however many snapshots lack them."""
    bare = {name: value for name, value in SNAP.items() if name not in {"err", "is_idle"}}
    notes = ("the server sends no err in snapshots", "the server sends no is_idle in snapshots")
    assert notes == read(dump({"t1": [bare, SNAP], "t2": [bare]})).notes


def test_a_missing_counter_is_zero() -> None:
    """Counters that a kind of job does not have are 0."""
    assert JobStats(in_objects=3) == read_one(snap_with(stats={"in-objs": "3"})).stats
    assert JobStats() == read_one(snap_with(stats={})).stats


@both_readers
def test_unknown_fields_are_passed_over(read: Callable[[bytes], object]) -> None:
    """A newer server may say more, our own names for fields included."""
    more = {**SNAP, "new": {"deep": [1, 1.5e300]}, "start_time": 7, "state": "lost", "packed": []}
    more["stats"] = {**SNAP["stats"], "new-objs": 7, "objects": "x"}
    assert read(one(SNAP)) == read(one(more))


@pytest.mark.parametrize("ext", [None, 7, "x", [1, None], {"deep": {"er": [1.5, "x", True]}}])
def test_ext_is_kept_as_it_is(ext: object) -> None:
    """What only a kind of job tells is not interpreted."""
    assert ext == read_one(snap_with(ext=ext)).ext


@pytest.mark.parametrize(
    ("bucket", "expected"),
    [
        ({"name": "", "provider": "", "namespace": {"uuid": "", "name": ""}}, None),
        ({}, None),
        ({"provider": "ais"}, None),
        ({"name": "b"}, BucketRef("b", "")),
        ({"name": "b", "provider": "gcp"}, BucketRef("b", "gcp")),
        ({"name": "b", "provider": "ais", "namespace": None}, BucketRef("b", "ais")),
        ({"name": "b", "provider": "ais", "namespace": {}}, BucketRef("b", "ais", {})),
        ({"name": "b", "provider": "ais", "props": 7}, BucketRef("b", "ais")),
    ],
)
def test_a_bucket_without_a_name_is_none(bucket: object, expected: BucketRef | None) -> None:
    """Go has no *no bucket*; it sends one without a name."""
    assert expected == read_one(snap_with(bck=bucket)).bucket


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (STATUS, JobStatus(uuid=JOB, kind="lru")),
        ({**STATUS, "end_time": START_NS}, JobStatus(uuid=JOB, kind="lru", end_time=START_NS)),
        ({**STATUS, "end_time": -1}, JobStatus(uuid=JOB, kind="lru", end_time=-1)),
        ({**STATUS, "end_time": 2**63 - 1}, JobStatus(uuid=JOB, kind="lru", end_time=2**63 - 1)),
        ({**STATUS, "end_time": -(2**63)}, JobStatus(uuid=JOB, kind="lru", end_time=-(2**63))),
        (
            {**STATUS, "err": "user abort", "aborted": True, "is_idle": True},
            JobStatus(uuid=JOB, kind="lru", err="user abort", aborted=True, is_idle=True),
        ),
        ({**STATUS, "new": [1], "notes": ["x"]}, JobStatus(uuid=JOB, kind="lru")),
        (
            {"uuid": JOB, "end_time": 0, "err": ""},
            JobStatus(uuid=JOB, notes=("the server sends no aborted in a status",)),
        ),
        (
            {"uuid": JOB, "end_time": 0},
            JobStatus(
                uuid=JOB,
                notes=("the server sends no aborted in a status", "the server sends no err in a status"),
            ),
        ),
        ({**STATUS, "err": "x" * 10_000}, JobStatus(uuid=JOB, kind="lru", err="x" * 10_000)),
    ],
)
def test_statuses(document: dict[str, object], expected: JobStatus) -> None:
    """A status is read with all that it says (S7), long ones, too; a missing `err` is noted."""
    assert expected == read_status(dump(document))
    assert expected == read_status(dump(document))


@pytest.mark.parametrize(
    ("document", "place", "message"),
    [
        (None, "", "a status was expected, not null"),
        ([STATUS], "", "a status was expected, not list"),
        ("x", "", "a status was expected, not str"),
        ({}, "uuid", "missing"),
        ({"uuid": JOB}, "end_time", "missing"),
        ({"end_time": 0}, "uuid", "missing"),
        ({**STATUS, "uuid": None}, "uuid", "str was expected, not null"),
        ({**STATUS, "uuid": 7}, "uuid", "str was expected, not int"),
        ({**STATUS, "kind": None}, "kind", "str was expected, not null"),
        ({**STATUS, "err": None}, "err", "str was expected, not null"),
        ({**STATUS, "err": ["x"]}, "err", "str was expected, not list"),
        ({**STATUS, "aborted": 0}, "aborted", "bool was expected, not int"),
        ({**STATUS, "aborted": None}, "aborted", "bool was expected, not null"),
        ({**STATUS, "aborted": "false"}, "aborted", "bool was expected, not str"),
        ({**STATUS, "is_idle": 1}, "is_idle", "bool was expected, not int"),
        ({**STATUS, "end_time": None}, "end_time", "an int64 was expected, not None"),
        ({**STATUS, "end_time": False}, "end_time", "an int64 was expected, not False"),
        ({**STATUS, "end_time": True}, "end_time", "an int64 was expected, not True"),
        ({**STATUS, "end_time": 1.0}, "end_time", "an int64 was expected, not 1.0"),
        ({**STATUS, "end_time": "0"}, "end_time", "an int64 was expected, not '0'"),
        ({**STATUS, "end_time": []}, "end_time", "an int64 was expected, not []"),
        ({**STATUS, "end_time": 2**63}, "end_time", f"an int64 was expected, not {2**63}"),
        ({**STATUS, "end_time": -(2**63) - 1}, "end_time", f"an int64 was expected, not {-(2**63) - 1}"),
    ],
)
def test_malformed_statuses(document: object, place: str, message: str) -> None:
    """A status without an id or an end, or with a value of another type, is an error with its place."""
    assert ProtocolError(message, place) == refuse(read_status, dump(document))


ERROR: Final = {
    "tcode": "ErrNotFound",
    "message": "p[kuXp18080]: x-[vybNBDp89] does not exist",
    "method": "GET",
    "url_path": "/v1/cluster",
    "remote_addr": "127.0.0.1:42790",
    "caller": "",
    "node": "p[kuXp18080]",
    "status": 404,
}


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (ERROR, ErrorDocument("p[kuXp18080]: x-[vybNBDp89] does not exist", "ErrNotFound")),
        ({"message": "token required", "status": 401}, ErrorDocument("token required")),
        ({**ERROR, "tcode": 7}, ErrorDocument("p[kuXp18080]: x-[vybNBDp89] does not exist")),
        (
            {**ERROR, "message": "a\x1b[31m\r\nb\u202e", "tcode": "Err\x00\ud800X"},
            ErrorDocument("a[31m b", "ErrX"),
        ),
        ({**ERROR, "message": "x" * 5_000}, ErrorDocument("x" * 999 + "…", "ErrNotFound")),
    ],
)
def test_error_documents(document: dict[str, object], expected: ErrorDocument) -> None:
    """AIStore's words are taken from its error document, printable and not too long."""
    assert expected == read_error(dump(document))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"404 page not found\n",
        b"<html><h1>404 Not Found</h1></html>",
        b"null",
        b"[]",
        b'"message"',
        b"{}",
        b'{"message": "Not Found"}',
        b'{"message": "no Route matched with those values", "request_id": "5c"}',
        b'{"kind": "Status", "status": "Failure", "message": "not found", "code": 404}',
        b'{"status": 404, "error": "Not Found", "path": "/v1/cluster"}',
        b'{"status": 404, "error": "Not Found", "message": "", "path": "/v1/cluster"}',
        b'{"message": 7, "status": 404}',
        b'{"message": "x", "status": true}',
        b'{"message": "x", "status": NaN}',
        b'{"message": "x", "status": 404',
        b"\xff\xfe",
        b"[" * 100_000,
    ],
    ids=lambda body: repr(body[:40]),
)
def test_what_somebody_else_wrote_is_no_error_document(body: bytes) -> None:
    """An ingress in front of a cluster has error pages of its own, some of them JSON with a message."""
    assert read_error(body) is None


def test_errors_without_a_code() -> None:
    """A code that is missing, or is none, is empty."""
    for body in (
        b'{"message": "m", "status": 404}',
        b'{"message": "m", "status": 404, "tcode": 5}',
        b'{"message": "m", "status": 404, "tcode": null}',
    ):
        found = read_error(body)
        assert found is not None
        assert ("m", "") == (found.message, found.tcode)


def test_place_of_a_status() -> None:
    """The place is the key alone where the whole document is the status."""
    with pytest.raises(ProtocolError) as raised:
        read_status(b'{"end_time": 0, "uuid": 5}')
    assert "uuid" == raised.value.place


def test_long_status_is_not_remembered() -> None:
    """It is read all the same, as often as it comes; a short one is read once."""
    status = {"uuid": "x", "kind": "lru", "end_time": 0, "err": "", "aborted": False}
    long = dump(status | {"uuid": "x" * 5000})
    assert read_status(long) is not read_status(long)
    assert read_status(long) == read_status(long)
    short = dump(status)
    assert read_status(short) is read_status(short)
    longest = short + b" " * (limits.REMEMBERED_STATUS - len(short))
    assert read_status(longest) is read_status(longest)
    assert read_status(longest + b" ") is not read_status(longest + b" ")


def test_counters_are_read_where_they_are_asked_for() -> None:
    """And not where they are not: one that is damaged is nobody's business then."""
    body = b'{"t1": [{"id": "j", "kind": "lru", "stats": {"loc-objs": "x"}}]}'
    assert (0, 0) == read_sightings(body, "j").done
    with pytest.raises(ProtocolError, match="loc-objs"):
        read_sightings(body, "j", counted=True)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *(("aborted", 1), ("is_idle", "yes"), ("aborted", None), ("is_idle", None)),
        *(("abort-err", 1), ("err", None), ("kind", 5), ("start-time", 7), ("end-time", None)),
    ],
)
def test_place_in_a_snapshot(key: str, value: object) -> None:
    """It names target, number and key, and what was expected there."""
    body = dump({"t1": [{"id": "other"}, {"id": "j", "kind": "lru", key: value}]})
    sort = "bool" if key in {"aborted", "is_idle"} else "str"
    found = "null" if value is None else type(value).__name__
    with pytest.raises(ProtocolError, match=f"{sort} was expected, not {found}$") as raised:
        read_sightings(body, "j")
    assert f"t1[1].{key}" == raised.value.place


def test_finished_others_have_to_be_readable() -> None:
    """Of a rebalance, snapshots of others count, and an error in one of them has its place, too."""
    body = b'{"t1": [{"id": "g8", "kind": "rebalance", "start-time": "x"}]}'
    with pytest.raises(ProtocolError) as raised:
        read_sightings(body, "g7")
    assert "t1[0].start-time" == raised.value.place


def test_words_for_what_is_no_bucket() -> None:
    """A bucket and its namespace are named."""
    none = {5: "a bucket was expected, not int", (): "a namespace was expected, not list"}
    for found, words in none.items():
        bucket = found or {"name": "b", "namespace": []}
        body = dump({"t1": [{"id": "j", "kind": "lru", "bck": bucket}]})
        with pytest.raises(ProtocolError, match=f"{words}$"):
            read_snapshots(body)
