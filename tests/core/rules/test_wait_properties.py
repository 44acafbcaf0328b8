"""What holds for every wait, whatever comes: the laws, on lives that nobody thought of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from ais_jobcore import (
    Abort,
    AggregatedJobSnap,
    Continue,
    Done,
    JobCoreError,
    JobStatus,
    JobWait,
    Outcome,
    Reply,
    TargetState,
    Until,
    WaitResult,
)
from ais_jobcore.rules.state import Phase
from tests.core.lives import Step, make, waits_and_courses
from tests.core.scripts import STATUS, Event, _check, question

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

    from ais_jobcore.decisions import Decision

TRIES = 2 * settings().max_examples
"""Examples for what says most about the rules."""


def moments(wait: JobWait, course: list[Step]) -> Iterator[tuple[Event, float]]:
    """Pair what comes with the moment at which it does, as long as the wait goes on."""
    now = 0.0
    for step in course:
        if not isinstance(wait.decision, Continue):
            return
        now += wait.decision.delay * step.part + step.took
        yield step.event, now


def decisions(wait: JobWait, course: list[Step]) -> list[Decision[WaitResult]]:
    """Run a wait through a course of events and return every decision."""
    taken = [wait.start(0.0)]
    taken += [wait.handle(event, now) for event, now in moments(wait, course)]
    return taken


@settings(max_examples=TRIES)
@given(waits_and_courses())
def test_one_input_one_decision(drawn: tuple[dict[str, object], list[Step]]) -> None:
    """
    Every input gives one decision with a reason, and nothing that comes makes a wait fail in another way.

    No request is due after the deadline, none outlives it by more than 3 s, no delay is negative, and
    the phase after every decision tells whether it is the end.
    """
    arguments, course = drawn
    wait = make(arguments)
    for decision in decisions(wait, course):
        match decision:
            case Continue():
                assert decision.delay >= 0
            case Done(result=result):
                assert result.success
                assert result.error is None
                assert result.outcome in {Outcome.FINISHED, Outcome.IDLE, None}
            case Abort(result=result, error=error):
                assert (result is None) != (error is None)
                assert result is None or (not result.success and result.error)
                assert error is None or isinstance(error, JobCoreError)
        assert decision.reason
    assert (wait.state.phase is Phase.OVER) == (not isinstance(wait.decision, Continue))


@given(waits_and_courses())
def test_every_request_is_in_bounds(drawn: tuple[dict[str, object], list[Step]]) -> None:
    """After every input the pending request is one that may be sent."""
    arguments, course = drawn
    wait = make(arguments)
    wait.start(0.0)
    for event, now in moments(wait, course):
        decision = wait.handle(event, now)
        if isinstance(decision, Continue):
            _check(wait, decision)
            assert wait.state.job_id != "dnl-1" or question(decision.request) == STATUS
            assert decision == wait.decision
            assert decision.request == wait.state.pending
            assert wait.explain(now).isprintable()


@settings(max_examples=TRIES)
@given(waits_and_courses())
def test_no_success_without_evidence(drawn: tuple[dict[str, object], list[Step]]) -> None:
    """
    A success has no error text anywhere, and every target ever seen is finished, idle, or said to be over.

    What came is told apart here without the help of the rules.
    """
    arguments, course = drawn
    wait = make(arguments)
    wait.start(0.0)
    heard: list[tuple[Event, str]] = []
    for event, now in moments(wait, course):
        heard.append((event, wait.state.job_id))
        wait.handle(event, now)
    if not isinstance(wait.decision, Done) or arguments["until"] in {Until.STARTED, Until.NOT_RUNNING}:
        return
    job_id = wait.state.job_id
    last: dict[str, list[TargetState]] = {}
    for event, known in heard:
        if isinstance(event, AggregatedJobSnap) and known:
            for target, snaps in event.root.items():
                shown = [snap for snap in snaps if snap.id == job_id]
                assert not any(snap.error for snap in shown)
                if shown:
                    last.setdefault(target, []).append(
                        max(shown, key=lambda snap: snap.start_time_ns or 0).state
                    )
    said = [event for event, _ in heard if isinstance(event, JobStatus) and event.uuid in {"", job_id}]
    # The proxies are not believed about kinds that have no status; downloads have nothing else.
    believed = [each for each in said if each.kind != "load-lom-cache" or job_id.startswith("dnl-")]
    over = wait.state.known.status is not None and wait.state.known.status.over
    assert not over or any(each.over and not each.failed for each in believed)
    for states in last.values():
        assert over or TargetState.FINISHED in states or states[-1] is TargetState.IDLE
    assert last or over


@given(waits_and_courses())
def test_same_inputs_same_decisions(drawn: tuple[dict[str, object], list[Step]]) -> None:
    """Nothing but the inputs decides."""
    arguments, course = drawn
    assert decisions(make(arguments), course) == decisions(make(arguments), course)


@given(waits_and_courses(), st.randoms(use_true_random=False))
def test_order_in_a_reply_does_not_matter(
    drawn: tuple[dict[str, object], list[Step]], random: Random
) -> None:
    """Permuting targets and snapshots in a reply changes nothing (R4, G9)."""
    arguments, course = drawn

    def permuted(event: Event) -> Event:
        if not isinstance(event, AggregatedJobSnap):
            return event
        root = [(target, random.sample(snaps, len(snaps))) for target, snaps in event.root.items()]
        return AggregatedJobSnap(dict(random.sample(root, len(root))))

    other = [evolve(step, event=permuted(step.event)) for step in course]
    one, two = make(arguments), make(arguments)
    left, right = decisions(one, course), decisions(two, other)
    assert [in_order(each) for each in left] == [in_order(each) for each in right]
    assert one.state == two.state


def in_order(decision: Decision[WaitResult]) -> Decision[WaitResult]:
    """Put the snapshots that a result hands on, as they came, in order."""
    if isinstance(decision, Continue) or decision.result is None or decision.result.snapshots is None:
        return decision
    root = {target: sorted(snaps, key=repr) for target, snaps in decision.result.snapshots.root.items()}
    ordered = evolve(decision.result.snapshots, root=root)
    return evolve(decision, result=evolve(decision.result, snapshots=ordered))


@given(waits_and_courses(12))
def test_saved_and_loaded_at_every_step(drawn: tuple[dict[str, object], list[Step]]) -> None:
    """A wait that is saved and loaded after every input goes the way of one that is not."""
    arguments, course = drawn
    wait, other = make(arguments), JobWait.load(make(arguments).save(), 0.0)
    assert wait.start(0.0) == other.start(0.0)
    for event, now in moments(wait, course):
        other = JobWait.load(other.save(), other.state.now)
        assert wait.handle(event, now) == other.handle(event, now)
        assert wait.state == other.state
    assert JobWait.load(other.save(), other.state.now).decision == wait.decision


@given(waits_and_courses(), st.lists(st.booleans(), min_size=25, max_size=25), st.floats(0, 1e6))
def test_time_does_not_go_back(
    drawn: tuple[dict[str, object], list[Step]], back: list[bool], far: float
) -> None:
    """A moment before the last one counts as the last one."""
    arguments, course = drawn
    one, two = make(arguments), make(arguments)
    assert one.start(0.0) == two.start(0.0)
    latest = 0.0
    for (event, now), goes_back in zip(moments(one, course), back, strict=False):
        earlier = latest - far if goes_back else now
        latest = max(latest, earlier)
        assert one.handle(event, latest) == two.handle(event, earlier)
    assert one.state == two.state


@given(waits_and_courses())
def test_nothing_after_the_end(drawn: tuple[dict[str, object], list[Step]]) -> None:
    """Once it is over, everything is a ``RuntimeError``, and nothing changes."""
    arguments, course = drawn
    wait = make(arguments)
    decisions(wait, course)
    if isinstance(wait.decision, Continue):
        return
    kept = wait.state, wait.decision
    for step in [*course, Step(Reply(200), 0.0)]:
        with pytest.raises(RuntimeError):
            wait.handle(step.event, 1e9)
    with pytest.raises(RuntimeError):
        wait.start(1e9)
    assert kept == (wait.state, wait.decision)


@given(waits_and_courses())
def test_errors_and_targets_are_never_forgotten(drawn: tuple[dict[str, object], list[Step]]) -> None:
    """Targets seen once are known to the end, an error text too, and a loss is a loss."""
    arguments, course = drawn
    wait = make(arguments)
    wait.start(0.0)
    for event, now in moments(wait, course):
        before = {view.target: view for view in wait.state.targets}
        wait.handle(event, now)
        after = {view.target: view for view in wait.state.targets}
        for target, view in before.items():
            assert target in after
            assert after[target].error or not view.error
            assert after[target].seen_unfinished or not view.seen_unfinished
            assert view.state is not TargetState.LOST or after[target].state is TargetState.LOST
