"""``JobWait`` itself: what it takes, what it refuses, what it tells about itself."""

from __future__ import annotations

import pytest

from ais_jobcore import (
    Abort,
    Continue,
    Done,
    Fault,
    FaultKind,
    JobWait,
    NotFound,
    Outcome,
    Reply,
    Until,
    WaitOptions,
)
from ais_jobcore.wire.observations import Accepted, Listing, Trouble, Unusable
from tests.builders import JOB, OVER, RUNNING, UNKNOWN, refusal, reply, seen, status_document
from tests.core.scripts import SNAPS, STATUS, Answer, Event, tell

STATUS_REPLY = reply(status_document(kind="lru"))


def test_defaults() -> None:
    """300 s, whatever the end of the kind is, the usual settings."""
    state = JobWait(JOB).state
    assert (300.0, Until.AUTO, None, WaitOptions()) == (
        state.question.timeout,
        state.question.until,
        state.question.bucket,
        state.question.options,
    )


@pytest.mark.parametrize("until", Until)
def test_until(until: Until) -> None:
    """What is waited for may be given as a word, or as a value."""
    assert until is JobWait(JOB, until=until).state.question.until
    assert until is JobWait(JOB, until=until.value).state.question.until


@pytest.mark.parametrize("until", ["", "done", "AUTO", None, 5])
def test_unknown_until(until: object) -> None:
    """Anything else is an error that lists what is allowed."""
    with pytest.raises(ValueError, match="auto, finished, idle, single, started, not-running") as raised:
        JobWait(JOB, until=until)
    assert repr(until) in str(raised.value)


def test_neither_id_nor_kind() -> None:
    """Without anything to go by there is nothing to wait for (S15)."""
    with pytest.raises(ValueError, match="a wait needs the id of a job, or a kind"):
        JobWait()


def test_decision_is_kept() -> None:
    """The pending decision can be looked up; before the start there is none."""
    wait = JobWait(JOB, "lru")
    assert wait.decision is None
    assert wait.start(5.0) is wait.decision
    assert wait.handle(RUNNING, 5.0) is wait.decision


# Out of turn.


def test_handle_before_start() -> None:
    """It is a ``RuntimeError`` that changes nothing."""
    wait = JobWait(JOB, "lru")
    before = wait.state
    with pytest.raises(RuntimeError, match="not started"):
        wait.handle(RUNNING, 0.0)
    assert (before, None) == (wait.state, wait.decision)


def test_start_twice() -> None:
    """It is a ``RuntimeError`` that changes nothing."""
    wait = JobWait(JOB, "lru")
    decision = wait.start(0.0)
    before = wait.state
    with pytest.raises(RuntimeError, match="started already"):
        wait.start(1.0)
    assert (before, decision) == (wait.state, wait.decision)


@pytest.mark.parametrize("event", [RUNNING, UNKNOWN, Reply(200), Fault(FaultKind.DNS), "nonsense"])
def test_handle_after_the_end(event: object) -> None:
    """Nothing comes after the end but a ``RuntimeError`` that tells it, and changes nothing."""
    told = tell(JobWait(JOB, "lru"), (STATUS, OVER), (SNAPS, seen("lru", t1="finished")))
    told.succeeded(Outcome.FINISHED)
    before = told.wait.state
    with pytest.raises(RuntimeError, match="this wait is over: the end is proved"):
        told.wait.handle(event, 99.0)
    with pytest.raises(RuntimeError):
        told.wait.start(99.0)
    assert (before, told.decision) == (told.wait.state, told.wait.decision)


@pytest.mark.parametrize(
    "event", [None, "text", b"{}", {}, 404, Accepted("x"), Unusable(Trouble.BUSY), ValueError("x")], ids=repr
)
@pytest.mark.parametrize(
    "before", [(), ((STATUS, UNKNOWN),), ((STATUS, OVER),)], ids=["first", "seek", "detail"]
)
def test_handle_takes_events_only(before: tuple[tuple[str, Answer], ...], event: object) -> None:
    """Anything that no driver may report is a ``TypeError`` that changes nothing, in any phase."""
    told = tell(JobWait(JOB, "lru"), *before)
    kept = told.wait.state
    with pytest.raises(TypeError):
        told.wait.handle(event, 1.0)
    assert (kept, told.decision) == (told.wait.state, told.wait.decision)


# Replies.


def test_replies_are_read_by_what_was_asked() -> None:
    """A reply counts as the answer to the pending request."""
    wait = JobWait(JOB, "lru")
    wait.start(0.0)
    wait.handle(STATUS_REPLY, 0.0)
    assert "lru" == wait.state.known.status.kind
    wait.handle(refusal(404, "not found", "ErrNotFound"), 1.0)
    decision = wait.handle(Reply(200, b'{"t1": null, "t2": []}'), 1.0)
    assert isinstance(decision, Continue)


@pytest.mark.parametrize(
    ("reply", "value"),
    [
        (STATUS_REPLY, RUNNING),
        (refusal(404, "not found"), NotFound("not found")),
        (Reply(307), Fault(FaultKind.REDIRECT, "HTTP 307: redirects are not followed")),
    ],
)
def test_decoded_values_count_like_replies(reply: Reply, value: Event) -> None:
    """Embedders with models of their own get the same decisions."""
    one, other = JobWait(JOB, "lru"), JobWait(JOB, "lru")
    assert one.start(0.0) == other.start(0.0)
    left, right = one.handle(reply, 0.1), other.handle(value, 0.1)
    assert (left.delay, left.request) == (right.delay, right.request)


# Telling about itself.


def test_explanation_before_the_start() -> None:
    """There is nothing to tell yet."""
    assert f"{JOB}: not started" == JobWait(JOB).explain(0.0)
    assert "a job of kind 'lru': not started" == JobWait("", "lru").explain(0.0)


def test_explanation_while_it_waits() -> None:
    """In one line: why it is not done, how often and how long it asked, what is left, what comes next."""
    told = tell(JobWait(JOB, "dsort", timeout=10.0), (SNAPS, seen("dsort", t1="running")), at=100.0)
    line = told.wait.explain(104.0)
    assert line.startswith(
        f"{JOB}: not done: 1 running (t1); asked 2 times in 4.0 s, 6.0 s left; next: snapshots"
    )
    assert "in 0.00 s" in line
    assert "0.0 s left" in told.wait.explain(200.0)
    assert "in 0.0 s" in told.wait.explain(-50.0)


def test_explanation_without_a_deadline() -> None:
    """``None`` has no deadline to tell."""
    wait = JobWait(JOB, "lru", timeout=None)
    wait.start(0.0)
    assert "no deadline" in wait.explain(1.0)
    assert "next: status" in wait.explain(1.0)


def test_explanation_at_the_end() -> None:
    """How it ended, and after how long."""
    told = tell(JobWait(JOB, "lru"), (STATUS, (1.5, OVER)), (SNAPS, seen("lru", t1="finished")))
    assert isinstance(told.decision, Done)
    assert f"{JOB}: done after 1.5 s: the end is proved: 1 finished (t1)" == told.wait.explain(50.0)
    told = tell(JobWait(JOB, "dsort"), (SNAPS, seen("dsort", t1="aborted")))
    assert f"{JOB}: failed after 0.0 s: the end is proved: 1 aborted (t1)" == told.wait.explain(50.0)


def test_explanations_are_printable() -> None:
    """A name from a server or a user cannot forge lines in a log."""
    wait = JobWait("evil\nid\x1b[2J", "brand\nnew")
    for now in (0.0, 1.0):
        assert wait.explain(now).isprintable()
        if wait.decision is None:
            wait.start(now)
    assert repr(wait).isprintable()


def test_repr() -> None:
    """It names the job and where the wait is."""
    wait = JobWait(JOB, "lru")
    assert f"<JobWait {JOB!r} watch>" == repr(wait)
    assert "<JobWait 'lru' find>" == repr(JobWait("", "lru"))


def test_wait_of_a_state() -> None:
    """A wait can be made of a state and its decision, begun or not, and goes on as the first one would."""
    told = tell(JobWait(JOB, "copy-bck", options=WaitOptions(seed=3)), (STATUS, RUNNING))
    again = JobWait.of(told.wait.state, told.decision)
    assert (told.wait.state, told.decision) == (again.state, again.decision)
    assert told.wait.handle(OVER, told.now + 1) == again.handle(OVER, told.now + 1)
    fresh = JobWait.of(JobWait("", "lru").state)
    assert JobWait("", "lru").start(5.0) == fresh.start(5.0)


# Answers for several waits.


def test_shared_answer() -> None:
    """What a list says of the job is taken in the place of the pending answer, and the decision is kept."""
    wait = JobWait(JOB, "lru")
    wait.start(0.0)
    decision = wait.handle_shared(Listing(busy=True, kind="lru"), 1.0, asked=0.9, endpoint=0)
    assert isinstance(decision, Continue)
    assert decision is wait.decision
    assert "it is on a list of active jobs" in decision.reason


def test_shared_answer_out_of_turn() -> None:
    """Before the start it is a ``RuntimeError`` that changes nothing."""
    wait = JobWait(JOB, "lru")
    before = wait.state
    with pytest.raises(RuntimeError, match="this wait is not under way"):
        wait.handle_shared(Listing(busy=True), 1.0, asked=0.9, endpoint=0)
    assert (before, None) == (wait.state, wait.decision)


def test_saved_and_loaded() -> None:
    """It goes on where it was, on another clock; what is no saved wait is a ``ValueError``."""
    wait = JobWait(JOB, "lru")
    wait.start(0.0)
    wait.handle(RUNNING, 0.5)
    loaded = JobWait.load(wait.save(), 100.5, elapsed=2.0)
    assert (JOB, RUNNING) == (loaded.state.job_id, loaded.state.known.status)
    assert 2.5 == 100.5 - loaded.state.question.started_at
    with pytest.raises(ValueError, match="saved"):
        JobWait.load("{}", 0.0)


def test_words_out_of_turn() -> None:
    """They say no more than what has happened."""
    wait = JobWait(JOB, "lru")
    with pytest.raises(RuntimeError, match=r"^this wait was not started yet$"):
        wait.handle(RUNNING, 0.0)
    with pytest.raises(RuntimeError, match=r"^this wait is not under way$"):
        wait.handle_shared(Listing(busy=True), 0.0, asked=0.0, endpoint=0)
    wait.start(0.0)
    with pytest.raises(RuntimeError, match=r"^this wait was started already$"):
        wait.start(0.0)
    with pytest.raises(ValueError, match=r"^a wait needs the id of a job, or a kind$"):
        JobWait()


def test_time_between_saving_and_loading_does_not_count_by_itself() -> None:
    """Unless the caller says how much of it does."""
    wait = JobWait(JOB, "lru")
    wait.start(0.0)
    wait.handle(RUNNING, 0.5)
    assert 100.0 == JobWait.load(wait.save(), 100.5).state.question.started_at


def test_no_deadline_is_said_in_words() -> None:
    """An explanation has the time that is left, or that there is no deadline."""
    wait = JobWait(JOB, "lru", None)
    wait.start(0.0)
    assert "; asked 1 times in 1.0 s, no deadline; next: " in wait.explain(1.0)
    timed = JobWait(JOB, "lru", 10.0)
    timed.start(0.0)
    assert ", 9.0 s left; next: " in timed.explain(1.0)


@pytest.mark.parametrize(
    ("job_id", "kind", "known"),
    [
        # Two kinds have ids of this form: the caller's counts, if it is one of them.
        ("tco-1", "etl-listrange", "etl-listrange"),
        ("tco-1", "copy-listrange", "copy-listrange"),
        ("tco-1", "lru", "copy-listrange"),
        ("tco-1", "", "copy-listrange"),
        ("x", "lru", "lru"),
        ("x", "", ""),
        ("x", "brand-new", ""),
    ],
)
def test_kind_of_a_wait(job_id: str, kind: str, known: str) -> None:
    """The id counts more than the caller, where it says anything (V18)."""
    assert known == JobWait(job_id, kind).state.kind


def test_wait_of_a_new_state() -> None:
    """It is about the job of the state, of whatever kind that is."""
    state = JobWait(JOB, "lru").state
    assert state is JobWait.of(state).state
    assert JobWait.of(JobWait("", "lru").state).state.kind == "lru"


def test_loaded_wait_is_started_where_it_was() -> None:
    """``start`` gives its pending request, after what is left of the delay at that moment."""
    wait = JobWait(JOB, "dsort", 60.0)
    wait.start(0.0)
    decision = wait.handle(seen("dsort", t1="running"), 10.0)
    assert isinstance(decision, Continue)
    left = decision.delay
    for waited in (0.0, left / 4, left / 2):
        loaded = JobWait.load(wait.save(), 100.0)
        started = loaded.start(100.0 + waited)
        assert isinstance(started, Continue)
        assert decision.request == started.request
        assert pytest.approx(left - waited) == started.delay
        assert loaded.state == JobWait.load(wait.save(), 100.0).state
    late = JobWait.load(wait.save(), 100.0).start(1000.0)
    assert isinstance(late, Continue)
    assert 0.0 == late.delay


def test_loaded_wait_that_is_over_starts_with_its_end() -> None:
    """Whoever runs it gets the end that it came to."""
    wait = JobWait(JOB, "dsort")
    wait.start(0.0)
    end = wait.handle(seen("dsort", t1="aborted"), 1.0)
    assert isinstance(end, Abort)
    assert end == JobWait.load(wait.save(), 0.0).start(5.0)


def test_loaded_wait_is_started_once() -> None:
    """A second start is out of turn, and so is one after an answer was handed in."""
    wait = JobWait(JOB, "dsort")
    wait.start(0.0)
    loaded = JobWait.load(wait.save(), 0.0)
    loaded.start(0.0)
    with pytest.raises(RuntimeError, match="started already"):
        loaded.start(0.0)
    loaded = JobWait.load(wait.save(), 0.0)
    loaded.handle(seen("dsort", t1="running"), 1.0)
    with pytest.raises(RuntimeError, match="started already"):
        loaded.start(1.0)


def test_wrong_event_is_quoted_in_bounded_length() -> None:
    """However large it is, the error has a few dozen characters of it."""
    wait = JobWait(JOB, "dsort")
    wait.start(0.0)
    with pytest.raises(TypeError, match=r"was expected, not 'xxxxxxxx") as raised:
        wait.handle("x" * 100_000, 0.0)  # type: ignore[arg-type]
    assert len(str(raised.value)) < 120


def test_waits_that_know_nothing_share_that() -> None:
    """A wait that has nothing to note holds no value of its own for it."""
    assert JobWait(JOB).state.known is JobWait("another").state.known
    assert () != JobWait(JOB, "brand-new").state.known.notes
