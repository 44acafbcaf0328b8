"""``ais-job show``, ``status``, ``start`` and ``stop``."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

import pytest

from ais_jobcore import Fault, FaultKind, Reply
from ais_jobcore.testing import SimCluster

if TYPE_CHECKING:
    from tests.cli.conftest import Shell


def test_show_tells_what_every_target_knows(shell: Shell) -> None:
    """A job is shown with its buckets, and every target with state, counters and error."""
    job = shell.cluster.add_job(
        "copy-objects", duration=inf, bucket="photos", to="album", errors={"t2": "no space left"}
    )
    shell.clock.advance(3.0)
    ran = shell.run("show", job.id)
    assert 0 == ran.code
    head, *rows = ran.out.splitlines()
    assert f"{job.id} copy-listrange  ais://photos => ais://album" == head
    assert ["t1", "t2", "t3"] == [row.split()[0] for row in rows]
    assert all("running  since 2026-01-01 09:00:00 UTC" in row for row in rows)
    assert all("objects" in row for row in rows)
    assert rows[1].endswith("no space left")
    assert not any(row.endswith(" ") for row in rows)


def test_show_of_a_kind_or_of_all_sorts_by_start(shell: Shell) -> None:
    """Several jobs are shown one after the other, the earliest first."""
    late = shell.cluster.add_job("lru", at=2.0, duration=50.0)
    early = shell.cluster.add_job("lru", at=1.0, duration=50.0)
    other = shell.cluster.add_job("copy-bck", duration=50.0)
    shell.clock.advance(3.0)
    assert [early.id, late.id] == [
        doc["job_id"] for doc in shell.run("show", "--kind", "lru", "--json").documents
    ]
    assert [other.id, early.id, late.id] == [doc["job_id"] for doc in shell.run("show", "--json").documents]


def test_show_json_has_stable_keys(shell: Shell) -> None:
    """A document has the job and its snapshots, one for each target that knows it."""
    job = shell.cluster.add_job("copy-bck", duration=4.0, bucket="photos", to="album", objects=10)
    shell.clock.advance(10.0)
    (document,) = shell.run("show", job.id, "--json").documents
    assert ["job_id", "kind", "snapshots"] == list(document)
    assert ["t1", "t2", "t3"] == [snap["target"] for snap in document["snapshots"]]
    snap = document["snapshots"][2]
    assert "cp ais://photos=>ais://album" in snap.pop("message")
    assert {
        "target": "t3",
        "state": "finished",
        "error": None,
        "start_time": "2026-01-01T09:00:00.123456+00:00",
        "end_time": "2026-01-01T09:00:04.123456+00:00",
        "bucket": "ais://album",
        "objects": 10,
        "bytes": 40960,
    } == snap


def test_show_of_nothing_is_no_failure(shell: Shell) -> None:
    """That there are no jobs is an answer; on stdout there is nothing."""
    ran = shell.run("show")
    assert (0, "", "no jobs\n") == (ran.code, ran.out, ran.err)


def test_show_of_an_unknown_id_exits_6(shell: Shell) -> None:
    """An id that no target knows is told as that."""
    ran = shell.run("show", "Jneverwas")
    assert (6, "") == (ran.code, ran.out)


def test_show_of_a_download_points_to_its_status(shell: Shell) -> None:
    """Targets know downloads by other ids, so the proxies have to be asked."""
    job = shell.cluster.add_job("download", job_id="dnl-J12345678", duration=50.0)
    ran = shell.run("show", job.id)
    assert 6 == ran.code
    assert f"ais-job status {job.id}" in ran.err


@pytest.mark.parametrize(
    ("moment", "abort", "code", "state"),
    [(1.0, None, 0, "running"), (10.0, None, 0, "finished"), (10.0, 2.0, 1, "aborted")],
)
def test_status_tells_how_a_job_is(
    moment: float, abort: float | None, code: int, state: str, shell: Shell
) -> None:
    """The state is told in a word, and a failure by the exit code, too."""
    job = shell.cluster.add_job("copy-bck", duration=4.0)
    if abort is not None:
        job.abort_at(abort)
    shell.clock.advance(moment)
    ran = shell.run("status", job.id)
    assert code == ran.code
    assert f"{job.id} copy-bck: {state}" in ran.out


def test_status_json_has_stable_keys(shell: Shell) -> None:
    """A job with an error has failed, and the document says why."""
    job = shell.cluster.add_job("delete-objects", duration=4.0, errors={"t1": "does not exist"})
    shell.clock.advance(10.0)
    ran = shell.run("status", job.id, "--json")
    assert 1 == ran.code
    assert [
        {
            "job_id": job.id,
            "kind": "delete-listrange",
            "state": "failed",
            "error": "does not exist",
            "end_time": "2026-01-01T09:00:04.173456+00:00",
            "notes": [],
        }
    ] == ran.documents


def test_status_of_an_unknown_id_points_to_show(shell: Shell) -> None:
    """What the proxies do not know, the targets may."""
    ran = shell.run("status", "Jneverwas")
    assert (6, "") == (ran.code, ran.out)
    assert "ais-job show Jneverwas" in ran.err


@pytest.mark.parametrize("argv", [["show", "J12345678"], ["status", "J12345678"], ["stop", "J12345678"]])
@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (Reply(401), 4),
        (Reply(403), 4),
        (Reply(404, b"default backend - 404"), 5),
        (Reply(500), 5),
        (Fault(FaultKind.DNS, "no such host"), 5),
        (Fault(FaultKind.TLS, "self-signed"), 5),
    ],
)
def test_trouble_has_its_exit_code(argv: list[str], reply: Reply | Fault, code: int, shell: Shell) -> None:
    """Commands of one request tell trouble as waits do."""
    shell.script(lambda _request, _now: reply)
    ran = shell.run(*argv)
    assert (code, "", 1) == (ran.code, ran.out, ran.err.count("\n"))
    assert ran.err.startswith("ais-job: ")


def test_hostile_words_of_a_server_are_made_harmless(shell: Shell) -> None:
    """Snapshots and statuses cannot steer the terminal, nor be taken for markup."""
    hostile = "\x1b[31m[bold]no[/bold]\nspace"
    job = shell.cluster.add_job("copy-bck", duration=4.0, errors={"t1": hostile}, bucket="b\x1bc")
    shell.clock.advance(10.0)
    for argv in (["show", job.id], ["status", job.id]):
        ran = shell.run(*argv)
        assert "\x1b" not in ran.out
        assert "[31m[bold]no[/bold] space" in ran.out


def test_start_prints_the_id_and_nothing_else(shell: Shell) -> None:
    """The id can be taken from stdout as it is."""
    ran = shell.run("start", "lru")
    assert (0, "") == (ran.code, ran.err)
    assert [*shell.cluster.jobs] == ran.out.split("\n")[:-1]


def test_start_passes_on_what_is_given(shell: Shell) -> None:
    """Bucket, target and force reach the cluster."""
    ran = shell.run("start", "prefetch-objects", "--bucket", "s3://photos", "--daemon-id", "t2", "--force")
    assert 0 == ran.code
    sent = shell.cluster.log[0]
    assert {"force": "true"} == sent.query
    value = {"Kind": "prefetch-listrange", "DaemonID": "t2", "Bck": {"name": "photos", "provider": "aws"}}
    assert value == sent.body["value"]
    assert ["t2"] == [*shell.cluster.jobs[ran.out.strip()].lives]


def test_start_and_wait_prints_the_id_then_the_report(shell: Shell) -> None:
    """With --wait the id comes first, and the exit code is that of the wait."""
    shell.use(SimCluster(started_duration=30.0))
    ran = shell.run("start", "lru", "--wait")
    assert 0 == ran.code
    job_id, report = ran.out.splitlines()
    assert f"{job_id} lru: finished" in report
    assert 3 == shell.run("start", "lru", "--wait", "--timeout", "10").code


def test_refused_start_is_told_in_the_words_of_the_cluster(shell: Shell) -> None:
    """What the cluster says of a wrong request is wrong usage."""
    ran = shell.run("start", "rechunk")
    assert (2, "") == (ran.code, ran.out)
    assert "requires a bucket" in ran.err


def test_stop_by_id_stops_that_job_only(shell: Shell) -> None:
    """An id stops one job."""
    stopped, other = (shell.cluster.add_job("lru", duration=inf) for _ in range(2))
    ran = shell.run("stop", stopped.id)
    assert 0 == ran.code
    assert stopped.id in ran.out
    assert [True, False] == [any(life[-1].stopped for life in job.lives.values()) for job in (stopped, other)]


def test_stop_of_a_kind_needs_all(shell: Shell) -> None:
    """Every job of a kind is stopped only for whoever says so, and no request is ever without bounds."""
    jobs = [shell.cluster.add_job("lru", duration=inf) for _ in range(2)]
    refused = shell.run("stop", "--kind", "lru-eviction")
    assert 2 == refused.code
    assert "every job of kind 'lru'" in refused.err
    assert [] == shell.cluster.log
    assert 0 == shell.run("stop", "--kind", "lru-eviction", "--all").code
    assert all(life[-1].stopped for job in jobs for life in job.lives.values())
    assert 0 == shell.cluster.unbounded_stops


def test_stop_with_an_id_does_not_send_the_kind(shell: Shell) -> None:
    """An id decides alone, so that a wrong kind beside it widens nothing."""
    job = shell.cluster.add_job("lru", duration=inf)
    assert 0 == shell.run("stop", job.id, "--kind", "copy-bck").code
    assert {"ID": job.id} == shell.cluster.log[0].body["value"]
