"""What the jobs of both drivers have in common."""

# ruff: noqa: ANN401 - what is wrong has no type

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from ais_jobcore import BucketRef, JobWait, ReturnWhen, WaitOptions
from ais_jobcore.facade import JobBase, to_bucket, to_group, to_jobs, to_options


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
