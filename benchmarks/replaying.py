"""How quickly transcripts are replayed: read, parsed, decided again, and compared."""

from __future__ import annotations

from itertools import cycle
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from ais_jobcore import Continue, JobWait, Reply, WaitOptions
from ais_jobcore.queries import Query
from ais_jobcore.recording import Recorder, Transcript, replay

from .checks import Check, side_by_side
from .decoding import Poller
from .onejob import OneJob, drive, snapshots, status

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


REPLAYS: Final = "replays of transcripts"

_JOB_ID: Final = "JxK3wQ9sT"
_STATUS_KIND: Final = "copy-bck"
_IDLING_KIND: Final = "archive"
_HEADERS: Final = {"Content-Type": "application/json", "Date": "Mon, 23 Nov 2026 12:00:00 GMT"}
_RATES: Final = (50_000, 15_000)
"""Polls that are to be replayed in a second: of a status, and of the snapshots of three targets."""


def replayed(polls: int = 2000, seconds: float = 3600.0, rounds: int = 40) -> list[Check]:
    """Record waits that go on, and one of an hour, and replay each; one poll is a line of a transcript."""
    bodies = {
        _STATUS_KIND: [status(_JOB_ID, _STATUS_KIND)],
        _IDLING_KIND: [snapshots(_JOB_ID, _IDLING_KIND, 3, 1000 * turn) for turn in range(4)],
    }
    with TemporaryDirectory() as folder:
        short, wide, hour = (Path(folder, name) for name in ("short", "wide", "hour"))
        _record(short, _STATUS_KIND, bodies[_STATUS_KIND], polls)
        _record(wide, _IDLING_KIND, bodies[_IDLING_KIND], polls // 4)
        _record_life(hour, OneJob(duration=seconds))
        functions = [
            _replay(short, polls),
            _replay(wide, polls // 4),
            lambda: replay(hour),
            _deciding(bodies[_STATUS_KIND] * 64, polls),
        ]
        short_took, wide_took, hour_took, deciding = side_by_side(functions, rounds=rounds)
    by_status, by_targets = short_took / polls, wide_took / (polls // 4)
    return [
        Check(REPLAYS, "a poll of a status", 1e6 * by_status, 1e6 / _RATES[0], "µs"),
        Check(REPLAYS, "a poll of the snapshots of three targets", 1e6 * by_targets, 1e6 / _RATES[1], "µs"),
        Check(REPLAYS, "a whole wait of an hour, from its file", 1e3 * hour_took, 100.0, "ms"),
        Check(REPLAYS, "a poll of a status, as a multiple of decode + decide", short_took / deciding, 2.0),
        Check(REPLAYS, "decode + decide, a status poll", 1e6 * deciding / polls, unit="µs"),
        Check(REPLAYS, "polls of a status in a second", 1 / by_status),
        Check(REPLAYS, "polls of three targets in a second", 1 / by_targets),
    ]


def _record(path: Path, kind: str, bodies: Sequence[bytes], polls: int) -> None:
    """Record a wait for a job that does not end."""
    answers = cycle(bodies)
    with Recorder(JobWait(_JOB_ID, kind, None, options=WaitOptions(seed=1)), path) as recorder:
        now = 0.0
        decision = recorder.start(now)
        for _ in range(polls):
            assert isinstance(decision, Continue)
            now += decision.delay
            decision = recorder.handle(Reply(200, next(answers), _HEADERS), now)


def _record_life(path: Path, job: OneJob) -> None:
    """Record a wait for a job that ends well."""
    with Recorder(JobWait(job.job_id, job.kind, None, options=WaitOptions(seed=1)), path) as recorder:
        drive(recorder, job)


def _replay(path: Path, polls: int) -> Callable[[], None]:
    transcript = Transcript.load(path)

    def run() -> None:
        done = replay(transcript)
        assert done.same
        assert done.lines == polls + 1

    return run


def _deciding(bodies: Sequence[bytes], polls: int) -> Callable[[], None]:
    poller = Poller(_STATUS_KIND, bodies, Query.STATUS)

    def run() -> None:
        for _ in range(polls):
            poller.poll()

    return run
