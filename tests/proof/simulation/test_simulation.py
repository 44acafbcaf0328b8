"""Waits in simulated worlds, in their short form; and faults in the rules that they find."""

from __future__ import annotations

from functools import cache
from typing import Final

import pytest

from tests.proof.faults import FAULTS, put_in
from tests.proof.simulation import run as simulation
from tests.proof.simulation.answers import KINDS_OF_FAULTS
from tests.proof.simulation.run import Tally, Violation, main, run, run_all, run_batch

WAITS: Final = 4_000
ENDS: Final = {
    *("finished", "idle", "aborted", "finished with errors", "lost", "gone", "superseded", "as asked"),
    *("Timeout", "JobInfoNotFound", "RequestFailed", "TransportFault"),
}


@cache
def tally() -> Tally:
    """Run the short form, once."""
    return run_all(0, WAITS, processes=2)


def test_no_promise_is_broken_in_any_world() -> None:
    """Whatever goes wrong on the way, every decision keeps the promises, and every end is the true one."""
    assert WAITS == tally().waits
    assert tally().faults > 8 * WAITS


def test_everything_goes_wrong() -> None:
    """Every kind of fault comes up, and none that is not known."""
    assert KINDS_OF_FAULTS == {*tally().wrong}


def test_worlds_end_in_every_way() -> None:
    """Every outcome and every error that a world can lead to comes up."""
    assert ENDS <= set(tally().ends)


def test_seed_is_all_that_decides() -> None:
    """The same seeds lead to the same decisions, in one process as in several."""
    assert run_all(500, 1_500, processes=1).digest == run_all(500, 1_500, processes=2).digest
    assert run(7).digest == run(7).digest != run(8).digest


def test_violation_names_the_command_that_shows_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Who reads of a broken promise can see it again at once, told answer by answer."""
    monkeypatch.setattr("tests.proof.simulation.run.check_plan", _breaks)
    assert 1 == main(["--seed", "3"])
    assert "it breaks; again: python -m tests.proof.simulation.run --seed 3\n" == capsys.readouterr().out


def _breaks(*_: object) -> None:
    msg = "it breaks"
    raise AssertionError(msg)


def test_wait_is_told_on_request(capsys: pytest.CaptureFixture[str]) -> None:
    """One seed alone prints what was asked, why, and what came back."""
    assert 0 == main(["--seed", "3"])
    assert "1 waits" in capsys.readouterr().out


def test_long_form_says_when_it_was_too_short(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With fewer waits or faults than promised it fails; whoever asks for a few gets a few."""
    monkeypatch.setattr(simulation, "WAITS", 5)
    assert 1 == main(["--processes", "1"])
    *_, total, short = capsys.readouterr().out.splitlines()
    assert total.startswith("5 waits, ")
    assert "that is less than 1,000,000 waits and 10,000,000 faults" == short
    assert 0 == main(["--waits", "5", "--processes", "1"])
    assert capsys.readouterr().out.splitlines()[-1].startswith("5 waits, ")


@pytest.mark.parametrize("fault", FAULTS)
def test_fault_in_the_rules_is_found(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each breaks a promise in one of the first thousands of worlds."""
    put_in(fault, monkeypatch)
    with pytest.raises(Violation, match="again: python -m"):
        run_batch(0, 4_000)
