"""From replies to observations: every HTTP status, every answer of a real cluster, and hostile ones."""

from __future__ import annotations

from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ais_jobcore import AggregatedJobSnap, Fault, FaultKind, JobStatus, NotFound, Reply, Request
from ais_jobcore.queries import (
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
from ais_jobcore.wire.decode import decode
from ais_jobcore.wire.lean import Sightings
from ais_jobcore.wire.observations import Accepted, ActiveJobs, Observation, Trouble, Unusable
from tests.builders import JOB, dump, refusal
from tests.core.sent import SNAP, STATUS, one

SNAPSHOTS: Final = ask_snapshots(JOB)
REQUESTS: Final[dict[str, Request]] = {
    "sightings": ask_sightings(JOB),
    "snapshots": SNAPSHOTS,
    "kind": ask_kind("lru", active=True),
    "counters": ask_sightings(JOB, counted=True),
    "status": ask_status(JOB),
    "statuses": list_statuses(),
    "names": list_names(),
    "list of a kind": list_kind("lru"),
    "start": start_job("lru"),
    "stop": stop_job(JOB),
}
every_request = pytest.mark.parametrize("request_", REQUESTS.values(), ids=list(REQUESTS))

ANSWERS: Final[dict[str, tuple[bytes, type[Observation]]]] = {
    "sightings": (one(SNAP), Sightings),
    "snapshots": (one(SNAP), AggregatedJobSnap),
    "kind": (one(SNAP), AggregatedJobSnap),
    "counters": (one(SNAP), Sightings),
    "status": (dump(STATUS), JobStatus),
    "statuses": (dump([STATUS]), ActiveJobs),
    "names": (b'["lru[a]"]', ActiveJobs),
    "list of a kind": (one(SNAP), ActiveJobs),
    "start": (JOB.encode(), Accepted),
    "stop": (b"", Accepted),
}


# HTTP statuses.


@pytest.mark.parametrize("name", REQUESTS)
@pytest.mark.parametrize("status", [200, 201, 202, 204, 206, 299])
def test_success_is_read_as_what_was_asked_for(name: str, status: int) -> None:
    """The answer to each request is read accordingly, whichever 2xx it comes with."""
    body, kind = ANSWERS[name]
    assert isinstance(decode(REQUESTS[name], Reply(status, body)), kind)


WHOEVER: Final = {401: Trouble.UNAUTHENTICATED, 403: Trouble.FORBIDDEN, 408: Trouble.BUSY, 429: Trouble.BUSY}


def expected_trouble(status: int, author: str) -> Trouble | type[NotFound]:
    """Tell what a refusal means, by who wrote it."""
    if status in WHOEVER:
        return WHOEVER[status]
    if status == 503:
        return Trouble.STARTING if author == "nobody" else Trouble.BUSY
    if not 400 <= status < 500:
        return Trouble.SERVER
    if author != "aistore":
        return Trouble.STRANGER
    return NotFound if status == 404 else Trouble.REFUSED


@every_request
@pytest.mark.parametrize("author", ["aistore", "nobody", "an ingress", "an API gateway"])
def test_every_refusal(request_: Request, author: str) -> None:
    """
    Each HTTP status that is no success and no redirect has one meaning, by who wrote the body.

    Only AIStore's own 404 says that a job is not known; a 4xx of anybody else says nothing.
    """
    for status in [0, *range(100, 200), *range(400, 600), 600, 999]:
        body, words = {
            "aistore": (refusal(status, "words").body, "words"),
            "nobody": (b"", f"HTTP {status} without a body"),
            "an ingress": (b"<html>\n<b>no</b></html>", "<html> <b>no</b></html>"),
            "an API gateway": (b'{"message":"Not Found"}', '{"message":"Not Found"}'),
        }[author]
        trouble = expected_trouble(status, author)
        expected = (
            NotFound(words)
            if trouble is NotFound
            else Unusable(trouble, words, status, authentic=author == "aistore")
        )
        assert expected == decode(request_, Reply(status, body))


@every_request
def test_no_redirect_is_followed(request_: Request) -> None:
    """Every 3xx is a fault that says so, whatever its body."""
    for status in range(300, 400):
        expected = Fault(FaultKind.REDIRECT, f"HTTP {status}: redirects are not followed")
        assert expected == decode(request_, refusal(status))
        assert expected == decode(request_, Reply(status))


def test_a_target_that_is_down() -> None:
    """`ErrFailedTo` is no refusal: a target is down, and the cluster map will drop it."""
    words = "failed to call t[Mczt18084] [control-plane], err: connection refused"
    down = decode(SNAPSHOTS, refusal(400, words, "ErrFailedTo"))
    assert Unusable(Trouble.TARGET_DOWN, words, 400, "ErrFailedTo", authentic=True) == down
    other = decode(SNAPSHOTS, refusal(400, words, "ErrOther"))
    assert Unusable(Trouble.REFUSED, words, 400, "ErrOther", authentic=True) == other


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("0", 0.0),
        ("7", 7.0),
        (" 120 ", 120.0),
        ("\x1c\x1d5\x1e\x1f", 5.0),
        ("999999999", 999_999_999.0),
        ("9999999999", None),
        ("9" * 5_000, None),
        ("1.5", None),
        ("-1", None),
        ("1e3", None),
        ("1_000", None),
        ("\u0661\u0662", None),
        ("NaN", None),
        ("", None),
        ("Fri, 21 Aug 2026 10:00:00 GMT", None),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_retry_after(header: str, seconds: float | None) -> None:
    """It is read where it counts whole seconds; a date would need a clock."""
    for name in ("Retry-After", "retry-after", "RETRY-AFTER"):
        for status in (429, 503):
            headers = {"Content-Type": "text/plain", name: header}
            seen = decode(SNAPSHOTS, Reply(status, b"later", headers))
            assert isinstance(seen, Unusable)
            assert seconds == seen.retry_after


def test_without_retry_after() -> None:
    """A server that does not ask for a pause gets none."""
    seen = decode(SNAPSHOTS, Reply(503))
    assert isinstance(seen, Unusable)
    assert seen.retry_after is None


# The answers that need care, as a cluster gave them.

NOT_KNOWN: Final = "p[kuXp18080]: x-[vybNBDp89] does not exist"
CARE: Final[dict[str, tuple[Request, int, bytes, Observation]]] = {
    "snapshots, unknown id": (
        SNAPSHOTS,
        404,
        refusal(404, '"x-[nosuchjob]" not found').body,
        NotFound('"x-[nosuchjob]" not found'),
    ),
    "snapshots, finished job, only running": (
        SNAPSHOTS,
        404,
        refusal(404, '"x-[j]-only-running" not found').body,
        NotFound('"x-[j]-only-running" not found'),
    ),
    "snapshots, a kind that never ran": (
        REQUESTS["kind"],
        200,
        b'{"t1": [], "t2": null}',
        AggregatedJobSnap({"t1": (), "t2": ()}),
    ),
    "snapshots, malformed id": (
        SNAPSHOTS,
        400,
        refusal(400, 'invalid xaction (job) UUID "!"').body,
        Unusable(Trouble.REFUSED, 'invalid xaction (job) UUID "!"', 400, authentic=True),
    ),
    "status, unknown id": (
        REQUESTS["status"],
        404,
        refusal(404, NOT_KNOWN, "ErrNotFound").body,
        NotFound(NOT_KNOWN),
    ),
    "status, unknown kind": (
        REQUESTS["status"],
        400,
        refusal(400, "invalid x-").body,
        Unusable(Trouble.REFUSED, "invalid x-", 400, authentic=True),
    ),
    "status, another kind": (
        REQUESTS["status"],
        400,
        refusal(400, "kind mismatch").body,
        Unusable(Trouble.REFUSED, "kind mismatch", 400, authentic=True),
    ),
    "status, another content type": (
        REQUESTS["status"],
        200,
        dump({**STATUS, "end_time": 1_795_436_866_000_000_000}),
        JobStatus(uuid=JOB, kind="lru", end_time=1_795_436_866_000_000_000),
    ),
    "status on a proxy outside the IC": (
        REQUESTS["status"],
        307,
        b"",
        Fault(FaultKind.REDIRECT, "HTTP 307: redirects are not followed"),
    ),
    "null": (SNAPSHOTS, 200, b"null\n", AggregatedJobSnap()),
    "null for a status": (
        REQUESTS["status"],
        200,
        b"null",
        Unusable(Trouble.MALFORMED, "a status was expected, not null", 200),
    ),
    "cluster still starting": (
        SNAPSHOTS,
        503,
        b"",
        Unusable(Trouble.STARTING, "HTTP 503 without a body", 503),
    ),
    "no token": (
        SNAPSHOTS,
        401,
        refusal(401, "token required").body,
        Unusable(Trouble.UNAUTHENTICATED, "token required", 401, authentic=True),
    ),
    "an expired token": (
        SNAPSHOTS,
        401,
        refusal(401, "invalid token [err: token expired]").body,
        Unusable(Trouble.UNAUTHENTICATED, "invalid token [err: token expired]", 401, authentic=True),
    ),
    "not permitted": (
        SNAPSHOTS,
        403,
        refusal(403, "user `u` has insufficient permissions").body,
        Unusable(Trouble.FORBIDDEN, "user `u` has insufficient permissions", 403, authentic=True),
    ),
    "start": (REQUESTS["start"], 200, b"g3", Accepted("g3")),
    "start, unknown key": (
        REQUESTS["start"],
        400,
        refusal(400, "found unknown field: node").body,
        Unusable(Trouble.REFUSED, "found unknown field: node", 400, authentic=True),
    ),
    "stop, even of an unknown id": (REQUESTS["stop"], 200, b"", Accepted()),
    "stop, by another name": (
        REQUESTS["stop"],
        400,
        refusal(400, "invalid action").body,
        Unusable(Trouble.REFUSED, "invalid action", 400, authentic=True),
    ),
}


@pytest.mark.parametrize(("request_", "status", "body", "expected"), CARE.values(), ids=list(CARE))
def test_answers_that_need_care(request_: Request, status: int, body: bytes, expected: Observation) -> None:
    """Every answer that a real cluster was seen to give is read as what it means."""
    headers = {"Content-Type": "text/plain; charset=utf-8" if body else ""}
    assert expected == decode(request_, Reply(status, body, headers))


def test_an_empty_503_of_somebody_else() -> None:
    """A cluster that is starting names no content type; who does may have passed the request on (S45)."""
    seen = decode(SNAPSHOTS, Reply(503, b"", {"content-type": "text/html"}))
    assert Unusable(Trouble.BUSY, "HTTP 503 without a body", 503) == seen


def test_every_job_of_the_cluster_is_not_one_job() -> None:
    """What a misspelt kind is answered by, every job of the cluster, does not pass for the job asked for."""
    body = dump({"t1": [{**SNAP, "id": "other"}, {**SNAP, "id": "another", "end-time": SNAP["start-time"]}]})
    seen = decode(REQUESTS["sightings"], Reply(200, body))
    assert isinstance(seen, Sightings)
    assert {} == seen.own


# Malformed answers.


@pytest.mark.parametrize(
    ("name", "body", "place"),
    [
        ("sightings", {"t1": [{**SNAP, "aborted": 0}]}, "t1[0].aborted"),
        ("snapshots", {"t1": [{**SNAP, "stats": {"loc-objs": "1_000"}}]}, "t1[0].stats.loc-objs"),
        ("kind", {"t1": [{**SNAP, "start-time": "2026-11-23"}]}, "t1[0].start-time"),
        ("status", {**STATUS, "end_time": True}, "end_time"),
        ("status", {"uuid": JOB}, "end_time"),
    ],
)
def test_a_malformed_answer_is_named(name: str, body: object, place: str) -> None:
    """A document that is not as promised is `MALFORMED`, with the place."""
    seen = decode(REQUESTS[name], Reply(200, dump(body)))
    assert isinstance(seen, Unusable)
    assert (Trouble.MALFORMED, 200, place) == (seen.trouble, seen.status, seen.place)
    assert seen.message


@pytest.mark.parametrize("name", ["sightings", "snapshots", "kind", "status", "start"])
@pytest.mark.parametrize(
    "body", [b"", b"<html>\x1b[31mlog in</html>", b"\xff\xfe{\x00}\x00", b'{"a": NaN}', b"[" * 10**5]
)
def test_an_answer_that_is_no_document(name: str, body: bytes) -> None:
    """An empty 200, a login page, or anything that is not JSON is `MALFORMED`, and its words are harmless."""
    seen = decode(REQUESTS[name], Reply(200, body))
    assert isinstance(seen, Unusable)
    assert seen.trouble is Trouble.MALFORMED
    assert seen.message
    assert seen.message.isprintable()
    assert len(seen.message) < 300


@pytest.mark.parametrize("status", [400, 404, 500, 502])
def test_words_of_a_stranger_are_harmless_and_few(status: int) -> None:
    """Of a page that somebody else wrote, the first words are kept, in one printable line."""
    page = b"\x1b[31m<html>\r\n" + b"\xe2\x80\xae\xff" + b"x" * 100_000
    seen = decode(SNAPSHOTS, Reply(status, page))
    assert isinstance(seen, Unusable)
    assert seen.message.startswith("[31m<html> \ufffdx")
    assert len(seen.message) <= 200
    assert seen.message.isprintable()


def test_words_of_the_server_are_harmless() -> None:
    """AIStore's words, too, are kept in one line without control characters."""
    for status in (404, 400, 401):
        seen = decode(SNAPSHOTS, refusal(status, "a\x1b[31m\nb\u2066c"))
        assert isinstance(seen, NotFound | Unusable)
        assert seen.message == "a[31m bc"


def test_what_answers_a_stop_is_harmless() -> None:
    """A stop is accepted with whatever words, made printable."""
    assert Accepted("ok [31m") == decode(REQUESTS["stop"], Reply(200, b"ok\n\x1b[31m"))


@given(st.integers(0, 999), st.binary(max_size=200), st.sampled_from(sorted(REQUESTS)))
def test_no_reply_makes_decoding_fail(status: int, body: bytes, name: str) -> None:
    """Any bytes with any status are an observation; reading never raises."""
    assert isinstance(decode(REQUESTS[name], Reply(status, body)), Observation)


@given(
    st.sampled_from(sorted(ANSWERS)),
    st.sampled_from([200, 400, 404, 503]),
    st.lists(st.tuples(st.integers(0, 10**4), st.binary(max_size=3)), min_size=1, max_size=4),
)
def test_no_damage_makes_decoding_fail(name: str, status: int, damage: list[tuple[int, bytes]]) -> None:
    """A good answer with some bytes replaced is an observation, and what is printed of it is harmless."""
    body = bytearray(ANSWERS[name][0] if status == 200 else refusal(status).body)
    for place, replacement in damage:
        at = place % (len(body) + 1)
        body[at : at + len(replacement) // 2 + 1] = replacement
    seen = decode(REQUESTS[name], Reply(status, bytes(body)))
    assert isinstance(seen, Observation)
    if isinstance(seen, Unusable):
        assert (seen.message + seen.place + seen.tcode).isprintable()


@given(
    st.dictionaries(st.text(max_size=12), st.text(max_size=12), max_size=3), st.sampled_from([200, 429, 503])
)
def test_no_headers_make_decoding_fail(headers: dict[str, str], status: int) -> None:
    """Any headers are passed over, unless they ask for a pause."""
    named = {**headers, "Retry-After": next(iter(headers.values()), "")}
    for each in (headers, named):
        assert isinstance(decode(SNAPSHOTS, Reply(status, b"", each)), Observation)


@every_request
def test_decoding_is_pure(request_: Request) -> None:
    """The same reply to the same request is the same observation, every time."""
    for body, _ in ANSWERS.values():
        assert decode(request_, Reply(200, body)) == decode(request_, Reply(200, body))


def test_first_words_of_a_page() -> None:
    """Two hundred bytes of it are enough."""
    seen = decode(ask_status("j"), Reply(502, b"x" * 300))
    assert isinstance(seen, Unusable)
    assert "x" * 200 == seen.message
