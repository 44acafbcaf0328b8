"""What a machine decides, unwrapped: the result, or the error that it carries."""

from __future__ import annotations

import pytest

from ais_jobcore import Abort, Continue, Done, JobInfoNotFound, Outcome, Timeout, WaitResult
from ais_jobcore.queries import ask_status

BAD = WaitResult(job_id="x3CgTG-3v", success=False, error="no space left", outcome=Outcome.ABORTED)


@pytest.mark.parametrize("result", [WaitResult(job_id="x3CgTG-3v", success=True), "g5", None, 0])
def test_done_gives_its_result(result: object) -> None:
    """What it carries is what is returned, an empty result included."""
    assert result is Done(result, "answered").unwrap()


def test_abort_gives_the_result_of_a_job_that_ended_badly() -> None:
    """That is no error: whoever waited is told how the job ended."""
    decision = Abort(BAD, None, "one target aborted")
    assert BAD is decision.unwrap()
    assert not decision.unwrap()


def test_abort_raises_its_error() -> None:
    """Where the wait could not be completed, its error is raised: the very object, with its cause."""
    error = Timeout("x3CgTG-3v", 5.0)
    error.__cause__ = cause = JobInfoNotFound("nobody knows it")
    with pytest.raises(Timeout) as raised:
        Abort[WaitResult](None, error, "the deadline came").unwrap()
    assert error is raised.value
    assert cause is raised.value.__cause__


def test_continue_has_nothing_to_unwrap() -> None:
    """It is not over, so there is nothing to return: a type checker refuses it, and so does Python."""
    decision = Continue(0.5, ask_status("x3CgTG-3v"), "not done")
    with pytest.raises(AttributeError, match="unwrap"):
        decision.unwrap()  # type: ignore[attr-defined]
