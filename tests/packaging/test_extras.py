"""Each extra installed alone: what it is for works, and what it is not for says what is missing."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests.packaging.environments import ROOT

if TYPE_CHECKING:
    from tests.packaging.environments import Environment

pytestmark = pytest.mark.packaging

DRIVERS = {"requests": "ais_jobcore_requests", "aiohttp": "ais_jobcore_aiohttp"}
LIBRARIES = {
    "": set[str](),
    "requests": {"requests"},
    "aiohttp": {"aiohttp"},
    "cli": {"requests", "aiohttp", "rich"},
    "fast": {"msgspec"},
    "all": {"requests", "aiohttp", "rich", "msgspec"},
}


def test_installs_no_library_of_another_extra(extra: str, environment: Environment) -> None:
    """An extra brings its own libraries and none of the others'."""
    assert LIBRARIES[extra] == environment.distributions() & LIBRARIES["all"]


def wait_for_jobs(environment: Environment, libraries: set[str]) -> None:
    """Run waits in an empty directory, where the source tree is out of reach."""
    script = shutil.copy(ROOT / "tests" / "packaging" / "first_waits.py", environment.empty)
    environment.run(script, *sorted(libraries))


def test_jobs_are_waited_for(extra: str, environment: Environment) -> None:
    """Everything that is installed waits for jobs; the core and the kit for tests need no extra."""
    wait_for_jobs(environment, LIBRARIES[extra])


def test_jobs_are_waited_for_on_the_lowest_versions(lowest: Environment) -> None:
    """Everything works with the oldest dependencies that the metadata allows."""
    wait_for_jobs(lowest, LIBRARIES["all"])


@pytest.mark.parametrize("library", DRIVERS)
def test_driver_works_or_names_its_extra(library: str, extra: str, environment: Environment) -> None:
    """A driver can be imported with its library; without, the error says what to install."""
    done = environment.attempt("-W", "error", "-c", f"import {DRIVERS[library]}")
    if library in LIBRARIES[extra]:
        assert (0, "") == (done.code, done.errors)
    else:
        last = done.errors.splitlines()[-1]
        assert last.startswith(("ImportError", "ModuleNotFoundError"))
        assert f"ais-jobcore[{library}]" in last


def test_command_line_works_or_names_its_extra(extra: str, environment: Environment) -> None:
    """Help needs no extra; a command that does says what to install."""
    done = environment.ais_job("--help")
    assert (0, "") == (done.code, done.errors)
    assert "wait" in done.output
    if "rich" not in LIBRARIES[extra]:
        done = environment.ais_job("status", "x3CgTG-3v", "--endpoint", "http://127.0.0.1:1")
        assert done.code != 0
        assert "ais-jobcore[" in done.errors.splitlines()[-1]
