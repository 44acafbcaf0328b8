"""
Replay recordings of a real cluster under any polling schedule, in virtual time.

A recording is JSON Lines, gzipped or plain: a line ``{"meta": ...}``, then exchanges and marks. Every query
was sampled again and again, so what the cluster would have said at any moment is the latest exchange of that
query that was sent at or before that moment; before the first one, it is the first one.
"""

from __future__ import annotations

import gzip
import json
import zlib
from bisect import bisect_right
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias, cast

from attrs import Factory, frozen

from ..events import Fault, FaultKind, Reply
from .virtual import AsyncVirtualTransport, VirtualTransport, describe

if TYPE_CHECKING:
    from collections.abc import Mapping
    from os import PathLike

    from ..queries import Request
    from .clock import VirtualClock
    from .virtual import Source

    Shape: TypeAlias = Mapping[str, type | tuple[type, ...]]
    """Names to the types that their values may have."""

Key: TypeAlias = tuple[str, ...]
"""What a request asks for."""

_GZIP: Final = b"\x1f\x8b"
_SECONDS: Final = (int, float)
_EXCHANGE: Final[Shape] = {
    "t": _SECONDS,
    "took": _SECONDS,
    "method": str,
    "path": str,
    "query": dict,
    "body": (dict, type(None)),
    "status": int,
    "content_type": str,
    "response": str,
}
_MARK: Final[Shape] = {"t": _SECONDS, "mark": str}


@frozen(kw_only=True)
class Exchange:
    """
    Hold one request that was recorded, and what came of it.

    Attributes:
        t: when it was sent, in seconds from the recording's start.
        took: how many seconds the answer took.
        endpoint: which proxy was asked; empty for the first one.
        key: what was asked for.
        answer: what came back.
    """

    t: float
    took: float
    endpoint: str
    key: Key
    answer: Reply | Fault


@frozen(kw_only=True)
class Mark:
    """
    Hold what was done to the cluster at a moment.

    Attributes:
        t: when, in seconds from the recording's start.
        mark: what: ``started``, ``stop``, ``target-killed``, ...
        details: the rest of the line.
    """

    t: float
    mark: str
    details: Mapping[str, object] = Factory(dict[str, object])


class Recording:
    """
    Hold a recording, and answer from it.

    Args:
        exchanges: what was asked and answered.
        marks: what was done meanwhile.
        meta: what the first line says of it all.

    Attributes:
        endpoints: the proxies that were asked, in the order in which they appear.
    """

    def __init__(
        self,
        exchanges: tuple[Exchange, ...],
        marks: tuple[Mark, ...] = (),
        meta: Mapping[str, object] | None = None,
    ) -> None:
        self.exchanges = tuple(sorted(exchanges, key=lambda exchange: exchange.t))
        self.marks = marks
        self.meta = meta or {}
        self.endpoints = tuple(dict.fromkeys(exchange.endpoint for exchange in exchanges))
        self._series: dict[tuple[str, Key], list[Exchange]] = {}
        for exchange in self.exchanges:
            self._series.setdefault((exchange.endpoint, exchange.key), []).append(exchange)

    @classmethod
    def load(cls, path: str | PathLike[str]) -> Recording:
        """
        Read a recording from a file, gzipped or not.

        Raises:
            ValueError: it is not a recording; the message names the line.
            OSError: it cannot be read.
        """
        file = Path(path)
        entries: list[Exchange | Mark | dict[str, object]] = []
        with file.open("rb") as raw:
            zipped = raw.read(len(_GZIP)) == _GZIP
        try:
            with gzip.open(file) if zipped else file.open("rb") as lines:
                for line in lines:
                    entries.append(_entry(line, first=not entries))
            if not entries:
                _fail("there is nothing in it")
        except (ValueError, EOFError, RecursionError, zlib.error, gzip.BadGzipFile) as error:
            msg = f"{file.name}: line {len(entries) + 1}: {error}"
            raise ValueError(msg) from None
        return cls(
            tuple(entry for entry in entries if isinstance(entry, Exchange)),
            tuple(entry for entry in entries if isinstance(entry, Mark)),
            next(entry for entry in entries if isinstance(entry, dict)),
        )

    @property
    def seconds(self) -> float:
        """How long it is."""
        return max((exchange.t + exchange.took for exchange in self.exchanges), default=0.0)

    def answer(self, request: Request, t: float) -> tuple[Reply | Fault, float]:
        """
        Tell what the cluster would have answered, and how many seconds that would have taken.

        Requests are matched by what they ask for, by id and by ``show_active``; by kind only without an id.
        ``request.endpoint`` counts the recorded proxies.

        Args:
            request: what is asked.
            t: when, in seconds from the recording's start.

        Raises:
            LookupError: the recording has no such query.
        """
        endpoint = self.endpoints[request.endpoint % len(self.endpoints)] if self.endpoints else ""
        key = _key(request.method, request.path, request.query, request.json)
        series = self._series.get((endpoint, key))
        if series is None:
            there = [" ".join(filter(None, known)) for where, known in self._series if where == endpoint]
            msg = f"{describe(request)} was never recorded; what was: {'; '.join(there) or 'nothing'}"
            raise LookupError(msg)
        place = bisect_right(series, t, key=lambda exchange: exchange.t)
        exchange = series[max(place - 1, 0)]
        return exchange.answer, exchange.took


def _key(method: str, path: str, query: Mapping[str, str], body: Mapping[str, object] | None) -> Key:
    fields = {name.lower(): value for name, value in (body or {}).items()}
    value = fields.get("value")
    if isinstance(value, dict):
        fields |= {name.lower(): inner for name, inner in cast("dict[str, object]", value).items()}
    job_id = str(fields.get("id") or "")
    return (
        method,
        path,
        "&".join(f"{name}={query[name]}" for name in sorted(query)),
        str(fields.get("action") or ""),
        f"id={job_id}" if job_id else f"kind={fields.get('kind') or ''}",
        "show_active" if fields.get("show_active") else "",
    )


def _fail(message: str) -> None:
    raise ValueError(message)


def _entry(line: bytes, *, first: bool) -> Exchange | Mark | dict[str, object]:
    """
    Read a line.

    Raises:
        ValueError: it is none of a recording.
    """
    entry: dict[str, Any] = {"line": json.loads(line)}
    _require(entry, {"line": dict})
    entry = entry["line"]
    if first:
        _require(entry, {"meta": dict})
        meta: dict[str, object] = entry["meta"]
        return meta
    if "mark" in entry:
        _require(entry, _MARK)
        details = {name: value for name, value in entry.items() if name not in _MARK}
        return Mark(t=entry["t"], mark=entry["mark"], details=details)
    _require(entry, _EXCHANGE)
    return Exchange(
        t=entry["t"],
        took=entry["took"],
        endpoint=str(entry.get("endpoint") or ""),
        key=_key(entry["method"], entry["path"], entry["query"], entry["body"]),
        answer=_answer(entry),
    )


def _require(entry: Mapping[str, object], shape: Shape) -> None:
    for name, kind in shape.items():
        if not isinstance(entry.get(name, ...), kind):
            _fail(f"{name!r} is missing, or is not what it should be")
        if kind is _SECONDS and not 0 <= cast("float", entry[name]) < inf:
            _fail(f"{name!r} is not a time: {entry[name]!r}")


def _answer(entry: Mapping[str, Any]) -> Reply | Fault:
    if not entry["status"]:
        return Fault(FaultKind.CONNECTION, str(entry.get("error") or "no connection"))
    headers = {"Content-Type": entry["content_type"]} if entry["content_type"] else {}
    return Reply(entry["status"], entry["response"].encode(), headers)


def _from_recording(recording: Recording, clock: VirtualClock, started_at: float) -> Source:
    shift = started_at - clock.now()
    return lambda request, now: recording.answer(request, now + shift)


class ReplayTransport(VirtualTransport):
    """
    Send to a recording.

    Args:
        recording: what answers.
        clock: whose time passes.
        started_at: where in the recording the clock is now, in seconds from its start.
    """

    def __init__(self, recording: Recording, clock: VirtualClock, started_at: float = 0.0) -> None:
        source = _from_recording(recording, clock, started_at)
        super().__init__(source, clock, endpoints=len(recording.endpoints) or 1)


class AsyncReplayTransport(AsyncVirtualTransport):
    """Be :class:`ReplayTransport` for coroutines."""

    def __init__(self, recording: Recording, clock: VirtualClock, started_at: float = 0.0) -> None:
        source = _from_recording(recording, clock, started_at)
        super().__init__(source, clock, endpoints=len(recording.endpoints) or 1)
