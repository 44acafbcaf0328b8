"""Run an operation: obey its decisions, and decide nothing."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final, TypeVar, assert_never, cast

from ais_jobcore.decisions import Abort, Continue, Done
from ais_jobcore.text import LOGGER_NAME

from .errors import documented

if TYPE_CHECKING:
    from collections.abc import Callable

    from ais_jobcore.drivers.logs import Narrator
    from ais_jobcore.drivers.protocols import Transport
    from ais_jobcore.machines.protocols import Operation

T = TypeVar("T")

logger: Final = logging.getLogger(LOGGER_NAME)
logger.addHandler(logging.NullHandler())


def run(
    operation: Operation[T],
    transport: Transport,
    narrator: Narrator,
    *,
    clock: Callable[[], float],
    sleep: Callable[[float], object],
) -> T:
    """
    Run an operation to its end, and return what it has for a result.

    Args:
        operation: what decides.
        transport: what its requests are sent through.
        narrator: what puts its decisions into words, which are logged.
        clock: gives monotonic seconds.
        sleep: takes seconds.

    Raises:
        JobCoreError: what the operation says has to be raised.
    """
    decision = operation.start(clock())
    while True:
        line = narrator.tell(decision)
        logger.log(line.level, "%s", line.text, extra=line.fields)
        match decision:
            case Continue(delay=delay, request=request):
                if delay > 0:
                    sleep(delay)
                decision = operation.handle(transport.send(request), clock())
            case Done(result=result):
                return result
            case Abort(result=result, error=error):
                if error is not None:
                    raise documented(error)
                return cast("T", result)
            case _:
                assert_never(decision)
