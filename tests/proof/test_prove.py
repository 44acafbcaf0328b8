"""The table of the long proofs: what fails makes all of it fail, and nothing goes on for ever."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from tests.proof import __main__ as prove
from tests.proof.__main__ import PARTS, Part

if TYPE_CHECKING:
    from pathlib import Path

GOOD: Final = Part("two words", ("-c", "print('working'); print('all is well\\n')"), 1)
BAD: Final = Part("nothing", ("-c", "print('a finding'); raise SystemExit(1)"), 1, alone=True)
SILENT: Final = Part("nothing", ("-c", ""), 1)
MISSING: Final = Part("nothing", ("-m", "tests.proof.nowhere"), 1)
ENDLESS: Final = Part(
    "an end",
    ("-c", "import subprocess, sys; subprocess.run([sys.executable, '-c', 'import time; time.sleep(600)'])"),
    0.005,
)


@pytest.fixture(autouse=True)
def _elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(prove, "LOGS", tmp_path / "logs")


def run(monkeypatch: pytest.MonkeyPatch, *chosen: str, **parts: Part) -> int:
    """Run other parts in the place of ours."""
    monkeypatch.setattr(prove, "PARTS", parts)
    return prove.main(chosen)


def test_all_is_well(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """What every part saw is in the table, and the exit status is 0."""
    assert run(monkeypatch, one=GOOD, two=SILENT) == 0
    head, one, two, _, last = capsys.readouterr().out.splitlines()
    assert head.split() == ["part", "asked", "seen", "time"]
    assert one.split() == ["one", "two", "words", "all", "is", "well", "0", "s", "ok"]
    assert two.split() == ["two", "nothing", "it", "said", "nothing", "0", "s", "ok"]
    assert last == "2 of 2 parts hold; 0 s"


@pytest.mark.parametrize(
    ("part", "seen"),
    [
        (BAD, "a finding"),
        (MISSING, "No module named tests.proof.nowhere"),
        (ENDLESS, "stopped after 0.005 min"),
    ],
    ids=["bad", "missing", "endless"],
)
def test_one_part_fails(
    part: Part, seen: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A finding, a part that is not there, and one that does not end in its time: each makes all fail."""
    assert run(monkeypatch, one=GOOD, two=part) == 1
    shown = capsys.readouterr()
    (row,) = [line for line in shown.out.splitlines() if line.startswith("two ")]
    assert row.endswith("FAIL")
    assert seen in row
    assert "1 of 2 parts hold" in shown.out
    assert "two FAILED; the end of" in shown.err


def test_parts_are_chosen(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """What was not asked for is not run; a part that nobody knows is wrong usage."""
    assert run(monkeypatch, "one", one=GOOD, two=BAD) == 0
    assert "a finding" not in capsys.readouterr().out
    with pytest.raises(SystemExit, match="2"):
        run(monkeypatch, "three", one=GOOD)
    assert "no such part: three; there are one" in capsys.readouterr().err


def test_parts_are_there() -> None:
    """Every part of ours is run as a module, and stops by itself within the hour."""
    for part in PARTS.values():
        assert part.command[0] == "-m"
        assert 0 < part.minutes <= 60
