"""The core is pure: what importing it loads, and what it touches while it works."""

from __future__ import annotations

import sys
import tomllib
from typing import TYPE_CHECKING

import pytest

from tests.packaging.environments import ROOT, run

if TYPE_CHECKING:
    from pathlib import Path

NEVER = {"requests", "aiohttp", "asyncio", "ssl", "http", "cattrs", "socket", "logging"}


def loaded_by(statement: str) -> set[str]:
    """Return the modules that a fresh interpreter has loaded after a statement."""
    return set(run(sys.executable, "-c", f"{statement}; import sys; print(*sys.modules)", cwd=ROOT).split())


def banned() -> set[str]:
    """Return the modules that the linter bans from the core."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    return set(settings["tool"]["ruff"]["lint"]["flake8-tidy-imports"]["banned-api"])


def test_import_loads_no_transport() -> None:
    """``import ais_jobcore`` loads no HTTP library, no event loop, no logging; and no cattrs yet."""
    assert set() == NEVER & loaded_by("import ais_jobcore")


def test_import_loads_no_banned_module_that_attrs_does_not() -> None:
    """What the linter bans from the core's text is not loaded in a roundabout way either."""
    assert set() == (loaded_by("import ais_jobcore") - loaded_by("import attrs")) & banned()


@pytest.mark.parametrize("module", ["ais_jobcore", "ais_jobcore.drivers.client", "ais_jobcore_requests"])
@pytest.mark.parametrize("part", ["testing", "recording"])
def test_files_and_sockets_are_not_loaded_by_the_core(module: str, part: str) -> None:
    """Files, sockets and threads stay in modules that neither the core nor a driver imports unasked."""
    assert set() == {name for name in loaded_by(f"import {module}") if name.startswith(f"ais_jobcore.{part}")}


def test_waits_touch_nothing(recordings: Path) -> None:
    """Waits read no clock, chance, environment, file or socket, and go the same way twice."""
    run(sys.executable, "-W", "error", "-m", "tests.packaging.drive_core", recordings, cwd=ROOT)
