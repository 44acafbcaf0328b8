"""
The loop that every driver runs: sleep, send, hand in what came of it, until it is over.

:func:`drive` takes a function that sends, so an embedder with an HTTP client needs no other part of a driver.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from ..decisions import Decision
    from ..machines.protocols import Event, Operation
    from ..queries import Request

T = TypeVar("T")


def drive(
    operation: Operation[T],
    send: Callable[[Request], Event],
    *,
    clock: Callable[[], float],
    sleep: Callable[[float], object],
    on_decision: Callable[[Decision[T]], object] | None = None,
) -> T:
    """
    Run an operation to its end, and return its result.

    Args:
        operation: what decides. A loaded wait is taken up where it stopped.
        send: sends a request, and returns what came of it; it raises nothing.
        clock: gives monotonic seconds.
        sleep: takes seconds, above 0.
        on_decision: is told of every decision, the last one included.

    Raises:
        JobCoreError: what the operation ends with, where it could not be completed.
    """
    from ..decisions import Continue  # noqa: PLC0415 - loaded with the first machine

    decision = operation.start(clock())
    while True:
        if on_decision is not None:
            on_decision(decision)
        if not isinstance(decision, Continue):
            return decision.unwrap()
        if decision.delay > 0:
            sleep(decision.delay)
        decision = operation.handle(send(decision.request), clock())


async def drive_async(
    operation: Operation[T],
    send: Callable[[Request], Awaitable[Event]],
    *,
    clock: Callable[[], float],
    sleep: Callable[[float], Awaitable[object]],
    on_decision: Callable[[Decision[T]], object] | None = None,
) -> T:
    """
    Run an operation to its end as :func:`drive` does, and await what is sent and slept.

    Args:
        operation: what decides. A loaded wait is taken up where it stopped.
        send: sends a request, and returns what came of it; it raises nothing.
        clock: gives monotonic seconds.
        sleep: takes seconds; with 0 it lets other tasks go first.
        on_decision: is told of every decision, the last one included.

    Raises:
        JobCoreError: what the operation ends with, where it could not be completed.
    """
    from ..decisions import Continue  # noqa: PLC0415 - loaded with the first machine

    decision = operation.start(clock())
    while True:
        if on_decision is not None:
            on_decision(decision)
        if not isinstance(decision, Continue):
            return decision.unwrap()
        await sleep(decision.delay)
        decision = operation.handle(await send(decision.request), clock())
