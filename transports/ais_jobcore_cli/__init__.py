"""``ais-job``: wait for jobs, look at them, start and stop them, from a shell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .program import run

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["main"]


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
    return run(argv)
