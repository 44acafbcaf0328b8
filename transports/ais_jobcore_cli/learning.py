"""What ``--learn`` keeps: how long jobs took, in a small file for each cluster and kind."""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from ais_jobcore import Learned
from ais_jobcore.drivers.config import ENDPOINT
from ais_jobcore.kinds import KINDS
from ais_jobcore.limits import LEARNED_DURATIONS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .arguments import Arguments
    from .terminal import Terminal

FORMAT: Final = "ais-jobcore.durations"
VERSION: Final = 1
LIMIT: Final = 64 * 1024
"""Bytes of a file: a thousand durations take less than half of it."""

_ODD: Final = re.compile(r"[^\w.-]+", re.ASCII)
_NAME: Final = 40
"""Characters of a host that the name of a folder keeps."""
_FLAGS: Final = getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
"""A symbolic link is not followed, and nobody waits for what is no file."""


class Past:
    """
    The durations of jobs, by the files that they are kept in.

    What cannot be read or written is told once, and is no reason to fail: a wait does without.

    Args:
        arguments: which cluster it is, and which file was asked for.
        terminal: where it is told.
    """

    def __init__(self, arguments: Arguments, terminal: Terminal) -> None:
        self._terminal = terminal
        self._file = arguments.learn_file
        self._folder = None if self._file else folder(arguments.endpoint)
        if self._file is None is self._folder:
            terminal.complain("nothing is learned without a home folder: name a file by --learn-file")
        self._schedules: dict[Path, Learned | None] = {}

    def schedule(self, kind: str) -> Learned | None:
        """Return what was learned of a kind; ``None`` as long as there is nothing."""
        path = self._path(kind)
        if path is None:
            return None
        if path not in self._schedules:
            durations = self._read(path)
            self._schedules[path] = Learned(durations) if durations else None
        return self._schedules[path]

    def keep(self, took: Iterable[tuple[str, float | None]]) -> None:
        """Keep how long jobs of these kinds took, behind what other runs may have kept by now."""
        found: dict[Path, list[float]] = {}
        for kind, duration in took:
            path = self._path(kind)
            if path is not None and duration is not None:
                found.setdefault(path, []).append(duration)
        for path, durations in found.items():
            self._write(path, [*self._read(path), *durations][-LEARNED_DURATIONS:])

    def _path(self, kind: str) -> Path | None:
        if self._file is not None:
            return self._file
        return self._folder / f"{kind}.json" if self._folder is not None and kind in KINDS else None

    def _read(self, path: Path) -> list[float]:
        try:
            return read(path)
        except FileNotFoundError:
            return []
        except (OSError, ValueError, RecursionError) as error:
            self._terminal.complain(f"ignored what was learned, {path}: {_words(error)}")
            return []

    def _write(self, path: Path, durations: list[float]) -> None:
        try:
            write(path, durations)
        except (OSError, ValueError) as error:
            self._terminal.complain(f"cannot keep what was learned, {path}: {_words(error)}")


def folder(endpoint: str | None) -> Path | None:
    """
    Return the folder of a cluster, below the user's folder for state; ``None`` where there is no such user.

    Args:
        endpoint: its URLs, as on the command line; by default those of the environment.
    """
    given = endpoint or os.environ.get(ENDPOINT, "")
    urls = sorted({url.strip().rstrip("/").lower() for url in given.split(",")} - {""})
    host = _ODD.sub("_", urls[0].rpartition("//")[2].rpartition("@")[2])[:_NAME] if urls else "cluster"
    digest = hashlib.sha256("\n".join(urls).encode()).hexdigest()[:12]
    state = os.environ.get("XDG_STATE_HOME", "")
    try:
        # A relative one is not valid, and has to be ignored.
        base = Path(state) if state.startswith("/") else Path.home() / ".local" / "state"
    except RuntimeError:
        return None
    return base / "ais-jobcore" / "durations" / f"{host}-{digest}"


def read(path: Path) -> list[float]:
    """
    Read durations.

    Raises:
        ValueError: the file is none of this command's, or damaged.
        OSError: it cannot be read, or is a symbolic link.
    """
    _refuse_link(path)
    with os.fdopen(os.open(path, os.O_RDONLY | _FLAGS), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            msg = "it is no file"
            raise ValueError(msg)
        data = file.read(LIMIT + 1)
    if len(data) > LIMIT:
        msg = f"it has more than {LIMIT:,} bytes"
        raise ValueError(msg)
    document: Any = json.loads(data)
    fields = cast("dict[str, Any]", document) if isinstance(document, dict) else {}
    if fields.get("format") != FORMAT or fields.get("version") != VERSION:
        msg = f"it has no format {FORMAT!r} of version {VERSION}"
        raise ValueError(msg)
    durations: Any = fields.get("durations")
    if not isinstance(durations, list):
        msg = "durations is a list of seconds"
        raise ValueError(msg)  # noqa: TRY004 - bad input is a ValueError everywhere
    # Whatever is no duration is named by the schedule itself.
    Learned(cast("list[float]", durations))
    return [float(each) for each in cast("list[float]", durations)]


def write(path: Path, durations: list[float]) -> None:
    """
    Write durations for their owner alone, all at once or not at all.

    Raises:
        ValueError: there is something else in the place of the file.
        OSError: it cannot be written.
    """
    _refuse_link(path)
    if path.exists() and not path.is_file():
        msg = "it is no file"
        raise ValueError(msg)
    document = {
        "format": FORMAT,
        "version": VERSION,
        "durations": [float(f"{each:.6g}") for each in durations],
    }
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.unlink(missing_ok=True)
    try:
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _FLAGS, 0o600), "w") as file:
            json.dump(document, file)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def _refuse_link(path: Path) -> None:
    """
    Refuse a symbolic link, also where the system cannot refuse to follow one.

    Raises:
        ValueError: it is one.
    """
    if path.is_symlink():
        msg = "it is a symbolic link"
        raise ValueError(msg)


def _words(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "nested too deeply"
    return (error.strerror if isinstance(error, OSError) else None) or str(error) or type(error).__name__
