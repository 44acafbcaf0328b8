"""The answers of a simulated cluster, with all the traps of a real one."""

from __future__ import annotations

from typing import Any

import pytest

from ais_jobcore.testing import DELAY_HEADER, SimCluster
from ais_jobcore.testing.spelling import spell_date
from tests.testing.samples import get, put

UNKNOWN = "Jabcdefgh"


@pytest.fixture
def cluster() -> SimCluster:
    """Return a cluster with a bucket copy that ended, two that run, and an idling job."""
    cluster = SimCluster(proxies=5)
    cluster.add_job("copy-bck", job_id="Jdone1234", duration=1.0, errors={"t1": "lost"})
    cluster.add_job("copy-bck", job_id="Jruns1234", duration=100.0)
    cluster.add_job("copy-bck", job_id="Jruns5678", at=1.0, duration=100.0, bucket="a", to="b")
    cluster.add_job("archive", job_id="Jidle1234", duration=1.0)
    return cluster


def ids(snaps: dict[str, list[dict[str, Any]]], target: str = "t1") -> list[str]:
    """List the jobs that a target shows."""
    return [snap["id"] for snap in snaps[target]]


# Snapshots.


def test_snapshots_by_id(cluster: SimCluster) -> None:
    """One job, on the targets that know it; finished ones, too, unless only active ones are asked for."""
    assert ["Jdone1234"] == ids(get(cluster, "qryxstats", {"id": "Jdone1234"}, 2.0)[1])
    status, document = get(cluster, "qryxstats", {"id": "Jdone1234", "show_active": True}, 2.0)
    assert (404, '"x-[Jdone1234]-only-running" not found') == (status, document["message"])
    assert "tcode" not in document


@pytest.mark.parametrize("spelling", ["id", "ID", "Id"])
def test_keys_are_read_in_any_case(cluster: SimCluster, spelling: str) -> None:
    """The official SDK writes its keys in capitals, the Go client does not."""
    body: dict[str, object] = {
        spelling: "Jruns1234",
        "Kind": "",
        "DaemonID": "",
        "Bck": None,
        "Buckets": None,
    }
    assert ["Jruns1234"] == ids(get(cluster, "qryxstats", body, 2.0)[1])


def test_only_targets_that_know_a_job_answer_for_it() -> None:
    """A job of one target shows one target."""
    cluster = SimCluster()
    job = cluster.add_job("blob-download")
    assert ["t1"] == list(get(cluster, "qryxstats", {"id": job.id}, 0.5)[1])


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        ({"id": UNKNOWN}, 404, '"x-[Jabcdefgh]" not found'),
        ({"id": UNKNOWN, "kind": "copy-bck"}, 404, '"x-copy-bck[Jabcdefgh]" not found'),
        ({"id": "Jruns1234", "kind": "lru"}, 404, '"x-lru[Jruns1234]" not found'),
        ({"id": "nosuch!!/..id"}, 400, 'invalid xaction (job) UUID "nosuch!!/..id"'),
        ({"id": "short"}, 400, 'invalid xaction (job) UUID "short"'),
    ],
)
def test_snapshots_of_what_is_not_there(
    cluster: SimCluster, body: dict[str, object], status: int, message: str
) -> None:
    """An unknown id is 404, one that cannot be an id is 400; a kind that is not the job's hides it."""
    answer = get(cluster, "qryxstats", body, 2.0)
    assert (status, message) == (answer[0], answer[1]["message"])


def test_ids_given_to_a_job_are_valid() -> None:
    """An ETL may have any name, and a test may, too."""
    cluster = SimCluster()
    cluster.add_job("etl-inline", job_id="my.etl")
    assert get(cluster, "qryxstats", {"id": "my.etl"}, 0.5)[0] == 200


def test_an_id_with_a_misspelt_kind_is_found(cluster: SimCluster) -> None:
    """A kind that nobody knows is no kind, so the id decides."""
    assert ["Jruns1234"] == ids(get(cluster, "qryxstats", {"id": "Jruns1234", "kind": "copy-bak"}, 2.0)[1])


def test_several_ids_are_no_batch(cluster: SimCluster) -> None:
    """A target answers with the first one that it finds (V10)."""
    ask: dict[str, object] = {"id": f"{UNKNOWN},Jruns5678,Jruns1234"}
    assert ["Jruns5678"] == ids(get(cluster, "qryxstats", ask, 2.0)[1])


def test_snapshots_by_kind(cluster: SimCluster) -> None:
    """All of the kind, finished ones included, by any of its names; or the active ones only."""
    for name in ("copy-bck", "copy-bucket"):
        assert ["Jdone1234", "Jruns1234", "Jruns5678"] == ids(
            get(cluster, "qryxstats", {"kind": name}, 2.0)[1]
        )
    ask: dict[str, object] = {"kind": "copy-bck", "show_active": True}
    assert ["Jruns1234", "Jruns5678"] == ids(get(cluster, "qryxstats", ask, 2.0)[1])


def test_snapshots_by_bucket(cluster: SimCluster) -> None:
    """A bucket narrows a kind down; what it leaves out of the bucket's name does not count."""
    for bucket in ({"name": "b", "provider": "ais", "namespace": None}, {"Name": "b"}):
        ask: dict[str, object] = {"kind": "copy-bck", "bck": bucket}
        assert ["Jruns5678"] == ids(get(cluster, "qryxstats", ask, 2.0)[1])
    ask = {"kind": "copy-bck", "bck": {"name": "b", "provider": "aws"}}
    assert [] == ids(get(cluster, "qryxstats", ask, 2.0)[1])


@pytest.mark.parametrize("body", [{}, {"kind": "copy-bak"}, {"id": "", "kind": ""}])
def test_an_unknown_kind_shows_every_job(cluster: SimCluster, body: dict[str, object]) -> None:
    """A misspelt kind is silently dropped from the filter."""
    assert ["Jdone1234", "Jruns1234", "Jruns5678", "Jidle1234"] == ids(
        get(cluster, "qryxstats", body, 2.0)[1]
    )


def test_a_kind_that_never_ran_shows_empty_lists(cluster: SimCluster) -> None:
    """A query by kind is never 404 (V9)."""
    assert (200, {"t1": [], "t2": [], "t3": []}) == get(cluster, "qryxstats", {"kind": "dsort"}, 2.0)


def test_targets_forget_after_an_hour_or_a_minute() -> None:
    """Finished jobs are shown for an hour, listings for a minute (V3)."""
    cluster = SimCluster()
    copy = cluster.add_job("copy-bck", duration=1.0)
    listing = cluster.add_job("list", duration=1.0, linger=0.0)
    moments = {copy.id: (3600.0, 3601.1), listing.id: (67.0, 67.3)}
    for job_id, (last, gone) in moments.items():
        assert [200, 404] == [get(cluster, "qryxstats", {"id": job_id}, now)[0] for now in (last, gone)]


def test_a_rebalance_is_hidden_at_first() -> None:
    """Its status is there at once, its snapshots 0.2 s later."""
    cluster = SimCluster()
    cluster.add_job("rebalance", duration=1.0)
    assert [404, 200] == [get(cluster, "qryxstats", {"id": "g1"}, now)[0] for now in (0.1, 0.2)]
    assert get(cluster, "status", {"id": "g1"}, 0.0)[0] == 200


def test_later_rebalances_answer_for_a_superseded_one() -> None:
    """Finished ones with a later number are shown, running and stopped ones are not (G21)."""
    cluster = SimCluster()
    cluster.add_job("rebalance", job_id="g3", duration=9.0).forget_at(1.0)
    cluster.add_job("rebalance", job_id="g4", at=1.0, duration=1.0)
    cluster.add_job("rebalance", job_id="g5", at=1.0, duration=9.0).abort_at(1.5)
    cluster.add_job("rebalance", job_id="g6", at=1.0, duration=9.0)
    cluster.add_job("rebalance", job_id="g2", at=1.0, duration=0.5)
    cluster.add_job("copy-bck", at=1.0, duration=0.5)
    assert ["g3"] == ids(get(cluster, "qryxstats", {"id": "g3"}, 0.5)[1])
    assert 404 == get(cluster, "qryxstats", {"id": "g3"}, 1.0)[0]
    assert ["g4"] == ids(get(cluster, "qryxstats", {"id": "g3"}, 5.0)[1])
    assert ["g4"] == ids(get(cluster, "qryxstats", {"id": "g4"}, 5.0)[1])
    assert ["g2", "g4"] == ids(get(cluster, "qryxstats", {"id": "g2"}, 5.0)[1])
    assert 404 == get(cluster, "qryxstats", {"id": "g3", "show_active": True}, 5.0)[0]
    assert 404 == get(cluster, "status", {"id": "g3"}, 5.0)[0]


def test_a_download_has_two_ids() -> None:
    """Targets do not know its ``dnl-`` id; its status says ``single`` (V16)."""
    cluster = SimCluster()
    job = cluster.add_job("download", duration=1.0)
    assert get(cluster, "qryxstats", {"id": job.id}, 0.5)[0] == 404
    assert [job.snap_id] == ids(get(cluster, "qryxstats", {"kind": "download"}, 0.5)[1])
    assert "single" == get(cluster, "status", {"id": job.id}, 0.5)[1]["kind"]
    assert get(cluster, "status", {"id": job.snap_id}, 0.5)[0] == 404
    status, document = get(cluster, "status", {"id": job.id, "kind": "download"}, 0.5)
    assert status == 400
    assert "kind mismatch" in document["message"]


# Statuses.


def test_status_is_plain_text(cluster: SimCluster) -> None:
    """A status is JSON that is called plain text."""
    answer = cluster.handle("GET", "/v1/cluster", {"what": "status"}, {"id": "Jdone1234"}, 2.0)
    assert {"Date": spell_date(2.0), "Content-Type": "text/plain; charset=utf-8"} == answer[1]
    assert b'"uuid":"Jdone1234","err":"lost"' in answer[2]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"id": UNKNOWN, "kind": "copy-bck"}, "p[p1]: x-[Jabcdefgh] does not exist"),
        ({"id": "Jidle1234"}, "p[p1]: x-[Jidle1234] does not exist"),
        ({"id": "Jdone1234", "show_active": True}, "p[p1]: x-[Jdone1234] does not exist"),
        ({"kind": "dsort"}, "p[p1]: nl [p1(*),p2,p3, x-dsort] does not exist"),
        ({"kind": "lru", "show_active": True}, "p[p1]: nl [p1(*),p2,p3, x-lru-only-running] does not exist"),
    ],
)
def test_unknown_statuses_take_two_seconds(
    cluster: SimCluster, body: dict[str, object], message: str
) -> None:
    """Proxies look for it for 2 s, and then do not know it (V4)."""
    answer = cluster.handle("GET", "/v1/cluster", {"what": "status"}, body, 2.0)
    assert {"Date": spell_date(2.0), "Content-Type": "application/json", DELAY_HEADER: "2"} == answer[1]
    status, document = get(cluster, "status", body, 2.0)
    assert (404, "ErrNotFound", message) == (status, document["tcode"], document["message"])


@pytest.mark.parametrize("body", [{}, {"kind": "copy-bak"}, None])
def test_status_needs_an_id_or_a_kind(cluster: SimCluster, body: dict[str, object] | None) -> None:
    """With neither it is refused, and so is a request without a body."""
    assert get(cluster, "status", body, 2.0)[0] == 400


def test_status_by_kind_is_of_the_latest(cluster: SimCluster) -> None:
    """Of several jobs of a kind, the last one that was started."""
    assert "Jruns5678" == get(cluster, "status", {"kind": "copy-bck"}, 2.0)[1]["uuid"]


def test_status_with_another_kind_is_a_mismatch(cluster: SimCluster) -> None:
    """A kind is not a filter; one that nobody knows does no harm."""
    status, document = get(cluster, "status", {"id": "Jruns1234", "kind": "lru"}, 2.0)
    assert status == 400
    assert "kind mismatch" in document["message"]
    assert get(cluster, "status", {"id": "Jruns1234", "kind": "copy-bak"}, 2.0)[0] == 200


def test_proxies_outside_the_information_center(cluster: SimCluster) -> None:
    """They answer by id and list running names, send elsewhere who asks by kind, and list no statuses."""
    assert get(cluster, "status", {"id": "Jruns1234"}, 2.0, proxy=3)[0] == 200
    answer = cluster.handle("GET", "/v1/cluster", {"what": "status"}, {"kind": "copy-bck"}, 2.0, proxy=3)
    assert answer[0] == 307
    assert answer[1]["Location"].endswith("/v1/cluster?what=status")
    assert (200, None) == get(cluster, "status_all", {}, 2.0, proxy=3)
    assert 3 == len(get(cluster, "status_all", {}, 2.0, proxy=2)[1])
    assert 3 == len(get(cluster, "running_all", {}, 2.0, proxy=3)[1])


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, ["Jdone1234", "Jruns1234", "Jruns5678"]),
        ({"show_active": True}, ["Jruns1234", "Jruns5678"]),
        ({"id": "Jdone1234"}, ["Jdone1234"]),
        ({"kind": "copy-bucket"}, ["Jdone1234", "Jruns1234", "Jruns5678"]),
        ({"id": UNKNOWN}, None),
        ({"kind": "archive"}, None),
        ({"kind": "copy-bak"}, None),
    ],
)
def test_lists_of_statuses(cluster: SimCluster, body: dict[str, object], expected: list[str] | None) -> None:
    """Whatever the proxies remember, without any error text; ``null`` for nothing."""
    status, listed = get(cluster, "status_all", body, 2.0)
    assert (200, expected) == (status, listed and [one["uuid"] for one in listed])
    assert {""} >= {one["err"] for one in listed or []}


def test_running_names_change_their_order(cluster: SimCluster) -> None:
    """Idle jobs run, too; a kind narrows it down, an id or an unknown kind does not."""
    names = ["copy-bck[Jruns1234]", "copy-bck[Jruns5678]", "archive[Jidle1234]"]
    asks: list[dict[str, object]] = [{}, {"id": UNKNOWN}, {"kind": "copy-bak"}]
    answers = [get(cluster, "running_all", ask, 20.0)[1] for ask in asks]
    assert [sorted(names)] * 3 == [sorted(answer) for answer in answers]
    assert 3 == len({tuple(answer) for answer in answers})
    assert ["archive[Jidle1234]"] == get(cluster, "running_all", {"kind": "archive"}, 20.0)[1]
    assert [] == get(cluster, "running_all", {"kind": "dsort"}, 20.0)[1]


# Actions.


def test_start_makes_a_job() -> None:
    """The answer is the id, and the job runs from that moment on."""
    cluster = SimCluster(started_duration=5.0)
    status, job_id = put(cluster, "start", {"Kind": "lru"}, 3.0)
    assert (200, 3.0, 8.0) == (status, cluster.jobs[job_id].begins, cluster.jobs[job_id].settled)
    assert (200, "g1") == put(cluster, "start", {"kind": "rebalance"}, 3.0)


def test_start_takes_buckets_and_a_target() -> None:
    """The first of several buckets is the job's; one target may be named."""
    cluster = SimCluster()
    _, several = put(
        cluster, "start", {"Kind": "prefetch-objects", "Buckets": [{"name": "a"}, {"name": "b"}]}, 0.0
    )
    _, one = put(cluster, "start", {"Kind": "rechunk", "Bck": {"name": "c", "provider": "ais"}}, 0.0)
    _, resilver = put(cluster, "start", {"Kind": "resilver", "DaemonID": "t2"}, 0.0)
    buckets = [job.bucket and job.bucket.name for job in map(cluster.jobs.__getitem__, (several, one))]
    assert (["a", "c"], ["t2"]) == (buckets, list(cluster.jobs[resilver].lives))


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({}, 'invalid xaction (job) kind "": xa-[]'),
        (None, 'invalid xaction (job) kind "": xa-[]'),
        ({"Kind": "copy-bak"}, 'invalid xaction (job) kind "": xa-[]'),
        ({"Kind": "copy-bck"}, 'xaction "copy-bck" requires a bucket to start'),
        ({"Kind": "list", "Buckets": "src"}, 'xaction "list" requires a bucket to start'),
        ({"Kind": "copy-bck", "Bck": {"name": "a"}}, 'xaction "copy-bck" cannot be started'),
        ({"Kind": "resilver", "DaemonID": "t9"}, "t[t9] does not exist"),
        ({"Kind": "lru", "node": "t1"}, "xact.ArgsMsg: found unknown field: node"),
    ],
)
def test_start_is_strict(value: object, message: str) -> None:
    """What cannot be started, and keys that nobody knows, are refused."""
    assert (400, message) == put(SimCluster(), "start", value, 0.0)


def test_stop_by_id_or_by_kind(cluster: SimCluster) -> None:
    """An id stops one job, a kind all of its kind; an unknown id is no error."""
    assert (200, "") == put(cluster, "stop", {"ID": "Jruns1234", "Kind": ""}, 2.0)
    assert (200, "") == put(cluster, "stop", {"ID": UNKNOWN}, 2.0)
    stopped = [job.id for job in cluster.jobs.values() if job.lives["t1"][0].stopped]
    assert ["Jruns1234"] == stopped
    assert (200, "") == put(cluster, "stop", {"Kind": "copy-bucket"}, 3.0)
    assert (2.0, 3.0) == (cluster.jobs["Jruns1234"].settled, cluster.jobs["Jruns5678"].settled)
    assert cluster.unbounded_stops == 0


def test_an_unknown_action_is_refused(cluster: SimCluster) -> None:
    """What the Go constant is called is not what the server takes."""
    assert (400, 'invalid action "xstop"') == put(cluster, "xstop", {"ID": "Jruns1234"}, 2.0)


# What is no request for jobs.


@pytest.mark.parametrize(
    ("method", "path", "query", "words"),
    [
        ("GET", "/v1/cluster", {}, "unexpected GET request with query {}"),
        ("GET", "/v1/cluster", {"what": "smap"}, "unexpected GET request"),
        ("POST", "/v1/cluster", {"what": "status"}, "unexpected POST request"),
        ("GET", "/v1/daemon", {"what": "status"}, "invalid path '/v1/daemon'"),
    ],
)
def test_other_requests_are_refused(method: str, path: str, query: dict[str, str], words: str) -> None:
    """The cluster answers what this library asks, and says so where it is asked anything else."""
    status, headers, answer = SimCluster().handle(method, path, query, {}, 0.0)
    assert (400, "application/json") == (status, headers["Content-Type"])
    assert words.encode() in answer


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (None, "failed to unmarshal: Expecting value"),
        (b"", "failed to unmarshal: Expecting value"),
        (b"\xff", "failed to unmarshal"),
        (b"[]", "an object was expected, not list"),
        (b"[" * 100_000, "failed to unmarshal"),
        (b"null", "invalid x-"),
    ],
    ids=["none", "empty", "not text", "list", "deep", "null"],
)
def test_nonsense_is_refused(body: bytes | None, words: str) -> None:
    """Whatever comes as a body is a 400 with a document, and never an exception."""
    status, headers, answer = SimCluster().handle("GET", "/v1/cluster", {"what": "status"}, body, 0.0)
    assert (400, "application/json") == (status, headers["Content-Type"])
    assert words.encode() in answer
