"""The loop that every driver runs, sync and async: what is sent, slept, told and returned."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from attrs import define, field

from ais_jobcore import (
    Abort,
    Continue,
    Done,
    Fault,
    FaultKind,
    JobInfoNotFound,
    JobWait,
    Outcome,
    Reply,
    TransportFault,
    WaitResult,
    drive,
    drive_async,
)
from ais_jobcore.queries import ask_snapshots, ask_status
from ais_jobcore.testing import SimCluster, SimTransport, VirtualClock

if TYPE_CHECKING:
    from collections.abc import Callable

    from ais_jobcore import Decision, Event, Operation, Request

FIRST, SECOND = ask_status("x3CgTG-3v"), ask_snapshots("x3CgTG-3v")
ANSWER, REFUSED = Reply(200, b"{}"), Fault(FaultKind.CONNECTION, "refused")
WELL = Done("the result", "answered")
BADLY = Abort(WaitResult(job_id="x3CgTG-3v", success=False, outcome=Outcome.LOST), None, "a target is lost")


@define
class Script:
    """An operation that decides what it was told to, and writes down what it was given."""

    decisions: list[Decision[Any]]
    given: list[tuple[Event | None, float]] = field(factory=list)

    def start(self, now: float) -> Decision[Any]:
        """Begin."""
        self.given.append((None, now))
        return self.decisions[0]

    def handle(self, event: Event, now: float) -> Decision[Any]:
        """Take what came."""
        self.given.append((event, now))
        return self.decisions[len(self.given) - 1]


@define
class Driver:
    """What a driver lends to the loop: answers, a clock, and a sleep; and what the loop did with it."""

    clock: VirtualClock = field(factory=lambda: VirtualClock(100.0))
    answers: list[Event] = field(factory=lambda: [ANSWER, REFUSED])
    sent: list[tuple[Request, float]] = field(factory=list)
    slept: list[float] = field(factory=list)
    told: list[Decision[Any]] = field(factory=list)
    refusing: bool = False

    def send(self, request: Request) -> Event:
        """Send, which takes a second."""
        self.sent.append((request, self.clock.now()))
        self.clock.sleep(1.0)
        return self.answers[len(self.sent) - 1]

    def sleep(self, seconds: float) -> None:
        """Sleep."""
        self.slept.append(seconds)
        self.clock.sleep(seconds)

    def hear(self, decision: Decision[Any]) -> None:
        """Be told of a decision."""
        self.told.append(decision)
        if self.refusing:
            raise KeyError(decision.reason)

    def drive(self, operation: Operation[Any]) -> object:
        """Run an operation, synchronously."""
        return drive(operation, self.send, clock=self.clock.now, sleep=self.sleep, on_decision=self.hear)

    def drive_async(self, operation: Operation[Any]) -> object:
        """Run an operation in an event loop."""

        async def send(request: Request) -> Event:
            await asyncio.sleep(0)
            return self.send(request)

        async def sleep(seconds: float) -> None:
            await asyncio.sleep(0)
            self.sleep(seconds)

        return asyncio.run(
            drive_async(operation, send, clock=self.clock.now, sleep=sleep, on_decision=self.hear)
        )


both = pytest.mark.parametrize("run", [Driver.drive, Driver.drive_async], ids=["sync", "async"])


@both
def test_requests_are_sent_and_answers_handed_in(run: Callable[[Driver, Script], object]) -> None:
    """Each request is sent after its delay, and what came of it is handed in at the moment it came."""
    driver, script = Driver(), Script([Continue(0.5, FIRST, "begun"), Continue(2.0, SECOND, "so far"), WELL])
    assert "the result" == run(driver, script)
    assert [(FIRST, 100.5), (SECOND, 103.5)] == driver.sent
    assert [(None, 100.0), (ANSWER, 101.5), (REFUSED, 104.5)] == script.given


@both
def test_only_delays_above_zero_are_slept(run: Callable[[Driver, Script], object]) -> None:
    """Nothing is slept where there is nothing to wait for: no sleep is asked for zero seconds."""
    driver = Driver()
    run(driver, Script([Continue(0.0, FIRST, "begun"), Continue(1e-6, SECOND, "so far"), WELL]))
    assert [1e-6] == driver.slept
    assert [FIRST, SECOND] == [request for request, _ in driver.sent]


@both
def test_every_decision_is_told(run: Callable[[Driver, Script], object]) -> None:
    """In their order, the last one included, be it good or bad."""
    for end in (WELL, BADLY):
        driver = Driver()
        decisions = [Continue(0.0, FIRST, "begun"), Continue(0.0, SECOND, "so far"), end]
        run(driver, Script(decisions))
        assert decisions == driver.told


@both
def test_decision_is_told_before_it_is_obeyed(run: Callable[[Driver, Script], object]) -> None:
    """Whoever raises at a decision ends the run: nothing is slept or sent for it."""
    driver = Driver(refusing=True)
    with pytest.raises(KeyError, match="begun"):
        run(driver, Script([Continue(3.0, FIRST, "begun"), WELL]))
    assert ([], []) == (driver.sent, driver.slept)


@both
def test_operation_that_is_over_at_once(run: Callable[[Driver, Script], object]) -> None:
    """Nothing is sent, the end is told and returned."""
    driver = Driver()
    assert "the result" == run(driver, Script([WELL]))
    assert ([], [WELL]) == (driver.sent, driver.told)


@both
def test_job_that_ended_badly_is_returned(run: Callable[[Driver, Script], object]) -> None:
    """It is a result like any other, and false."""
    assert BADLY.result is run(Driver(), Script([Continue(0.0, FIRST, "begun"), BADLY]))


@both
def test_error_is_raised(run: Callable[[Driver, Script], object]) -> None:
    """What an operation could not complete with is raised, once it was told."""
    driver, error = Driver(), JobInfoNotFound("nobody knows it")
    end = Abort[Any](None, error, "not known to the cluster")
    with pytest.raises(JobInfoNotFound) as raised:
        run(driver, Script([Continue(0.0, FIRST, "begun"), end]))
    assert error is raised.value
    assert end is driver.told[-1]


def test_decisions_need_not_be_told() -> None:
    """Whoever does not listen gets the same result."""
    driver = Driver()
    script = [Continue(0.0, FIRST, "begun"), WELL]
    assert "the result" == drive(Script(script), driver.send, clock=driver.clock.now, sleep=driver.sleep)

    async def send(request: Request) -> Event:
        return driver.send(request)

    async def sleep(_: float) -> None:
        raise AssertionError

    driver = Driver()
    told = asyncio.run(drive_async(Script(script), send, clock=driver.clock.now, sleep=sleep))
    assert "the result" == told


def test_wait_of_a_real_job() -> None:
    """A wait in virtual time comes to its end, and one that nobody answers to its error."""
    cluster, clock = SimCluster(targets=3), VirtualClock()
    job = cluster.add_job("copy-bck", duration=60.0)
    transport = SimTransport(cluster, clock)
    result = drive(JobWait(job.id), transport.send, clock=clock.now, sleep=clock.sleep)
    assert Outcome.FINISHED is result.outcome
    assert 60.0 <= clock.now() < 70.0
    with pytest.raises(TransportFault, match="refused"):
        drive(JobWait(job.id), lambda _: REFUSED, clock=clock.now, sleep=clock.sleep)
