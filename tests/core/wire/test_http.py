"""What every transport does alike."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ais_jobcore import Fault, FaultKind, Request, __version__
from ais_jobcore.queries import Query, ask_kind, ask_snapshots, ask_status
from ais_jobcore.wire.http import fault_of, refuse, spell, too_large

if TYPE_CHECKING:
    from collections.abc import Mapping

KINDS = ((ZeroDivisionError, FaultKind.TLS), (ValueError, FaultKind.DNS), (LookupError, FaultKind.TIMEOUT))


def test_request_is_spelt() -> None:
    """A request is its method, URL, headers and body."""
    http = spell(ask_snapshots("ü"), ["http://gw/ais"], "tok")
    assert ("GET", "http://gw/ais/v1/cluster?what=qryxstats") == (http.method, http.url)
    assert {
        "Content-Type": "application/json",
        "User-Agent": f"ais-jobcore/{__version__}",
        "Accept-Encoding": "identity",
        "Authorization": "Bearer tok",
    } == http.headers
    assert {"id": "ü"} == json.loads(http.body or b"")
    assert "tok" not in repr(http)


def test_what_there_is_not_is_left_out() -> None:
    """No token, no query, no body: no header, no question mark, no body."""
    http = spell(Request(what=Query.STOP), ["http://gw"])
    assert ("http://gw/v1/cluster", None) == (http.url, http.body)
    assert "Authorization" not in http.headers


@pytest.mark.parametrize(("endpoint", "host"), [(0, "a"), (1, "b"), (2, "a"), (7, "b")])
def test_endpoint_counts_modulo_their_number(endpoint: int, host: str) -> None:
    """A request may count further than there are endpoints."""
    request = ask_status("x").addressed(timeout=1.0, endpoint=endpoint)
    assert spell(request, ["http://a", "http://b"]).url.startswith(f"http://{host}/")


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        *((status, {}) for status in (200, 204, 299, 400, 404, 500, 101)),
        (200, {"Content-Encoding": "identity"}),
        (200, {"Content-Encoding": " "}),
        (200, {"Content-Length": "10"}),
        (200, {"Content-Length": "-11"}),
        (200, {"Content-Length": "many"}),
    ],
)
def test_what_is_read(status: int, headers: Mapping[str, str]) -> None:
    """Any other answer than the following is to be read."""
    assert refuse(status, headers, 10) is None


@pytest.mark.parametrize(
    ("headers", "where"),
    [
        ({"Location": "http://user:hush@ic:8080/hush?hush#hush"}, "http://ic:8080"),
        ({"Location": "https://[::1]:9/"}, "https://[::1]:9"),
        ({"Location": "http://a@hush@ic/"}, "http://ic"),
        ({"Location": "http://ic\\@hush"}, "http://ic"),
        ({"Location": "/hush"}, "another place"),
        ({"Location": "//ic/hush"}, "another place"),
        ({"Location": "hush"}, "another place"),
        ({}, "another place"),
        ({"Location": "http://\x1b[2J\nx"}, "http://[2J x"),
    ],
)
def test_redirects_are_refused(headers: Mapping[str, str], where: str) -> None:
    """A redirect says to which host, and repeats nothing else of where it points."""
    assert Fault(FaultKind.REDIRECT, f"HTTP 307 to {where}, not followed") == refuse(307, headers, 10)


@pytest.mark.parametrize("encoding", ["gzip", "GZIP", "identity, gzip", "x"])
def test_encodings_are_refused(encoding: str) -> None:
    """What was not asked for is not unpacked."""
    fault = refuse(200, {"Content-Encoding": encoding}, 10)
    assert fault is not None
    assert FaultKind.TRUNCATED is fault.kind


@pytest.mark.parametrize("length", ["11", "9" * 5000])
def test_large_answers_are_refused(length: str) -> None:
    """An answer that says how large it is need not be read to be refused."""
    assert too_large(10) == refuse(200, {"Content-Length": length}, 10)


def caused(error: BaseException, cause: BaseException) -> BaseException:
    """Raise one exception from another."""
    error.__cause__ = cause
    return error


def reasoned(error: Exception, reason: object) -> Exception:
    """Give an exception a reason, as some libraries do."""
    error.reason = reason  # type: ignore[attr-defined]
    return error


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (ValueError("plain"), FaultKind.DNS, "ValueError: plain"),
        (OSError(111, "refused"), FaultKind.CONNECTION, "ConnectionRefusedError: [Errno 111] refused"),
        (caused(OSError("outside"), KeyError("in")), FaultKind.TIMEOUT, "KeyError: 'in'"),
        (OSError(OSError(ValueError("deep"))), FaultKind.DNS, "ValueError: deep"),
        (reasoned(OSError("x"), IndexError("in")), FaultKind.TIMEOUT, "IndexError: in"),
        (reasoned(OSError("x"), "words"), FaultKind.CONNECTION, "OSError: x"),
        (caused(ValueError("v"), ZeroDivisionError()), FaultKind.TLS, "ZeroDivisionError"),
        (OSError("\x1b[2J\nforged"), FaultKind.CONNECTION, "OSError: [2J forged"),
    ],
)
def test_exceptions_have_a_meaning(error: BaseException, kind: FaultKind, words: str) -> None:
    """The first kind that anything within fits counts, and the innermost has the words."""
    fault = fault_of(error, KINDS)
    assert (kind, words) == (fault.kind, fault.message)


def test_context_counts_too() -> None:
    """What was being handled when an exception was raised is looked at."""
    outer = OSError("out")
    outer.__context__ = KeyError("in")
    assert Fault(FaultKind.TIMEOUT, "KeyError: 'in'") == fault_of(outer, KINDS)


def test_circles_end() -> None:
    """An exception that has itself for a cause, in the end, does no harm."""
    first, second = OSError("a"), OSError("b")
    first.__cause__, second.__cause__ = second, first
    assert Fault(FaultKind.CONNECTION, "OSError: b") == fault_of(first, KINDS)


@given(st.text(), st.text())
def test_no_answer_is_too_strange(name: str, text: str) -> None:
    """Whatever a server puts into its headers, the words that come of it are one line."""
    for status in (200, 302):
        fault = refuse(status, {"Location": text, "Content-Encoding": name, "Content-Length": text}, 10)
        assert fault is None or len(fault.message.splitlines()) == 1


def test_compact_body_without_a_token() -> None:
    """A body has no more white space than it must, and without a token there is no header for one."""
    sent = spell(ask_kind("lru", active=True), ["http://host"])
    assert b'{"kind":"lru","show_active":true}' == sent.body
    assert "Authorization" not in sent.headers


@pytest.mark.parametrize(("status", "refused"), [(299, False), (300, True), (399, True), (400, False)])
def test_class_of_redirects(status: int, refused: bool) -> None:
    """From 300 to 399, and no other."""
    fault = refuse(status, {}, 10)
    assert refused is (fault is not None)
    assert not refused or fault == Fault(FaultKind.REDIRECT, f"HTTP {status} to another place, not followed")


def test_words_of_a_refusal_are_short() -> None:
    """However long the text is that they quote."""
    long = "x" * 500
    encoded = refuse(200, {"Content-Encoding": long}, 10)
    moved = refuse(302, {"Location": f"http://{long}/path"}, 10)
    broken = fault_of(ValueError(long), [])
    assert encoded
    assert moved
    assert 200 == len(encoded.message) == len(broken.message)
    assert "HTTP 302 to " + ("http://" + long)[:199] + "…, not followed" == moved.message


def test_too_large() -> None:
    """It says so, with the limit; a length of twenty digits is read, and no more of them."""
    assert Fault(FaultKind.TOO_LARGE, "the answer is larger than 7 bytes") == too_large(7)
    assert refuse(200, {"Content-Length": "7"}, 7) is None
    assert too_large(7) == refuse(200, {"Content-Length": "8"}, 7)
    assert too_large(10**20 - 2) == refuse(200, {"Content-Length": "9" * 20}, 10**20 - 2)
    assert refuse(200, {"Content-Length": "9" * 21}, 10**20) is None
    assert refuse(200, {}, 7) is None


def test_every_cause_is_looked_at() -> None:
    """Not only what the last exception was made of, but all that came before it."""
    inner, outer = ConnectionRefusedError("refused"), RuntimeError("wrapped")
    both = RuntimeError(outer, "text")
    outer.__context__ = ValueError("beside")
    both.__cause__ = inner
    assert FaultKind.DNS is fault_of(both, [(ConnectionRefusedError, FaultKind.DNS)]).kind
    assert FaultKind.TLS is fault_of(both, [(ValueError, FaultKind.TLS)]).kind


def test_exception_that_was_cut_off_does_not_count() -> None:
    """A transport that says better what happened raises that ``from None``."""
    kinds = [(EOFError, FaultKind.TRUNCATED)]
    better = ConnectionResetError("closed before the answer began")
    better.__context__ = EOFError()
    assert FaultKind.TRUNCATED is fault_of(better, kinds).kind
    better.__cause__ = None
    assert better.__suppress_context__
    assert FaultKind.CONNECTION is fault_of(better, kinds).kind
