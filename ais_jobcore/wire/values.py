"""
From JSON to values of the promised types, strictly: all else is a ``ProtocolError`` that names the place.

Counters are decimal int64 in JSON strings, times are RFC 3339 with 0 to 9 fraction digits and any offset,
year 1 is *not yet*, lists may be ``null``.
"""

from __future__ import annotations

import json
import math
import re
from datetime import datetime
from functools import lru_cache
from typing import Final, NoReturn, cast

from .. import limits
from ..errors import ProtocolError
from ..snapshots import from_nanoseconds
from ..text import printable

_INT64: Final = re.compile(r"-?[0-9]{1,19}\Z")
_MAX_INT64: Final = 2**63 - 1
_TIME: Final = re.compile(
    r"([0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9])"
    r"(?:\.([0-9]{1,9}))?(Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])\Z"
)
"""What Go writes; spelt out, since Pythons differ in what else they take: 24:00, offsets of 75 minutes."""
GO_ZERO: Final = "0001-01-01T00:00:00Z"
"""What Go writes for *not yet*, in a zone of its own."""
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DATE: Final = re.compile(
    rf"[A-Z][a-z]{{2}}, ([0-9]{{2}}) ({'|'.join(_MONTHS)}) ([0-9]{{4}}) "
    r"([0-9]{2}:[0-9]{2}:[0-9]{2}) GMT\Z"
)
"""The one form of a date that HTTP servers send (RFC 9110, 5.6.7)."""
_EPOCH_DAY: Final = datetime(1970, 1, 1).toordinal()  # noqa: DTZ001 - days only


def load(body: bytes) -> object:
    """
    Parse JSON, in UTF-8.

    Raises:
        ProtocolError: it is something else.
    """
    try:
        return _DECODER.decode(body.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        message = f"not JSON: {error}" if isinstance(error, ValueError) else "nested too deeply"
        raise ProtocolError(printable(message)) from None


def _no_constant(name: str) -> NoReturn:
    fail(f"{name} is not JSON")


def _finite(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        fail(f"a number is too large: {text}")
    return value


_DECODER: Final = json.JSONDecoder(parse_constant=_no_constant, parse_float=_finite)


def fail(message: str, place: str = "") -> NoReturn:
    """Raise the error that names the place."""
    raise ProtocolError(printable(message), printable(place))


def shape(value: object) -> str:
    """Name the type of a value."""
    return "null" if value is None else type(value).__name__


def need_object(value: object, what: str, place: str = "") -> dict[str, object]:
    """Return an object, or fail by what it should be."""
    if not isinstance(value, dict):
        fail(f"{what} was expected, not {shape(value)}", place)
    return cast("dict[str, object]", value)


def need_list(value: object, what: str) -> list[object]:
    """Read a list; Go sends ``null`` for an empty one."""
    if value is not None and not isinstance(value, list):
        fail(f"{what} was expected, not {shape(value)}")
    return cast("list[object]", value or [])


def need_text(value: object, place: str = "") -> str:
    """Return a text, or fail."""
    if type(value) is not str:
        fail(f"str was expected, not {shape(value)}", place)
    return value


def need_flag(value: object, place: str = "") -> bool:
    """Return a flag, or fail."""
    if type(value) is not bool:
        fail(f"bool was expected, not {shape(value)}", place)
    return value


def need_int64(value: object, place: str = "") -> int:
    """Return an int64, or fail."""
    if type(value) is not int or not -_MAX_INT64 - 1 <= value <= _MAX_INT64:
        fail(f"an int64 was expected, not {shorten(value)}", place)
    return value


def need_counter(value: object, place: str = "") -> int:
    """Return the int64 in a text, or fail."""
    if type(value) is not str or not _INT64.match(value):
        fail(f"a decimal int64 in a string was expected, not {shorten(value)}", place)
    return need_int64(int(value), place)


def shorten(value: object) -> str:
    """Show a value in a message."""
    return repr(value)[: limits.SHOWN_VALUE]


def parse_time(value: object) -> int | None:
    """
    Read an RFC 3339 time as exact nanoseconds since the epoch; Go's zero time is ``None``.

    Go prints its zero in the server's own zone, so any moment of year 1 or before counts as it.

    Raises:
        ProtocolError: it is something else.
    """
    return None if value == GO_ZERO else read_time(need_text(value))


@lru_cache(maxsize=limits.REMEMBERED_SNAPSHOTS)  # A job that runs began at the same moment in every reply.
def read_time(value: str) -> int | None:
    """Read a text as :func:`parse_time` does."""
    match = _TIME.match(value)
    if match is None:
        fail(f"an RFC 3339 time was expected, not {shorten(value)}")
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
        fail(f"{error}: {shorten(value)}")
    return seconds * 1_000_000_000 + int((fraction or "").ljust(9, "0"))


def read_date(text: str) -> int | None:
    """Read the header ``Date`` as nanoseconds since the epoch; anything else is ``None``."""
    match = _DATE.match(text)
    if match is None:
        return None
    day, month, year, clock = match.groups()
    try:
        return read_time(f"{year}-{_MONTHS.index(month) + 1:02}-{day}T{clock}Z")
    except ProtocolError:
        return None
