"""The simulated cluster against what a real one said: the same statuses, types, keys and words."""

from __future__ import annotations

import gzip
import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from ais_jobcore.testing import SimCluster

if TYPE_CHECKING:
    from pathlib import Path

TARGETS = ("HJut18082", "Mczt18084", "XDxt18083")
PROXIES = ("kuXp18080", "eCEp18081")


def exchanges(recordings: Path, name: str) -> list[dict[str, Any]]:
    """Read the exchanges of a recording as they are."""
    with gzip.open(recordings / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [entry for entry in map(json.loads, lines) if "status" in entry and "mark" not in entry]


def shape(value: object) -> object:
    """Reduce a document to its keys and the types of its values; lists to what is in them."""
    if isinstance(value, dict):
        return {key: shape(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return sorted({json.dumps(shape(inner), sort_keys=True) for inner in value})
    return type(value).__name__


def snapshots_of(answer: str) -> list[dict[str, Any]]:
    """List the snapshots of an answer."""
    return [snap for snaps in json.loads(answer).values() for snap in snaps]


def ask(cluster: SimCluster, what: str, job_id: str, now: float) -> tuple[int, dict[str, str], str]:
    """Ask for one job."""
    status, headers, body = cluster.handle("GET", "/v1/cluster", {"what": what}, {"id": job_id}, now)
    return status, headers, body.decode()


def test_answers_to_unknown_things(recordings: Path) -> None:
    """Everything that was asked about what is not there gets the recorded status, type, keys and words."""
    cluster = SimCluster(TARGETS, proxies=PROXIES)
    cluster.add_job("archive", job_id="cgpWBpobnh", duration=1.0)
    for kind in ("copy-bck", "evict-listrange", "download"):
        cluster.add_job(kind, duration=0.1, linger=0.0)
    seen = 0
    for exchange in exchanges(recordings, "unknown-id"):
        status, headers, body = cluster.handle(
            exchange["method"], exchange["path"], exchange["query"], exchange["body"], 60.0
        )
        told = body.decode()
        assert exchange["status"] == status, exchange
        assert exchange["content_type"] == headers.get("Content-Type", ""), exchange
        assert (exchange["took"] > 2) == ("Sim-Delay" in headers), exchange
        if status >= 400:
            expected, actual = json.loads(exchange["response"]), json.loads(told)
            assert shape(expected) == shape(actual), exchange
            assert re.sub(r"xa-\[.*?\]", "xa-[]", expected.pop("message")) == actual.pop("message")
            for changing in ("remote_addr", "node"):
                del expected[changing], actual[changing]
            assert expected == actual
        elif exchange["query"].get("what") in {"status_all", "running_all"}:
            assert shape(json.loads(exchange["response"])) == shape(json.loads(told)), exchange
        seen += 1
    assert seen == 47


@pytest.mark.parametrize(
    ("name", "kind", "to"),
    [
        ("copy-bucket", "copy-bck", "dst"),
        ("copy-objects-some-missing", "copy-listrange", "dst"),
        ("lru", "lru", ""),
    ],
)
def test_snapshots_have_the_recorded_shape(recordings: Path, name: str, kind: str, to: str) -> None:
    """Keys, types and their order are those of a real target, early and late in a job's life."""
    cluster = SimCluster(TARGETS)
    job = cluster.add_job(kind, duration=5.0, to=to)
    asked = [
        exchange for exchange in exchanges(recordings, name) if exchange["query"].get("what") == "qryxstats"
    ]
    recorded = [snap for one in asked if one["status"] == 200 for snap in snapshots_of(one["response"])]
    made = [
        snap for now in (1.0, 7.0, 20.0) for snap in snapshots_of(ask(cluster, "qryxstats", job.id, now)[2])
    ]
    assert shape(recorded) == shape(made)
    assert {tuple(snap) for snap in recorded} == {tuple(snap) for snap in made}
    assert {tuple(snap["bck"]) for snap in recorded} == {tuple(snap["bck"]) for snap in made}
    assert {tuple(snap["stats"]) for snap in recorded} == {tuple(snap["stats"]) for snap in made}


def test_statuses_have_the_recorded_form(recordings: Path) -> None:
    """A status is the same text, but for the id and the time."""
    cluster = SimCluster(TARGETS)
    job = cluster.add_job("copy-bck", duration=5.0).abort_at(1.0)
    recorded = {
        (exchange["content_type"], re.sub(r'"uuid":"[^"]*"|"end_time":[1-9]\d*', "", exchange["response"]))
        for exchange in exchanges(recordings, "copy-bucket-aborted")
        if exchange["query"].get("what") == "status"
    }
    made = {
        (headers["Content-Type"], re.sub(r'"uuid":"[^"]*"|"end_time":[1-9]\d*', "", body))
        for now in (0.5, 9.0)
        for _, headers, body in [ask(cluster, "status", job.id, now)]
    }
    assert recorded == made


def test_a_lost_target_goes_through_the_recorded_stages(recordings: Path) -> None:
    """400 from snapshots, an aborted status, then two targets, each with the recorded words."""
    cluster = SimCluster(TARGETS, proxies=PROXIES)
    cluster.add_job("copy-bck", job_id="V31shYGP3C", duration=60.0, to="tkl")
    cluster.lose_target_at("Mczt18084", 1.0)
    recorded = [
        one for one in exchanges(recordings, "target-killed") if "show_active" not in (one["body"] or {})
    ]

    def both(what: str, now: float) -> tuple[int, Any, int, Any]:
        latest = [one for one in recorded if one["query"]["what"] == what and one["t"] <= now][-1]
        status, _, words = ask(cluster, what, "V31shYGP3C", now)
        return latest["status"], json.loads(latest["response"]), status, json.loads(words)

    recorded_status, refused, status, actual = both("qryxstats", 20.0)
    assert (recorded_status, refused["tcode"], shape(refused)) == (status, actual["tcode"], shape(actual))
    assert refused["message"].split("http")[0] == actual["message"].split("http")[0]
    _, cut, _, actual = both("status", 20.0)
    assert cut["err"] == actual["err"]
    _, shown, _, actual = both("qryxstats", 40.0)
    assert {target: snaps[0]["abort-err"] for target, snaps in shown.items()} == {
        target: snaps[0]["abort-err"] for target, snaps in actual.items()
    }
