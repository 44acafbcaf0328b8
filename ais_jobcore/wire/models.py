"""The full models of a reply, made by cattrs when somebody asks; cattrs is imported with the first."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from ..errors import ProtocolError
from ..snapshots import AggregatedJobSnap, BucketRef, JobSnap, JobStats, from_nanoseconds
from ..text import printable
from .documents import OPTIONAL_KEYS, STATS_KEYS, notes_on, snap_lists
from .values import load, need_counter, need_flag, need_object, need_text, parse_time

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from cattrs import Converter

    from .documents import Lists
    from .lean import Sightings

T = TypeVar("T")

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
_WIRE_KEYS: Final = _SNAP_KEYS | STATS_KEYS


def read_snapshots(body: bytes) -> AggregatedJobSnap:
    """
    Read the answer to a query for snapshots, whole.

    Raises:
        ProtocolError: it is something else.
    """
    lists = snap_lists(load(body))
    missing = {key for snaps in lists.values() for snap in snaps for key in OPTIONAL_KEYS if key not in snap}
    return AggregatedJobSnap(_structure(lists), notes_on(missing))


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
        root = _structure(_only(snap_lists(load(reply)), job_id))
    own = {target: tuple(snap for snap in root[target] if snap.id == job_id) for target in sightings.own}
    return AggregatedJobSnap(own, sightings.notes)


def _only(lists: Lists, job_id: str) -> Lists:
    return {target: [snap for snap in snaps if snap["id"] == job_id] for target, snaps in lists.items()}


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


def _moment(value: object) -> datetime | None:
    return from_nanoseconds(parse_time(value))


def _bucket(value: object) -> BucketRef | None:
    """Read a bucket; Go has no *no bucket*, it sends one without a name."""
    if value is None:
        return None
    bucket = need_object(value, "a bucket")
    name = need_text(bucket.get("name", ""))
    if not name:
        return None
    namespace = bucket.get("namespace")
    return BucketRef(
        name,
        need_text(bucket.get("provider", "")),
        None if namespace is None else _namespace(namespace),
    )


def _namespace(value: object) -> dict[str, str]:
    return {key: need_text(text) for key, text in need_object(value, "a namespace").items()}


_SNAP_READERS: Final[Mapping[str, Callable[[object], object]]] = {
    "start_time": _moment,
    "end_time": _moment,
    "start_time_ns": parse_time,
    "end_time_ns": parse_time,
    "bucket": _bucket,
    "source_bck": _bucket,
    "destination_bck": _bucket,
    "packed": need_counter,
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
    converter.register_structure_hook(str, _hook(need_text))
    converter.register_structure_hook(bool, _hook(need_flag))
    counters = {
        name: override(rename=key, struct_hook=_hook(need_counter)) for name, key in STATS_KEYS.items()
    }
    readers = {
        name: override(rename=_SNAP_KEYS.get(name), struct_hook=_hook(read))
        for name, read in _SNAP_READERS.items()
    }
    readers["abort_err"] = override(rename=_SNAP_KEYS["abort_err"])
    count = make(JobStats, converter, **counters)
    converter.register_structure_hook(
        JobStats, lambda value, shape: count(need_object(value, "an object of counters"), shape)
    )
    converter.register_structure_hook(JobSnap, make(JobSnap, converter, **readers))
    return converter
