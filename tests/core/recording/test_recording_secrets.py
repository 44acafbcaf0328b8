"""No secret enters a transcript, whatever its shape, wherever it stands; and replays stay exact."""

from __future__ import annotations

import base64
import json
import string
import time
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from attrs import evolve
from hypothesis import assume, given
from hypothesis import strategies as st

from ais_jobcore import (
    AggregatedJobSnap,
    BucketRef,
    Fault,
    FaultKind,
    JobSnap,
    JobStatus,
    JobWait,
    NotFound,
    Reply,
    WaitOptions,
)
from ais_jobcore.recording import Recorder, replay
from ais_jobcore.recording.cleaning import MASK, Cleaner
from tests.builders import JOB, snap
from tests.core.transcripts import LIFE, START, feed, make_wait, record, status_reply

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.core.scripts import Event

WORDS = st.text(string.ascii_letters + string.digits, min_size=12, max_size=30)
TOKENS = st.text(string.ascii_letters + string.digits + "-._~+/", min_size=12, max_size=40)
PASSWORDS = st.text(string.ascii_letters + string.digits + " !#$%()*+,-./:;=?@[]^_`{|}~\u00e9", min_size=12)


def _encoded(document: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(document).encode()).decode().rstrip("=")


def _jwt(secret: str) -> str:
    return ".".join((_encoded({"alg": "HS256"}), _encoded({"sub": secret}), _encoded(secret)))


# What a secret may look like, and what of it must not be found: itself, or what it is made of.
SHAPES: dict[str, tuple[st.SearchStrategy[str], Callable[[str], str]]] = {
    "bearer": (TOKENS, "Bearer {}".format),
    "bearer in a URL": (WORDS, "bearer%20{}".format),
    "bearer in quotes": (TOKENS, "Bearer '{}'".format),
    "basic": (WORDS, lambda secret: f"Basic {secret}=="),
    "header": (PASSWORDS, "Authorization: {}".format),
    "header with a scheme": (PASSWORDS, "authorization: Custom {}".format),
    "header in a dictionary": (WORDS, "{{'Authorization': 'Token {}'}}".format),
    "cookie": (PASSWORDS, "Set-Cookie: {}".format),
    "query": (WORDS, "http://host/v1?x=1&token={}&y=2".format),
    "signature": (WORDS, "https://b.s3/o?X-Amz-Signature={}".format),
    "assignment": (WORDS, "AIS_AUTHN_TOKEN={} ais-job".format),
    "password": (WORDS, "password: {}, user: u".format),
    "quoted password": (PASSWORDS, lambda secret: f"password={json.dumps(secret)}"),
    "token in quotes": (WORDS, "invalid token '{}' in request".format),
    "user of a URL": (WORDS, 'Get "https://admin:{}@proxy:51080/v1": EOF'.format),
    "odd user of a URL": (WORDS, "http://u:p/{}@@host/v1".format),
    "JWT": (WORDS, lambda secret: f"not accepted: {_jwt(secret)} (expired)"),
    "JWT within a word": (WORDS, lambda secret: f"x-{_jwt(secret)}"),
    "JSON": (PASSWORDS, lambda secret: json.dumps({"a": 1, "access_token": secret})),
    "JSON number": (st.integers(10**12).map(str), lambda secret: f'{{"secret": {secret}, "n": 1}}'),
    "deep JSON": (PASSWORDS, lambda secret: json.dumps({"token": {"value": [secret, 7]}})),
    "JSON in JSON": (PASSWORDS, lambda secret: json.dumps(json.dumps({"password": secret}))),
    "escaped JSON": (WORDS, lambda secret: '{"m":"Bearer \\u0041' + secret + '"}'),
    "JSON with a name twice": (WORDS, lambda secret: f'{{"password":"{secret}","password":null}}'),
    "broken JSON": (PASSWORDS, lambda secret: json.dumps({"token": secret})[:-1]),
    "broken JSON in JSON": (WORDS, lambda secret: '{"m":"{\\"token\\":\\"' + secret + '\\"}"'),
}

KNOWN: dict[str, Callable[[str], str]] = {
    "bare": "refused: {}!".format,
    "within a word": "x{}x".format,
    "in a URL": lambda secret: quote(secret, safe=""),
    "in JSON": lambda secret: json.dumps({"m": f"refused {secret}"}),
    "in escaped JSON": lambda secret: json.dumps({"m": f"refused {secret}"}).replace("/", "\\/"),
    "as a name": lambda secret: json.dumps({secret: 1}),
}
"""How a server may repeat the token that it was sent."""

PLACES: dict[str, Callable[[str], Event]] = {
    "body": lambda text: Reply(401, text.encode()),
    "good body": lambda text: Reply(200, text.encode()),
    "other bytes": lambda text: Reply(500, b"\xff " + text.encode()),
    "error document": lambda text: Reply(400, json.dumps({"message": text, "status": 400}).encode()),
    "error document by Go": lambda text: Reply(
        503, json.dumps({"message": f'Get "x": {text}', "status": 503}).encode()
    ),
    "error of a job": lambda text: status_reply(err=text, end=1),
    "header": lambda text: Reply(429, b"", {"Retry-After": text, "Content-Type": text, "Date": text}),
    "headers that are left out": lambda text: Reply(200, b"", {"Authorization": text, "Set-Cookie": text}),
    "fault": lambda text: Fault(FaultKind.CONNECTION, text),
    "not found": NotFound,
    "status": lambda text: JobStatus(JOB, err=text, end_time=1),
    "snapshot": lambda text: AggregatedJobSnap({"t1": (snap("aborted", text),)}),
    "whatever a snapshot has": lambda text: AggregatedJobSnap(
        {"t1": (evolve(snap("running"), ext={"deep": [{"text": text}]}, ctlmsg=text),)}
    ),
    "target": lambda text: AggregatedJobSnap({text: (JobSnap(id=JOB, kind="copy-bck"),)}),
}


def texts(value: object) -> str:
    """Join all that is in a document, with what is packed in it in base64."""
    match value:
        case dict():
            packed = base64.b64decode(value.get("base64", "")).decode("latin-1")
            return " ".join([packed, *map(texts, value), *map(texts, value.values())])
        case list():
            return " ".join(map(texts, value))
        case _:
            return str(value)


def shown(path: Path) -> str:
    """Return a transcript as it is, and as it is read: JSON, JSON within it, base64."""
    text = path.read_text("ascii")
    documents = [json.loads(line) for line in text.splitlines()]
    for document in documents:
        try:
            document["inner"] = json.loads(document.get("body", ""))
        except ValueError:
            continue
    return text + texts(documents)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return where transcripts go."""
    return tmp_path_factory.mktemp("secrets") / "wait.jsonl"


@cache
def otherwise(path: Path, place: str, text: str = "harmless") -> str:
    """Return a transcript with another text in the same place: what it shows is no secret."""
    record(path, [PLACES[place](text), *LIFE])
    return shown(path)


@pytest.mark.parametrize("place", PLACES)
@given(
    data=st.data(), shape=st.sampled_from(sorted(SHAPES)), around=st.sampled_from(["{}", "a {} b", "\n{}\n"])
)
def test_no_secret_of_any_shape(path: Path, place: str, data: st.DataObject, shape: str, around: str) -> None:
    """What looks like a secret is masked wherever it stands, and the transcript replays."""
    secrets, make = SHAPES[shape]
    secret = data.draw(secrets.map(str.strip).filter(lambda text: len(text) >= 12))
    assume(secret not in otherwise(path, place, around.format(make("7" * 16))))
    record(path, [PLACES[place](around.format(make(secret))), *LIFE])
    assert secret not in shown(path)
    assert _jwt(secret) not in shown(path)
    assert replay(path).same


@pytest.mark.parametrize("place", ["body", "fault"])
@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_is_masked(path: Path, place: str, shape: str) -> None:
    """Each shape is seen to be masked in every run, whatever examples are drawn."""
    secret = "7351862090417" if shape == "JSON number" else "s3cr3tT0kenValue"
    record(path, [PLACES[place](SHAPES[shape][1](secret)), *LIFE])
    assert secret not in shown(path)
    assert _jwt(secret) not in shown(path)


@pytest.mark.parametrize("place", PLACES)
@given(secret=TOKENS, form=st.sampled_from(sorted(KNOWN)))
def test_no_token_that_is_known(path: Path, place: str, secret: str, form: str) -> None:
    """A token that the driver has is masked wherever it stands, in any words; a later one, too."""
    assume(secret not in otherwise(path, place))
    known: list[str] = []
    with Recorder(make_wait(), path, secrets=lambda: known) as recorder:
        decision = recorder.start(START)
        known.append(secret)
        recorder.handle(PLACES[place](KNOWN[form](secret)), START + decision.delay)
    assert secret not in shown(path)
    assert quote(secret, safe="") not in shown(path)
    assert replay(path).same


@pytest.mark.parametrize("shape", ["bearer", "JWT", "user of a URL"])
def test_no_secret_in_the_arguments(path: Path, shape: str) -> None:
    """What was passed for a job, a kind or a bucket by mistake is masked in the header."""
    text = SHAPES[shape][1]("s3cr3tT0kenValue")
    for wait in (JobWait(text, text), JobWait("", "lru", bucket=BucketRef(text, text, {"name": text}))):
        record(path, LIFE, wait)
        assert "s3cr3tT0kenValue" not in shown(path)
        assert MASK in shown(path)
        assert replay(path).same


def test_short_known_secrets_are_not_searched_for(path: Path) -> None:
    """An empty token, or one of three letters, would mask everything, and so tell it."""
    record(path, LIFE, secrets=lambda: ["", "t1"])
    assert MASK not in path.read_text()


def test_secret_that_is_the_beginning_of_another() -> None:
    """Of two known secrets nothing is left, even if one begins as the other does."""
    for known in (["abcd", "abcdefgh"], ["abcdefgh", "abcd"]):
        assert f"x {MASK} y {MASK} z" == Cleaner(lambda known=known: known).text("x abcdefgh y abcd z")


def test_what_is_no_secret_stays(path: Path) -> None:
    """Errors keep their words, and documents their bytes."""
    text = 't[t1]: ais://@#ns/photos/7.jpg does not exist, 1.5 of "x" at 12:30 (see https://host/a?b=c)'
    reply = status_reply(err=text)
    odd = Reply(500, b'{"message" : "a\\u0062c", "status":500, "e": 1E2}')
    record(path, [reply, odd, Fault(FaultKind.DNS, text), *LIFE])
    read = [json.loads(line) for line in path.read_text().splitlines()]
    assert [reply.body.decode(), odd.body.decode(), text] == [
        *(read[2]["body"], read[3]["body"]),
        read[4]["message"],
    ]


def test_masking_keeps_documents_whole(path: Path) -> None:
    """A document with a secret in it remains a document: the wait in the file goes as the real one did."""
    events = [status_reply(err="Bearer abcdefghij"), *LIFE]
    decisions = record(path, events)
    reasons = [json.loads(line)["decision"]["reason"] for line in path.read_text().splitlines()[1:]]
    assert [each.reason.replace("abcdefghij", MASK) for each in decisions] == reasons


@pytest.mark.parametrize(
    "text",
    [
        "a" * 300_000,
        "token" * 60_000,
        "token " * 50_000,
        "bearer " * 40_000,
        "://" * 100_000,
        "://@" * 80_000,
        "eyJ" * 100_000,
        "eyJhbGciOi." * 30_000,
        "ey-" * 100_000,
        'token"' * 50_000,
        "token\\" * 50_000,
        'token="\\' * 30_000,
        "authorization:" * 20_000,
        '"' * 300_000,
        "[" * 300_000,
        '{"a":' * 60_000,
        "bucket " * 40_000,
        "1." * 100_000,
        ":" * 300_000,
        "0:" * 150_000,
        "a-" * 150_000,
        "x.y" * 100_000,
    ],
    ids=lambda text: text[:12],
)
def test_hostile_texts_take_no_time(text: str) -> None:
    """Time is in proportion to the text, whatever is in it."""
    from ais_jobcore.recording.naming import Names  # noqa: PLC0415

    begin = time.process_time()
    Cleaner(lambda: ["secret-token"], Names(["host"])).text(text)
    assert time.process_time() - begin < 5


def test_json_that_is_packed_too_often_is_masked() -> None:
    """What is packed more often than anybody does is not looked into, and not written either."""
    text = "plain text"
    for _ in range(12):
        text = json.dumps({"m": text})
    assert "plain text" not in Cleaner().text(text)
    assert MASK in Cleaner().text(text)


def test_other_encodings_of_a_secret_are_masked(path: Path) -> None:
    """A body in UTF-16 is not searched, but what has such words in it is not written."""
    record(path, [Reply(200, "Bearer abcdefghijk".encode("utf-16-le")), *LIFE])
    assert MASK == json.loads(path.read_text().splitlines()[2])["body"]


def test_numbers_and_flags_below_a_secret_name_are_masked() -> None:
    """Whatever a field with such a name holds is masked, but for ``null``."""
    cleaned: dict[str, Any] = Cleaner().document(
        {"token": {"n": 5, "f": 1.5, "b": True, "x": None, "l": ["s"]}}
    )
    assert {"token": {"n": 0, "f": 0, "b": 0, "x": None, "l": [MASK]}} == cleaned


def test_options_are_kept(path: Path) -> None:
    """Nothing in the header of an ordinary wait is taken for a secret."""
    record(path, LIFE, make_wait(options=WaitOptions(request_timeout=3.0)))
    assert MASK not in path.read_text()
    assert feed(make_wait(), LIFE)[-1].reason in path.read_text()
