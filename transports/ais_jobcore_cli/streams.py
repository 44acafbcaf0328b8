"""The standard streams, whatever state they are in: closed, of a poor encoding, or a broken pipe."""

from __future__ import annotations

import io
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import IO, cast


def opened(name: str) -> IO[str]:
    """Return ``stdout`` or ``stderr``, fit to be printed to."""
    if getattr(sys, name) is None:
        # It was closed before the start.
        setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 - the process closes it
    stream: object = getattr(sys, name)
    if isinstance(stream, io.TextIOWrapper):
        # What the encoding lacks becomes a question mark, and no error.
        stream.reconfigure(errors="replace")
    return cast("IO[str]", stream)


def flush() -> None:
    """
    Hand over what ``stdout`` still keeps back.

    Raises:
        OSError: it could not be written.
    """
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        silence(sys.stdout)


def silence(stream: IO[str]) -> None:
    """Let vanish what is written to a stream from now on, what it still keeps back included."""
    with suppress(OSError, ValueError):
        sink = os.open(os.devnull, os.O_WRONLY)
        os.dup2(sink, stream.fileno())
        os.close(sink)
