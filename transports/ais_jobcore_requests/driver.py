"""Run an operation: obey its decisions, and decide nothing."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final, TypeVar

from ais_jobcore.drivers.loop import drive
from ais_jobcore.errors import TransportFault
from ais_jobcore.text import LOGGER_NAME

from .errors import documented

if TYPE_CHECKING:
    from collections.abc import Callable

    from ais_jobcore.decisions import Decision
    from ais_jobcore.drivers.logs import Narrator
    from ais_jobcore.drivers.protocols import Sender
    from ais_jobcore.machines.protocols import Operation

T = TypeVar("T")

logger: Final = logging.getLogger(LOGGER_NAME)
logger.addHandler(logging.NullHandler())


def run(
    operation: Operation[T],
    transport: Sender,
    narrator: Narrator,
    *,
    clock: Callable[[], float],
    sleep: Callable[[float], object],
) -> T:
    """
    Run an operation to its end, and return its result.

    Args:
        operation: what decides.
        transport: what its requests are sent through.
        narrator: what puts its decisions into words, which are logged.
        clock: gives monotonic seconds.
        sleep: takes seconds, above 0.

    Raises:
        JobCoreError: what the operation ends with; a ``TransportFault`` is an exception of requests, too.
    """

    def log(decision: Decision[T]) -> None:
        line = narrator.tell(decision)
        logger.log(line.level, "%s", line.text, extra=line.fields)

    try:
        return drive(operation, transport.send, clock=clock, sleep=sleep, on_decision=log)
    except TransportFault as fault:
        raise documented(fault) from fault.__cause__
