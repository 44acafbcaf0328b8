"""``ais-job``: wait for jobs, look at them, start and stop them, from a shell."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["main"]

_NEEDED: Final = ("aiohttp", "requests", "rich")
_USAGE: Final = 2


def main(argv: Sequence[str] | None = None) -> int:
    """
    Run the command line.

    Args:
        argv: its arguments, without the program's name; those of the process by default.

    Returns:
        The exit code.

    Raises:
        SystemExit: help or the version was asked for, and shown.
    """
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        sys.stderr.write(f'ais-job: needs {" and ".join(missing)}: pip install "ais-jobcore[cli]"\n')
        return _USAGE
    from .program import run  # noqa: PLC0415 - what is missing has to be told first

    return run(argv)
