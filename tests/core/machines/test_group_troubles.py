"""Many waits: faults, deadlines, and one job that must not spoil the others."""

from __future__ import annotations

from itertools import pairwise

import pytest

from ais_jobcore import (
    Continue,
    FaultKind,
    GroupWait,
    JobInfoNotFound,
    JobWait,
    Outcome,
    Reply,
    RequestFailed,
    Timeout,
    TransportFault,
    WaitOptions,
)
from ais_jobcore.machines.group import _list_of, _Member
from ais_jobcore.rules.state import Source
from tests.builders import (
    BUSY,
    NO_TOKEN,
    NOON_NS,
    NOT_LISTED,
    NULL,
    REFUSED,
    STARTING,
    TARGET_DOWN,
    UNKNOWN,
    WRONG,
    active,
    refusal,
    shown,
    snap_document,
    status,
    statuses,
)
from tests.core.groups import NAMES, STATUSES, begin, error_of, play, result_of, script, waits
from tests.core.scripts import Answer, altered

DSORT = "list of dsort"
HANG: Answer = (99.0, Reply(200))
"""No answer before the request's time-out."""


# Faults of lists


@pytest.mark.parametrize("trouble", [REFUSED, BUSY, STARTING, Reply(500), HANG])
def test_fault_of_a_list_passes(trouble: Answer) -> None:
    """Nobody is judged by it; the list is asked for again."""
    played = script(begin(waits("a", "b")), (STATUSES, trouble), (STATUSES, statuses("a", "b")))
    assert ([], STATUSES) == (list(played.group.ended), played.question)


def test_fault_of_a_list_costs_every_job_one_retry() -> None:
    """It is in the reason, with what is left of the budget; what answers well pays back."""
    played = script(begin(waits("a", "b")), (STATUSES, Reply(500)))
    reason = (
        "2 by the list of statuses: cannot ask: HTTP 500: HTTP 500 without a body; 9.0 of 10 retries left"
    )
    assert reason in played.pending.reason
    assert 0.2 == pytest.approx(played.pending.delay, rel=0.1)
    script(played, (STATUSES, statuses("a", "b")))
    assert {(0.9,)} == {wait.state.faults.spent for wait in played.waits}


def test_spent_budget_keeps_to_the_schedule() -> None:
    """When half of its retries are spent, an endpoint is asked no sooner than it would be anyway."""
    played = play(waits("a", timeout=120.0), lambda _, now: statuses("a") if now < 60 else REFUSED)
    asked = [at for _, at in played.asked if at >= 60]
    gaps = [after - before for before, after in pairwise(asked)]
    assert [0.2, 0.4, 0.8, 1.6] == pytest.approx(gaps[:4], rel=0.1)
    assert min(gaps[5:-1]) > 2.6
    assert [Timeout] == played.outcomes
    assert error_of(played.endings[0]).__cause__ == TransportFault(FaultKind.CONNECTION, "connection refused")


def test_retry_after() -> None:
    """A list that asks for time is given it."""
    played = script(begin(waits("a")), (STATUSES, refusal(429, "slow down", Retry_After="7")))
    assert 7.0 == played.pending.delay
    assert "slow down; asked to wait 7 s" in played.pending.reason


def test_no_answer_at_all() -> None:
    """After 30 s without any answer every wait ends; nobody is called failed."""
    played = play([*waits("a", "b"), *waits("c", kind="dsort")], lambda *_: REFUSED)
    assert [TransportFault] * 3 == played.outcomes
    assert 30.0 <= played.now < 40.0


def test_fault_moves_all_to_the_next_endpoint() -> None:
    """The endpoint that was asked is charged, whoever was to be asked before."""
    played = script(begin(waits("a", "b", endpoints=3)), (STATUSES, REFUSED), (STATUSES, REFUSED))
    script(played, (STATUSES, statuses("a")), (NAMES, REFUSED))
    assert [0, 1, 2, 2] == [request.endpoint for request in played.requests]
    assert [(1.0, 1.0, 0.0), (1.0, 1.0, 1.0)] == [wait.state.faults.spent for wait in played.waits]
    assert [2, 0] == [wait.state.faults.endpoint for wait in played.waits]
    script(played, (STATUSES, statuses("a", "b")))
    assert {played.requests[-1].endpoint} == {wait.state.faults.endpoint for wait in played.waits}


def test_fresh_token() -> None:
    """A token that a list refuses is fetched anew, once for all."""
    played = script(begin(waits("a", "b")), (STATUSES, NO_TOKEN), (STATUSES, statuses("a", "b")))
    assert [False, True] == [request.refresh_token for request in played.requests]
    assert not played.pending.request.refresh_token


def test_token_that_stays_refused() -> None:
    """Twice in a row is a refusal for everybody on the list, as it is for a single wait."""
    played = play(waits("a", "b"), lambda *_: NO_TOKEN)
    assert ([RequestFailed] * 2, 2) == (played.outcomes, len(played.asked))


def test_second_list_that_cannot_be_asked_for() -> None:
    """Who was on the first list has been told; only the others have to wait."""
    played = script(begin(waits("a", "b")), (STATUSES, statuses("b")), (NAMES, REFUSED))
    assert [1, 0] == [wait.state.faults.count for wait in played.waits]


def test_answer_about_one_job_is_awaited_through_faults() -> None:
    """Who is on no list and cannot be asked stays to be asked; that it runs is seen when it can be."""
    played = script(begin(waits("a")), (STATUSES, NULL), (NAMES, NOT_LISTED), ("snapshots of a", REFUSED))
    script(played, ("snapshots of a", shown("a", kind="copy-bck", t1="running")))
    assert "status of a" == played.question


def test_job_that_nobody_knows_yet_may_be_listed_later() -> None:
    """Unknown in the first moment, it is no contradiction to the lists that it runs in the next one."""
    played = script(begin(waits("a")), (STATUSES, NULL), (NAMES, NOT_LISTED))
    script(played, ("snapshots of a", UNKNOWN), ("status of a", status(job_id="a")))
    assert STATUSES == played.question


@pytest.mark.parametrize("back", [active(), active(t1=[snap_document("b", kind="copy-bck")])])
def test_target_that_was_away_leaves_the_word_to_the_proxies(back: Reply) -> None:
    """A job may have lost a target that nobody saw with it: then its status is asked for, too."""
    played = script(begin(waits("a")), (STATUSES, statuses("a")), (STATUSES, NULL), (NAMES, TARGET_DOWN))
    script(played, (STATUSES, NULL), (NAMES, NOT_LISTED))
    assert ("status of a", 0.0) == (played.question, played.pending.delay)
    aborted = status("IC(notifications) abort", job_id="a", aborted=True, end=NOON_NS)
    script(played, ("status of a", aborted), ("snapshots of a", back))
    assert [Outcome.ABORTED] == played.outcomes


# One bad id


def test_refused_id_fails_alone() -> None:
    """What the server refuses for one id is that job's own end."""
    single: dict[str, Answer] = {
        "snapshots of b c": WRONG,
        "snapshots of a": shown("a", kind="lru", t1="finished"),
    }
    lists: dict[str, Answer] = {STATUSES: NULL, NAMES: NOT_LISTED}
    played = play([JobWait("a"), JobWait("b c")], lists | single)
    assert [Outcome.FINISHED, RequestFailed] == played.outcomes


def test_unknown_id_fails_alone() -> None:
    """It takes its grace, and the 2 s of every status (V4); the others are reported before."""

    def answers(asked: str, now: float) -> Answer:
        table: dict[str, Answer] = {
            STATUSES: statuses("a") if now < 1 else NULL,
            NAMES: NOT_LISTED,
            "snapshots of a": shown("a", kind="copy-bck", t1="finished"),
            "status of x": (2.0, UNKNOWN),
        }
        return table.get(asked, UNKNOWN)

    played = play([JobWait("x"), *waits("a")], answers)
    assert [JobInfoNotFound, Outcome.FINISHED] == played.outcomes
    assert result_of(played.endings[1]).elapsed < 2.5


def test_list_waits_for_one_single_request_at_most() -> None:
    """Ten jobs that nobody knows take 20 s; the list for the others is not at the end of that queue."""
    unknown = {f"status of x{n}": (2.0, UNKNOWN) for n in range(10)}

    def answers(asked: str, now: float) -> Answer:
        lists: dict[str, Answer] = {DSORT: shown("a", t1="running") if now < 1 else active(t1=[])}
        single: dict[str, Answer] = {"snapshots of a": shown("a", t1="finished")}
        return (lists | unknown | single).get(asked, {STATUSES: NULL, NAMES: NOT_LISTED}.get(asked, UNKNOWN))

    played = play([*(JobWait(f"x{n}") for n in range(10)), *waits("a", kind="dsort")], answers)
    assert [JobInfoNotFound] * 10 + [Outcome.FINISHED] == played.outcomes
    assert result_of(played.endings[10]).elapsed < 5.0


def test_late_list_does_not_keep_single_requests_waiting() -> None:
    """However late it is, jobs that are asked for by their ids have their turn in between."""
    slow: dict[str, Answer] = {
        DSORT: (3.0, shown("a", t1="running")),
        "snapshots of b": shown("b", t1="running"),
    }
    played = play([*waits("a", kind="dsort", timeout=30.0), JobWait("b", "dsort", 30.0, "single")], slow)
    assert [Timeout] * 2 == played.outcomes
    assert played.questions.count(DSORT) - 2 <= played.questions.count("snapshots of b")


# Deadlines


def test_last_list_is_asked_for_on_the_deadline() -> None:
    """Who is still on it then is a ``Timeout``; nothing is asked after it."""
    played = play(waits("a", "b", timeout=5.0), {STATUSES: statuses("a", "b")}, at=1000.5)
    assert ([Timeout] * 2, 1005.5) == (played.outcomes, pytest.approx(played.asked[-1][1]))
    assert "not done: it is on a list of active jobs" in str(played.endings[0])
    again = play(waits("a", "b", timeout=7.0), {STATUSES: statuses("a", "b")}, at=1000.5)
    assert played.asked[:-1] == again.asked[: len(played.asked) - 1]


@pytest.mark.parametrize("took", [0.0, 1.0, 2.5])
def test_job_that_ends_just_before_the_deadline(took: float) -> None:
    """The list on the deadline lacks it, and so it has a right to be asked, some moments later."""

    def answers(asked: str, now: float) -> Answer:
        done = now >= 5.0
        lists: dict[str, Answer] = {STATUSES: (took, NULL if done else statuses("a")), NAMES: NOT_LISTED}
        return {**lists, "snapshots of a": shown("a", kind="copy-bck", t1="finished")}[asked]

    played = play(waits("a", timeout=5.0), answers)
    assert [Outcome.FINISHED] == played.outcomes
    assert 5.0 + took == played.now


@pytest.mark.parametrize("single", [HANG, (0.5, UNKNOWN), (0.5, REFUSED)])
def test_no_wait_outlives_its_deadline_by_much(single: Answer) -> None:
    """What the last list lacks is asked for within 3 s after the deadline, or never."""

    def answers(asked: str, now: float) -> Answer:
        lists: dict[str, Answer] = {STATUSES: (2.0, NULL) if now >= 5.0 else statuses("a"), NAMES: NOT_LISTED}
        return lists.get(asked, single)

    played = play(waits("a", timeout=5.0), answers)
    assert [Timeout] == played.outcomes
    assert played.now <= 8.0


def test_time_out_of_nothing_never_sleeps() -> None:
    """With 0 each job is looked at once."""
    table: dict[str, Answer] = {
        STATUSES: statuses("a"),
        NAMES: NOT_LISTED,
        "snapshots of b": shown("b", kind="copy-bck", t1="aborted"),
        DSORT: shown("c", t1="running"),
    }
    played = play([*waits("a", "b", timeout=0), *waits("c", kind="dsort", timeout=0)], table)
    assert [Timeout, Outcome.ABORTED, Timeout] == played.outcomes
    assert {0.0} == {at for _, at in played.asked}


def test_time_outs_of_their_own() -> None:
    """Each wait ends by its own deadline; one without waits for ever."""
    members = [*waits("a", timeout=2.0), *waits("b", timeout=9.0), *waits("c", timeout=None)]
    ended = {"c": 3600.0}

    def answers(asked: str, now: float) -> Answer:
        running = [each for each in "abc" if now < ended.get(each, 1e9)]
        lists: dict[str, Answer] = {STATUSES: statuses(*running), NAMES: NOT_LISTED}
        return {**lists, "snapshots of c": shown("c", kind="copy-bck", t1="finished")}[asked]

    played = play(members, answers)
    assert [Timeout, Timeout, Outcome.FINISHED] == played.outcomes
    assert [2.0, 9.0] == [wait.state.now for wait in played.waits[:2]]


def test_list_takes_no_longer_than_any_of_its_jobs_may() -> None:
    """Its time-out is that of the job with the earliest deadline, with 3 s at least."""
    played = begin([*waits("a", timeout=None), *waits("b", timeout=10.0), *waits("c", request_timeout=12.0)])
    assert 10.0 == played.pending.request.timeout
    script(played, (STATUSES, (8.0, REFUSED)))
    assert (STATUSES, 3.0) == (played.question, played.pending.request.timeout)


def test_turn_that_comes_too_late() -> None:
    """A wait that could not ask in time, for others hung, ends 3 s after its deadline, and says why."""
    hanging = [JobWait(f"x{n}", "copy-bck", 60.0, "started") for n in range(3)]
    members = [*hanging, JobWait("b", "dsort", 10.0, "single"), *waits("a", timeout=12.0)]

    def answers(asked: str, now: float) -> Answer:
        if "x" in asked and now > 1:
            return HANG
        return {STATUSES: statuses("a")}.get(asked, shown(asked[-1], t1="not started"))

    played = play(members, answers)
    assert [Timeout] * 5 == played.outcomes
    assert 13.0 == pytest.approx(played.waits[3].state.now)
    assert "other jobs of the group" in str(error_of(played.endings[3]).__cause__)
    assert played.waits[4].state.now <= 15.0


def test_riders_whose_time_is_up_do_not_hold_up_the_list() -> None:
    """A list that comes late is asked for those who may still wait for it."""
    hanging = JobWait("x", "copy-bck", 100.0, "started", options=WaitOptions(request_timeout=30.0))
    members = [hanging, *waits("a", timeout=100.0), *waits("b", timeout=5.0)]

    def answers(asked: str, _: float) -> Answer:
        return {STATUSES: statuses("a", "b")}.get(asked, HANG)

    played = play(members, answers)
    assert [TransportFault, Timeout, Timeout] == [type(each) for each in played.endings]
    assert "other jobs of the group" in str(error_of(played.endings[2]).__cause__)


# What the parts of a group do, one by one.


def test_list_of_a_member_whose_proxies_forgot_it() -> None:
    """It is asked for by its id; every other one of a kind with a status rides on the list of those."""
    wait = JobWait("a", "copy-bck", None)
    assert "statuses" == _list_of(_Member(wait))
    forgotten = JobWait.of(altered(wait.state, unknown_to=frozenset({Source.STATUS})))
    assert "" == _list_of(_Member(forgotten))
    assert "" == _list_of(_Member(wait, alone=True))
    assert "dsort" == _list_of(_Member(JobWait("a", "dsort", None)))


def test_whose_turn_it_is() -> None:
    """Who is known goes first; then whoever nobody knows, if due long before; and then the others again."""
    group = GroupWait([JobWait(name, "dsort", None) for name in "abcd"])
    group._known = [(10.0, 0, 0), (10.0, 2, 0), (10.5, 3, 0)]
    group._unknown = [(6.5, 1, 0)]
    assert [0, 1, 2, 3] == [group._turn(11.0)[1] for _ in range(4)]
    waiting = GroupWait([JobWait(name, "dsort", None) for name in "abc"])
    waiting._known, waiting._unknown = [(10.0, 0, 0), (10.0, 2, 0)], [(7.5, 1, 0)]
    assert [0, 2, 1] == [waiting._turn(11.0)[1] for _ in range(3)]
    early = GroupWait([JobWait(name, "dsort", None) for name in "ab"])
    early._known, early._unknown = [(10.0, 0, 0)], [(9.0, 1, 0)]
    assert [1, 0] == [early._turn(8.0)[1] for _ in range(2)]


def test_doubt_stays() -> None:
    """Once a target was away, its jobs are asked for by id when a list lacks them, whatever came after."""
    group = GroupWait([JobWait("a", "dsort", None), JobWait("b", "dsort", None)])
    now, decision = 0.0, group.start(0.0)
    for event in (TARGET_DOWN, REFUSED, NULL):
        assert isinstance(decision, Continue)
        now += decision.delay
        decision = group.handle(event, now)
    assert [True, True] == [member.doubtful for member in group._members]
    assert [True, True] == [member.alone for member in group._members]
    assert [""] * 2 == [member.rides for member in group._members]
