"""
What tests of a wait are written in: scripts of what is asked and what comes back.

A script is checked while it runs: whoever uses one also tests that nothing is asked after the deadline,
that no request outlives it by more than 3 s, and that a request for one job never names a kind.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from attrs import define, evolve, field, fields

from ais_jobcore import (
    Abort,
    AggregatedJobSnap,
    Continue,
    Done,
    Fault,
    FaultKind,
    JobCoreError,
    JobStatus,
    JobWait,
    NotFound,
    Outcome,
    Reply,
    Request,
    WaitResult,
)
from ais_jobcore.rules.state import WaitState
from tests.builders import RUNNING, seen

if TYPE_CHECKING:
    from collections.abc import Callable

Event: TypeAlias = Reply | Fault | AggregatedJobSnap | JobStatus | NotFound
Answer: TypeAlias = Event | tuple[float, Event]
"""What comes back, at once or after some seconds."""
E = TypeVar("E", bound=JobCoreError)

STATUS, SNAPS, ACTIVE = "status", "snapshots", "active"
"""What a wait may ask: the proxies, the targets, or the targets for all active jobs of a kind."""


def question(request: Request) -> str:
    """Say in one word what a request asks."""
    body = request.json or {}
    if request.query == {"what": "status"}:
        return STATUS
    assert request.query == {"what": "qryxstats"}
    return SNAPS if "id" in body else ACTIVE


@define
class Told:
    """
    Hold what came of a script.

    Attributes:
        wait: the machine.
        now: the moment of the last answer.
        asked: the questions, each with the moment of sending.
        requests: the requests themselves.
        decisions: every decision.
    """

    wait: JobWait
    now: float
    asked: list[tuple[str, float]] = field(factory=list[tuple[str, float]])
    requests: list[Request] = field(factory=list[Request])
    decisions: list[Continue | Done[WaitResult] | Abort[WaitResult]] = field(factory=list)

    @property
    def decision(self) -> Continue | Done[WaitResult] | Abort[WaitResult]:
        """The last decision."""
        return self.decisions[-1]

    @property
    def questions(self) -> list[str]:
        """The questions without their moments."""
        return [asked for asked, _ in self.asked]

    @property
    def moments(self) -> list[float]:
        """The moments of sending."""
        return [at for _, at in self.asked]

    @property
    def pending(self) -> Continue:
        """The last decision, which is not the end."""
        assert isinstance(self.decision, Continue), self.decision
        return self.decision

    def succeeded(self, outcome: Outcome | None) -> WaitResult:
        """Check that it is over and well, and return the result."""
        assert isinstance(self.decision, Done), self.decision
        result = self.decision.result
        assert (outcome, True, None) == (result.outcome, result.success, result.error)
        return result

    def failed(self, outcome: Outcome) -> WaitResult:
        """Check that the job ended badly, and return the result."""
        assert isinstance(self.decision, Abort), self.decision
        assert self.decision.error is None
        result = self.decision.result
        assert result is not None
        assert (outcome, False) == (result.outcome, result.success)
        assert result.error
        return result

    def raised(self, kind: type[E]) -> E:
        """Check that the wait could not be completed, and return the error."""
        assert isinstance(self.decision, Abort), self.decision
        assert self.decision.result is None
        assert type(self.decision.error) is kind
        return self.decision.error


def tell(wait: JobWait, *lines: tuple[str, Answer], at: float = 0.0) -> Told:
    """
    Start a wait and answer by a script; each line is what has to be asked, and what comes back.

    The script may stop before the wait is over, but not go on after it.
    """
    told = _begin(wait, at)
    for asked, answer in lines:
        _exchange(told, lambda question, _, asked=asked, answer=answer: (_expect(asked, question), answer)[1])
    return told


def live(
    wait: JobWait, answers: Callable[[str, float], Answer], *, at: float = 0.0, limit: int = 5000
) -> Told:
    """Start a wait and answer by a function of question and moment (in seconds from the start) to the end."""
    told = _begin(wait, at)
    while isinstance(told.decision, Continue):
        assert len(told.asked) < limit, told.decision
        _exchange(told, lambda question, moment: answers(question, moment - at))
    return told


def working(asked: str, _: float) -> Answer:
    """Answer for a job that never ends."""
    return RUNNING if asked == STATUS else seen("dsort", t1="running")


def _begin(wait: JobWait, at: float) -> Told:
    told = Told(wait, at)
    told.decisions.append(wait.start(at))
    return told


def _expect(expected: str, actual: str) -> None:
    assert expected == actual


def _exchange(told: Told, answers: Callable[[str, float], Answer]) -> None:
    decision = told.pending
    _check(told.wait, decision)
    told.now += decision.delay
    asked = question(decision.request)
    told.asked.append((asked, told.now))
    told.requests.append(decision.request)
    took, event = arrival(answers(asked, told.now), decision.request)
    told.now += took
    told.decisions.append(told.wait.handle(event, told.now))


def arrival(answer: Answer, request: Request) -> tuple[float, Event]:
    """Say after how many seconds an answer comes, and what comes: nothing that takes longer than it may."""
    took, event = answer if isinstance(answer, tuple) else (0.0, answer)
    if took > request.timeout:
        return request.timeout, Fault(FaultKind.TIMEOUT, "no answer in time")
    return took, event


def _check(wait: JobWait, decision: Continue) -> None:
    """Check what holds for every request of every wait."""
    state, request = wait.state, decision.request
    assert decision.delay >= 0
    assert decision.reason
    assert decision.reason.isprintable()
    assert 0 < request.timeout <= state.question.options.request_timeout
    if question(request) == ACTIVE:
        assert not state.job_id
    else:
        assert {"id": state.job_id} == request.json
    if state.question.timeout is not None:
        assert state.due <= state.question.timeout
        assert state.due + request.timeout <= state.question.timeout + 3.0 + 1e-9


def altered(state: WaitState, **changes: Any) -> WaitState:  # noqa: ANN401 - fields of several types
    """Change fields of a state, whichever part of it they are in."""
    parts = {name: changes.pop(name, getattr(state, name)) for name in ("question", "known", "faults")}
    own = {each.name for each in fields(WaitState)}
    for name, part in parts.items():
        there = {each.name for each in fields(type(part))} - own
        parts[name] = evolve(part, **{each: changes.pop(each) for each in there & changes.keys()})
    return evolve(state, **(parts | changes))
