"""Files of transcripts: cut off, gzipped, of another make, or made to do harm; and disks that are full."""

from __future__ import annotations

import errno
import gzip
import json
import os
import subprocess
import sys
import tracemalloc
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ais_jobcore import Done, Fault, FaultKind, JobWait, limits
from ais_jobcore.recording import Recorder, Transcript, TranscriptError, reading, replay
from tests.core.transcripts import LIFE, RUNS, feed, lines, make_wait, record, write, written

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[3]
ENDLESS = """
import itertools, sys
from ais_jobcore.recording import Recorder
from tests.core.transcripts import RUNS, feed, make_wait

feed(Recorder(make_wait(timeout=None), sys.argv[1]), itertools.repeat(RUNS))
"""

HEADERS: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "other format": (lambda header: header | {"format": "ais-jobcore.wait"}, "not a transcript: no format"),
    "no object": (lambda header: [header], "not a transcript: an object was expected, not list"),
    "newer": (lambda header: header | {"version": 2}, "version 2; this library reads version 1"),
    "no version": (lambda header: header | {"version": True}, "not a transcript: version True"),
    "old": (lambda header: header | {"version": 0}, "not a transcript: version 0"),
    "no arguments": (lambda header: {k: header[k] for k in ("format", "version")}, "'arguments' is missing"),
    "odd arguments": (lambda header: header | {"arguments": 3}, "int"),
    "odd option": (lambda header: header | {"options": {"seeds": 3}}, "'seeds' is no argument or option"),
    "odd argument": (lambda header: header | {"arguments": {"self": 3}}, "'self' is no argument or option"),
    "wrong option": (lambda header: header | {"options": {"grace": -3}}, "grace is a number"),
    "unknown schedule": (lambda header: header | {"options": {"schedule": "x"}}, "line 1: "),
    "wrong until": (lambda header: _with(header, until="x"), "until is one of"),
    "wrong timeout": (lambda header: _with(header, timeout="x"), "time-out"),
    "huge timeout": (lambda header: _with(header, timeout=10**400), "line 1: "),
    "no job": (lambda header: _with(header, job_id="", kind=""), "id of a job"),
    "wrong bucket": (lambda header: _with(header, bucket={"nam": "x"}), "line 1: "),
    "wrong notes": (lambda header: _with(header, notes=3), "line 1: "),
}
LINES: dict[str, tuple[str, str]] = {
    "nothing": ("", "Expecting value"),
    "half": ('{"t":1.0,"status":2', "Expecting"),
    "no object": ("[1]", "an object was expected, not list"),
    "two": ('{"t":1} {"t":2}', "there is something behind it"),
    "no decision": ('{"t":1.0,"status":200,"body":""}', "there is no decision"),
    "odd decision": ('{"t":1.0,"status":200,"body":"","decision":[]}', "there is no decision"),
    "odd raise": ('{"t":1.0,"status":200,"body":"","raised":{"a":1}}', "there is no decision"),
    "both": ('{"t":1.0,"status":200,"body":"","decision":{},"raised":"x"}', "there is no decision"),
    "no input": ('{"t":1.0,"decision":{}}', "there is no input"),
    "no time": ('{"status":200,"body":"","decision":{}}', "t is a number of seconds"),
    "NaN": ('{"t":NaN,"status":200,"body":"","decision":{}}', "NaN is not JSON"),
    "before": ('{"t":-1,"status":200,"body":"","decision":{}}', "t is a number of seconds"),
    "never": ('{"t":1e999,"status":200,"body":"","decision":{}}', "t is a number of seconds"),
    "flag": ('{"t":true,"status":200,"body":"","decision":{}}', "t is a number of seconds"),
    "text": ('{"t":"1","status":200,"body":"","decision":{}}', "t is a number of seconds"),
    "digits": ('{"t":1' + "0" * 5000 + ',"status":200,"body":"","decision":{}}', "digits"),
    "late": ('{"t":1' + "0" * 400 + ',"status":200,"body":"","decision":{}}', "too large"),
    "odd status": ('{"t":1,"status":"200","body":"","decision":{}}', "a status is a whole number"),
    "flag for a status": ('{"t":1,"status":true,"body":"","decision":{}}', "a status is a whole number"),
    "no body": ('{"t":1,"status":200,"decision":{}}', "'base64' is missing"),
    "odd body": ('{"t":1,"status":200,"body":7,"decision":{}}', "'base64' is missing"),
    "half a character": ('{"t":1,"status":200,"body":"\\ud800","decision":{}}', "surrogates"),
    "odd base64": ('{"t":1,"status":200,"base64":"~","decision":{}}', "line 3: "),
    "odd headers": ('{"t":1,"status":200,"body":"","headers":[1],"decision":{}}', "line 3: "),
    "odd header": ('{"t":1,"status":200,"body":"","headers":{"Date":1},"decision":{}}', "a header is a text"),
    "odd fault": ('{"t":1,"fault":"flood","message":"","decision":{}}', "flood"),
    "half a fault": ('{"t":1,"fault":"dns","decision":{}}', "'message' is missing"),
    "odd job status": ('{"t":1,"job_status":3,"decision":{}}', "line 3: "),
    "odd snapshots": ('{"t":1,"snapshots":{"root":3},"decision":{}}', "line 3: "),
    "deep": ('{"t":1,"decision":' + "[" * 100_000, "nested too deeply"),
    "long word": ('{"t":1,"status":200,"body":"","decision":{}}' + "x" * 1000, "there is something behind"),
}


def _with(header: dict[str, Any], **arguments: object) -> dict[str, Any]:
    return header | {"arguments": header["arguments"] | arguments}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where a transcript goes."""
    return tmp_path / "wait.jsonl"


@pytest.fixture(params=["msgspec", "json"])
def _parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Read with msgspec, and as if that were not installed."""
    if request.param == "json":
        monkeypatch.setitem(sys.modules, "msgspec", None)
    reading._parser.cache_clear()
    yield
    reading._parser.cache_clear()


def complaint(path: Path) -> str:
    """Replay, and return the one line that says what is wrong."""
    with pytest.raises(TranscriptError) as caught:
        replay(path)
    text = str(caught.value)
    assert text.isprintable()
    assert len(text) <= 300
    return text


@pytest.mark.parametrize(("change", "words"), HEADERS.values(), ids=HEADERS)
def test_header_that_is_none(change: Callable[[dict[str, Any]], object], words: str, path: Path) -> None:
    """A foreign, newer or nonsensical header is an error that names the first line."""
    record(path)
    header, *others = lines(path)
    text = complaint(write(path, [change(header), *others]))
    assert text.startswith("wait.jsonl: line 1: ")
    assert words in text


@pytest.mark.usefixtures("_parser")
@pytest.mark.parametrize(("line", "words"), LINES.values(), ids=LINES)
def test_line_that_is_none(line: str, words: str, path: Path) -> None:
    """A line that cannot be read is an error that names it; what is before it has been replayed."""
    record(path)
    header, start, *others = path.read_text("ascii").splitlines(keepends=True)
    path.write_text("".join([header, start, f"{line}\n", *others]), "utf-8")
    text = complaint(path)
    assert text.startswith("wait.jsonl: line 3: ")
    assert words in text
    entries = Transcript.load(path).entries()
    assert "the wait begins" == next(entries).decision["reason"]


@pytest.mark.parametrize(
    "data", [b"", b"\n", b"\xff\xfe", b"{", b"{}", b"null\n", b"[" * 100_000, b"\x1f\x8b"]
)
def test_file_that_is_none(data: bytes, path: Path) -> None:
    """An empty file, bytes, and other JSON are told apart from transcripts."""
    path.write_bytes(data)
    assert complaint(path).startswith("wait.jsonl: line 1: ")


def test_file_that_is_not_there(path: Path) -> None:
    """What the system says of a file is passed on."""
    with pytest.raises(FileNotFoundError):
        Transcript.load(path)


@pytest.mark.usefixtures("_parser")
def test_what_is_read_does_not_depend_on_the_parser(path: Path) -> None:
    """Numbers and escapes are read as they were written, by either parser."""
    record(path, [Fault(FaultKind.DNS, 'C:\\ "\u20ac" \U0001f4a5'), *LIFE], make_wait(timeout=1e-5 + 1e5))
    assert replay(path).lines == len(LIFE) + 2
    assert replay(path).same
    _, fault, *_ = Transcript.load(path).entries()
    assert 'C:\\ "\u20ac" \U0001f4a5' == fault.event.message


@given(data=st.data())
def test_damage_is_an_error_of_one_line_or_none_at_all(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """Whatever bytes a transcript is made to have, it is replayed, or refused in one line."""
    path = tmp_path_factory.getbasetemp() / "damaged.jsonl"
    record(path)
    whole = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(whole) - 1))
        whole[place : place + data.draw(st.integers(0, 9))] = data.draw(st.binary(max_size=4))
    with suppress(TranscriptError):
        replay(Transcript.parse(bytes(whole)))


@pytest.mark.parametrize("cut", [1, 30, 300])
def test_half_a_line_at_the_end_is_left_out(cut: int, path: Path) -> None:
    """What a killed process left half written is passed over, and told; all before it is replayed."""
    record(path)
    whole = path.read_bytes()
    path.write_bytes(whole[:-cut])
    transcript = Transcript.load(path)
    assert transcript.truncated
    replayed = replay(transcript)
    assert (True, len(LIFE)) == (replayed.same, replayed.lines)


def test_header_alone_is_truncated(path: Path) -> None:
    """A process that was killed before the start leaves a header: nothing to replay, and nothing wrong."""
    with Recorder(make_wait(), path):
        pass
    transcript = Transcript.load(path)
    assert transcript.truncated
    assert (0, True) == (replay(transcript).lines, replay(transcript).same)
    assert "" == Transcript.parse(path.read_bytes().rstrip()).data.decode()


def test_line_ends_of_other_systems(path: Path) -> None:
    """A file whose line ends were changed on its way is read."""
    record(path)
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert replay(path).lines == len(LIFE) + 1


def test_gzipped_file(path: Path) -> None:
    """A gzipped transcript is read, whatever its name, and one that is cut off is, too."""
    record(path)
    zipped = gzip.compress(path.read_bytes())
    path.write_bytes(zipped)
    assert (len(LIFE) + 1, True) == (replay(path).lines, replay(path).same)
    path.write_bytes(zipped[:-60])
    assert Transcript.load(path).truncated
    assert replay(path).same


@pytest.mark.parametrize("tail", [b"more", gzip.compress(b"more\n")])
def test_gzip_with_something_behind_it(tail: bytes, path: Path) -> None:
    """What follows the end is not passed over in silence."""
    record(path)
    path.write_bytes(gzip.compress(path.read_bytes()) + tail)
    assert "there is something behind the end of the gzip" in complaint(path)


def test_gzip_that_is_damaged(path: Path) -> None:
    """Damage is noticed."""
    record(path)
    zipped = bytearray(gzip.compress(path.read_bytes()))
    zipped[20:24] = b"\0\0\0\0"
    path.write_bytes(zipped)
    assert "not gzip" in complaint(path)


def test_gzip_that_is_a_bomb(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A small file with an endless line in it costs no more memory than the limit, and is refused."""
    monkeypatch.setattr(limits, "TRANSCRIPT_LIMIT", 1_000_000)
    path.write_bytes(gzip.compress(b"\n" + b"x" * 100_000_000))
    tracemalloc.start()
    text = complaint(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert "line 2: a transcript has at most 1,000,000 bytes" in text
    assert peak < 10_000_000


def test_file_that_is_too_large(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same holds for a file that is not gzipped."""
    record(path)
    monkeypatch.setattr(limits, "TRANSCRIPT_LIMIT", path.stat().st_size - 1)
    assert f"line {len(LIFE) + 3}: a transcript has at most" in complaint(path)


def test_process_that_is_killed_leaves_a_readable_file(path: Path) -> None:
    """Every line is in the file as soon as its decision is taken, with no chance to write anything later."""
    command = [sys.executable, "-c", ENDLESS, str(path)]
    with subprocess.Popen(command, cwd=ROOT) as process:  # noqa: S603 - the command is our own
        while not path.exists() or path.read_bytes().count(b"\n") < 50:
            assert process.poll() is None
        process.kill()
    replayed = replay(path)
    assert replayed.same
    assert replayed.lines >= 49


def test_every_line_is_written_at_once(path: Path) -> None:
    """After each decision its line is in the file, the last one as well."""
    with Recorder(make_wait(), path) as recorder:
        assert 1 == len(lines(path))
        decision = recorder.start(0.0)
        assert 2 == len(lines(path))
        recorder.handle(RUNS, decision.delay)
        assert 3 == len(lines(path))


@pytest.mark.parametrize("place", ["nowhere/wait.jsonl", "."])
def test_path_that_cannot_be_written(place: str, tmp_path: Path) -> None:
    """Such a path is an error before the start, of the class that the system's error has, and it is named."""
    with pytest.raises(
        (FileNotFoundError, IsADirectoryError), match="transcript cannot be written"
    ) as caught:
        Recorder(make_wait(), tmp_path / place)
    assert str(tmp_path / place) == caught.value.filename


class _Full:
    """Be a file on a disk that is full after some lines."""

    def __init__(self, behind: Any, lines: int) -> None:  # noqa: ANN401 - any file
        self._behind = behind
        self._lines = lines

    def write(self, text: str) -> int:
        """Write no more than there is room for."""
        self._lines -= 1
        if self._lines < 0:
            self._behind.write(text[:10])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return int(self._behind.write(text))

    def flush(self) -> None:
        """Hand over what there is."""
        self._behind.flush()

    def close(self) -> None:
        """Fail again, as files do that cannot hand over what they hold."""
        self._behind.close()
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_full_disk_does_not_end_the_wait(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Once no more can be written, that is logged once and the wait goes on; what was written is replayed."""
    with Recorder(make_wait(), path) as recorder:
        recorder._file = _Full(recorder._file, 2)
        decisions = feed(recorder, LIFE)
    assert isinstance(decisions[-1], Done)
    (logged,) = caplog.records
    assert ("WARNING", "the transcript ends here: [Errno 28] No space left on device") == (
        logged.levelname,
        logged.message,
    )
    transcript = Transcript.load(path)
    assert (True, 2) == (transcript.truncated, replay(transcript).lines)


def test_full_disk_at_the_header_is_an_error(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that was full beforehand is an error before anything is sent."""
    opened = Path.open
    monkeypatch.setattr(Path, "open", lambda *args, **settings: _Full(opened(*args, **settings), 0))
    with pytest.raises(OSError, match="transcript cannot be written: No space left"):
        Recorder(make_wait(), path)


def test_transcript_stays_below_what_can_be_read(
    path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """No transcript is written that could not be read; it ends with a whole line, and the wait goes on."""
    monkeypatch.setattr(limits, "TRANSCRIPT_LIMIT", 1500)
    assert isinstance(record(path)[-1], Done)
    assert "a transcript has at most 1,500 bytes" in caplog.text
    transcript = Transcript.load(path)
    assert not transcript.truncated
    assert path.stat().st_size <= 1500
    assert 0 < replay(transcript).lines <= len(LIFE)


def test_transcript_can_be_read_from_bytes(path: Path) -> None:
    """What has a transcript in memory needs no file, and no name."""
    written(path)
    transcript = Transcript.parse(path.read_bytes())
    assert replay(transcript).same
    with pytest.raises(TranscriptError, match=r"^transcript: line 1: "):
        Transcript.parse(b"{}")
    assert json.dumps(Transcript.load(path).header) == json.dumps(transcript.header)


def test_wait_that_was_started_is_not_recorded(tmp_path: Path) -> None:
    """What a loaded wait knows stands in no line: its transcript would be that of another wait."""
    wait = JobWait("tco-1", "copy-bck")
    wait.start(0.0)
    for begun in (wait, JobWait.load(wait.save(), 0.0)):
        with pytest.raises(ValueError, match=r"^a recorder takes a wait that was not started yet$"):
            Recorder(begun, tmp_path / "wait.jsonl")
    assert [] == [*tmp_path.iterdir()]
