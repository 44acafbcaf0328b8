"""
From JSON documents to values, strictly: what is not as promised is a ``ProtocolError`` that names the place.

Counters are decimal int64 in JSON strings, times are RFC 3339 with 0 to 9 fraction digits and any offset,
year 1 is *not yet*, lists may be ``null``, unknown fields are passed over. While a wait polls, only the
fields that decide are read; cattrs makes the full models when somebody asks, and is imported with the first.
"""

from __future__ import annotations

import json
import math
import re
from datetime import datetime
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeVar, cast

from attrs import frozen

from .errors import ProtocolError
from .kinds import rebalance_number
from .observations import Listing
from .sightings import Sighting, Sightings
from .snapshots import (
    AggregatedJobSnap,
    BucketRef,
    JobSnap,
    JobStats,
    JobStatus,
    TargetState,
    classify,
    from_nanoseconds,
    join_texts,
)
from .text import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from cattrs import Converter

    Lists = Mapping[str, list[dict[str, object]]]
    Decisive = tuple[bool, str, str, bool, str, str, str]

T = TypeVar("T")

_INT64: Final = re.compile(r"-?[0-9]{1,19}\Z")
_MAX_INT64: Final = 2**63 - 1
_TIME: Final = re.compile(
    r"([0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9])"
    r"(?:\.([0-9]{1,9}))?(Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])\Z"
)
"""What Go writes; spelt out, since Pythons differ in what else they take: 24:00, offsets of 75 minutes."""
_NAME: Final = re.compile(r"(?P<kind>[^\[\]]+)\[(?P<id>[^\[\]]+)\]\Z")
_GO_ZERO: Final = "0001-01-01T00:00:00Z"
_EPOCH_DAY: Final = datetime(1970, 1, 1).toordinal()  # noqa: DTZ001 - days only
_SHORT: Final = 512
"""Bytes of a status that is worth remembering: a running job is told about in the same words every time."""

_SNAP_KEYS: Final = {
    "start_time": "start-time",
    "end_time": "end-time",
    "start_time_ns": "start-time",
    "end_time_ns": "end-time",
    "bucket": "bck",
    "source_bck": "src-bck",
    "destination_bck": "dst-bck",
    "abort_err": "abort-err",
    "packed": "glob.id",
}
_STATS_KEYS: Final = {
    "objects": "loc-objs",
    "bytes": "loc-bytes",
    "out_objects": "out-objs",
    "out_bytes": "out-bytes",
    "in_objects": "in-objs",
    "in_bytes": "in-bytes",
}
_WIRE_KEYS: Final = _SNAP_KEYS | _STATS_KEYS
_OPTIONAL_KEYS: Final = frozenset({"aborted", "err", "is_idle"})
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
        document = _object(_load(body), "an error document")
    except ProtocolError:
        return None
    message, tcode = document.get("message"), document.get("tcode", "")
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
    return _remembered_status(body) if len(body) <= _SHORT else _read_status(body)


def _read_status(body: bytes) -> JobStatus:
    return _status(_object(_load(body), "a status"))


def _status(document: Mapping[str, object], place: str = "") -> JobStatus:
    for key in ("uuid", "end_time"):
        if key not in document:
            _fail("missing", place + key)
    return JobStatus(
        uuid=_text(document["uuid"], f"{place}uuid"),
        err=_text(document.get("err", ""), f"{place}err"),
        end_time=_int64(document["end_time"], f"{place}end_time"),
        aborted=_flag(document.get("aborted", False), f"{place}aborted"),
        kind=_text(document.get("kind", ""), f"{place}kind"),
        is_idle=_flag(document.get("is_idle", False), f"{place}is_idle"),
        notes=tuple(f"the server sends no {key} in a status" for key in _SURER if key not in document),
    )


_remembered_status: Final = lru_cache(maxsize=256)(_read_status)


def read_snapshots(body: bytes) -> AggregatedJobSnap:
    """
    Read the answer to a query for snapshots, whole.

    Raises:
        ProtocolError: it is something else.
    """
    lists = _snap_lists(_load(body))
    missing = {key for snaps in lists.values() for snap in snaps for key in _OPTIONAL_KEYS if key not in snap}
    return AggregatedJobSnap(_structure(lists), _notes(missing))


def read_sightings(body: bytes, job_id: str, *, counted: bool = False) -> Sightings:
    """
    Read the answer to a query for snapshots of one job: only what decides, and counters if asked.

    Raises:
        ProtocolError: it is something else.
    """
    lists = _snap_lists(_load(body))
    own: dict[str, list[Sighting]] = {}
    missing: set[str] = set()
    for target in sorted(lists):
        seen = [
            _sighting(snap, target, index, missing)
            for index, snap in enumerate(lists[target])
            if snap["id"] == job_id
        ]
        if seen:
            own[target] = seen
    others = () if own or rebalance_number(job_id) is None else _finished(lists)
    counters = _count(lists, job_id) if counted else {}
    done = (counters.get("loc-objs", 0), counters.get("loc-bytes", 0))
    return Sightings(own, others, done, sum(counters.values()), _notes(missing), lists)


def _count(lists: Lists, job_id: str) -> dict[str, int]:
    """Sum the counters of one job over all targets."""
    total = dict.fromkeys(_STATS_KEYS.values(), 0)
    for target, snaps in lists.items():
        for index, snap in enumerate(snaps):
            place = f"{target}[{index}].stats"
            if snap["id"] == job_id and snap.get("stats") is not None:
                stats = _object(snap["stats"], "an object of counters", place)
                for key in total:
                    total[key] += _counter(stats.get(key, "0"), f"{place}.{key}")
    return total


def read_active(body: bytes) -> dict[str, Listing]:
    """
    Read a list of active jobs of one kind, as targets show them.

    Raises:
        ProtocolError: it is something else.
    """
    found: dict[str, dict[str, list[Sighting]]] = {}
    lists = _snap_lists(_load(body))
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
        _status(_object(item, "a status", f"[{index}]"), f"[{index}].")
        for index, item in enumerate(_list(_load(body), "a list of statuses"))
    ]
    return {status.uuid: Listing(busy=True, kind=status.kind) for status in statuses if not status.over}


def read_names(body: bytes) -> dict[str, Listing]:
    """
    Read a list of the names of active jobs, each ``kind[id]``.

    Raises:
        ProtocolError: it is something else.
    """
    found: dict[str, Listing] = {}
    for index, item in enumerate(_list(_load(body), "a list of names")):
        match = _NAME.match(_text(item, f"[{index}]"))
        if match is None:
            _fail(f"kind[id] was expected, not {_shorten(item)}", f"[{index}]")
        found[match["id"]] = Listing(busy=True, kind=match["kind"])
    return found


def whole(sightings: Sightings, job_id: str) -> AggregatedJobSnap:
    """
    Make the full models of one job's snapshots.

    Raises:
        ProtocolError: what decides could be read, something else cannot.
    """
    reply = sightings.whole
    if isinstance(reply, AggregatedJobSnap):
        root = reply.root
    else:
        root = _structure(_only(cast("Lists", reply), job_id))
    own = {target: tuple(snap for snap in root[target] if snap.id == job_id) for target in sightings.own}
    return AggregatedJobSnap(own, sightings.notes)


def _only(lists: Lists, job_id: str) -> Lists:
    return {target: [snap for snap in snaps if snap["id"] == job_id] for target, snaps in lists.items()}


def _load(body: bytes) -> object:
    try:
        return _DECODER.decode(body.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        message = f"not JSON: {error}" if isinstance(error, ValueError) else "nested too deeply"
        raise ProtocolError(printable(message)) from None


def _no_constant(name: str) -> NoReturn:
    _fail(f"{name} is not JSON")


def _finite(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        _fail(f"a number is too large: {text}")
    return value


_DECODER: Final = json.JSONDecoder(parse_constant=_no_constant, parse_float=_finite)


def _fail(message: str, place: str = "") -> NoReturn:
    raise ProtocolError(printable(message), printable(place))


def _shape(value: object) -> str:
    return "null" if value is None else type(value).__name__


def _object(value: object, what: str, place: str = "") -> dict[str, object]:
    if not isinstance(value, dict):
        _fail(f"{what} was expected, not {_shape(value)}", place)
    return cast("dict[str, object]", value)


def _list(value: object, what: str) -> list[object]:
    """Read a list; Go sends ``null`` for an empty one."""
    if value is not None and not isinstance(value, list):
        _fail(f"{what} was expected, not {_shape(value)}")
    return cast("list[object]", value or [])


def _snap_lists(document: object) -> Lists:
    """Check the outer shape; a server without anything to say sends ``null``."""
    if document is None:
        return {}
    targets = _object(document, "an object of targets")
    for target, snaps in targets.items():
        if snaps is not None and not isinstance(snaps, list):
            _fail(f"a list of snapshots was expected, not {_shape(snaps)}", target)
        for index, snap in enumerate(cast("list[object]", snaps or ())):
            if not isinstance(snap, dict):
                _fail(f"a snapshot was expected, not {_shape(snap)}", f"{target}[{index}]")
            job_id = cast("dict[str, object]", snap).get("id")
            if type(job_id) is not str:
                _fail(f"the id of a job was expected, not {_shape(job_id)}", f"{target}[{index}].id")
    return cast("Lists", {target: snaps or [] for target, snaps in targets.items()})


def _notes(missing: Iterable[str]) -> tuple[str, ...]:
    return tuple(f"the server sends no {key} in snapshots" for key in sorted(missing))


def _sighting(snap: dict[str, Any], target: str, index: int, missing: set[str]) -> Sighting:
    get = snap.get
    aborted, abort_err, kind = get("aborted", False), get("abort-err", ""), get("kind", "")
    idle, err = get("is_idle", False), get("err", "")
    start, end = get("start-time", _GO_ZERO), get("end-time", _GO_ZERO)
    # Written out, since it runs for every target of every reply.
    if not (type(aborted) is type(idle) is bool):
        _flag(aborted, f"{target}[{index}].aborted")
        _flag(idle, f"{target}[{index}].is_idle")
    if not (type(abort_err) is type(err) is type(kind) is type(start) is type(end) is str):
        texts = {"abort-err": abort_err, "err": err, "kind": kind, "start-time": start, "end-time": end}
        key = next(key for key, value in texts.items() if type(value) is not str)
        _text(texts[key], f"{target}[{index}].{key}")
    if not snap.keys() >= _OPTIONAL_KEYS:
        missing |= _OPTIONAL_KEYS - snap.keys()
    key = "start-time"
    try:
        start_ns = None if start == _GO_ZERO else _parse_time(start)
        key = "end-time"
        end_ns = None if end == _GO_ZERO else _parse_time(end)
    except ProtocolError as error:
        raise ProtocolError(error.message, printable(f"{target}[{index}].{key}")) from None
    state = classify(start_ns, end_ns, aborted=aborted or bool(abort_err), idle=idle)
    text = (join_texts((abort_err, err)) or "") if abort_err else err
    return Sighting(state, start_ns, end_ns, text or ("aborted" if aborted else ""), kind)


def _finished(lists: Lists) -> tuple[str, ...]:
    """List the jobs of a reply that finished."""
    found = {
        str(snap["id"])
        for target, snaps in lists.items()
        for index, snap in enumerate(snaps)
        if _sighting(snap, target, index, set()).state is TargetState.FINISHED
    }
    return tuple(sorted(found))


def _structure(lists: Lists) -> dict[str, tuple[JobSnap, ...]]:
    """Structure quickly; where that fails, once more in detail, to name the place."""
    shape = dict[str, tuple[JobSnap, ...]]
    try:
        return _converter(detailed=False).structure(lists, shape)
    except Exception:  # noqa: BLE001 - cattrs raises whatever a document provokes
        try:
            return _converter(detailed=True).structure(lists, shape)
        except Exception as error:  # noqa: BLE001
            leaf, place = _first_leaf(error)
            raise ProtocolError(printable(str(leaf)), printable(place)) from None


def _first_leaf(error: Exception) -> tuple[Exception, str]:
    """Follow the notes of cattrs down to the first thing that is wrong: ``t1[0].stats.loc-objs``."""
    from cattrs.errors import AttributeValidationNote  # noqa: PLC0415

    path = ""
    while isinstance(error, ExceptionGroup):
        error = cast("ExceptionGroup[Exception]", error).exceptions[0]
        for note in getattr(error, "__notes__", ()):
            if isinstance(note, AttributeValidationNote):
                path += f".{_WIRE_KEYS.get(note.name, note.name)}"
            else:  # an IterableValidationNote; there is no third
                path += f"[{note.index}]" if isinstance(note.index, int) else f".{note.index}"
    return error, path.removeprefix(".")


def _text(value: object, place: str = "") -> str:
    if type(value) is not str:
        _fail(f"str was expected, not {_shape(value)}", place)
    return value


def _flag(value: object, place: str = "") -> bool:
    if type(value) is not bool:
        _fail(f"bool was expected, not {_shape(value)}", place)
    return value


def _int64(value: object, place: str = "") -> int:
    if type(value) is not int or not -_MAX_INT64 - 1 <= value <= _MAX_INT64:
        _fail(f"an int64 was expected, not {_shorten(value)}", place)
    return value


def _counter(value: object, place: str = "") -> int:
    if type(value) is not str or not _INT64.match(value):
        _fail(f"a decimal int64 in a string was expected, not {_shorten(value)}", place)
    return _int64(int(value), place)


def _shorten(value: object) -> str:
    return repr(value)[:40]


def parse_time(value: object) -> int | None:
    """
    Read an RFC 3339 time as exact nanoseconds since the epoch; Go's zero time is ``None``.

    Go prints its zero in the server's own zone, so any moment of year 1 or before counts as it.

    Raises:
        ProtocolError: it is something else.
    """
    if value == _GO_ZERO:
        return None
    return _parse_time(_text(value))


@lru_cache(maxsize=16_384)  # A job that runs began at the same moment in every reply.
def _parse_time(value: str) -> int | None:
    match = _TIME.match(value)
    if match is None:
        _fail(f"an RFC 3339 time was expected, not {_shorten(value)}")
    text, fraction, zone = match.groups()
    if text < "0002":
        return None
    try:
        local = datetime.fromisoformat(text)
        offset = datetime.fromisoformat(f"{text[:10]}T00:00:00{zone}").utcoffset()
        seconds = (local.toordinal() - _EPOCH_DAY) * 86_400
        seconds += local.hour * 3600 + local.minute * 60 + local.second
        seconds -= round(offset.total_seconds()) if offset else 0
        from_nanoseconds(seconds * 1_000_000_000)
    except (ValueError, OverflowError) as error:
        _fail(f"{error}: {_shorten(value)}")
    return seconds * 1_000_000_000 + int((fraction or "").ljust(9, "0"))


def _moment(value: object) -> datetime | None:
    return from_nanoseconds(parse_time(value))


def _bucket(value: object) -> BucketRef | None:
    """Read a bucket; Go has no *no bucket*, it sends one without a name."""
    if value is None:
        return None
    bucket = _object(value, "a bucket")
    name = _text(bucket.get("name", ""))
    if not name:
        return None
    namespace = bucket.get("namespace")
    return BucketRef(
        name,
        _text(bucket.get("provider", "")),
        None if namespace is None else _namespace(namespace),
    )


def _namespace(value: object) -> dict[str, str]:
    return {key: _text(text) for key, text in _object(value, "a namespace").items()}


_SNAP_READERS: Final[Mapping[str, Callable[[object], object]]] = {
    "start_time": _moment,
    "end_time": _moment,
    "start_time_ns": parse_time,
    "end_time_ns": parse_time,
    "bucket": _bucket,
    "source_bck": _bucket,
    "destination_bck": _bucket,
    "packed": _counter,
    "ext": lambda value: value,
}
"""What reads the fields that their types do not tell."""


def _hook(read: Callable[[object], T]) -> Callable[[object, object], T]:
    return lambda value, _: read(value)


@cache
def _converter(*, detailed: bool) -> Converter:
    from cattrs import Converter  # noqa: PLC0415 - dear to import, and needed with the first model only
    from cattrs.gen import make_dict_structure_fn, override  # noqa: PLC0415

    make = cast("Callable[..., Callable[[Any, Any], Any]]", make_dict_structure_fn)
    converter = Converter(detailed_validation=detailed)
    converter.register_structure_hook(str, _hook(_text))
    converter.register_structure_hook(bool, _hook(_flag))
    counters = {name: override(rename=key, struct_hook=_hook(_counter)) for name, key in _STATS_KEYS.items()}
    readers = {
        name: override(rename=_SNAP_KEYS.get(name), struct_hook=_hook(read))
        for name, read in _SNAP_READERS.items()
    }
    readers["abort_err"] = override(rename=_SNAP_KEYS["abort_err"])
    count = make(JobStats, converter, **counters)
    converter.register_structure_hook(
        JobStats, lambda value, shape: count(_object(value, "an object of counters"), shape)
    )
    converter.register_structure_hook(JobSnap, make(JobSnap, converter, **readers))
    return converter
