"""Fresh virtual environments with the built wheel in them, and code that runs there."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from attrs import frozen

ROOT = Path(__file__).parents[2]
PACKAGES = {
    "ais_jobcore": ROOT / "ais_jobcore",
    "ais_jobcore_requests": ROOT / "transports" / "ais_jobcore_requests",
    "ais_jobcore_aiohttp": ROOT / "transports" / "ais_jobcore_aiohttp",
    "ais_jobcore_cli": ROOT / "transports" / "ais_jobcore_cli",
}

# `make test` fills it; without it pip asks its index.
_WHEELS = ROOT / "build" / "wheels"
_SECONDS = 120


@frozen
class Finished:
    """What became of a process."""

    code: int
    output: str
    errors: str


def attempt(*command: str | Path, cwd: Path | None = None) -> Finished:
    """Run a command without the caller's Python path."""
    done = subprocess.run(
        command,
        cwd=cwd,
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    return Finished(done.returncode, done.stdout.strip(), done.stderr.strip())


def run(*command: str | Path, cwd: Path | None = None) -> str:
    """Run a command that has to succeed, and return what it printed."""
    done = attempt(*command, cwd=cwd)
    assert done.code == 0, f"{command} exited {done.code}:\n{done.output}\n{done.errors}"
    return done.output


@frozen
class Environment:
    """A virtual environment, and an empty directory beside it to run in."""

    home: Path
    empty: Path

    @property
    def python(self) -> Path:
        """The interpreter."""
        return self.home / "bin" / "python"

    def run(self, *arguments: str | Path) -> str:
        """Run the interpreter, with warnings as errors, where no source of ours is in reach."""
        return run(self.python, "-W", "error", *arguments, cwd=self.empty)

    def attempt(self, *arguments: str) -> Finished:
        """Run code that may fail."""
        return attempt(self.python, *arguments, cwd=self.empty)

    def ais_job(self, *arguments: str) -> Finished:
        """Run the installed command line."""
        return attempt(self.home / "bin" / "ais-job", *arguments, cwd=self.empty)

    def distributions(self) -> set[str]:
        """Return the names of all that is installed."""
        code = "from importlib.metadata import distributions as all; print(*{d.name.lower() for d in all()})"
        return set(self.run("-c", code).split())


def create(directory: Path, wheel: Path, extra: str, constraints: str) -> Environment:
    """Create an environment with the wheel and one of its extras, ``""`` for none."""
    environment = Environment(directory / "environment", directory / "empty")
    environment.empty.mkdir()
    run(sys.executable, "-m", "venv", "--without-pip", environment.home)
    run(
        *(sys.executable, "-m", "pip", "--python", environment.python, "install", "--quiet"),
        *(("--no-index", "--find-links", _WHEELS) if _WHEELS.is_dir() else ()),
        *("--constraint", ROOT / constraints, f"{wheel}[{extra}]" if extra else wheel),
    )
    return environment
