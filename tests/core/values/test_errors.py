"""The errors: one tree, the seed's words, and values that can be compared, hashed and pickled."""

from __future__ import annotations

import copy
import pickle
from typing import Final

import pytest

from ais_jobcore import (
    AmbiguousJob,
    FaultKind,
    JobCoreError,
    JobFailed,
    JobInfoNotFound,
    Outcome,
    ProtocolError,
    RequestFailed,
    Stalled,
    TargetState,
    Timeout,
    TransportFault,
    WaitResult,
)

FAILED: Final = WaitResult(
    job_id="x3CgTG-3v",
    success=False,
    error="t1: user abort",
    outcome=Outcome.ABORTED,
    errors={"t1": "user abort"},
    targets={"t1": TargetState.ABORTED},
)

ERRORS: Final[list[tuple[JobCoreError, str]]] = [
    (Timeout("x3CgTG-3v", 300.0), "Timed out while waiting for job 'x3CgTG-3v'. after 300s"),
    (
        Timeout("x3CgTG-3v", 0.5, "not done: 1 running", {"t1": TargetState.RUNNING}, 7),
        "Timed out while waiting for job 'x3CgTG-3v'. after 0.5s: not done: 1 running",
    ),
    (
        Stalled("x3CgTG-3v", 90.0, "1 running (t1)", {"t1": TargetState.RUNNING}, 7),
        "Job 'x3CgTG-3v' has not moved for 90s: 1 running (t1)",
    ),
    (
        JobInfoNotFound("No job info found for 'X'"),
        "Job information not found on the cluster: No job info found for 'X'",
    ),
    (
        AmbiguousJob("2 jobs of kind 'lru' are active", ("a", "b")),
        "2 jobs of kind 'lru' are active: wait by id for one of a, b",
    ),
    (JobFailed(FAILED), "job 'x3CgTG-3v' aborted: t1: user abort"),
    (JobFailed(WaitResult(job_id="j", success=False, error="why")), "job 'j' failed: why"),
    (RequestFailed(404, "x-[j] does not exist", "ErrNotFound"), "HTTP 404 ErrNotFound: x-[j] does not exist"),
    (RequestFailed(401, "token required"), "HTTP 401: token required"),
    (ProtocolError("missing", "t1[0].id"), "t1[0].id: missing"),
    (ProtocolError("not JSON"), "not JSON"),
    (TransportFault(FaultKind.DNS, "no such host"), "dns: no such host"),
]
IDS: Final = [f"{type(error).__name__}-{number}" for number, (error, _) in enumerate(ERRORS)]


@pytest.mark.parametrize(("error", "text"), ERRORS, ids=IDS)
def test_messages(error: JobCoreError, text: str) -> None:
    """Errors speak in the seed's words (S40, S17), and name what they carry."""
    assert text == str(error)


@pytest.mark.parametrize(("error", "_"), ERRORS, ids=IDS)
def test_errors_are_values(error: JobCoreError, _: str) -> None:
    """Equal fields make equal errors with equal hashes, also after copying and pickling."""
    for other in (copy.copy(error), copy.deepcopy(error), pickle.loads(pickle.dumps(error))):  # noqa: S301
        assert other is not error
        assert other == error
        assert hash(other) == hash(error)
        assert repr(other) == repr(error)
        assert str(other) == str(error)
        assert type(other) is type(error)


def test_different_errors_differ() -> None:
    """No two of a set of errors with different classes or fields are equal, nor equal to anything else."""
    errors = [error for error, _ in ERRORS]
    assert len(set(errors)) == len(errors)
    for error in errors:
        assert [error] == [other for other in errors if other == error]
        assert error != Exception(*error.args)
        assert error != str(error)
    assert JobInfoNotFound("x") != AmbiguousJob("x")
    assert JobCoreError("x") == JobCoreError("x")


@pytest.mark.parametrize(("error", "_"), ERRORS, ids=IDS)
def test_all_errors_have_one_base(error: JobCoreError, _: str) -> None:
    """Whoever catches `JobCoreError` catches all of them, and nothing of the kind is a `RuntimeError`."""
    assert isinstance(error, JobCoreError)
    assert not isinstance(error, RuntimeError)


def test_a_timeout_is_a_timeout_error_that_says_what_was_seen() -> None:
    """Unlike the seed's, `Timeout` is a `TimeoutError`, and has the last known state (S58, E13)."""
    error = Timeout("j", 300.0, "not done", {"t1": TargetState.RUNNING}, 66)
    assert isinstance(error, TimeoutError)
    assert ("j", 300.0, "not done") == (error.job_id, error.timeout, error.reason)
    assert ({"t1": TargetState.RUNNING}, 66) == (error.targets, error.polls)
    assert ("", {}, 0) == (Timeout("j", 1.0).reason, Timeout("j", 1.0).targets, Timeout("j", 1.0).polls)


@pytest.mark.parametrize(
    ("timeout", "text"),
    [(0.0, "0s"), (300, "300s"), (1.5, "1.5s"), (604_800.0, "604800s"), (2_592_000.0, "2592000s")],
)
def test_a_timeout_is_worded_in_plain_seconds(timeout: float, text: str) -> None:
    """However long the time allowed was, it is written out."""
    assert str(Timeout("j", timeout)) == f"Timed out while waiting for job 'j'. after {text}"


def test_an_ambiguous_job_is_a_wrong_argument_and_a_job_not_found() -> None:
    """Both who expects `JobInfoNotFound` and who expects `ValueError` for bad input catch it."""
    error = AmbiguousJob("question", ("a", "b"))
    assert isinstance(error, JobInfoNotFound)
    assert isinstance(error, ValueError)
    assert error.job_ids == ("a", "b")


def test_texts_of_a_server_are_printable() -> None:
    """Ids and error texts from replies bring no control characters into a message."""
    hostile = "a\x1b[31m\r\nb\u202e\ud800"
    result = WaitResult(job_id="j", success=False, error=hostile, outcome=Outcome.LOST)
    for error in (JobFailed(result), AmbiguousJob("2 jobs", (hostile, "c"))):
        text = str(error)
        assert "a[31m b" in text
        assert text.isprintable()


@pytest.mark.parametrize(("error", "_"), ERRORS, ids=IDS)
def test_errors_can_be_raised_and_chained(error: JobCoreError, _: str) -> None:
    """An error is raised like any other, keeps its cause, and takes notes."""
    cause = TransportFault(FaultKind.CONNECTION, "refused")
    raised = copy.copy(error)
    with pytest.raises(type(error)) as caught:
        raise raised from cause
    assert caught.value == error
    assert caught.value.__cause__ == cause
    raised.add_note("a note")
    assert raised == error


def test_a_driver_may_derive_from_a_transport_fault() -> None:
    """A driver's error can be a `TransportFault` and its HTTP library's exception in one."""

    class Refused(TransportFault, ConnectionError):
        pass

    error = Refused(FaultKind.CONNECTION, "refused")
    assert str(error) == "connection: refused"
    assert error == Refused(FaultKind.CONNECTION, "refused")
    assert error != TransportFault(FaultKind.CONNECTION, "refused")


def test_hash_tells_errors_apart() -> None:
    """Errors of another class, or with other words, are spread over other places of a set."""
    words = [JobInfoNotFound(f"no job {number}") for number in range(50)]
    assert len({hash(error) for error in words}) > 45
    assert str(ProtocolError("HTTP 404: x")) == str(RequestFailed(404, "x"))
    assert hash(ProtocolError("HTTP 404: x")) != hash(RequestFailed(404, "x"))
    assert hash(ProtocolError("x")) == hash(ProtocolError("x"))
