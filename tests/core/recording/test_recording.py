"""Transcripts: what is written of a wait, and that a replay decides the same."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from attrs import evolve, frozen
from hypothesis import given, settings
from hypothesis import strategies as st

import ais_jobcore
from ais_jobcore import (
    Abort,
    BucketRef,
    Done,
    Fault,
    FaultKind,
    JobWait,
    Keller,
    NotFound,
    Reply,
    WaitOptions,
)
from ais_jobcore.recording import (
    FORMAT,
    VERSION,
    Record,
    Recorder,
    Transcript,
    TranscriptError,
    replay,
    steps,
)
from ais_jobcore.rules.table import POLICY
from tests.builders import JOB, NOON_NS, REFUSED, seen, snap, status
from tests.core.lives import make, waits_and_courses
from tests.core.rules.test_wait_properties import moments
from tests.core.transcripts import (
    LIFE,
    RUNS,
    START,
    feed,
    lines,
    make_wait,
    record,
    snaps_reply,
    status_reply,
    write,
    written,
)

if TYPE_CHECKING:
    from pathlib import Path

    from tests.core.lives import Step

EVENTS = {
    "reply": RUNS,
    "no body": Reply(503),
    "not UTF-8": Reply(200, b"\xff\xfe\x00{"),
    "fault": Fault(FaultKind.TIMEOUT, "no answer in time \ud800 \u2028"),
    "not found": NotFound("no such job"),
    "status": status("e1"),
    "snapshots": seen(t1="running", t2=[snap("idle"), snap("running", "e", job_id="other")]),
}


@frozen
class Lazy:
    """A schedule of a user's own."""

    seconds: float = 3.0

    def interval(self, waited: float, *, snapshots: bool) -> float:
        """Sleep as long every time."""
        del waited, snapshots
        return self.seconds


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where a transcript goes."""
    return tmp_path / "wait.jsonl"


def test_header_tells_what_was_waited_for_and_how(path: Path) -> None:
    """The first line has format, policy and library, the arguments of the wait, and every option."""
    bucket = BucketRef("photos", "aws", {"uuid": "u"})
    wait = JobWait("", "lru", 60, "finished", bucket, WaitOptions(seed=5, schedule="gentle", grace=0.1))
    header = written(path, (), wait).header
    assert (FORMAT, VERSION, POLICY, ais_jobcore.__version__, "wait") == (
        *(header["format"], header["version"], header["policy"]),
        *(header["library"], header["operation"]),
    )
    assert {
        "job_id": "",
        "kind": "lru",
        "until": "finished",
        "timeout": 60.0,
        "bucket": {"name": "photos", "provider": "aws", "namespace": {"uuid": "u"}},
        "notes": [],
    } == header["arguments"]
    assert {"seed": 5, "schedule": "gentle", "grace": 0.1}.items() <= header["options"].items()


def test_lines_are_the_start_and_every_input_with_its_decision(path: Path) -> None:
    """Each line has the seconds since the start, what came, and what was decided on it and why."""
    decisions = record(path)
    _, start, *inputs = lines(path)
    assert {"t", "decision"} == start.keys()
    first = {
        "what": "status",
        "json": {"id": JOB},
        "timeout": 20.0,
        "endpoint": 0,
        "refresh_token": False,
    }
    assert {"delay": 0.0, "request": first, "reason": "the wait begins"} == start["decision"]
    assert len(decisions) == 1 + len(inputs)
    assert RUNS.body.decode() == inputs[0]["body"]
    assert 200 == inputs[0]["status"]
    assert [each.reason for each in decisions] == [line["decision"]["reason"] for line in (start, *inputs)]
    assert decisions[-1].result.elapsed == inputs[-1]["t"]


def test_request_that_is_the_last_one_too_is_left_out(path: Path) -> None:
    """A request is written where it is another one than before, and read on every line."""
    transcript = written(path)
    shown = ["request" in line["decision"] for line in lines(path)[1:]]
    assert [True, False, False, True, False] == shown
    asked = [entry.decision.get("request") for entry in transcript.entries()]
    assert asked[0] == asked[2]
    assert ["status", "status", "status", "sightings"] == [each["what"] for each in asked[:-1]]


def test_only_headers_that_matter_are_kept(path: Path) -> None:
    """Retry-After, Content-Type and Date are kept, by these names; nothing else is."""
    record(path, [Reply(503, b"later", {"RETRY-AFTER": "3", "Set-Cookie": "x", "via": "y"}), RUNS])
    _, _, busy, runs = lines(path)
    assert {"Retry-After": "3"} == busy["headers"]
    assert {"Content-Type": "application/json", "Date": "Mon, 23 Nov 2026 12:00:00 GMT"} == runs["headers"]


@pytest.mark.parametrize("event", EVENTS.values(), ids=EVENTS)
def test_whatever_is_reported_comes_back(event: object, path: Path) -> None:
    """Replies, faults and decoded values are read as they were, bodies of whatever bytes included."""
    transcript = written(path, [event, *LIFE])
    _, first, *_ = transcript.entries()
    if isinstance(event, Reply):
        event = evolve(event, headers=first.event.headers)
    assert event == first.event
    assert replay(transcript).same


@settings(max_examples=2 * settings().max_examples)
@given(waits_and_courses(), st.floats(0, 1e9))
def test_any_wait_replays_exactly(
    tmp_path_factory: pytest.TempPathFactory, drawn: tuple[dict[str, object], list[Step]], start: float
) -> None:
    """Whatever comes: the recorded wait decides as one that is not, and its replay as it did."""
    path = tmp_path_factory.getbasetemp() / "any.jsonl"
    arguments, course = drawn
    wait, plain = make(arguments), make(arguments)
    with Recorder(wait, path) as recorder:
        decisions = [recorder.start(start)]
        expected = [plain.start(start)]
        for event, now in moments(plain, course):
            expected.append(plain.handle(event, start + now))
            decisions.append(recorder.handle(event, start + now))
    assert expected == decisions
    transcript = Transcript.load(path)
    assert not transcript.truncated
    replayed = replay(transcript)
    assert replayed.difference is None
    assert len(decisions) == replayed.lines


def test_clock_that_goes_back_is_recorded(path: Path) -> None:
    """A moment before the start counts as the start, in the file, too."""
    with Recorder(make_wait(), path) as recorder:
        recorder.start(START)
        recorder.handle(RUNS, START - 5)
    assert [0.0, 0.0] == [entry.t for entry in Transcript.load(path).entries()]
    assert [] == replay(path).changes()


def test_note_on_a_kind_that_is_not_known_comes_back(path: Path) -> None:
    """A kind with an id that the table lacks is a note, and so it is in the replay."""
    wait = make_wait(kind="brand-new")
    before = wait.state
    assert before.known.notes
    assert before == written(path, LIFE, wait).wait().state
    assert replay(path).same


def test_schedule_of_the_library_comes_back(path: Path) -> None:
    """A schedule made of the library's own class is part of the header."""
    wait = make_wait(options=WaitOptions(schedule=Keller(k=0.5)))
    record(path, LIFE, wait)
    assert 0.5 == lines(path)[0]["options"]["schedule"]["k"]
    assert replay(path).same


def test_schedule_of_a_users_own_is_named_and_has_to_be_given(path: Path) -> None:
    """The header names the class of such a schedule; without it nothing can be replayed."""
    record(path, LIFE, make_wait(options=WaitOptions(schedule=Lazy())))
    assert {"own": f"{__name__}.Lazy"} == lines(path)[0]["options"]["schedule"]
    with pytest.raises(TranscriptError, match=r"wait\.jsonl: line 1: .*Lazy.*has to be given"):
        replay(path)
    assert replay(path, schedule=Lazy()).same
    assert {"delay"} == {place for place, _, _ in replay(path, schedule=Lazy(4.0)).difference.changes()}


def test_what_raises_is_written_and_raised(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the core has a bug, the input is in the file and the exception goes on; a replay shows it again."""
    with monkeypatch.context() as patch:
        patch.setattr("ais_jobcore.wire.decode._read_good", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError), Recorder(make_wait(), path) as recorder:
            feed(recorder, LIFE)
        assert replay(path).same
    assert "ZeroDivisionError: division by zero" == lines(path)[-1]["raised"]
    difference = replay(path).difference
    assert ("raised", "ZeroDivisionError: division by zero", None) in difference.changes()
    assert difference.decision["reason"] == "not done"


def test_bug_that_came_later_is_a_difference(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the core of today raises, and that of then did not, the replay says what it raises."""
    record(path)
    monkeypatch.setattr("ais_jobcore.wire.decode._read_good", lambda *_: 1 / 0)
    difference = replay(path).difference
    assert (3, "ZeroDivisionError: division by zero", None) == (
        difference.entry.number,
        difference.raised,
        difference.decision,
    )


def test_misuse_is_turned_down_as_ever(path: Path) -> None:
    """What is no event is a ``TypeError`` and not in the file; a second start is a ``RuntimeError``."""
    with Recorder(make_wait(), path) as recorder:
        recorder.start(START)
        with pytest.raises(TypeError):
            recorder.handle("nonsense", START)
        with pytest.raises(RuntimeError):
            recorder.start(START)
    assert 2 == len(lines(path))


def test_first_difference_is_found_and_told_field_by_field(path: Path) -> None:
    """A replay stops at the first decision that differs, and says where, what it was, and what it is."""
    record(path)
    documents = lines(path)
    documents[2]["decision"]["reason"] = "because"
    documents[3]["decision"]["delay"] = 77.0
    replayed = replay(write(path, documents))
    assert (2, False, 3) == (replayed.lines, replayed.same, replayed.difference.entry.number)
    assert [("reason", "because", "not done")] == replayed.changes() == replayed.difference.changes()
    assert [True, False, False, True, True] == [step.same for step in steps(Transcript.load(path))]


@pytest.mark.parametrize(
    ("line", "place", "value"),
    [
        (1, ("request", "what"), "snapshots"),
        (1, ("request", "json", "kind"), "copy-bck"),
        (1, ("request", "timeout"), 19.0),
        (1, ("request", "endpoint"), 1),
        (1, ("request", "refresh_token"), True),
        (2, ("delay",), 0.0),
        (2, ("more",), 1),
        (5, ("done", "outcome"), "idle"),
        (5, ("done", "targets", "t1"), "lost"),
        (5, ("done", "polls"), 3),
        (5, ("reason",), "because"),
    ],
)
def test_any_change_of_a_decision_is_a_difference(
    line: int, place: tuple[str, ...], value: object, path: Path
) -> None:
    """Whatever a driver does and a caller sees is compared."""
    record(path)
    documents = lines(path)
    inner = documents[line]["decision"]
    for name in place[:-1]:
        inner = inner[name]
    inner[place[-1]] = value
    difference = replay(write(path, documents)).difference
    assert line + 1 == difference.entry.number
    assert ".".join(place) in {name for name, _, _ in difference.changes()}


def test_ends_are_written_whole(path: Path) -> None:
    """Results with snapshots, errors with their causes: all that a caller gets is in the file."""
    done = record(path)[-1]
    assert isinstance(done, Done)
    end = lines(path)[-1]["decision"]
    assert ({"t1": "finished"}, 123456789) == (end["done"]["targets"], end["done"]["end_time_ns"] % 10**9)
    assert "t1" in end["done"]["snapshots"]["root"]
    error = record(path, [RUNS, *[REFUSED] * 50], make_wait(timeout=9.0))[-1]
    assert isinstance(error, Abort)
    end = lines(path)[-1]["decision"]
    assert ("Timeout", "TransportFault") == (end["error"]["type"], end["error"]["cause"]["type"])
    assert replay(path).same


def test_embedder_value_that_json_cannot_hold_ends_the_transcript(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The wait goes on, what was written stays, and it is logged once."""
    odd = seen(t1=evolve(snap("running"), ext={object()}))
    decisions = record(path, [RUNS, odd, odd, status_reply(end=NOON_NS), snaps_reply("finished")])
    assert isinstance(decisions[-1], Done)
    assert ["the transcript ends here"] == [record.message.split(":")[0] for record in caplog.records]
    assert 2 == replay(path).lines


def test_recorder_closes_its_file_at_the_end(path: Path) -> None:
    """Who gives a recorder to a driver without a context leaves no file open after the end."""
    feed(Recorder(make_wait(), path), LIFE)
    assert replay(path).same


def test_nobody_else_is_touched(path: Path) -> None:
    """The file is plain ASCII, a line for each document, and written anew every time."""
    path.write_text("something else\n" * 1000)
    record(Record(path))
    data = path.read_bytes()
    assert data.isascii()
    assert data.endswith(b"\n")
    assert all(json.loads(line) for line in data.splitlines())
