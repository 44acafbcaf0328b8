"""
Save a wait as versioned JSON, and load it again: on another day, on another machine's clock.

The decision is saved with the state: a pending request is sent again, an end stays the end.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, Final, assert_never, cast

from attrs import evolve, resolve_types

from .. import errors, limits
from ..decisions import Abort, Continue, Decision, Done
from ..events import Fault, FaultKind
from ..queries import Request
from ..results import WaitResult
from ..schedules import Schedule
from ..snapshots import TargetState
from .plan import request_for
from .settings import ScheduleMissing, dump_schedule, load_schedule, settle_schedule
from .state import Phase, Source, WaitState, shifted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cattrs import Converter

    from ..errors import JobCoreError

FORMAT: Final = "ais-jobcore.wait"
VERSION: Final = 1

_OWN_FIELDS: Final = ("answered", "refreshed", "endpoint", "spent")
"""What of :class:`Faults` stands beside the others in a saved state."""
_YEAR_1: Final = -62_135_596_800 * 10**9
_YEAR_10000: Final = 253_402_300_800 * 10**9
"""Nanoseconds since the epoch: what a ``datetime`` can hold."""

_ERRORS: Final[Mapping[str, type[JobCoreError]]] = {
    kind.__name__: kind
    for kind in (
        errors.Timeout,
        errors.Stalled,
        errors.JobInfoNotFound,
        errors.AmbiguousJob,
        errors.RequestFailed,
        errors.ProtocolError,
        errors.TransportFault,
    )
}


def dump(state: WaitState, decision: Decision[WaitResult] | None) -> str:
    """Write state and decision."""
    document = {
        "format": FORMAT,
        "version": VERSION,
        "state": _dump_state(state),
        "decision": dump_decision(decision),
    }
    return json.dumps(document, sort_keys=True)


def load(
    text: str, now: float, elapsed: float, schedule: Schedule | None = None
) -> tuple[WaitState, Decision[WaitResult] | None]:
    """
    Read what :func:`dump` wrote, and move it to the clock of ``now``.

    Args:
        text: what was written.
        now: this moment.
        elapsed: seconds since the save.
        schedule: the schedule, where the wait had one of the user's own.

    Raises:
        ValueError: it is something else, or lacks its schedule; the message names the place.
    """
    if not 0 <= elapsed < math.inf:
        msg = f"elapsed is a number of seconds from 0, not {elapsed!r}"
        raise ValueError(msg)
    document = _read(text)
    try:
        state = _load_state(document["state"], schedule)
        decision = _load_decision(document["decision"], shifted(state, now, elapsed), now)
    except ScheduleMissing:
        raise
    except Exception as error:  # noqa: BLE001 - cattrs raises whatever a document provokes
        msg = f"not a saved wait: {_first_line(error)}"
        raise ValueError(msg) from None
    _require_whole(state, decision)
    return shifted(state, now, elapsed), decision


def _require_whole(state: WaitState, decision: Decision[WaitResult] | None) -> None:
    """
    Check what holds for every wait: who loads one that was damaged is to know now, and not when it breaks.

    Raises:
        ValueError: it does not hold.
    """
    for name, holds in _rules(state, decision):
        if not holds:
            msg = f"not a saved wait: {name} does not go with the rest of it"
            raise ValueError(msg)


def _dump_state(state: WaitState) -> dict[str, Any]:
    """Make one flat document of a state: its parts are how the rules see it, and no matter of the format."""
    document: dict[str, Any] = converter().unstructure(state)
    known, faults = document.pop("known"), document.pop("faults")
    quiet = known.pop("quiet")
    if known["ahead"] is None:
        # As with most waits, and with all that were saved before there was such a thing.
        del known["ahead"]
    own = {name: faults.pop(name) for name in _OWN_FIELDS}
    confirming = {"quiet_since": quiet and quiet["since"], "quiet_targets": quiet["targets"] if quiet else 0}
    return {**document.pop("question"), **known, **document, **own, "faults": faults, **confirming}


def _load_state(document: Mapping[str, Any], schedule: Schedule | None) -> WaitState:
    structure = converter().structure
    document = {**document, "options": settle_schedule(document["options"], schedule)}
    quiet = {"since": document.get("quiet_since"), "targets": document.get("quiet_targets", 0)}
    own = {name: document[name] for name in _OWN_FIELDS if name in document}
    parts = {
        "question": document,
        "known": {**document, "quiet": None if quiet["since"] is None else quiet},
        "faults": {**document.get("faults", {}), **own},
    }
    state = structure({**document, **parts}, WaitState)
    if schedule is None:
        return state
    options = evolve(state.question.options, schedule=schedule)
    return evolve(state, question=evolve(state.question, options=options))


def _rules(state: WaitState, decision: Decision[WaitResult] | None) -> Iterator[tuple[str, bool]]:
    pending, known, question = state.pending, state.known, state.question
    endpoints, faults = question.options.endpoints, state.faults
    over = isinstance(decision, Done | Abort)
    yield "phase", over is (state.phase is Phase.OVER)
    yield "phase", decision is not None or state.phase in {Phase.FIND, Phase.WATCH}
    yield "job_id", over or bool(state.job_id) is (state.phase is not Phase.FIND)
    yield "pending", decision is not None or pending is None
    yield "options.endpoints", endpoints <= limits.SAVED_ENDPOINTS
    yield "endpoint", 0 <= faults.endpoint < endpoints
    yield "spent", len(faults.spent) in {0, endpoints}
    yield "timeout", question.timeout is None or 0 <= question.timeout < math.inf
    for name, moment in (
        ("now", state.now),
        ("due", state.due),
        ("quiet_since", state.known.quiet.since if state.known.quiet else 0.0),
    ):
        yield name, 0 <= moment < math.inf
    for view in state.targets:
        yield "targets", _is_moment(view.start_ns) and _is_moment(view.end_ns)
    yield "ahead", known.ahead is None or -math.inf < known.ahead < math.inf
    yield "status", known.status is None or _is_moment(known.status.end_time)
    if isinstance(decision, Continue):
        # What a wait would not ask by itself, it does not ask because a file says so.
        unasked, token = evolve(state, pending=None), decision.request.refresh_token
        asked = request_for(unasked, state.asked, state.due, refresh_token=token)
        yield "pending", asked == pending == decision.request


def _is_moment(nanoseconds: int | None) -> bool:
    return nanoseconds is None or _YEAR_1 <= nanoseconds < _YEAR_10000


def _read(text: str) -> dict[str, Any]:
    try:
        document: Any = json.loads(text)
    except (ValueError, RecursionError) as error:
        msg = f"not a saved wait: {error}"
        raise ValueError(msg) from None
    fields = cast("dict[str, Any]", document) if isinstance(document, dict) else {}
    if fields.get("format") != FORMAT:
        msg = f"not a saved wait: no format {FORMAT!r}"
        raise ValueError(msg)
    if fields.get("version") != VERSION:
        msg = f"a saved wait of version {fields.get('version')!r}; this library reads version {VERSION}"
        raise ValueError(msg)
    return fields


def _first_line(error: Exception) -> str:
    from cattrs import transform_error  # noqa: PLC0415 - dear to import

    return transform_error(error)[0]


def dump_decision(decision: Decision[WaitResult] | None) -> dict[str, Any] | None:
    """Make a document of a decision: of its request, its result or its error, and of its reason."""
    match decision:
        case None:
            return None
        case Continue(request=request, reason=reason):
            return {"request": converter().unstructure(request), "reason": reason}
        case Done(result=result, reason=reason):
            return {"done": converter().unstructure(result), "reason": reason}
        case Abort(result=result, error=error, reason=reason):
            return {
                "result": converter().unstructure(result) if result is not None else None,
                "error": _dump_error(error),
                "reason": reason,
            }
        case _:
            assert_never(decision)


def _load_decision(document: Any, state: WaitState, now: float) -> Decision[WaitResult] | None:  # noqa: ANN401
    if document is None:
        return None
    structure, reason = converter().structure, str(document["reason"])
    if "request" in document:
        delay = max(0.0, state.question.started_at + state.due - now)
        return Continue(delay, structure(document["request"], Request), reason)
    if "done" in document:
        return Done(structure(document["done"], WaitResult), reason)
    result = document["result"]
    error = _load_error(document["error"])
    return Abort(structure(result, WaitResult) if result is not None else None, error, reason)


def _dump_error(error: BaseException | None) -> dict[str, Any] | None:
    if error is None:
        return None
    fields = converter().unstructure(error)
    return {"type": type(error).__name__, "fields": fields, "cause": _dump_error(error.__cause__)}


def _load_error(document: Any) -> JobCoreError | None:  # noqa: ANN401 - JSON is anything
    if document is None:
        return None
    error = converter().structure(document["fields"], _ERRORS[document["type"]])
    error.__cause__ = _load_error(document["cause"])
    return error


_REQUEST_FIELDS: Final = ("what", "timeout", "endpoint", "refresh_token")


def dump_request(request: Request) -> dict[str, Any]:
    """Make a document of a request, as it is sent."""
    return {
        "what": request.what.value,
        "method": request.method,
        "path": request.path,
        "query": dict(request.query),
        "json": request.json,
        "timeout": request.timeout,
        "endpoint": request.endpoint,
        "refresh_token": request.refresh_token,
    }


def _request_fields(document: Mapping[str, Any]) -> dict[str, Any]:
    # Method, path and query follow from what is asked for: a file cannot send a request anywhere else.
    fields = {name: document[name] for name in _REQUEST_FIELDS if name in document}
    body: Any = document.get("json")
    by_id = isinstance(body, dict) and {*cast("dict[str, Any]", body)} == {"id"}
    return fields | ({"job_id": body["id"]} if by_id else {"body": body})


@cache
def converter() -> Converter:
    """Return what makes documents of values, and values of documents; one for all."""
    from cattrs.gen import (  # noqa: PLC0415 - dear to import, and seldom needed
        make_dict_structure_fn,
        make_dict_unstructure_fn,
        override,
    )
    from cattrs.preconf.json import make_converter  # noqa: PLC0415 - likewise

    names = {**vars(errors), "Mapping": Mapping, "FaultKind": FaultKind, "TargetState": TargetState}
    for kind in _ERRORS.values():
        resolve_types(kind, names)  # type: ignore[type-var]  # all of these are attrs classes
    made = make_converter()
    structure_request = make_dict_structure_fn(Request, made)
    made.register_unstructure_hook(Request, dump_request)
    unsaid = override(omit_if_default=True)
    made.register_unstructure_hook(Fault, make_dict_unstructure_fn(Fault, made, sent=unsaid, sent_at=unsaid))
    made.register_structure_hook(Request, lambda value, kind: structure_request(_request_fields(value), kind))
    made.register_unstructure_hook(Schedule, dump_schedule)
    made.register_structure_hook(Schedule, lambda value, _: load_schedule(value))
    made.register_structure_hook_func(lambda kind: kind is object, lambda value, _: value)
    # Sets have an order of their own in every process.
    made.register_unstructure_hook_func(
        lambda kind: kind == frozenset[Source], lambda sources: sorted(source.value for source in sources)
    )
    return made
