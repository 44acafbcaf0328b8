"""Jobs that whoever was asked does not know: 404 is never *done*, and seldom the last word."""

from __future__ import annotations

import pytest

from ais_jobcore import Fault, FaultKind, JobInfoNotFound, JobWait, NotFound, Outcome, Timeout, WaitOptions
from tests.builders import JOB, OVER, REFUSED, RUNNING, STRANGER, UNKNOWN, refusal, seen, status
from tests.core.scripts import SNAPS, STATUS, Answer, live, question, tell


def test_other_source_is_asked_at_once() -> None:
    """What the proxies do not know the targets may know, without a pause between."""
    told = tell(JobWait(JOB, "copy-bck"), (STATUS, (2.0, UNKNOWN)), (SNAPS, seen(t1="running")))
    assert [0.0, 2.0] == told.moments


def test_source_that_knows_it_is_asked_from_then_on() -> None:
    """A status that does not know the job costs the server 2 s (V4): it is not asked again without need."""
    told = live(
        JobWait(JOB, "copy-bck"),
        lambda asked, at: (2.0, UNKNOWN) if asked == STATUS else seen(t1="running" if at < 9 else "finished"),
    )
    told.succeeded(Outcome.FINISHED)
    assert 1 == told.questions.count(STATUS)


def test_finished_long_ago() -> None:
    """The status of a finished job is forgotten after 3 minutes (V2); its snapshots are evidence enough."""
    done = seen(t1="finished", t2="finished")
    told = tell(JobWait(JOB, "copy-bck"), (STATUS, (2.0, UNKNOWN)), (SNAPS, done), (SNAPS, done))
    told.succeeded(Outcome.FINISHED)


def test_only_source_is_asked_again() -> None:
    """Where the kind has one source, that one is asked until the grace is over."""
    told = live(JobWait(JOB, "dsort"), lambda *_: UNKNOWN)
    error = told.raised(JobInfoNotFound)
    assert {SNAPS} == set(told.questions)
    assert JOB in str(error)
    assert 5.0 <= told.now < 7.0


@pytest.mark.parametrize("kind", ["copy-bck", "", "archive", "rebalance"])
@pytest.mark.parametrize("nothing", [UNKNOWN, seen(), seen(t1=[]), refusal(404, "not found", "ErrNotFound")])
def test_job_that_never_existed(kind: str, nothing: Answer) -> None:
    """Nobody knows it for 5 s: ``JobInfoNotFound``, the same for a 404 as for an empty reply (S17, S39)."""
    told = live(JobWait(JOB, kind), lambda asked, _: (2.0, UNKNOWN) if asked == STATUS else nothing)
    told.raised(JobInfoNotFound)
    assert 5.0 <= told.now < 12.0


def test_unknown_for_a_moment() -> None:
    """Right after its start a job may be unknown to everybody; that ends nothing within 5 s."""
    told = live(
        JobWait(JOB, "dsort"),
        lambda _, at: UNKNOWN if at < 4.5 else seen("dsort", t1="running" if at < 9 else "finished"),
    )
    told.succeeded(Outcome.FINISHED)


def test_unknown_to_the_targets_for_a_moment() -> None:
    """A rebalance was unknown to snapshots for 0.2 s while the status already knew it."""
    told = tell(
        JobWait("g3", until="idle"),
        (SNAPS, UNKNOWN),
        (STATUS, status(kind="rebalance", job_id="g3")),
    )
    assert told.moments == [0.0, 0.0]
    assert told.pending.delay > 0


def test_grace_is_counted_from_the_start_of_the_wait() -> None:
    """A job that is unknown from the start is given up once, by a reply at 5 s or later."""
    wait = JobWait(JOB, "dsort", options=WaitOptions(grace=1.0))
    told = live(wait, lambda *_: UNKNOWN, at=1000.0)
    told.raised(JobInfoNotFound)
    assert 1001.0 <= told.now < 1002.0
    assert told.moments[-2] < 1001.0


@pytest.mark.parametrize("kind", ["copy-bck", "archive", ""])
def test_job_that_had_been_seen_is_gone(kind: str) -> None:
    """A job that was seen, and that nobody knows any more, did not succeed."""

    def answer(asked: str, at: float) -> Answer:
        if at > 6.0:
            return UNKNOWN
        return RUNNING if asked == STATUS else seen(kind or "copy-bck", t1="running")

    result = live(JobWait(JOB, kind), answer).failed(Outcome.GONE)
    assert "does not know the job any more" in (result.error or "")


def test_gone_with_what_was_known() -> None:
    """The result of a job that is gone tells the targets and errors that had been seen."""
    shown = seen("dsort", t1="finished", t2="running")
    told = live(JobWait(JOB, "dsort"), lambda _, at: shown if at < 6.0 else UNKNOWN)
    assert {"t1", "t2"} == told.failed(Outcome.GONE).targets.keys()


def test_status_seen_then_forgotten_and_snapshots_there() -> None:
    """A status that is forgotten between two polls is no loss: the snapshots say how it ended (R2)."""
    done = seen(t1="finished", t2="finished")
    told = tell(
        JobWait(JOB, "copy-bck"), (STATUS, RUNNING), (STATUS, (2.0, UNKNOWN)), (SNAPS, done), (SNAPS, done)
    )
    told.succeeded(Outcome.FINISHED)


@pytest.mark.parametrize("kind", ["copy-bck", "dsort"])
def test_404_of_somebody_else_is_a_fault(kind: str) -> None:
    """A 404 that AIStore did not write says nothing about the job (an ingress in the way)."""
    told = live(JobWait(JOB, kind, timeout=12.0), lambda *_: STRANGER)
    error = told.raised(Timeout)
    assert "no such page" in str(error.__cause__)


def test_fault_of_the_other_source_is_not_its_word() -> None:
    """While one source does not know the job and the other cannot be asked, nothing is decided."""

    def answer(asked: str, at: float) -> Answer:
        if asked == STATUS:
            return UNKNOWN
        return REFUSED if at < 20.0 else seen(t1="finished")

    told = live(JobWait(JOB, "copy-bck"), answer)
    told.succeeded(Outcome.FINISHED)
    assert told.now >= 20.0


@pytest.mark.parametrize("kind", ["", "copy-bck"])
def test_targets_come_to_know_it_while_the_proxies_are_out(kind: str) -> None:
    """Targets that did not know the job at first are asked again, when nobody else can be."""

    def answer(asked: str, at: float) -> Answer:
        if asked == STATUS:
            return REFUSED
        return UNKNOWN if at < 1.0 else seen(t1="running" if at < 9.0 else "finished")

    live(JobWait(JOB, kind, timeout=60.0), answer).succeeded(Outcome.FINISHED)


def test_targets_that_came_to_know_it_are_asked_as_before() -> None:
    """Once they show the job, they are the ones to ask again."""
    shown = seen("brand-new", t1="running")
    tell(
        JobWait(JOB, "brand-new"),
        (SNAPS, UNKNOWN),
        *[(STATUS, REFUSED)] * 2,
        (SNAPS, shown),
        (STATUS, REFUSED),
        *[(SNAPS, shown)] * 5,
    )


def test_empty_reply_that_was_not_asked_for() -> None:
    """Snapshots without the job, fed in by an embedder, are the word of the targets, whoever was asked."""
    told = tell(JobWait(JOB, "copy-bck"), (STATUS, seen()))
    assert (0.0, STATUS) == (told.pending.delay, question(told.pending.request))


def test_over_and_then_unknown_to_all() -> None:
    """Where the proxies had said *over*, targets that do not know the job do not make it gone."""
    told = tell(JobWait(JOB, "copy-bck"), (STATUS, OVER), (SNAPS, NotFound("x-[...] not found")))
    told.succeeded(Outcome.FINISHED)


def test_known_again() -> None:
    """A source that did not know the job and then does is believed again."""
    told = tell(
        JobWait(JOB, "copy-bck"),
        (STATUS, UNKNOWN),
        (SNAPS, UNKNOWN),
        (STATUS, RUNNING),
        (STATUS, OVER),
        (SNAPS, seen(t1="finished")),
    )
    told.succeeded(Outcome.FINISHED)


def test_unknown_with_an_unreachable_source_at_the_deadline() -> None:
    """The deadline is a ``Timeout`` that says who could not be asked."""
    told = live(
        JobWait(JOB, "copy-bck", timeout=8.0),
        lambda asked, _: UNKNOWN if asked == STATUS else Fault(FaultKind.DNS, "no such host"),
    )
    assert "no such host" in str(told.raised(Timeout).__cause__)
    assert SNAPS == question(told.requests[-1])
