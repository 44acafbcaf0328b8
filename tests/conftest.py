"""What all tests share: how hard hypothesis tries, where the recordings are, and no cluster by accident."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

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
