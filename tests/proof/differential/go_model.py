"""
How AIStore's Go client waits: the conditions of ``xact/api_wait.go``, as rules G1 to G19 describe them.

Written from the rules; what Go leaves to the order of a map is the order of the reply here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ais_jobcore import Until
from tests.proof.differential.cases import ABORTED, ENDED, IDLE, IDLES, NOT_STARTED, PROXIES, SETTLING
from tests.proof.differential.judge import FATAL, SUCCESS, WAITING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.proof.differential.cases import Case, Look, Shown
    from tests.proof.differential.judge import Verdict

CONSECUTIVE_IDLE = 2


class _State(NamedTuple):
    """Hold what all targets amount to (G18)."""

    aborted: bool = False
    running: bool = False
    not_started: bool = False


def wait(case: Case) -> Verdict:
    """Wait in the way of ``WaitForXaction``, or of ``WaitForSnaps`` with the condition that was asked for."""
    if case.kind == PROXIES:
        return _wait_for_status(case)
    idle = case.kind == IDLES and case.until is Until.AUTO
    streak = 0
    for look in (*case.looks, *case.looks[-1:] * SETTLING):
        shown = None if look is None else list(_own(look, only_running=idle))
        # Without a target that knows it, the proxy answers 404; that is fatal (G6, G12).
        if shown is None or (idle and not shown and look and _knew(look)):
            return FATAL
        state = _aggregate(shown)
        if case.until is Until.STARTED:
            done = not state.not_started
        elif case.until is Until.NOT_RUNNING:
            done = not state.running
        elif idle:
            streak = _idle(state, streak)
            done = state.aborted or streak >= CONSECUTIVE_IDLE
        else:
            # Whichever target comes first speaks for all of them (G9).
            done = bool(shown) and shown[0].word in ENDED
        if done:
            # How it ended is not what this API says (G2).
            return SUCCESS
    return WAITING


def _idle(state: _State, streak: int) -> int:
    if state.running:
        return 0
    # "Not started" is heeded before the first idle reply only (G11, G14).
    return streak if state.not_started and streak == 0 else streak + 1


def _own(look: Look, *, only_running: bool) -> Iterator[Shown]:
    """Take the job's snapshot of each target; asked for running ones, targets show no ended ones (G12)."""
    for shown in look.values():
        own = [each for each in shown or () if each.own]
        if own and not (only_running and own[0].word in ENDED):
            yield own[0]


def _knew(look: Look) -> bool:
    return any(each.own and each.word in ENDED for shown in look.values() for each in shown or ())


def _aggregate(shown: list[Shown]) -> _State:
    if any(each.word == ABORTED for each in shown):
        return _State(aborted=True)
    working = [each for each in shown if each.word != NOT_STARTED and not _is_idle(each)]
    waiting = [each for each in shown if each.word == NOT_STARTED]
    return _State(running=bool(working), not_started=bool(waiting) or not shown)


def _is_idle(shown: Shown) -> bool:
    return shown.word == IDLE or (shown.word in ENDED and shown.flagged)


def _wait_for_status(case: Case) -> Verdict:
    for said in (*case.statuses, *case.statuses[-1:] * SETTLING):
        if said is None:
            return FATAL
        if said.over:
            return SUCCESS
    return WAITING
