"""Names of hosts and buckets are replaced on request, the same name always by the same."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from ais_jobcore import BucketRef, Fault, FaultKind, JobWait, Reply
from ais_jobcore.recording import Record, replay
from ais_jobcore.recording.cleaning import Cleaner
from ais_jobcore.recording.naming import Names
from tests.builders import refusal, seen, snap
from tests.core.transcripts import LIFE, lines, record, snaps_reply

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.core.scripts import Event

LETTERS = "bcdfghjklmnpqrstvwxz"
HOSTS: dict[str, st.SearchStrategy[str]] = {
    "full name": st.from_regex(
        rf"[{LETTERS}]{{5,9}}-[0-9]\.[{LETTERS}]{{4,8}}\.(?:svc|com|local)", fullmatch=True
    ),
    "short name": st.from_regex(rf"[{LETTERS}]{{6,9}}-[0-9]", fullmatch=True),
    "address": st.ip_addresses(v=4, network="10.0.0.0/8").map(str),
    "long address": st.ip_addresses(v=6, network="fd00::/8").map(str),
}
SAYINGS: dict[str, Callable[[str], str]] = {
    "Go, URL": 'Get "https://{}:51081/v1/daemon": EOF'.format,
    "Go, lookup": "dial tcp: lookup {} on 10.96.0.10:53: no such host".format,
    "requests": "HTTPConnectionPool(host='{}', port=51080): Max retries exceeded".format,
    "urllib3": "NameResolutionError: Failed to resolve '{}' ([Errno -2])".format,
    "aiohttp": "Cannot connect to host {}:51080 ssl:default [refused]".format,
    "port": "connection to {}:51081 refused".format,
    "URL": "see http://{}/v1".format,
    "user": "see http://admin:password@{}:80/v1".format,
}
PLACES: dict[str, Callable[[str], Event]] = {
    "fault": lambda text: Fault(FaultKind.CONNECTION, text),
    "refusal": lambda text: refusal(503, text),
    "snapshot": lambda text: snaps_reply(err=text),
    "body": lambda text: Reply(502, text.encode()),
    "value": lambda text: seen(t1=evolve(snap("running"), ctlmsg=text)),
}
BUCKETS = st.from_regex(rf"[{LETTERS}]{{5,9}}-[{LETTERS}0-9_]{{3,9}}", fullmatch=True)
BUCKET_SAYINGS: dict[str, Callable[[str], str]] = {
    "URL": "ais://{}/obj: does not exist".format,
    "namespace": "copying s3://@uuid#ns/{} to x".format,
    "quoted": 'bucket "{}" does not exist'.format,
    "with provider": 'remote bucket "gs://{}" does not exist'.format,
}


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return where transcripts go."""
    return tmp_path_factory.mktemp("names") / "wait.jsonl"


@pytest.mark.parametrize("kind", HOSTS)
@given(data=st.data(), saying=st.sampled_from(sorted(SAYINGS)), place=st.sampled_from(sorted(PLACES)))
def test_hosts_are_replaced(path: Path, kind: str, data: st.DataObject, saying: str, place: str) -> None:
    """Names and addresses of hosts are replaced in the words of all who tell of them; replays are exact."""
    host = data.draw(HOSTS[kind])
    spelt = f"[{host}]" if ":" in host and saying not in {"Go, lookup", "requests", "urllib3"} else host
    text = SAYINGS[saying](spelt)
    record(Record(path, hide_names=True), [PLACES[place](text), PLACES[place](f"{text}; {host}"), *LIFE])
    assert host not in path.read_text()
    assert "host-" in path.read_text()
    assert replay(path).same


@pytest.mark.parametrize("saying", SAYINGS)
@pytest.mark.parametrize("host", ["gateway-7", "gw.example.com", "10.1.2.3"])
def test_every_saying_is_understood(path: Path, saying: str, host: str) -> None:
    """Each of these is tried in every run, whatever examples are drawn."""
    record(Record(path, hide_names=True), [PLACES["fault"](SAYINGS[saying](host)), *LIFE])
    assert host not in path.read_text()


@given(bucket=BUCKETS, saying=st.sampled_from(sorted(BUCKET_SAYINGS)), place=st.sampled_from(sorted(PLACES)))
def test_buckets_are_replaced_in_texts(path: Path, bucket: str, saying: str, place: str) -> None:
    """Buckets are replaced where their URLs stand, or the word."""
    record(Record(path, hide_names=True), [PLACES[place](BUCKET_SAYINGS[saying](bucket)), *LIFE])
    assert bucket not in path.read_text()
    assert replay(path).same


def test_buckets_are_replaced_where_fields_hold_them(path: Path) -> None:
    """The buckets of snapshots and arguments get the same made-up name everywhere, and so do namespaces."""
    bucket = {"name": "photos", "provider": "aws", "namespace": {"uuid": "remotecluster", "name": "team"}}
    reply = snaps_reply(ctlmsg="photos, and s3://@remotecluster#team/photos", bck=bucket)
    value = seen("lru", t1=evolve(snap("running"), source_bck=BucketRef("photos")))
    wait = JobWait("", "lru", bucket=BucketRef("photos", "aws"))
    record(Record(path, hide_names=True), [reply, value, *LIFE], wait)
    text = path.read_text()
    assert not [name for name in ("photos", "remotecluster", "team") if name in text]
    header, _, first, second, *_ = lines(path)
    (shown,) = json.loads(first["body"])["t1"]
    assert "bucket-1" == header["arguments"]["bucket"]["name"] == shown["bck"]["name"]
    assert "bucket-1, and s3://@bucket-2#bucket-3/bucket-1" == shown["ctlmsg"]
    assert "bucket-1" == second["snapshots"]["root"]["t1"][0]["source_bck"]["name"]
    assert replay(path).same


def test_what_decides_is_left_alone(path: Path) -> None:
    """A bucket that is called like a kind, an id or a field changes nothing but the names of buckets."""
    for name in ("copy-bck", "x3CgTG-3v", "kind", "id", "t1", "ais", "glob.id"):
        record(Record(path, hide_names=True), [snaps_reply(bck={"name": name, "provider": "ais"}), *LIFE])
        reply = json.loads(lines(path)[2]["body"])["t1"][0]
        assert ("bucket-1", "ais") == (reply["bck"]["name"], reply["bck"]["provider"])
        assert ("x3CgTG-3v", "copy-bck") == (reply["id"], reply["kind"])
        assert replay(path).same


def test_hosts_of_the_driver_are_known_from_the_beginning(path: Path) -> None:
    """The host of an endpoint is replaced wherever it stands as a word, without a hint before it."""
    record(Record(path, hide_names=True), [refusal(503, "node gateway refused")], hosts=["Gateway"])
    assert "node host-1 refused" in path.read_text()


def test_names_are_kept_unless_asked(path: Path) -> None:
    """Without being asked nothing but secrets is replaced."""
    text = 'Get "https://admin:pw@gw.example.com:51080/v1": ais://photos'
    record(path, [Fault(FaultKind.CONNECTION, text)])
    assert "https://***@gw.example.com:51080/v1" in lines(path)[2]["message"]
    assert "ais://photos" in lines(path)[2]["message"]


@pytest.mark.parametrize(
    "text",
    [
        "not JSON: Expecting value: line 1 column 1",
        "visited:126 copy-err:0 at 12:34:56, 1.5 of 2.0",
        "urllib3.exceptions.NewConnectionError: refused",
        "ErrFailedTo: t[t1] does not answer",
        "ais://",
        "2026-11-23T12:00:00.123456789Z",
    ],
)
def test_other_words_are_left_alone(text: str) -> None:
    """Numbers, times, classes and node ids are no hosts."""
    assert text == Cleaner(names=Names()).text(text)


def test_same_name_same_replacement() -> None:
    """Names keep their replacements, without regard to case for hosts; different names get different ones."""
    cleaner = Cleaner(names=Names())
    assert "http://host-1/ http://host-2/" == cleaner.text("http://A.b.com/ http://c.d.com/")
    assert "a host-1 host-2" == cleaner.text("a a.B.com c.d.com")
    assert "ais://bucket-1 ais://bucket-2" == cleaner.text("ais://x ais://X")


def test_host_that_is_named_like_a_secret(path: Path) -> None:
    """Its port is masked, as a value behind a name like that is, and the host is replaced all the same."""
    text = "connection to bbbjwt-0:51080 refused; bbbjwt-0"
    record(Record(path, hide_names=True), [PLACES["body"](text), *LIFE])
    assert "bbbjwt-0" not in path.read_text()
    assert replay(path).same
