"""What callers give, made into what the core takes."""

# ruff: noqa: ANN401 - what is wrong has no type

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from ais_jobcore import BucketRef, JobWait, ReturnWhen, WaitOptions
from ais_jobcore.drivers.given import refuse_without_effect, to_bucket, to_group, to_jobs, to_options
from tests.core.drivers.samples import bucket

if TYPE_CHECKING:
    from ais_jobcore.drivers.given import NamedJob


def named(job_id: str = "", job_kind: str = "") -> Any:
    """Make what has the names of a job, as jobs of both drivers and of the official SDK."""
    return SimpleNamespace(job_id=job_id, job_kind=job_kind)


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


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (None, WaitOptions(seed=7, request_timeout=3.0, endpoints=2)),
        (WaitOptions(grace=9.0), WaitOptions(seed=7, request_timeout=3.0, endpoints=2, grace=9.0)),
        (WaitOptions(seed=1, endpoints=5), WaitOptions(seed=1, request_timeout=3.0, endpoints=5)),
        (WaitOptions(request_timeout=9.0), WaitOptions(seed=7, request_timeout=9.0, endpoints=2)),
    ],
)
def test_options_are_completed(given: WaitOptions | None, expected: WaitOptions) -> None:
    """A driver completes what the user left open."""
    assert expected == to_options(given, seed=lambda: 7, request_timeout=3.0, endpoints=2)


def test_options_that_ask_for_the_defaults() -> None:
    """What is given wins, even if it is what it would be by default; no seed is drawn then."""
    given = WaitOptions(seed=0, request_timeout=20.0, endpoints=1)
    assert given == to_options(given, seed=lambda: 1 // 0, request_timeout=3.0, endpoints=2)


def test_jobs_are_listed() -> None:
    """Whatever can be walked through is, once, and its members stay what they are."""
    job = named("x")
    assert [job, "y"] == to_jobs(iter([job, "y"]))
    assert [] == to_jobs(())


def test_text_is_not_several_jobs() -> None:
    """Its letters are no ids."""
    with pytest.raises(ValueError, match="several jobs were expected, not the text 'tco-1'"):
        to_jobs("tco-1")


def test_groups_are_made() -> None:
    """Every member has what was asked for, and one seed lets them ask in step; jobs of the SDK will do."""
    options = WaitOptions(seed=5)
    group = to_group([named("x", "archive"), "y", named("z", "lru")], 5.0, "finished", options, "first")
    expected = [
        JobWait(job_id, kind, 5.0, "finished", options=options).state
        for job_id, kind in [("x", "archive"), ("y", ""), ("z", "lru")]
    ]
    assert expected == [member.wait.state for member in group._members]
    assert ReturnWhen.FIRST is group._return_when


@pytest.mark.parametrize(
    ("jobs", "words"),
    [
        ([named("x"), named()], "the id of a job, or a kind"),
        ([""], "the id of a job, or a kind"),
        ([named("", "copybck")], "unknown kind of job"),
    ],
)
def test_groups_of_what_is_no_job(jobs: list[NamedJob | str], words: str) -> None:
    """One member that names no job is an error for all: nothing has been sent yet."""
    with pytest.raises(ValueError, match=words):
        to_group(jobs, None, "auto", WaitOptions())


def test_groups_wait_for_all_by_default() -> None:
    """Unless it is said for how many."""
    assert ReturnWhen.ALL is to_group([named("x")], None, "auto", WaitOptions())._return_when


def test_settings_without_effect_are_refused() -> None:
    """Beside a transport that is what a transport is made of; beside a token, a file with another."""
    nothing: dict[str, object] = {"token": None, "token_file": None, "request_timeout": 5.0}
    refuse_without_effect(nothing, beside_transport=True)
    refuse_without_effect({**nothing, "token_file": "auth.token"}, beside_transport=False)
    with pytest.raises(
        ValueError, match=r"^no effect beside a transport: token_file; give them to the transport$"
    ):
        refuse_without_effect({**nothing, "token_file": "auth.token"}, beside_transport=True)
    with pytest.raises(ValueError, match=r"^no effect beside a token: token_file; give only one of them$"):
        refuse_without_effect({**nothing, "token": "tok", "token_file": "auth.token"}, beside_transport=False)
