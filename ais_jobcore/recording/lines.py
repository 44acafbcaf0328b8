"""
The lines of a transcript, as documents: the header, and then inputs with decisions. Pure.

The documents are what JSON can hold, and what JSON gives back is the same document.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from math import inf, isfinite
from typing import TYPE_CHECKING, Any, Final, TypeAlias, assert_never, cast

from attrs import evolve, fields

from .._version import __version__
from ..decisions import Continue
from ..events import Fault, FaultKind, NotFound, Reply
from ..machines.job import JobWait
from ..options import WaitOptions
from ..rules import saving
from ..rules.settings import settle_schedule
from ..rules.state import learned
from ..rules.table import POLICY
from ..snapshots import AggregatedJobSnap, BucketRef, JobStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ..decisions import Decision
    from ..machines.protocols import Event
    from ..queries import Request
    from ..results import WaitResult
    from ..schedules import Schedule

Document: TypeAlias = "Mapping[str, Any]"
"""What JSON can hold."""

FORMAT: Final = "ais-jobcore.transcript"
VERSION: Final = 1

HEADERS: Final = {name.lower(): name for name in ("Retry-After", "Content-Type", "Date")}
"""The headers that are kept: what decides, and what helps to understand the rest."""

_ARGUMENTS: Final = frozenset({"job_id", "kind", "until", "timeout", "bucket", "notes"})
_OPTIONS: Final = frozenset(each.name for each in fields(WaitOptions))


def plain(document: Any) -> Any:  # noqa: ANN401 - JSON is anything
    """Return a document as JSON gives it back, without tuples and the like."""
    return json.loads(json.dumps(document))


def header_of(wait: JobWait) -> dict[str, Any]:
    """Describe a wait that was not started: what has to be known to make the same wait again."""
    state = wait.state
    unstructure = saving.converter().unstructure
    return {
        "format": FORMAT,
        "version": VERSION,
        "policy": POLICY,
        "library": __version__,
        "operation": "wait",
        "arguments": {
            "job_id": state.job_id,
            "kind": state.kind,
            "until": state.question.until.value,
            "timeout": state.question.timeout,
            "bucket": unstructure(state.question.bucket) if state.question.bucket else None,
            "notes": list(state.known.notes),
        },
        "options": unstructure(state.question.options),
    }


def wait_of(header: Document, schedule: Schedule | None = None) -> JobWait:
    """
    Make the wait that a header describes.

    Args:
        header: what :func:`header_of` made.
        schedule: the schedule, where the wait had one of the user's own.

    Raises:
        ValueError: it describes none.
    """
    given, options = dict(header["arguments"]), dict(header["options"])
    strangers = sorted((given.keys() - _ARGUMENTS) | (options.keys() - _OPTIONS))
    if strangers:
        msg = f"{strangers[0]!r} is no argument or option of a wait"
        raise ValueError(msg)
    structure = saving.converter().structure
    settings = structure(settle_schedule(options, schedule), WaitOptions)
    bucket, notes = given.pop("bucket", None), tuple(map(str, given.pop("notes", ())))
    wait = JobWait(
        **given,
        bucket=structure(bucket, BucketRef) if bucket is not None else None,
        options=evolve(settings, schedule=schedule) if schedule is not None else settings,
    )
    # A kind that was not known is told about in a note, and in nothing else.
    return wait if notes == wait.state.known.notes else JobWait.of(learned(wait.state, notes=notes))


def input_of(event: Event, started_at: float = 0.0) -> dict[str, Any]:
    """
    Make a document of what a driver reported.

    Args:
        event: what it reported.
        started_at: the start of the wait on the driver's clock: a transcript counts seconds from there.
    """
    match event:
        case Reply(status=status, body=body, headers=headers):
            kept = {
                HEADERS[name.lower()]: value for name, value in headers.items() if name.lower() in HEADERS
            }
            return {"status": status, "headers": kept, **_body(body), **_sending(event, started_at)}
        case Fault(kind=kind, message=message):
            return {"fault": kind.value, "message": message, **_sending(event, started_at)}
        case NotFound(message=message):
            return {"not_found": message}
        case JobStatus():
            return {"job_status": plain(saving.converter().unstructure(event))}
        case AggregatedJobSnap():
            return {"snapshots": plain(saving.converter().unstructure(event))}
        case _:
            assert_never(event)


def _sending(event: Reply | Fault, started_at: float) -> dict[str, Any]:
    """Say whether and when the request left, where that is not what it is by default."""
    unsent = {"sent": False} if isinstance(event, Fault) and not event.sent else {}
    return unsent if event.sent_at is None else {**unsent, "sent_at": event.sent_at - started_at}


def _body(body: bytes) -> dict[str, str]:
    try:
        return {"body": body.decode("utf-8")}
    except UnicodeDecodeError:
        return {"base64": b64encode(body).decode("ascii")}


def event_of(line: Document) -> Event:
    """
    Make what a driver reported of its document.

    Raises:
        ValueError: it is none; and whatever else a hostile document provokes.
    """
    status, body = line.get("status"), line.get("body")
    if type(status) is int and type(body) is str:
        # The commonest by far, and the one whose speed counts.
        return Reply(status, body.encode(), _headers(line), sent_at=_sent_at(line))
    for name, read in _READERS.items():
        if name in line:
            return read(line)
    msg = "there is no input in it"
    raise ValueError(msg)


def _binary(line: Document) -> Reply:
    status: object = line["status"]
    if type(status) is not int:
        msg = f"a status is a whole number, not {status!r}"
        raise ValueError(msg)
    return Reply(status, b64decode(line["base64"], validate=True), _headers(line), sent_at=_sent_at(line))


def _fault(line: Document) -> Fault:
    sent: object = line.get("sent", True)
    if type(sent) is not bool:
        msg = f"sent is true or false, not {sent!r}"
        raise ValueError(msg)
    return Fault(FaultKind(line["fault"]), str(line["message"]), sent=sent, sent_at=_sent_at(line))


def _sent_at(line: Document) -> float | None:
    moment: object = line.get("sent_at")
    if moment is None:
        return None
    if type(moment) is int:
        moment = float(moment)
    if type(moment) is not float or not isfinite(moment):
        msg = f"sent_at is a number of seconds, not {moment!r}"
        raise ValueError(msg)
    return moment


def _headers(line: Document) -> dict[str, str]:
    headers: dict[str, str] = line.get("headers", {})
    for value in headers.values():
        if type(value) is not str:
            msg = f"a header is a text, not {value!r}"
            raise ValueError(msg)
    return headers


_READERS: Final[Mapping[str, Callable[[Document], Event]]] = {
    "status": _binary,
    "fault": _fault,
    "not_found": lambda line: NotFound(str(line["not_found"])),
    "job_status": lambda line: saving.converter().structure(line["job_status"], JobStatus),
    "snapshots": lambda line: saving.converter().structure(line["snapshots"], AggregatedJobSnap),
}


def moment_of(line: Document) -> float:
    """
    Return the seconds from the start at which an input came.

    Raises:
        ValueError: there is no such number.
        OverflowError: it is too large for a clock.
    """
    t: object = line.get("t")
    if type(t) is int:
        t = float(t)
    if type(t) is not float or not 0 <= t < inf:
        msg = f"t is a number of seconds from 0, not {t!r}"
        raise ValueError(msg)
    return t


def decision_of(decision: Decision[WaitResult]) -> dict[str, Any]:
    """Make a document of a decision: all that a driver does, and all that a caller sees of it."""
    if isinstance(decision, Continue):
        request = request_of(decision.request)
        return {"delay": decision.delay, "request": request, "reason": decision.reason}
    return cast("dict[str, Any]", saving.dump_decision(decision))


def request_of(request: Request) -> dict[str, Any]:
    """Make a document of a request; what is left out of it follows from what it asks for."""
    return {
        "what": request.what.value,
        "json": request.json,
        "timeout": request.timeout,
        "endpoint": request.endpoint,
        "refresh_token": request.refresh_token,
    }
