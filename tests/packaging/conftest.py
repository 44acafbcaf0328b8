"""The distribution, built once, and one environment for each way to install it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from tests.packaging.environments import ROOT, create, run

if TYPE_CHECKING:
    from pathlib import Path

    from tests.packaging.environments import Environment


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the source distribution, and the wheel from nothing but that."""
    out = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", out, ROOT)
    (built,) = out.glob("*.whl")
    return built


@pytest.fixture(scope="session", params=["", "requests", "aiohttp", "cli", "fast", "all"])
def extra(request: pytest.FixtureRequest) -> str:
    """Return one extra after the other, and none."""
    return str(request.param)


@pytest.fixture(scope="session")
def environment(extra: str, wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """Install the wheel with that extra alone."""
    return create(tmp_path_factory.mktemp(extra or "none"), wheel, extra, "constraints.txt")


@pytest.fixture(scope="session")
def lowest(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """Install the wheel with all extras, and with the oldest dependencies that it allows."""
    return create(tmp_path_factory.mktemp("lowest"), wheel, "all", "constraints-lowest.txt")
