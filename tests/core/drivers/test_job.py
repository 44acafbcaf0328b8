"""What the jobs of both drivers have in common."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from attrs import evolve

from ais_jobcore import Abort, BucketRef, Done, JobInfoNotFound, JobWait, ProtocolError, Reply, WaitOptions
from ais_jobcore.machines import operations
from tests.builders import shown
from tests.core.drivers.samples import OPTIONS, bucket, job

if TYPE_CHECKING:
    from collections.abc import Callable

    from ais_jobcore.machines.operations import Call

DONE = shown("x", kind="lru", t1="finished")
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def test_names() -> None:
    """A job tells its names and cannot be given others; log records call it by its id, else by its kind."""
    named = job("x", "lru")
    assert ("x", "lru", "Sample('x', 'lru')") == (named.job_id, named.job_kind, repr(named))
    assert ("x", "lru", "") == (named._subject, job(job_kind="lru")._subject, job()._subject)
    with pytest.raises(AttributeError):
        named.job_id = "y"


def test_waits_are_made() -> None:
    """A wait has what was asked for, and the options of the client where they are not given."""
    options = WaitOptions(seed=1, request_timeout=2.0)
    wait = job("x", "lru")._wait(5.0, "idle", bucket("a", "aws"), options)
    assert JobWait("x", "lru", 5.0, "idle", BucketRef("a", "aws"), options).state == wait.state
    wait = job("x", "lru")._wait(None, "auto", None, WaitOptions(grace=9.0))
    assert JobWait("x", "lru", None, options=evolve(OPTIONS, grace=9.0)).state == wait.state


MADE: dict[str, tuple[Callable[[Any], Call[Any]], Callable[[], Call[Any]]]] = {
    "status": (
        lambda given: given._status(),
        lambda: operations.status("x", options=OPTIONS),
    ),
    "details": (
        lambda given: given._details(),
        lambda: operations.details("x", "lru", options=OPTIONS),
    ),
    "within": (
        lambda given: given._within(NOON, None),
        lambda: operations.within_timeframe("x", "lru", NOON, None, options=OPTIONS),
    ),
    "total time": (
        lambda given: given._total_time(),
        lambda: operations.total_time("x", "lru", options=OPTIONS),
    ),
    "start": (
        lambda given: given._start(daemon_id="t1", force=True, buckets=[bucket("a")]),
        lambda: operations.start(
            "lru", daemon_id="t1", force=True, buckets=[BucketRef("a")], options=OPTIONS
        ),
    ),
    "start without buckets": (
        lambda given: given._start(daemon_id="", force=False, buckets=None),
        lambda: operations.start("lru", options=OPTIONS),
    ),
    "stop": (
        lambda given: given._stop(),
        lambda: operations.stop("x", "lru", options=OPTIONS),
    ),
}


@pytest.mark.parametrize(("make", "expected"), MADE.values(), ids=list(MADE))
def test_operations_are_made(make: Callable[[Any], Call[Any]], expected: Callable[[], Call[Any]]) -> None:
    """An operation asks for what the job is, with the options of the driver; buckets of the SDK will do."""
    assert expected().start(0.0) == make(job("x", "lru")).start(0.0)


@pytest.mark.parametrize(
    ("make", "reply", "expected"),
    [
        (
            lambda given: given._within(NOON, NOON),
            DONE,
            JobInfoNotFound,
        ),
        (lambda given: given._details(), DONE, None),
        (lambda given: given._total_time(), Reply(200, b"[]"), ProtocolError),
    ],
)
def test_answers_of_operations(
    make: Callable[[Any], Call[Any]], reply: Reply, expected: type[Exception] | None
) -> None:
    """What comes is read as the answer to just that question, with the times that were given."""
    operation = make(job("x", "lru"))
    operation.start(0.0)
    decision = operation.handle(reply, 0.1)
    if expected is None:
        assert isinstance(decision, Done)
    else:
        assert isinstance(decision, Abort)
        assert isinstance(decision.error, expected)


def test_operations_on_all_jobs_of_a_kind() -> None:
    """Without an id the kind is what is asked for."""
    every, kind = job("", "lru"), "lru"
    for made, expected in (
        (every._details(), operations.details("", kind, options=OPTIONS)),
        (every._within(NOON, None), operations.within_timeframe("", kind, NOON, options=OPTIONS)),
        (every._total_time(), operations.total_time("", kind, options=OPTIONS)),
        (every._stop(), operations.stop("", kind, options=OPTIONS)),
    ):
        assert expected.start(0.0) == made.start(0.0)


def test_end_of_a_time_frame() -> None:
    """A job that began after it is not within it; without an end it is."""
    long_ago = datetime(2000, 1, 1, tzinfo=UTC)
    for end, found in ((long_ago, False), (None, True)):
        operation = job("x", "lru")._within(long_ago, end)
        operation.start(0.0)
        assert found is isinstance(operation.handle(DONE, 0.1), Done)


def test_job_without_names_is_every_job() -> None:
    """Id and kind are empty where they are not given."""
    plain = type(job())(job()._client)
    assert ("", "") == (plain.job_id, plain.job_kind)


def test_beginning_of_a_time_frame() -> None:
    """A job that began before it is not within it."""
    for begin, found in ((datetime(2100, 1, 1, tzinfo=UTC), False), (datetime(2000, 1, 1, tzinfo=UTC), True)):
        operation = job("x", "lru")._within(begin, None)
        operation.start(0.0)
        assert found is isinstance(operation.handle(DONE, 0.1), Done)
