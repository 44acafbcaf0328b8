"""Every exchange with a real cluster, in every recording, is decoded to what it says."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any

from ais_jobcore import AggregatedJobSnap, JobStatus, NotFound, Reply, Request
from ais_jobcore.queries import ask_kind, ask_sightings, ask_snapshots, ask_status, start_job, stop_job
from ais_jobcore.wire.decode import decode
from ais_jobcore.wire.documents import read_status
from ais_jobcore.wire.lean import Sightings, sight_all
from ais_jobcore.wire.observations import Accepted, Observation, Trouble, Unusable
from tests.builders import dump

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def exchanges(path: Path) -> Iterator[dict[str, Any]]:
    """Read the exchanges of a recording in which a proxy answered."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            entry = json.loads(line)
            if "method" in entry and entry["status"]:
                yield entry


def request_of(exchange: dict[str, Any]) -> Request | None:
    """Tell which of our requests an exchange stands for, if there is one."""
    body = exchange["body"] or {}
    job_id = body.get("id")
    match exchange["query"].get("what"), body.get("action"):
        case "qryxstats", _:
            return ask_snapshots(job_id) if job_id else ask_kind(body.get("kind", ""), active=False)
        case "status", _:
            return ask_status(job_id or "none")
        case None, "start":
            return start_job("lru")
        case None, "stop":
            return stop_job("none")
    return None


def check_snapshots(seen: Observation, document: dict[str, list[dict[str, Any]] | None]) -> None:
    """Compare decoded snapshots with what the JSON says."""
    assert isinstance(seen, AggregatedJobSnap)
    assert not seen.notes
    assert set(document) == set(seen.root)
    for target, snaps in document.items():
        for sent, read in zip(snaps or (), seen.root[target], strict=True):
            assert (sent["id"], sent["kind"], sent["err"]) == (read.id, read.kind, read.err)
            assert (sent["aborted"], sent["abort-err"]) == (read.aborted, read.abort_err)
            assert sent["is_idle"] is read.is_idle
            assert read.start_time is not None
            assert sent["start-time"][:19] == f"{read.start_time:%Y-%m-%dT%H:%M:%S}"
            assert sent["end-time"].startswith("0001") is (read.end_time is None)
            assert read.stats is not None
            assert int(sent["stats"]["loc-objs"]) == read.stats.objects
            assert int(sent["glob.id"]) == read.packed


def check_sightings(
    full: Observation, reply: Reply, document: dict[str, list[dict[str, Any]] | None]
) -> None:
    """Compare what decides about each job of a reply with the full models of it."""
    assert isinstance(full, AggregatedJobSnap)
    for job_id in {snap["id"] for snaps in document.values() for snap in snaps or ()}:
        seen = decode(ask_sightings(job_id), reply)
        assert isinstance(seen, Sightings)
        assert sight_all(full, job_id).own == seen.own


def check(exchange: dict[str, Any], request: Request) -> None:
    """Compare what an exchange is decoded to with what its JSON says."""
    status, text = exchange["status"], exchange["response"]
    reply = Reply(status, text.encode())
    seen = decode(request, reply)
    if request.method == "PUT" and status == 200:
        assert Accepted(text) == seen
        return
    document = json.loads(text)
    if status == 200 and request.query["what"] == "qryxstats":
        check_snapshots(seen, document)
        check_sightings(seen, reply, document)
    elif status == 200:
        assert JobStatus(**document) == seen
    elif status == 404:
        assert NotFound(document["message"]) == seen
    else:
        tcode = document.get("tcode", "")
        trouble = Trouble.TARGET_DOWN if tcode == "ErrFailedTo" else Trouble.REFUSED
        assert Unusable(trouble, document["message"], status, tcode, authentic=True) == seen


def test_every_recorded_exchange(recordings: Path) -> None:
    """Whatever a real cluster answered, in any recording, is decoded to just that."""
    decoded = 0
    for path in sorted(recordings.glob("*.jsonl.gz")):
        for exchange in exchanges(path):
            request = request_of(exchange)
            if request is not None:
                check(exchange, request)
                decoded += 1
    assert decoded == 4_602


def test_every_recorded_list_of_statuses(recordings: Path) -> None:
    """The entries of `status_all` are statuses like any other, and `null` is none."""
    decoded = 0
    for path in sorted(recordings.glob("*.jsonl.gz")):
        for exchange in exchanges(path):
            if exchange["query"].get("what") == "status_all":
                for document in json.loads(exchange["response"]) or ():
                    assert JobStatus(**document) == read_status(dump(document))
                    decoded += 1
    assert decoded > 0
