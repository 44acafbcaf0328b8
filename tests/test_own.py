"""A module that only the tests of others cover is found out, and so is one that nobody tests."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Final

import pytest
from coverage import CoverageData

from tests import own
from tests.own import CORE, ONLY_VALUES, ROOT, TESTED_TOGETHER, TESTED_WITH, dotted, modules, own_tests

if TYPE_CHECKING:
    from pathlib import Path

TEXT: Final = CORE / "text.py"
MODULE: Final = "def used():\n    return 1\n\n\ndef forgotten():\n    return 2\n"
"""A module of which its own tests come by a half, and those of others by all."""


def measured(folder: Path, **lines: range) -> str:
    """Make data of a run: which file of tests came by which lines of ``text.py``, in order."""
    data = CoverageData(str(folder / "data"))
    for context, passed in lines.items():
        data.set_context("" if context == "imports" else f"tests/core/values/{context}.py")
        data.add_arcs({str(TEXT): list(zip([-1, *passed], [*passed, -1], strict=True))})
    data.write()
    return str(folder / "data")


def test_tests_of_others_do_not_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines that only another file of tests comes by are missing, and named; those of imports are not."""
    monkeypatch.setattr(own, "modules", lambda _: [TEXT])
    whole, head = range(1, 200), range(1, 20)
    found = own.uncovered(measured(tmp_path, imports=head, test_text=head, test_wait=whole))
    assert {"ais_jobcore/text.py"} == {*found}
    assert re.search(r"\d+", found["ais_jobcore/text.py"])


def test_missing_lines_fail(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The command names module and lines, and fails; without a word it is content."""
    monkeypatch.setattr(own, "untested", lambda: ["rules.new"])
    monkeypatch.setattr(own, "uncovered", lambda: {"ais_jobcore/text.py": "12-14"})
    assert 1 == own.main()
    assert [
        "rules.new has no tests, and own.py does not say that it needs none",
        "ais_jobcore/text.py is not covered by its own tests: 12-14",
    ] == capsys.readouterr().err.splitlines()
    monkeypatch.setattr(own, "uncovered", dict[str, str])
    assert 1 == own.main()
    monkeypatch.setattr(own, "untested", list[str])
    assert 0 == own.main()
    monkeypatch.setattr(own, "uncovered", lambda: {"ais_jobcore/text.py": "12-14"})
    assert 1 == own.main()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Make a project with this gate, a core of a few modules, and tests that come by all of them."""
    for name in ("pyproject.toml", "tests/own.py", "tests/conftest.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    files = {
        "ais_jobcore/__init__.py": "ONE = 1\n",
        "ais_jobcore/rules/__init__.py": '"""A layer."""\n',
        "ais_jobcore/rules/evidence.py": MODULE,
        "ais_jobcore/testing/__init__.py": MODULE,
        "tests/core/values/test_names.py": "def test_it():\n    pass\n",
        "tests/core/rules/test_evidence.py": "from ais_jobcore.rules.evidence import *\n\n"
        "def test_it():\n    used(), forgotten()\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    return tmp_path


def gate(project: Path) -> tuple[int, list[str]]:
    """Run the tests of a project with coverage, then the gate; return its exit status and what it says."""
    python = [sys.executable, "-W", "ignore"]
    tests = [*python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--cov", "--cov-fail-under=0", "tests"]
    subprocess.run(tests, cwd=project, check=True, capture_output=True)  # noqa: S603 - our own code
    ran = subprocess.run(  # noqa: S603 - our own code
        [*python, "-m", "tests.own"], cwd=project, check=False, capture_output=True, text=True
    )
    return ran.returncode, ran.stderr.splitlines()


def test_gate_is_content_with_a_core_that_tests_itself(project: Path) -> None:
    """Where every module has its tests, and they come by all of it, nothing is said."""
    assert (0, []) == gate(project)


def test_gate_finds_a_module_that_its_own_tests_do_not_cover(project: Path) -> None:
    """In whichever layer, and though others come by every line of it: the lines are named."""
    (project / "ais_jobcore" / "rules" / "saving.py").write_text(MODULE, "utf-8")
    tests = "from ais_jobcore.rules.saving import *\n\ndef test_it():\n    used()\n"
    (project / "tests" / "core" / "rules" / "test_saving.py").write_text(tests, "utf-8")
    others = tests.replace("used()", "used(), forgotten()")
    (project / "tests" / "core" / "rules" / "test_saved.py").write_text(others, "utf-8")
    assert (1, ["ais_jobcore/rules/saving.py is not covered by its own tests: 6"]) == gate(project)


def test_gate_finds_a_module_without_tests(project: Path) -> None:
    """One that nobody knows fails, even where an import is all that there is to cover."""
    (project / "ais_jobcore" / "rules" / "unknown.py").write_text("ONE = 1\n", "utf-8")
    words = "rules.unknown has no tests, and own.py does not say that it needs none"
    assert (1, [words]) == gate(project)
    (project / "ais_jobcore" / "rules" / "unknown.py").write_text(MODULE, "utf-8")
    code, said = gate(project)
    assert (1, words) == (code, said[0])
    assert said[1].startswith("ais_jobcore/rules/unknown.py is not covered by its own tests: 2")


def test_gate_finds_values_that_came_to_do_something(project: Path) -> None:
    """A module that may do without tests may not do without them once it has a function."""
    (project / "ais_jobcore" / "limits.py").write_text("ONE = 1\n", "utf-8")
    assert (0, []) == gate(project)
    (project / "ais_jobcore" / "limits.py").write_text(MODULE, "utf-8")
    code, (said,) = gate(project)
    assert 1 == code
    assert said.startswith("ais_jobcore/limits.py is not covered by its own tests: 2")


@pytest.mark.parametrize("name", [dotted(module) for module in modules()])
def test_every_module_has_tests(name: str) -> None:
    """Each has a file of tests of its own, shares one that the table names, or defines values only."""
    assert name not in own.untested()


def test_every_layer_is_looked_at() -> None:
    """All packages of the core but the testing kit, and what lies beside them."""
    names = {dotted(module) for module in modules()}
    folders = {path.name for path in CORE.iterdir() if (path / "__init__.py").exists()}
    assert folders - {"testing"} == {name.partition(".")[0] for name in names if "." in name}
    assert {"__init__", "kinds", "text"} <= names


def test_tables_name_what_is_there() -> None:
    """No exception outlives its module, and none names tests that do not exist."""
    names = {dotted(module) for module in modules()}
    assert {*TESTED_WITH} <= names
    assert names >= ONLY_VALUES
    assert {name.partition(".")[0] for name in names} >= TESTED_TOGETHER
    for name, tests in TESTED_WITH.items():
        layer = name.rpartition(".")[0] or "values"
        for each in tests:
            assert [*(ROOT / "tests" / "core" / layer).glob(f"test_{each}*.py")], (name, each)


@pytest.mark.parametrize(
    ("name", "its", "others"),
    [
        ("rules.classify", "rules/test_wait", "rules/test_waiting"),
        ("rules.classify", "rules/test_wait_faults", "cli/test_wait"),
        ("rules.classify", "rules/test_classify", "machines/test_wait_faults"),
        ("rules.evidence", "rules/test_evidence", "rules/test_wait_evidence"),
        ("rules.messages", "rules/test_outcome", "rules/test_saving"),
        ("wire.models", "wire/test_documents_lists", "wire/test_lean"),
        ("wire._fast", "wire/test_fast", "values/test_fast"),
        ("kinds", "values/test_kinds", "rules/test_kinds"),
        ("__init__", "values/test_names", "values/test_kinds"),
        ("recording.naming", "recording/test_recording_names", "recording/test_names"),
        ("machines.group", "machines/test_group_ends", "machines/test_groups"),
    ],
)
def test_own_tests_are_told_by_their_names(name: str, its: str, others: str) -> None:
    """The layer and the whole first word count; what an import comes by is everybody's."""
    pattern = re.compile(own_tests(name))
    assert pattern.search("")
    assert pattern.search(f"tests/core/{its}.py")
    assert not pattern.search(f"tests/core/{others}.py")
