"""Transcripts as a measure of how long jobs take."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ais_jobcore import Learned, WaitOptions
from ais_jobcore.recording import Transcript, TranscriptError, learned, replay
from tests.builders import NOON_NS
from tests.core.transcripts import LIFE, RUNS, lines, make_wait, record, snaps_reply, status_reply

if TYPE_CHECKING:
    from pathlib import Path

TOOK = 60.123456789
"""How long the job of these transcripts took, by its targets."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where a transcript goes."""
    return tmp_path / "wait.jsonl"


def test_duration_is_that_of_the_job(path: Path) -> None:
    """The result of the wait tells it."""
    record(path)
    assert TOOK == Transcript.load(path).duration


@pytest.mark.parametrize(
    "life",
    [
        (RUNS, RUNS),
        (status_reply(end=NOON_NS, err="no space left"), snaps_reply("finished", err="no space left")),
        (),
    ],
    ids=["under way", "failed", "started"],
)
def test_no_duration(path: Path, life: tuple[object, ...]) -> None:
    """A wait that is not over, and one for a job that ended badly, tell none."""
    record(path, life)  # type: ignore[arg-type]
    assert Transcript.load(path).duration is None


def test_what_was_cut_off_or_raised_has_no_duration(path: Path) -> None:
    """Nothing is made of half a line, of no line, or of an exception."""
    record(path)
    whole = path.read_bytes()
    for data in (whole[:-10], whole[: whole.index(b"\n") + 1]):
        assert Transcript.parse(data).duration is None
    raised = b'{"t":1.0,"fault":"timeout","message":"","raised":"ZeroDivisionError"}\n'
    assert Transcript.parse(whole + raised).duration is None


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b"[]", "an object was expected"),
        (b'{"decision":{"done":{}}}', "job_id"),
        (b'{"decision":{"done":{"job_id":"j","success":"x","elapsed":[]}}}', ""),
        (b'{"decision":7}', ""),
    ],
)
def test_damaged_ends_are_named(path: Path, line: bytes, message: str) -> None:
    """What cannot be read is an error with the number of the line."""
    record(path)
    with pytest.raises(TranscriptError, match=rf"^transcript: line 7: .*{message}"):
        _ = Transcript.parse(path.read_bytes() + line + b"\n").duration


def test_transcripts_make_a_schedule(tmp_path: Path) -> None:
    """Paths go in, and durations count in their order."""
    paths = [tmp_path / f"{place}.jsonl" for place in range(3)]
    for path, life in zip(paths, (LIFE, (RUNS,), LIFE), strict=True):
        record(path, life)
    assert Learned([TOOK, TOOK]) == learned(map(str, paths)) == learned(paths)
    assert Learned([]) == learned([])
    assert learned(paths) == Learned.from_transcripts(map(Transcript.load, paths))
    with pytest.raises(OSError, match=r"missing\.jsonl"):
        learned([*paths, tmp_path / "missing.jsonl"])


def test_wait_with_a_learned_schedule_is_replayed(path: Path) -> None:
    """The moments are in the header, so that a version that learns otherwise decides the same."""
    schedule = Learned([5.0, 6.0, 60.0])
    record(path, LIFE, make_wait(options=WaitOptions(schedule=schedule)))
    assert schedule.past.size == lines(path)[0]["options"]["schedule"]["learned"]["size"]
    assert replay(path).same
    assert schedule == Transcript.load(path).wait().state.question.options.schedule
    assert not replay(path, schedule=Learned([500.0])).same
