"""The requests: golden bodies, and what is never sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest
from attrs import fields
from hypothesis import given
from hypothesis import strategies as st

from ais_jobcore import AggregatedJobSnap, BucketRef, JobStatus, Request
from ais_jobcore.queries import (
    Query,
    ask_kind,
    ask_sightings,
    ask_snapshots,
    ask_status,
    list_kind,
    list_names,
    list_statuses,
    start_job,
    stop_job,
)

if TYPE_CHECKING:
    from collections.abc import Callable

BUCKET: Final = BucketRef("data", "aws", {"uuid": "u", "name": "n"})
BUCKET_JSON: Final = {"name": "data", "provider": "aws", "namespace": {"uuid": "u", "name": "n"}}

GOLDEN: Final[dict[str, tuple[Callable[[], Request], str, dict[str, str], dict[str, object]]]] = {
    "snapshots": (lambda: ask_snapshots("j"), "GET", {"what": "qryxstats"}, {"id": "j"}),
    "sightings": (lambda: ask_sightings("j"), "GET", {"what": "qryxstats"}, {"id": "j"}),
    "counters": (lambda: ask_sightings("j", counted=True), "GET", {"what": "qryxstats"}, {"id": "j"}),
    "status": (lambda: ask_status("j"), "GET", {"what": "status"}, {"id": "j"}),
    "statuses": (list_statuses, "GET", {"what": "status_all"}, {"show_active": True}),
    "names": (list_names, "GET", {"what": "running_all"}, {}),
    "list of a kind": (
        lambda: list_kind("lru"),
        "GET",
        {"what": "qryxstats"},
        {"kind": "lru", "show_active": True},
    ),
    "kind": (lambda: ask_kind("lru", active=False), "GET", {"what": "qryxstats"}, {"kind": "lru"}),
    "active kind": (
        lambda: ask_kind("lru", active=True),
        "GET",
        {"what": "qryxstats"},
        {"kind": "lru", "show_active": True},
    ),
    "kind on a bucket": (
        lambda: ask_kind("copy-bck", BUCKET, active=True),
        "GET",
        {"what": "qryxstats"},
        {"kind": "copy-bck", "show_active": True, "bck": BUCKET_JSON},
    ),
    "start": (lambda: start_job("lru"), "PUT", {}, {"action": "start", "value": {"Kind": "lru"}}),
    "start by force": (
        lambda: start_job("lru", force=True),
        "PUT",
        {"force": "true"},
        {"action": "start", "value": {"Kind": "lru"}},
    ),
    "start on a target": (
        lambda: start_job("resilver", daemon_id="t1"),
        "PUT",
        {},
        {"action": "start", "value": {"Kind": "resilver", "DaemonID": "t1"}},
    ),
    "start on a bucket": (
        lambda: start_job("rechunk", buckets=[BUCKET]),
        "PUT",
        {},
        {"action": "start", "value": {"Kind": "rechunk", "Bck": BUCKET_JSON}},
    ),
    "start on buckets": (
        lambda: start_job("lru", buckets=(BUCKET, BucketRef("b"))),
        "PUT",
        {},
        {
            "action": "start",
            "value": {"Kind": "lru", "Buckets": [BUCKET_JSON, {"name": "b", "provider": "ais"}]},
        },
    ),
    "stop": (lambda: stop_job("j"), "PUT", {}, {"action": "stop", "value": {"ID": "j"}}),
    "stop a kind": (lambda: stop_job(kind="lru"), "PUT", {}, {"action": "stop", "value": {"Kind": "lru"}}),
    "stop by id": (lambda: stop_job("j", "lru"), "PUT", {}, {"action": "stop", "value": {"ID": "j"}}),
}


@pytest.mark.parametrize(("make", "method", "query", "body"), GOLDEN.values(), ids=list(GOLDEN))
def test_golden_requests(
    make: Callable[[], Request], method: str, query: dict[str, str], body: dict[str, object]
) -> None:
    """Method, path, query and body of every request are what a real cluster accepts."""
    request_ = make()
    assert (method, "/v1/cluster") == (request_.method, request_.path)
    assert query == request_.query
    assert body == request_.json


@pytest.mark.parametrize("make", [row[0] for row in GOLDEN.values()], ids=list(GOLDEN))
def test_a_request_by_id_never_names_a_kind(make: Callable[[], Request]) -> None:
    """A wrong kind with a right id is an error or hides the job, so none is sent with an id."""
    body = make().json or {}
    fields = body.get("value", body)
    assert isinstance(fields, dict)
    assert not ({"id", "kind"} <= {key.lower() for key in fields})


@pytest.mark.parametrize("ask", [ask_snapshots, ask_sightings, ask_status])
def test_a_question_about_one_job_needs_its_id(ask: type) -> None:
    """Without an id the same request would ask for every job of the cluster: `ValueError`."""
    with pytest.raises(ValueError, match=r"^a request for one job needs its id$"):
        ask("")


def test_a_stop_without_id_and_kind_is_never_made() -> None:
    """It could stop every job of a cluster: `ValueError`, in the seed's words (S47)."""
    with pytest.raises(ValueError, match=r"^Cannot abort a job without an id or kind$"):
        stop_job()


@given(st.text(), st.text())
def test_every_stop_names_exactly_one_thing(job_id: str, kind: str) -> None:
    """Whatever the arguments, a stop that is made has one non-empty field, the id before the kind."""
    if not job_id and not kind:
        return
    request = stop_job(job_id, kind)
    assert {"action": "stop", "value": {"ID": job_id} if job_id else {"Kind": kind}} == request.json


def test_a_bucket_without_a_namespace_is_spelt_without() -> None:
    """An empty namespace is the global one, which needs no key."""
    assert {"name": "b", "provider": "ais"} == BucketRef("b").to_json()
    assert {"name": "b", "provider": "ais"} == BucketRef("b", namespace={}).to_json()
    assert BUCKET_JSON == BUCKET.to_json()


def test_a_request_is_made_by_keywords() -> None:
    """Nothing about a request is told by position."""
    with pytest.raises(TypeError):
        Request(Query.STATUS)


def test_a_request_is_addressed_when_it_is_sent() -> None:
    """Time-out, endpoint and token refresh are set on a copy; nothing else changes."""
    plain = ask_status("j")
    sent = plain.addressed(timeout=3.0, endpoint=2, refresh_token=True)
    assert (20.0, 0, False) == (plain.timeout, plain.endpoint, plain.refresh_token)
    assert (3.0, 2, True) == (sent.timeout, sent.endpoint, sent.refresh_token)
    assert sent.addressed(timeout=20.0, endpoint=0) == plain


def test_what_a_request_asks_for() -> None:
    """Each question is read by its own reader; one with counters is another than one without."""
    made = {
        Query.SIGHTINGS: ask_sightings("j"),
        Query.PROGRESS: ask_sightings("j", counted=True),
        Query.SNAPSHOTS: ask_snapshots("j"),
        Query.STATUS: ask_status("j"),
        Query.STATUSES: list_statuses(),
        Query.ACTIVE: list_kind("lru"),
        Query.NAMES: list_names(),
        Query.START: start_job("lru"),
        Query.STOP: stop_job("j"),
    }
    assert [*made] == [request.what for request in made.values()]
    assert Query.SNAPSHOTS is ask_kind("lru", active=True).what


def test_no_fresh_token_unless_it_is_asked_for() -> None:
    """A request is sent with the token that there is."""
    assert not ask_status("j").addressed(timeout=1.0, endpoint=0).refresh_token


@pytest.mark.parametrize(
    ("request_", "answer"),
    [
        (ask_sightings("j"), AggregatedJobSnap),
        (ask_sightings("j", counted=True), AggregatedJobSnap),
        (ask_snapshots("j"), AggregatedJobSnap),
        (ask_kind("lru", active=True), AggregatedJobSnap),
        (ask_status("j"), JobStatus),
        (list_statuses(), None),
        (list_kind("lru"), None),
        (list_names(), None),
        (start_job("lru"), None),
        (stop_job("j"), None),
    ],
)
def test_decoded_answer_to_a_request(request_: Request, answer: object) -> None:
    """A request says which decoded type may stand for its reply, if any may."""
    assert answer is request_.answer


def test_request_goes_nowhere_else() -> None:
    """Method, path and query follow from what is asked for; there is no way to give others."""
    assert {"what", "job_id", "body", "force", "timeout", "endpoint", "refresh_token"} == {
        each.name for each in fields(Request)
    }
    assert {"/v1/cluster"} == {Request(what=what).path for what in Query}
    assert {Query.START, Query.STOP} == {what for what in Query if Request(what=what).method == "PUT"}
    assert {"GET", "PUT"} == {Request(what=what).method for what in Query}


def test_force_is_added_to_the_query() -> None:
    """It takes nothing away from what a request asks for."""
    assert {"what": "status", "force": "true"} == Request(what=Query.STATUS, job_id="j", force=True).query
