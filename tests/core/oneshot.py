"""One-shot operations, and how tests run them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest

from ais_jobcore import Abort, Continue, Done
from ais_jobcore.machines import operations
from tests.builders import JOB, NOON

if TYPE_CHECKING:
    from collections.abc import Callable

    from ais_jobcore.machines.operations import Call
    from ais_jobcore.machines.protocols import Event


def run(call: Call[Any], *events: Event) -> list[Continue | Done[Any] | Abort[Any]]:
    """Feed events to an operation until it ends, and list what it decided."""
    decisions: list[Continue | Done[Any] | Abort[Any]] = [call.start(0.0)]
    for number, event in enumerate(events, 1):
        decisions.append(call.handle(event, float(number)))
    return decisions


def result(call: Call[Any], *events: Event) -> object:
    """Return what an operation that succeeds answers."""
    last = run(call, *events)[-1]
    assert isinstance(last, Done)
    return last.result


def error(call: Call[Any], *events: Event) -> Exception:
    """Return the error of an operation that fails."""
    last = run(call, *events)[-1]
    assert isinstance(last, Abort)
    assert last.result is None
    assert last.error is not None
    assert last.reason
    return last.error


QUESTIONS: Final[dict[str, Callable[[], Call[Any]]]] = {
    "status": lambda: operations.status(JOB),
    "details": lambda: operations.details(JOB),
    "details of a kind": lambda: operations.details(kind="lru"),
    "within_timeframe": lambda: operations.within_timeframe(JOB, "", NOON),
    "total_time": lambda: operations.total_time(JOB, ""),
}
HARMLESS: Final[dict[str, Callable[[], Call[Any]]]] = {**QUESTIONS, "stop": lambda: operations.stop(JOB)}
ALL: Final[dict[str, Callable[[], Call[Any]]]] = {**HARMLESS, "start": lambda: operations.start("lru")}

every_operation = pytest.mark.parametrize("make", ALL.values(), ids=list(ALL))
every_harmless_operation = pytest.mark.parametrize("make", HARMLESS.values(), ids=list(HARMLESS))
