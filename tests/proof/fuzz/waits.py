"""
A fuzzer of bytes -> decode -> step: whole waits, told whatever bytes say.

The first piece of the input chooses who waits and how; every further piece is one answer and when it comes.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from ais_jobcore import (
    BucketRef,
    Continue,
    Done,
    Fault,
    FaultKind,
    JobWait,
    NotFound,
    ProtocolError,
    Reply,
    Until,
    WaitOptions,
)
from ais_jobcore.rules.state import Phase, shifted
from ais_jobcore.wire.documents import read_status
from ais_jobcore.wire.models import read_snapshots
from tests.proof.fuzz.bytes import SEPARATOR, Choices, choosing, text_of
from tests.proof.fuzz.oracles import (
    Witness,
    check_decision,
    check_request,
    check_result,
    check_text,
    seen_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ais_jobcore.machines.protocols import Event

MOST_PIECES: Final = 40
"""Answers that one wait is told at most."""

IDS: Final = ("x3CgTG-3v", "g7", "tco-1", "dnl-1", "")
"""A plain id, those whose form tells their kind, and none; further down, any text at all."""
KINDS: Final = (
    "",
    "copy-bck",
    "archive",
    "dsort",
    "resilver",
    "rebalance",
    "list",
    "lru",
    "brand-new",
    "summary-bck",
)
UNTILS: Final = (*Until,)
TIMEOUTS: Final = (60.0, None, 0, 0.3, 5.0, 3600.0, 1e9)
OPTIONS: Final = (
    WaitOptions(),
    WaitOptions(details=False),
    WaitOptions(endpoints=3, request_timeout=1.0, grace=0.1),
    WaitOptions(stall_timeout=5.0, schedule="responsive"),
    WaitOptions(stall_timeout=5.0, on_stall="warn", idle_gap=0.1),
    WaitOptions(expected_objects=100, expected_bytes=4096),
    WaitOptions(expected_duration=30.0, schedule="gentle", finished_gap=5.0),
)
SAVED_AT: Final = (0, 1, 2, 4, 0, 0)
"""After how many answers the wait is saved and loaded; never for 0."""
SETTINGS: Final[tuple[Sequence[object], ...]] = (IDS, KINDS, UNTILS, TIMEOUTS, OPTIONS, SAVED_AT, range(3))
"""What the first piece chooses; the last one says what the rest of it is: a name, or a bucket's."""

STATUSES: Final = (
    200,
    404,
    503,
    400,
    401,
    403,
    500,
    429,
    206,
    204,
    307,
    304,
    408,
    410,
    502,
    504,
    100,
    0,
    -1,
    999,
)
HEADERS: Final = (
    None,
    "Retry-After",
    "retry-after",
    "Content-Type",
    "Content-Length",
    "Content-Encoding",
    "Location",
)
"""The first is for none; for any other, the value is the body up to its first line end."""
MOMENTS: Final = (
    (1.0, 0.0),
    (1.0, 0.01),
    (1.0, 0.5),
    (1.0, 4.0),
    (1.0, 30.0),
    (0.5, 0.0),
    (0.0, 0.0),
    (-1.0, 0.0),
    (1.0, 300.0),
    (1.0, 1e9),
)
"""How much of the delay was slept, and how many seconds the answer took."""


def reply(status: int) -> Callable[[Choices], Event | None]:
    """Make the maker of a reply."""

    def make(choices: Choices) -> Event:
        name, body = choices.one_of(HEADERS), choices.rest()
        if name is None:
            return Reply(status, body)
        value, _, body = body.partition(b"\n")
        return Reply(status, body, {name: value.decode("latin-1")})

    return make


def fault(kind: FaultKind) -> Callable[[Choices], Event | None]:
    """Make the maker of a fault."""
    return lambda choices: Fault(kind, text_of(choices.rest()))


def _decoded(read: Callable[[bytes], Event]) -> Callable[[Choices], Event | None]:
    """Make the maker of what an embedder decoded by itself, if it can be."""

    def make(choices: Choices) -> Event | None:
        try:
            return read(choices.rest())
        except ProtocolError:
            return None

    return make


EVENTS: Final[tuple[Callable[[Choices], Event | None], ...]] = (
    *(reply(status) for status in STATUSES),
    *(fault(kind) for kind in FaultKind),
    lambda choices: NotFound(text_of(choices.rest())),
    _decoded(read_snapshots),
    _decoded(read_status),
)
"""What may come, in the order of the byte that chooses it."""


def piece(event: int, body: bytes = b"", *, moment: int = 0, header: int = 0) -> bytes:
    """Write one answer by hand: the places of what is chosen, and the body, behind the value of a header."""
    chosen = [(event, len(EVENTS)), (moment, len(MOMENTS))]
    return choosing(*chosen, *([(header, len(HEADERS))] if event < len(STATUSES) else []), rest=body)


def head(*choices: int, settings: Sequence[Sequence[object]] = SETTINGS, more: str = "") -> bytes:
    """Write the first piece by hand; what is not chosen is the first."""
    chosen = [*choices, *[0] * (len(settings) - len(choices))]
    return choosing(*zip(chosen, map(len, settings), strict=True), rest=more.encode())


def run_wait(data: bytes) -> None:
    """Drive one wait, and check the laws of waits at every step."""
    first, *pieces = data.split(SEPARATOR)
    choices = Choices(first)
    job_id, kind, until, timeout, options, saved_at, place = map(choices.one_of, SETTINGS)
    more = text_of(choices.rest())
    bucket = BucketRef("data") if place == 1 else BucketRef(more or "b", "aws") if place else None
    if more and not place:
        # Whoever names a job may call it anything.
        job_id, kind = (job_id, more) if job_id else (more, kind)
    try:
        wait = JobWait(job_id, kind, timeout, until, bucket, options)
    except ValueError:
        return
    decision, now, witness = wait.start(0.0), 0.0, Witness()
    for index, (event, part, took) in enumerate(answers(pieces)):
        _check(wait)
        if not isinstance(decision, Continue):
            break
        witness.hear(wait.state.job_id, event, seen_of(decision.request, event))
        now = now + decision.delay * part + took
        decision = wait.handle(event, now)
        if index + 1 == saved_at:
            wait = _reloaded(wait)
    _check(wait)
    if isinstance(decision, Done):
        assert witness.vouches(wait.state.question.until), witness
    check_misuse(wait)


def answers(pieces: Sequence[bytes]) -> Iterator[tuple[Event, float, float]]:
    """Read answers: what comes, how much of the delay was slept, and how long it took."""
    for piece in islice(pieces, MOST_PIECES):
        choices = Choices(piece)
        make, (part, took) = choices.one_of(EVENTS), choices.one_of(MOMENTS)
        event = make(choices)
        if event is not None:
            yield event, part, took


def _check(wait: JobWait) -> None:
    decision, state = wait.decision, wait.state
    assert decision is not None
    check_decision(decision)
    check_result(decision)
    check_text(wait.explain(state.now))
    assert (state.phase is Phase.OVER) is not isinstance(decision, Continue)
    if isinstance(decision, Continue):
        assert decision.request == state.pending
        check_request(wait, decision.request)


def _reloaded(wait: JobWait) -> JobWait:
    """Save a wait, load it, and check that it is the same; what JSON cannot carry is left alone."""
    other = JobWait.load(wait.save(), wait.state.now)
    assert shifted(wait.state, 0.0) == shifted(other.state, 0.0)
    if not isinstance(wait.decision, Continue):
        assert wait.decision == other.decision
    # A driver takes a loaded wait up by its start, once.
    kept = other.state
    assert type(other.start(wait.state.now)) is type(wait.decision)
    assert other.state is kept
    return other


def check_misuse(machine: Any) -> None:
    """Check that nothing begins twice, and that nothing changes after the end."""
    kept = machine.decision
    assert _is_misuse(machine.start, 1e12)
    assert isinstance(kept, Continue) or _is_misuse(machine.handle, Reply(200), 1e12)
    assert machine.decision is kept


def _is_misuse(call: Callable[..., object], *arguments: object) -> bool:
    try:
        call(*arguments)
    except RuntimeError:
        return True
    return False
