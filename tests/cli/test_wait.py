"""``ais-job wait``: how each end is told, and the exit code it has."""

from __future__ import annotations

import json
from math import inf
from typing import TYPE_CHECKING

import pytest

from ais_jobcore import Fault, FaultKind, Reply
from ais_jobcore.testing import SimCluster, SimServer

if TYPE_CHECKING:
    from pathlib import Path

    from ais_jobcore.queries import Request
    from tests.cli.conftest import Shell

KEYS = [
    *("job_id", "kind", "success", "outcome", "error", "errors", "targets"),
    *("end_time", "polls", "elapsed", "notes", "exit_code"),
]
MISSING = {"t2": "t[t2]: ais://photos/7.jpg does not exist"}


def test_success_is_one_line_with_outcome_time_and_requests(shell: Shell) -> None:
    """A job that does well is told on one line of stdout, and the exit code is 0."""
    job = shell.cluster.add_job("copy-bck", duration=30.0)
    ran = shell.run("wait", job.id)
    assert 0 == ran.code
    (line,) = ran.out.splitlines()
    assert f"{job.id} copy-bck: finished in 3" in line
    assert "requests" in line


def test_failure_names_every_target_with_state_and_error(shell: Shell) -> None:
    """Of a job with missing objects each target is told, with its state and its error."""
    job = shell.cluster.add_job("copy-objects", duration=3.0, errors=MISSING)
    ran = shell.run("wait", job.id, "--kind", "copy-objects")
    assert 1 == ran.code
    head, *targets = [line.split() for line in ran.out.splitlines()]
    assert "finished with errors" in " ".join(head)
    assert ["t1 idle", f"t2 idle {MISSING['t2']}", "t3 idle"] == [" ".join(words) for words in targets]


def test_abort_is_a_failure(shell: Shell) -> None:
    """A job that is stopped has failed, and the reason is told."""
    job = shell.cluster.add_job("copy-bck", duration=30.0).abort_at(4.0)
    ran = shell.run("wait", job.id)
    assert 1 == ran.code
    assert "aborted" in ran.out
    assert "user abort" in ran.out


def test_deadline_exits_3(shell: Shell) -> None:
    """A job that goes on has timed out: one line on stderr, nothing on stdout."""
    job = shell.cluster.add_job("copy-bck", duration=inf)
    ran = shell.run("wait", job.id, "--timeout", "20")
    assert (3, "") == (ran.code, ran.out)
    assert ran.err.splitlines()[-1].startswith(f"ais-job: Timed out while waiting for job '{job.id}'")


def test_unknown_job_exits_6(shell: Shell) -> None:
    """An id that the cluster never knew is told as that."""
    ran = shell.run("wait", "Jneverwas")
    assert (6, "") == (ran.code, ran.out)
    assert "Jneverwas" in ran.err.splitlines()[-1]


@pytest.mark.parametrize(("token", "status"), [("old", 401), ("reader", 403)])
def test_refused_token_exits_4(token: str, status: int, shell: Shell) -> None:
    """Who is not let in is told where tokens come from."""
    cluster = SimCluster(token="right", powerless_token="reader")
    job = cluster.add_job("lru", duration=inf)
    shell.use(cluster, token=token)
    ran = shell.run("wait", job.id)
    assert (4, "") == (ran.code, ran.out)
    assert f"HTTP {status}" in ran.err
    assert "AIS_AUTHN_TOKEN" in ran.err


def _refuse(_: Request, __: float) -> Fault:
    return Fault(FaultKind.CONNECTION, "connection refused")


def _babble(_: Request, __: float) -> Reply:
    return Reply(200, b"<html>")


@pytest.mark.parametrize("trouble", [_refuse, _babble])
def test_unusable_cluster_exits_5(trouble: object, shell: Shell) -> None:
    """A cluster that cannot be reached or understood is told as that."""
    shell.script(trouble)
    ran = shell.run("wait", "J12345678", "--timeout", "none")
    assert (5, "") == (ran.code, ran.out)
    assert ran.err.splitlines()[-1].startswith("ais-job: ")


def test_jobs_are_waited_for_side_by_side_and_each_is_reported(shell: Shell) -> None:
    """Three jobs take as long as the longest, and are reported in the order of the arguments."""
    jobs = [shell.cluster.add_job("copy-bck", duration=seconds) for seconds in (50.0, 10.0, 30.0)]
    ran = shell.run("wait", *[job.id for job in jobs])
    assert 0 == ran.code
    assert [job.id for job in jobs] == [line.split()[1] for line in ran.out.splitlines()]
    assert shell.clock.now() < 60


def test_id_given_twice_is_waited_for_once(shell: Shell) -> None:
    """A repeated id is one job."""
    job = shell.cluster.add_job("copy-bck")
    assert 1 == shell.run("wait", job.id, job.id).out.count(job.id)


def test_with_several_jobs_the_worst_code_counts_and_all_are_told(shell: Shell) -> None:
    """A failure outweighs an unknown job and a time-out; none hides another."""
    good = shell.cluster.add_job("copy-bck", duration=1.0)
    bad = shell.cluster.add_job("copy-bck", duration=30.0).abort_at(2.0)
    slow = shell.cluster.add_job("copy-bck", duration=inf)
    ran = shell.run("wait", slow.id, "Jneverwas", bad.id, good.id, "--timeout", "10")
    assert 1 == ran.code
    assert [bad.id, good.id] == [line.split()[1] for line in ran.out.splitlines() if "copy-bck" in line]
    complaints = [line for line in ran.err.splitlines() if line.startswith("ais-job: ")]
    assert [slow.id, "Jneverwas"] == [line.split("'")[1] for line in complaints]
    assert 6 == shell.run("wait", slow.id, "Jneverwas", "--timeout", "10").code


def test_complaint_without_an_id_gets_one(shell: Shell) -> None:
    """Of several jobs, every complaint says which one it is about."""
    shell.script(lambda _request, _now: Reply(403))
    ran = shell.run("wait", "J12345678", "J87654321")
    complaints = [line.split()[1] for line in ran.err.splitlines() if line.startswith("ais-job: ")]
    assert ["J12345678:", "J87654321:"] == complaints


def test_kind_alone_finds_the_one_job(shell: Shell) -> None:
    """Without an id, the one active job of the kind is found, and reported by its id."""
    job = shell.cluster.add_job("lru", duration=5.0)
    ran = shell.run("wait", "--kind", "lru")
    assert 0 == ran.code
    assert job.id in ran.out


def test_kind_with_several_jobs_is_answered_with_their_ids(shell: Shell) -> None:
    """Several active jobs of a kind have to be told apart by whoever asks."""
    jobs = [shell.cluster.add_job("lru", duration=50.0) for _ in range(2)]
    ran = shell.run("wait", "--kind", "lru")
    assert 2 == ran.code
    assert all(job.id in ran.err for job in jobs)


def test_bucket_tells_jobs_of_a_kind_apart(shell: Shell) -> None:
    """With a bucket, the one job of the kind on it is meant."""
    shell.cluster.add_job("rechunk", duration=50.0, bucket="left")
    job = shell.cluster.add_job("rechunk", duration=5.0, bucket="right")
    ran = shell.run("wait", "--kind", "rechunk", "--bucket", "ais://right")
    assert 0 == ran.code
    assert job.id in ran.out


def test_until_started_is_told_in_its_own_words(shell: Shell) -> None:
    """Where not the end is waited for, the report says what was."""
    job = shell.cluster.add_job("copy-bck", duration=inf)
    ran = shell.run("wait", job.id, "--until", "started")
    assert 0 == ran.code
    assert ": started in" in ran.out


def test_unknown_kind_with_an_id_does_no_harm_and_is_noted(shell: Shell) -> None:
    """The id decides; that the kind is none is noted below the result."""
    job = shell.cluster.add_job("copy-bck")
    ran = shell.run("wait", job.id, "--kind", "copy-bkc")
    assert 0 == ran.code
    assert "note: kind 'copy-bkc' is not known: the id decides" in ran.out


def test_json_is_one_document_per_job_with_stable_keys(shell: Shell) -> None:
    """Each job is a line of JSON with the same keys, whether it did well, failed or is not known."""
    good = shell.cluster.add_job("copy-bck", duration=5.0)
    bad = shell.cluster.add_job("copy-objects", duration=1.0, errors=MISSING)
    ran = shell.run("wait", good.id, bad.id, "Jneverwas", "--json")
    assert 1 == ran.code
    assert [KEYS] * 3 == [list(document) for document in ran.documents]
    first, second, third = ran.documents
    assert (good.id, "copy-bck", True, "finished", None, 0) == tuple(
        first[key] for key in ("job_id", "kind", "success", "outcome", "error", "exit_code")
    )
    assert first["end_time"].startswith("2026-01-01T09:00:05")
    assert {"t1": "finished", "t2": "finished", "t3": "finished"} == first["targets"]
    assert (False, "finished with errors", MISSING, None) == tuple(
        second[key] for key in ("success", "outcome", "errors", "end_time")
    )
    assert MISSING["t2"] in second["error"]
    assert ("Jneverwas", False, None, {}, 6) == tuple(
        third[key] for key in ("job_id", "success", "outcome", "targets", "exit_code")
    )
    assert third["error"]


def test_json_of_a_timeout_tells_what_was_seen_last(shell: Shell) -> None:
    """A wait that timed out has the states of the targets, the requests and the time."""
    job = shell.cluster.add_job("dsort", duration=inf)
    (document,) = shell.run("wait", job.id, "--timeout", "10", "--json").documents
    assert {"t1": "running", "t2": "running", "t3": "running"} == document["targets"]
    assert (3, 10.0) == (document["exit_code"], document["elapsed"])
    assert document["polls"] > 5


def test_json_is_ascii(shell: Shell) -> None:
    """Whatever encoding stdout has, the documents pass."""
    job = shell.cluster.add_job("copy-objects", errors={"t1": "Größe ✗"})
    ran = shell.run("wait", job.id, "--json")
    assert ran.out.isascii()
    assert "Größe ✗" == ran.documents[0]["errors"]["t1"]


HOSTILE = "\x1b[2J\x1b]0;owned\x07[bold red]x[/] :boom: \u202egnp\r\nais-job: all is well\x7f\x9b31m"


def test_escapes_in_server_text_are_stripped_and_markup_is_text(shell: Shell) -> None:
    """Text of a server cannot steer the terminal, forge lines or be taken for markup."""
    cluster = shell.use(SimCluster(["t[red]1", "t2"]))
    job = cluster.add_job("copy-objects", errors=dict.fromkeys(cluster.targets, HOSTILE))
    human, documents = shell.run("wait", job.id), shell.run("wait", job.id, "--json")
    for text in (human.out, human.err, documents.out, json.dumps(documents.documents, ensure_ascii=False)):
        assert not any(char in text for char in "\x1b\x07\x7f\x9b\r\u202e")
    harmless = "[2J]0;owned[bold red]x[/] :boom: gnp ais-job: all is well31m"
    assert f"t[red]1  idle  {harmless}" in human.out
    assert {"t[red]1": harmless, "t2": harmless} == documents.documents[0]["errors"]


def test_progress_is_a_line_on_stderr_for_every_change(shell: Shell) -> None:
    """Where stderr is no terminal, every change is a plain line there, and stdout has the result only."""
    job = shell.cluster.add_job("copy-objects", duration=30.0)
    ran = shell.run("wait", job.id)
    assert ["the wait begins", "not done: 3 running (t1, t2, t3)"] == [
        line.split(f"{job.id}: ")[1] for line in ran.err.splitlines()[:2]
    ]
    assert "idle" in ran.err.splitlines()[-1]
    assert "\x1b" not in ran.err
    assert len(ran.err.splitlines()) < 10


@pytest.mark.parametrize(("option", "words"), [("-v", "not done"), ("-vv", "asking for status")])
def test_verbose_logs_take_the_place_of_progress(option: str, words: str, shell: Shell) -> None:
    """With -v the changes are logged, with -vv every request, each with the time of day."""
    job = shell.cluster.add_job("copy-bck", duration=30.0)
    lines = shell.run("wait", job.id, option).err.splitlines()
    assert all(line[2] == ":" and f" {job.id}: " in line for line in lines)
    assert any(words in line for line in lines)
    assert (len(lines) > 10) is (option == "-vv")


def test_token_file_is_read(shell: Shell, tmp_path: Path) -> None:
    """The token comes from the file that is named, and opens the cluster."""
    cluster = SimCluster(token="right")
    job = cluster.add_job("lru", duration=0.01)
    file = tmp_path / "token.json"
    file.write_text('{"token": "right"}', "utf-8")
    shell.connect_really()
    with SimServer(cluster) as server:
        assert 0 == shell.run("wait", job.id, "--endpoint", server.endpoint, "--token-file", str(file)).code
        assert 0 == shell.run("status", job.id, "--endpoint", server.endpoint, "--token-file", str(file)).code


@pytest.mark.parametrize("content", [None, b"{}", b"\xff\xfe", b"two words"])
def test_unusable_token_file_is_wrong_usage(content: bytes | None, shell: Shell, tmp_path: Path) -> None:
    """A token file that cannot be read, or holds none, is told once, whatever the number of jobs."""
    file = tmp_path / "token"
    if content is not None:
        file.write_bytes(content)
    shell.connect_really()
    with SimServer(SimCluster()) as server:
        ran = shell.run("wait", "J1", "J2", "--endpoint", server.endpoint, "--token-file", str(file))
    complaints = [line for line in ran.err.splitlines() if line.startswith("ais-job: ")]
    assert (2, "", 1) == (ran.code, ran.out, len(complaints))
    assert "token file" in complaints[0]


def test_failure_that_no_target_explains_is_explained_by_the_proxies(shell: Shell) -> None:
    """Where only the proxies know what went wrong, their words are below the result."""

    def answer(request: Request, _: float) -> Reply:
        if request.query["what"] == "status":
            status = {"uuid": "dnl-J12345678", "kind": "single", "err": "no [red]such", "end_time": 1}
            return Reply(200, json.dumps(status).encode())
        return Reply(404, b'{"message": "not here"}')

    shell.script(answer)
    ran = shell.run("wait", "dnl-J12345678")
    assert 1 == ran.code
    head, *rest = ran.out.splitlines()
    assert "dnl-J12345678 download: finished with errors" in head
    assert ["    error: no [red]such"] == rest[:1]
