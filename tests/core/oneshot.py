"""One-shot operations, and how tests run them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import pytest

from ais_jobcore import Abort, Continue, Done, Fault, FaultKind, Reply
from ais_jobcore.machines import operations

if TYPE_CHECKING:
    from collections.abc import Callable

    from ais_jobcore.events import Event
    from ais_jobcore.machines.operations import Call

ID: Final = "x3CgTG-3v"
START: Final = datetime(2026, 8, 21, 10, 0, 0, tzinfo=UTC)
UNSAID: Final = Fault(FaultKind.CONNECTION, "refused")


def snapshot(job_id: str = ID, **fields: object) -> dict[str, object]:
    """Make a snapshot as a cluster sends it."""
    return {
        "id": job_id,
        "kind": "lru",
        "start-time": "2026-08-21T10:00:00.123456789Z",
        "end-time": "0001-01-01T00:00:00Z",
        "abort-err": "",
        "err": "",
        "aborted": False,
        "is_idle": False,
        **fields,
    }


def reply(document: object, status: int = 200) -> Reply:
    """Make a reply of a JSON document."""
    return Reply(status, json.dumps(document).encode())


def refusal(status: int, message: str = "no", tcode: str = "") -> Reply:
    """Make a reply with AIStore's own error document."""
    return reply({"message": message, "tcode": tcode, "status": status, "url_path": "/v1/cluster"}, status)


NOT_FOUND: Final = refusal(404, '"x-[nosuchjob]" not found')


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
    "status": lambda: operations.status(ID),
    "details": lambda: operations.details(ID),
    "details of a kind": lambda: operations.details(kind="lru"),
    "within_timeframe": lambda: operations.within_timeframe(ID, "", START),
    "total_time": lambda: operations.total_time(ID, ""),
}
HARMLESS: Final[dict[str, Callable[[], Call[Any]]]] = {**QUESTIONS, "stop": lambda: operations.stop(ID)}
ALL: Final[dict[str, Callable[[], Call[Any]]]] = {**HARMLESS, "start": lambda: operations.start("lru")}

every_operation = pytest.mark.parametrize("make", ALL.values(), ids=list(ALL))
every_harmless_operation = pytest.mark.parametrize("make", HARMLESS.values(), ids=list(HARMLESS))
