"""
From JSON documents to values, strictly: what is not as promised is a ``ProtocolError`` that names the place.

Counters are decimal int64 in JSON strings, times are RFC 3339 with 0 to 9 fraction digits and any offset,
year 1 is *not yet*, lists may be ``null``, unknown fields are passed over.
cattrs does the structuring; it is imported with the first document, so that importing the core stays cheap.
"""

from __future__ import annotations

import json
import re
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeVar, cast

from attrs import evolve, frozen

from .errors import ProtocolError
from .snapshots import (
    AggregatedJobSnap,
    BucketRef,
    JobSnap,
    JobStats,
    JobStatus,
    from_nanoseconds,
)
from .text import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cattrs import Converter

T = TypeVar("T")

_INT64: Final = re.compile(r"-?[0-9]{1,19}\Z")
_MAX_INT64: Final = 2**63 - 1
_TIME: Final = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.([0-9]{1,9}))?(Z|[+-][0-9]{2}:[0-9]{2})\Z"
)
_EPOCH_DAY: Final = datetime(1970, 1, 1).toordinal()  # noqa: DTZ001 - days only

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
_OPTIONAL_KEYS: Final = ("err", "is_idle")
"""What older servers leave out; without them a success is less sure, so their absence is noted."""


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
        document = _load(body)
    except ProtocolError:
        return None
    if not isinstance(document, dict) or not isinstance(document.get("message"), str):
        return None
    tcode = document.get("tcode")
    return ErrorDocument(printable(document["message"]), printable(tcode) if isinstance(tcode, str) else "")


def read_snapshots(body: bytes) -> AggregatedJobSnap:
    """
    Read the answer to a query for snapshots.

    Raises:
        ProtocolError: it is something else.
    """
    document = _load(body)
    if document is None:
        return AggregatedJobSnap()
    if not isinstance(document, dict):
        _fail(f"an object of targets was expected, not {_shape(document)}")
    lists = _lists(document)
    root = _structure(lists, dict[str, tuple[JobSnap, ...]])
    return AggregatedJobSnap(root, _missing_keys(lists))


def read_status(body: bytes) -> JobStatus:
    """
    Read the answer to a query for the status of one job.

    Raises:
        ProtocolError: it is something else.
    """
    document = _load(body)
    if not isinstance(document, dict):
        _fail(f"a status was expected, not {_shape(document)}")
    for key in ("uuid", "end_time"):
        if key not in document:
            _fail("missing", key)
    notes = () if "err" in document else ("the server sends no err in a status",)
    return evolve(_structure(document, JobStatus), notes=notes)


def _load(body: bytes) -> Any:  # noqa: ANN401 - JSON is anything
    try:
        return json.loads(body.decode("utf-8"), parse_constant=_fail)
    except (ValueError, RecursionError) as error:
        message = f"not JSON: {error}" if isinstance(error, ValueError) else "nested too deeply"
        raise ProtocolError(printable(message)) from None


def _fail(message: str, place: str = "") -> NoReturn:
    raise ProtocolError(printable(message), place)


def _shape(value: object) -> str:
    return "null" if value is None else type(value).__name__


def _lists(document: dict[str, Any]) -> dict[str, list[Any]]:
    for target, snaps in document.items():
        if not isinstance(snaps, list | None):
            _fail(f"a list of snapshots was expected, not {_shape(snaps)}", printable(target))
        for index, snap in enumerate(snaps or ()):
            place = printable(f"{target}[{index}]")
            if not isinstance(snap, dict):
                _fail(f"a snapshot was expected, not {_shape(snap)}", place)
            if "id" not in snap:
                _fail("missing", f"{place}.id")
    return {target: snaps or [] for target, snaps in document.items()}


def _missing_keys(lists: dict[str, list[Any]]) -> tuple[str, ...]:
    snaps = [snap for snaps in lists.values() for snap in snaps]
    return tuple(
        f"the server sends no {key} in snapshots"
        for key in _OPTIONAL_KEYS
        if any(key not in snap for snap in snaps)
    )


def _structure(document: object, shape: type[T]) -> T:
    """Structure quickly; where that fails, once more in detail, to name the place."""
    try:
        return _converter(detailed=False).structure(document, shape)
    except Exception:  # noqa: BLE001 - cattrs raises whatever a document provokes
        try:
            return _converter(detailed=True).structure(document, shape)
        except Exception as error:  # noqa: BLE001
            leaf, path = _first_leaf(error, {} if shape is JobStatus else _WIRE_KEYS)
            raise ProtocolError(printable(str(leaf)), path) from None


def _first_leaf(error: Exception, keys: Mapping[str, str]) -> tuple[Exception, str]:
    """Follow the notes of cattrs down to the first thing that is wrong."""
    from cattrs.errors import AttributeValidationNote, IterableValidationNote  # noqa: PLC0415

    path = ""
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
        for note in getattr(error, "__notes__", ()):
            if isinstance(note, IterableValidationNote):
                path += f"[{note.index}]" if isinstance(note.index, int) else f".{note.index}"
            elif isinstance(note, AttributeValidationNote):
                path += f".{keys.get(note.name, note.name)}"
    if isinstance(error, KeyError):
        return ValueError("missing"), printable(f"{path}.{error.args[0]}".lstrip("."))
    return error, printable(path.lstrip("."))


def _exactly(kind: type[T]) -> Callable[[object, object], T]:
    def structure(value: object, _: object) -> T:
        if type(value) is not kind:
            _fail(f"{kind.__name__} was expected, not {_shape(value)}")
        return value

    return structure


def _counter(value: object, _: object) -> int:
    if not isinstance(value, str) or not _INT64.match(value):
        _fail(f"a decimal int64 in a string was expected, not {value!r}")
    return _int64(int(value), None)


def _int64(value: object, _: object) -> int:
    if type(value) is not int or not -_MAX_INT64 - 1 <= value <= _MAX_INT64:
        _fail(f"an int64 was expected, not {value!r}")
    return value


def parse_time(value: object, _: object = None) -> int | None:
    """
    Read an RFC 3339 time as exact nanoseconds since the epoch; Go's zero time is ``None``.

    Go prints its zero in the server's own zone, so any moment of year 1 or before counts as it.

    Raises:
        ProtocolError: it is something else.
    """
    match = _TIME.match(value) if isinstance(value, str) else None
    if match is None:
        _fail(f"an RFC 3339 time was expected, not {value!r}")
    text, fraction, zone = match.groups()
    if text < "0002":
        return None
    try:
        local = datetime.fromisoformat(text)
        offset = datetime.fromisoformat(f"{text[:10]}T00:00:00{zone}").utcoffset()
    except ValueError as error:
        _fail(f"{error}: {value!r}")
    seconds = (local.toordinal() - _EPOCH_DAY) * 86_400 + local.hour * 3600 + local.minute * 60 + local.second
    seconds -= round(offset.total_seconds()) if offset else 0
    return seconds * 1_000_000_000 + int((fraction or "").ljust(9, "0"))


def _moment(value: object, _: object) -> datetime | None:
    return from_nanoseconds(parse_time(value))


def _mapping(value: object, _: object) -> dict[str, str]:
    if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
        _fail(f"an object of strings was expected, not {_shape(value)}")
    return value


def _bucket(value: object, _: object) -> BucketRef | None:
    """Read a bucket; Go has no *no bucket*, it sends one without a name."""
    if value is None:
        return None
    if not isinstance(value, dict):
        _fail(f"a bucket was expected, not {_shape(value)}")
    bucket = cast("dict[str, object]", value)
    if not bucket.get("name"):
        return None
    namespace = bucket.get("namespace")
    return BucketRef(
        _text(bucket["name"], None),
        _text(bucket.get("provider", ""), None),
        None if namespace is None else _mapping(namespace, None),
    )


_text: Final = _exactly(str)
_flag: Final = _exactly(bool)

_SNAP_READERS: Final[Mapping[str, Callable[[object, object], object]]] = {
    "start_time": _moment,
    "end_time": _moment,
    "start_time_ns": parse_time,
    "end_time_ns": parse_time,
    "bucket": _bucket,
    "source_bck": _bucket,
    "destination_bck": _bucket,
    "packed": _counter,
    "ext": lambda value, _: value,
}
"""What reads the fields that their types do not tell."""


@cache
def _converter(*, detailed: bool) -> Converter:
    from cattrs import Converter  # noqa: PLC0415 - dear to import, and needed with the first document only
    from cattrs.gen import make_dict_structure_fn, override  # noqa: PLC0415

    make = cast("Callable[..., Callable[[Any, Any], Any]]", make_dict_structure_fn)
    converter = Converter(detailed_validation=detailed)
    for kind, read in ((str, _text), (bool, _flag), (int, _int64)):
        converter.register_structure_hook(kind, read)
    counters = {name: override(rename=key, struct_hook=_counter) for name, key in _STATS_KEYS.items()}
    readers = {
        name: override(rename=_SNAP_KEYS.get(name), struct_hook=_SNAP_READERS.get(name))
        for name in _SNAP_READERS.keys() | _SNAP_KEYS.keys()
    }
    converter.register_structure_hook(JobStats, make(JobStats, converter, **counters))
    converter.register_structure_hook(JobSnap, make(JobSnap, converter, **readers))
    converter.register_structure_hook(JobStatus, make(JobStatus, converter, notes=override(omit=True)))
    return converter
