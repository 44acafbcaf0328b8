"""Many waits: what lists of active jobs tell, and what has to be asked job by job."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ais_jobcore import (
    Continue,
    Fault,
    FaultKind,
    GroupWait,
    JobWait,
    Outcome,
    Reply,
    ReturnWhen,
    TargetState,
    Timeout,
)
from tests.builders import (
    MALFORMED,
    NOON_NS,
    NOT_LISTED,
    NULL,
    REFUSED,
    UNKNOWN,
    WRONG,
    active,
    names,
    reply,
    shown,
    snap_document,
    status,
    statuses,
)
from tests.core.groups import NAMES, STATUSES, begin, play, result_of, script, waits

if TYPE_CHECKING:
    from tests.core.scripts import Answer

DSORT, ARCHIVE = "list of dsort", "list of archive"
EMPTY = active(t1=[], t2=[])
OVER_A = status(job_id="a", end=NOON_NS)


def over(job_id: str, kind: str = "copy-bck", err: str = "") -> Reply:
    """Show a job that finished on two targets."""
    return shown(job_id, kind=kind, err=err, t1="finished", t2="finished")


# Which list tells of whom


def test_one_list_of_statuses_for_all_that_report_to_the_proxies() -> None:
    """Jobs of status kinds, of kinds to be found out, and downloads are told of by one list."""
    members = [JobWait("a", "copy-bck"), JobWait("b", "lru"), JobWait("c"), JobWait("dnl-d"), JobWait("g5")]
    played = script(begin(members), (STATUSES, statuses("a", "b", "c", "dnl-d", "g5")))
    reason = "0 of 5 jobs ended; 5 by the list of statuses: not done: it is on a list of active jobs"
    assert (STATUSES, reason) == (played.question, played.pending.reason)


def test_one_list_for_each_kind_without_a_status() -> None:
    """Jobs of kinds without a status are told of by one list of snapshots for each kind."""
    lists: dict[str, Answer] = {
        DSORT: active(t1=[snap_document("a"), snap_document("b")]),
        ARCHIVE: active(t1=[snap_document("c", kind="archive")], t2=[]),
        STATUSES: statuses("d"),
    }
    played = begin([*waits("a", "b", kind="dsort"), *waits("c", kind="archive"), *waits("d")])
    for _ in lists:
        script(played, (played.question, lists[played.question]))
    assert {(asked, 0.0) for asked in lists} == {*played.asked}


def test_kind_is_told_by_a_list() -> None:
    """A kind that a list tells chooses the list from then on."""
    by_names = script(begin([JobWait("a")]), (STATUSES, NULL), (NAMES, names("a", kind="dsort")))
    assert DSORT == by_names.question
    by_status = script(begin([JobWait("a")]), (STATUSES, statuses("a", kind="load-lom-cache")))
    assert "list of load-lom-cache" == by_status.question


@pytest.mark.parametrize("hint", ["", "copy-bck", "archive"])
def test_kind_is_told_by_the_job(hint: str) -> None:
    """Who is on no list may be on that of another kind than was said: its own snapshots tell."""
    played = begin([JobWait("a", hint)])
    lists: list[tuple[str, Answer]] = [(STATUSES, NULL), (NAMES, NOT_LISTED)]
    script(played, *([(ARCHIVE, EMPTY)] if hint == "archive" else lists))
    script(played, ("snapshots of a", shown("a", t1="running")))
    assert DSORT == played.question


def test_kind_that_nobody_knows_is_on_no_list() -> None:
    """A job of a kind that the table lacks may be idle on a list of names: it is asked for by its id."""
    new = "brand-new"
    played = script(
        begin([JobWait("a")]),
        (STATUSES, statuses("a", kind=new)),
        (NAMES, names("a", kind=new)),
        ("snapshots of a", shown("a", kind=new, t1="running")),
        ("snapshots of a", shown("a", kind=new, t1="idle")),
        ("snapshots of a", shown("a", kind=new, t1="idle")),
    )
    assert [Outcome.IDLE] == played.outcomes


@pytest.mark.parametrize("until", ["started", "not-running", "single"])
def test_other_questions_are_asked_job_by_job(until: str) -> None:
    """Lists tell neither whether every target began, nor whether there is one."""
    played = begin([*waits("b", "c"), JobWait("a", "copy-bck", until=until)])
    script(played, (STATUSES, statuses("b", "c")))
    assert "snapshots of a" == played.question


@pytest.mark.parametrize("option", ["expected_objects", "expected_bytes", "stall_timeout"])
def test_counters_are_asked_for_job_by_job(option: str) -> None:
    """Lists have no counters, which an estimate and a stall are told by."""
    assert "snapshots of a" == begin(waits("a", kind="dsort", **{option: 5})).question
    assert DSORT == begin(waits("a", kind="dsort", expected_duration=5)).question


def test_job_that_has_to_be_found() -> None:
    """Who names a kind only is told of by the list once its job is found."""
    played = begin([JobWait("", "dsort"), *waits("b", kind="dsort")])
    assert "0 of 2 jobs ended; dsort: the wait begins" == played.pending.reason
    script(played, (DSORT, shown("a", t1="running")))
    assert "0 of 2 jobs ended; 2 by the list of dsort: the job is found" == played.pending.reason
    assert DSORT == played.question


# Who left a list


@pytest.mark.parametrize(
    ("err", "outcome"), [("", Outcome.FINISHED), ("o1 is missing", Outcome.FINISHED_WITH_ERRORS)]
)
def test_job_that_left_the_lists_is_asked_for_once(err: str, outcome: Outcome) -> None:
    """It is judged by its own snapshots, and no list tells of its errors."""
    played = begin(waits("a", "b"))
    script(played, (STATUSES, statuses("a", "b")), (STATUSES, statuses("b")), (NAMES, NOT_LISTED))
    assert (
        "0 of 2 jobs ended; a: not on the list of active jobs, the targets are asked" == played.pending.reason
    )
    assert played.pending.delay == 0
    script(played, ("snapshots of a", over("a", err=err)))
    assert outcome is result_of(played.group.endings[0]).outcome
    assert ([0], STATUSES) == (played.group.ended, played.question)


def test_status_that_is_over_is_not_believed() -> None:
    """A list says who runs, and nothing else: even where it shows the end, the job itself is asked."""
    played = script(begin(waits("a")), (STATUSES, statuses("a")), (STATUSES, statuses(over=["a"])))
    script(played, (NAMES, NOT_LISTED), ("snapshots of a", over("a", err="o1 is missing")))
    assert [Outcome.FINISHED_WITH_ERRORS] == played.outcomes


def test_kind_without_a_status_has_no_second_list() -> None:
    """Who left the list of its kind is asked for at once."""
    played = script(begin(waits("a", kind="dsort")), (DSORT, shown("a", t1="running")), (DSORT, EMPTY))
    script(played, ("snapshots of a", over("a", "dsort")))
    assert [Outcome.FINISHED] == played.outcomes


def test_end_that_nobody_saw_coming_needs_a_second_look() -> None:
    """A job that was never on a list had ended before: the first reply may not show all targets."""
    played = script(begin(waits("a")), (STATUSES, NULL), (NAMES, NOT_LISTED), ("snapshots of a", over("a")))
    assert 0.25 == played.pending.delay
    assert [Outcome.FINISHED] == script(played, ("snapshots of a", over("a"))).outcomes


def test_download_is_judged_by_its_status() -> None:
    """Targets know a download by another id: it is on no list of names, and its status is all there is."""
    done = status(kind="single", job_id="dnl-a", end=5)
    played = script(
        begin([JobWait("dnl-a")]),
        (STATUSES, statuses("dnl-a", kind="single")),
        (STATUSES, NULL),
        (NAMES, names("b", kind="download")),
        ("status of dnl-a", done),
    )
    assert [Outcome.FINISHED] == played.outcomes


@pytest.mark.parametrize("elsewhere", ["aborted", "running"])
def test_abort_on_a_list_is_the_end(elsewhere: str) -> None:
    """Who was stopped on one target is asked for at once, however busy another one is."""
    stopped = shown("a", t1="aborted", t2=elsewhere)
    played = script(begin(waits("a", kind="dsort")), (DSORT, stopped))
    assert (0.0, "snapshots of a") == (played.pending.delay, played.question)
    assert [Outcome.ABORTED] == script(played, ("snapshots of a", stopped)).outcomes


def test_job_that_was_listed_and_is_forgotten_is_gone() -> None:
    """What was on a list was seen: that nobody knows it any more is not that nobody ever did."""
    nowhere: dict[str, Answer] = {STATUSES: NULL, NAMES: NOT_LISTED}
    listed: dict[str, Answer] = {STATUSES: statuses("a")}
    played = play(waits("a"), lambda asked, now: (listed if now < 6 else nowhere).get(asked, UNKNOWN))
    assert [Outcome.GONE] == played.outcomes


# What the lists of targets tell


def test_idle_job_is_confirmed_by_its_id() -> None:
    """Idle on every target that lists it, and 2 s later by its own snapshots: it is idle."""
    idle = shown("a", kind="archive", t1="idle", t2="idle")
    played = script(begin(waits("a", kind="archive")), (ARCHIVE, idle))
    assert (2.0, "snapshots of a") == (played.pending.delay, played.question)
    assert [Outcome.IDLE] == script(played, ("snapshots of a", idle)).outcomes


def test_idle_job_that_is_busy_again_is_told_of_by_the_list() -> None:
    """New work begins the confirmation again, and is no contradiction."""
    idle, busy = (shown("a", kind="archive", t1=state, t2="idle") for state in ("idle", "running"))
    played = script(begin(waits("a", kind="archive")), (ARCHIVE, idle), ("snapshots of a", busy))
    script(played, (ARCHIVE, idle))
    assert 2.0 == pytest.approx(played.pending.delay)
    assert [Outcome.IDLE] == script(played, ("snapshots of a", idle)).outcomes


def test_job_that_is_idle_on_some_targets_is_busy() -> None:
    """One target with work is enough."""
    played = begin(waits("a", kind="archive"))
    script(played, (ARCHIVE, shown("a", kind="archive", t1="idle", t2="not started")))
    assert ARCHIVE == played.question


def test_idle_job_that_ended_on_one_target() -> None:
    """A target that is done with it is not on the list of active jobs; all are in its own snapshots."""
    played = begin(waits("a", kind="archive"))
    script(played, (ARCHIVE, shown("a", kind="archive", t1="running", t2="idle")))
    script(played, (ARCHIVE, shown("a", kind="archive", t2="idle")))
    script(played, ("snapshots of a", shown("a", kind="archive", t1="finished", t2="idle")))
    assert [Outcome.IDLE] == played.outcomes


def test_idleness_is_not_what_everybody_waits_for() -> None:
    """Who waits for the end goes on with the list."""
    members = [JobWait("a", "archive", until="finished")]
    played = script(begin(members), (ARCHIVE, shown("a", kind="archive", t1="idle")))
    script(played, (ARCHIVE, EMPTY), ("snapshots of a", shown("a", kind="archive", t1="finished")))
    assert [Outcome.FINISHED] == played.outcomes


def test_errors_on_a_list_are_kept() -> None:
    """An error text that a list showed is not forgotten."""
    played = script(begin(waits("a", kind="dsort")), (DSORT, shown("a", err="o1 is missing", t1="running")))
    script(played, (DSORT, EMPTY), ("snapshots of a", shown("a", t1="finished")))
    assert ([Outcome.FINISHED_WITH_ERRORS], {"t1": "o1 is missing"}) == (
        played.outcomes,
        result_of(played.endings[0]).errors,
    )


def test_target_that_a_list_showed_has_to_end() -> None:
    """A target that was on the list, and is not in the job's own snapshots, took its part with it (G15)."""
    played = script(begin(waits("a", kind="dsort")), (DSORT, shown("a", t1="running", t2="running")))
    script(played, (DSORT, EMPTY), ("snapshots of a", shown("a", t1="finished")))
    assert 2.0 == pytest.approx(played.pending.delay)
    script(played, ("snapshots of a", shown("a", t1="finished")))
    assert [Outcome.LOST] == played.outcomes
    assert TargetState.LOST is result_of(played.endings[0]).targets["t2"]


def test_target_that_came_back_is_lost() -> None:
    """A later start on a target, seen on a list, is the end as it is in the job's own snapshots."""
    played = script(begin(waits("a", kind="dsort")), (DSORT, shown("a", t1="running", t2="running")))
    again = shown("a", t1="running", start=5.0)
    script(played, (DSORT, again), ("snapshots of a", again))
    assert [Outcome.LOST] == played.outcomes


def test_targets_of_a_list_are_told_of_at_the_deadline() -> None:
    """A time-out knows what the lists showed."""
    played = play(waits("a", kind="dsort", timeout=1.0), {DSORT: shown("a", t1="running", t2="idle")})
    (error,) = played.endings
    assert isinstance(error, Timeout)
    assert {"t1": TargetState.RUNNING, "t2": TargetState.IDLE} == error.targets


# Lists that lack what runs


@pytest.mark.parametrize("kept", [NULL, statuses("c")])
def test_proxy_that_keeps_no_list_is_not_asked_for_it_again(kept: Reply) -> None:
    """It said nothing, or a part, while jobs ran: from then on the targets are asked for names (R16, E18)."""
    played = script(begin(waits("a", "b", "c")), (STATUSES, kept), (NAMES, names("a", "b", "c")))
    script(played, *[(NAMES, names("a", "b", "c"))] * 3)
    script(played, (NAMES, names("a", "b")), ("snapshots of c", over("c")))
    assert ([2], NAMES) == (played.group.ended, played.question)


def test_other_proxy_is_trusted_until_it_is_known() -> None:
    """What is remembered of a proxy is remembered of that one only."""
    played = script(begin(waits("a", endpoints=2)), (STATUSES, NULL), (NAMES, names("a")), (NAMES, REFUSED))
    script(played, (STATUSES, statuses("a")), (STATUSES, REFUSED))
    assert (NAMES, [0, 0, 0, 1, 1, 0]) == (
        played.question,
        [each.endpoint for each in [*played.requests, played.pending.request]],
    )


def test_names_that_report_to_nobody_are_nothing_against_a_proxy() -> None:
    """A list of statuses need not have kinds without a status."""
    played = script(begin([JobWait("a"), *waits("b")]), (STATUSES, statuses("b")))
    script(played, (NAMES, names("a", kind="archive")), (STATUSES, statuses("b")))
    assert STATUSES == played.question


@pytest.mark.parametrize(
    ("kind", "lists", "asked_again", "alone"),
    [
        ("copy-bck", [(STATUSES, statuses("b")), (NAMES, NOT_LISTED)], STATUSES, "status of a"),
        ("dsort", [(DSORT, shown("b", t1="running"))], DSORT, "snapshots of a"),
    ],
)
def test_job_on_no_list_that_runs_is_asked_for_alone(
    kind: str, lists: list[tuple[str, Answer]], asked_again: str, alone: str
) -> None:
    """What contradicts the lists is asked for by its id from then on, and the others are not."""
    running = shown("a", kind=kind, t1="running")
    played = script(begin(waits("a", "b", kind=kind)), *lists, ("snapshots of a", running))
    answers = {**dict(lists), alone: running if kind == "dsort" else status(job_id="a")}
    for _ in range(6):
        script(played, (played.question, answers[played.question]))
    assert {asked_again, alone} == {*played.questions[-6:]}


@pytest.mark.parametrize(
    "refused", [WRONG, Fault(FaultKind.TOO_LARGE, "larger than 5 bytes")], ids=["refused", "too large"]
)
def test_lists_that_are_not_to_be_had(refused: Answer) -> None:
    """A list that is refused, or is too large, fails no job: there are other requests."""
    played = script(begin(waits("a")), (STATUSES, refused), (NAMES, refused))
    script(played, ("snapshots of a", shown("a", kind="copy-bck", t1="running")))
    script(played, ("status of a", OVER_A), ("snapshots of a", over("a")))
    assert [Outcome.FINISHED] == played.outcomes


def test_names_stand_in_for_statuses_that_are_not_to_be_had() -> None:
    """One refusal is enough to ask for names from then on."""
    played = script(begin(waits("a")), (STATUSES, WRONG), (NAMES, names("a")), (NAMES, names("a")))
    assert NAMES == played.question


def test_list_that_cannot_be_read() -> None:
    """Once it may be an accident, twice it is a list that is not to be had."""
    played = script(begin(waits("a", kind="dsort")), (DSORT, MALFORMED))
    assert (DSORT, 0.2) == (played.question, pytest.approx(played.pending.delay, rel=0.1))
    script(played, (DSORT, MALFORMED), ("snapshots of a", shown("a", t1="running")))
    assert "snapshots of a" == played.question


@pytest.mark.parametrize("document", [None, {}, 5, "x", [5], ["copy-bck"], [{"uuid": "a"}]])
def test_lists_may_say_anything(document: object) -> None:
    """Whatever a list is, no job ends by it."""
    played = begin([*waits("a"), *waits("b", kind="dsort")])
    for _ in range(12):
        single = shown(played.question[-1], kind="dsort", t1="running")
        script(played, (played.question, single if " of " in played.question[:12] else reply(document)))
    assert [] == played.group.ended


def test_words_for_groups_that_cannot_be() -> None:
    """They say what a group takes, and what has happened."""
    wait = JobWait("a", "dsort")
    words = "a group takes waits that were not started yet, and each of them once"
    with pytest.raises(ValueError, match=f"^{words}$"):
        GroupWait([wait, wait])
    group = GroupWait([wait])
    with pytest.raises(RuntimeError, match=r"^this group was not started yet$"):
        group.handle(NULL, 0.0)
    group.start(0.0)
    with pytest.raises(RuntimeError, match=r"^this group was started already$"):
        group.start(0.0)
    with pytest.raises(ValueError, match=f"^{words}$"):
        GroupWait([wait])
    empty = GroupWait([])
    empty.start(0.0)
    with pytest.raises(RuntimeError, match=r"^this group is over$"):
        empty.handle(NULL, 0.0)


def test_all_are_waited_for_by_default() -> None:
    """One end of two is not the end of the group."""
    group = GroupWait([JobWait("a", "dsort", 0.0), JobWait("b", "dsort", None)])
    assert isinstance(group.start(0.0), Continue)
    assert ReturnWhen.ALL is group._return_when


def test_long_names_are_cut_in_reasons() -> None:
    """A reason is one line, however long the id of the job is that is asked for."""
    group = GroupWait([JobWait("x" * 300, "dsort", None)])
    decision = group.start(0.0)
    assert isinstance(decision, Continue)
    decision = group.handle(NULL, 0.1)
    assert isinstance(decision, Continue)
    assert {"id": "x" * 300} == decision.request.json
    assert "x" * 99 + "…" in decision.reason
    assert "x" * 100 not in decision.reason
