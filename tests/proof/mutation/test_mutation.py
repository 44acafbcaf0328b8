"""Mutations are put in, and found by the tests that come by them; what survives has to have a reason."""

from __future__ import annotations

import ast
import subprocess
import sys
from inspect import getsource
from textwrap import dedent
from typing import Final

import pytest

import ais_jobcore
from ais_jobcore.limits import FIRST_RETRY
from ais_jobcore.rules import pacing
from tests.proof.mutation import run as mutation
from tests.proof.mutation.making import Mutant, mutated, path_of, put_in
from tests.proof.mutation.run import known, report
from tests.proof.mutation.trial import BROKEN, FOUND, INVALID, SLOW, SURVIVED, Trial

RETRY: Final = dedent(getsource(pacing.retry))


def mutant(source: str, function: str = "retry", module: str = "rules.pacing") -> Mutant:
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
passing = {("rules.pacing", line): sys.argv[1:] for line in range(100, 130)}
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
    assert FIRST_RETRY == held(1)


def test_mutation_of_a_package(monkeypatch: pytest.MonkeyPatch) -> None:
    """What stands in the package itself is replaced in the package, and not in a copy of it."""
    monkeypatch.setattr(ais_jobcore.__dir__, "__code__", ais_jobcore.__dir__.__code__)
    put_in(mutant("def __dir__(): return ['nothing']", "__dir__", "__init__"))
    assert ["nothing"] == dir(ais_jobcore)


def test_what_is_mutated() -> None:
    """Every layer but two: the testing kit is not the core, and transcripts are files."""
    layers = {name.partition(".")[0] for name in mutated() if "." in name}
    assert {"schedules", "wire", "rules", "machines", "drivers"} == layers
    assert {"__init__", "kinds", "drivers.config", "drivers.logs", "drivers.client"} <= {*mutated()}
    assert all(path_of(name).is_file() for name in mutated())


def test_own_tests_are_tried_first() -> None:
    """Tests of the mutated module come before others, quick ones first; those that found one, before all."""
    names = [
        "rules/test_wait_faults.py::a",
        "values/test_pacing.py::b",
        "rules/test_pacing.py::c[x]",
        "x.py::d",
    ]
    names = [f"tests/core/{name}" for name in names]
    one = mutant("x")
    trial = Trial([one], {("rules.pacing", 100): names, ("rules.plan", 100): ["tests/core/x.py::e"]}, 60.0)
    trial._items = dict(zip(names, names, strict=True))  # type: ignore[arg-type]
    trial._durations = dict(zip(names, (0.3, 0.1, 0.4, 0.2), strict=True))
    wait, stranger, own, other = names
    assert [wait, own, stranger, other] == trial._chosen(one)
    trial._killers["rules.pacing.retry"][other] += 1
    assert [other, wait, own, stranger] == trial._chosen(one)


def functions(module: str) -> dict[str, str]:
    """Return the source of every function that is mutated, each on one line, by its qualified name."""
    text = path_of(module).read_text("utf-8")
    lines, found = text.splitlines(), dict[str, str]()
    for node in ast.parse(text).body:
        within = node.body if isinstance(node, ast.ClassDef) else [node]
        prefix = f"{node.name}." if isinstance(node, ast.ClassDef) else ""
        for each in within:
            if isinstance(each, ast.FunctionDef):
                own = lines[each.lineno - 1 : each.end_lineno]
                found[prefix + each.name] = " ".join(line.strip() for line in own)
    return found


@pytest.mark.parametrize(
    ("function", "before", "after", "why"), [(*key, why) for key, why in known().items()]
)
def test_known_survivor_is_there(function: str, before: str, after: str, why: str) -> None:
    """Each is of lines that still exist, in that very function, changes something, and has a reason."""
    module = next(
        name for name in sorted(mutated(), key=len, reverse=True) if function.startswith(f"{name}.")
    )
    source = functions(module)[function.removeprefix(f"{module}.")]
    assert before in source
    assert before != after
    assert len(why) > 10


def test_survivor_that_no_mutation_is_like() -> None:
    """It is told where its module was mutated, and left alone where it was not."""
    listed = [("rules.pacing.retry", "before", "after"), ("rules.pacing.retry", "once", "upon a time")]
    assert listed[1:] == mutation._stale([mutant("x")], [*listed, ("rules.plan.ask", "once", "upon a time")])


def test_report(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A survivor without a reason fails, as do too many of them, and machinery that does not work."""
    one, reasons = mutant("x"), {("rules.pacing.retry", "before", "after"): "it is as good"}
    monkeypatch.setattr(mutation, "known", dict[tuple[str, str, str], str])
    assert 1 == report([one] * 100, [SURVIVED] + [FOUND] * 99, 1.0)
    shown = capsys.readouterr().out.splitlines()
    assert ["rules.pacing.retry, line 100:", "  - before", "  + after"] == shown[:3]
    assert "100 mutations, 99.00 % found; 1 survive, 1 of them without a reason; 1 s" == shown[-1]
    monkeypatch.setattr(mutation, "known", lambda: reasons)
    assert 0 == report([one] * 100, [SURVIVED] + [FOUND] * 98 + [SLOW], 1.0)
    assert 0 == report([one] * 100, [SURVIVED] * 2 + [FOUND] * 98, 1.0)
    assert 1 == report([one] * 101, [SURVIVED] * 3 + [FOUND] * 98, 1.0)
    assert 1 == report([one] * 100, [SURVIVED] * 2 + [INVALID] * 2 + [FOUND] * 96, 1.0)
    assert 1 == report([one] * 100, [BROKEN] + [FOUND] * 99, 1.0)
