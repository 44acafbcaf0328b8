"""What a wait makes of a list of active jobs, which is asked for on behalf of several waits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ais_jobcore import Continue, Done, Fault, JobWait, Outcome, TargetState, Timeout, Until, WaitOptions
from ais_jobcore.queries import Query
from ais_jobcore.wire.lean import sight_all
from ais_jobcore.wire.observations import Listing
from tests.builders import JOB, NOON_NS, OVER, REFUSED, UNKNOWN, seen

if TYPE_CHECKING:
    from ais_jobcore.snapshots import AggregatedJobSnap

GONE_FROM_LIST = Listing(busy=False)
BUSY = Listing(busy=True, kind="copy-bck")


def begun(kind: str = "copy-bck", timeout: float | None = None, until: Until = Until.AUTO) -> JobWait:
    """Begin a wait."""
    wait = JobWait(JOB, kind, timeout, until)
    wait.start(0.0)
    return wait


def listed(reply: AggregatedJobSnap, kind: str = "dsort") -> Listing:
    """List what targets show of the job."""
    own = sight_all(reply, JOB).own
    return Listing(
        any(each.state is not TargetState.IDLE for seen in own.values() for each in seen), kind, own
    )


def hear(wait: JobWait, listing: Listing | Fault, at: float, endpoint: int = 0) -> Continue:
    """Tell of a list that was asked for just before, and expect that the wait goes on."""
    decision = wait.handle_shared(listing, at, asked=at - 0.01, endpoint=endpoint)
    assert isinstance(decision, Continue)
    return decision


def test_listed_job_is_busy() -> None:
    """Who is on the list goes on; there is nothing to ask before the next moment of the schedule."""
    wait = begun()
    decision = hear(wait, BUSY, 1.0)
    assert decision.delay > 0
    assert wait.state.known.listed


def test_whoever_left_the_list_is_asked_for_by_its_id_at_once() -> None:
    """A list shows no ends (R16, E18): the job itself has to, and without delay."""
    wait = begun("dsort")
    hear(wait, listed(seen("dsort", t1="running")), 1.0)
    decision = hear(wait, GONE_FROM_LIST, 2.0)
    assert (0.0, Query.SIGHTINGS, {"id": JOB}) == (
        decision.delay,
        decision.request.what,
        decision.request.json,
    )
    # It was seen coming, so that one look at the end is enough.
    over = wait.handle(seen("dsort", t1="finished"), 2.1)
    assert isinstance(over, Done)
    assert Outcome.FINISHED is over.result.outcome


def test_list_is_no_word_about_targets_that_it_lacks() -> None:
    """Targets that are done with a job may be missing from a list of active ones: none of them is lost."""
    wait = begun("dsort")
    hear(wait, listed(seen("dsort", t1="running", t2="running")), 1.0)
    for moment in (2.0, 10.0, 20.0):
        hear(wait, listed(seen("dsort", t1="running")), moment)
    assert [None, None] == [view.missing_since for view in wait.state.targets]
    assert {TargetState.RUNNING} == {view.state for view in wait.state.targets}


def test_idle_job_needs_a_second_look_by_its_id() -> None:
    """A list on which every target is idle is a first look; the second one is at the job itself."""
    wait = begun("archive")
    decision = hear(wait, listed(seen("archive", t1="idle"), "archive"), 1.0)
    assert Query.SIGHTINGS is decision.request.what
    assert pytest.approx(2.0) == decision.delay
    over = wait.handle(seen("archive", t1="idle"), 3.0)
    assert isinstance(over, Done)
    assert Outcome.IDLE is over.result.outcome


def test_idle_job_of_a_kind_that_finishes_goes_on() -> None:
    """Whether idle is the end is a matter of the kind: a list does not change that."""
    wait = begun("dsort")
    hear(wait, listed(seen("dsort", t1="idle")), 1.0)
    assert (None, "dsort") == (wait.state.known.quiet, wait.state.kind)


def test_work_on_a_list_takes_a_first_look_back() -> None:
    """What looked like the end was none if the job is at work again."""
    wait = begun("archive")
    hear(wait, listed(seen("archive", t1="idle"), "archive"), 1.0)
    assert wait.state.known.quiet is not None
    hear(wait, listed(seen("archive", t1="running"), "archive"), 1.5)
    assert wait.state.known.quiet is None


def test_abort_on_a_list_is_asked_about_by_id_at_once() -> None:
    """There is nothing to wait for any more, and by its id the job can say why."""
    wait = begun("dsort")
    decision = hear(wait, listed(seen("dsort", t1="aborted", t2="running")), 1.0)
    assert (0.0, Query.SIGHTINGS) == (decision.delay, decision.request.what)


def test_list_tells_the_kind() -> None:
    """The job's own word counts more than what the caller named (S8, V18)."""
    wait = begun("dsort")
    hear(wait, BUSY, 1.0)
    assert "copy-bck" == wait.state.kind


def test_fault_of_a_list_counts_for_the_endpoint_that_was_asked() -> None:
    """The next request goes to another one."""
    wait = JobWait(JOB, "copy-bck", options=WaitOptions(endpoints=3))
    wait.start(0.0)
    decision = hear(wait, REFUSED, 1.0, endpoint=1)
    assert 2 == decision.request.endpoint
    assert 1 == wait.state.faults.count


def test_moment_of_the_list_counts_not_that_of_the_own_plan() -> None:
    """A list that was asked for on the deadline is the last poll; who is not on it may still be asked for."""
    wait = begun(timeout=10.0)
    decision = wait.handle_shared(GONE_FROM_LIST, 10.2, asked=10.0, endpoint=0)
    assert isinstance(decision, Continue)
    assert decision.request.timeout <= 3.0
    late = begun(timeout=10.0)
    end = late.handle_shared(BUSY, 10.2, asked=10.0, endpoint=0)
    assert not isinstance(end, Continue)
    assert isinstance(end.error, Timeout)  # type: ignore[union-attr]


def test_list_on_the_planned_moment() -> None:
    """A list that was asked for when the wait would have asked by itself leaves its plan as it was."""
    wait = begun()
    planned = hear(wait, BUSY, 1.0).delay + 1.0
    again = wait.handle_shared(BUSY, planned, asked=planned, endpoint=0)
    assert isinstance(again, Continue)
    assert wait.state.now == planned


def test_list_ends_the_search_for_a_source() -> None:
    """A job that nobody knew by its id, and that is on a list, is known."""
    wait = begun()
    wait.handle(UNKNOWN, 0.1)
    hear(wait, BUSY, 1.0)
    over = wait.handle(OVER, 2.0)
    assert isinstance(over, Continue)
    assert Query.SIGHTINGS is over.request.what


def test_shared_answer_needs_a_wait_that_is_under_way() -> None:
    """Before the start and after the end there is nothing to take it for; nothing changes."""
    wait = JobWait(JOB, "dsort")
    with pytest.raises(RuntimeError, match="this wait is not under way"):
        wait.handle_shared(BUSY, 0.0, asked=0.0, endpoint=0)
    wait.start(0.0)
    wait.handle(seen("dsort", t1="aborted"), 0.1)
    with pytest.raises(RuntimeError, match="this wait is not under way"):
        wait.handle_shared(BUSY, 0.2, asked=0.2, endpoint=0)
    assert NOON_NS == wait.decision.result.end_time_ns - 60_000_000_000  # type: ignore[union-attr]


def test_list_that_was_asked_for_earlier_than_planned() -> None:
    """The moment at which it was asked for counts, on the clock of the caller."""
    wait = JobWait(JOB, "copy-bck", 10.0)
    wait.start(100.0)
    wait.handle_shared(BUSY, 101.5, asked=101.0, endpoint=0)
    assert 1.5 == wait.state.now
    decision = wait.handle_shared(GONE_FROM_LIST, 110.5, asked=110.0, endpoint=0)
    assert isinstance(decision, Continue)
    late = JobWait(JOB, "copy-bck", 10.0)
    late.start(100.0)
    late.handle_shared(BUSY, 101.5, asked=101.0, endpoint=0)
    assert not isinstance(late.handle_shared(BUSY, 110.0, asked=110.0, endpoint=0), Continue)


@pytest.mark.parametrize(("moment", "over"), [(12.99, False), (13.0, True)])
def test_list_that_comes_too_late_for_another_request(moment: float, over: bool) -> None:
    """Three seconds past the deadline there is no time left to ask for a job that is not on it."""
    wait = begun(timeout=10.0)
    decision = wait.handle_shared(GONE_FROM_LIST, moment, asked=10.0, endpoint=0)
    assert over is not isinstance(decision, Continue)


def test_list_that_was_asked_for_just_before_the_deadline() -> None:
    """It is not the last poll, though its answer comes on the deadline: there is one on it."""
    wait = JobWait(JOB, "copy-bck", 10.0)
    wait.start(100.0)
    decision = wait.handle_shared(BUSY, 110.0, asked=109.9, endpoint=0)
    assert isinstance(decision, Continue)
    assert 0.0 == decision.delay
