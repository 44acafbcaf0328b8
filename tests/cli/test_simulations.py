"""``ais-job demo`` and ``ais-job simulate``."""

from __future__ import annotations

import re
import signal
import socket
import threading
import time
from types import SimpleNamespace
from typing import TYPE_CHECKING

from ais_jobcore.testing import SimCluster
from ais_jobcore_cli import demo, main, simulate
from ais_jobcore_cli.terminal import Terminal
from ais_jobcore_cli.watching import Watch

if TYPE_CHECKING:
    import pytest

    from tests.cli.conftest import Shell


def test_demo_shows_three_jobs_through_both_drivers(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """The demo takes less than 20 s, needs no setting, and ends with a table and what the targets say."""
    monkeypatch.setenv("AIS_ENDPOINT", "http://nowhere.invalid")
    monkeypatch.setenv("AIS_CLIENT_CA", "nowhere")
    began = time.monotonic()
    ran = shell.run("demo")
    assert time.monotonic() - began < 20
    assert (0, True) == (ran.code, "All 6 waits ended as they should" in ran.out)
    rows = re.findall(r"✔\s+(.+?)\s{2,}(requests|aiohttp)\s+(.+?)\s{2,}", ran.out)
    ends = {
        "bucket copy": "finished",
        "object copy, some missing": "finished with errors",
        "stopped copy": "aborted",
    }
    assert [(job, driver, end) for job, end in ends.items() for driver in ("requests", "aiohttp")] == rows
    for target in ("t1", "t2", "t3"):
        assert re.search(rf"{target}\s+idle\s+t\[{target}\]: ais://photos/\d+.jpg does not exist", ran.out)
        assert re.search(rf"{target}\s+aborted\s+user abort", ran.out)
    assert "stopped copy (aiohttp): aborted" in ran.err


def test_demo_fails_when_a_wait_ends_otherwise(shell: Shell, capsys: pytest.CaptureFixture[str]) -> None:
    """What does not come out as expected is told, and is no success."""
    acts = demo._stage(shell.cluster)
    assert 1 == demo._conclude(acts, 1.0, Terminal())
    captured = capsys.readouterr()
    assert ("", 6) == (captured.out, captured.err.count("did not end as it should"))
    assert "not at all" in _table(acts, capsys)


def _table(acts: list[demo.Act], capsys: pytest.CaptureFixture[str]) -> str:
    Terminal().show(demo._summary(acts, ascii_only=True))
    table = capsys.readouterr().out
    assert table.isascii() or "─" in table
    return table


def test_demo_can_be_interrupted(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C ends it at once, with the threads of the sync driver."""
    threads = threading.active_count()

    async def strike(*_: object) -> None:
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(Watch, "run_async", strike)
    began = time.monotonic()
    ran = shell.run("demo")
    assert (130, "") == (ran.code, ran.out)
    assert time.monotonic() - began < 3
    assert threads == threading.active_count()


def test_simulated_cluster_can_be_tried_as_it_says(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It prints its endpoint and jobs to try, serves them, and Ctrl-C is its regular end."""
    seen = list[str]()

    class Visitor:
        def wait(self, seconds: float | None) -> None:
            assert seconds is None
            said = capsys.readouterr().out
            seen.extend(re.findall(r"ais-job (?:wait|stop) (\S+)", said))
            (endpoint,) = re.findall(r"export AIS_ENDPOINT=(\S+)", said)
            assert [0] * 4 == [main(["show", job_id, "--endpoint", endpoint]) for job_id in seen]
            assert 0 == main(["stop", seen[-1], "--endpoint", endpoint])
            raise KeyboardInterrupt

    monkeypatch.setattr(simulate, "threading", SimpleNamespace(Event=Visitor))
    assert 0 == main(["simulate"])
    assert 4 == len(set(seen))
    assert "ais-job:" not in capsys.readouterr().err


def test_simulation_ends_when_its_time_has_passed(shell: Shell) -> None:
    """With --seconds it ends by itself, on the port that was asked for."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    ran = shell.run("simulate", "--seconds", "0.01", "--port", str(port))
    assert (0, "") == (ran.code, ran.err)
    assert f"http://127.0.0.1:{port}\n" in ran.out


def test_taken_port_is_told(shell: Shell) -> None:
    """A port that somebody else has is one line on stderr."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ran = shell.run("simulate", "--port", str(taken.getsockname()[1]))
    assert (2, "") == (ran.code, ran.out)
    assert "cannot serve on port" in ran.err


def test_demo_expects_what_the_jobs_are_made_for() -> None:
    """Each act says how both of its waits have to end, and one of them names every target's error."""
    acts = demo._stage(SimCluster())
    assert [True, False, False] == [act.outcome.success for act in acts]
    assert [set(), {"t1", "t2", "t3"}, set()] == [set(act.errors) for act in acts]
    assert not any(act.came_out(None) for act in acts)
