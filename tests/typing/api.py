"""
How users write against the public API: checked by mypy and pyright, never executed.

The signatures of ``Job`` are those of ``aistore.sdk.job.Job``.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar, assert_never, assert_type

from ais_jobcore import (
    KINDS,
    Abort,
    AggregatedJobSnap,
    BucketRef,
    Continue,
    Decision,
    Done,
    Event,
    Fault,
    FaultKind,
    FinishedJob,
    GroupWait,
    JobCoreError,
    JobSnap,
    JobStatus,
    JobWait,
    Keller,
    Kind,
    Learned,
    NotFound,
    Operation,
    Outcome,
    Query,
    Reply,
    Request,
    ReturnWhen,
    Scheduler,
    Send,
    TargetState,
    TargetView,
    Timeout,
    WaitOptions,
    WaitResult,
    drive,
    drive_async,
    load,
    operations,
    resolve_kind,
)
from ais_jobcore.recording import Record, Recorder, Transcript, learned, replay
from ais_jobcore_aiohttp import AsyncClient, AsyncJob
from ais_jobcore_requests import Client, Job

T = TypeVar("T")

# The core, by hand


def send(request: Request) -> Reply | Fault:
    assert_type(request.what, Query)
    assert_type(request.method, str)
    assert_type(request.path, str)
    assert_type(request.query, Mapping[str, str])
    assert_type(request.json, Mapping[str, object] | None)
    assert_type(request.timeout, float)
    assert_type(request.endpoint, int)
    assert_type(request.refresh_token, bool)
    return (
        Fault(FaultKind.TIMEOUT, "no answer")
        if request.timeout < 1
        else Reply(200, b"{}", {"Retry-After": "1"})
    )


def by_hand(now: float) -> WaitResult:
    wait = JobWait("x3CgTG-3v", "copy-bck", timeout=None, until="auto", options=WaitOptions(seed=7))
    decision = wait.start(now)
    assert_type(decision, Decision[WaitResult])
    while isinstance(decision, Continue):
        assert_type(decision.delay, float)
        assert_type(decision.reason, str)
        decision = wait.handle(send(decision.request), now)
    assert_type(wait.explain(now), str)
    match decision:
        case Done(result=result):
            return assert_type(result, WaitResult)
        case Abort(result=result, error=error):
            assert_type(result, WaitResult | None)
            assert_type(error, JobCoreError | None)
            if result is not None:
                return result
            assert error is not None
            raise error
        case _:
            assert_never(decision)


def unwrapped(decision: Done[WaitResult] | Abort[WaitResult]) -> WaitResult:
    return assert_type(decision.unwrap(), WaitResult)


def driven(clock: Callable[[], float], sleep: Callable[[float], None]) -> None:
    load()
    assert_type(drive(JobWait("x"), send, clock=clock, sleep=sleep), WaitResult)
    assert_type(drive(operations.start("lru"), send, clock=clock, sleep=sleep), str)
    drive(operations.status("x"), send, clock=clock, sleep=sleep, on_decision=told)


def told(decision: Decision[object]) -> None:
    assert_type(decision.reason, str)


async def awaited(
    ask: Callable[[Request], Awaitable[Event]], sleep: Callable[[float], Awaitable[None]], now: float
) -> None:
    assert_type(await drive_async(JobWait("x"), ask, clock=lambda: now, sleep=sleep), WaitResult)


def any_operation(operation: Operation[T], event: Event) -> Decision[T]:
    operation.start(0.0)
    return operation.handle(event, 0.0)


def any_scheduler(scheduler: Scheduler[T], event: Event, now: float) -> T:
    planned = scheduler.poll(now)
    if not isinstance(planned, Send):
        return planned.unwrap()
    assert_type(planned.wake, float | None)
    for ticket in planned.tickets:
        assert_type(ticket.request, Request)
        scheduler.handle(ticket, event, now)
    return any_scheduler(scheduler, event, now)


def views(view: TargetView) -> tuple[str, TargetState, float | None]:
    return view.target, view.state, view.missing_since


def decoded(wait: JobWait, now: float) -> None:
    wait.handle(AggregatedJobSnap({"t1": [JobSnap(id="x")]}), now)
    wait.handle(JobStatus(uuid="x", end_time=1), now)
    wait.handle(NotFound("no such job"), now)


class EveryMinute:
    """A schedule of one's own."""

    def interval(self, waited: float, *, snapshots: bool) -> float:  # noqa: ARG002
        """Return seconds."""
        return 60.0


def schedules() -> None:
    WaitOptions(schedule="gentle", expected_objects=1000, stall_timeout=600.0, on_stall="warn")
    WaitOptions(schedule=Keller(k=0.2))
    WaitOptions(schedule=EveryMinute())
    WaitOptions(schedule=Learned([20.0, 25], pace=2.0))
    JobWait.load("{}", 0.0, schedule=EveryMinute())


def learn(jobs: list[FinishedJob], result: WaitResult) -> None:
    assert_type(learned(["a.jsonl", Path("b.jsonl")]), Learned)
    assert_type(Learned.from_transcripts(map(Transcript.load, ["a.jsonl"])), Learned)
    assert_type(Learned.from_transcripts([*jobs, result]), Learned)
    assert_type(jobs[0].start_time, datetime)
    assert_type(result.duration, float | None)


def many_by_hand(now: float) -> None:
    group = GroupWait([JobWait("x"), JobWait("y", timeout=None)], return_when=ReturnWhen.FIRST)
    decision = group.start(now)
    while isinstance(decision, Continue):
        decision = group.handle(send(decision.request), now)
    assert_type(decision.result, list[WaitResult | JobCoreError | None] | None)


def continued(wait: JobWait, now: float) -> JobWait:
    return assert_type(JobWait.load(assert_type(wait.save(), str), now, elapsed=1.5), JobWait)


def kinds() -> None:
    assert_type(resolve_kind("copy-bucket"), Kind)
    assert_type(KINDS, Mapping[str, Kind])


def results(result: WaitResult) -> None:
    assert_type(result.job_id, str)
    assert_type(result.success, bool)
    assert_type(result.error, str | None)
    assert_type(result.end_time, datetime | None)
    assert_type(result.outcome, Outcome | None)
    assert_type(result.errors, Mapping[str, str])
    assert_type(result.targets, Mapping[str, TargetState])
    assert_type(result.polls, int)
    assert_type(result.elapsed, float)
    result.raise_for_failure()


def errors(error: Timeout) -> TimeoutError:
    assert_type(error.timeout, float)
    return error


# The sync driver


def sync(start: datetime) -> None:
    with Client("http://localhost:8080", token="secret") as client:
        job = client.job(job_id="x3CgTG-3v", job_kind="copy-bck")
        assert_type(job, Job)
        assert_type(job.job_id, str)
        assert_type(job.job_kind, str)
        assert_type(job.status(), JobStatus)
        assert_type(job.wait(), WaitResult)
        assert_type(job.wait(60, False), WaitResult)
        assert_type(job.wait(timeout=None), WaitResult)
        assert_type(job.wait_for_idle(timeout=60, verbose=False), WaitResult)
        assert_type(job.wait_single_node(timeout=0.5), WaitResult)
        assert_type(job.start(daemon_id="t1", force=True), str)
        job.abort()
        assert_type(job.get_details(), AggregatedJobSnap)
        assert_type(job.get_within_timeframe(start, end_time=start), list[JobSnap])
        assert_type(job.get_total_time(), timedelta | None)
        assert_type(client.history("copy-bck", BucketRef("photos")), list[FinishedJob])
        assert_type(client.durations("copy-bck"), list[float])
        assert_type(client.wait_all([job, "y"]), list[WaitResult | JobCoreError | None])
        client.wait_all((job,), None, return_when="first", verbose=False, until="idle")
        for done, ending in client.as_completed([job, job], timeout=60):
            assert_type(done, Job)
            assert_type(ending, WaitResult | JobCoreError)
        for done_id, _ in client.as_completed({"x", "y"}):
            assert_type(done_id, str)


# The async driver


async def asynchronous(start: datetime) -> None:
    async with AsyncClient("http://localhost:8080", token="secret") as client:
        job = client.job(job_id="x3CgTG-3v", job_kind="copy-bck")
        assert_type(job, AsyncJob)
        assert_type(job.job_id, str)
        assert_type(job.job_kind, str)
        assert_type(await job.status(), JobStatus)
        assert_type(await job.wait(), WaitResult)
        assert_type(await job.wait(60, False), WaitResult)
        assert_type(await job.wait(timeout=None), WaitResult)
        assert_type(await job.wait_for_idle(timeout=60, verbose=False), WaitResult)
        assert_type(await job.wait_single_node(timeout=0.5), WaitResult)
        assert_type(await job.start(daemon_id="t1", force=True), str)
        await job.abort()
        assert_type(await job.get_details(), AggregatedJobSnap)
        assert_type(await job.get_within_timeframe(start, end_time=start), list[JobSnap])
        assert_type(await job.get_total_time(), timedelta | None)
        assert_type(await client.history("copy-bck"), list[FinishedJob])
        assert_type(client.durations("copy-bck"), list[float])
        assert_type(await client.wait_all([job, "y"]), list[WaitResult | JobCoreError | None])
        await client.wait_all((job,), None, return_when="first", verbose=False, until="idle")
        async for done, ending in client.as_completed([job, job], timeout=60):
            assert_type(done, AsyncJob)
            assert_type(ending, WaitResult | JobCoreError)
        async for done_id, _ in client.as_completed({"x", "y"}):
            assert_type(done_id, str)


# Transcripts


def record_and_replay(job: Job, wait: JobWait) -> bool:
    assert_type(job.wait(record="wait.jsonl"), WaitResult)
    assert_type(job.wait_for_idle(record=Path("wait.jsonl")), WaitResult)
    job.wait_single_node(record=Record("wait.jsonl", hide_names=True))
    with Recorder(wait, "wait.jsonl") as recorder:
        assert_type(recorder.start(0.0), Decision[WaitResult])
    transcript = Transcript.load("wait.jsonl")
    assert_type([entry.t for entry in transcript.entries()], list[float])
    assert_type(transcript.wait(), JobWait)
    return replay(transcript).same


async def record_to_await(job: AsyncJob) -> None:
    assert_type(await job.wait(record=Record("wait.jsonl")), WaitResult)
