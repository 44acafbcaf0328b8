"""One-shot operations: what they send, what they answer, and calls out of turn."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ais_jobcore import (
    Abort,
    AggregatedJobSnap,
    BucketRef,
    Continue,
    Done,
    Fault,
    FaultKind,
    JobInfoNotFound,
    JobSnap,
    JobStatus,
    NotFound,
    ProtocolError,
    Reply,
    RequestFailed,
    TransportFault,
    WaitOptions,
)
from ais_jobcore.machines import operations
from tests.builders import JOB, NOON, NOT_FOUND, REFUSED, reply, snap_document
from tests.core.oneshot import ALL, error, every_operation, result, run

if TYPE_CHECKING:
    from collections.abc import Callable

    from ais_jobcore.machines.operations import Call
    from ais_jobcore.machines.protocols import Event


SNAPS: Final = ("GET", {"what": "qryxstats"})
PUT: Final = ("PUT", dict[str, str]())


@pytest.mark.parametrize(
    ("make", "method", "query", "body"),
    [
        (lambda: operations.status(JOB), "GET", {"what": "status"}, {"id": JOB}),
        (lambda: operations.details(JOB), *SNAPS, {"id": JOB}),
        (lambda: operations.details(JOB, "lru"), *SNAPS, {"id": JOB}),
        (lambda: operations.details(JOB, "no such kind"), *SNAPS, {"id": JOB}),
        (lambda: operations.details(kind="copy-bucket"), *SNAPS, {"kind": "copy-bck"}),
        (
            lambda: operations.within_timeframe("", "lru", NOON),
            "GET",
            {"what": "qryxstats"},
            {"kind": "lru"},
        ),
        (lambda: operations.total_time(JOB, "lru"), *SNAPS, {"id": JOB}),
        (lambda: operations.stop(JOB), *PUT, {"action": "stop", "value": {"ID": JOB}}),
        (lambda: operations.stop(JOB, "no such kind"), *PUT, {"action": "stop", "value": {"ID": JOB}}),
        (
            lambda: operations.stop(kind="copy-bucket"),
            "PUT",
            {},
            {"action": "stop", "value": {"Kind": "copy-bck"}},
        ),
        (
            lambda: operations.start("mirror"),
            "PUT",
            {},
            {"action": "start", "value": {"Kind": "make-n-copies"}},
        ),
        (
            lambda: operations.start("lru", force=True, buckets=[BucketRef("b")]),
            "PUT",
            {"force": "true"},
            {"action": "start", "value": {"Kind": "lru", "Bck": {"name": "b", "provider": "ais"}}},
        ),
        (
            lambda: operations.start("resilver", daemon_id="t1"),
            "PUT",
            {},
            {"action": "start", "value": {"Kind": "resilver", "DaemonID": "t1"}},
        ),
    ],
)
def test_what_is_sent(
    make: Callable[[], Call[Any]], method: str, query: dict[str, str], body: dict[str, object]
) -> None:
    """An id is never sent with a kind, and a kind alone by its name on the wire (S8, S44, S47, V14)."""
    (first,) = run(make())
    assert isinstance(first, Continue)
    assert (0.0, method, query, body) == (
        first.delay,
        first.request.method,
        first.request.query,
        first.request.json,
    )


def test_details_of_everything_name_nothing() -> None:
    """With neither id nor kind the question is about every job of the cluster, and the answer is whole."""
    first, last = run(
        operations.details(), reply({"t1": [snap_document("a"), snap_document("b", kind="list")]})
    )
    assert isinstance(first, Continue)
    assert not any((first.request.json or {}).values())
    assert isinstance(last, Done)
    assert [snap.id for snap in last.result.list_snapshots()] == ["a", "b"]


NAIVE: Final = datetime(2026, 1, 1)  # noqa: DTZ001 - that is the point
BAD: Final[dict[str, tuple[Callable[[], object], str]]] = {
    "status without an id": (
        lambda: operations.status(""),
        "^Cannot query status on a job without an assigned ID$",
    ),
    "stop without id and kind": (operations.stop, "^Cannot abort a job without an id or kind$"),
    "stop of a misspelt kind": (lambda: operations.stop(kind="copy-bkc"), "'copy-bkc'.*copy-bck"),
    "start of a misspelt kind": (lambda: operations.start("copy-bkc"), "'copy-bkc'.*copy-bck"),
    "start of nothing": (lambda: operations.start(""), "unknown kind of job ''"),
    "details of a misspelt kind": (lambda: operations.details(kind="copy-bkc"), "'copy-bkc'.*copy-bck"),
    "time frame of a misspelt kind": (
        lambda: operations.within_timeframe("", "copy-bkc", NOON),
        "'copy-bkc'.*copy-bck",
    ),
    "total time of a misspelt kind": (lambda: operations.total_time("", "copy-bkc"), "'copy-bkc'.*copy-bck"),
    "begin without a zone": (lambda: operations.within_timeframe(JOB, "", NAIVE), "a time needs a zone"),
    "end without a zone": (lambda: operations.within_timeframe(JOB, "", NOON, NAIVE), "a time needs a zone"),
}


@pytest.mark.parametrize(("make", "message"), BAD.values(), ids=list(BAD))
def test_bad_arguments(make: Callable[[], object], message: str) -> None:
    """Nothing is sent for them: `ValueError`, in the seed's words where it has some (S5, S47, S52)."""
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize("job_id", ["tco-FtFCbjybdd", "g7", "dnl-Z1xME2sPxv"])
@pytest.mark.parametrize(
    "make",
    [
        lambda text: operations.stop(kind=text),
        operations.start,
        lambda text: operations.details(kind=text),
    ],
    ids=["stop", "start", "details"],
)
def test_an_id_in_the_place_of_a_kind_is_refused(make: Callable[[str], object], job_id: str) -> None:
    """A stop of `kind="tco-…"` would stop every job of that kind instead of one."""
    with pytest.raises(ValueError, match="unknown kind of job"):
        make(job_id)


def test_options_reach_the_request() -> None:
    """Time-out and endpoint of every request come from the options."""
    call = operations.status(JOB, options=WaitOptions(request_timeout=3.0, endpoints=3))
    decisions = run(call, *[REFUSED] * 4)
    requests = [each.request for each in decisions if isinstance(each, Continue)]
    assert [0, 1, 2, 0, 1] == [request.endpoint for request in requests]
    assert {3.0} == {request.timeout for request in requests}


def test_a_status_is_answered() -> None:
    """The answer to a status query is the status."""
    answer = {"kind": "lru", "uuid": JOB, "err": "", "end_time": 7, "aborted": False}
    assert JobStatus(uuid=JOB, kind="lru", end_time=7) == result(operations.status(JOB), reply(answer))


def test_the_status_of_another_job_is_no_answer() -> None:
    """A status that names another job is a `ProtocolError`; one that names none is taken."""
    assert JobStatus(end_time=7) == result(operations.status(JOB), JobStatus(end_time=7))
    other = error(operations.status(JOB), JobStatus(uuid="other", end_time=7))
    assert other == ProtocolError("a status of another job: 'other'", "uuid")


def test_details_are_of_the_job_alone() -> None:
    """Snapshots of other jobs in the answer are dropped, whatever the server adds (S32, G21)."""
    answer = reply(
        {"t1": [snap_document("g9"), snap_document("g3")], "t2": [snap_document("g9")], "t3": None}
    )
    details = result(operations.details("g3"), answer)
    assert isinstance(details, AggregatedJobSnap)
    assert {"t1": ["g3"], "t2": [], "t3": []} == {
        target: [snap.id for snap in snaps] for target, snaps in details.root.items()
    }


def test_details_of_a_kind_are_of_that_kind_alone() -> None:
    """A server that drops an unknown kind from its filter shows every job: those are dropped."""
    kinds = {"a": "lru", "b": "rebalance", "c": "lru"}
    answer = reply({"t1": [snap_document(job_id, kind=kind) for job_id, kind in kinds.items()]})
    details = result(operations.details(kind="lru-eviction"), answer)
    assert isinstance(details, AggregatedJobSnap)
    assert [snap.id for snap in details.list_snapshots()] == ["a", "c"]


def test_notes_on_the_answer_are_kept() -> None:
    """What an older server does not send is noted in the details."""
    answer = snap_document()
    del answer["err"]
    details = result(operations.details(JOB), reply({"t1": [answer]}))
    assert isinstance(details, AggregatedJobSnap)
    assert details.notes == ("the server sends no err in snapshots",)


@pytest.mark.parametrize("body", [b"x3CgTG-3v", b'"x3CgTG-3v"', b' "x3CgTG-3v"\n', b"x3CgTG-3v\r\n"])
def test_a_start_answers_the_id(body: bytes) -> None:
    """The id comes without quotes and white space (S44)."""
    assert JOB == result(operations.start("lru"), Reply(200, body))


@pytest.mark.parametrize(
    "body", [b"", b"<html>please log in</html>", b"two words", b"\xff\xfe", b'{"id": "a"}', b"a" * 101]
)
def test_a_start_that_is_not_answered_by_an_id_failed(body: bytes) -> None:
    """Whatever else answers with 200, its words are not taken for an id, and nothing is sent again."""
    failure = error(operations.start("lru"), Reply(200, body))
    assert isinstance(failure, ProtocolError)
    assert "the id of a job was expected" in str(failure)
    assert str(failure).isprintable()


@pytest.mark.parametrize("job_id", ["a", "g3", "a" * 100, "x3CgTG-3v", "etl_1.0~x", "A:B@c"])
def test_an_id_may_be_any_word(job_id: str) -> None:
    """Ids have forms of many sorts; all are words of letters, digits and few signs."""
    assert job_id == result(operations.start("lru"), Reply(200, job_id.encode()))


def test_a_stop_answers_nothing() -> None:
    """An accepted stop has no result; it does not say that there was such a job (S47)."""
    assert result(operations.stop(JOB), Reply(200)) is None


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (operations.status(JOB), JOB),
        (operations.details(JOB), JOB),
        (operations.details(kind="lru"), "lru"),
        (operations.within_timeframe(JOB, "lru", NOON), JOB),
        (operations.total_time(JOB, "lru"), JOB),
    ],
)
def test_a_job_that_nobody_knows(call: Call[Any], name: str) -> None:
    """A 404 of AIStore's own is `JobInfoNotFound`, in the seed's words (S17), and is not asked again."""
    failure = error(call, NOT_FOUND)
    assert failure == JobInfoNotFound(f"No job info found for {name!r}")


@pytest.mark.parametrize("call", [operations.stop(JOB), operations.start("lru")])
def test_a_command_to_something_that_is_not_there(call: Call[Any]) -> None:
    """A command that is answered by 404 was refused."""
    assert RequestFailed(404, '"x-[nosuchjob]" not found') == error(call, NOT_FOUND)


@pytest.mark.parametrize(
    ("make", "event"),
    [
        (lambda: operations.status(JOB), JobStatus(uuid=JOB)),
        (lambda: operations.details(JOB), AggregatedJobSnap({"t1": (JobSnap(id=JOB),)})),
    ],
    ids=["status", "details"],
)
def test_an_embedder_may_report_values(make: Callable[[], Call[Any]], event: Event) -> None:
    """Decoded values are taken as they are; `NotFound` and faults, too."""
    assert event == result(make(), event)
    assert isinstance(error(make(), NotFound("gone")), JobInfoNotFound)
    assert isinstance(error(make(), Fault(FaultKind.TLS, "expired")), TransportFault)


def test_details_of_a_job_that_no_target_shows() -> None:
    """An answer without the job says as much as a 404: the job is not known."""
    assert isinstance(error(operations.details(JOB), AggregatedJobSnap({"t1": ()})), JobInfoNotFound)


@pytest.mark.parametrize(
    ("make", "event"),
    [
        (lambda: operations.status(JOB), AggregatedJobSnap()),
        (lambda: operations.details(JOB), JobStatus(uuid=JOB)),
        (lambda: operations.start("lru"), JobStatus(uuid=JOB)),
        (lambda: operations.stop(JOB), AggregatedJobSnap()),
    ],
    ids=["status", "details", "start", "stop"],
)
def test_the_answer_to_another_question_is_an_error(make: Callable[[], Call[Any]], event: Event) -> None:
    """An embedder that reports the wrong value is told so; it is never taken for "not found"."""
    failure = error(make(), event)
    assert failure == ProtocolError(f"{type(event).__name__} is no answer to this request")


@every_operation
def test_calls_out_of_turn_change_nothing(make: Callable[[], Call[Any]]) -> None:
    """`handle` before the start or after the end, and a second `start`, are `RuntimeError`."""
    call = make()
    with pytest.raises(RuntimeError, match="this operation was not started yet"):
        call.handle(REFUSED, 0.0)
    call.start(0.0)
    with pytest.raises(RuntimeError, match="this operation was started already"):
        call.start(0.0)
    assert isinstance(call.handle(Fault(FaultKind.TLS), 0.0), Abort)
    with pytest.raises(RuntimeError, match="this operation is over"):
        call.handle(REFUSED, 0.0)
    with pytest.raises(RuntimeError, match="this operation was started already"):
        call.start(0.0)


def test_a_call_that_answered_is_over() -> None:
    """After a result, too, another event is a `RuntimeError`."""
    call = operations.stop(JOB)
    call.start(0.0)
    assert isinstance(call.handle(Reply(200), 0.0), Done)
    with pytest.raises(RuntimeError, match="this operation is over"):
        call.handle(Reply(200), 0.0)


@given(st.integers(100, 599), st.binary(max_size=60), st.sampled_from(sorted(ALL)))
def test_no_reply_makes_an_operation_fail_otherwise(status: int, body: bytes, name: str) -> None:
    """Whatever comes back, an operation decides; it never raises."""
    call = ALL[name]()
    call.start(0.0)
    decision = call.handle(Reply(status, body), 0.0)
    assert isinstance(decision, Continue | Done | Abort)
    assert decision.reason


def test_error_names_what_was_asked_for() -> None:
    """A job that nobody knows is named by its id; a kind only where there is no id."""
    for call, name in (
        (operations.details("j-1", "lru"), "'j-1'"),
        (operations.details(kind="lru"), "'lru'"),
        (operations.status("j-1"), "'j-1'"),
    ):
        *_, last = run(call, NotFound("not found"))
        assert isinstance(last, Abort)
        assert name in str(last.error)


def test_reasons_of_an_operation() -> None:
    """It begins with one, and asks again in the words of what went wrong."""
    call = operations.status("j")
    first = call.start(0.0)
    assert isinstance(first, Continue)
    assert ("the operation begins", False) == (first.reason, first.request.refresh_token)
    again = call.handle(Reply(401, b'{"message": "no token", "status": 401}'), 0.1)
    assert isinstance(again, Continue)
    assert ("cannot ask: HTTP 401: no token", True) == (again.reason, again.request.refresh_token)
    last = call.handle(Reply(401, b'{"message": "bad token", "status": 401}'), 0.2)
    assert isinstance(last, Abort)
    assert ("cannot ask: HTTP 401: bad token", "HTTP 401: bad token") == (last.reason, str(last.error))


def test_refusal_is_the_reason() -> None:
    """An operation that was refused ends with the words of who refused it."""
    call = operations.stop("j")
    call.start(0.0)
    last = call.handle(Reply(400, b'{"message": "wrong", "status": 400}'), 0.1)
    assert isinstance(last, Abort)
    assert ("cannot ask: HTTP 400: wrong", "HTTP 400: wrong") == (last.reason, str(last.error))


def test_words_for_calls_out_of_turn() -> None:
    """They say what has happened, or not yet."""
    call = operations.status("j")
    with pytest.raises(RuntimeError, match=r"^this operation was not started yet$"):
        call.handle(NotFound("x"), 0.0)
    call.start(0.0)
    with pytest.raises(RuntimeError, match=r"^this operation was started already$"):
        call.start(0.0)
    call.handle(NotFound("x"), 0.1)
    with pytest.raises(RuntimeError, match=r"^this operation is over$"):
        call.handle(NotFound("x"), 0.2)


def test_options_of_every_operation() -> None:
    """The time for a request is what the caller set, for each of them."""
    options = WaitOptions(request_timeout=7.0)
    begun = [
        call.start(0.0)
        for call in (
            operations.status("j", options=options),
            operations.details("j", options=options),
            operations.details(options=options),
            operations.within_timeframe("j", "", NOON, options=options),
            operations.total_time("j", "", options=options),
            operations.start("lru", options=options),
            operations.stop("j", options=options),
        )
    ]
    assert [7.0] * 7 == [each.request.timeout for each in begun if isinstance(each, Continue)]


def test_what_may_have_arrived() -> None:
    """A start is not sent again then, whatever else it asks for; a stop is."""
    for call, ends in (
        (operations.start("lru", daemon_id="t1", force=True), True),
        (operations.stop("j"), False),
    ):
        call.start(0.0)
        assert ends is isinstance(call.handle(Fault(FaultKind.TIMEOUT, "late"), 1.0), Abort)


def test_answer_that_says_no() -> None:
    """The reason of the end is the error that it ended with; a job that is not in the reply is named."""
    *_, last = run(operations.status("j-1"), NotFound("not found"))
    assert isinstance(last, Abort)
    assert str(last.error) == last.reason
    *_, last = run(operations.details("j-1"), reply({"t1": [snap_document("other")]}))
    assert isinstance(last, Abort)
    assert "'j-1'" in str(last.error)
