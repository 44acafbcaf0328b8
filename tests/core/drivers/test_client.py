"""What the jobs of both drivers have in common."""

# ruff: noqa: ANN401 - what is wrong has no type

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from ais_jobcore import (
    Abort,
    BucketRef,
    Done,
    Fault,
    FaultKind,
    JobInfoNotFound,
    JobWait,
    ProtocolError,
    Reply,
    ReturnWhen,
    WaitOptions,
)
from ais_jobcore.drivers.client import JobBase, recorded, to_bucket, to_group, to_jobs, to_options
from ais_jobcore.machines import operations
from ais_jobcore.recording import Record
from tests.builders import shown

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ais_jobcore.machines.operations import Call


def bucket(name: str = "b", provider: object = "ais", namespace: object = None) -> Any:
    """Make what looks like a bucket of the official SDK."""
    return SimpleNamespace(name=name, provider=provider, namespace=namespace)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (BucketRef("b", "aws"), BucketRef("b", "aws")),
        (bucket(), BucketRef("b")),
        (bucket(provider=SimpleNamespace(value="gcp")), BucketRef("b", "gcp")),
        (
            bucket(namespace=SimpleNamespace(uuid="u", name="n")),
            BucketRef("b", "ais", {"uuid": "u", "name": "n"}),
        ),
        (bucket(namespace=SimpleNamespace(uuid="", name="n")), BucketRef("b", "ais", {"name": "n"})),
        (bucket(namespace={"uuid": "u"}), BucketRef("b", "ais", {"uuid": "u"})),
        (bucket(namespace={"uuid": "", "name": ""}), BucketRef("b")),
    ],
)
def test_buckets(given: Any, expected: BucketRef) -> None:
    """A bucket is one of this library, or looks like one of the official SDK."""
    assert expected.to_json() == to_bucket(given).to_json()


@pytest.mark.parametrize("given", ["ais://b", None, SimpleNamespace(name="b"), bucket(namespace="ns")])
def test_what_is_no_bucket(given: Any) -> None:
    """Anything else is a ``ValueError`` that shows it."""
    with pytest.raises(ValueError, match="a bucket has"):
        to_bucket(given)


def test_options_are_completed() -> None:
    """A driver completes what the user left open, and knows best how many endpoints it has."""
    driver = {"seed": 7, "request_timeout": 3.0, "endpoints": 2}
    assert WaitOptions(seed=7, request_timeout=3.0, endpoints=2) == to_options(None, **driver)  # type: ignore[arg-type]
    given = WaitOptions(seed=1, grace=9.0, endpoints=5)
    assert WaitOptions(seed=1, grace=9.0, endpoints=2) == to_options(given, **driver)  # type: ignore[arg-type]


def test_names() -> None:
    """A job tells its names and cannot be given others; log records call it by its id, else by its kind."""
    job = JobBase("x", "lru")
    assert ("x", "lru", "JobBase('x', 'lru')") == (job.job_id, job.job_kind, repr(job))
    assert ("x", "lru", "") == (job._subject, JobBase(job_kind="lru")._subject, JobBase()._subject)
    with pytest.raises(AttributeError):
        job.job_id = "y"  # type: ignore[misc]


def test_waits_are_made() -> None:
    """A wait has what was asked for."""
    options = WaitOptions(seed=1)
    wait = JobBase("x", "lru")._wait(5.0, "idle", bucket("a", "aws"), options)
    expected = JobWait("x", "lru", 5.0, "idle", BucketRef("a", "aws"), options)
    assert expected.state == wait.state
    assert (
        JobWait("x", "lru", None).state == JobBase("x", "lru")._wait(None, "auto", None, WaitOptions()).state
    )


# Many jobs


def test_jobs_are_listed() -> None:
    """Whatever can be walked through is, once, and its members stay what they are."""
    job = JobBase("x")
    assert [job, "y"] == to_jobs(iter([job, "y"]))
    assert [] == to_jobs(())


def test_text_is_not_several_jobs() -> None:
    """Its letters are no ids."""
    with pytest.raises(ValueError, match="several jobs were expected, not the text 'tco-1'"):
        to_jobs("tco-1")


def test_groups_are_made() -> None:
    """Every member has what was asked for, and one seed lets them ask in step; jobs of the SDK will do."""
    options = WaitOptions(seed=5)
    of_the_sdk = SimpleNamespace(job_id="z", job_kind="lru")
    group = to_group([JobBase("x", "archive"), "y", of_the_sdk], 5.0, "finished", options, "first")  # type: ignore[list-item]
    expected = [
        JobWait(job_id, kind, 5.0, "finished", options=options).state
        for job_id, kind in [("x", "archive"), ("y", ""), ("z", "lru")]
    ]
    assert expected == [member.wait.state for member in group._members]
    assert ReturnWhen.FIRST is group._return_when


@pytest.mark.parametrize(
    ("jobs", "words"),
    [
        ([JobBase("x"), JobBase()], "the id of a job, or a kind"),
        ([""], "the id of a job, or a kind"),
        ([JobBase("", "copybck")], "unknown kind of job"),
    ],
)
def test_groups_of_what_is_no_job(jobs: list[JobBase | str], words: str) -> None:
    """One member that names no job is an error for all: nothing has been sent yet."""
    with pytest.raises(ValueError, match=words):
        to_group(jobs, None, "auto", WaitOptions())


# Operations of one request


DONE = shown("x", kind="lru", t1="finished")
OPTIONS = WaitOptions(seed=3, request_timeout=4.0)
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
MADE: dict[str, tuple[Callable[[JobBase], Call[Any]], Callable[[], Call[Any]]]] = {
    "status": (
        lambda job: job._status(OPTIONS),
        lambda: operations.status("x", options=OPTIONS),
    ),
    "details": (
        lambda job: job._details(OPTIONS),
        lambda: operations.details("x", "lru", options=OPTIONS),
    ),
    "within": (
        lambda job: job._within(NOON, None, OPTIONS),
        lambda: operations.within_timeframe("x", "lru", NOON, None, options=OPTIONS),
    ),
    "total time": (
        lambda job: job._total_time(OPTIONS),
        lambda: operations.total_time("x", "lru", options=OPTIONS),
    ),
    "start": (
        lambda job: job._start(daemon_id="t1", force=True, buckets=[bucket("a")], options=OPTIONS),
        lambda: operations.start(
            "lru", daemon_id="t1", force=True, buckets=[BucketRef("a")], options=OPTIONS
        ),
    ),
    "start without buckets": (
        lambda job: job._start(daemon_id="", force=False, buckets=None, options=OPTIONS),
        lambda: operations.start("lru", options=OPTIONS),
    ),
    "stop": (
        lambda job: job._stop(OPTIONS),
        lambda: operations.stop("x", "lru", options=OPTIONS),
    ),
}


@pytest.mark.parametrize(("make", "expected"), MADE.values(), ids=list(MADE))
def test_operations_are_made(make: Callable[[JobBase], Call[Any]], expected: Callable[[], Call[Any]]) -> None:
    """An operation asks for what the job is, with the options of the driver; buckets of the SDK will do."""
    assert expected().start(0.0) == make(JobBase("x", "lru")).start(0.0)


@pytest.mark.parametrize(
    ("make", "reply", "expected"),
    [
        (
            lambda job: job._within(NOON, NOON, OPTIONS),
            DONE,
            JobInfoNotFound,
        ),
        (lambda job: job._details(OPTIONS), DONE, None),
        (lambda job: job._total_time(OPTIONS), Reply(200, b"[]"), ProtocolError),
    ],
)
def test_answers_of_operations(
    make: Callable[[JobBase], Call[Any]], reply: Reply, expected: type[Exception] | None
) -> None:
    """What comes is read as the answer to just that question, with the times that were given."""
    operation = make(JobBase("x", "lru"))
    operation.start(0.0)
    decision = operation.handle(reply, 0.1)
    if expected is None:
        assert isinstance(decision, Done)
    else:
        assert isinstance(decision, Abort)
        assert isinstance(decision.error, expected)


def test_no_record(tmp_path: Path) -> None:
    """A wait that nobody wants to have written down is run as it is, and leaves nothing behind."""
    wait = JobWait("x")
    with recorded(wait, None, endpoints=["http://a"], secrets=tuple) as run:
        assert wait is run
    assert [] == [*tmp_path.iterdir()]


def test_record(tmp_path: Path) -> None:
    """A wait is written down as it goes; tokens never are, and hosts have other names on request."""
    file, plain = tmp_path / "wait.jsonl", tmp_path / "plain.jsonl"
    for record in (Record(file, hide_names=True), plain):
        wait = JobWait("x", "lru", 60.0)
        endpoints = ["http://user:pw@ais-gateway:8080/v1", "not a URL"]
        with recorded(wait, record, endpoints=endpoints, secrets=lambda: ["s3cret"]) as run:
            run.start(0.0)
            run.handle(Fault(FaultKind.DNS, "ais-gateway does not know s3cret XXXX"), 0.1)
    assert "ais-gateway" not in file.read_text()
    assert "XXXX" in file.read_text()
    assert "ais-gateway" in plain.read_text()
    for each in (file, plain):
        assert "s3cret" not in each.read_text()
        assert len(each.read_text().splitlines()) > 2


def test_record_that_cannot_be_written(tmp_path: Path) -> None:
    """It is said before anything is sent."""
    with pytest.raises(OSError, match="nowhere"):
        recorded(JobWait("x"), tmp_path / "nowhere" / "wait.jsonl", endpoints=[], secrets=tuple)


def test_groups_wait_for_all_by_default() -> None:
    """Unless it is said for how many."""
    assert ReturnWhen.ALL is to_group([JobBase("x")], None, "auto", WaitOptions())._return_when


def test_operations_on_all_jobs_of_a_kind() -> None:
    """Without an id the kind is what is asked for."""
    job, kind = JobBase("", "lru"), "lru"
    for made, expected in (
        (job._details(OPTIONS), operations.details("", kind, options=OPTIONS)),
        (job._within(NOON, None, OPTIONS), operations.within_timeframe("", kind, NOON, options=OPTIONS)),
        (job._total_time(OPTIONS), operations.total_time("", kind, options=OPTIONS)),
        (job._stop(OPTIONS), operations.stop("", kind, options=OPTIONS)),
    ):
        assert expected.start(0.0) == made.start(0.0)


def test_end_of_a_time_frame() -> None:
    """A job that began after it is not within it; without an end it is."""
    long_ago = datetime(2000, 1, 1, tzinfo=UTC)
    for end, found in ((long_ago, False), (None, True)):
        operation = JobBase("x", "lru")._within(long_ago, end, OPTIONS)
        operation.start(0.0)
        assert found is isinstance(operation.handle(DONE, 0.1), Done)
