"""The loop of every driver: sleep, send, hand in what came of it, until it is over."""

# ruff: noqa: ANN401 - both loops go by one name here

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from ais_jobcore import Abort, Continue, Done, Fault, FaultKind, JobInfoNotFound, Reply, drive, drive_async
from ais_jobcore.queries import ask_status

if TYPE_CHECKING:
    from collections.abc import Callable

ASKS = [ask_status(name) for name in "ab"]
EVENTS = [Reply(200), Fault(FaultKind.DNS, "x")]


class Told:
    """An operation that decides what it is told to, and a world of which each call is noted."""

    def __init__(self, *decisions: Any) -> None:
        self._decisions = iter(decisions)
        self._events = iter(EVENTS)
        self.calls: list[Any] = []
        self.now = 5.0

    def start(self, now: float) -> Any:
        """Decide for the first time."""
        self.calls.append(("start", now))
        return next(self._decisions)

    def handle(self, event: Any, now: float) -> Any:
        """Decide again."""
        self.calls.append((event, now))
        return next(self._decisions)

    def clock(self) -> float:
        """Tell the time."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.calls.append(("sleep", seconds))
        self.now += seconds

    def send(self, request: Any) -> Any:
        """Answer, after a second."""
        self.calls.append(("send", request))
        self.now += 1.0
        return next(self._events)


def sync(told: Told, **settings: Any) -> Any:
    """Drive it."""
    return drive(told, told.send, clock=told.clock, sleep=told.sleep, **settings)


def asynchronous(told: Told, **settings: Any) -> Any:
    """Drive it, and await what can be awaited."""

    async def sleep(seconds: float) -> None:
        told.sleep(seconds)

    async def send(request: Any) -> Any:
        return told.send(request)

    return asyncio.run(drive_async(told, send, clock=told.clock, sleep=sleep, **settings))


both = pytest.mark.parametrize("run", [sync, asynchronous])


@both
def test_decisions_are_obeyed(run: Callable[..., Any]) -> None:
    """Sleep, send, and hand in what came with the time at which it came."""
    told = Told(Continue(2.0, ASKS[0], ""), Continue(0.5, ASKS[1], ""), Done("end", ""))
    assert "end" == run(told)
    first, second = (("send", ask) for ask in ASKS)
    assert told.calls == [
        *(("start", 5.0), ("sleep", 2.0), first, (EVENTS[0], 8.0)),
        *(("sleep", 0.5), second, (EVENTS[1], 9.5)),
    ]


@both
def test_every_decision_is_told(run: Callable[..., Any]) -> None:
    """A listener hears of each decision before it is obeyed, the last one included."""
    decisions = [Continue(0.0, ASKS[0], ""), Done("end", "")]
    heard: list[Any] = []
    told = Told(*decisions)
    run(told, on_decision=lambda each: heard.append((each, len(told.calls))))
    assert decisions == [each for each, _ in heard]
    assert [1, len(told.calls)] == [calls for _, calls in heard]


@both
def test_result_of_an_abort_is_returned_and_its_error_raised(run: Callable[..., Any]) -> None:
    """A job that ended badly is a result; a wait that could not be completed is an error."""
    assert "bad" == run(Told(Abort("bad", None, "")))
    error = JobInfoNotFound("x")
    with pytest.raises(JobInfoNotFound) as caught:
        run(Told(Abort(None, error, "")))
    assert error is caught.value


@pytest.mark.parametrize(("run", "slept"), [(sync, []), (asynchronous, [0.0])])
def test_no_delay(run: Callable[..., Any], slept: list[float]) -> None:
    """A thread does not sleep for 0 seconds; a task gives way to others."""
    told = Told(Continue(0.0, ASKS[0], ""), Done("end", ""))
    run(told)
    assert slept == [call[1] for call in told.calls if call[0] == "sleep"]


@both
def test_what_sending_raises_is_raised(run: Callable[..., Any]) -> None:
    """An exception of the function that sends ends the loop as it is."""
    told = Told(Continue(0.0, ASKS[0], ""), Done("end", ""))
    told._events = iter(())
    with pytest.raises((StopIteration, RuntimeError)):
        run(told)
