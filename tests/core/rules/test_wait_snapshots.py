"""How a wait ends that asks the targets: what is evidence of an end, and what is not."""

from __future__ import annotations

import pytest
from attrs import evolve

from ais_jobcore import AggregatedJobSnap, JobWait, Outcome, Reply, TargetState, Timeout
from tests.builders import (
    ENDING,
    IDLING,
    JOB,
    NOON,
    REFUSED,
    TARGET_DOWN,
    UNKNOWN,
    ending,
    idling,
    seen,
    snap,
)
from tests.core.scripts import SNAPS, Answer, live, tell

# Aborts.


@pytest.mark.parametrize("other", ["not started", "running", "idle", "finished", "aborted"])
@pytest.mark.parametrize("kind", [IDLING, ENDING, "brand-new"])
def test_any_abort_ends_the_wait(kind: str, other: str) -> None:
    """One aborted target is enough, at once, whatever the others do (S29)."""
    told = tell(JobWait(JOB, kind), (SNAPS, seen(kind, t1=other, t2=snap("aborted", "out of space"))))
    result = told.failed(Outcome.ABORTED)
    assert "out of space" in (result.error or "")
    assert TargetState.ABORTED is result.targets["t2"]


def test_abort_error_alone_is_an_abort() -> None:
    """A non-empty ``abort-err`` is an abort without the flag, and the flag is one without it."""
    words = evolve(snap("running"), abort_err="reason: starting x-rebalance[g1]")
    result = tell(JobWait(JOB, IDLING), (SNAPS, idling(t1=words, t2="idle"))).failed(Outcome.ABORTED)
    assert "reason: starting x-rebalance[g1]" == result.error
    flag = evolve(snap("running"), aborted=True)
    assert "aborted" == tell(JobWait(JOB, IDLING), (SNAPS, idling(t1=flag))).failed(Outcome.ABORTED).error


def test_end_time_only_when_all_ended() -> None:
    """The latest end of all targets is the end, if all of them have one."""
    part = seen(t1=snap("aborted", end=10.0), t2="running")
    assert tell(JobWait(JOB, "dsort"), (SNAPS, part)).failed(Outcome.ABORTED).end_time is None
    full = seen(t1=snap("aborted", end=10.0), t2=snap("finished", end=20.0))
    end = tell(JobWait(JOB, "dsort"), (SNAPS, full)).failed(Outcome.ABORTED).end_time
    assert snap("finished", end=20.0).end_time == end


# Idle.


def test_idle_is_looked_at_twice() -> None:
    """Idleness is seen in two replies in a row, the second asked for 2 s after the first came (S29, S30)."""
    told = tell(
        JobWait(JOB, IDLING),
        (SNAPS, idling(t1="running", t2="idle")),
        (SNAPS, (0.7, idling(t1="idle", t2="idle"))),
        (SNAPS, idling(t1="idle", t2="idle")),
    )
    assert TargetState.IDLE is told.succeeded(Outcome.IDLE).targets["t1"]
    assert told.moments[2] == pytest.approx(told.moments[1] + 0.7 + 2.0)


@pytest.mark.parametrize("timeout", [10.0, 86_400.0, None])
def test_idle_confirmation_does_not_depend_on_the_timeout(timeout: float | None) -> None:
    """An idle job is known to be idle after 2 s, however long the wait might last (S30, E5)."""
    told = live(JobWait(JOB, IDLING, timeout=timeout), lambda *_: idling(t1="idle"))
    told.succeeded(Outcome.IDLE)
    assert 2.0 == told.now


@pytest.mark.parametrize("busy", ["running", "not started"])
def test_busy_reply_starts_the_streak_again(busy: str) -> None:
    """A job that went back to work has to be idle for another 2 s."""
    told = tell(
        JobWait(JOB, IDLING),
        (SNAPS, idling(t1="idle", t2="idle")),
        (SNAPS, idling(t1="idle", t2=busy)),
        (SNAPS, idling(t1="idle", t2="idle")),
        (SNAPS, idling(t1="idle", t2="idle")),
    )
    told.succeeded(Outcome.IDLE)
    assert told.moments[3] >= told.moments[2] + 2.0


@pytest.mark.parametrize("fault", [REFUSED, TARGET_DOWN], ids=["refused", "target down"])
def test_fault_does_not_start_the_streak_again(fault: Answer) -> None:
    """What could not be asked says nothing against idleness."""
    told = tell(
        JobWait(JOB, IDLING),
        (SNAPS, idling(t1="idle")),
        (SNAPS, fault),
        (SNAPS, idling(t1="idle")),
    )
    told.succeeded(Outcome.IDLE)
    assert 2.0 <= told.now < 3.5


def test_another_target_starts_the_streak_again() -> None:
    """A target that shows up late is looked at twice, too."""
    told = tell(
        JobWait(JOB, IDLING),
        (SNAPS, idling(t1="idle")),
        (SNAPS, idling(t1="idle", t2="idle")),
        (SNAPS, idling(t1="idle", t2="idle")),
    )
    told.succeeded(Outcome.IDLE)
    assert told.moments[2] >= told.moments[1] + 2.0


def test_not_found_starts_the_streak_again() -> None:
    """A reply that does not show the job is not the second look (G14)."""
    told = tell(
        JobWait(JOB, IDLING),
        (SNAPS, idling(t1="idle")),
        (SNAPS, UNKNOWN),
        (SNAPS, idling(t1="idle")),
        (SNAPS, idling(t1="idle")),
    )
    told.succeeded(Outcome.IDLE)
    assert told.moments[3] >= told.moments[2] + 2.0


def test_early_reply_is_not_the_second_look() -> None:
    """An embedder may report before its time; 2 s have to pass all the same."""
    wait = JobWait(JOB, IDLING)
    wait.start(0.0)
    for now in (0.0, 0.5, 1.0):
        assert tell_again(wait, idling(t1="idle"), now)
    assert not tell_again(wait, idling(t1="idle"), 2.0)


def tell_again(wait: JobWait, event: AggregatedJobSnap, now: float) -> bool:
    """Report something, and say whether the wait goes on."""
    return hasattr(wait.handle(event, now), "delay")


@pytest.mark.parametrize("kind", [IDLING, "copy-listrange", "brand-new"])
def test_idle_and_finished_targets_together(kind: str) -> None:
    """Some targets idle, the others finished: that is the end, as *idle* (S31)."""
    shown = seen(kind, t1="idle", t2="finished")
    tell(JobWait(JOB, kind), (SNAPS, shown), (SNAPS, shown)).succeeded(Outcome.IDLE)


def test_idle_is_not_the_end_where_the_end_is_waited_for() -> None:
    """``finished`` waits on while an idling job lingers."""
    told = tell(
        JobWait(JOB, IDLING, until="finished"),
        *[(SNAPS, idling(t1="idle"))] * 5,
        (SNAPS, idling(t1="finished")),
    )
    told.succeeded(Outcome.FINISHED)


def test_idle_is_not_the_end_of_kinds_that_end() -> None:
    """A target without work is not done where every target comes to an end."""
    told = live(JobWait(JOB, ENDING, timeout=10.0), lambda *_: ending(t1="idle", t2="finished"))
    told.raised(Timeout)


# Finished.


def test_finished_is_enough_where_the_work_was_seen() -> None:
    """Targets that were all seen unfinished need no second look."""
    told = tell(
        JobWait(JOB, ENDING),
        (SNAPS, ending(t1="running", t2="not started")),
        (SNAPS, ending(t1="finished", t2="running")),
        (SNAPS, ending(t1="finished", t2="finished")),
    )
    result = told.succeeded(Outcome.FINISHED)
    assert snap("finished").end_time == result.end_time
    assert NOON.tzinfo == result.end_time.tzinfo


def test_finished_unseen_is_looked_at_twice() -> None:
    """The first reply may not show all targets: the second is asked for 0.25 s later."""
    shown = ending(t1="finished", t2="finished")
    told = tell(JobWait(JOB, ENDING), (SNAPS, (0.1, shown)), (SNAPS, shown))
    told.succeeded(Outcome.FINISHED)
    assert told.moments[1] == pytest.approx(0.35)


def test_finished_in_part_unseen_is_looked_at_twice() -> None:
    """One target whose work was never seen is reason enough for a second look."""
    told = tell(
        JobWait(JOB, ENDING),
        (SNAPS, ending(t1="running")),
        (SNAPS, ending(t1="finished", t2="finished")),
        (SNAPS, ending(t1="finished", t2="finished", t3="running")),
        (SNAPS, ending(t1="finished", t2="finished", t3="finished")),
        (SNAPS, ending(t1="finished", t2="finished", t3="finished")),
    )
    told.succeeded(Outcome.FINISHED)


def test_finished_after_idle_needs_no_second_look() -> None:
    """An end that was seen coming is one at once, even where idleness was about to be confirmed."""
    wait = JobWait(JOB, IDLING)
    wait.start(0.0)
    assert tell_again(wait, idling(t1="idle"), 0.0)
    assert not tell_again(wait, idling(t1="finished"), 0.1)


@pytest.mark.parametrize("kind", ["resilver", "blob-download"])
def test_kind_of_one_target_needs_one_look(kind: str) -> None:
    """Where a job runs on one target, the first reply shows all of it."""
    told = tell(JobWait(JOB, kind), (SNAPS, seen(kind, t1="finished")))
    told.succeeded(Outcome.FINISHED)
    told = tell(JobWait(JOB, kind), (SNAPS, seen(kind, t1="finished", t2="finished")))
    assert told.pending.delay > 0


def test_one_target_finished_is_not_all() -> None:
    """Targets do not end together: rebalances were seen to end 3 s apart (S37, G9, E8)."""
    told = live(
        JobWait(JOB, ENDING, timeout=10.0), lambda *_: ending(t1="finished", t2="finished", t3="running")
    )
    assert TargetState.RUNNING is told.raised(Timeout).targets["t3"]


def test_not_started_is_not_finished() -> None:
    """A target that has not begun may have an end, but not to be believed."""
    odd = evolve(snap("finished"), start_time=None, start_time_ns=None)
    told = live(JobWait(JOB, ENDING, timeout=10.0), lambda *_: ending(t1="finished", t2=odd))
    assert TargetState.NOT_STARTED is told.raised(Timeout).targets["t2"]


# Errors that stop nothing.


@pytest.mark.parametrize("kind", [IDLING, ENDING])
def test_error_does_not_end_the_wait(kind: str) -> None:
    """An ``err`` without an abort never ends a wait early."""
    told = live(JobWait(JOB, kind, timeout=10.0), lambda *_: seen(kind, t1=snap("running", "o1 missing")))
    told.raised(Timeout)


@pytest.mark.parametrize(("kind", "last"), [(IDLING, "idle"), (ENDING, "finished"), (IDLING, "finished")])
def test_error_is_never_forgotten(kind: str, last: str) -> None:
    """An ``err`` seen once makes the end a failure, though no later reply repeats it (R3, E2)."""
    told = tell(
        JobWait(JOB, kind),
        (SNAPS, seen(kind, t1=snap("running", "t1: o1 missing"), t2="running")),
        (SNAPS, seen(kind, t1="running", t2="running")),
        *[(SNAPS, seen(kind, t1=last, t2=last))] * (2 if last == "idle" else 1),
    )
    result = told.failed(Outcome.FINISHED_WITH_ERRORS)
    assert ({"t1": "t1: o1 missing"}, "t1: o1 missing") == (result.errors, result.error)


def test_latest_error_text_counts() -> None:
    """The server counts the errors up in its text: the last one says most (V7)."""
    told = tell(
        JobWait(JOB, ENDING),
        (SNAPS, ending(t1=snap("running", "o1 missing"))),
        (SNAPS, ending(t1=snap("finished", "o1 missing (and 7 more errors)"))),
    )
    assert "o1 missing (and 7 more errors)" == told.failed(Outcome.FINISHED_WITH_ERRORS).error


# Several snapshots, other jobs.


def test_two_snapshots_of_one_job_on_one_target() -> None:
    """The later start counts, and every error is kept."""
    old, new = snap("finished", "t1: first try failed", start=0.0), snap("running", start=100.0)
    told = live(JobWait(JOB, ENDING, timeout=10.0), lambda *_: ending(t1=[new, old]))
    assert TargetState.RUNNING is told.raised(Timeout).targets["t1"]
    done = snap("finished", start=100.0, end=200.0)
    told = tell(JobWait(JOB, ENDING), (SNAPS, ending(t1=[new, old])), (SNAPS, ending(t1=[done, old])))
    result = told.failed(Outcome.FINISHED_WITH_ERRORS)
    assert {"t1": "t1: first try failed"} == result.errors
    assert done.end_time == result.end_time


def test_same_start_twice_counts_as_the_one_that_promises_less() -> None:
    """Of two snapshots with one start, the one with work left is believed."""
    for pair in ([snap("finished"), snap("running")], [snap("running"), snap("finished")]):
        told = tell(JobWait(JOB, ENDING), (SNAPS, ending(t1=pair)))
        assert TargetState.RUNNING is told.wait.state.targets[0].state


@pytest.mark.parametrize("other", ["running", "idle", "finished", "aborted"])
def test_snapshots_of_other_jobs_are_ignored(other: str) -> None:
    """A reply may show other jobs, and nothing they do says anything about this one (S32)."""
    stranger = snap(other, "stranger", job_id="other", kind=IDLING)
    told = tell(
        JobWait(JOB, IDLING),
        (SNAPS, idling(t1=[snap("running"), stranger], t2=[stranger])),
        (SNAPS, idling(t1=[stranger, snap("idle")], t2=[stranger])),
        (SNAPS, idling(t1=[snap("idle"), stranger], t2=[stranger])),
    )
    result = told.succeeded(Outcome.IDLE)
    assert ({"t1"}, {}) == (result.targets.keys(), result.errors)


@pytest.mark.parametrize("other", ["idle", "finished", "aborted"])
def test_reply_with_other_jobs_only_is_not_found(other: str) -> None:
    """A reply without the job is the same as *not found*, and never an end (S32, S33)."""
    strangers = seen(IDLING, job_id="other", t1=other, t2=other)
    told = live(JobWait(JOB, IDLING, timeout=4.0), lambda *_: strangers)
    assert {} == told.raised(Timeout).targets


def test_other_jobs_on_the_wire_are_ignored() -> None:
    """The same for replies as they are received: an unknown kind makes a server show every job it has."""
    mine = '{"id":"x3CgTG-3v","kind":"dsort","start-time":"2026-11-23T12:00:00Z","is_idle":false,"err":""}'
    other = mine.replace("x3CgTG-3v", "other").replace(
        "}", ',"end-time":"2026-11-23T12:01:00Z","abort-err":"x"}'
    )
    body = f'{{"t1":[{other},{mine}],"t2":[{other}],"t3":null}}'
    told = tell(JobWait(JOB, ENDING), (SNAPS, Reply(200, body.encode())))
    assert ["t1"] == [view.target for view in told.wait.state.targets]
    assert TargetState.RUNNING is told.wait.state.targets[0].state
    body = f'{{"t1":[{other}]}}'
    told = live(JobWait(JOB, ENDING, timeout=4.0), lambda *_: Reply(200, body.encode()))
    assert {} == told.raised(Timeout).targets


def test_what_an_older_server_leaves_out_is_noted() -> None:
    """A missing ``err`` or ``is_idle`` is tolerated, and told in the result, once."""
    bare = '{"id":"x3CgTG-3v","kind":"dsort","aborted":false,"start-time":"2026-11-23T12:00:00Z",%s}'
    replies = [
        f'{{"t1":[{bare % end}]}}'.encode()
        for end in ('"end-time":"0001-01-01T00:00:00Z"', '"end-time":"2026-11-23T12:01:00Z"')
    ]
    told = tell(JobWait(JOB, ENDING), *[(SNAPS, Reply(200, body)) for body in (replies[0], *replies)])
    notes = told.succeeded(Outcome.FINISHED).notes
    assert 2 == len(notes)
    assert all("err" in note or "is_idle" in note for note in notes)
