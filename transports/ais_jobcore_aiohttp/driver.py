"""Run an operation: obey its decisions, and decide nothing."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final, TypeVar, assert_never, cast

from ais_jobcore.decisions import Abort, Continue, Done
from ais_jobcore.text import LOGGER_NAME

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from ais_jobcore.drivers.logs import Narrator
    from ais_jobcore.drivers.protocols import AsyncTransport
    from ais_jobcore.machines.protocols import Operation

T = TypeVar("T")

logger: Final = logging.getLogger(LOGGER_NAME)
logger.addHandler(logging.NullHandler())


async def run(
    operation: Operation[T],
    transport: AsyncTransport,
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
        sleep: takes seconds, and is awaited; with 0 it lets others go first.

    Raises:
        JobCoreError: what the operation says has to be raised.
    """
    decision = operation.start(clock())
    while True:
        line = narrator.tell(decision)
        logger.log(line.level, "%s", line.text, extra=line.fields)
        match decision:
            case Continue(delay=delay, request=request):
                await sleep(delay)
                decision = operation.handle(await transport.send(request), clock())
            case Done(result=result):
                return result
            case Abort(result=result, error=error):
                if error is not None:
                    raise error
                return cast("T", result)
            case _:
                assert_never(decision)
