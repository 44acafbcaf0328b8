"""A simulated cluster: what can be scripted, and who is let in."""

from __future__ import annotations

from math import inf

import pytest

from ais_jobcore.testing import SimCluster, SimStatus
from ais_jobcore.testing.spelling import spell_date
from tests.testing.samples import get, put

JOB = {"id": "Jabcdefgh"}


def test_names_are_counted_or_given() -> None:
    """Nodes are numbered, or named as one likes."""
    assert ("t1", "t2") == SimCluster(2).targets
    assert (("a",), ("x", "y")) == (
        SimCluster(["a"], proxies=["x", "y"]).targets,
        SimCluster(1, proxies="xy").proxies,
    )


@pytest.mark.parametrize("targets", [0, [], ["a", "a"]])
def test_a_cluster_needs_nodes_with_names_of_their_own(targets: int | list[str]) -> None:
    """No node at all, or two of one name, are a mistake."""
    with pytest.raises(ValueError, match="at least one name, and each once"):
        SimCluster(targets)


def test_ids_are_made_up_from_the_seed() -> None:
    """The same seed makes the same ids; another one others; none twice, and each in its kind's form."""

    def ids(seed: int) -> list[str]:
        cluster = SimCluster(seed=seed)
        kinds = ("copy-bck", "copy-objects", "rebalance", "rebalance", "download", "etl-inline", "lru")
        return [cluster.add_job(kind).id for kind in kinds]

    first = ids(0)
    assert first == ids(0)
    assert len({*first, *ids(1)}) == 2 * 7 - 2
    assert ["g1", "g2"] == first[2:4]
    assert ["tco-", "dnl-", "etl-"] == [first[place][:4] for place in (1, 4, 5)]


def test_rebalances_are_counted_on() -> None:
    """The next rebalance has the next number."""
    cluster = SimCluster()
    cluster.add_job("rebalance", job_id="g7")
    assert cluster.add_job("rebalance").id == "g8"


def test_targets_are_done_one_after_the_other() -> None:
    """The last target takes the duration given, the others a little less, idle comes at different moments."""
    lives = [lives[0] for lives in SimCluster().add_job("archive", at=1.0, duration=3.0).lives.values()]
    ends = [life.works[-1][1] for life in lives]
    assert [3.9333, 3.9667, 4.0] == pytest.approx(ends, abs=1e-3)
    assert sorted(life.idles for life in lives) == [life.idles for life in lives]


def test_a_job_may_be_hidden_at_first() -> None:
    """Targets show it some time after its start; the proxies know it at once."""
    cluster = SimCluster()
    job = cluster.add_job("copy-bck", at=1.0, duration=9.0, hidden=0.5)
    assert [404, 200] == [get(cluster, "qryxstats", {"id": job.id}, now)[0] for now in (1.4, 1.5)]
    assert get(cluster, "status", {"id": job.id}, 1.0)[0] == 200


def test_where_a_job_runs() -> None:
    """Everywhere, or on the targets given, or on those with a duration; some kinds on one target only."""
    cluster = SimCluster()
    jobs = [
        cluster.add_job("lru"),
        cluster.add_job("lru", targets=["t2", "t3"]),
        cluster.add_job("lru", duration={"t3": 1.0, "t1": inf}),
        cluster.add_job("blob-download"),
    ]
    assert [["t1", "t2", "t3"], ["t2", "t3"], ["t3", "t1"], ["t1"]] == [list(job.lives) for job in jobs]


def test_mistakes_in_scripts_are_named() -> None:
    """No such kind, target or error target, an id that is taken, or a kind without snapshots."""
    cluster = SimCluster()
    cluster.add_job("lru", job_id="Jabcdefgh")
    with pytest.raises(ValueError, match="unknown kind of job 'copy-bak'"):
        cluster.add_job("copy-bak")
    with pytest.raises(ValueError, match="cannot be waited for"):
        cluster.add_job("election")
    with pytest.raises(ValueError, match="there is a job 'Jabcdefgh' already"):
        cluster.add_job("lru", job_id="Jabcdefgh")
    with pytest.raises(ValueError, match="needs targets of t1, t2, t3, not t8, t9"):
        cluster.add_job("lru", targets=["t1", "t9"], errors={"t8": "x"})
    with pytest.raises(ValueError, match="not none"):
        cluster.add_job("lru", targets=[])
    with pytest.raises(ValueError, match="no target 't9'"):
        cluster.lose_target_at("t9", 1.0)


def test_a_lost_target_is_refused_then_dropped() -> None:
    """Snapshots are 400 while the map names it, and then there are none from it; the status is an abort."""
    cluster = SimCluster()
    job = cluster.add_job("copy-bck", duration=10.0)
    cluster.lose_target_at("t2", 1.0)
    seen = [get(cluster, "qryxstats", {"id": job.id}, now) for now in (0.9, 1.0, 29.9, 30.0)]
    assert [200, 400, 400, 200] == [status for status, _ in seen]
    assert seen[1][1]["tcode"] == "ErrFailedTo"
    assert "failed to call t[t2]" in seen[1][1]["message"]
    assert ["t1", "t3"] == list(seen[3][1])
    assert "IC(notifications) abort" == seen[3][1]["t3"][0]["abort-err"]
    assert get(cluster, "running_all", {}, 1.0)[0] == 400
    statuses = [get(cluster, "status", {"id": job.id}, now)[1] for now in (1.5, 1.6)]
    assert [False, True] == [status["aborted"] for status in statuses]
    assert statuses[1]["err"].endswith("broken pipe] (and 1 more error)")


def test_proxies_abort_a_download_too() -> None:
    """Whatever has a status is aborted; who copies nothing has only the proxies' word for it."""
    cluster = SimCluster()
    job = cluster.add_job("download", duration=9.0)
    cluster.lose_target_at("t1", 1.0)
    status = job.status(2.0)
    assert status is not None
    assert (True, "IC(notifications) abort") == (status.aborted, status.error)


def test_without_a_status_the_other_targets_go_on() -> None:
    """Nobody aborts a job of an idling kind, and the lost target is just missing (E1)."""
    cluster = SimCluster()
    job = cluster.add_job("copy-objects", duration=1.0)
    cluster.lose_target_at("t2", 0.5, dropped_after=2.0)
    status, snaps = get(cluster, "qryxstats", {"id": job.id}, 9.0)
    assert (200, {"t1": True, "t3": True}) == (status, {t: snap["is_idle"] for t, (snap,) in snaps.items()})


def test_proxies_may_notice_nothing() -> None:
    """Where no proxy aborts it, a job that lost a target runs on in its status for ever."""
    cluster = SimCluster()
    cluster.lose_target_at("t2", 0.5, dropped_after=1.0, aborts=False)
    job = cluster.add_job("copy-bck", duration=1.0)
    assert job.status(100.0) == SimStatus()


def test_scripts_of_targets_hold_for_jobs_that_come_later() -> None:
    """The order in which jobs and outages are scripted does not matter."""
    early, late = SimCluster(), SimCluster()
    early.lose_target_at("t2", 0.5)
    jobs = [early.add_job("copy-bck"), late.add_job("copy-bck")]
    late.lose_target_at("t2", 0.5)
    assert jobs[0].lives == jobs[1].lives


def test_a_job_that_ended_before_survives_the_loss_of_a_target() -> None:
    """What was done stays done; only the lost target's word for it is gone."""
    cluster = SimCluster()
    job = cluster.add_job("copy-bck", duration=1.0)
    cluster.restart_target_at("t2", 5.0)
    status, snaps = get(cluster, "qryxstats", {"id": job.id}, 7.0)
    assert (200, ["t1", "t3"]) == (status, list(snaps))
    assert job.status(7.0) == SimStatus(end=1.05)


def test_a_job_of_the_lost_target_alone_is_gone_with_it() -> None:
    """There is nobody left to abort."""
    cluster = SimCluster()
    job = cluster.add_job("lru", duration=9.0, targets=["t2"])
    cluster.restart_target_at("t2", 1.0, down_for=1.0)
    assert get(cluster, "qryxstats", {"id": job.id}, 3.0)[0] == 404


def test_a_restarted_target_has_forgotten_or_begins_again() -> None:
    """Back, it knows nothing of the job, or runs it once more with a later start."""
    forgetful, eager = SimCluster(), SimCluster()
    for cluster, resumes in ((forgetful, False), (eager, True)):
        cluster.add_job("copy-bck", job_id="Jabcdefgh", duration=5.0)
        cluster.restart_target_at("t2", 1.0, down_for=2.0, resumes=resumes)
        assert [400, 200] == [get(cluster, "qryxstats", JOB, now)[0] for now in (2.9, 3.0)]
    assert ["t1", "t3"] == list(get(forgetful, "qryxstats", JOB, 3.0)[1])
    snaps = get(eager, "qryxstats", JOB, 3.0)[1]
    assert snaps["t2"][0]["start-time"] > snaps["t1"][0]["start-time"]
    assert eager.jobs["Jabcdefgh"].status(7.9) == SimStatus()
    assert eager.jobs["Jabcdefgh"].status(8.1) not in {None, SimStatus()}


def test_proxies_may_lose_their_memory() -> None:
    """After all proxies restarted, targets still know what they do."""
    cluster = SimCluster()
    cluster.add_job("copy-bck", job_id="Jabcdefgh", duration=5.0)
    cluster.forget_statuses_at(1.0)
    assert [200, 404] == [get(cluster, "status", JOB, now)[0] for now in (0.9, 1.0)]
    assert get(cluster, "qryxstats", JOB, 1.0)[0] == 200


def test_a_lost_proxy_refuses_connections_and_may_come_back() -> None:
    """Status 0 stands for a connection that was refused."""
    cluster = SimCluster(proxies=2)
    cluster.add_job("copy-bck", job_id="Jabcdefgh", duration=5.0)
    cluster.lose_proxy_at(0, 1.0, until=2.0)
    assert [200, 0, 200] == [get(cluster, "status", JOB, now)[0] for now in (0.5, 1.0, 2.0)]
    assert get(cluster, "status", JOB, 1.0, proxy=1)[0] == 200


def test_a_starting_cluster_says_nothing() -> None:
    """503 without a body (V13), then answers."""
    cluster = SimCluster(starting_until=10.0)
    assert (503, {"Date": spell_date(9.9)}, b"") == cluster.handle(
        "GET", "/v1/cluster", {"what": "status"}, JOB, 9.9
    )
    assert get(cluster, "status", JOB, 10.0)[0] == 404


@pytest.mark.parametrize(
    ("headers", "status", "words"),
    [
        ({}, 401, "token required"),
        ({"authorization": "Bearer old"}, 401, 'invalid token from header "Authorization": invalid token'),
        ({"AUTHORIZATION": "Bearer weak"}, 403, "user `u` has insufficient permissions"),
        ({"Accept": "*/*", "Authorization": "Bearer good"}, 404, "does not exist"),
    ],
)
def test_only_the_right_token_gets_in(headers: dict[str, str], status: int, words: str) -> None:
    """Without a token, with a wrong one and with a powerless one it is another refusal each."""
    cluster = SimCluster(token="good", powerless_token="weak")
    answer = get(cluster, "status", JOB, 0.0, headers=headers)
    assert status == answer[0]
    assert words in answer[1]["message"]


def test_older_servers_leave_keys_out() -> None:
    """Snapshots may lack what older servers do not know."""
    cluster = SimCluster(omits={"err", "is_idle"})
    cluster.add_job("copy-bck", job_id="Jabcdefgh")
    snap = get(cluster, "qryxstats", JOB, 0.5)[1]["t1"][0]
    assert not {"err", "is_idle"} & set(snap)


def test_every_request_is_written_down() -> None:
    """The log has what was asked, as it was spelt, and what was answered."""
    cluster = SimCluster()
    get(cluster, "status", {"ID": "Jabcdefgh"}, 1.0)
    cluster.handle("GET", "/v1/cluster", {"what": "status"}, b"{", 2.0)
    first, second = cluster.log
    assert (1.0, "p1", "GET", "/v1/cluster") == (first.now, first.proxy, first.method, first.path)
    assert ({"what": "status"}, {"ID": "Jabcdefgh"}, 404, 2.0) == (
        first.query,
        first.body,
        first.status,
        first.delay,
    )
    assert ({}, 400) == (second.body, second.status)


def test_dangerous_stops_are_counted() -> None:
    """A stop that names no job and no known kind is refused, and a test can ask whether there was one."""
    cluster = SimCluster()
    for value in ({}, {"ID": "", "Kind": ""}, {"Kind": "copy-bak"}):
        status, words = put(cluster, "stop", value, 0.0)
        assert (400, "cannot stop xaction given 'xa-[]' - expecting a valid kind and/or UUID") == (
            status,
            words,
        )
    assert cluster.unbounded_stops == 3


def test_answers_are_a_function_of_the_past_and_the_moment() -> None:
    """Two clusters of one history say the same, byte by byte, at any moment and in any order."""

    def answers(moments: list[float]) -> dict[float, bytes]:
        cluster = SimCluster()
        job = cluster.add_job("copy-objects", duration=2.0, errors={"t2": "x"}).busy_at(20.0)
        cluster.restart_target_at("t3", 30.0, down_for=1.0)
        ask = {"id": job.id}
        return {
            now: cluster.handle("GET", "/v1/cluster", {"what": "qryxstats"}, ask, now)[2] for now in moments
        }

    moments = [place / 4 for place in range(200)]
    assert answers(moments) == answers(moments[::-1])
