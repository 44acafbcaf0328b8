"""The jobs of a group one after the other: every run gives those that ended next."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ais_jobcore import Continue, Done, GroupWait, JobWait, Outcome, WaitResult
from ais_jobcore.machines.group import Completions
from tests.builders import NOT_LISTED, active, shown, snap_document

if TYPE_CHECKING:
    from ais_jobcore.decisions import Decision
    from ais_jobcore.machines.group import Told


def completions(*job_ids: str, timeout: float | None = None) -> Completions:
    """Make one of jobs of a kind without a status."""
    return Completions(GroupWait([JobWait(each, "dsort", timeout) for each in job_ids], "all"))


def drive(each: Completions, now: float, running: str, *ended: str) -> tuple[list[str], float]:
    """Run until jobs end, some being over and one running; return which are told of, and the moment."""
    decision = each.start(now)
    while isinstance(decision, Continue):
        now += decision.delay
        job_id = (decision.request.json or {}).get("id")
        if job_id:
            decision = each.handle(shown(str(job_id), t1="finished" if job_id in ended else "running"), now)
        else:
            decision = each.handle(active(t1=[snap_document(running)]) if running else NOT_LISTED, now)
    return jobs(decision), now


def jobs(decision: Decision[Told]) -> list[str]:
    """Say which jobs a run tells of, all of them finished."""
    assert isinstance(decision, Done)
    results = [ending for _, ending in decision.result]
    assert all(isinstance(each, WaitResult) and each.outcome is Outcome.FINISHED for each in results)
    return [each.job_id for each in results if isinstance(each, WaitResult)]


def pending(each: Completions, now: float) -> Continue:
    """Begin another run, which has something to ask."""
    decision = each.start(now)
    assert isinstance(decision, Continue)
    return decision


def test_each_run_tells_of_the_next_end() -> None:
    """Two jobs end one after the other: two runs tell of one each, and no job is told of twice."""
    each = completions("a", "b")
    first, now = drive(each, 0.0, "a", "b")
    second, _ = drive(each, now, "", "a", "b")
    assert (["b"], ["a"]) == (first, second)


def test_jobs_that_end_together_are_told_of_together() -> None:
    """A run does not end before its answer was read to the end."""
    each = completions("a", "b", "c")
    first, now = drive(each, 0.0, "c", "a", "b")
    while len(first) < 2:
        more, now = drive(each, now, "c", "a", "b")
        first += more
    assert ["a", "b"] == sorted(first)


def test_pause_between_two_runs_is_no_delay() -> None:
    """Who comes back before the next request was to be sent, waits for the rest of the time only."""
    each = completions("a", "b")
    _, now = drive(each, 0.0, "b", "a")
    before = pending(each, now)
    after = pending(each, now + before.delay / 2)
    assert pytest.approx(before.delay / 2) == after.delay
    assert before.request == after.request


def test_long_pause_makes_nothing_late() -> None:
    """Time in which nobody asked counts up to the next request: a pause past the time-out ends no wait."""
    each = completions("a", "b", timeout=60.0)
    _, now = drive(each, 0.0, "b", "a")
    assert pytest.approx(0.0, abs=1e-9) == pending(each, now + 3_600.0).delay
    assert ["b"] == drive(each, now + 3_600.0, "", "a", "b")[0]


def test_pauses_add_up() -> None:
    """Each of several long ones is taken off, and none of them twice."""
    each = completions("a", "b", "c", timeout=60.0)
    _, now = drive(each, 0.0, "b", "a")
    second, now = drive(each, now + 1_000.0, "c", "a", "b")
    assert ["b"] == second
    assert ["c"] == drive(each, now + 1_000.0, "", "a", "b", "c")[0]


def test_after_the_last_end() -> None:
    """A run that nothing is left for tells of nothing, however often it is made."""
    each = completions("a")
    assert ["a"] == drive(each, 0.0, "", "a")[0]
    assert [] == jobs(each.start(99.0))
    assert [] == jobs(each.start(99.0))


def test_answer_before_the_start() -> None:
    """There is nothing that it could answer."""
    with pytest.raises(RuntimeError, match="not started"):
        completions("a").handle(NOT_LISTED, 0.0)


def test_run_that_is_begun_again_before_its_first_answer() -> None:
    """Nothing has happened: the same request is to be sent, at the same moment."""
    each = completions("a", "b")
    assert pending(each, 5.0) == pending(each, 5.0)


def test_pause_after_a_long_one() -> None:
    """It is measured by what is left of the time to the next request, as if the long one had not been."""
    each = completions("a", "b")
    _, now = drive(each, 0.0, "b", "a")
    now += 1_000.0
    pending(each, now)
    decision = each.handle(active(t1=[snap_document("b")]), now)
    assert isinstance(decision, Continue)
    assert decision.delay > 0
    assert pytest.approx(decision.delay / 2) == pending(each, now + decision.delay / 2).delay
