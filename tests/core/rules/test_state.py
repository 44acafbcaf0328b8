"""The state of a wait, and the table of its moves."""

from __future__ import annotations

import pytest
from attrs import fields
from attrs.exceptions import FrozenInstanceError

from ais_jobcore import Continue, JobWait
from ais_jobcore.rules.state import Phase, Signal, Source, WaitState
from ais_jobcore.rules.table import TRANSITIONS
from tests.builders import JOB, OVER, REFUSED, RUNNING, UNKNOWN, seen, status
from tests.core.scripts import SNAPS, STATUS, Answer, altered, tell


def test_every_phase_is_in_the_table() -> None:
    """The table has a row for each phase, and the end has no moves."""
    assert set(Phase) == set(TRANSITIONS)
    assert {} == TRANSITIONS[Phase.OVER]


def test_every_signal_is_in_the_table() -> None:
    """No signal is without a use."""
    assert set(Signal) == {signal for moves in TRANSITIONS.values() for signal in moves}


@pytest.mark.parametrize("phase", set(Phase) - {Phase.OVER}, ids=lambda phase: phase.name)
def test_every_phase_leads_to_the_end(phase: Phase) -> None:
    """From every phase the end can be reached, and every phase from a beginning."""
    assert Phase.OVER in reached(phase)
    assert phase in reached(Phase.FIND) | {Phase.FIND}


def reached(phase: Phase) -> set[Phase]:
    """Follow the table from a phase."""
    found: set[Phase] = set()
    new = {phase}
    while new:
        new = {after for before in new for after in TRANSITIONS[before].values()} - found
        found |= new
    return found


@pytest.mark.parametrize("phase", set(Phase) - {Phase.OVER, Phase.REPORT}, ids=lambda phase: phase.name)
def test_faults_change_no_phase(phase: Phase) -> None:
    """A fault moves nothing but the moment of the next request, unless it is the last."""
    moves = TRANSITIONS[phase]
    assert (phase, phase, Phase.OVER) == (
        moves[Signal.FAULT],
        moves[Signal.TOKEN],
        moves[Signal.FATAL],
    )


FAILED = status("no space", end=1)
WALKS: list[tuple[str, list[tuple[str, Answer]], Phase]] = [
    ("copy-bck", [], Phase.WATCH),
    ("copy-bck", [(STATUS, RUNNING)], Phase.WATCH),
    ("copy-bck", [(STATUS, UNKNOWN)], Phase.SEEK),
    ("copy-bck", [(STATUS, UNKNOWN), (SNAPS, REFUSED)], Phase.SEEK),
    ("copy-bck", [(STATUS, UNKNOWN), (SNAPS, UNKNOWN)], Phase.SEEK),
    ("copy-bck", [(STATUS, UNKNOWN), (SNAPS, seen(t1="running"))], Phase.WATCH),
    ("archive", [(SNAPS, seen("archive", t1="idle"))], Phase.CONFIRM),
    ("archive", [(SNAPS, seen("archive", t1="idle")), (SNAPS, REFUSED)], Phase.CONFIRM),
    ("archive", [(SNAPS, seen("archive", t1="idle")), (SNAPS, seen("archive", t1="running"))], Phase.WATCH),
    (
        "archive",
        [(SNAPS, seen("archive", t1="idle", t2="idle")), (SNAPS, seen("archive", t1="idle"))],
        Phase.CONFIRM,
    ),
    ("copy-bck", [(STATUS, OVER)], Phase.DETAIL),
    ("copy-bck", [(STATUS, OVER), (SNAPS, REFUSED)], Phase.DETAIL),
    ("copy-bck", [(STATUS, OVER), (SNAPS, OVER)], Phase.DETAIL),
    ("copy-bck", [(STATUS, OVER), (SNAPS, RUNNING)], Phase.DISPUTE),
    ("copy-bck", [(STATUS, OVER), (SNAPS, status(kind="archive"))], Phase.DISPUTE),
    ("copy-bck", [(STATUS, OVER), (SNAPS, seen(t1="running"))], Phase.DISPUTE),
    ("copy-bck", [(STATUS, OVER), (SNAPS, seen(t1="running")), (SNAPS, OVER)], Phase.DISPUTE),
    ("copy-bck", [(STATUS, OVER), (SNAPS, seen(t1="running")), (SNAPS, FAILED)], Phase.REPORT),
    ("copy-bck", [(STATUS, FAILED)], Phase.REPORT),
    ("copy-bck", [(STATUS, FAILED), (SNAPS, REFUSED)], Phase.OVER),
]


@pytest.mark.parametrize(("kind", "lines", "phase"), WALKS)
def test_where_a_wait_is(kind: str, lines: list[tuple[str, Answer]], phase: Phase) -> None:
    """The phase says what the last answers came to."""
    assert phase is tell(JobWait(JOB, kind), *lines).wait.state.phase


def test_table_cannot_be_changed() -> None:
    """The rules are fixed."""
    with pytest.raises(TypeError):
        TRANSITIONS[Phase.OVER] = {}


def test_state_is_a_value() -> None:
    """It can be compared, printed and kept; nobody can change it."""
    one, other = tell(JobWait(JOB, "lru"), (STATUS, RUNNING)), tell(JobWait(JOB, "lru"), (STATUS, RUNNING))
    assert one.wait.state == other.wait.state
    assert JOB in repr(one.wait.state)
    with pytest.raises(FrozenInstanceError):
        one.wait.state.now = 5.0
    kept = one.wait.state
    one.wait.handle(RUNNING, one.now + 1.0)
    assert kept == other.wait.state != one.wait.state


def test_asked_is_whom_the_pending_request_asks() -> None:
    """Before the start nobody was asked for a status."""
    wait = JobWait(JOB, "copy-bck")
    assert Source.SNAPSHOTS is wait.state.asked
    wait.start(0.0)
    assert Source.STATUS is wait.state.asked
    wait.handle(UNKNOWN, 0.0)
    assert Source.SNAPSHOTS is wait.state.asked


def test_seen() -> None:
    """A job was seen once a target showed it, or the proxies told of it."""
    fresh: WaitState = JobWait(JOB).state
    assert not fresh.seen
    assert altered(fresh, status=RUNNING).seen
    assert tell(JobWait(JOB), (SNAPS, seen(t1="running"))).wait.state.seen


def test_state_has_two_parts() -> None:
    """A step replaces at most ten fields; the question stays the same value to the end."""
    changing = {each.name for each in fields(WaitState)} - {"question"}
    assert len(changing) <= 10
    wait = JobWait(JOB, "copy-bck")
    wait.start(5.0)
    question = wait.state.question
    for answer in (RUNNING, REFUSED, UNKNOWN, seen(t1="running"), OVER, seen(t1="finished")):
        if isinstance(wait.decision, Continue):
            wait.handle(answer, 6.0)
        assert question is wait.state.question
