"""Which reader an answer goes to: by what was asked, and never by what came."""

# ruff: noqa: ANN401 - every reader reads something else

from __future__ import annotations

from typing import Any

import pytest

from ais_jobcore import JobStatus, ProtocolError, Reply, TargetState
from ais_jobcore.queries import Query, ask_sightings
from ais_jobcore.snapshots import AggregatedJobSnap
from ais_jobcore.wire.decode import READERS, _read_good
from ais_jobcore.wire.lean import Sightings
from ais_jobcore.wire.observations import Accepted, ActiveJobs, Trouble, Unusable
from tests.builders import JOB, active, names, reply, shown, snap_document, status_document, statuses

ASK = ask_sightings(JOB)
DATE = "Tue, 24 Nov 2026 12:00:00 GMT"
DATE_NS = 1_795_521_600_000_000_000


def read(what: Query, reply: Reply) -> Any:
    """Read an answer as one to that question."""
    return READERS[what](ASK, reply)


def test_every_question_has_a_reader() -> None:
    """None is asked that nobody can read the answer of."""
    assert {*Query} == {*READERS}


def test_one_job() -> None:
    """Its snapshots, cut down to what decides, with the counters where they are asked for."""
    counted = {**snap_document(JOB), "stats": {"loc-objs": "3", "loc-bytes": "70"}}
    seen = read(Query.SIGHTINGS, active(t1=[counted, snap_document("other")]))
    assert isinstance(seen, Sightings)
    assert [TargetState.RUNNING] == [each.state for each in seen.own["t1"]]
    assert (0, 0) == seen.done
    assert (3, 70) == read(Query.PROGRESS, active(t1=[counted])).done


@pytest.mark.parametrize("what", [Query.SIGHTINGS, Query.PROGRESS])
@pytest.mark.parametrize("name", ["Date", "date", "DATE"])
def test_date_of_an_end(what: Query, name: str) -> None:
    """Where all targets finished, the server's own date says when that was."""
    done = shown(JOB, t1="finished", t2="finished")
    assert DATE_NS == read(what, Reply(200, done.body, {"x": "y", name: DATE})).at_ns
    assert read(what, done).at_ns is None
    assert read(what, Reply(200, done.body, {name: "yesterday"})).at_ns is None


@pytest.mark.parametrize("state", ["not started", "running", "idle", "aborted"])
def test_date_of_anything_else(state: str) -> None:
    """While a target has not finished, the date is kept as it stands, and not read."""
    reply = shown(JOB, t1="finished", t2=state)
    for what in (Query.SIGHTINGS, Query.PROGRESS):
        seen = read(what, Reply(200, reply.body, {"X": "y", "date": DATE}))
        assert (None, DATE) == (seen.at_ns, seen.date)
        assert not read(what, reply).date


def test_all_jobs_of_a_kind() -> None:
    """Whole snapshots, of whatever job."""
    seen = read(Query.SNAPSHOTS, active(t1=[snap_document(JOB), snap_document("other")]))
    assert isinstance(seen, AggregatedJobSnap)
    assert [JOB, "other"] == [snap.id for snap in seen.list_snapshots()]


def test_status() -> None:
    """What the proxies say of one job."""
    assert JobStatus(uuid=JOB, kind="lru") == read(Query.STATUS, reply(status_document(kind="lru")))


@pytest.mark.parametrize(
    ("what", "reply"),
    [
        (Query.STATUSES, statuses("a", "b")),
        (Query.ACTIVE, active(t1=[snap_document("a")], t2=[snap_document("b")])),
        (Query.NAMES, names("a", "b")),
    ],
)
def test_lists(what: Query, reply: Reply) -> None:
    """Each list says of each job that it is active."""
    seen = read(what, reply)
    assert isinstance(seen, ActiveJobs)
    assert {"a", "b"} == {*seen.jobs}
    assert all(each.busy for each in seen.jobs.values())


@pytest.mark.parametrize("text", ["XaX", JOB, f'"{JOB}"', f' "{JOB}"\n', "g7", "a.b~c:d@e-f_g", "i" * 100])
def test_id_of_a_started_job(text: str) -> None:
    """It comes as text or as JSON, with or without a line end."""
    assert Accepted(text.strip().strip('"')) == read(Query.START, Reply(200, text.encode()))


@pytest.mark.parametrize("text", ["", '""', "<html>", "a b", "a\nb", "i" * 101, "ä", "a\x1b[31m", "\ud800"])
def test_what_is_no_id(text: str) -> None:
    """A page, several words or something endless is not taken for a job, and no control is quoted."""
    with pytest.raises(ProtocolError, match="the id of a job was expected, not '") as raised:
        read(Query.START, Reply(200, text.encode("utf-8", "surrogatepass")))
    assert raised.value.args[0].isprintable()
    assert len(raised.value.args[0]) < 100
    assert len(text) < 100 or raised.value.args[0].endswith(f"not '{'i' * 39}…'")


def test_stop() -> None:
    """Whatever is said to it is kept, as one printable line."""
    assert Accepted("") == read(Query.STOP, Reply(200))
    assert read(Query.STOP, Reply(200, b"done\n\x1b[31m")).text.isprintable()


def test_answer_that_cannot_be_read() -> None:
    """It is no exception: the place and the words of the error are what was observed."""
    assert isinstance(_read_good(ASK, shown(JOB, t1="running")), Sightings)
    seen = _read_good(ASK, Reply(200, b'{"t1": 5}'))
    assert isinstance(seen, Unusable)
    assert (Trouble.MALFORMED, 200, "t1") == (seen.trouble, seen.status, seen.place)
    assert "was expected, not int" in seen.message
