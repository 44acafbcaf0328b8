"""One-shot operations: when a request is sent again, and when never."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ais_jobcore import (
    Abort,
    Continue,
    Done,
    Fault,
    FaultKind,
    JobInfoNotFound,
    NotFound,
    ProtocolError,
    Reply,
    RequestFailed,
    TransportFault,
    WaitOptions,
)
from ais_jobcore.limits import ATTEMPTS
from ais_jobcore.machines import operations
from tests.builders import JOB, NOT_FOUND, REFUSED, refusal, reply
from tests.core.oneshot import QUESTIONS, error, every_harmless_operation, every_operation, run

if TYPE_CHECKING:
    from collections.abc import Callable

    from ais_jobcore.machines.operations import Call
    from ais_jobcore.machines.protocols import Event


HOSTILE: Final = "gone\r\n\x9b2J\udc99"
AGAIN: Final[dict[str, Event]] = {
    "refused": REFUSED,
    "dns": Fault(FaultKind.DNS, "no such host"),
    "timeout": Fault(FaultKind.TIMEOUT, "20 s"),
    "truncated": Fault(FaultKind.TRUNCATED, "broken off"),
    "too large": Fault(FaultKind.TOO_LARGE, "too large"),
    "redirect": Reply(307),
    "starting": Reply(503),
    "busy": refusal(503),
    "too many": refusal(429),
    "request timeout": Reply(408),
    "server": refusal(500),
    "bad gateway": Reply(502, b"<html>bad gateway</html>"),
    "target down": refusal(400, "failed to call", "ErrFailedTo"),
    "ingress": Reply(404, b"404 page not found"),
}
ONCE: Final[dict[str, tuple[Event, type[Exception]]]] = {
    "tls": (Fault(FaultKind.TLS, "expired"), TransportFault),
    "refusal": (refusal(400, "invalid xaction (job) UUID"), RequestFailed),
    "conflict": (refusal(409), RequestFailed),
}
CERTAIN: Final = ("dns", "starting", "too many")


@every_harmless_operation
@pytest.mark.parametrize("event", AGAIN.values(), ids=list(AGAIN))
def test_what_may_be_sent_again_is_sent_five_times(make: Callable[[], Call[Any]], event: Event) -> None:
    """A question, or a stop, is asked five times with growing pauses; then the fault is the answer."""
    *again, last = run(make(), *[event] * ATTEMPTS)
    assert ATTEMPTS == 5
    assert all(isinstance(decision, Continue) for decision in again)
    delays = [decision.delay for decision in again if isinstance(decision, Continue)]
    assert delays == [0.0, *(pytest.approx(pause, rel=0.1) for pause in (0.2, 0.4, 0.8, 1.6))]
    assert isinstance(last, Abort)
    assert isinstance(last.error, TransportFault | RequestFailed)
    assert str(last.error) in last.reason


@every_operation
@pytest.mark.parametrize(("event", "kind"), ONCE.values(), ids=list(ONCE))
def test_what_cannot_help_is_not_done_again(
    make: Callable[[], Call[Any]], event: Event, kind: type[Exception]
) -> None:
    """No trust between the two, or a request that is wrong: the first answer is the last."""
    assert isinstance(error(make(), event), kind)


@pytest.mark.parametrize("make", QUESTIONS.values(), ids=list(QUESTIONS))
def test_an_answer_that_cannot_be_read_is_the_last(make: Callable[[], Call[Any]]) -> None:
    """A document that is not what the protocol promises is a `ProtocolError` with its place."""
    assert isinstance(error(make(), Reply(200, b'{"t1": [{"id"')), ProtocolError)
    assert ProtocolError("a list of snapshots was expected, not int", "t1") == error(
        operations.details(JOB), reply({"t1": 7})
    )


@pytest.mark.parametrize("name", [name for name in AGAIN if name not in CERTAIN])
def test_a_start_that_may_have_arrived_is_never_sent_again(name: str) -> None:
    """Sent twice it may run twice, so every fault that leaves a doubt is the answer (S45, E14)."""
    assert isinstance(error(operations.start("lru"), AGAIN[name]), TransportFault | RequestFailed)


@pytest.mark.parametrize("name", CERTAIN)
def test_a_start_that_certainly_did_not_arrive_is_sent_again(name: str) -> None:
    """A name that does not resolve, a cluster that is starting, or too many requests: nothing was done."""
    decisions = run(operations.start("lru"), AGAIN[name], Reply(200, JOB.encode()))
    assert isinstance(decisions[1], Continue)
    assert decisions[1].delay == pytest.approx(0.2, rel=0.1)
    assert decisions[2] == Done(JOB, "answered")


@given(st.lists(st.sampled_from(sorted(AGAIN)), min_size=1, max_size=6))
def test_a_start_is_sent_again_only_after_certain_refusals(names: list[str]) -> None:
    """In any series of faults, the first one that leaves a doubt is the end."""
    call = operations.start("lru")
    decision = call.start(0.0)
    for number, name in enumerate(names, 1):
        decision = call.handle(AGAIN[name], 0.0)
        if name not in CERTAIN or number == ATTEMPTS:
            assert isinstance(decision, Abort)
            return
        assert isinstance(decision, Continue)


@every_operation
@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize("written_by_aistore", [True, False])
def test_a_refused_token_is_replaced_once(
    make: Callable[[], Call[Any]], status: int, written_by_aistore: bool
) -> None:
    """After a 401 or 403 one fresh token is tried, at once; a second refusal is the answer."""
    event = refusal(status, "token expired") if written_by_aistore else Reply(status, b"denied")
    first, second, last = run(make(), event, event)
    assert isinstance(first, Continue)
    assert not first.request.refresh_token
    assert isinstance(second, Continue)
    assert second.request.refresh_token
    assert second.delay == 0.0
    assert isinstance(last, Abort)
    assert last.error == RequestFailed(status, "token expired" if written_by_aistore else "denied")


def test_a_fresh_token_is_fetched_once_in_all() -> None:
    """Later requests of the same operation do not ask for another token."""
    expired = refusal(401, "token expired")
    decisions = run(operations.details(JOB), expired, REFUSED, REFUSED, expired)
    refreshed = [each.request.refresh_token for each in decisions if isinstance(each, Continue)]
    assert [False, True, False, False] == refreshed
    assert isinstance(decisions[-1], Abort)


@every_harmless_operation
def test_an_answer_after_faults_is_as_good_as_any(make: Callable[[], Call[Any]]) -> None:
    """Four faults and an answer make an answer."""
    faults: list[Event] = [REFUSED, Reply(503), refusal(500), Fault(FaultKind.TIMEOUT)]
    *_, last = run(make(), *faults, NOT_FOUND)
    assert isinstance(last, Abort)
    assert isinstance(last.error, JobInfoNotFound | RequestFailed)


@pytest.mark.parametrize(
    ("header", "delay"),
    [
        ({}, 0.2),
        ({"Retry-After": "2"}, 2.0),
        ({"retry-after": " 3 "}, 3.0),
        ({"Retry-After": "0"}, 0.2),
        ({"Retry-After": "3600"}, 5.0),
        ({"Retry-After": "Fri, 21 Aug 2026 10:00:00 GMT"}, 0.2),
        ({"Retry-After": "-7"}, 0.2),
    ],
)
def test_a_server_may_ask_for_a_pause(header: dict[str, str], delay: float) -> None:
    """`Retry-After` in seconds lengthens a pause, up to 5 s; in any other form it is passed over."""
    decisions = run(operations.status(JOB), Reply(429, b"", header))
    assert isinstance(decisions[1], Continue)
    assert decisions[1].delay == pytest.approx(delay, rel=0.1)


def test_the_pauses_depend_on_the_seed_alone() -> None:
    """The same seed makes the same pauses; another one others, within a tenth."""

    def pauses(seed: int) -> list[float]:
        decisions = run(operations.status(JOB, options=WaitOptions(seed=seed)), *[REFUSED] * 4)
        return [each.delay for each in decisions if isinstance(each, Continue)]

    assert pauses(1) == pauses(1)
    assert pauses(1) != pauses(2)


@pytest.mark.parametrize(
    "event", [Fault(FaultKind.REDIRECT, HOSTILE), NotFound(HOSTILE)], ids=["fault", "not found"]
)
@every_operation
def test_words_of_an_embedder_are_made_printable(make: Callable[[], Call[Any]], event: Event) -> None:
    """What an embedder's own client says goes into reasons and errors as what a server says does."""
    operation = make()
    decision = operation.start(0.0)
    while isinstance(decision, Continue):
        assert decision.reason.isprintable()
        decision = operation.handle(event, 0.0)
    assert decision.reason.isprintable()
    assert str(getattr(decision, "error", "")).isprintable()
