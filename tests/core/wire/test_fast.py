"""The quick look at snapshots: it says what the standard library's parser says, or nothing."""

from __future__ import annotations

import sys
from random import Random
from typing import TYPE_CHECKING, Final

import pytest

from ais_jobcore.errors import ProtocolError
from ais_jobcore.wire import _fast, documents
from ais_jobcore.wire.documents import read_sightings
from tests.builders import JOB, dump
from tests.core.sent import SNAP, one, snap_with

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ais_jobcore.wire.lean import Sightings

PLAIN: Final = dump({"t1": [SNAP], "t2": None, "t3": [SNAP, snap_with(id="other")], "t4": []})
MUTANTS: Final = 4000
PIECES: Final = [
    piece.encode("latin-1")
    for piece in (
        *(
            '"',
            ",",
            ":",
            "{",
            "}",
            "[",
            "]",
            "-",
            " ",
            "\t",
            "\0",
            "\x7f",
            "\x0c",
            "\\",
            "/**/",
            "\xff",
            "\xc3\xa9",
        ),
        *(
            "null",
            "true",
            "NaN",
            "Infinity",
            "1e999",
            "01",
            "1.",
            "-0",
            "1e5",
            "9" * 30,
            "9" * 5000,
            "[" * 2000,
        ),
        *(
            "\\ud800",
            "\\u12",
            "\\u0041",
            "\\x",
            "\xed\xa0\x80",
            "\xef\xbb\xbf",
            '"id":"other",',
            '"aborted":1,',
        ),
    )
]


@pytest.fixture
def without_msgspec(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let msgspec not be installed."""
    monkeypatch.setitem(sys.modules, "msgspec", None)
    _fast.decoder.cache_clear()
    yield
    _fast.decoder.cache_clear()


def attempt(body: bytes) -> tuple[Sightings | None, str]:
    """Return what is read, or the error."""
    try:
        return read_sightings(body, JOB), ""
    except ProtocolError as error:
        return None, str(error)


def mutants(count: int) -> list[bytes]:
    """Damage a reply in one place or two, the same way every time."""
    random = Random(1)
    bodies: list[bytes] = []
    for _ in range(count):
        body = bytearray(PLAIN)
        for _ in range(random.randint(1, 2)):
            begin = random.randrange(len(body))
            body[begin : begin + random.choice([0, 0, 1, 2, 5, 20])] = random.choice(PIECES)
        bodies.append(bytes(body))
    return bodies


def test_usual_reply_is_seen_at_a_glance() -> None:
    """What servers send every time needs no closer look: the other parser is not asked."""
    assert {"t1", "t3"} == set(documents._glanced(PLAIN, JOB))


def test_glance_says_what_the_closer_look_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of replies damaged in any way, the same are taken, say the same, and are refused in the same words."""
    bodies = [PLAIN, *mutants(MUTANTS)]
    glanced = sum(bool(documents._glanced(body, JOB)) for body in bodies)
    quick = [attempt(body) for body in bodies]
    monkeypatch.setattr(documents, "decoder", lambda: None)
    assert quick == [attempt(body) for body in bodies]
    assert MUTANTS // 20 < glanced < MUTANTS


@pytest.mark.parametrize("key", [*SNAP, "new"])
@pytest.mark.parametrize("value", [None, 1, 1.5, True, "", "x", {}, {"new": 1}, [], [1]])
def test_field_that_is_not_as_usual(key: str, value: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """A field that is missing, new, or of another type leads to the same answer as without msgspec."""
    for snap in ({**SNAP, key: value}, {name: field for name, field in SNAP.items() if name != key}):
        body = one(snap)
        quick = attempt(body)
        with monkeypatch.context() as patch:
            patch.setattr(documents, "decoder", lambda: None)
            assert quick == attempt(body)


def test_time_that_is_none_is_named_with_its_target() -> None:
    """The quick look leaves the naming of places to the closer one."""
    read, error = attempt(one(snap_with(start_time="never")))
    assert read is None
    assert error.startswith("t1[0].start-time: ")


@pytest.mark.usefixtures("without_msgspec")
def test_nothing_is_seen_without_msgspec() -> None:
    """Where msgspec is not installed, all is read by the closer look."""
    assert {} == documents._glanced(PLAIN, JOB)
    read, error = attempt(PLAIN)
    assert (["t1", "t3"], "") == (list(read.own if read else ()), error)


def test_reply_without_the_job_is_looked_at_closely() -> None:
    """A rebalance may be answered for by a later one, which the quick look does not collect."""
    body = one(snap_with(id="g5", end_time="2026-11-23T13:00:00Z"))
    assert ("g5",) == read_sightings(body, "g4").finished_others
