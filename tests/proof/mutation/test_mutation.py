"""Mutations are put in, and found by the tests that come by them; what survives has to have a reason."""

from __future__ import annotations

import ast
import subprocess
import sys
from inspect import getsource
from textwrap import dedent
from typing import TYPE_CHECKING, Final

from ais_jobcore.rules import pacing
from tests.own import CORE
from tests.proof.mutation import run as mutation
from tests.proof.mutation.making import Mutant, put_in
from tests.proof.mutation.run import known, report
from tests.proof.mutation.trial import BROKEN, FOUND, INVALID, SLOW, SURVIVED

if TYPE_CHECKING:
    import pytest

RETRY: Final = dedent(getsource(pacing.retry))


def mutant(source: str, function: str = "retry", module: str = "pacing") -> Mutant:
    """Make a mutation by hand."""
    return Mutant(module, function, range(100, 130), "before", "after", source)


TRIED: Final = {
    "nothing is changed": (RETRY, SURVIVED),
    "what it gives": (RETRY.replace("return min(", "return 1.0 + min("), FOUND),
    "it ends nowhere": (RETRY.replace("return min(", "while True: pass\n    return min("), SLOW),
    "it is no code": (RETRY.replace("return min(", "return return min("), INVALID),
}
"""Mutations of one function, and what becomes of each; in a process of its own, as each is forked from it."""

TESTS: Final = "tests/core/rules/test_pacing.py"
SCRIPT: Final = """
import json, sys
from tests.proof.mutation import trial as mutation_trial
from tests.proof.mutation.test_mutation import TESTS, TRIED, mutant

mutation_trial.LEAST_SECONDS = 1.0
passing = {("pacing", line): sys.argv[1:] for line in range(100, 130)}
tried = [mutant(source) for source, _ in TRIED.values()]
print(json.dumps(mutation_trial.try_all(tried, 60.0, 2, TESTS, passing)))
"""


def python(*arguments: str) -> list[str]:
    """Run Python, and return the lines that it prints."""
    run = subprocess.run([sys.executable, *arguments], check=True, capture_output=True, text=True)
    return run.stdout.splitlines()


def test_every_mutation_is_tried() -> None:
    """One that changes nothing survives, one that changes something is found, and none goes on for ever."""
    listed = python(
        "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", TESTS, "-k", "test_retry"
    )
    names = [line for line in listed if "::" in line]
    assert str([code for _, code in TRIED.values()]) == python("-c", SCRIPT, *names)[-1]


def test_mutation_replaces_the_running_code(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever holds the function already runs the mutation, its default values included."""
    held = pacing.retry
    monkeypatch.setattr(held, "__code__", held.__code__)
    monkeypatch.setattr(held, "__defaults__", None)
    put_in(mutant("def retry(faults=7): return faults"))
    assert 7 == held()  # type: ignore[call-arg]
    monkeypatch.undo()
    assert pacing.FIRST_RETRY == held(1)


def test_known_survivors_are_there() -> None:
    """Each is of a function and of lines that still exist, changes something, and has a reason."""
    for (function, before, after), why in known().items():
        module, _, name = function.partition(".")
        text = (CORE / f"{module}.py").read_text("utf-8")
        source = " ".join(line.strip() for line in text.splitlines())
        names = {node.name for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)}
        assert name.rpartition(".")[2] in names, function
        assert before in source, (function, before)
        assert before != after
        assert len(why) > 10, (function, "has no reason")


def test_report(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A survivor without a reason fails, as do too many of them, and machinery that does not work."""
    one, reasons = mutant("x"), {("pacing.retry", "before", "after"): "it is as good"}
    monkeypatch.setattr(mutation, "known", dict[tuple[str, str, str], str])
    assert 1 == report([one] * 100, [SURVIVED] + [FOUND] * 99, 1.0)
    shown = capsys.readouterr().out.splitlines()
    assert ["pacing.retry, line 100:", "  - before", "  + after"] == shown[:3]
    assert "100 mutations, 99.00 % found; 1 survive, 1 of them without a reason; 1 s" == shown[-1]
    monkeypatch.setattr(mutation, "known", lambda: reasons)
    assert 0 == report([one] * 100, [SURVIVED] + [FOUND] * 98 + [SLOW], 1.0)
    assert 0 == report([one] * 100, [SURVIVED] * 2 + [FOUND] * 98, 1.0)
    assert 1 == report([one] * 101, [SURVIVED] * 3 + [FOUND] * 98, 1.0)
    assert 1 == report([one] * 100, [SURVIVED] * 2 + [INVALID] * 2 + [FOUND] * 96, 1.0)
    assert 1 == report([one] * 100, [BROKEN] + [FOUND] * 99, 1.0)
