"""Waits in simulated worlds, in their short form; and faults in the rules that they find."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

import pytest
from attrs import evolve

from ais_jobcore import reading
from ais_jobcore.evidence import Verdict, fold
from ais_jobcore.snapshots import TargetState
from ais_jobcore.states import Signal
from tests.proof import simulation
from tests.proof.simulation import Tally, Violation, main, run, run_all, run_batch
from tests.proof.simulation_answers import KINDS_OF_FAULTS

if TYPE_CHECKING:
    from collections.abc import Callable

    from ais_jobcore.evidence import Until

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
    monkeypatch.setattr("tests.proof.simulation.check_plan", _breaks)
    assert 1 == main(["--seed", "3"])
    assert "it breaks; again: python -m tests.proof.simulation --seed 3\n" == capsys.readouterr().out


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


# Faults put into the rules; each is to be found among a few thousand worlds.


def confirm_at_once(_: object, state: Any, *__: object) -> tuple[Any, Signal]:
    """Believe in an end at first sight."""
    return state, Signal.ENDED


def any_target(judge: Callable[..., Verdict], views: Any, until: Until) -> Verdict:
    """Take one target that is done for all of them."""
    done = tuple(view for view in views if view.state in {TargetState.FINISHED, TargetState.IDLE})
    return judge(done or views, until)


def forget_errors(_: object, *args: Any, **more: Any) -> Any:
    """Keep no error text."""
    return tuple(evolve(view, error="") for view in fold(*args, **more))


def not_found_is_the_end(_: object, state: Any, *__: object) -> tuple[Any, Signal]:
    """Take a 404 for the end."""
    return state, Signal.ENDED


def forget_the_missing(_: object, views: Any, own: Any, **more: Any) -> Any:
    """Drop whoever is not in the reply."""
    return fold(tuple(view for view in views if view.target in own), own, **more)


def ignore_aborts(judge: Callable[..., Verdict], views: Any, until: Until) -> Verdict:
    """Take an abort for a good end."""
    ended = {TargetState.ABORTED: TargetState.FINISHED}
    return judge(tuple(evolve(view, state=ended.get(view.state, view.state)) for view in views), until)


FAULTS: Final = {
    "an end is believed at first sight": (reading, "_read_quiet", confirm_at_once),
    "any target that is done is all of them": (reading, "judge", any_target),
    "errors are forgotten": (reading, "fold", forget_errors),
    "a 404 is the end": (reading, "_read_not_found", not_found_is_the_end),
    "whoever is missing is forgotten": (reading, "fold", forget_the_missing),
    "aborts are ignored": (reading, "judge", ignore_aborts),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_fault_in_the_rules_is_found(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each breaks a promise in one of the first thousands of worlds."""
    module, name, put_in = FAULTS[fault]
    right = getattr(module, name)
    monkeypatch.setattr(module, name, lambda *args, **more: put_in(right, *args, **more))
    with pytest.raises(Violation, match="again: python -m"):
        run_batch(0, 4_000)
