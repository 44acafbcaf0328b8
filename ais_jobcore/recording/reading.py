"""Read transcripts: from files that may be cut off, gzipped, of another make, or made to do harm."""

from __future__ import annotations

import json
import zlib
from functools import cache
from io import BytesIO
from pathlib import Path
from types import NoneType
from typing import TYPE_CHECKING, Any, Final, NamedTuple, NoReturn, cast

from attrs import field, frozen

from .. import limits
from ..results import WaitResult
from ..rules import saving
from ..text import printable
from .lines import FORMAT, VERSION, Document, event_of, moment_of, wait_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from os import PathLike

    from ..machines.job import JobWait
    from ..machines.protocols import Event
    from ..schedules import Schedule

FIRST: Final = 2
"""The number of the line after the header."""

_GZIP: Final = b"\x1f\x8b"


class TranscriptError(ValueError):
    """Say in one line what is wrong with a transcript, and where."""


class Entry(NamedTuple):
    """
    Hold one line: an input, and what was decided on it.

    Attributes:
        number: the number of the line, from 1 for the header.
        t: when the input came, in seconds from the start of the wait.
        event: the input; ``None`` for the start.
        decision: what was decided, as a document; ``None`` where the wait raised instead.
        raised: what it raised, empty if nothing.
    """

    number: int
    t: float
    event: Event | None
    decision: Document | None
    raised: str = ""


@frozen
class Transcript:
    """
    Hold a transcript. Its lines are read as they are needed: :meth:`entries` may find that one cannot be.

    Attributes:
        name: the name of the file.
        header: its first line.
        data: the other lines, as they are, without what a killed process left half written.
        truncated: whether there was a line like that, or nothing after the header.
    """

    name: str
    header: Document
    data: bytes = field(repr=lambda data: f"<{len(data)} bytes>")
    truncated: bool = False

    @classmethod
    def load(cls, path: str | PathLike[str]) -> Transcript:
        """
        Read a transcript from a file, gzipped or not.

        Raises:
            TranscriptError: it is none, or of a newer version; the line is named.
            OSError: it cannot be read.
        """
        file = Path(path)
        return cls.parse(_read(file), file.name)

    @classmethod
    def parse(cls, data: bytes, name: str = "transcript") -> Transcript:
        """
        Read a transcript from bytes.

        Raises:
            TranscriptError: as with :meth:`load`.
        """
        first, _, rest = data.partition(b"\n")
        header = _header(first, name)
        # A writer ends every line: whatever follows the last end was cut off, even if it looks whole.
        whole = rest[: rest.rfind(b"\n") + 1]
        return cls(name, header, whole, truncated=whole != rest or not whole)

    def wait(self, schedule: Schedule | None = None) -> JobWait:
        """
        Make the wait that was recorded, not started yet.

        Args:
            schedule: its schedule, where that was one of the user's own.

        Raises:
            TranscriptError: the header does not tell enough.
        """
        try:
            return wait_of(self.header, schedule)
        except Exception as error:  # noqa: BLE001 - cattrs raises whatever a document provokes
            self._fail(1, _words(error))

    @property
    def duration(self) -> float | None:
        """
        How many seconds the job took, as its result says; ``None`` unless it did well, to the last line.

        Raises:
            TranscriptError: the last line cannot be read.
        """
        _, _, last = self.data.removesuffix(b"\n").rpartition(b"\n")
        if self.truncated:
            return None
        try:
            decision = cast("dict[str, Any]", _object(last).get("decision") or {})
            if "done" not in decision:
                return None
            return saving.converter().structure(decision["done"], WaitResult).duration
        except Exception as error:  # noqa: BLE001 - a hostile document provokes whatever it likes
            self._fail(FIRST + self.data.count(b"\n") - 1, _words(error))

    def entries(self) -> Iterator[Entry]:
        """
        Read line after line.

        Raises:
            TranscriptError: one cannot be read.
        """
        request: Document | None = None
        for number, line in enumerate(BytesIO(self.data), FIRST):
            try:
                entry = _entry(number, line, request)
            except Exception as error:  # noqa: BLE001 - a hostile document provokes whatever it likes
                self._fail(number, _words(error))
            request = entry.decision.get("request") if entry.decision else request
            yield entry

    def _fail(self, number: int, words: str) -> NoReturn:
        raise _error(self.name, number, words) from None


def _read(file: Path) -> bytes:
    with file.open("rb") as raw:
        data = raw.read(limits.TRANSCRIPT_LIMIT + 1)
    if data.startswith(_GZIP):
        data = _unzip(data, file.name)
    if len(data) > limits.TRANSCRIPT_LIMIT:
        raise _error(
            file.name, data.count(b"\n") + 1, f"a transcript has at most {limits.TRANSCRIPT_LIMIT:,} bytes"
        )
    return data


def _unzip(data: bytes, name: str) -> bytes:
    """Unzip no more than the limit, as a small file can hold any number of bytes; it may be cut off, too."""
    member = zlib.decompressobj(wbits=31)
    try:
        found = member.decompress(data, limits.TRANSCRIPT_LIMIT + 1)
    except zlib.error as error:
        raise _error(name, 1, f"not gzip: {error}") from None
    if member.unused_data:
        raise _error(name, found.count(b"\n") + 1, "there is something behind the end of the gzip")
    return found


def _header(line: bytes, name: str) -> Mapping[str, Any]:
    try:
        fields = _object(line)
    except (ValueError, RecursionError) as error:
        raise _error(name, 1, f"not a transcript: {_words(error)}") from None
    version = fields.get("version")
    if fields.get("format") != FORMAT:
        raise _error(name, 1, f"not a transcript: no format {FORMAT!r}")
    if type(version) is not int or version < 1:
        raise _error(name, 1, f"not a transcript: version {version!r}")
    if version > VERSION:
        raise _error(name, 1, f"a transcript of version {version}; this library reads version {VERSION}")
    return fields


def _entry(number: int, line: bytes, request: Document | None) -> Entry:
    document = _object(line)
    decision = cast("dict[str, Any] | None", document.get("decision"))
    raised: object = document.get("raised", "")
    if type(raised) is not str or type(decision) is not (NoneType if raised else dict):
        _fail("there is no decision in it")
    if decision is not None and "delay" in decision:
        decision.setdefault("request", request)
    # The line after the header is the start.
    event = None if number == FIRST else event_of(document)
    return Entry(number, moment_of(document), event, decision, raised)


def _object(line: bytes) -> dict[str, Any]:
    document = _parser()(line)
    if type(document) is not dict:
        _fail(f"an object was expected, not {type(document).__name__}")
    return cast("dict[str, Any]", document)


@cache
def _parser() -> Callable[[bytes], object]:
    """Return the quickest parser there is; what msgspec does not take, the standard library has to judge."""
    try:
        from msgspec import json as quick  # noqa: PLC0415 - optional
    except ImportError:
        return _parse
    decode = quick.Decoder().decode

    def parse(line: bytes) -> object:
        try:
            return decode(line)
        except (ValueError, RecursionError):
            return _parse(line)

    return parse


def _parse(line: bytes) -> object:
    text = line.decode().rstrip()
    document, end = _decode(text)
    if end != len(text):
        _fail("there is something behind it")
    return document


def _error(name: str, number: int, words: str) -> TranscriptError:
    return TranscriptError(printable(f"{name}: line {number}: {words}", limits.ERROR_LIMIT))


def _words(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "nested too deeply"
    if isinstance(error, ExceptionGroup):
        # What cattrs wraps is plainer than its own words.
        return _words(cast("ExceptionGroup[Exception]", error).exceptions[0])
    if isinstance(error, KeyError):
        return f"{error} is missing"
    return str(error).partition("\n")[0] or type(error).__name__


def _fail(message: str) -> NoReturn:
    raise ValueError(message)


def _no_constant(name: str) -> NoReturn:
    _fail(f"{name} is not JSON")


_decode: Final = json.JSONDecoder(parse_constant=_no_constant).raw_decode
