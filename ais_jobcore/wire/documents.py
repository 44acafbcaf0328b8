"""
The documents of a cluster, read for what decides: statuses, sightings, lists of active jobs.

What is not as promised is a ``ProtocolError`` that names the place; unknown fields are passed over.
The full models of a reply are in ``models``.
"""

from __future__ import annotations

import re
from functools import lru_cache
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final, cast

from attrs import frozen

from .. import limits
from ..errors import ProtocolError
from ..kinds import rebalance_number
from ..snapshots import JobStatus, TargetState, classify, join_texts
from ..text import printable
from ._fast import DECISIVE_KEYS, decoder
from .lean import Sighting, Sightings
from .observations import Listing
from .values import (
    GO_ZERO,
    fail,
    load,
    need_counter,
    need_flag,
    need_int64,
    need_list,
    need_object,
    need_text,
    read_time,
    shape,
    shorten,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ._fast import Decisive

    Lists = Mapping[str, list[dict[str, object]]]

_NAME: Final = re.compile(r"(?P<kind>[^\[\]]+)\[(?P<id>[^\[\]]+)\]\Z")

STATS_KEYS: Final = {
    "objects": "loc-objs",
    "bytes": "loc-bytes",
    "out_objects": "out-objs",
    "out_bytes": "out-bytes",
    "in_objects": "in-objs",
    "in_bytes": "in-bytes",
}
OPTIONAL_KEYS: Final = frozenset({"aborted", "err", "is_idle"})
"""What older servers may leave out; without them a success is less sure, so their absence is noted."""
_SURER: Final = ("aborted", "err")
"""The same for a status."""


@frozen
class ErrorDocument:
    """
    Hold AIStore's own error document (``cmn/err.go``).

    Attributes:
        message: its text, printable.
        tcode: its stable code, empty where there is none.
    """

    message: str
    tcode: str = ""


def read_error(body: bytes) -> ErrorDocument | None:
    """Read an error document; anything that AIStore did not write is ``None``."""
    try:
        document = need_object(load(body), "an error document")
    except ProtocolError:
        return None
    message, tcode = document.get("message"), document.get("tcode")
    # Gateways, too, write JSON with a message; AIStore repeats the status in its own.
    if not (isinstance(message, str) and message and type(document.get("status")) is int):
        return None
    return ErrorDocument(printable(message), printable(tcode) if isinstance(tcode, str) else "")


def read_status(body: bytes) -> JobStatus:
    """
    Read the answer to a query for the status of one job.

    Raises:
        ProtocolError: it is something else.
    """
    return _remembered_status(body) if len(body) <= limits.REMEMBERED_STATUS else _read_status(body)


def _read_status(body: bytes) -> JobStatus:
    return _status(need_object(load(body), "a status"))


def _status(document: Mapping[str, object], place: str = "") -> JobStatus:
    for key in ("uuid", "end_time"):
        if key not in document:
            fail("missing", place + key)
    return JobStatus(
        uuid=need_text(document["uuid"], f"{place}uuid"),
        err=need_text(document.get("err", ""), f"{place}err"),
        end_time=need_int64(document["end_time"], f"{place}end_time"),
        aborted=need_flag(document.get("aborted", False), f"{place}aborted"),
        kind=need_text(document.get("kind", ""), f"{place}kind"),
        is_idle=need_flag(document.get("is_idle", False), f"{place}is_idle"),
        notes=tuple(f"the server sends no {key} in a status" for key in _SURER if key not in document),
    )


_remembered_status: Final = lru_cache(maxsize=limits.REMEMBERED_STATUSES)(_read_status)


def read_sightings(body: bytes, job_id: str, *, counted: bool = False, date: str = "") -> Sightings:
    """
    Read the answer to a query for snapshots of one job: only what decides, and counters if asked.

    Args:
        body: the answer.
        job_id: the job.
        counted: whether counters are asked for.
        date: the header ``Date`` of the answer.

    Raises:
        ProtocolError: it is something else.
    """
    seen = {} if counted else _glanced(body, job_id)
    if seen:
        return Sightings(seen, date=date, whole=body)
    lists, missing = snap_lists(load(body)), set[str]()
    own: dict[str, list[Sighting]] = {}
    for target in sorted(lists):
        found = [
            _sighting(snap, target, index, missing)
            for index, snap in enumerate(lists[target])
            if snap["id"] == job_id
        ]
        if found:
            own[target] = found
    others = () if own or rebalance_number(job_id) is None else _finished(lists)
    counters = _count(lists, job_id) if counted else {}
    done = (counters.get("loc-objs", 0), counters.get("loc-bytes", 0))
    return Sightings(own, others, done, sum(counters.values()), notes_on(missing), date=date, whole=body)


def _count(lists: Lists, job_id: str) -> dict[str, int]:
    """Sum the counters of one job over all targets."""
    total = dict.fromkeys(STATS_KEYS.values(), 0)
    for target, snaps in lists.items():
        for index, snap in enumerate(snaps):
            place = f"{target}[{index}].stats"
            if snap["id"] == job_id and snap.get("stats") is not None:
                stats = need_object(snap["stats"], "an object of counters", place)
                for key in total:
                    total[key] += need_counter(stats.get(key, "0"), f"{place}.{key}")
    return total


def read_active(body: bytes) -> dict[str, Listing]:
    """
    Read a list of active jobs of one kind, as targets show them.

    Raises:
        ProtocolError: it is something else.
    """
    found: dict[str, dict[str, list[Sighting]]] = {}
    lists = snap_lists(load(body))
    for target in sorted(lists):
        for index, snap in enumerate(lists[target]):
            own = found.setdefault(str(snap["id"]), {})
            own.setdefault(target, []).append(_sighting(snap, target, index, set()))
    return {job_id: _listing(own) for job_id, own in found.items()}


def _listing(own: dict[str, list[Sighting]]) -> Listing:
    seen = [sighting for sightings in own.values() for sighting in sightings]
    busy = any(each.state in {TargetState.NOT_STARTED, TargetState.RUNNING} for each in seen)
    return Listing(busy, min(each.kind for each in seen), own)


def read_statuses(body: bytes) -> dict[str, Listing]:
    """
    Read a list of statuses; only that a job runs is taken from it, for it carries no error texts.

    Raises:
        ProtocolError: it is something else.
    """
    statuses = [
        _status(need_object(item, "a status", f"[{index}]"), f"[{index}].")
        for index, item in enumerate(need_list(load(body), "a list of statuses"))
    ]
    return {status.uuid: Listing(busy=True, kind=status.kind) for status in statuses if not status.over}


def read_names(body: bytes) -> dict[str, Listing]:
    """
    Read a list of the names of active jobs, each ``kind[id]``.

    Raises:
        ProtocolError: it is something else.
    """
    found: dict[str, Listing] = {}
    for index, item in enumerate(need_list(load(body), "a list of names")):
        match = _NAME.match(need_text(item, f"[{index}]"))
        if match is None:
            fail(f"kind[id] was expected, not {shorten(item)}", f"[{index}]")
        found[match["id"]] = Listing(busy=True, kind=match["kind"])
    return found


def snap_lists(document: object) -> Lists:
    """Check the outer shape; a server without anything to say sends ``null``."""
    if document is None:
        return {}
    targets = need_object(document, "an object of targets")
    for target, snaps in targets.items():
        if snaps is not None and not isinstance(snaps, list):
            fail(f"a list of snapshots was expected, not {shape(snaps)}", target)
        for index, snap in enumerate(cast("list[object]", snaps or ())):
            if not isinstance(snap, dict):
                fail(f"a snapshot was expected, not {shape(snap)}", f"{target}[{index}]")
            job_id = cast("dict[str, object]", snap).get("id")
            if type(job_id) is not str:
                fail(f"the id of a job was expected, not {shape(job_id)}", f"{target}[{index}].id")
    return cast("Lists", {target: snaps or [] for target, snaps in targets.items()})


def notes_on(missing: Iterable[str]) -> tuple[str, ...]:
    """Say what snapshots lack."""
    return tuple(f"the server sends no {key} in snapshots" for key in sorted(missing))


def _sighting(snap: dict[str, Any], target: str, index: int, missing: set[str]) -> Sighting:
    get = snap.get
    aborted, abort_err, kind = get("aborted", False), get("abort-err", ""), get("kind", "")
    idle, err = get("is_idle", False), get("err", "")
    start, end = get("start-time", GO_ZERO), get("end-time", GO_ZERO)
    # Written out, since it runs for every target of every reply.
    if not (type(aborted) is type(idle) is bool):
        need_flag(aborted, f"{target}[{index}].aborted")
        need_flag(idle, f"{target}[{index}].is_idle")
    if not (type(abort_err) is type(err) is type(kind) is type(start) is type(end) is str):
        texts = {"abort-err": abort_err, "err": err, "kind": kind, "start-time": start, "end-time": end}
        key = next(key for key, value in texts.items() if type(value) is not str)
        need_text(texts[key], f"{target}[{index}].{key}")
    if not snap.keys() >= OPTIONAL_KEYS:
        missing |= OPTIONAL_KEYS - snap.keys()
    key = "start-time"
    try:
        start_ns = None if start == GO_ZERO else read_time(start)
        key = "end-time"
        end_ns = None if end == GO_ZERO else read_time(end)
    except ProtocolError as error:
        raise ProtocolError(error.message, printable(f"{target}[{index}].{key}")) from None
    state = classify(start_ns, end_ns, aborted=aborted or bool(abort_err), idle=idle)
    text = (join_texts((abort_err, err)) or "") if abort_err else err
    return Sighting(state, start_ns, end_ns, text or ("aborted" if aborted else ""), kind)


def _glanced(body: bytes, job_id: str) -> dict[str, list[Sighting]]:
    """See the snapshots of one job quickly; none, where something is not as usual."""
    decode, seen = decoder(), dict[str, list[Sighting]]()
    try:
        targets = decode(body) if decode else {}
        for target in sorted(targets):
            for snap in targets[target] or ():
                if snap.id == job_id:
                    seen.setdefault(target, []).append(_usual(_decisive(snap)))
    except (ValueError, RecursionError, ProtocolError):
        return {}
    return seen


_decisive: Final = attrgetter(*(key.replace("-", "_") for key in DECISIVE_KEYS))


@lru_cache(maxsize=limits.REMEMBERED_SNAPSHOTS)  # A job that runs says the same of itself in every reply.
def _usual(decisive: Decisive) -> Sighting:
    return _sighting(dict(zip(DECISIVE_KEYS, decisive, strict=True)), "", 0, set())


def _finished(lists: Lists) -> tuple[str, ...]:
    """List the jobs of a reply that finished."""
    found = {
        str(snap["id"])
        for target, snaps in lists.items()
        for index, snap in enumerate(snaps)
        if _sighting(snap, target, index, set()).state is TargetState.FINISHED
    }
    return tuple(sorted(found))
