"""``--learn``: what is kept of how long jobs took, and what comes of it."""

from __future__ import annotations

import json
import os
import stat
from typing import TYPE_CHECKING, Any

import pytest

from ais_jobcore import Learned
from ais_jobcore.recording import Transcript
from ais_jobcore_cli import learning

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Shell

URL = "https://gw.example.org:51080"


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep state in a folder of the test, which is not there yet."""
    folder = tmp_path / "state"
    monkeypatch.setenv("XDG_STATE_HOME", str(folder))
    monkeypatch.setenv("AIS_ENDPOINT", URL)
    return folder


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return the path of a file of one's own."""
    return tmp_path / "took.json"


def kept(path: Path) -> list[float]:
    """Return the durations in a file."""
    return json.loads(path.read_text())["durations"]


def wait(shell: Shell, *argv: str, seconds: float = 20.0, kind: str = "copy-bck") -> Any:  # noqa: ANN401
    """Wait for a job that takes so long."""
    return shell.run("wait", shell.cluster.add_job(kind, duration=seconds, at=shell.clock.now()).id, *argv)


def test_durations_are_kept_by_cluster_and_kind(shell: Shell, state: Path) -> None:
    """Each run adds what it saw to a file that is its owner's alone."""
    for seconds in (20.0, 30.0):
        assert 0 == wait(shell, "--learn", seconds=seconds).code
    wait(shell, "--learn", seconds=5.0, kind="lru")
    (folder,) = (state / "ais-jobcore" / "durations").iterdir()
    assert folder.name.startswith("gw.example.org_51080-")
    assert {"copy-bck.json", "lru.json"} == {path.name for path in folder.iterdir()}
    assert [20.0, 30.0] == pytest.approx(kept(folder / "copy-bck.json"), abs=0.1)
    assert 0o600 == stat.S_IMODE((folder / "lru.json").stat().st_mode)
    assert 0o700 == stat.S_IMODE(folder.stat().st_mode)


def test_nothing_is_kept_unasked(shell: Shell, state: Path) -> None:
    """Without the flag nobody writes anything."""
    wait(shell)
    assert not state.exists()


def test_waits_ask_by_what_was_learned(shell: Shell, file: Path, tmp_path: Path) -> None:
    """The transcript of a later wait tells that it had learned, and from how many jobs."""
    shown = tmp_path / "wait.jsonl"
    wait(shell, "--learn-file", str(file), "--record", str(shown))
    assert not isinstance(Transcript.load(shown).wait().state.question.options.schedule, Learned)
    wait(shell, "--learn-file", str(file), "--record", str(shown))
    schedule = Transcript.load(shown).wait().state.question.options.schedule
    assert isinstance(schedule, Learned)
    assert 1 == schedule.past.size
    assert 2 == len(kept(file))


def test_jobs_that_fail_or_go_on_teach_nothing(shell: Shell, file: Path) -> None:
    """What did not end well is no measure."""
    bad = shell.cluster.add_job("copy-bck", duration=30.0).abort_at(4.0)
    slow = shell.cluster.add_job("copy-bck", duration=1e6)
    shell.run("wait", bad.id, slow.id, "--timeout", "10", "--learn-file", str(file))
    assert not file.exists()


def test_several_jobs_are_kept_together(shell: Shell, file: Path) -> None:
    """With several ids each counts, in their order."""
    jobs = [shell.cluster.add_job("copy-bck", duration=seconds) for seconds in (9.0, 3.0)]
    ran = shell.run("wait", *[job.id for job in jobs], "--learn-file", str(file), "--json")
    assert [9.0, 3.0] == pytest.approx(kept(file), abs=0.1)
    assert 2 == len(ran.documents)
    assert "duration" not in ran.documents[0]


def test_start_learns_too(shell: Shell, file: Path) -> None:
    """A job that is started and waited for counts; without a wait there is nothing to learn."""
    assert 0 == shell.run("start", "lru", "--wait", "--learn-file", str(file)).code
    assert 1 == len(kept(file))
    for flags in (["--learn"], ["--learn-file", str(file)]):
        ran = shell.run("start", "lru", *flags)
        assert 2 == ran.code
        assert "--learn is about a wait: add --wait" in ran.err


def test_the_newest_thousand_are_kept(shell: Shell, file: Path) -> None:
    """The file stays small."""
    learning.write(file, [float(place) for place in range(1, 1001)])
    wait(shell, "--learn-file", str(file), seconds=20.0)
    durations = kept(file)
    assert (1000, 2.0) == (len(durations), durations[0])
    assert durations[-1] == pytest.approx(20.0, abs=0.1)
    assert file.stat().st_size < learning.LIMIT / 2


DAMAGED: dict[str, tuple[bytes, str]] = {
    "no JSON": (b"{", ""),
    "empty": (b"", ""),
    "no UTF-8": (b"\xff\xfe", ""),
    "another file": (b'{"a": 1}', "it has no format 'ais-jobcore.durations' of version 1"),
    "a list": (b"[1.0]", "it has no format"),
    "newer": (b'{"format": "ais-jobcore.durations", "version": 2, "durations": []}', "of version 1"),
    "no durations": (b'{"format": "ais-jobcore.durations", "version": 1}', "durations is a list of seconds"),
    "no numbers": (
        b'{"format": "ais-jobcore.durations", "version": 1, "durations": [1.0, "x"]}',
        "durations[1] is a number of seconds above 0, not 'x'",
    ),
    "too long": (b" " * (learning.LIMIT + 1), "it has more than 65,536 bytes"),
    "too deep": (b"[" * 60_000, ""),
}


@pytest.mark.parametrize(("data", "message"), DAMAGED.values(), ids=DAMAGED)
def test_damaged_file_is_told_and_replaced(data: bytes, message: str, shell: Shell, file: Path) -> None:
    """It is ignored with one line that names it, and the wait goes on; then it is written anew."""
    file.write_bytes(data)
    ran = wait(shell, "--learn-file", str(file))
    assert 0 == ran.code
    told = [line for line in ran.err.splitlines() if "ignored what was learned" in line]
    assert told
    assert all(line.startswith(f"ais-job: ignored what was learned, {file}: ") for line in told)
    assert message in told[0]
    assert 1 == len(kept(file))


def test_symbolic_links_are_not_followed(shell: Shell, file: Path, tmp_path: Path) -> None:
    """Neither to read nor to write: what it leads to stays what it is."""
    target = tmp_path / "other.json"
    learning.write(target, [5.0])
    file.symlink_to(target)
    ran = wait(shell, "--learn-file", str(file))
    assert 0 == ran.code
    assert f"cannot keep what was learned, {file}: it is a symbolic link" in ran.err
    assert [5.0] == kept(target)
    assert file.is_symlink()
    file.unlink()
    file.symlink_to(tmp_path / "missing.json")
    wait(shell, "--learn-file", str(file))
    assert not (tmp_path / "missing.json").exists()


def test_link_that_comes_between_is_not_followed(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The system refuses it, whatever was there a moment before."""
    target = tmp_path / "other.json"
    learning.write(target, [5.0])
    file.symlink_to(target)
    monkeypatch.setattr(learning, "_refuse_link", lambda _: None)
    with pytest.raises(OSError, match="symbolic links"):
        learning.read(file)
    learning.write(file, [6.0])
    assert not file.is_symlink()
    assert [5.0] == kept(target)


def test_what_is_no_file_is_left_alone(shell: Shell, file: Path) -> None:
    """A folder or a pipe in its place is told, and nobody waits for it."""
    os.mkfifo(file)
    ran = wait(shell, "--learn-file", str(file))
    assert "it is no file" in ran.err
    assert stat.S_ISFIFO(file.stat().st_mode)
    file.unlink()
    file.mkdir()
    ran = wait(shell, "--learn-file", str(file))
    assert 0 == ran.code
    assert f"cannot keep what was learned, {file}: it is no file" in ran.err


def test_file_that_cannot_be_written_is_told(shell: Shell, tmp_path: Path) -> None:
    """The job did well all the same; nothing half written is left."""
    (tmp_path / "f").write_text("")
    ran = wait(shell, "--learn-file", str(tmp_path / "f" / "took.json"))
    assert 0 == ran.code
    assert "ais-job: cannot keep what was learned" in ran.err
    assert "Not a directory" in ran.err


def test_nothing_half_written_is_left(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where writing breaks, the old file stays, and nothing beside it."""
    learning.write(file, [5.0])
    monkeypatch.setattr(learning.json, "dump", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        learning.write(file, [6.0])
    assert [file] == list(file.parent.iterdir())
    assert [5.0] == kept(file)


def test_clusters_are_told_apart_by_their_endpoints(state: Path) -> None:
    """The order of several, a stroke at the end and capitals do not matter; a token in a URL is not shown."""
    one = learning.folder(URL)
    assert learning.folder(None) == one == learning.folder(f" {URL.upper()}/ ")
    assert learning.folder(f"{URL},http://b") == learning.folder(f"http://b,{URL}")
    names = {
        str(learning.folder(each)) for each in (URL, "http://b", f"{URL},http://b", "https://gw.example.org")
    }
    assert 4 == len(names)
    hidden = learning.folder("http://user:secret@b:80/x/../y")
    assert hidden is not None
    assert "secret" not in str(hidden)
    assert state / "ais-jobcore" / "durations" == hidden.parent
    assert len(str(learning.folder(f"http://{'a' * 300}")).rpartition("/")[2]) < 60


def test_folder_for_state(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, shell: Shell) -> None:
    """Without a folder of the user's choice it is the usual one; who has no home keeps nothing."""
    monkeypatch.delenv("AIS_ENDPOINT")
    monkeypatch.setattr(learning.Path, "home", lambda: tmp_path)
    for given in ("", "relative/path"):
        monkeypatch.setenv("XDG_STATE_HOME", given)
        found = learning.folder("")
        assert found is not None
        assert tmp_path / ".local" / "state" / "ais-jobcore" / "durations" == found.parent
        assert found.name.startswith("cluster-")

    def homeless() -> Path:
        raise RuntimeError

    monkeypatch.setattr(learning.Path, "home", homeless)
    assert learning.folder("") is None
    ran = wait(shell, "--learn")
    assert 0 == ran.code
    assert "ais-job: nothing is learned without a home folder: name a file by --learn-file\n" in ran.err


def test_kind_that_is_not_known_before_the_end_is_known_then(shell: Shell, state: Path) -> None:
    """An id may not tell the kind; the result does, and the next wait that names it learns."""
    job = shell.cluster.add_job("copy-bck", job_id="Jplain123", duration=4.0)
    shell.run("wait", job.id, "--learn")
    (found,) = state.rglob("*.json")
    assert "copy-bck.json" == found.name
