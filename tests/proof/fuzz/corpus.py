"""
The committed corpus, and mutations of it that are the same on every machine.

There is one file for each target, ``corpus/TARGET.jsonl``; each line is one input, a character for a byte.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.proof.fuzz.bytes import SEPARATOR

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from random import Random

CORPUS: Final = Path(__file__).parent / "corpus"

TOKENS: Final = tuple(
    rb"""
    "id" "kind" "start-time" "end-time" "bck" "src-bck" "dst-bck" "abort-err" "err" "glob.id"
    "stats" "aborted" "is_idle" "ext" "ctlmsg" "loc-objs" "uuid" "end_time" "tcode" "message"
    "status" "ErrFailedTo" "name"
    "2026-11-23T12:00:00Z" "0001-01-01T00:00:00Z" "2026-11-23T12:27:31.531549014+01:00" "9999-12-31T23:59:59Z"
    x3CgTG-3v copy-bck dsort archive rebalance g7 g8 dnl-1 null true false NaN 1e999 -1 0 9223372036854775807
    {"t1":[ ]} [] {} \ud800 \u202e http:// https://[::1]: /v1 @ .. --until --timeout none ais:// s3://@u#n/b
    "meta" "mark" "t" "took" "method" "path" "query" "body" "response" "content_type" "format" "version"
    "state" "decision" "fields" "cause" "request" "done" "result" "error"
    """.split()
)
"""What the readers look for, and values that trip them."""
VALUES: Final = (
    b"null", b"true", b"0", b"-1", b"1.5", b"1e999", b"NaN", b'""', b'"x"', b"[]", b"{}", b"[[[[[[]]]]]]",
    b'"2026-11-23T12:00:00Z"', b'"0001-01-01T00:00:00Z"', b'"9"', b"9223372036854775808", b'"\\ud800"',
    b'"\\u001b[2J"', b'"x3CgTG-3v"', b"9" * 4301, b'{"a":{"a":{}}}',
)  # fmt: skip
_VALUE: Final = re.compile(rb'"[^"]*"|-?[0-9.]+|true|false|null|\{\}|\[\]')


def load(name: str) -> list[bytes]:
    """Return the inputs of a target."""
    lines = (CORPUS / f"{name}.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line).encode("latin-1") for line in lines]


def save(name: str, inputs: Iterable[bytes]) -> None:
    """Write the inputs of a target, each once, the shortest first."""
    ordered = sorted(set(inputs), key=lambda data: (len(data), data))
    lines = [json.dumps(data.decode("latin-1")) for data in ordered]
    (CORPUS / f"{name}.jsonl").write_text("".join(f"{line}\n" for line in lines), "utf-8")


def mutations(corpus: Sequence[bytes], random: Random, longest: int) -> Iterator[bytes]:
    """Change inputs of a corpus, for ever."""
    while True:
        yield mutated(random.choice(corpus), corpus, random)[:longest]


def mutated(data: bytes, corpus: Sequence[bytes], random: Random) -> bytes:
    """Change an input in one to four ways."""
    for _ in range(random.randint(1, 4)):
        data = random.choice(_WAYS)(data, corpus, random)
    return data


def _replaced(data: bytes, start: int, end: int, by: bytes) -> bytes:
    return data[:start] + by + data[end:]


def _slice(data: bytes, random: Random) -> tuple[int, int]:
    start = random.randint(0, len(data))
    return start, min(len(data), start + random.choice((0, 1, 1, 2, 4, 16, 64)))


def _noise(data: bytes, _: Sequence[bytes], random: Random) -> bytes:
    return _replaced(data, *_slice(data, random), random.randbytes(random.choice((1, 1, 2, 4))))


def _cut(data: bytes, _: Sequence[bytes], random: Random) -> bytes:
    return _replaced(data, *_slice(data, random), b"")


def _doubled(data: bytes, _: Sequence[bytes], random: Random) -> bytes:
    start, end = _slice(data, random)
    return _replaced(data, end, end, data[start:end] * random.choice((1, 2, 50)))


def _token(data: bytes, _: Sequence[bytes], random: Random) -> bytes:
    return _replaced(data, *_slice(data, random), random.choice(TOKENS))


def _value(data: bytes, _: Sequence[bytes], random: Random) -> bytes:
    """Put another JSON value in the place of one."""
    found = [match.span() for match in _VALUE.finditer(data)]
    return _replaced(data, *random.choice(found), random.choice(VALUES)) if found else data


def _pieces(data: bytes, corpus: Sequence[bytes], random: Random) -> bytes:
    """Shuffle pieces, those of another input among them."""
    first, *pieces = data.split(SEPARATOR)
    pieces += random.choice(corpus).split(SEPARATOR)[1:]
    return SEPARATOR.join([first, *random.choices(pieces, k=random.randint(0, len(pieces)))])


def _spliced(data: bytes, corpus: Sequence[bytes], random: Random) -> bytes:
    other = random.choice(corpus)
    return data[: random.randint(0, len(data))] + other[random.randint(0, len(other)) :]


_WAYS: Final[tuple[Callable[[bytes, Sequence[bytes], Random], bytes], ...]] = (
    _noise,
    _cut,
    _doubled,
    _token,
    _value,
    _value,
    _pieces,
    _spliced,
)
