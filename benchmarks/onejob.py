"""A cluster with one job, as lean as can be: thousands of waits are driven through it in virtual time."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

from attrs import field, frozen

from ais_jobcore import Continue, Done, Reply
from ais_jobcore.queries import Query

if TYPE_CHECKING:
    from collections.abc import Callable

    from ais_jobcore import Operation, Request, WaitResult

ROUND_TRIP: Final = 0.002
"""Seconds that an answer takes: HTTP to a machine nearby."""
_YEAR_1: Final = "0001-01-01T00:00:00Z"
_ENDED: Final = "2026-11-23T13:00:00.123456789Z"
_HEADERS: Final = {"Content-Type": "application/json", "Date": "Mon, 23 Nov 2026 13:00:00 GMT"}
_BUCKET: Final = '{"name":"photos","provider":"ais","namespace":{"uuid":"","name":""}}'
_SNAP: Final = (
    '"%(target)s":[{"ext":null,"start-time":"2026-11-23T12:00:00.%(began)09dZ","end-time":"%(end)s",'
    f'"bck":{_BUCKET},"src-bck":{_BUCKET},"dst-bck":{_BUCKET},"id":"%(id)s","kind":"%(kind)s",'
    '"ctlmsg":"cp ais://src=>ais://photos; t[%(target)s]: job:[ visited:%(objects)d '
    'locally-processed:%(objects)d sent:%(half)d received:%(half)d copy-err:0 chan-full:0 pruned:0]",'
    '"abort-err":"","err":"","glob.id":"2",'
    '"stats":{"loc-objs":"%(objects)d","loc-bytes":"%(bytes)d","out-objs":"%(half)d",'
    '"out-bytes":"%(half_bytes)d","in-objs":"%(half)d","in-bytes":"%(half_bytes)d"},'
    '"aborted":false,"is_idle":%(idle)s}]'
)
"""One snapshot, in the words and the order of a real target."""


def _linear(part: float) -> float:
    return part


@frozen(kw_only=True)
class OneJob:
    """
    Know one job, which ends well, and answer for it at once.

    Attributes:
        duration: when it ends, in seconds from its start.
        kind: its kind, one that has a status.
        job_id: its id.
        targets: how many targets it runs on.
        objects: how many objects it works on, over all targets.
        progress: from the part of its time that has passed to the part of its work that is done.
    """

    duration: float
    kind: str = "copy-bck"
    job_id: str = "JxK3wQ9sT"
    targets: int = 3
    objects: int = 99_999
    progress: Callable[[float], float] = field(default=_linear)

    def answer(self, request: Request, now: float) -> Reply:
        """Answer a request of a wait."""
        over = now >= self.duration
        if request.what is Query.STATUS:
            return Reply(200, self._status(over=over), _HEADERS)
        done = self.objects if over else int(self.objects * self.progress(now / self.duration))
        body = snapshots(self.job_id, self.kind, self.targets, done // self.targets, over=over)
        return Reply(200, body, _HEADERS)

    def _status(self, *, over: bool) -> bytes:
        return status(self.job_id, self.kind, end_time=1_795_438_800_123_456_789 if over else 0)


def status(job_id: str, kind: str, *, end_time: int = 0) -> bytes:
    """Spell a status as the proxies do."""
    return f'{{"kind":"{kind}","uuid":"{job_id}","err":"","end_time":{end_time},"aborted":false}}'.encode()


def snapshots(job_id: str, kind: str, targets: int, objects: int, *, over: bool = False) -> bytes:
    """Spell the snapshots of one job as targets do, with so many objects done on each of them."""
    half = objects // 2
    shared = {
        "id": job_id,
        "kind": kind,
        "end": _ENDED if over else _YEAR_1,
        "idle": "true" if over else "false",
        "objects": objects,
        "bytes": objects * 4096,
        "half": half,
        "half_bytes": half * 4096,
    }
    # Every target begins at a moment of its own.
    snaps = [
        _SNAP % {**shared, "target": target, "began": 531_000_000 + 17_011 * place}
        for place, target in enumerate(_names(targets))
    ]
    return ("{" + ",".join(snaps) + "}\n").encode()


@cache
def _names(targets: int) -> tuple[str, ...]:
    return tuple(f"t{place:04}Zx80{place % 97:02}" for place in range(targets))


@frozen
class Watched:
    """
    Hold how a wait went.

    Attributes:
        requests: how many it sent.
        lateness: seconds from the job's end to the wait's.
    """

    requests: int
    lateness: float


def drive(wait: Operation[WaitResult], job: OneJob, *, round_trip: float = ROUND_TRIP) -> Watched:
    """
    Drive a wait through a job's life in virtual time.

    Raises:
        AssertionError: it does not end with success.
    """
    now, requests = 0.0, 0
    decision = wait.start(now)
    while isinstance(decision, Continue):
        now += decision.delay
        # The cluster has an opinion when the request arrives.
        reply = job.answer(decision.request, now + round_trip / 2)
        now += round_trip
        requests += 1
        decision = wait.handle(reply, now)
    if not isinstance(decision, Done):
        msg = f"a job that ends well after {job.duration:g} s: {decision}"
        raise AssertionError(msg)  # noqa: TRY004 - what a test would say
    return Watched(requests, now - job.duration)
