"""
Fuzzers of what reaches a terminal: one line made of any text, and all that the command line prints.

No control character, no line end but our own, nothing that turns the direction, no surrogate; of bounded
length, and no different if it is made printable once more.
"""

from __future__ import annotations

import io
import json
import sys
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from ais_jobcore import (
    AggregatedJobSnap,
    BucketRef,
    Continue,
    Fault,
    FaultKind,
    JobSnap,
    JobStatus,
    JobWait,
    NotFound,
    RequestFailed,
)
from ais_jobcore.limits import TEXT_LIMIT
from ais_jobcore.text import printable
from ais_jobcore_cli.reports import Report
from ais_jobcore_cli.tables import JobTable, StatusLine
from ais_jobcore_cli.terminal import Terminal
from tests.proof.fuzz.bytes import SEPARATOR, Choices, text_of
from tests.proof.fuzz.oracles import check_text

if TYPE_CHECKING:
    from collections.abc import Generator

LIMITS: Final = (TEXT_LIMIT, 1, 2, 40, 200, 20_000)
ENCODINGS: Final = ("utf-8", "ascii", "latin-1", "cp1252")
_NOON: Final = datetime(2026, 11, 23, 12, tzinfo=UTC)
_JOB: Final = "x3CgTG-3v"


def run_text(data: bytes) -> None:
    """Make a text printable, by a limit that the first byte chooses."""
    choices = Choices(data)
    limit = choices.one_of(LIMITS)
    text = text_of(choices.rest())
    line = printable(text, limit)
    check_text(line)
    assert len(line) <= limit
    assert printable(line, limit) == line
    assert line.encode().decode() == line
    if len(text) <= limit and text.isprintable() and text.isascii():
        assert line == text


def run_screen(data: bytes) -> None:
    """Print every sort of report about a job whose every text is a piece of the input."""
    head, *pieces = data.split(SEPARATOR)
    choices = Choices(head)
    encoding, state, how = choices.one_of(ENCODINGS), choices.one_of(range(5)), choices.one_of(range(4))
    texts = [text_of(piece) for piece in pieces] or [""]
    told = [texts[index % len(texts)] for index in range(8)]
    snaps = AggregatedJobSnap({told[0]: (_snap(told, state),), "t2": (_snap(told[::-1], 3),)}, (told[6],))
    status = JobStatus(uuid=told[7], err=told[1], end_time=state, aborted=state == 1, kind=told[2])
    with _captured(encoding) as out:
        terminal = Terminal()
        for table in JobTable.all(snaps):
            terminal.show(table.rich())
            terminal.line(json.dumps(table.document()))
        terminal.show(StatusLine(status).rich(ascii_only=terminal.ascii_only))
        terminal.line(json.dumps(StatusLine(status).document()))
        report = _report(told, how, snaps)
        if report is not None:
            terminal.show(report.rich(ascii_only=terminal.ascii_only))
            terminal.line(json.dumps(report.document()))
        terminal.complain(told[3], ValueError(told[4]), RequestFailed(500, told[5], told[6]))
    shown = out.getvalue().decode(encoding)
    assert len(shown) <= 100 * (len(data) + 1_000)
    for line in shown.split("\n"):
        check_text(line)


def _snap(told: list[str], state: int) -> JobSnap:
    return JobSnap(
        id=_JOB,
        kind=told[1],
        start_time=None if state == 0 else _NOON,
        end_time=_NOON + timedelta(seconds=9) if state in {1, 3} else None,
        aborted=state == 1,
        is_idle=state == 4,
        abort_err=told[2] if state == 1 else "",
        err=told[3],
        ctlmsg=told[4],
        bucket=BucketRef(told[5] or "b", told[6], {"uuid": told[7], "name": told[0]}),
        source_bck=BucketRef(told[1] or "b", told[2]) if state == 2 else None,
    )


def _report(told: list[str], how: int, snaps: AggregatedJobSnap) -> Report | None:
    """Let a wait end, by what the targets say or for want of an answer, and report it."""
    wait = JobWait(_JOB, told[1] if how == 1 else "dsort", timeout=1.0)
    decision, now = wait.start(0.0), 0.0
    events = (snaps, Fault(FaultKind.TLS, told[0]), NotFound(told[1]), JobStatus(uuid=told[2], err=told[3]))
    while isinstance(decision, Continue):
        now += max(decision.delay, 0.3)
        decision = wait.handle(events[how], now)
    error = getattr(decision, "error", None)
    return Report.of(wait, error or decision.result)


@contextmanager
def _captured(encoding: str) -> Generator[io.BytesIO]:
    """Put a file of some encoding in the place of both output streams."""
    out = io.BytesIO()
    stream = io.TextIOWrapper(out, encoding=encoding, write_through=True, newline="\n")
    before = sys.stdout, sys.stderr
    sys.stdout = sys.stderr = stream
    try:
        yield out
    finally:
        sys.stdout, sys.stderr = before
        stream.detach()
