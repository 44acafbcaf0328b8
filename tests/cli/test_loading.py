"""What each command loads: no more than it needs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DEAR = {"aiohttp", "requests", "urllib3", "rich", "asyncio", "cattrs", "msgspec"}
"""What no command should load without need."""

LOADED = """
import sys
from ais_jobcore_cli import main
try:
    main({argv!r})
except SystemExit:
    pass
sys.stderr.write(" ".join(sys.modules))
"""


def loaded(*argv: str) -> set[str]:
    """Run a command in a fresh process, and return which of the dear modules it has loaded."""
    paths = os.pathsep.join((str(ROOT), str(ROOT / "transports"), os.environ.get("PYTHONPATH", "")))
    done = subprocess.run(  # noqa: S603 - it is our own
        [sys.executable, "-c", LOADED.format(argv=list(argv))],
        env=os.environ | {"PYTHONPATH": paths, "AIS_ENDPOINT": "http://127.0.0.1:1"},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return DEAR & set(done.stderr.splitlines()[-1].split())


@pytest.mark.parametrize(
    "argv", [["--version"], ["--help"], ["wait", "--help"], ["demo", "--help"]], ids=" ".join
)
def test_help_and_version_load_next_to_nothing(argv: list[str]) -> None:
    """To tell a version takes neither an HTTP library nor an event loop, nor what draws tables."""
    assert set() == loaded(*argv)


def test_wrong_usage_loads_no_driver() -> None:
    """What makes no command is told without a driver."""
    assert {"rich"} == loaded("wait", "a b")


def test_replay_loads_no_driver(tmp_path: Path) -> None:
    """A transcript is replayed without a network, and so without an HTTP library."""
    assert set() == loaded("replay", str(tmp_path / "none.jsonl")) & {"aiohttp", "requests", "asyncio"}


@pytest.mark.parametrize("argv", [["status", "J12345678"], ["show"], ["stop", "J12345678"]], ids=" ".join)
def test_commands_of_one_request_load_one_driver(argv: list[str]) -> None:
    """A question and a stop go through requests: they need no event loop."""
    assert {"requests"} == loaded(*argv, "--endpoint", "no URL") & {"requests", "aiohttp", "asyncio"}


def test_waiting_loads_one_driver() -> None:
    """Waits go side by side in one event loop, and need no requests."""
    assert {"aiohttp", "asyncio"} == loaded("wait", "J12345678", "--endpoint", "no URL") & {
        *("requests", "aiohttp", "asyncio")
    }
