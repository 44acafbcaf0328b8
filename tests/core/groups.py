"""
What tests of many waits are written in: scripts for a group, and a cluster that is a table.

What is played is checked on the way: no request is sent too late or may outlive the deadline of a job that it
is sent for by more than 3 s, and every reason is printable.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias

from attrs import define, field

from ais_jobcore import (
    Continue,
    Done,
    GroupWait,
    JobCoreError,
    JobWait,
    Request,
    WaitOptions,
    WaitResult,
)
from tests.core.scripts import Answer, arrival

if TYPE_CHECKING:
    from ais_jobcore.decisions import Decision
    from ais_jobcore.machines.group import Ending

Answers: TypeAlias = Callable[[str, float], Answer]
"""What comes back, by question and moment."""

STATUSES, NAMES = "statuses", "names"
WHATS = {"status_all": STATUSES, "running_all": NAMES}


def question(request: Request) -> str:
    """Say what a request asks: for a list, as in ``list of dsort``, or as in ``status of a``."""
    body = dict(request.json or {})
    what = request.query["what"]
    if what in WHATS:
        assert body == ({"show_active": True} if what == "status_all" else {})
        return WHATS[what]
    if "id" in body:
        assert {"id"} == set(body)
        return f"{'status' if what == 'status' else 'snapshots'} of {body['id']}"
    assert body.pop("show_active") is True
    kind = body.pop("kind")
    assert {} == body
    return f"list of {kind}"


def waits(
    *job_ids: str, kind: str = "copy-bck", timeout: float | None = 300.0, **options: object
) -> list[JobWait]:
    """Make waits for jobs of one kind."""
    return [JobWait(each, kind, timeout, options=WaitOptions(**options)) for each in job_ids]


@define
class Played:
    """
    Hold what came of a group.

    Attributes:
        group: the machine.
        waits: the waits in it.
        now: the moment of the last answer.
        asked: the questions, each with the moment of sending.
        requests: the requests themselves.
        decisions: every decision.
    """

    group: GroupWait
    waits: Sequence[JobWait]
    now: float
    asked: list[tuple[str, float]] = field(factory=list[tuple[str, float]])
    requests: list[Request] = field(factory=list[Request])
    decisions: list[Decision[list[Ending | None]]] = field(factory=list)

    @property
    def questions(self) -> list[str]:
        """The questions without their moments."""
        return [asked for asked, _ in self.asked]

    @property
    def pending(self) -> Continue:
        """The last decision, which is not the end."""
        decision = self.decisions[-1]
        assert isinstance(decision, Continue), decision
        return decision

    @property
    def question(self) -> str:
        """What is to be asked next."""
        return question(self.pending.request)

    @property
    def endings(self) -> list[Ending | None]:
        """What the jobs ended with; the group is over."""
        decision = self.decisions[-1]
        assert isinstance(decision, Done), decision
        assert list(self.group.endings) == decision.result
        return decision.result

    @property
    def outcomes(self) -> list[object]:
        """How each job ended: its outcome, the type of an error, or nothing."""
        return [outcome_of(ending) for ending in self.endings]


def outcome_of(ending: Ending | None) -> object:
    """Say in one word how a job ended."""
    if isinstance(ending, WaitResult):
        assert ending.success is (ending.error is None)
        return ending.outcome
    return None if ending is None else type(ending)


def begin(members: Sequence[JobWait], at: float = 0.0, return_when: str = "all") -> Played:
    """Start a group."""
    played = Played(GroupWait(members, return_when), members, at)
    played.decisions.append(played.group.start(at))
    return played


def script(played: Played, *lines: tuple[str, Answer]) -> Played:
    """Answer by a script; each line is what has to be asked, and what comes back."""
    for asked, answer in lines:
        assert asked == question(played.pending.request)
        exchange(played, lambda *_, answer=answer: answer)
    return played


def play(
    members: Sequence[JobWait],
    answers: Answers | Mapping[str, Answer],
    *,
    at: float = 0.0,
    return_when: str = "all",
    limit: int = 5000,
) -> Played:
    """Start a group and answer to the end, by a function of question and moment, or by a table."""
    played = begin(members, at, return_when)
    if not callable(answers):
        answers = by_table(answers)
    while isinstance(played.decisions[-1], Continue):
        assert len(played.asked) < limit, played.decisions[-1]
        exchange(played, lambda asked, now: answers(asked, now - at))
    return played


def by_table(table: Mapping[str, Answer]) -> Answers:
    """Answer every question always alike."""
    return lambda asked, _: table[asked]


def exchange(played: Played, answers: Answers) -> None:
    """Send what is pending, and hand in what comes back."""
    decision = played.pending
    request = decision.request
    assert decision.delay >= 0
    assert decision.reason.isprintable()
    played.now += decision.delay
    check_time(played, request)
    asked = question(request)
    played.asked.append((asked, played.now))
    played.requests.append(request)
    took, event = arrival(answers(asked, played.now), request)
    played.now += took
    played.decisions.append(played.group.handle(event, played.now))


def check_time(played: Played, request: Request) -> None:
    """Check that a request is sent in time for some job at least, and cannot outlive the deadline by much."""
    states = [wait.state for wait in played.waits if isinstance(wait.decision, Continue)]
    deadlines = [
        state.question.started_at + state.question.timeout
        for state in states
        if state.question.timeout is not None
    ]
    assert 0 < request.timeout <= max(state.question.options.request_timeout for state in states)
    if len(deadlines) == len(states):
        assert played.now + request.timeout <= max(deadlines) + 3.0 + 1e-6


def error_of(ending: Ending | None) -> JobCoreError:
    """Return an ending that is an error."""
    assert isinstance(ending, JobCoreError), ending
    return ending


def result_of(ending: Ending | None) -> WaitResult:
    """Return an ending that is a result."""
    assert isinstance(ending, WaitResult), ending
    return ending
