"""The jobs of a real cluster, replayed under our waits and under those of the official SDK."""

from __future__ import annotations

import json
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, Final

from attrs import frozen

from ais_jobcore import Done, JobWait, WaitOptions
from ais_jobcore.testing import Recording, ReplayTransport, VirtualClock, run

from . import official
from .checks import Check

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import TypeAlias

    Waiter: TypeAlias = "Callable[[Life, float, float], float | None]"
    """From a job, a start and a time-out to when success is reported, ``None`` where it never is."""

RECORDINGS: Final = Path(__file__).parents[1] / "tests" / "recordings"
ROW: Final = (
    "recordings of jobs that end well, unfinished for 5 s or more: median lateness, as a part of the SDK's"
)

_UNFINISHED_FOR: Final = 5.0
_BOUNDS: Final = {300.0: 0.5, 3600.0: 0.1}


@frozen
class Life:
    """
    Hold a recorded job that ended well.

    Attributes:
        name: the name of the recording.
        recording: what was recorded.
        job_id: its id.
        kind: its kind.
        began: when it was first seen, in seconds from the recording's start.
        ended: when the last target was first seen to be done.
    """

    name: str
    recording: Recording
    job_id: str
    kind: str
    began: float
    ended: float


def lives(folder: Path = RECORDINGS) -> Iterator[Life]:
    """Find the recorded jobs that ended well and were unfinished for long enough."""
    for name, entry in json.loads((folder / "index.json").read_text("utf-8")).items():
        for job_id, job in entry["jobs"].items():
            ended = _end(job)
            if ended is None or ended < _UNFINISHED_FOR:
                continue
            recording = Recording.load(folder / f"{name}.jsonl.gz")
            began = _first_seen(recording, job_id)
            if ended - began >= _UNFINISHED_FOR:
                yield Life(name, recording, job_id, job["kind"], began, ended)


def _end(job: dict[str, Any]) -> float | None:
    """Say when the last target was done; never, where something went wrong."""
    targets = job["targets"].values()
    if not targets or any("err" in target or "abort_err" in target for target in targets):
        return None
    if "busy_again_between" in job:
        return float(job["busy_again_between"][1])
    ends = [target.get("idle_seen_at", target.get("ended_seen_at")) for target in targets]
    return None if None in ends else max(ends)


def _first_seen(recording: Recording, job_id: str) -> float:
    return min(
        exchange.t
        for exchange in recording.exchanges
        if f"id={job_id}" in exchange.key and getattr(exchange.answer, "status", 0) == 200
    )


def ours(life: Life, start: float, timeout: float, seed: int) -> float | None:
    """Wait by the core."""
    clock = VirtualClock(start)
    transport = ReplayTransport(life.recording, clock, start)
    wait = JobWait(life.job_id, life.kind, timeout, options=WaitOptions(seed=seed))
    return clock.now() if isinstance(run(wait, transport, clock), Done) else None


def theirs(life: Life, start: float, timeout: float) -> float | None:
    """Wait by the official SDK."""
    clock = VirtualClock(start)
    transport = ReplayTransport(life.recording, clock, start)
    return clock.now() if official.wait(transport, clock, life.job_id, life.kind, timeout) else None


def recorded(starts: int = 1000, chosen: Sequence[Life] | None = None, sdk: Waiter = theirs) -> list[Check]:
    """Start waits all over the lives of the recorded jobs; compare where the SDK gets the answer right."""
    checks: list[Check] = []
    chosen = list(lives()) if chosen is None else chosen
    for timeout, bound in _BOUNDS.items():
        own: list[float] = []
        other: list[float] = []
        for life in chosen:
            pairs = list(_pairs(life, timeout, starts, sdk))
            own += [mine for mine, _ in pairs]
            other += [its for _, its in pairs]
            share = median(m for m, _ in pairs) / median(o for _, o in pairs)
            what = f"time-out {timeout:g} s: {life.name} ({len(pairs)} of {starts} starts)"
            checks.append(Check(ROW, what, share, bound))
        checks += [
            Check(ROW, f"time-out {timeout:g} s: all", median(own) / median(other), bound),
            Check(ROW, f"time-out {timeout:g} s: median of ais_jobcore", median(own), unit="s"),
            Check(ROW, f"time-out {timeout:g} s: median of the SDK", median(other), unit="s"),
        ]
    return checks


def _pairs(life: Life, timeout: float, starts: int, sdk: Waiter) -> Iterator[tuple[float, float]]:
    """Yield how late we are and how late the SDK is, wherever it reports success, and not too early."""
    for place in range(starts):
        start = life.began + (life.ended - life.began) * (place + 0.5) / starts
        its = sdk(life, start, timeout)
        if its is None or its < life.ended:
            continue
        mine = ours(life, start, timeout, seed=place)
        yield (float("inf") if mine is None or mine < life.ended else mine - life.ended), its - life.ended
