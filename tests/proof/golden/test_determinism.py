"""The same inputs, the same decisions, to the byte: under any hash seed, time zone, locale and Python."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from tests.proof.golden.run import digest

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT: Final = Path(__file__).parents[3]
NEEDED: Final = ("attr", "attrs", "cattr", "cattrs", "typing_extensions")
OLDEST: Final = (3, 11)


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a directory of what the core needs and no more, all of it good for every Python."""
    directory = tmp_path_factory.mktemp("packages")
    for name in NEEDED:
        spec = find_spec(name)
        assert spec is not None
        assert spec.origin is not None
        origin = Path(spec.origin)
        origin = origin.parent if origin.name == "__init__.py" else origin
        (directory / origin.name).symlink_to(origin, target_is_directory=origin.is_dir())
    return directory


@pytest.fixture(scope="module")
def here() -> str:
    """Sum up all waits in this process, with whatever it has in its memory."""
    return digest()


def summed_up(python: str, packages: Path, **variables: str) -> str:
    """Sum up all waits in a process of its own."""
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT", "PYENV_ROOT") if name in os.environ}
    path = os.pathsep.join(map(str, (ROOT, packages)))
    done = subprocess.run(
        [python, "-B", "-m", "tests.proof.golden.run", "--digest"],
        cwd=ROOT,
        env={**kept, "PYTHONPATH": path, **variables},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def other_pythons() -> list[str]:
    """Find every other Python of this machine that the project supports, one of each version."""
    roots = [Path(part) for part in os.environ.get("PATH", "").split(os.pathsep) if part]
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    found = [
        path
        for root in [*sorted(pyenv.glob("versions/*/bin")), *roots]
        for path in sorted(root.glob("python3.*"))
        if re.fullmatch(r"python3\.\d+", path.name) and works(path)
    ]
    newer = {path.name: path for path in found if (3, int(path.name.split(".")[1])) >= OLDEST}
    newer.pop(f"python3.{sys.version_info.minor}", None)
    return sorted(map(str, newer.values()))


def works(python: Path) -> bool:
    """Tell whether it starts: a shim of a version that is not chosen does not."""
    try:
        return subprocess.run([python, "-c", ""], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


@pytest.mark.parametrize(
    "variables",
    [
        {"PYTHONHASHSEED": "1", "TZ": "Pacific/Kiritimati", "LC_ALL": "C"},
        {"PYTHONHASHSEED": "4294967295", "TZ": "America/St_Johns", "LC_ALL": "C.UTF-8", "PYTHONUTF8": "1"},
        {"PYTHONOPTIMIZE": "2", "TZ": ":no/such/zone", "LC_ALL": "POSIX", "PYTHONUTF8": "0"},
    ],
    ids=lambda variables: "-".join(variables.values()),
)
def test_surroundings_decide_nothing(variables: Mapping[str, str], packages: Path, here: str) -> None:
    """Neither the order of hashes, nor the time zone, nor the locale, nor left-out assertions."""
    assert here == summed_up(sys.executable, packages, **variables)


@pytest.mark.parametrize("python", other_pythons())
def test_every_python_decides_alike(python: str, packages: Path, here: str) -> None:
    """Whatever supported Python there is on the machine; an optional parser of JSON is left out there."""
    assert here == summed_up(python, packages)


def test_digest_is_one_of_the_decisions(monkeypatch: pytest.MonkeyPatch, here: str) -> None:
    """A wait that is decided differently once is another sum."""
    monkeypatch.setattr("ais_jobcore.rules.pacing.jittered", lambda delay, *_: delay)
    assert here != digest()
