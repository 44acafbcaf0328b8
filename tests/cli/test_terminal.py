"""Terminals, pipes, files and signals: whatever happens to the streams, there is no traceback."""

from __future__ import annotations

import io
import os
import re
import signal
import subprocess
import sys
import threading
import warnings
from math import inf
from pathlib import Path
from typing import IO, TYPE_CHECKING

import pytest
from rich.console import Console

from ais_jobcore import JobWait, Reply
from ais_jobcore.testing import SimTransport, run
from ais_jobcore_cli import main
from ais_jobcore_cli.terminal import Terminal
from ais_jobcore_cli.watching import Board, Watch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ais_jobcore.queries import Request
    from tests.cli.conftest import Shell

ROOT = Path(__file__).parents[2]
COLOUR = re.compile(r"\x1b\[[0-9;]*3[0-9]")


class Tty(io.StringIO):
    """Look like a terminal."""

    def isatty(self) -> bool:
        """Say yes."""
        return True


@pytest.fixture
def tty(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> Tty:
    """Let stderr be a terminal with colours, of 100 columns."""
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "100")
    shell.streams["stderr"] = stream = Tty()
    return stream


def test_progress_is_live_on_a_terminal_and_leaves_stdout_alone(shell: Shell, tty: Tty) -> None:
    """On a terminal progress is drawn, and wiped in the end; the result goes to stdout, plain."""
    job = shell.cluster.add_job("copy-objects", duration=30.0)
    ran = shell.run("wait", job.id)
    assert 0 == ran.code
    assert job.id in ran.out
    assert "\x1b" not in ran.out
    assert "\x1b[?25l" in tty.getvalue()
    assert tty.getvalue().rindex("\x1b[?25h") > tty.getvalue().rindex(job.id)
    assert COLOUR.search(tty.getvalue())


def test_no_color_is_honoured(shell: Shell, tty: Tty, monkeypatch: pytest.MonkeyPatch) -> None:
    """With NO_COLOR there is progress, and no colour."""
    monkeypatch.setenv("NO_COLOR", "1")
    job = shell.cluster.add_job("copy-objects", duration=30.0)
    assert 6 == shell.run("wait", "Jneverwas").code
    assert 0 == shell.run("wait", job.id).code
    assert job.id in tty.getvalue()
    assert not COLOUR.search(tty.getvalue())


def test_dumb_terminal_gets_plain_lines(shell: Shell, tty: Tty, monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal that cannot move its cursor gets lines."""
    monkeypatch.setenv("TERM", "dumb")
    job = shell.cluster.add_job("copy-objects", duration=30.0)
    assert 0 == shell.run("wait", job.id).code
    assert "\x1b[?25l" not in tty.getvalue()
    assert "the wait begins" in tty.getvalue()


def test_report_on_a_terminal_is_folded(shell: Shell, tty: Tty) -> None:
    """On a terminal a long error is folded below itself, and not cut."""
    shell.streams["stdout"] = tty
    words = " ".join(f"word{n}" for n in range(40))
    job = shell.cluster.add_job("copy-objects", errors={"t1": words})
    shell.run("wait", job.id)
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", tty.getvalue())
    assert words.split() == re.findall(r"word[0-9]+", plain)
    assert all(len(line) <= 100 for line in plain.splitlines())


def _draw(watch: Watch, now: float, *, ascii_only: bool = False) -> str:
    screen = io.StringIO()
    Console(file=screen, width=100).print(Board([watch], lambda: now, ascii_only=ascii_only).rich())
    return " ".join(screen.getvalue().split())


def test_board_shows_job_time_requests_and_targets(shell: Shell) -> None:
    """A row tells which job, how long, how often it was asked for, and what the targets do."""
    job = shell.cluster.add_job("copy-objects", duration=inf, job_id="tco-J12345678")
    watch = Watch(JobWait(job.id))
    assert "tco-J12345678 copy-listrange 0.0 s 0 requests" in _draw(watch, 7.0)
    transport = SimTransport(shell.cluster, shell.clock)
    decision = watch.start(shell.clock.now())
    watch.handle(transport.send(decision.request), shell.clock.now())
    assert "tco-J12345678 copy-listrange 2.5 s 2 requests running t1 t2 t3" in _draw(watch, 2.5)


def test_board_of_many_targets_sums_them_up(shell: Shell) -> None:
    """Where there are many targets, the row has their number."""
    shell.use(type(shell.cluster)(targets=20))
    job = shell.cluster.add_job("copy-objects", duration=inf)
    watch = Watch(JobWait(job.id, timeout=5.0))
    run(watch, SimTransport(shell.cluster, shell.clock), shell.clock)
    assert "not done: 20 running (t1, t2, t3, ...)" in _draw(watch, 5.0).replace("t10, t11", "t2, t3")


def test_board_needs_no_other_characters_than_ascii(shell: Shell) -> None:
    """Where the encoding has nothing else, neither has the board."""
    watch = Watch(JobWait(shell.cluster.add_job("copy-objects").id))
    assert _draw(watch, 0.0, ascii_only=True).isascii()


@pytest.fixture
def broken() -> Iterator[IO[str]]:
    """Make a pipe that nobody reads."""
    reader, writer = os.pipe()
    os.close(reader)
    with io.TextIOWrapper(io.FileIO(writer, "w"), "utf-8") as stream:
        yield stream


@pytest.mark.parametrize("options", [[], ["--json"]], ids=["human", "json"])
@pytest.mark.parametrize("good", [True, False])
def test_broken_pipe_changes_no_exit_code(
    options: list[str], good: bool, shell: Shell, broken: IO[str]
) -> None:
    """Whoever stops reading changes nothing: the exit code tells of the job, and nothing else is said."""
    jobs = [shell.cluster.add_job("copy-bck", duration=5.0) for _ in range(3)]
    if not good:
        jobs[2].abort_at(3.0)
    shell.streams["stdout"] = broken
    ran = shell.run("wait", *[job.id for job in jobs], *options)
    assert (0 if good else 1) == ran.code
    assert "ais-job:" not in ran.err
    assert "Traceback" not in ran.err


def test_broken_pipe_of_progress_changes_no_result(shell: Shell, broken: IO[str]) -> None:
    """Progress that nobody reads does not disturb the wait."""
    shell.streams["stderr"] = broken
    job = shell.cluster.add_job("copy-bck", duration=5.0)
    ran = shell.run("wait", job.id)
    assert 0 == ran.code
    assert job.id in ran.out


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full device to write to")
def test_full_disk_is_told(shell: Shell) -> None:
    """A result that cannot be written is one line on stderr, and no success."""
    job = shell.cluster.add_job("copy-bck")
    with Path("/dev/full").open("w", encoding="utf-8") as shell.streams["stdout"]:
        ran = shell.run("wait", job.id, "--json")
    assert 2 == ran.code
    assert "No space left on device" in ran.err.splitlines()[-1]


def test_closed_streams_are_no_trouble(shell: Shell) -> None:
    """A process without stdout and stderr still has its exit code."""
    job = shell.cluster.add_job("copy-bck").abort_at(0.5)
    shell.streams = {"stdout": None, "stderr": None}
    assert 1 == shell.run("wait", job.id).code


def test_poor_encoding_loses_characters_and_nothing_else(shell: Shell) -> None:
    """What the encoding of stdout lacks becomes a question mark."""
    job = shell.cluster.add_job("copy-objects", errors={"t1": "Größe"})
    written = io.BytesIO()
    with io.TextIOWrapper(written, "ascii") as shell.streams["stdout"]:
        assert 1 == shell.run("wait", job.id).code
        text = written.getvalue().decode("ascii")
    assert text.startswith("failed ")
    assert "Gr??e" in text


def _after_the_first(number: int, shell: Shell) -> str:
    """Let a signal come while a second job is waited for; return the id of the first, which is done."""
    done = shell.cluster.add_job("copy-bck", duration=1.0)
    shell.cluster.add_job("copy-bck", duration=inf, job_id="J12345678")

    def strike(_: Request, now: float) -> Reply | None:
        if now > 20.0:
            signal.raise_signal(number)
        return None

    shell.use(fault=strike)
    return done.id


def test_interruption_exits_130_and_tells_what_is_known(shell: Shell) -> None:
    """Ctrl-C ends the wait; the job that is done by then is reported."""
    done = _after_the_first(signal.SIGINT, shell)
    ran = shell.run("wait", done, "J12345678", "--timeout", "none")
    assert 130 == ran.code
    assert f"{done} copy-bck: finished" in ran.out
    assert "ais-job: interrupted" == ran.err.splitlines()[-1]


def test_termination_tells_what_is_known(shell: Shell, capsys: pytest.CaptureFixture[str]) -> None:
    """SIGTERM ends it as a shell expects, and what is known is reported."""
    done = _after_the_first(signal.SIGTERM, shell)
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(SystemExit) as left:
        main(["wait", done, "J12345678", "--timeout", "none"])
    assert 128 + signal.SIGTERM == left.value.code
    assert f"{done} copy-bck: finished" in capsys.readouterr().out
    assert before is signal.getsignal(signal.SIGTERM)


def test_interruption_of_one_request_exits_130(shell: Shell) -> None:
    """Ctrl-C during a command of one request is no traceback either."""
    shell.script(lambda _request, _now: signal.raise_signal(signal.SIGINT) or Reply(500))
    ran = shell.run("status", "J12345678")
    assert (130, "", "ais-job: interrupted\n") == (ran.code, ran.out, ran.err)


def test_commands_run_in_any_thread(shell: Shell) -> None:
    """Who embeds the command line may run it where no signals are."""
    job, codes = shell.cluster.add_job("copy-bck"), list[int]()
    thread = threading.Thread(target=lambda: codes.append(main(["wait", job.id])))
    thread.start()
    thread.join()
    assert [0] == codes


def test_warnings_are_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """A warning is told without the place in the source."""
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.showwarning = Terminal().warn
        warnings.warn("anybody can answer", stacklevel=1)
    assert "ais-job: warning: anybody can answer\n" == capsys.readouterr().err


@pytest.mark.parametrize("missing", ["rich", "aiohttp"])
def test_missing_library_is_told_with_the_extra(
    missing: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without a library that it needs, the command says what to install."""
    monkeypatch.setitem(sys.modules, missing, None)
    assert 2 == main(["wait", "J1"])
    assert f'ais-job: needs {missing}: pip install "ais-jobcore[cli]"\n' == capsys.readouterr().err


def test_process_ends_in_silence_when_nobody_reads_its_help() -> None:
    """The flush at the exit of the process is no traceback either."""
    reader, writer = os.pipe()
    os.close(reader)
    paths = [str(ROOT), str(ROOT / "transports")]
    done = subprocess.run(
        [sys.executable, "-m", "ais_jobcore_cli", "--help"],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(paths)},
        stdout=writer,
        stderr=subprocess.PIPE,
        check=False,
        timeout=60,
    )
    os.close(writer)
    assert (0, b"") == (done.returncode, done.stderr)
