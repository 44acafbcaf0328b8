"""Answers that say nothing about the job: *cannot ask* is never *failed*, and mostly not the end."""

from __future__ import annotations

import itertools

import pytest

from ais_jobcore import (
    Fault,
    FaultKind,
    JobWait,
    Outcome,
    ProtocolError,
    Reply,
    RequestFailed,
    TargetState,
    Timeout,
    TransportFault,
)
from ais_jobcore.rules.table import step
from ais_jobcore.wire.observations import Accepted
from tests.builders import (
    BUSY,
    DOWN,
    JOB,
    MALFORMED,
    NO_TOKEN,
    NOT_ALLOWED,
    REFUSED,
    RUNNING,
    STARTING,
    STRANGER,
    TARGET_DOWN,
    UNKNOWN,
    WRONG,
    alike,
    refusal,
    seen,
    status,
)
from tests.core.scripts import SNAPS, STATUS, Answer, live, question, tell

TOO_MANY = refusal(429, "rate limited")
TLS = Fault(FaultKind.TLS, "certificate has expired")
ENDURED = {
    "connection": REFUSED,
    "dns": Fault(FaultKind.DNS, "no such host"),
    "timeout": Fault(FaultKind.TIMEOUT, "no answer"),
    "truncated": Fault(FaultKind.TRUNCATED, "closed early"),
    "too large": Fault(FaultKind.TOO_LARGE, "1 GiB"),
    "redirect": Fault(FaultKind.REDIRECT, "HTTP 307"),
    "followed nowhere": Reply(307, b"", {"Location": "http://elsewhere"}),
    "starting": STARTING,
    "busy": BUSY,
    "too many": TOO_MANY,
    "request timeout": refusal(408),
    "server error": Reply(500, b"panic"),
    "bad gateway": DOWN,
    "target down": TARGET_DOWN,
    "stranger": STRANGER,
    "stranger's 403-like": Reply(418, b"teapot"),
}


@pytest.mark.parametrize("fault", ENDURED.values(), ids=ENDURED)
@pytest.mark.parametrize("times", [1, 4, 12])
def test_faults_are_endured(fault: Answer, times: int) -> None:
    """Once the cluster answered, faults in the middle of a wait change nothing about its end (S28, E6)."""
    told = tell(
        JobWait(JOB, "dsort"),
        (SNAPS, alike("dsort", "running")),
        *[(SNAPS, fault)] * times,
        (SNAPS, alike("dsort", "finished")),
    )
    told.succeeded(Outcome.FINISHED)


@pytest.mark.parametrize("fault", ENDURED.values(), ids=ENDURED)
def test_fault_is_the_cause_of_the_timeout(fault: Answer) -> None:
    """A wait that cannot ask any more ends at its deadline, with the fault as the cause and what was seen."""
    told = live(
        JobWait(JOB, "dsort", timeout=60.0),
        lambda _, at: alike("dsort", "running") if at < 10.0 else fault,
    )
    error = told.raised(Timeout)
    assert isinstance(error.__cause__, TransportFault | RequestFailed)
    assert {"t1": TargetState.RUNNING, "t2": TargetState.RUNNING} == error.targets
    assert "cannot ask" in error.reason
    assert 60.0 == told.now
    assert len(told.asked) == error.polls


def test_past_faults_are_no_cause() -> None:
    """A fault that was overcome is not the cause of a later time-out."""
    told = live(
        JobWait(JOB, "dsort", timeout=20.0),
        lambda _, at: REFUSED if 5.0 < at < 10.0 else alike("dsort", "running"),
    )
    assert told.raised(Timeout).__cause__ is None


# What ends a wait at once.


@pytest.mark.parametrize("before", [(), ((SNAPS, alike("dsort", "running")),)], ids=["at first", "later"])
@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (TLS, TransportFault(FaultKind.TLS, "certificate has expired")),
        (WRONG, RequestFailed(400, "invalid xaction (job) UUID")),
        (refusal(405, "no", "ErrX"), RequestFailed(405, "no", "ErrX")),
    ],
    ids=["tls", "malformed request", "other 4xx"],
)
def test_what_does_not_pass_ends_the_wait(
    before: tuple[tuple[str, Answer], ...], fault: Answer, error: Exception
) -> None:
    """Without trust, or where the request itself is wrong, asking again does not help."""
    told = tell(JobWait(JOB, "dsort"), *before, (SNAPS, fault))
    assert error == told.raised(type(error))


@pytest.mark.parametrize(("refused", "code"), [(NO_TOKEN, 401), (NOT_ALLOWED, 403), (Reply(401), 401)])
def test_refused_token_is_renewed_once(refused: Answer, code: int) -> None:
    """A refused token is replaced by a fresh one at once; refused again, it ends the wait."""
    told = tell(JobWait(JOB, "dsort"), (SNAPS, refused))
    assert (0.0, True) == (told.pending.delay, told.pending.request.refresh_token)
    told = tell(JobWait(JOB, "dsort"), (SNAPS, refused), (SNAPS, refused))
    assert code == told.raised(RequestFailed).status


def test_fresh_token_that_is_accepted() -> None:
    """A token may expire many times in a long wait; each time one fresh token is asked for."""
    told = tell(
        JobWait(JOB, "dsort"),
        *[(SNAPS, alike("dsort", "running")), (SNAPS, NO_TOKEN)] * 3,
        (SNAPS, alike("dsort", "finished")),
    )
    told.succeeded(Outcome.FINISHED)
    assert [False, False, True, False, True, False, True] == [each.refresh_token for each in told.requests]


def test_faults_in_between_do_not_buy_another_token() -> None:
    """Only a good answer shows that the fresh token was one."""
    told = tell(JobWait(JOB, "dsort"), (SNAPS, NO_TOKEN), (SNAPS, REFUSED), (SNAPS, NO_TOKEN))
    told.raised(RequestFailed)


def test_refused_token_after_a_long_silence() -> None:
    """Who answers after half a minute of silence that the token is wrong, is believed."""
    told = live(JobWait(JOB, "dsort"), lambda _, at: (1.0, REFUSED if at < 28.0 else NO_TOKEN))
    assert 401 == told.raised(RequestFailed).status


def test_malformed_request_after_a_long_silence() -> None:
    """The same for a refusal of the request itself."""
    told = live(JobWait(JOB, "dsort"), lambda _, at: (1.0, REFUSED if at < 28.0 else WRONG))
    assert 400 == told.raised(RequestFailed).status


# Malformed replies.


@pytest.mark.parametrize("kind", ["dsort", "copy-bck"])
def test_five_malformed_replies_in_a_row(kind: str) -> None:
    """A server that speaks another language is told so, with the place, after five replies."""
    bad = Reply(200, b'{"t1": [{"id": 5}], "uuid": 5, "end_time": 0}')
    told = live(JobWait(JOB, kind), lambda *_: bad)
    assert told.raised(ProtocolError).place
    assert 5 == len(told.asked)


@pytest.mark.parametrize("between", [alike("dsort", "running"), REFUSED, BUSY, UNKNOWN], ids=repr)
def test_malformed_replies_not_in_a_row(between: Answer) -> None:
    """Anything else in between starts the count again."""
    told = tell(
        JobWait(JOB, "dsort"),
        *[(SNAPS, MALFORMED)] * 4,
        (SNAPS, between),
        *[(SNAPS, MALFORMED)] * 4,
        (SNAPS, alike("dsort", "running")),
    )
    assert told.pending.delay > 0


# No answer at all.


@pytest.mark.parametrize("timeout", [60.0, 300.0, None])
@pytest.mark.parametrize("fault", [REFUSED, DOWN, BUSY, STRANGER, Reply(307)], ids=repr)
def test_no_answer_since_the_start(fault: Answer, timeout: float | None) -> None:
    """A cluster that never answered for 30 s is taken for unreachable: ``TransportFault``."""
    told = live(JobWait(JOB, "dsort", timeout=timeout), lambda *_: fault)
    told.raised(TransportFault)
    assert 30.0 <= told.now < 36.0
    assert told.decisions[-2].delay <= 5.5


def test_malformed_and_other_faults_since_the_start() -> None:
    """Malformed replies, but never five in a row, are no answer either."""
    answers = itertools.cycle([DOWN, MALFORMED])
    told = live(JobWait(JOB, "dsort"), lambda *_: next(answers))
    told.raised(TransportFault)
    assert 30.0 <= told.now < 36.0


def test_short_deadline_comes_first() -> None:
    """Before those 30 s the deadline counts."""
    assert isinstance(
        live(JobWait(JOB, "dsort", timeout=10.0), lambda *_: REFUSED).raised(Timeout).__cause__,
        TransportFault,
    )


@pytest.mark.parametrize("answer", [STARTING, TARGET_DOWN, TOO_MANY, refusal(500, "panic")], ids=repr)
def test_troubles_of_aistore_are_an_answer(answer: Answer) -> None:
    """A cluster that is starting, or misses a target, is there: it is given the whole time."""
    told = live(JobWait(JOB, "dsort", timeout=100.0), lambda *_: answer)
    told.raised(Timeout)


@pytest.mark.parametrize("kind", ["dsort", "copy-bck"])
def test_outage_without_a_deadline(kind: str) -> None:
    """Once answered, a wait without a time-out endures faults for 10 minutes."""

    def answer(asked: str, at: float) -> Answer:
        if 100.0 < at < 690.0 or at > 1000.0:
            return REFUSED
        return RUNNING if asked == STATUS else alike(kind, "running")

    told = live(JobWait(JOB, kind, timeout=None), answer)
    told.raised(TransportFault)
    assert 1600.0 <= told.now < 1640.0


def test_outage_with_a_deadline() -> None:
    """With a deadline, faults are endured to it, however long that is."""
    told = live(
        JobWait(JOB, "dsort", timeout=3600.0),
        lambda _, at: REFUSED if at > 10.0 else alike("dsort", "running"),
    )
    told.raised(Timeout)
    assert 3600.0 == told.now


# The other source.


def test_two_faults_in_a_row_then_the_other_source() -> None:
    """After two faults of one source the other is asked, and again every other time while it is out."""
    told = tell(
        JobWait(JOB, "copy-bck"),
        (STATUS, RUNNING),
        (STATUS, REFUSED),
        (STATUS, REFUSED),
        (SNAPS, seen(t1="running", t2="running")),
        (STATUS, REFUSED),
        (SNAPS, seen(t1="finished", t2="running")),
        (STATUS, REFUSED),
        (SNAPS, REFUSED),
        (STATUS, REFUSED),
        (SNAPS, seen(t1="finished", t2="finished")),
    )
    told.succeeded(Outcome.FINISHED)


def test_source_that_is_back_is_preferred_again() -> None:
    """One good answer of the preferred source, and the other is left alone."""
    told = tell(
        JobWait(JOB, "copy-bck"),
        (STATUS, BUSY),
        (STATUS, BUSY),
        (SNAPS, seen(t1="running")),
        (STATUS, RUNNING),
        (STATUS, RUNNING),
        (STATUS, BUSY),
        (STATUS, RUNNING),
    )
    assert STATUS == question(told.pending.request)


def test_second_look_is_at_whoever_showed_the_first() -> None:
    """What looked done on the targets is confirmed there, though the proxies were to be asked."""
    told = tell(
        JobWait(JOB, "copy-bck"),
        (STATUS, REFUSED),
        (STATUS, REFUSED),
        (SNAPS, seen(t1="finished")),
        (SNAPS, seen(t1="finished")),
    )
    told.succeeded(Outcome.FINISHED)


def test_target_killed() -> None:
    """While the map still has a dead target, snapshots are a 400 for half a minute; the status tells."""
    dead = status("terminated [broken pipe] (and 1 more error)", aborted=True)

    def answer(asked: str, at: float) -> Answer:
        if asked == STATUS:
            return RUNNING if at < 1.6 else dead
        return seen(t1="running", t2="running", t3="running") if at < 1.0 else TARGET_DOWN

    for kind in ("", "copy-bck"):
        told = live(JobWait(JOB, kind), answer)
        assert dead.err == told.failed(Outcome.ABORTED).error
        assert told.now < 10.0


def test_source_that_does_not_know_the_job_is_no_other_source() -> None:
    """Faults of the only source that may know the job do not lead back to the one that does not."""
    told = tell(
        JobWait(JOB, "copy-bck"),
        (STATUS, UNKNOWN),
        (SNAPS, seen(t1="running")),
        *[(SNAPS, REFUSED)] * 6,
        (SNAPS, seen(t1="finished")),
    )
    told.succeeded(Outcome.FINISHED)


def test_rules_take_no_acceptance() -> None:
    """What only starting and stopping brings back is nothing that a wait could have asked for."""
    wait = JobWait(JOB, "lru")
    wait.start(0.0)
    with pytest.raises(TypeError, match="Accepted"):
        step(wait.state, Accepted("x"), 1.0)


def test_fault_keeps_when_its_request_left() -> None:
    """It counts from the start of the wait, like all moments of a state."""
    wait = JobWait("tco-1", "copy-bck")
    wait.start(100.0)
    wait.handle(Fault(FaultKind.TIMEOUT, sent_at=101.0), 103.0)
    assert Fault(FaultKind.TIMEOUT, sent_at=1.0) == wait.state.faults.last
