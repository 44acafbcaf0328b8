"""``ais-job wait --record`` and ``ais-job replay``."""

from __future__ import annotations

import gzip
import json
from math import inf
from typing import TYPE_CHECKING

import pytest

from ais_jobcore import Fault, FaultKind, NotFound
from ais_jobcore.machines.loading import load
from ais_jobcore.recording import Transcript, replay
from ais_jobcore.rules.table import POLICY
from tests.builders import RUNNING, seen
from tests.core.transcripts import LIFE, lines, record, write

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Shell


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where a transcript goes."""
    return tmp_path / "wait.jsonl"


def test_wait_writes_a_transcript(shell: Shell, path: Path) -> None:
    """``--record`` names the file; output and exit code are those of any wait."""
    job = shell.cluster.add_job("copy-bck", duration=30.0)
    ran = shell.run("wait", job.id, "--record", str(path))
    assert 0 == ran.code
    assert f"{job.id} copy-bck: finished" in ran.out
    assert replay(path).same
    assert f"{replay(path).lines - 1} requests" in ran.out


def test_wait_by_kind_writes_the_file_that_was_named(shell: Shell, path: Path) -> None:
    """A job that is yet to be found has no id that could go into a name."""
    job = shell.cluster.add_job("lru", duration=3.0)
    assert 0 == shell.run("wait", "--kind", "lru", "--record", str(path)).code
    *_, end = Transcript.load(path).entries()
    assert job.id == end.decision["done"]["job_id"]


def test_several_jobs_have_a_transcript_each(shell: Shell, path: Path) -> None:
    """With several ids each has a file of its own: its id stands before the ending of the name."""
    jobs = [shell.cluster.add_job("copy-bck", duration=seconds) for seconds in (3.0, 9.0)]
    assert 0 == shell.run("wait", *[job.id for job in jobs], "--record", str(path)).code
    assert {f"wait.{job.id}.jsonl" for job in jobs} == {each.name for each in path.parent.iterdir()}
    for job in jobs:
        transcript = Transcript.load(path.with_name(f"wait.{job.id}.jsonl"))
        assert job.id == transcript.header["arguments"]["job_id"]
        assert replay(transcript).same


def test_failed_and_timed_out_waits_are_written(shell: Shell, path: Path) -> None:
    """Whatever the exit code, the transcript has the end."""
    job = shell.cluster.add_job("copy-bck", duration=inf)
    assert 3 == shell.run("wait", job.id, "--timeout", "5", "--record", str(path)).code
    *_, end = Transcript.load(path).entries()
    assert "Timeout" == end.decision["error"]["type"]


def test_names_are_hidden_on_request(shell: Shell, path: Path) -> None:
    """``--hide-names`` replaces the names of buckets and hosts."""
    job = shell.cluster.add_job("copy-bck", bucket="photos", duration=3.0)
    assert 0 == shell.run("wait", job.id, "--record", str(path), "--hide-names").code
    assert "photos" not in path.read_text()
    assert "bucket-1" in path.read_text()


def test_unwritable_path_is_told_before_anything_is_sent(shell: Shell, path: Path) -> None:
    """A transcript that cannot be written is wrong usage, on one line, and nothing reaches the cluster."""
    place = path.parent / "nowhere" / "wait.jsonl"
    ran = shell.run("wait", "J1", "J2", "--record", str(place))
    assert (2, "") == (ran.code, ran.out)
    (line,) = ran.err.splitlines()
    assert "the transcript cannot be written: No such file or directory" in line
    assert str(place.with_name("wait.J1.jsonl")) in line
    assert [] == shell.cluster.log


def test_replay_shows_every_decision_with_time_and_reason(shell: Shell, path: Path) -> None:
    """There is a row for each line: number, time, what came, what is decided, and why."""
    record(path)
    ran = shell.run("replay", str(path))
    assert (0, "") == (ran.code, ran.err)
    *rows, last = ran.out.splitlines()
    assert ["2", "0.000", "s", "start", "status", "in", "0.000", "s", "the", "wait", "begins"] == rows[
        0
    ].split()
    assert [number for number, _ in enumerate(rows, 2)] == [int(row.split()[0]) for row in rows]
    assert "HTTP 200" in rows[1]
    assert "status in 0." in rows[1]
    assert "not done" in rows[1]
    assert "done" in rows[-1]
    assert "the end is proved: 1 finished (t1)" in rows[-1]
    assert "all as it was: 5 decisions" == last


def test_replay_of_every_sort_of_input_and_end(shell: Shell, path: Path) -> None:
    """Faults, and values of embedders, are told by what they are; so are the ends."""
    record(path, [Fault(FaultKind.DNS, "x"), RUNNING, NotFound(), seen(t1="aborted")])
    out = shell.run("replay", str(path)).out
    for words in ("fault: dns", "status  ", "not found", "snapshots", "failed"):
        assert words in out
    record(path, [Fault(FaultKind.TLS, "expired")])
    assert "given up" in shell.run("replay", str(path)).out


def test_replay_shows_the_first_difference(shell: Shell, path: Path) -> None:
    """What is decided otherwise is marked, and the first of it is told field by field; the exit code is 1."""
    record(path)
    documents = lines(path)
    documents[2]["decision"] |= {"delay": 7.5, "reason": "because"}
    documents[3]["decision"]["reason"] = "likewise"
    ran = shell.run("replay", str(write(path, documents)))
    assert (1, "") == (ran.code, ran.err)
    assert ["!", "!"] == [row.split()[0] for row in ran.out.splitlines() if row.startswith("!")]
    told = ran.out[ran.out.index("line 3") :].splitlines()
    assert told[0].startswith("line 3, at 0.100 s, is decided differently:")
    assert [["delay", "7.5", "=>"], ["reason", "'because'", "=>"]] == [line.split()[:3] for line in told[1:]]
    assert told == shell.run("replay", str(path), "--diff").out.splitlines()


def test_diff_of_what_is_the_same_is_one_line(shell: Shell, path: Path) -> None:
    """``--diff`` has no table."""
    record(path)
    ran = shell.run("replay", str(path), "--diff")
    assert (0, "all as it was: 5 decisions\n") == (ran.code, ran.out)


def test_other_policy_is_told_beside_a_difference(shell: Shell, path: Path) -> None:
    """A difference is no surprise where the rules are others; that is told."""
    record(path)
    header, *others = lines(path)
    write(path, [header | {"policy": 0}, *others])
    assert (0, "") == (shell.run("replay", str(path), "--diff").code, shell.run("replay", str(path)).err)
    others[1]["decision"]["reason"] = "because"
    write(path, [header | {"policy": 0}, *others])
    assert f"recorded under policy 0, and this is policy {POLICY}" in shell.run("replay", str(path)).err


def test_what_raises_is_told(shell: Shell, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bug of the core of today is a row as any other."""
    record(path)
    broken = load()._replace(decode=lambda *_: 1 / 0)
    monkeypatch.setattr("ais_jobcore.machines.job.load_all", lambda: broken)
    ran = shell.run("replay", str(path))
    assert 1 == ran.code
    assert "raises" in ran.out
    assert "ZeroDivisionError: division by zero" in ran.out


def test_replay_as_json(shell: Shell, path: Path) -> None:
    """``--json`` has a document for each line, and one for all, with keys that stay."""
    record(path)
    documents = lines(path)
    documents[3]["decision"]["reason"] = "because"
    ran = shell.run("replay", str(write(path, documents)), "--json")
    *rows, last = ran.documents
    assert ["line", "t", "input", "decision", "reason", "same"] == list(rows[0])
    assert [True, True, False, True, True] == [row["same"] for row in rows]
    assert {
        "file": "wait.jsonl",
        "policy": POLICY,
        "policy_today": POLICY,
        "truncated": False,
        "same": False,
        "line": 4,
        "changes": [{"place": "reason", "then": "because", "now": "not done"}],
        "exit_code": 1,
    } == last
    record(path)
    *_, last = shell.run("replay", str(path), "--json").documents
    assert (True, None, [], 0) == (last["same"], last["line"], last["changes"], last["exit_code"])


def test_replay_as_test(shell: Shell, path: Path) -> None:
    """``--as-test`` prints a program and nothing else; one that fails already says so on stderr."""
    record(path)
    ran = shell.run("replay", str(path), "--as-test")
    assert (0, "") == (ran.code, ran.err)
    names: dict[str, object] = {}
    exec(compile(ran.out, "test", "exec"), names)  # noqa: S102 - that it is one is the point
    names["test_wait_is_decided_as_it_was"]()
    documents = lines(path)
    documents[2]["decision"]["reason"] = "because"
    ran = shell.run("replay", str(write(path, documents)), "--as-test")
    assert 1 == ran.code
    assert "the test fails" in ran.err
    exec(compile(ran.out, "test", "exec"), names)  # noqa: S102 - the same
    with pytest.raises(AssertionError):
        names["test_wait_is_decided_as_it_was"]()


def test_transcript_that_breaks_off_is_replayed_as_far_as_it_goes(shell: Shell, path: Path) -> None:
    """Half a line at the end is told, and everything before it is shown; gzipped or not."""
    record(path)
    path.write_bytes(gzip.compress(path.read_bytes()[:-50]))
    ran = shell.run("replay", str(path))
    assert 0 == ran.code
    assert "the transcript breaks off before the end of the wait" in ran.err
    assert f"all as it was: {len(LIFE)} decisions" in ran.out


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", 1),
        ("not JSON\n", 1),
        ('{"format":"ais-jobcore.wait","version":1}\n', 1),
        ('{"format":"ais-jobcore.transcript","version":99}\n', 1),
        ("\x1b[2J\n", 1),
        (None, 4),
    ],
)
def test_transcript_that_cannot_be_read_exits_5(
    shell: Shell, path: Path, text: str | None, line: int
) -> None:
    """A foreign, newer or damaged transcript is told in one printable line that names the line."""
    record(path)
    if text is None:
        header, start, first, *_ = path.read_text().splitlines()
        text = f'{header}\n{start}\n{first}\n{{"t":"\x1b"}}\n'
    path.write_text(text)
    for option in ("--diff", "--as-test", "--json"):
        ran = shell.run("replay", str(path), option)
        assert 5 == ran.code
        assert ran.err.startswith(f"ais-job: wait.jsonl: line {line}: ")
        assert 1 == ran.err.count("\n")
        assert ran.err.strip().isprintable()


@pytest.mark.parametrize(
    "argv",
    [
        ["replay"],
        ["replay", "nowhere.jsonl"],
        ["replay", "."],
        ["replay", "a", "--diff", "--json"],
        ["wait", "J1", "--hide-names"],
    ],
    ids=" ".join,
)
def test_wrong_usage(shell: Shell, argv: list[str]) -> None:
    """What makes no command, and a file that is not there, are told in one line with the exit code 2."""
    ran = shell.run(*argv)
    assert (2, "", 1) == (ran.code, ran.out, ran.err.count("\n"))


def test_hostile_texts_do_not_reach_the_terminal(shell: Shell, path: Path) -> None:
    """What a transcript holds is shown in printable characters, whatever it is."""
    record(path)
    header, start, first, *_ = lines(path)
    first["decision"]["reason"] = "\x1b[2J\u202e[red]" + "x" * 10_000
    write(path, [header | {"policy": "\x1b]0;x\x07"}, start, first])
    for option in ([], ["--diff"], ["--json"]):
        ran = shell.run("replay", str(path), *option)
        assert 1 == ran.code
        assert not any(char in ran.out + ran.err for char in "\x1b\x07\u202e")
    assert len(shell.run("replay", str(path), "--diff").out) < 1000
    assert json.loads(shell.run("replay", str(path), "--json").out.splitlines()[-1])["changes"]
