"""Counters and times in documents: what Go writes, and nothing that only Python takes for it."""

from __future__ import annotations

import string
from copy import deepcopy
from datetime import UTC, datetime, timedelta, timezone
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ais_jobcore import ProtocolError, TargetState
from ais_jobcore.wire.models import read_snapshots
from ais_jobcore.wire.values import (
    fail,
    load,
    need_counter,
    need_flag,
    need_int64,
    need_list,
    need_object,
    need_text,
    parse_time,
    read_date,
    shorten,
)
from tests.builders import ZERO
from tests.core.sent import DAY, SNAP, START_NS, attempt, one, read_one, refuse, sight_one, snap_with

if TYPE_CHECKING:
    from collections.abc import Callable

COUNTERS: Final = ("glob.id", *(f"stats.{key}" for key in SNAP["stats"]))


def with_counter(key: str, value: object) -> dict[str, Any]:
    """Set one counter of a snapshot."""
    snap = deepcopy(SNAP)
    if key == "glob.id":
        snap[key] = value
    else:
        snap["stats"][key.removeprefix("stats.")] = value
    return snap


@pytest.mark.parametrize("key", COUNTERS)
@pytest.mark.parametrize(
    "value",
    [
        "1_000",
        " 12 ",
        "12 ",
        "12\n",
        "",
        "-",
        "+5",
        "5.0",
        "1e3",
        "0x1f",
        "\u0661\u0662",
        "\uff11",
        "NaN",
        "--5",
        "\u22125",
    ],
)
def test_text_that_is_no_counter(key: str, value: str) -> None:
    """A counter is `-?[0-9]+` and nothing that only Python takes for a number."""
    error = refuse(read_snapshots, one(with_counter(key, value)))
    assert f"t1[0].{key}" == error.place
    assert "a decimal int64 in a string was expected, not " in error.message


@pytest.mark.parametrize("key", COUNTERS)
@pytest.mark.parametrize("value", [5, 5.0, True, None, [], ["5"], {}, 10**30])
def test_a_counter_is_text(key: str, value: object) -> None:
    """A bare number is not what the protocol promises, nor is anything else."""
    assert refuse(read_snapshots, one(with_counter(key, value))).place == f"t1[0].{key}"


@pytest.mark.parametrize("key", COUNTERS)
@pytest.mark.parametrize(
    "value",
    ["9223372036854775808", "-9223372036854775809", "99999999999999999999", "9" * 4_000, "8" * 100_000],
    ids=lambda value: value[:21],
)
def test_a_counter_is_an_int64(key: str, value: str) -> None:
    """What is out of range is refused, however long, and quoted in short."""
    error = refuse(read_snapshots, one(with_counter(key, value)))
    assert error.place == f"t1[0].{key}"
    assert len(str(error)) < 200


@given(st.integers(-(2**63), 2**63 - 1), st.sampled_from(COUNTERS))
def test_every_int64_is_a_counter(value: int, key: str) -> None:
    """All of the range is read exactly."""
    snap = read_one(with_counter(key, str(value)))
    if key == "glob.id":
        assert value == snap.packed
    else:
        assert snap.stats is not None
        name = {"stats.loc-objs": "objects", "stats.loc-bytes": "bytes"}.get(
            key, key.removeprefix("stats.").replace("-objs", "_objects").replace("-bytes", "_bytes")
        )
        assert value == getattr(snap.stats, name)


@pytest.mark.parametrize(
    ("text", "nanoseconds"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1969-12-31T23:59:59.999999999Z", -1),
        ("2026-11-23T12:27:31.531549014Z", START_NS),
        ("2026-11-23T14:27:31.531549014+02:00", START_NS),
        ("2026-11-23T04:57:31.531549014-07:30", START_NS),
        ("2026-11-24T12:26:31.531549014+23:59", START_NS),
        ("2026-11-22T12:28:31.531549014-23:59", START_NS),
        ("2026-11-23T12:27:31.531549014-00:00", START_NS),
        ("2024-02-29T00:00:00Z", 19_782 * DAY),
        ("0002-01-01T00:00:00Z", -718_797 * DAY),
        ("0002-01-01T00:00:00+23:59", -718_798 * DAY + 60_000_000_000),
        ("9999-12-31T23:59:59.999999999Z", 2_932_897 * DAY - 1),
        ("9999-12-31T23:59:59+23:59", 2_932_896 * DAY + 59_000_000_000),
    ],
)
def test_times(text: str, nanoseconds: int) -> None:
    """A time is read to the nanosecond, whatever its offset."""
    assert nanoseconds == parse_time(text)


@pytest.mark.parametrize("month", range(1, 13))
def test_every_day_of_a_year(month: int) -> None:
    """Months and days are counted as the calendar does."""
    for day in (1, 10, 19, 28):
        moment = datetime(2027, month, day, 20, 59, 59, tzinfo=UTC)
        expected = (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(seconds=1) * 10**9
        assert expected == parse_time(f"2027-{month:02}-{day:02}T20:59:59Z")


@pytest.mark.parametrize("digits", range(10))
def test_fractions_of_any_length(digits: int) -> None:
    """From none to nine digits of a fraction count, the first for tenths."""
    fraction = f".{'123456789'[:digits]}" if digits else ""
    expected = int("123456789"[:digits].ljust(9, "0"))
    assert expected == parse_time(f"1970-01-01T00:00:00{fraction}Z")


@pytest.mark.parametrize(
    "text",
    [
        ZERO,
        "0001-01-01T00:00:00+00:00",
        "0001-01-01T05:30:00+05:30",
        "0001-01-01T23:59:00+23:59",
        "0000-12-31T16:00:00-08:00",
        "0000-12-31T00:01:00-23:59",
        "0001-01-01T00:00:00.000000001Z",
        "0001-12-31T23:59:59.999999999Z",
        "0000-01-01T00:00:00Z",
    ],
)
def test_go_has_a_zero_for_not_yet(text: str) -> None:
    """Go prints its zero time in the server's zone: year 1, or 0, is *not yet* (Appendix A)."""
    assert parse_time(text) is None
    snap = read_one(snap_with(start_time=text))
    assert (None, None) == (snap.start_time, snap.start_time_ns)
    assert [TargetState.NOT_STARTED] == [
        seen.state for seen in sight_one(one(snap_with(start_time=text))).own["t1"]
    ]


NO_TIMES: Final = [
    "",
    "2026-11-23",
    "2026-11-23T12:27:31",
    "2026-11-23T12:27Z",
    "2026-11-23 12:27:31Z",
    "2026-11-23t12:27:31Z",
    "2026-11-23T12:27:31z",
    "2026-11-23T12:27:31.Z",
    "2026-11-23T12:27:31,5Z",
    "2026-11-23T12:27:31.1234567890Z",
    "2026-11-23T12:27:31.5",
    "2026-11-23T12:27:31+0200",
    "2026-11-23T12:27:31+02",
    "2026-11-23T12:27:31+02:00:00",
    "2026-11-23T12:27:31UTC",
    "2026-11-23T12:27:31Z\n",
    " 2026-11-23T12:27:31Z",
    "2026-W48-1",
    "20261123T122731Z",
    "26-11-23T12:27:31Z",
    "12026-11-23T12:27:31Z",
    "-2026-11-23T12:27:31Z",
    "\u0662026-11-23T12:27:31Z",
    "\uff12026-11-23T12:27:31Z",
    "2026-00-23T12:27:31Z",
    "2026-13-23T12:27:31Z",
    "2026-11-00T12:27:31Z",
    "2026-11-31T12:27:31Z",
    "2026-02-29T12:27:31Z",
    "2026-11-23T24:00:00Z",
    "2026-11-23T12:60:00Z",
    "2026-11-23T12:27:60Z",
    "2016-12-31T23:59:60Z",
    "2026-11-23T12:27:31+24:00",
    "2026-11-23T12:27:31-24:00",
    "2026-11-23T12:27:31+12:60",
    "2026-11-23T12:27:31+12:75",
    "2026-11-23T12:27:31+23:60",
    "0001-13-01T00:00:00Z",
    "0000-00-00T00:00:00Z",
    "0001-01-01T99:00:00Z",
    "0001-01-01T00:00:60Z",
    "0001-01-32T00:00:00Z",
    "9999-12-31T23:59:59-00:01",
    "9999-12-31T23:59:59-23:59",
    "1795436851",
    "never",
    "2" * 100_000,
]


@pytest.mark.parametrize("text", NO_TIMES, ids=lambda text: repr(text[:40]))
def test_text_that_is_no_time(text: str) -> None:
    """What Go does not write is refused, the same by every Python: leap seconds, 24:00, long offsets."""
    with pytest.raises(ProtocolError):
        parse_time(text)
    for key in ("start-time", "end-time"):
        for read in (read_snapshots, sight_one):
            error = refuse(read, one({**SNAP, key: text}))
            assert error.place == f"t1[0].{key}"
            assert len(str(error)) < 200


@pytest.mark.parametrize("value", [None, 0, 1.5, True, [], {}])
def test_a_time_is_text(value: object) -> None:
    """Anything but text is refused."""
    with pytest.raises(ProtocolError, match="str was expected"):
        parse_time(value)


zones = st.builds(
    timezone, st.integers(-23 * 60 - 59, 23 * 60 + 59).map(lambda minutes: timedelta(minutes=minutes))
)


@given(
    st.datetimes(datetime(2, 1, 2), datetime(9999, 12, 30)),  # noqa: DTZ001 - the zone is another argument
    st.integers(0, 999),
    st.integers(0, 9),
    zones,
    st.booleans(),
)
def test_times_survive_the_way_over_the_wire(
    moment: datetime, sub: int, digits: int, zone: timezone, zulu: bool
) -> None:
    """A moment written with any number of digits and any offset is read to the last digit written."""
    zone = UTC if zulu else zone
    local = moment.replace(tzinfo=UTC).astimezone(zone)
    fraction = f"{moment.microsecond:06}{sub:03}"[:digits]
    offset = "Z" if zulu else local.isoformat()[-6:]
    text = f"{local:%m-%dT%H:%M:%S}{'.' if digits else ''}{fraction}{offset}"
    text = f"{local.year:04}-{text}"
    seconds = (moment.replace(microsecond=0, tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(
        seconds=1
    )
    expected = seconds * 10**9 + int(fraction.ljust(9, "0"))
    assert expected == parse_time(text)
    snap = read_one(snap_with(start_time=text))
    assert expected == snap.start_time_ns
    assert snap.start_time is not None
    assert timedelta(0) <= moment.replace(tzinfo=UTC) - snap.start_time < timedelta(seconds=1)


@given(st.one_of(st.text(), st.text(string.digits + "TZ:-+.", max_size=40)))
def test_any_text_is_a_time_or_an_error(text: str) -> None:
    """Reading a time never fails in another way."""
    error = attempt(parse_time, text)
    assert error is None or str(error).isprintable()


# The header ``Date``.

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
        ("Thu, 01 Jan 1970 00:01:02 GMT", 62),
        ("Mon, 23 Nov 2026 12:00:00 GMT", 1_795_435_200),
        ("Thu, 29 Feb 2024 23:59:59 GMT", 1_709_251_199),
        *(
            (f"Mon, 01 {name} 2026 00:00:00 GMT", int(datetime(2026, month, 1, tzinfo=UTC).timestamp()))
            for month, name in enumerate(MONTHS, 1)
        ),
    ],
)
def test_dates(text: str, seconds: int) -> None:
    """A date is read in the one form that servers send; the name of its day says nothing new."""
    assert seconds * 1_000_000_000 == read_date(text)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "now",
            "Mon, 23 Nov 2026 12:00:00 UTC",
            "Mon, 23 Nov 2026 12:00:00 GMT ",
            "Mon, 0x Nov 2026 12:00:00 GMT",
            "mon, 23 Nov 2026 12:00:00 GMT",
            "23 Nov 2026 12:00:00 GMT",
        ),
        *("Mon, 31 Feb 2026 12:00:00 GMT", "Mon, 23 Nov 2026 25:00:00 GMT", "Mon, 23 Nop 2026 12:00:00 GMT"),
        *("Monday, 23-Nov-26 12:00:00 GMT", "Mon Nov 23 12:00:00 2026", "Mon, 23 Nov 2026 12:00:00 GMT\n"),
    ],
)
def test_text_that_is_no_date(text: str) -> None:
    """Anything else is no date, and no error: a wait does without."""
    assert read_date(text) is None


# Whole documents, and the sorts of values in them.


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"[1e999]", "a number is too large: 1e999"),
        (b"[NaN]", "NaN is not JSON"),
        (b"[Infinity]", "Infinity is not JSON"),
        (b"[1", "not JSON"),
        (b"\xff", "not JSON"),
        (b"[" * 100_000, "not JSON|nested|recursion"),
    ],
)
def test_documents_that_are_none(body: bytes, words: str) -> None:
    """What is no JSON, or only for Python, is refused in plain words; what is too deep or large, too."""
    with pytest.raises(ProtocolError, match=words):
        load(body)
    assert [1.5, 10**30] == load(b"[1.5, 1000000000000000000000000000000]")


@pytest.mark.parametrize(
    ("check", "good", "bad", "words"),
    [
        (
            partial(need_object, what="a snapshot", place="t1"),
            {"a": 1},
            [],
            "t1: a snapshot was expected, not list",
        ),
        (
            partial(need_list, what="names"),
            ["a"],
            {},
            "names was expected, not dict",
        ),
        (
            partial(need_list, what="names"),
            ["a"],
            0,
            "names was expected, not int",
        ),
        (partial(need_text, place="t1.id"), "x", None, "t1.id: str was expected, not null"),
        (partial(need_flag, place="t1.aborted"), True, 1, "t1.aborted: bool was expected, not int"),
    ],
)
def test_sorts_of_values(check: Callable[[object], object], good: object, bad: object, words: str) -> None:
    """A value of the right sort is returned as it is; of any other, the error names place and both sorts."""
    assert good == check(good)
    with pytest.raises(ProtocolError) as raised:
        check(bad)
    assert words == str(raised.value)


def test_null_is_an_empty_list() -> None:
    """Go sends it for one."""
    assert [] == need_list(None, "a list")


def test_errors_are_printable() -> None:
    """Neither the message nor the place has a control character."""
    with pytest.raises(ProtocolError) as raised:
        fail("a\x1bb", "c\nd")
    assert str(raised.value).isprintable()


def test_words_for_documents_that_are_none() -> None:
    """What is no JSON is told from what is nested too deeply."""
    with pytest.raises(ProtocolError, match=r"^not JSON: .*line 1 column 3"):
        load(b"[1")
    with pytest.raises(ProtocolError, match=r"^nested too deeply$"):
        load(b"[" * 100_000)


@pytest.mark.parametrize("check", [need_text, need_flag, need_int64, need_counter])
def test_no_place_unless_it_is_known(check: Callable[[object], object]) -> None:
    """The error begins with what was expected where nobody said where it was."""
    with pytest.raises(ProtocolError, match="expected") as raised:
        check([])
    assert "" == raised.value.place
    with pytest.raises(ProtocolError) as raised:
        need_object([], "a snapshot")
    assert "" == raised.value.place


def test_long_values_are_cut() -> None:
    """Forty characters of a value are enough to know it by."""
    assert "'" + "x" * 39 == shorten("x" * 100)
    assert "12" == shorten(12)


def test_list_of_what_is_none() -> None:
    """The sort of the value is named."""
    with pytest.raises(ProtocolError, match=r"^names was expected, not str$"):
        need_list("abc", "names")
