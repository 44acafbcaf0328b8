"""Recordings of a real cluster are read strictly, and answer at any moment."""

from __future__ import annotations

import asyncio
import gzip
import json
from typing import TYPE_CHECKING, Any

import pytest
from attrs import evolve

from ais_jobcore.events import Fault, FaultKind, Reply
from ais_jobcore.queries import Query, Request, ask_kind, ask_snapshots, ask_status, start_job, stop_job
from ais_jobcore.testing import AsyncReplayTransport, Exchange, Mark, Recording, ReplayTransport, VirtualClock

if TYPE_CHECKING:
    from pathlib import Path

META = {"meta": {"name": "made up"}}
EXCHANGE: dict[str, Any] = {
    "t": 1.0,
    "took": 0.5,
    "method": "GET",
    "path": "/v1/cluster",
    "query": {"what": "status"},
    "body": {"id": "Jabcdefgh", "kind": ""},
    "status": 200,
    "content_type": "text/plain",
    "response": "first",
}
ASK = ask_status("Jabcdefgh")


def write(path: Path, *lines: object) -> Path:
    """Write a recording."""
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    return path


def bodies(recording: Recording, request: Request, *moments: float) -> list[bytes]:
    """Ask at some moments and return the bodies of the answers."""
    answers = [recording.answer(request, moment)[0] for moment in moments]
    return [answer.body for answer in answers if isinstance(answer, Reply)]


@pytest.fixture
def made_up(tmp_path: Path) -> Recording:
    """Return a recording of three answers to one question, written in the order in which they ended."""
    return Recording.load(
        write(
            tmp_path / "made-up.jsonl",
            META,
            {"t": 0.1, "mark": "started", "id": "Jabcdefgh"},
            EXCHANGE | {"t": 2.0, "response": "second"},
            EXCHANGE | {"took": 3.0},
            EXCHANGE | {"t": 5.0, "response": "third", "content_type": "", "status": 404},
        )
    )


def test_the_latest_answer_counts(made_up: Recording) -> None:
    """At any moment it is the latest that was asked by then; before the first one it is the first."""
    expected = [b"first", b"first", b"first", b"second", b"second", b"third", b"third"]
    assert expected == bodies(made_up, ASK, -1.0, 0.0, 1.9, 2.0, 4.9, 5.0, 1e9)


def test_answers_are_whole(made_up: Recording) -> None:
    """Status, type, body and the time that it took."""
    assert (Reply(200, b"first", {"Content-Type": "text/plain"}), 3.0) == made_up.answer(ASK, 1.0)
    assert (Reply(404, b"third"), 0.5) == made_up.answer(ASK, 9.0)


def test_the_rest_of_the_recording_is_there(made_up: Recording) -> None:
    """What was done meanwhile, what the first line says, how long it is and whom it asked."""
    assert (Mark(t=0.1, mark="started", details={"id": "Jabcdefgh"}),) == made_up.marks
    assert ({"name": "made up"}, 5.5, ("",)) == (made_up.meta, made_up.seconds, made_up.endpoints)
    assert [1.0, 2.0, 5.0] == [exchange.t for exchange in made_up.exchanges]


def test_requests_are_matched_by_what_they_ask(tmp_path: Path) -> None:
    """By id and ``show_active``, by kind only without an id; keys in any case, buckets not looked at."""
    kinds = EXCHANGE | {"query": {"what": "qryxstats"}, "body": {"id": "", "kind": "lru"}, "response": "kind"}
    active = EXCHANGE | {"query": {"what": "qryxstats"}, "body": {"kind": "lru", "show_active": True}}
    start = EXCHANGE | {"method": "PUT", "query": {}, "body": {"action": "start", "value": {"kind": "lru"}}}
    stop = EXCHANGE | {"method": "PUT", "query": {}, "body": {"action": "stop", "value": {"id": "Jabcdefgh"}}}
    recording = Recording.load(
        write(
            tmp_path / "r.jsonl",
            META,
            EXCHANGE | {"body": {"id": "Jabcdefgh", "kind": "copy-bck"}},
            kinds,
            active | {"response": "active"},
            start | {"response": "started"},
            stop | {"response": "stopped"},
        )
    )
    asked = [
        ASK,
        evolve(ASK, job_id="", body={"ID": "Jabcdefgh", "Kind": "lru"}),
        ask_kind("lru", active=False),
        ask_kind("lru", active=True),
        start_job("lru"),
        stop_job("Jabcdefgh"),
    ]
    expected = [b"first", b"first", b"kind", b"active", b"started", b"stopped"]
    assert expected == [body for request in asked for body in bodies(recording, request, 1.0)]


def test_a_query_that_was_never_recorded_is_named(made_up: Recording) -> None:
    """The message has the question, and those that there are."""
    with pytest.raises(LookupError, match=r"qryxstats.* was never recorded; .*what=status id=Jabcdefgh"):
        made_up.answer(ask_snapshots("Jabcdefgh"), 1.0)
    with pytest.raises(LookupError, match="what was: nothing"):
        Recording(()).answer(ASK, 1.0)
    assert Recording(()).seconds == 0


def test_endpoints_are_counted_as_they_appear(tmp_path: Path) -> None:
    """The endpoint of a request is a place in that order, modulo their number."""
    recording = Recording.load(
        write(
            tmp_path / "r.jsonl",
            META,
            EXCHANGE | {"endpoint": "http://b", "response": "b"},
            EXCHANGE | {"endpoint": "http://a", "response": "a"},
        )
    )
    assert ("http://b", "http://a") == recording.endpoints
    requests = [evolve(ASK, endpoint=place) for place in range(3)]
    assert [b"b", b"a", b"b"] == [body for request in requests for body in bodies(recording, request, 1.0)]


def test_a_failed_connection_is_a_fault(tmp_path: Path) -> None:
    """Status 0 is no answer; why is told where it was recorded."""
    broken = EXCHANGE | {"status": 0, "content_type": "", "response": ""}
    recording = Recording.load(
        write(tmp_path / "r.jsonl", META, broken | {"error": "ConnectionRefusedError"}, broken | {"t": 2.0})
    )
    assert [
        Fault(FaultKind.CONNECTION, "ConnectionRefusedError"),
        Fault(FaultKind.CONNECTION, "no connection"),
    ] == [recording.answer(ASK, moment)[0] for moment in (1.0, 2.0)]


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ([], "line 1: there is nothing in it"),
        ([EXCHANGE], "line 1: 'meta' is missing"),
        ([{"meta": 1}], "line 1: 'meta' is missing"),
        ([META, []], "line 2: 'line' is missing, or is not what it should be"),
        ([META, {"mark": 1, "t": 1}], "line 2: 'mark' is missing"),
        ([META, EXCHANGE, {"mark": "x"}], "line 3: 't' is missing"),
        ([META, EXCHANGE | {"t": -1}], "line 2: 't' is not a time: -1"),
        ([META, EXCHANGE | {"took": float("inf")}], "line 2: 'took' is not a time: inf"),
        ([META, EXCHANGE | {"took": float("nan")}], "line 2: 'took' is not a time: nan"),
        ([META, EXCHANGE | {"body": "x"}], "line 2: 'body' is missing"),
        ([META, {"t": 1.0}], "line 2: 'took' is missing"),
        ([META, META], "line 2: 't' is missing"),
    ],
)
def test_what_is_no_recording_is_refused(tmp_path: Path, lines: list[object], words: str) -> None:
    """The message names the file and the line."""
    with pytest.raises(ValueError, match=f"^bad.jsonl: {words}"):
        Recording.load(write(tmp_path / "bad.jsonl", *lines))


@pytest.mark.parametrize("line", [b"{", b"\xff", b"[" * 100_000], ids=["cut", "not text", "deep"])
def test_broken_lines_are_refused(tmp_path: Path, line: bytes) -> None:
    """Whatever is not JSON is an error of that line."""
    path = tmp_path / "bad.jsonl"
    path.write_bytes(json.dumps(META).encode() + b"\n" + line)
    with pytest.raises(ValueError, match=r"^bad\.jsonl: line 2: "):
        Recording.load(path)


def test_broken_archives_are_refused(tmp_path: Path, recordings: Path) -> None:
    """A gzip file that was cut or damaged is an error of the first line that cannot be read."""
    whole = (recordings / "copy-bucket.jsonl.gz").read_bytes()
    damaged = whole[:2000] + bytes(100) + whole[2100:]
    for content in (whole[:3000], b"\x1f\x8b and no more", damaged):
        path = tmp_path / "bad.jsonl.gz"
        path.write_bytes(content)
        with pytest.raises(ValueError, match=r"^bad\.jsonl\.gz: line \d+: "):
            Recording.load(path)


def test_a_file_that_is_not_there_is_an_os_error(tmp_path: Path) -> None:
    """It is not the recording that is wrong."""
    with pytest.raises(FileNotFoundError):
        Recording.load(tmp_path / "none.jsonl")


def test_zipped_or_not_is_the_same(tmp_path: Path, recordings: Path) -> None:
    """A recording may be unpacked, and its path a string."""
    zipped = recordings / "lru.jsonl.gz"
    plain = tmp_path / "lru.jsonl"
    plain.write_bytes(gzip.decompress(zipped.read_bytes()))
    assert Recording.load(zipped).exchanges == Recording.load(str(plain)).exchanges


def test_every_recording_can_be_read(recordings: Path) -> None:
    """All are whole, and what the index counts in them is there."""
    index = json.loads((recordings / "index.json").read_text())
    for name, entry in index.items():
        recording = Recording.load(recordings / f"{name}.jsonl.gz")
        assert (entry["exchanges"], entry["seconds"]) == (
            len(recording.exchanges),
            max(exchange.t for exchange in recording.exchanges),
        )
        assert len(entry["marks"]) == len(recording.marks)
        assert entry["exchanges"] == len(recording.exchanges) > 0
    assert len(index) == 23


def test_every_job_can_be_asked_for(recordings: Path) -> None:
    """What a wait by id asks, status and snapshots, is in each recording of a job."""
    index = json.loads((recordings / "index.json").read_text())
    for name, entry in index.items():
        recording = Recording.load(recordings / f"{name}.jsonl.gz")
        for job_id in entry["jobs"]:
            for request in (ask_status(job_id), ask_snapshots(job_id)):
                answer, took = recording.answer(request, 0.0)
                assert isinstance(answer, Reply)
                assert took > 0


def test_replay_runs_on_the_clock(made_up: Recording) -> None:
    """The recording's time is where it was started and what the clock moved since; answers take time."""
    clock = VirtualClock(100.0)
    clock.sleep(1.0)
    transport = ReplayTransport(made_up, clock, started_at=0.5)
    clock.sleep(1.0)
    answers = [transport.send(ASK) for _ in range(3)]
    assert [b"first", b"second", b"third"] == [told.body for told in answers if isinstance(told, Reply)]
    assert [102.0, 105.0, 105.5] == transport.sent_at
    assert clock.now() == 106.0


def test_replay_for_coroutines(made_up: Recording) -> None:
    """It is the same for coroutines, the request's own time-out included."""
    clock = VirtualClock()
    transport = AsyncReplayTransport(made_up, clock, 1.0)
    answer = asyncio.run(transport.send(evolve(ASK, timeout=1.0)))
    assert Fault(FaultKind.TIMEOUT, "no answer within 1 s") == answer
    assert clock.now() == 1.0


def test_exchanges_may_be_made_by_hand() -> None:
    """A recording needs no file."""
    key = ("GET", "/v1/cluster", "what=status", "", "kind=", "")
    exchange = Exchange(t=0.0, took=0.0, endpoint="", key=key, answer=Reply(200))
    request = Request(what=Query.STATUS)
    assert (Reply(200), 0.0) == Recording((exchange,)).answer(request, 0.0)
