"""The rules, state by state: no promise is broken in any, and a fault in the rules breaks one."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

import pytest
from attrs import evolve

from ais_jobcore import Continue
from ais_jobcore.rules import classify, evidence, pacing, table
from ais_jobcore.rules.evidence import Verdict, all_finished, fold
from ais_jobcore.rules.state import Phase, Signal
from ais_jobcore.rules.table import TRANSITIONS
from ais_jobcore.snapshots import TargetState
from tests.proof.faults import any_target, confirm_at_once, not_found_is_the_end
from tests.proof.model import run as model
from tests.proof.model.graph import CAP, DISTINCT, TROUBLES, World, classes, coarse, search
from tests.proof.model.run import WORLDS, check, worlds

if TYPE_CHECKING:
    from collections.abc import Callable

    from ais_jobcore.options import Until
    from tests.proof.model.graph import Graph

EDGES: Final = {1: 4_000, 2: 40_000, 3: 530_000}
"""Inputs that are covered in each world, by the number of targets."""

PARTS: Final = [(1, 0), (2, 0), (2, 1), (3, 0), (3, 1), (3, 2), (3, 3)]
"""Numbers of targets, and which of the worlds: every so many-th; no part takes more than half a minute."""


@cache
def graphs(targets: int, part: int) -> list[Graph]:
    """Search some of the worlds, once."""
    parts = sum(number == targets for number, _ in PARTS)
    return list(check(list(worlds(targets).values())[part::parts], most=EDGES[targets]))


def all_graphs() -> list[Graph]:
    """Search all worlds, once."""
    return [graph for targets, part in PARTS for graph in graphs(targets, part)]


@pytest.mark.parametrize(("targets", "part"), PARTS)
def test_no_promise_is_broken(targets: int, part: int) -> None:
    """In no state that a wait can come to does any answer lead to a decision that the reference rules out."""
    assert {} == {
        f"{graph.world}: {promise}": path
        for graph in graphs(targets, part)
        for promise, path in graph.broken.items()
    }


def test_enough_was_looked_at() -> None:
    """Ten million inputs at least are covered, and some worlds to the last state."""
    assert sum(graph.covered for graph in all_graphs()) >= 10_000_000
    assert any(graph.whole for graph in all_graphs())


def test_every_move_is_one_of_the_table() -> None:
    """Phases follow each other as the table says, and every phase of it is come by."""
    legal = {(phase, after) for phase, moves in TRANSITIONS.items() for after in moves.values()}
    expired = {(phase, Phase.OVER) for phase in TRANSITIONS if phase is not Phase.OVER}
    moves = set[tuple[Phase, Phase]]().union(*(graph.moves for graph in all_graphs()))
    assert moves <= legal | expired
    assert set(Phase) == {phase for move in moves for phase in move}


def test_what_becomes_of_a_target_depends_on_that_target() -> None:
    """So looks that lead to the same views of each target can be tried once: checked for all pairs."""
    shows = classes("copy-bck")
    for first in shows.values():
        views = fold((), {"t1": first} if first else {}, asked=0.0, now=0.0, gap=1.0)
        for second in shows.values():
            for beside in shows.values():
                own = {"t1": second} if second else {}
                alone = fold(views, own, asked=1.0, now=1.0, gap=1.0)
                both = fold(views, own | ({"t2": beside} if beside else {}), asked=1.0, now=1.0, gap=1.0)
                assert alone == tuple(view for view in both if view.target == "t1")


@pytest.mark.parametrize("phase", ["watch", "confirm"])
def test_troubles_of_one_class_come_to_the_same(phase: str) -> None:
    """With several targets one trouble stands for those that lead to the same decision with one."""
    with coarse():
        waiting = World().wait()
        decision = waiting.start(0.0)
        if phase == "confirm":
            decision = waiting.handle(TROUBLES["not found"], 0.0)  # type: ignore[arg-type]
        assert isinstance(decision, Continue)
        seen = {said: _plain(table.step(waiting.state, trouble, 0.0)) for said, trouble in TROUBLES.items()}
    assert {repr(each) for each in seen.values()} == {repr(seen[said]) for said in DISTINCT}


def _plain(step: tuple[Any, Any]) -> tuple[object, ...]:
    state, decision = step
    delay = min(decision.delay, CAP) if isinstance(decision, Continue) else type(decision.error)
    return (
        state.phase,
        delay,
        state.faults.answered,
        state.faults.malformed,
        state.faults.refreshed,
        state.asked,
    )


def test_long_form_says_when_it_was_too_short(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With less covered than promised it fails; whoever asks for little gets little."""
    monkeypatch.setattr(model, "EDGES", 20)
    assert 1 == model.main(["--targets", "1"])
    assert " covered of 300,000,000, " in capsys.readouterr().out.splitlines()[-1]
    assert 0 == model.main(["--targets", "1", "--edges", "20"])
    assert "0 promises broken" in capsys.readouterr().out.splitlines()[-1]


# Faults put into the rules, and the promise that each of them breaks.


def forget_errors(weigh: Callable[..., Any], *args: object, **more: object) -> Any:
    """Keep no error text."""
    views, verdict = weigh(*args, **more)
    return tuple(evolve(view, error="") for view in views), verdict


def forget_the_missing(weigh: Callable[..., Any], views: Any, own: Any, *args: object, **more: object) -> Any:
    """Drop the targets that are not in the reply."""
    return weigh(tuple(view for view in views if view.target in own), own, *args, **more)


def ignore_aborts(judge: Callable[..., Verdict], views: Any, until: Until) -> Verdict:
    """Take an abort for work."""
    return judge(
        tuple(
            evolve(view, state=TargetState.RUNNING) if view.state is TargetState.ABORTED else view
            for view in views
        ),
        until,
    )


def every_fault_is_fatal(_: object, state: Any, fault: Any, *__: object) -> tuple[Any, Signal]:
    """Give up at the first trouble."""
    return evolve(state, faults=evolve(state.faults, count=1, last=fault)), Signal.FATAL


def ask_late(clipped: Callable[..., float], due: float, deadline: float | None, *, took: float) -> float:
    """Plan past the deadline."""
    return clipped(due, None, took=took) if deadline is None else due + 1.0


def never_expire(*_: object, **__: object) -> bool:
    """Ask on after the deadline."""
    return False


def long_gaps(*_: object) -> float:
    """Sleep for a day."""
    return 86_400.0


def restarts_go_unnoticed(update: Callable[..., Any], old: Any, new: Any) -> Any:
    """Take a later start for the same run."""
    return update(old, evolve(new, start_ns=old.start_ns))


def believe_the_proxies(_: object, state: Any, *__: object) -> tuple[Any, Signal]:
    """Take the word of the proxies, whatever a target says."""
    return state, Signal.ENDED


STATUS, IDLE, ENDS = WORLDS["status"], WORLDS["idle"], WORLDS["snapshots"]
FAULTS: Final = {
    "an end is believed at first sight": (classify, "_read_quiet", confirm_at_once, IDLE),
    "any target that is done is all of them": (evidence, "judge", any_target, ENDS),
    "errors are forgotten": (classify, "weigh", forget_errors, ENDS),
    "a 404 is the end": (classify, "_read_not_found", not_found_is_the_end, ENDS),
    "whoever is missing is forgotten": (classify, "weigh", forget_the_missing, ENDS),
    "aborts are ignored": (evidence, "judge", ignore_aborts, ENDS),
    "every fault is fatal": (classify, "read_fault", every_fault_is_fatal, STATUS),
    "requests are planned past the deadline": (pacing, "clipped", ask_late, WORLDS["idle, timed"]),
    "nothing expires": (table, "_expired", never_expire, WORLDS["idle, timed"]),
    "a gap is as long as it likes": (pacing, "snapshot_gap", long_gaps, IDLE),
    "restarts go unnoticed": (evidence, "_update", restarts_go_unnoticed, ENDS),
    "the proxies outweigh a target that works": (classify, "_read_sightings", believe_the_proxies, STATUS),
    "one look at the finished is enough": (
        classify,
        "_shows_all",
        lambda _, s: all_finished(s.targets),
        ENDS,
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_fault_in_the_rules_breaks_a_promise(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is found within a few thousand inputs, though none of the ordinary tests is run."""
    module, name, put_in, world = FAULTS[fault]
    right = getattr(module, name)
    monkeypatch.setattr(module, name, lambda *args, **more: put_in(right, *args, **more))
    assert search(evolve(world, targets=2), most=60_000, sample=10**9).broken
