"""
Fuzzing in short: the committed corpus, and mutations of it that are the same every time.

``make prove`` goes on from here, led by coverage.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
import tracemalloc
from itertools import islice
from random import Random
from typing import TYPE_CHECKING, Final

import pytest

from tests.proof.fuzz import corpus as fuzz_corpus
from tests.proof.fuzz import run as fuzz
from tests.proof.fuzz import targets as fuzz_targets
from tests.proof.fuzz.bytes import Choices, choosing, text_of
from tests.proof.fuzz.oracles import harmless
from tests.proof.fuzz.targets import MEMORY, SECONDS, TARGETS, Target, execute

if TYPE_CHECKING:
    from pathlib import Path

MUTATIONS: Final = 8_000
"""Of all targets together, by their shares; and some more of each."""
_TRACED: Final = 3
_MOST_TRACED: Final = 8 << 20
"""Bytes of Python's own memory that an input of a few KiB may take."""

every_target = pytest.mark.parametrize("name", TARGETS)


@every_target
def test_corpus(name: str) -> None:
    """Every input that ever told something is taken, or refused as documented, within the bounds."""
    corpus = fuzz_corpus.load(name)
    assert corpus
    for data in corpus:
        execute(TARGETS[name], data)


@every_target
def test_mutations(name: str) -> None:
    """So is what a few changes make of it."""
    target = TARGETS[name]
    many = 50 + MUTATIONS * target.share // 1000
    for data in islice(fuzz_corpus.mutations(fuzz_corpus.load(name), Random(name), target.longest), many):
        execute(target, data)


@every_target
def test_memory(name: str) -> None:
    """The longest inputs of the corpus take little memory."""
    for data in fuzz_corpus.load(name)[-_TRACED:]:
        tracemalloc.start()
        try:
            TARGETS[name].run(data)
            assert tracemalloc.get_traced_memory()[1] <= _MOST_TRACED
        finally:
            tracemalloc.stop()


def test_shares() -> None:
    """The executions of all targets are those that were asked for."""
    assert sum(target.share for target in TARGETS.values()) == 1000
    assert {path.stem for path in fuzz_corpus.CORPUS.glob("*")} == set(TARGETS)


@every_target
def test_corpus_is_in_order(name: str) -> None:
    """A corpus has each input once, the shortest first, and none that is too long."""
    corpus = fuzz_corpus.load(name)
    assert corpus == sorted(set(corpus), key=lambda data: (len(data), data))
    assert len(corpus[-1]) <= max(TARGETS[name].longest, 10_000)


# The fuzzers themselves


def test_choices() -> None:
    """Choices come back as they were written, by bytes that can be read where there are enough."""
    chosen = [(0, 1), (3, 7), (96, 97), (255, 256), (31, 200)]
    data = choosing(*chosen, rest=b"rest")
    choices = Choices(data)
    assert [place for place, _ in chosen] == [choices.one_of(range(many)) for _, many in chosen]
    assert choices.rest() == b"rest"
    assert choosing((0, 5), (4, 5)) == b'#"'
    assert Choices(b"").one_of("first") == "f"


def test_texts() -> None:
    """Any bytes are a text, and lone surrogates may be in it."""
    assert text_of("ü\ud800".encode("utf-8", "surrogatepass")) == "ü\ud800"
    assert text_of(b"a\xff") == "a\udcff"


@pytest.mark.parametrize(
    "sign", "\0\t\n\x1b\x7f\x85\x9b\u061c\u200b\u200e\u2028\u2029\u202e\u2066\ud800\ufeff"
)
def test_what_commands_a_terminal_is_seen(sign: str) -> None:
    """The oracle knows every class of what is not to be printed."""
    assert not harmless(f"a{sign}b")


def test_slow_and_greedy_code_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """An execution that takes too long, or too much, is a finding; one slow moment of the machine is none."""

    def spin(data: bytes) -> None:
        end = time.thread_time() + SECONDS * 1.1
        while data and time.thread_time() < end:
            pass

    with pytest.raises(AssertionError, match="CPU time"):
        execute(Target(spin, 1), b"x")
    assert execute(Target(spin, 1), b"") < SECONDS
    slow = iter((SECONDS * 2, SECONDS / 2))
    with monkeypatch.context() as patch:
        patch.setattr(fuzz_targets, "_timed", lambda *_: next(slow))
        assert execute(Target(spin, 1), b"") == SECONDS / 2
    held = iter((0, MEMORY + (1 << 20)))
    monkeypatch.setattr(fuzz_targets, "_most_held", lambda: next(held))
    with pytest.raises(AssertionError, match="65 MiB more than before"):
        execute(Target(spin, 1), b"")


def test_a_run_of_one_target(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The long form counts what was asked for, and ends with a line that sums it up."""
    monkeypatch.setattr(fuzz, "BUILD", tmp_path)
    assert fuzz.main(["text", "--runs", "300"]) == 0
    assert capfd.readouterr().out.splitlines()[-1].startswith("300 executions of 1 targets in ")


def test_a_finding_is_kept_and_told(tmp_path: Path) -> None:
    """An exception ends the run; what provoked it is there to be run again."""
    code = (
        "from tests.proof.fuzz import targets, worker\n"
        "targets.TARGETS['text'] = targets.Target(lambda data: 1 // (len(data) < 9), 1)\n"
        f"worker.main('text', '1000', '1', {str(tmp_path)!r})"
    )
    (tmp_path / "log").touch()
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert json.loads(done.stdout.splitlines()[-1])["found"] == 1
    assert "ZeroDivisionError" in done.stderr
    assert len((tmp_path / "finding").read_bytes()) >= 9
