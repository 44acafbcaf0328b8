"""
Where the corpus began: ``python -m tests.proof.fuzz.seeds`` adds what recordings and hostile documents give.

What fuzzing found since is kept.
"""

from __future__ import annotations

import gzip
import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ais_jobcore import Continue, Fault, FaultKind, JobWait, NotFound, Reply
from ais_jobcore.recording import Recorder
from ais_jobcore.testing import Recording
from tests.core.rules.test_saving import SCRIPTS
from tests.core.wire.test_documents_hostile import HOSTILE
from tests.proof.fuzz import corpus as fuzz_corpus
from tests.proof.fuzz.bytes import SEPARATOR, choosing
from tests.proof.fuzz.groups import GROUPS, MEMBERS, OPERATIONS
from tests.proof.fuzz.screen import ENCODINGS, LIMITS
from tests.proof.fuzz.settings import VARIABLES
from tests.proof.fuzz.targets import TARGETS
from tests.proof.fuzz.waits import (
    EVENTS,
    IDS,
    KINDS,
    OPTIONS,
    STATUSES,
    UNTILS,
    head,
    piece,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ais_jobcore.machines.protocols import Event

RECORDINGS: Final = Path(__file__).parents[2] / "recordings"
_EVENTS: Final = len(EVENTS)
_FAULTS: Final = range(len(STATUSES), _EVENTS - 3)
_NOT_FOUND, _DECODED, _DECODED_STATUS = range(_EVENTS - 3, _EVENTS)
_HOSTILE: Final = [body[:200] for body in HOSTILE.values()]
_TEXTS: Final = (
    "plain",
    "\x1b[31mred\x1b[0m\x07\x00\x7f",
    "a\r\nb\tc\x0b\x0c\x85\u2028\u2029",
    "\x9b2J\x9d0;title\x9c",
    "\u202eabc\u2066d\u2069\u200e\u061c",
    "\ud800x\udfff",
    "ünï ✓ \U0001f600 e\u0301",
    "x" * 1200,
)


def _bodies() -> dict[str, dict[int, list[bytes]]]:
    """Return what the proxies and targets said in each recording, by status, made to be about one job."""
    found: dict[str, dict[int, list[bytes]]] = {}
    for path in sorted(RECORDINGS.glob("*.jsonl.gz")):
        recording = Recording.load(path)
        ids = {
            part[3:] for exchange in recording.exchanges for part in exchange.key if part.startswith("id=")
        }
        by_status = found.setdefault(path.name.removesuffix(".jsonl.gz"), {})
        for exchange in recording.exchanges:
            if isinstance(exchange.answer, Reply) and 0 < len(exchange.answer.body) < 2500:
                body = exchange.answer.body
                for job_id in ids:
                    body = body.replace(job_id.encode(), IDS[0].encode())
                bodies = by_status.setdefault(exchange.answer.status, [])
                if body not in bodies:
                    bodies.append(body)
    return found


def _few(bodies: list[bytes]) -> list[bytes]:
    """Choose the first, one of the middle, and the last."""
    return list(dict.fromkeys([bodies[0], bodies[len(bodies) // 2], bodies[-1]]))


def waits() -> Iterator[bytes]:
    """Tell waits of every sort what the recordings say, in short; and hostile documents."""
    for number, by_status in enumerate(_bodies().values()):
        for status, bodies in by_status.items():
            if status in STATUSES:
                told = [piece(STATUSES.index(status), body) for body in _few(bodies)]
                first = head(
                    0, number % len(KINDS), number % len(UNTILS), 0, number % len(OPTIONS), number % 3
                )
                yield SEPARATOR.join([first, *told, told[-1], told[-1]])[:4096]
    for number, body in enumerate(_HOSTILE):
        yield SEPARATOR.join([head(0, number % len(KINDS)), *[piece(0, body)] * 5])
    for number, event in enumerate((*_FAULTS, _NOT_FOUND)):
        yield SEPARATOR.join([head(number % len(IDS), 7, 0, number % 4), *[piece(event, b"words")] * 9])
    small = b'{"t1":[{"id":"x3CgTG-3v","kind":"dsort","start-time":"2026-11-23T12:00:00Z","end-time":"%s"}]}'
    done = small % b"2026-11-23T12:01:00Z"
    running = small % b"0001-01-01T00:00:00Z"
    for until in range(len(UNTILS)):
        yield SEPARATOR.join([head(0, 3, until), piece(0, running), piece(0, done)])
        yield SEPARATOR.join([head(0, 3, until), piece(_DECODED, done), piece(_DECODED, done)])
    over = b'{"uuid":"x3CgTG-3v","end_time":1795435200000000000,"kind":"copy-bck","err":"","aborted":false}'
    yield SEPARATOR.join([head(0, 1), piece(0, over), piece(0, done)])
    yield SEPARATOR.join([head(0, 1), piece(_DECODED_STATUS, over), piece(_DECODED_STATUS, over)])
    yield SEPARATOR.join([head(4, 3), piece(0, running), piece(0, done)])
    yield SEPARATOR.join([head(0, 0, 0, 0, 0, 0, 0, more="\x1b[2J"), piece(1, b"x")])
    yield SEPARATOR.join([head(0, 1), piece(7, b"5\nbusy", header=1), piece(2, b"999999999\n", header=2)])


def groups() -> Iterator[bytes]:
    """Tell groups what lists look like."""
    names = b'["copy-bck[x3CgTG-3v]","dsort[a]","archive[c]"]'
    statuses = b'[{"uuid":"x3CgTG-3v","end_time":0,"kind":"copy-bck"},{"uuid":"dnl-1","end_time":0}]'
    active = (
        b'{"t1":[{"id":"a","kind":"dsort","start-time":"2026-11-23T12:00:00Z","is_idle":false}],"t2":null}'
    )
    done = active.replace(b'"is_idle":false', b'"end-time":"2026-11-23T12:01:00Z"')
    for many in range(4):
        for first in range(len(MEMBERS)):
            members = [(first + step) % len(MEMBERS) for step in range(many + 1)]
            chosen = b"".join(choosing((member, len(MEMBERS)), (0, 7), (0, 7), (0, 6)) for member in members)
            begin = head(first % 3, many, settings=GROUPS) + chosen
            for body in (statuses, names, active):
                told = [piece(0, body), piece(0, names), piece(0, b"null"), piece(0, done), piece(1, b"x")]
                yield SEPARATOR.join([begin, *told])


def operations() -> Iterator[bytes]:
    """Answer every operation by every status."""
    for operation in range(len(OPERATIONS)):
        for event in range(_EVENTS):
            body = b'{"tcode":"ErrNotFound","message":"not found","status":404}' if event else b"x3CgTG-3v\n"
            yield SEPARATOR.join([head(operation, settings=[OPERATIONS, OPTIONS]), piece(event, body)])
    for by_status in _bodies().values():
        for status, bodies in by_status.items():
            if status in STATUSES:
                yield SEPARATOR.join([b"$ ", piece(STATUSES.index(status), bodies[-1])])


def saved() -> Iterator[bytes]:
    """Take the waits of the tests of saving."""
    for told in SCRIPTS.values():
        yield told.wait.save().encode()
    yield from _HOSTILE


def glances() -> Iterator[bytes]:
    """Take replies of every recording, and the hostile documents."""
    for by_status in _bodies().values():
        yield from _few(by_status.get(200, [b"null"]))
    yield from _HOSTILE


def transcripts() -> Iterator[bytes]:
    """Write down short waits on simulated clusters, and what a transcript may not be."""
    whole: list[bytes] = []
    for number, answers in enumerate(_told()):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "wait.jsonl"
            wait = JobWait(IDS[0], KINDS[number % 4], timeout=60.0)
            with Recorder(wait, path) as recorder:
                _drive(recorder, answers)
            whole.append(path.read_bytes())
    yield from whole
    for text in whole[:4]:
        header, *lines = text.splitlines(keepends=True)
        yield header
        yield text[: len(text) // 2]
        for body in _HOSTILE:
            yield header + (lines[0] if len(body) % 2 else b"") + body + b"\n"
    yield from _HOSTILE


def _told() -> Iterator[list[Event]]:
    """Choose a few answers of each recording, and trouble."""
    for by_status in _bodies().values():
        for status, bodies in by_status.items():
            yield [Reply(status, body) for body in _few(bodies)[-2:] if len(body) < 1500]
    yield [Fault(kind, "trouble") for kind in FaultKind]
    yield [NotFound("gone"), Reply(503, b"", {"Retry-After": "5"}), Reply(200, b"\xff")]


def _drive(recorder: Recorder, events: list[Event]) -> None:
    decision, now = recorder.start(0.0), 0.0
    for event in [*events, *events[-1:] * 3]:
        if isinstance(decision, Continue):
            now += decision.delay + 0.01
            decision = recorder.handle(event, now)


def recordings() -> Iterator[bytes]:
    """Take the first lines of every recording, plain and zipped."""
    for path in sorted(RECORDINGS.glob("*.jsonl.gz")):
        lines = gzip.decompress(path.read_bytes()).splitlines(keepends=True)
        for many in (1, 3):
            text = b"".join(line for line in lines[:many] if len(line) < 1500)
            yield text
        yield gzip.compress(text, mtime=0)
    for body in _HOSTILE:
        yield b'{"meta":{}}\n' + body


def environment() -> Iterator[bytes]:
    """Set each variable to what it may be, and to what it may not."""
    endpoint = choosing((0, len(VARIABLES)), rest=b"http://cluster:8080")
    values = (
        "",
        "1",
        "0",
        "true",
        "-1",
        "nan",
        "1e999",
        "/path",
        "secret-token",
        '{"token": "secret-token"}',
    )
    for place in range(1, len(VARIABLES)):
        for value in (*values, *_TEXTS[:4]):
            given = choosing((place, len(VARIABLES)), rest=value.encode("utf-8", "surrogatepass"))
            yield SEPARATOR.join([endpoint, given])
    urls = (
        "https://[::1]:51080/ais/", "http://u:p@h", "http://user@h", "http://h:99999", "http://h?q#f",
        "HTTP://H_1.x.:0/a%20b", "ftp://h", "http://h,https://g:1/x", "http://h:8080/..//", "http://\u212a",
        "http://[1.2.3.4]", "http\u017f://h",
    )  # fmt: skip
    for url in urls:
        yield choosing((0, len(VARIABLES)), rest=url.encode())


def arguments() -> Iterator[bytes]:
    """Spell every command."""
    lines = (
        "", "--help", "--version", "wait", "wait a b --timeout none --json", "wait --kind lru --bucket s3://b",
        "wait a --until idle --timeout 1e3 -vv", "wait a --until never", "show", "show a --json", "status a",
        "show --kind x", "start lru --bucket ais://@u#n/b --bucket b --force --wait --daemon-id t", "stop a",
        "stop --kind lru --all", "simulate --port 0 --seconds 1", "simulate --port 65536", "demo", "start",
        "wait -- -a", "wait a --endpoint http://h --token-file f", "wait a --timeout nan", "wait a --tim 1",
        "wait a --timeout -1", "wait a --bucket az://b/", "wait a!", "nothing",
    )  # fmt: skip
    for line in lines:
        yield "\0".join(line.split()).encode()
    for text in _TEXTS:
        yield f"wait\0{text}".encode("utf-8", "surrogatepass")


def text() -> Iterator[bytes]:
    """Take texts that command a terminal."""
    for limit in range(len(LIMITS)):
        for each in _TEXTS:
            yield choosing((limit, len(LIMITS)), rest=each.encode("utf-8", "surrogatepass"))


def screen() -> Iterator[bytes]:
    """Print the same."""
    pieces = [each[:100].encode("utf-8", "surrogatepass") for each in _TEXTS]
    for encoding in range(len(ENCODINGS)):
        for state in range(5):
            for how in range(4):
                first = choosing((encoding, len(ENCODINGS)), (state, 5), (how, 4))
                turn = (state + how) % len(pieces)
                yield SEPARATOR.join([first, *pieces[turn:], *pieces[:turn]])


SEEDS: Final[dict[str, Callable[[], Iterator[bytes]]]] = {
    "waits": waits,
    "groups": groups,
    "operations": operations,
    "glances": glances,
    "transcripts": transcripts,
    "saved": saved,
    "recordings": recordings,
    "environment": environment,
    "arguments": arguments,
    "text": text,
    "screen": screen,
}


def main() -> None:
    """Add the seeds to the corpus."""
    for name in TARGETS:
        there = fuzz_corpus.CORPUS / f"{name}.jsonl"
        known = fuzz_corpus.load(name) if there.exists() else []
        fuzz_corpus.save(name, [*known, *SEEDS[name]()])
        print(json.dumps({name: len(fuzz_corpus.load(name))}))


if __name__ == "__main__":
    main()
