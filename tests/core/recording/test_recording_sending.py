"""Transcripts tell whether and when requests left, where a transport says more than it has to."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from attrs import evolve

from ais_jobcore import Fault, FaultKind, Reply
from ais_jobcore.recording import Transcript, TranscriptError, replay
from tests.core.transcripts import LIFE, RUNS, START, lines, record, write, written

if TYPE_CHECKING:
    from pathlib import Path

REFUSED = Fault(FaultKind.CONNECTION, "refused")
BINARY = Reply(500, b"\xff\0")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where a transcript goes."""
    return tmp_path / "wait.jsonl"


def test_what_is_so_by_default_is_not_written(path: Path) -> None:
    """Events that say nothing of their requests are written as they always were."""
    record(path, [RUNS, REFUSED, BINARY])
    for line in lines(path):
        assert {"sent", "sent_at"}.isdisjoint(line)


def test_moments_are_counted_from_the_start_of_the_wait(path: Path) -> None:
    """When a request left is written, and read, in seconds from the start, as all moments are."""
    given = [evolve(each, sent_at=START + 0.5) for each in (RUNS, REFUSED, BINARY)]
    transcript = written(path, given)
    assert [0.5] * 3 == [line["sent_at"] for line in lines(path)[2:]]
    events = [entry.event for entry in transcript.entries()][1:]
    assert [0.5] * 3 == [event.sent_at for event in events]  # type: ignore[union-attr]


def test_request_that_never_left_is_written(path: Path) -> None:
    """A fault says so where no byte of its request left, and is the same fault when it is read."""
    fault = evolve(REFUSED, sent=False)
    transcript = written(path, [fault])
    assert lines(path)[2]["sent"] is False
    assert [None, fault] == [entry.event for entry in transcript.entries()]


def test_waits_with_moments_replay(path: Path) -> None:
    """The same inputs give the same decisions, whether it is told when their requests left or not."""
    plain = record(path.with_name("plain.jsonl"))
    told = record(path, [evolve(each, sent_at=START + 0.25) for each in LIFE])
    assert plain == told
    assert replay(path).same


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"sent_at": "soon"}, "sent_at is a number of seconds, not 'soon'"),
        ({"sent_at": True}, "sent_at is a number of seconds, not True"),
        ({"sent_at": 10**400}, "too large"),
    ],
)
@pytest.mark.parametrize("event", [RUNS, REFUSED, BINARY], ids=["reply", "fault", "binary"])
def test_moment_that_is_none(path: Path, event: Reply | Fault, change: dict[str, Any], words: str) -> None:
    """What is no moment makes the line one that cannot be read."""
    record(path, [event])
    header, start, line = lines(path)
    write(path, [header, start, line | change])
    with pytest.raises(TranscriptError, match=words):
        list(Transcript.load(path).entries())


@pytest.mark.parametrize("sent", [0, "no", None])
def test_fate_that_is_none(path: Path, sent: object) -> None:
    """A request was sent or it was not."""
    record(path, [REFUSED])
    header, start, line = lines(path)
    write(path, [header, start, line | {"sent": sent}])
    with pytest.raises(TranscriptError, match="sent is true or false"):
        list(Transcript.load(path).entries())


def test_moments_may_be_whole_numbers(path: Path) -> None:
    """JSON does not tell 1 from 1.0."""
    record(path, [RUNS])
    header, start, line = lines(path)
    path.write_text("".join(json.dumps(each) + "\n" for each in (header, start, line | {"sent_at": 1})))
    *_, entry = Transcript.load(path).entries()
    assert isinstance(entry.event, Reply)
    assert 1.0 == entry.event.sent_at
