"""What all tests share: how hard hypothesis tries, where the recordings are, and no cluster by accident."""

from __future__ import annotations

import importlib
import os
import pkgutil
from pathlib import Path
from typing import Final

import pytest
from coverage import Coverage
from hypothesis import settings

import ais_jobcore
from tests.own import forget

TESTS = Path(__file__).parent

# In virtual time an example costs what the machine is busy with, so there is no deadline;
# CI draws the same examples every time, and everybody else looks further.
settings.register_profile("tests", deadline=None, derandomize="CI" in os.environ, print_blob=True)
settings.register_profile("fast", settings.get_profile("tests"), max_examples=10)
# For `make prove`: fresh examples each time, and many of them.
settings.register_profile("prove", settings.get_profile("tests"), max_examples=3000, derandomize=False)
settings.load_profile(next((name for name in ("fast", "prove") if name.upper() in os.environ), "tests"))


@pytest.fixture(scope="session")
def recordings() -> Path:
    """Return the directory of recordings from a real cluster."""
    return TESTS / "recordings"


@pytest.fixture(autouse=True)
def _no_cluster_by_accident(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide the caller's settings from every test but those that are about a real cluster."""
    if not request.path.is_relative_to(TESTS / "cluster"):
        for name in [name for name in os.environ if name.startswith("AIS_")]:
            monkeypatch.delenv(name)


_measured: Final = {"file": ""}


def _measure(file: str) -> None:
    """Note for `tests/own.py` which file of tests comes by which line; once for each file, as it is dear."""
    measuring = Coverage.current() if file != _measured["file"] else None
    _measured["file"] = file
    if measuring is not None:
        measuring.switch_context(file)
        forget()


def pytest_sessionstart() -> None:
    """Import the whole core, where it is measured: what an import comes by is nobody's test."""
    if Coverage.current() is not None:
        for module in pkgutil.walk_packages(ais_jobcore.__path__, "ais_jobcore."):
            if not module.name.startswith("ais_jobcore.testing"):
                importlib.import_module(module.name)


def pytest_collectstart(collector: pytest.Collector) -> None:
    """What a file of tests calls while it is imported is its own doing, too."""
    if isinstance(collector, pytest.Module):
        _measure(str(collector.path.relative_to(TESTS.parent)))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> None:
    """Tell one file of tests from the next."""
    _measure(item.location[0])
