"""Hostile documents, and what holds for any document."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ais_jobcore import JobStatus, ProtocolError
from ais_jobcore.wire.documents import read_error, read_sightings, read_status
from ais_jobcore.wire.lean import sight_all
from ais_jobcore.wire.models import read_snapshots, whole
from tests.builders import JOB, ZERO, dump
from tests.core.sent import (
    BUCKET,
    READERS,
    SNAP,
    STATUS,
    attempt,
    every_reader,
    one,
    read_one,
    refuse,
    sight_one,
    snap_with,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random


VALID: Final = {"snapshots": one(SNAP), "sightings": one(SNAP), "status": dump(STATUS)}
HOSTILE: Final[dict[str, bytes]] = {
    "nothing": b"",
    "white space": b" \n",
    "html": b"<html></html>",
    "zero bytes": b"\x00\x00",
    "not UTF-8": b'{"\xff": []}',
    "half a UTF-8 character": b'{"\xe2\x82": []}',
    "an encoded surrogate": b'{"\xed\xa0\x80": []}',
    "latin-1": '{"é": []}'.encode("latin-1"),
    "two documents": b"{}{}",
    "a comment": b"{} // x",
    "single quotes": b"{'t1': []}",
    "a trailing comma": b'{"t1": [],}',
    "an unquoted key": b"{t1: []}",
    "a control character": b'{"t\n1": []}',
    "a bad escape": b'{"t\\x1": []}',
    "half an escape": b'{"t\\u12": []}',
    "a leading zero": b'{"t1": 01}',
    "hexadecimal": b'{"t1": 0x1}',
    "NaN": b"NaN",
    "NaN within": b'{"t1": NaN}',
    "Infinity": b'{"t1": [{"id": Infinity}]}',
    "-Infinity": b'{"x": -Infinity}',
    "1e999": b'{"t1": 1e999}',
    "-1e999 in an unknown field": b'{"t1": [{"id": "x3CgTG-3v", "new": -1e999}]}',
    "4,400 digits": b'{"t1": ' + b"9" * 4_400 + b"}",
    "100,000 digits": b'{"uuid": "x", "end_time": ' + b"9" * 100_000 + b"}",
    "deep lists": b"[" * 100_000 + b"]" * 100_000,
    "deep objects": b'{"t1":' * 100_000 + b"1" + b"}" * 100_000,
    "deep and open": b'{"t1": [{"id": "x", "ext": ' + b"[" * 100_000,
}


@every_reader
@pytest.mark.parametrize("body", HOSTILE.values(), ids=list(HOSTILE))
def test_hostile_documents(read: Callable[[bytes], object], body: bytes) -> None:
    """What is not JSON in UTF-8, or is meant to break its reader, is an error in few words."""
    error = refuse(read, body)
    assert len(str(error)) < 300


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-7"])
def test_other_encodings(name: str, encoding: str) -> None:
    """JSON on the wire is UTF-8 without a mark at its beginning; no encoding is guessed."""
    body = VALID[name].decode().encode(encoding)
    if body == VALID[name]:
        return
    refuse(READERS[name], body)


@pytest.mark.parametrize("name", READERS)
def test_a_reply_cut_short_anywhere_is_no_reply(name: str) -> None:
    """At whatever byte a document breaks off, it is never taken for a shorter one."""
    body = VALID[name]
    for length in range(len(body)):
        refuse(READERS[name], body[:length])


def test_numbers_of_4000_digits() -> None:
    """Python still reads numbers of so many digits; an int64 they are not."""
    number = b"9" * 4_000
    assert refuse(read_status, b'{"uuid": "x", "end_time": ' + number + b"}").place == "end_time"
    assert len(str(refuse(read_status, b'{"uuid": "x", "end_time": ' + number + b"}"))) < 100
    snap = b'{"t1": [{"id": "x3CgTG-3v", "glob.id": ' + number + b"}]}"
    assert refuse(read_snapshots, snap).place == "t1[0].glob.id"


@pytest.mark.parametrize("depth", [10, 100, 300])
def test_nested_values_in_the_wrong_place(depth: int) -> None:
    """A nested value where a counter or a time is due is quoted in short."""
    nested = b"[" * depth + b"]" * depth
    for key in (b"glob.id", b"start-time"):
        error = refuse(read_snapshots, b'{"t1": [{"id": "x3CgTG-3v", "' + key + b'": ' + nested + b"}]}")
        assert error.place == f"t1[0].{key.decode()}"
        assert len(str(error)) < 200


def test_the_last_of_two_equal_keys_counts() -> None:
    """Equal keys in one object are read as every JSON reader does: the last one counts."""
    twice = b'{"uuid": "a", "uuid": "b", "end_time": 0, "err": "", "end_time": 7, "aborted": false}'
    assert JobStatus(uuid="b", end_time=7) == read_status(twice)
    body = b'{"t1": [], "t1": ' + json.dumps([SNAP]).encode() + b"}"
    assert read_snapshots(one(SNAP)) == read_snapshots(body)


def test_lone_surrogates() -> None:
    """JSON may escape half a character; it is kept in values, and left out of what is printed."""
    body = b'{"t\\ud800": [{"id": "x3CgTG-3v", "err": "a\\udfffb", "is_idle": 1}]}'
    assert refuse(read_snapshots, body).place == "t[0].is_idle"
    snap = read_one(snap_with(err="a\udfffb"))
    assert snap.err == "a\udfffb"
    assert read_status(dump({**STATUS, "err": "\ud800"})).err == "\ud800"


def test_the_whole_of_what_was_sighted() -> None:
    """The full models of the job's own snapshots can be made afterwards, with the notes."""
    bare = {name: value for name, value in SNAP.items() if name != "err"}
    body = dump(
        {"t2": [snap_with(id="other"), bare], "t1": [SNAP, SNAP], "t3": [], "t4": [snap_with(id="other")]}
    )
    seen = sight_one(body)
    full = whole(seen, JOB)
    assert {"t1": (read_one(SNAP),) * 2, "t2": (read_one(bare),)} == full.root
    assert full.notes == ("the server sends no err in snapshots",)
    decoded = sight_all(read_snapshots(body), JOB)
    assert full == whole(decoded, JOB)


def test_the_whole_may_be_malformed_where_nothing_decides() -> None:
    """What decides could be read, and something else cannot: the place is named when it is asked for."""
    body = one(snap_with(stats={"loc-objs": 7}))
    seen = sight_one(body)
    with pytest.raises(ProtocolError) as caught:
        whole(seen, JOB)
    assert caught.value.place == "t1[0].stats.loc-objs"


@pytest.mark.parametrize(
    ("job_id", "others"),
    [("g3", ("g10", "g4")), (JOB, ()), ("g7", ())],
)
def test_other_rebalances_in_the_place_of_one(job_id: str, others: tuple[str, ...]) -> None:
    """For a rebalance that is not there, the finished jobs that answer for it are listed (G21)."""
    done = "2026-11-23T12:27:36Z"
    body = dump(
        {
            "t1": [snap_with(id="g4", end_time=done), snap_with(id="g10", end_time=done), snap_with(id="g7")],
            "t2": [snap_with(id="g4", end_time=done), snap_with(id="g5", end_time=done, aborted=True)],
        }
    )
    assert others == read_sightings(body, job_id).finished_others


targets = st.sampled_from(["t1", "t2", "t3", "t4"])
random_snaps = st.fixed_dictionaries(
    {
        "id": st.sampled_from([JOB, JOB, "other"]),
        "start-time": st.sampled_from([ZERO, SNAP["start-time"], "2026-11-23T12:27:30Z"]),
        "end-time": st.sampled_from([ZERO, "2026-11-23T12:27:36.5Z"]),
        "aborted": st.booleans(),
        "abort-err": st.sampled_from(["", "user abort"]),
    },
    optional={
        "err": st.sampled_from(["", "disk"]),
        "is_idle": st.booleans(),
        "kind": st.sampled_from(["copy-bck", ""]),
        "stats": st.dictionaries(st.sampled_from(sorted(SNAP["stats"])), st.integers(0, 10**6).map(str)),
        "glob.id": st.integers(0, 2**40).map(str),
        "bck": st.sampled_from([None, BUCKET, {"name": ""}]),
        "ext": st.sampled_from([None, {"x": 1}]),
        "new": st.none(),
    },
)
random_replies = st.dictionaries(
    targets, st.one_of(st.none(), st.lists(random_snaps, max_size=3)), max_size=4
)


@given(random_replies)
def test_structure_of_random_snapshots(document: dict[str, list[dict[str, Any]] | None]) -> None:
    """Every snapshot of a reply is there, on its target and in its place, and says what the reply said."""
    reply = read_snapshots(dump(document))
    assert {target: len(snaps or ()) for target, snaps in document.items()} == {
        target: len(snaps) for target, snaps in reply.root.items()
    }
    for target, snaps in document.items():
        for sent, read in zip(snaps or (), reply.root[target], strict=True):
            assert sent["id"] == read.id
            assert sent["aborted"] is read.aborted
            assert sent["abort-err"] == read.abort_err
            assert sent.get("err", "") == read.err
            assert sent.get("is_idle", False) is read.is_idle
            assert (sent["start-time"] == ZERO) is (read.start_time is None)
            assert (sent["end-time"] == ZERO) is (read.end_time_ns is None)
            assert int(sent.get("glob.id", "0")) == read.packed
            assert (sent.get("stats") is None) is (read.stats is None)


@given(random_replies)
def test_what_decides_is_the_same_in_part_and_whole(document: dict[str, Any]) -> None:
    """Sightings read from the wire are those of the full models; both ways lead to the same whole."""
    body = dump(document)
    seen, full = read_sightings(body, JOB), sight_all(read_snapshots(body), JOB)
    assert full.own == seen.own
    assert list(full.own) == list(seen.own)
    assert whole(full, JOB).root == whole(seen, JOB).root


@given(random_replies, st.randoms(use_true_random=False))
def test_the_order_of_targets_changes_nothing(document: dict[str, Any], random: Random) -> None:
    """A reply with its targets and the keys of its snapshots in another order reads the same."""
    order = list(document)
    random.shuffle(order)
    turned = {
        target: document[target]
        and [dict(random.sample(list(snap.items()), len(snap))) for snap in document[target]]
        for target in order
    }
    assert read_snapshots(dump(document)) == read_snapshots(dump(turned))
    assert read_sightings(dump(document), JOB) == read_sightings(dump(turned), JOB)


json_values = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(allow_nan=False, allow_infinity=False),
        st.text(max_size=8),
        st.sampled_from([ZERO, SNAP["start-time"], "12", JOB, "", "9" * 30]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from([*SNAP, *SNAP["stats"], *STATUS, "name", "t1"]), inner, max_size=4),
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(list(SNAP)), json_values, max_size=4))
def test_any_value_in_any_field_is_read_or_named(fields: dict[str, object]) -> None:
    """A snapshot with anything anywhere is read, or is an error that names the field."""
    body = one({**SNAP, **fields})
    for read in (read_snapshots, sight_one):
        error = attempt(read, body)
        if error is not None:
            assert error.place.startswith("t1[0].")
            key = error.place.removeprefix("t1[0].")
            assert any(key == name or key.startswith(f"{name}.") for name in fields)


@given(st.dictionaries(st.sampled_from([*STATUS, "is_idle"]), json_values, max_size=4))
def test_any_value_in_a_status_is_read_or_named(fields: dict[str, object]) -> None:
    """A status with anything anywhere is read, or is an error that names the field."""
    error = attempt(read_status, dump({**STATUS, **fields}))
    assert error is None or error.place in fields


@given(st.one_of(st.binary(max_size=200), json_values.map(dump)))
def test_any_bytes_are_a_document_or_an_error(body: bytes) -> None:
    """No bytes make a reader fail in another way, and whatever is printed of them is harmless."""
    for read in READERS.values():
        error = attempt(read, body)
        assert error is None or str(error).isprintable()
    document = read_error(body)
    assert document is None or document.message.isprintable()
