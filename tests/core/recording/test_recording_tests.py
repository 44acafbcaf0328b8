"""Tests made of transcripts: ready for pytest and ruff as they are, and red once a decision changes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ais_jobcore import Fault, FaultKind, WaitOptions
from ais_jobcore.recording import Transcript, TranscriptError, as_test, testcase
from tests.core.recording.test_recording import Lazy
from tests.core.transcripts import LIFE, RUNS, lines, make_wait, record, write

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.core.scripts import Event

ROOT = Path(__file__).parents[3]
ODD = Fault(FaultKind.CONNECTION, "quotes \"\"\" ''' {braces} \\ \n \u2028 \u202e \ud800")
LIVES: dict[str, tuple[Event, ...]] = {"small": (ODD, *LIFE), "large": (*(RUNS,) * 200, *LIFE)}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where a transcript goes."""
    return tmp_path / "wait.jsonl"


def run_tests(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run pytest on a folder, in a process of its own that knows this source."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(folder)]
    return subprocess.run(  # noqa: S603 - the command is our own
        [*command, str(folder)], cwd=ROOT, check=False, capture_output=True, text=True
    )


def make_test(path: Path, events: Iterable[Event]) -> Path:
    """Record a wait, and put its test beside it."""
    record(path, events, make_wait(timeout=None))
    test = path.with_name("test_wait.py")
    test.write_text(as_test(Transcript.load(path)), "utf-8")
    return test


@pytest.mark.parametrize("size", LIVES)
def test_test_passes_as_it_is(size: str, path: Path) -> None:
    """A small transcript is a part of its test, a large one lies beside it: both pass."""
    test = make_test(path, LIVES[size])
    assert (size == "large") == ('"wait.jsonl"' in test.read_text())
    if size == "small":
        path.unlink()
    ran = run_tests(path.parent)
    assert "1 passed" in ran.stdout, ran.stdout


@pytest.mark.parametrize("size", LIVES)
def test_test_fails_once_a_decision_changes(size: str, path: Path) -> None:
    """A test made of a transcript whose decisions are others than today's is red, and shows what changed."""
    make_test(path, LIVES[size])
    documents = lines(path)
    documents[-1]["decision"]["reason"] = "another policy"
    write(path, documents)
    path.with_name("test_wait.py").write_text(as_test(Transcript.load(path)), "utf-8")
    ran = run_tests(path.parent)
    assert "1 failed" in ran.stdout, ran.stdout
    assert "another policy" in ran.stdout


@pytest.mark.parametrize("size", LIVES)
def test_test_pleases_the_linter(size: str, path: Path) -> None:
    """What is printed is formatted, and keeps to the rules of this project for tests."""
    source = make_test(path, LIVES[size]).read_text("utf-8")
    ruff = [sys.executable, "-m", "ruff"]
    for command in (["check", "--no-cache"], ["format", "--check", "--no-cache"]):
        ran = subprocess.run(  # noqa: S603 - the command is our own
            [*ruff, *command, "--stdin-filename", "tests/core/test_wait.py", "-"],
            cwd=ROOT,
            check=False,
            input=source,
            capture_output=True,
            text=True,
        )
        if "No module named ruff" in ran.stderr:
            pytest.skip("the linter is not here")
        assert 0 == ran.returncode, ran.stdout


def test_test_of_what_cannot_be_read(path: Path) -> None:
    """No test is made of a transcript that cannot be replayed, or not without somebody's schedule."""
    record(path)
    whole = path.read_text()
    path.write_text(f"{whole}{{}}\n")
    with pytest.raises(TranscriptError, match="line 7"):
        as_test(Transcript.load(path))
    record(path, LIFE, make_wait(options=WaitOptions(schedule=Lazy())))
    with pytest.raises(TranscriptError, match="has to be given"):
        as_test(Transcript.load(path))


def test_test_of_what_is_too_deep(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """How deep JSON may be is up to the Python; what can be read, and not written, is an error as well."""
    record(path)
    monkeypatch.setattr(testcase.json, "dumps", _too_deep)
    with pytest.raises(TranscriptError, match=r"^wait\.jsonl: nested too deeply$"):
        as_test(Transcript.load(path))


def _too_deep(*_: object, **__: object) -> str:
    raise RecursionError


def test_subject_is_harmless(path: Path) -> None:
    """The id of the job is named in the docstring, but for what could end it."""
    record(path, LIFE, make_wait(job_id='x"""\nimport os\\'))
    assert compile(as_test(Transcript.load(path)), "test", "exec")
    assert '"""The wait for x-import-os-, replayed."""' in as_test(Transcript.load(path))
