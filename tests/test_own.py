"""A module that only the tests of others cover is found out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from coverage import CoverageData

from tests import own
from tests.own import CORE, ROOT, main, modules, own_tests, uncovered

if TYPE_CHECKING:
    from pathlib import Path

TEXT = CORE / "text.py"
VALUES = {"_version", "decisions", "observations"}
"""Modules that define values only: an import is all that there is to cover."""


def measured(folder: Path, **lines: range) -> str:
    """Make data of a run: which file of tests came by which lines of ``text.py``, in order."""
    data = CoverageData(str(folder / "data"))
    for context, passed in lines.items():
        data.set_context("" if context == "imports" else f"tests/core/{context}.py")
        data.add_arcs({str(TEXT): list(zip([-1, *passed], [*passed, -1], strict=True))})
    data.write()
    return str(folder / "data")


@pytest.fixture(autouse=True)
def _text_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own, "modules", lambda: [TEXT])


def test_tests_of_others_do_not_count(tmp_path: Path) -> None:
    """Lines that only another file of tests comes by are missing, and named; those of imports are not."""
    whole, head = range(1, 200), range(1, 20)
    found = uncovered(measured(tmp_path, imports=head, test_text=head, test_wait=whole))
    assert {"ais_jobcore/text.py"} == {*found}
    assert re.search(r"\d+", found["ais_jobcore/text.py"])


def test_missing_lines_fail(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The command names module and lines, and fails; without a word it is content."""
    monkeypatch.setattr(own, "uncovered", lambda: {"ais_jobcore/text.py": "12-14"})
    assert 1 == main()
    assert "ais_jobcore/text.py is not covered by its own tests: 12-14\n" == capsys.readouterr().err
    monkeypatch.setattr(own, "uncovered", dict[str, str])
    assert 0 == main()
    assert ("", "") == capsys.readouterr()


@pytest.mark.parametrize("module", modules(), ids=lambda module: str(module.relative_to(CORE)))
def test_every_module_has_tests(module: Path) -> None:
    """Each has a file of tests of its own, or shares one that the table names."""
    pattern = re.compile(own_tests(module))
    files = [str(path.relative_to(ROOT)) for path in (ROOT / "tests" / "core").glob("test_*.py")]
    assert module.stem in VALUES or any(map(pattern.search, files)), own_tests(module)


def test_own_tests_are_told_by_their_names() -> None:
    """``test_wait.py`` and ``test_wait_….py`` are of ``wait`` and its rules, ``test_waiting.py`` is not."""
    pattern = re.compile(own_tests(CORE / "reading.py"))
    assert pattern.search("tests/core/test_wait.py")
    assert pattern.search("tests/core/rules/test_wait_faults.py")
    assert pattern.search("")
    assert not pattern.search("tests/core/test_waiting.py")
    assert not pattern.search("tests/cli/test_wait.py")
