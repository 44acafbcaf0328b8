"""What is in the wheel, and what it says about itself."""

from __future__ import annotations

import sys
from email import message_from_string
from typing import TYPE_CHECKING
from zipfile import ZipFile

import pytest
from packaging.requirements import Requirement

from ais_jobcore._version import __version__
from tests.packaging.environments import PACKAGES, ROOT, attempt

if TYPE_CHECKING:
    from email.message import Message
    from pathlib import Path

pytestmark = pytest.mark.packaging

INFO = f"ais_jobcore-{__version__}.dist-info"
EXTRAS = {
    "": {"attrs", "cattrs"},
    "requests": {"requests"},
    "aiohttp": {"aiohttp"},
    "cli": {"requests", "aiohttp", "rich"},
    "fast": {"msgspec"},
    "all": {"requests", "aiohttp", "rich", "msgspec"},
}


@pytest.fixture(scope="module")
def files(wheel: Path) -> set[str]:
    """Return the paths of the files in the wheel."""
    with ZipFile(wheel) as archive:
        return set(archive.namelist())


@pytest.fixture(scope="module")
def metadata(wheel: Path) -> Message:
    """Return the wheel's metadata."""
    with ZipFile(wheel) as archive:
        return message_from_string(archive.read(f"{INFO}/METADATA").decode())


def requirements(metadata: Message, extra: str) -> list[Requirement]:
    """Return what one extra requires by itself; the empty one is what everybody gets."""
    every = [Requirement(text) for text in metadata.get_all("Requires-Dist", [])]
    if not extra:
        return [requirement for requirement in every if requirement.marker is None]
    return [one for one in every if one.marker is not None and one.marker.evaluate({"extra": extra})]


def test_top_level_is_the_four_packages(files: set[str]) -> None:
    """Nothing but our four packages lands in ``site-packages``."""
    assert {*PACKAGES, INFO} == {path.split("/")[0] for path in files}


def test_every_module_is_in_the_wheel(files: set[str]) -> None:
    """The wheel holds every file of the packages and no other, though it was built from the sdist."""
    sources = {
        f"{name}/{path.relative_to(folder).as_posix()}"
        for name, folder in PACKAGES.items()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert sources == {path for path in files if not path.startswith(INFO)}


@pytest.mark.parametrize("package", PACKAGES)
def test_every_package_is_typed(package: str, files: set[str]) -> None:
    """Type checkers read the annotations of each package."""
    assert f"{package}/py.typed" in files


def test_licence_and_version(files: set[str], metadata: Message) -> None:
    """The licence is named and included, and the version has one source."""
    assert ("MIT", __version__, ">=3.11") == (
        metadata["License-Expression"],
        metadata["Version"],
        metadata["Requires-Python"],
    )
    assert f"{INFO}/licenses/LICENSE" in files


@pytest.mark.parametrize("extra", EXTRAS)
def test_each_extra_requires_what_it_is_for(extra: str, metadata: Message) -> None:
    """
    No extra pulls in the library of another one, and ``all`` is all of them.

    Whoever needs requests bounds its urllib3, too: with its first versions a truncated body passes for whole.
    """
    below = {"urllib3"} if "requests" in EXTRAS[extra] else set[str]()
    assert EXTRAS[extra] | below == {requirement.name for requirement in requirements(metadata, extra)}


def test_lowest_constraints_are_the_lower_bounds(metadata: Message) -> None:
    """What is tested as the oldest allowed versions is what the metadata allows."""
    bounds = {
        f"{requirement.name}{specifier}".replace(">=", "==")
        for extra in EXTRAS
        for requirement in requirements(metadata, extra)
        for specifier in requirement.specifier
    }
    lines = (ROOT / "constraints-lowest.txt").read_text("utf-8").splitlines()
    assert bounds <= set(lines)


def test_pytest_finds_the_plugin(wheel: Path, tmp_path: Path) -> None:
    """Where the wheel is installed, pytest knows the fixtures without being told of them."""
    with ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    (tmp_path / "test_it.py").write_text(
        "import ais_jobcore\n"
        "def test_it(ais_cluster, ais_server):\n"
        f"    assert ais_jobcore.__file__.startswith({str(tmp_path / 'site')!r})\n"
        "    assert ais_server.cluster is ais_cluster\n",
        "utf-8",
    )
    start = "import sys; sys.path.insert(0, 'site'); import pytest; sys.exit(pytest.main(sys.argv[1:]))"
    done = attempt(sys.executable, "-W", "error", "-c", start, "test_it.py", cwd=tmp_path)
    assert done.code == 0, done.output
    done = attempt(sys.executable, "-W", "error", "-c", start, "-p", "no:ais_jobcore", cwd=tmp_path)
    assert "fixture 'ais_cluster' not found" in done.output
