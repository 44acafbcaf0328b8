"""Run an operation: obey its decisions, and decide nothing."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final, TypeVar

from ais_jobcore.drivers.loop import drive_async
from ais_jobcore.text import LOGGER_NAME

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from ais_jobcore.decisions import Decision
    from ais_jobcore.drivers.logs import Narrator
    from ais_jobcore.drivers.protocols import AsyncSender
    from ais_jobcore.machines.protocols import Operation

T = TypeVar("T")

logger: Final = logging.getLogger(LOGGER_NAME)
logger.addHandler(logging.NullHandler())


async def run(
    operation: Operation[T],
    transport: AsyncSender,
    narrator: Narrator,
    *,
    clock: Callable[[], float],
    sleep: Callable[[float], Awaitable[object]],
) -> T:
    """
    Run an operation to its end, and return its result. Cancelling leaves nothing behind.

    Args:
        operation: what decides.
        transport: what its requests are sent through.
        narrator: what puts its decisions into words, which are logged.
        clock: gives monotonic seconds.
        sleep: takes seconds, and is awaited; with 0 it lets other tasks go first.

    Raises:
        JobCoreError: what the operation ends with.
    """

    def log(decision: Decision[T]) -> None:
        line = narrator.tell(decision)
        logger.log(line.level, "%s", line.text, extra=line.fields)

    return await drive_async(operation, transport.send, clock=clock, sleep=sleep, on_decision=log)
