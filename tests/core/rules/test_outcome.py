"""How the end of a wait is worded: outcomes by precedence, error texts, reasons, notes."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest
from attrs import evolve

from ais_jobcore import (
    BucketRef,
    Fault,
    FaultKind,
    JobInfoNotFound,
    JobWait,
    Outcome,
    ProtocolError,
    RequestFailed,
    Stalled,
    TargetState,
    Timeout,
    TransportFault,
    Until,
    WaitOptions,
)
from ais_jobcore.decisions import Abort, Done
from ais_jobcore.errors import AmbiguousJob
from ais_jobcore.proofs import TargetView
from ais_jobcore.rules.messages import fault_error, stall
from ais_jobcore.rules.outcome import conclude, expire, why
from ais_jobcore.rules.state import Faults, Phase, Signal, Source, WaitState
from ais_jobcore.wire.documents import read_sightings
from ais_jobcore.wire.observations import Trouble, Unusable
from tests.builders import JOB, NOON, NOON_NS, OVER, RUNNING, dump, seen, snap, snap_document, status
from tests.core.scripts import altered

if TYPE_CHECKING:
    from ais_jobcore.results import WaitResult

LOST = TargetView("t1", TargetState.LOST, error="lost: gone")
ABORTED = TargetView("t2", TargetState.ABORTED, end_ns=NOON_NS, error="user abort")
FAULTY = TargetView("t3", TargetState.FINISHED, end_ns=NOON_NS, error="o1 missing")
FINISHED = TargetView("t4", TargetState.FINISHED, end_ns=NOON_NS + 1)
IDLE = TargetView("t5", TargetState.IDLE)


def state(job_id: str = JOB, kind: str = "copy-bck", **fields: object) -> WaitState:
    """Make the state of a wait."""
    return altered(JobWait(job_id, kind).state, **fields)


def result_of(signal: Signal = Signal.ENDED, **fields: object) -> WaitResult:
    """Conclude, and return the result."""
    end = conclude(state(**fields), signal, None)
    result = end.result
    assert result is not None
    assert isinstance(end, Done) == result.success == bool(result)
    return result


# Outcomes.


CLAIMS: dict[Outcome, dict[str, object]] = {
    Outcome.ABORTED: {"targets": (ABORTED,)},
    Outcome.LOST: {"targets": (LOST,)},
    Outcome.SUPERSEDED: {"superseded_by": "g9", "unknown_to": frozenset({Source.STATUS})},
    Outcome.GONE: {"signal": Signal.NOWHERE},
    Outcome.FINISHED_WITH_ERRORS: {"targets": (FAULTY,)},
    Outcome.FINISHED: {"targets": (FINISHED,)},
    Outcome.IDLE: {"targets": (IDLE,)},
}


@pytest.mark.parametrize("pair", list(itertools.combinations(Outcome, 2)), ids=str)
def test_precedence(pair: tuple[Outcome, Outcome]) -> None:
    """Of two things that can be said of an end, the graver one is; an idle target makes the rest idle."""
    merged: dict[str, object] = {}
    for outcome in pair:
        for name, value in CLAIMS[outcome].items():
            merged[name] = (*merged.get(name, ()), *value) if name == "targets" else value
    merged.setdefault("targets", (FINISHED,))
    expected = Outcome.IDLE if pair == (Outcome.FINISHED, Outcome.IDLE) else pair[0]
    assert expected is result_of(**merged).outcome


@pytest.mark.parametrize("outcome", Outcome)
def test_success_and_error(outcome: Outcome) -> None:
    """The last two outcomes are successes; every other has an error text, never an empty one (S25, E19)."""
    result = result_of(**({"targets": (FINISHED,)} | CLAIMS[outcome]))
    assert outcome is result.outcome
    assert (outcome in {Outcome.FINISHED, Outcome.IDLE}) == result.success == (result.error is None)
    assert result.error is None or result.error.strip()


def test_error_of_the_proxies_alone() -> None:
    """A status with an error makes the end a failure, though no target shows one (S26)."""
    result = result_of(status=status("o1 missing", end=1), targets=(FINISHED,))
    assert (Outcome.FINISHED_WITH_ERRORS, "o1 missing", {}) == (result.outcome, result.error, result.errors)


def test_abort_told_by_the_proxies_alone() -> None:
    """An abort without any text is told in a word."""
    result = result_of(status=status(aborted=True))
    assert (Outcome.ABORTED, "aborted") == (result.outcome, result.error)


def test_idle_though_the_proxies_know_it() -> None:
    """A status that does not say *over* takes nothing back of what the targets show."""
    result = result_of(until=Until.IDLE, targets=(IDLE,), status=RUNNING)
    assert (Outcome.IDLE, TargetState.IDLE) == (result.outcome, result.targets["t5"])


def test_superseded_needs_a_status_that_does_not_know_it() -> None:
    """While the proxies know the rebalance, a later one did not take its place."""
    assert Outcome.FINISHED is result_of(superseded_by="g9", status=OVER).outcome


@pytest.mark.parametrize("until", [Until.STARTED, Until.NOT_RUNNING])
def test_nothing_is_said_of_the_end_where_it_was_not_waited_for(until: Until) -> None:
    """That a job began, or does not run, says nothing about how it ends; its errors are told all the same."""
    result = result_of(until=until, targets=(FAULTY, IDLE))
    assert (None, True, {"t3": "o1 missing"}) == (result.outcome, result.success, result.errors)


@pytest.mark.parametrize("outcome", [Outcome.ABORTED, Outcome.LOST, Outcome.SUPERSEDED, Outcome.GONE])
def test_started_but_not_well(outcome: Outcome) -> None:
    """What stops a job stops its start, and cannot hurt where it was to be stopped anyway."""
    claims = {"status": RUNNING} | CLAIMS[outcome]
    assert outcome is result_of(until=Until.STARTED, **claims).outcome
    assert result_of(until=Until.NOT_RUNNING, **claims).outcome is None


# Texts.


def test_texts_that_stopped_the_job_come_first() -> None:
    """Aborts and losses first, then the other targets, then the proxies, each text once."""
    result = result_of(targets=(FAULTY, ABORTED), status=status("user abort", aborted=True))
    assert "user abort; o1 missing" == result.error
    assert {"t3": "o1 missing", "t2": "user abort"} == result.errors


def test_texts_of_superseded_and_gone() -> None:
    """Who took the place, and that nobody knows it any more, is said along with what was known."""
    superseded = result_of(targets=(FAULTY,), **CLAIMS[Outcome.SUPERSEDED])
    assert "o1 missing; superseded by g9" == superseded.error
    gone = result_of(Signal.NOWHERE, targets=(IDLE,))
    assert "the cluster does not know the job any more; gone" == gone.error


def test_result_tells_what_was_known() -> None:
    """Id, kind, polls, time and notes of the wait are in its result."""
    result = result_of(polls=7, now=12.5, notes=("a note",), targets=(FINISHED,))
    assert (JOB, "copy-bck", 7, 12.5, ("a note",)) == (
        result.job_id,
        result.kind,
        result.polls,
        result.elapsed,
        result.notes,
    )


# Ends, states, snapshots.


def test_end_of_the_targets() -> None:
    """The latest end counts, if every target has one; exactly, and as a datetime."""
    both = result_of(targets=(FAULTY, FINISHED))
    assert (NOON_NS + 1, NOON) == (both.end_time_ns, both.end_time)
    assert result_of(targets=(FINISHED, IDLE), status=OVER).end_time is None


@pytest.mark.parametrize(("end", "expected"), [(NOON_NS, NOON_NS), (-5, None), (0, None)])
def test_end_of_the_status(end: int, expected: int | None) -> None:
    """Without targets the proxies' clock is all there is; a negative end has no time (S24)."""
    assert expected == result_of(status=status(end=end, aborted=True)).end_time_ns


def test_no_end_at_all() -> None:
    """Without targets and status there is no end."""
    assert result_of(**CLAIMS[Outcome.SUPERSEDED]).end_time is None


def test_last_word_of_the_proxies_is_the_targets_too() -> None:
    """Where the proxies said *over*, and it is a success, no target is told as still at work."""
    busy = TargetView("t1", TargetState.RUNNING)
    assert {"t1": TargetState.FINISHED} == result_of(targets=(busy,), status=OVER).targets
    failed = result_of(targets=(busy,), status=status("x", end=1))
    assert {"t1": TargetState.RUNNING} == failed.targets


def test_snapshots_of_a_reply() -> None:
    """The full models of the last reply are in the result, decoded by the wait or by the caller."""
    decoded = seen(t1="finished", t2=[snap(job_id="other")])
    end = conclude(state(targets=(FINISHED,)), Signal.ENDED, decoded)
    assert end.result is not None
    expected = {"t1": (snap("finished"),)}
    assert end.result.snapshots is None or expected == dict(end.result.snapshots.root)
    body = b'{"t1":[{"id":"x3CgTG-3v","ctlmsg":"hello","err":"","is_idle":true}],"t2":[{"id":"other"}]}'
    end = conclude(state(targets=(FINISHED,)), Signal.ENDED, read_sightings(body, JOB))
    assert end.result is not None
    assert end.result.snapshots is not None
    assert ["hello"] == [each.ctlmsg for each in end.result.snapshots.list_snapshots()]


def test_snapshots_that_cannot_be_read_in_full() -> None:
    """What decides could be read; that the rest could not is a note, not another end."""
    body = b'{"t1":[{"id":"x3CgTG-3v","stats":{"loc-objs":12},"err":"","is_idle":true}]}'
    end = conclude(state(targets=(FINISHED,)), Signal.ENDED, read_sightings(body, JOB))
    assert isinstance(end, Done)
    assert end.result.snapshots is None
    assert any("t1[0].stats.loc-objs" in note for note in end.result.notes)


def test_no_snapshots() -> None:
    """Without a last reply that shows the job there are none."""
    empty = read_sightings(b"{}", JOB)
    for last in (None, empty, OVER):
        end = conclude(state(status=OVER), Signal.ENDED, last)
        assert end.result is not None
        assert end.result.snapshots is None


# Errors.


FAULT = Fault(FaultKind.DNS, "no such host")
BUSY = Unusable(Trouble.BUSY, "try later", 503)


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (FAULT, TransportFault(FaultKind.DNS, "no such host")),
        (BUSY, RequestFailed(503, "try later")),
        (Unusable(Trouble.FORBIDDEN, "no", 403, "ErrX"), RequestFailed(403, "no", "ErrX")),
        (
            Unusable(Trouble.MALFORMED, "not JSON", 200, place="t1[0].id"),
            ProtocolError("not JSON", "t1[0].id"),
        ),
    ],
)
def test_error_of_a_fault(fault: Fault | Unusable, error: Exception) -> None:
    """Who is at fault is the class: the way, the server's words, or its refusal."""
    assert error == fault_error(fault)
    end = conclude(state(answered=True, faults=Faults(count=1, last=fault)), Signal.FATAL, fault)
    assert Abort(None, error, why(state(faults=Faults(last=fault)), Signal.FATAL)) == end


@pytest.mark.parametrize("trouble", [Trouble.BUSY, Trouble.SERVER, Trouble.STRANGER, Trouble.MALFORMED])
def test_nobody_answers_for_the_cluster(trouble: Trouble) -> None:
    """Where AIStore never answered, somebody else's answer is as good as none."""
    last = Unusable(trouble, "hello from the ingress", 502)
    end = conclude(state(now=31.0, faults=Faults(count=9, last=last)), Signal.FATAL, last)
    assert isinstance(end, Abort)
    assert isinstance(end.error, TransportFault)
    assert FaultKind.CONNECTION is end.error.kind
    assert "hello from the ingress" in end.error.message


@pytest.mark.parametrize("trouble", [Trouble.UNAUTHENTICATED, Trouble.FORBIDDEN, Trouble.REFUSED])
def test_refusal_is_an_answer(trouble: Trouble) -> None:
    """A refusal is told as it is, though nothing else was ever answered."""
    last = Unusable(trouble, "no", 401)
    end = conclude(state(now=31.0, faults=Faults(count=9, last=last)), Signal.FATAL, last)
    assert Abort(None, RequestFailed(401, "no"), end.reason) == end


def test_not_found() -> None:
    """A job that was never seen is ``JobInfoNotFound``, naming the id, or kind and bucket."""
    end = conclude(state(), Signal.NOWHERE, None)
    assert isinstance(end, Abort)
    assert JobInfoNotFound(f"No job info found for {JOB!r}") == end.error
    searching = state("", "lru", bucket=BucketRef("data"))
    assert "No active job of kind 'lru' on bucket 'data'" in str(
        conclude(searching, Signal.NOWHERE, None).error
    )
    assert "No active job of kind 'lru'" in str(conclude(state("", "lru"), Signal.NOWHERE, None).error)


def test_several() -> None:
    """The candidates are in the error and in the reason."""
    end = conclude(state("", "lru", candidates=("a", "b")), Signal.SEVERAL, None)
    assert AmbiguousJob("2 jobs of kind 'lru' are active", ("a", "b")) == end.error
    assert end.reason.endswith(": a, b")


def test_stalled() -> None:
    """The error names the job, for how long nothing moved, and what every target was last seen to do."""
    working = TargetView("t6", TargetState.RUNNING)
    stuck = state(options=WaitOptions(stall_timeout=90.0), polls=4, targets=(FINISHED, working))
    end = conclude(evolve(stuck, now=100.0), Signal.STALLED, None)
    targets = {"t4": TargetState.FINISHED, "t6": TargetState.RUNNING}
    assert Abort(None, Stalled(JOB, 90.0, "1 running (t6)", targets, 4), end.reason) == end
    assert end.reason.startswith("nothing moves any more: ")


def test_word_of_the_proxies_where_the_targets_show_no_end() -> None:
    """The reason says who said so."""
    end = conclude(state(status=OVER, targets=()), Signal.ENDED, None)
    assert end.reason.endswith(": the proxies say so")


@pytest.mark.parametrize(
    ("moved", "patience", "said"), [(10.0, 5.0, True), (10.1, 5.0, False), (0.0, None, False)]
)
def test_nothing_moved(moved: float, patience: float | None, said: bool) -> None:
    """A job that works is said to be stuck once nothing moved for as long as it may stand still."""
    progress = evolve(state().known.progress, changed_at=moved)
    working = (TargetView("t1", TargetState.RUNNING),)
    waiting = state(options=WaitOptions(stall_timeout=patience), targets=working, progress=progress)
    assert ("nothing moved for 5 s: 1 running (t1)" if said else "") == stall(waiting, 15.0)
    assert said == ("nothing moved" in why(evolve(waiting, now=15.0), Signal.BUSY))
    assert "" == stall(evolve(waiting, targets=()), 15.0)


# The deadline.


def test_expired() -> None:
    """A ``Timeout`` carries what was known and why it was not enough."""
    missing = evolve(IDLE, missing_since=3.0)
    waiting = state(timeout=7.0, polls=5, targets=(FINISHED, missing), faults=Faults(count=1, last=FAULT))
    end = expire(waiting, Signal.FAULT, FAULT)
    expected = Timeout(JOB, 7.0, end.reason, {"t4": TargetState.FINISHED, "t5": TargetState.IDLE}, 5)
    assert Abort(None, expected, end.reason) == end
    assert TransportFault(FaultKind.DNS, "no such host") == end.error.__cause__
    searching = expire(state("", "lru", timeout=0.0), Signal.UNKNOWN, None).error
    assert isinstance(searching, Timeout)
    assert ("lru", 0.0) == (searching.job_id, searching.timeout)


@pytest.mark.parametrize("phase", [Phase.DETAIL, Phase.REPORT])
def test_expired_while_the_targets_were_asked(phase: Phase) -> None:
    """Once the proxies had their word, the deadline ends the asking, not the wait."""
    end = expire(state(phase=phase, status=OVER, timeout=7.0), Signal.FAULT, FAULT)
    assert isinstance(end, Done)
    assert (Outcome.FINISHED, 1) == (end.result.outcome, len(end.result.notes))
    assert "the end is proved: the proxies say so" == end.reason


# Reasons.


@pytest.mark.parametrize("signal", Signal, ids=lambda signal: signal.name)
def test_every_signal_has_words(signal: Signal) -> None:
    """Every decision carries a reason, in one printable line, whatever the server's words hold."""
    nasty = "\x1b[31mred\r\nforged line\u202e"
    bare, full = (
        state(),
        state(
            targets=(evolve(FAULTY, target=nasty),),
            status=status(nasty, end=1),
            candidates=(nasty,),
            faults=Faults(count=1, last=Fault(FaultKind.CONNECTION, nasty)),
        ),
    )
    for each in (bare, full):
        reason = why(each, signal)
        assert reason
        assert reason.isprintable()
    assert why(bare, signal) == why(bare, signal).strip(" :")


def test_reasons_tell_what_was_seen() -> None:
    """Targets, the status, or the fault, whichever is the point."""
    assert "1 finished (t4), 1 idle (t5)" in why(state(targets=(FINISHED, IDLE)), Signal.BUSY)
    assert "no space" in why(state(status=status("no space", end=1)), Signal.SAID_FAILED)
    assert "no such host" in why(state(faults=Faults(count=1, last=FAULT)), Signal.FAULT)
    assert "the proxies say so" in why(state(status=OVER), Signal.ENDED)
    assert "1 finished (t4)" in why(state(status=OVER, targets=(FINISHED,)), Signal.ENDED)
    assert "1 idle (t5)" in why(state(status=RUNNING, targets=(IDLE,)), Signal.ENDED)
    assert "1 idle (t5)" in why(state(status=OVER, targets=(IDLE,)), Signal.BUSY)


def test_words_where_the_deadline_came_first() -> None:
    """The result has them as a note, and the snapshots of the reply that came too late to be proof."""
    working = seen("copy-bck", t1="running")
    body = dump({"t1": [snap_document(JOB, "running", kind="copy-bck")]})
    sighted = read_sightings(body, JOB)
    end = expire(state(phase=Phase.DETAIL, status=OVER, targets=()), Signal.BUSY, sighted)
    assert isinstance(end, Done)
    note = "the proxies said that it is over; the deadline came before the word of the targets"
    assert (note,) == end.result.notes
    assert end.result.snapshots is not None
    assert [*working.root] == [*end.result.snapshots.root]


def test_whole_words_for_what_was_not_found() -> None:
    """Nothing is added to the kind where no bucket was named."""
    missing = conclude(state("", "lru"), Signal.NOWHERE, None).error
    assert "Job information not found on the cluster: No active job of kind 'lru'" == str(missing)


def test_first_nanosecond_is_an_end() -> None:
    """Whatever is above 0."""
    assert 1 == result_of(status=status(end=1), targets=()).end_time_ns
    assert result_of(status=status(end=0, aborted=True), targets=()).end_time_ns is None


def test_budget() -> None:
    """Where nothing was spent, all of it is left."""
    troubled = state(faults=Faults(count=1, last=FAULT))
    assert why(troubled, Signal.FAULT).endswith("; 10.0 of 10 retries left")
    spent = altered(troubled, spent=(0.0, 2.5), endpoint=1)
    assert why(spent, Signal.FAULT).endswith("; 7.5 of 10 retries left")
