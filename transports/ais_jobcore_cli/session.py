"""Run one command: on a terminal, with its log, and with an end to everything that a user can cause."""

from __future__ import annotations

import logging
import signal
import sys
import threading
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, NoReturn

from ais_jobcore import JobCoreError
from ais_jobcore.text import LOGGER_NAME

from .codes import ExitCode
from .exits import code_of
from .streams import flush, silence
from .terminal import LogHandler, Terminal

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

_KILLED: Final = 128
"""What shells add to the number of the signal that ended a process."""


def run(command: Callable[[Terminal], ExitCode], *, verbose: int) -> ExitCode:
    """
    Run a command; nothing that a user can cause leaves it as a traceback.

    Args:
        command: does the work.
        verbose: how much of the log is shown.
    """
    terminal = Terminal()
    try:
        with _terminable():
            try:
                return _logged(command, terminal, verbose)
            finally:
                flush()
    except KeyboardInterrupt:
        terminal.complain("interrupted")
        return ExitCode.INTERRUPTED
    except (JobCoreError, ValueError) as error:
        terminal.complain(error)
        return code_of(error)
    except OSError as error:
        # What could not be written now must not be tried again at the exit.
        silence(sys.stdout)
        terminal.complain(error)
        return code_of(error)


@contextmanager
def _terminable() -> Generator[None]:
    """Clean up when the process is terminated, too: the cursor is to come back, results are to be told."""

    def leave(number: int, _: object) -> NoReturn:
        sys.exit(_KILLED + number)

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _logged(command: Callable[[Terminal], ExitCode], terminal: Terminal, verbose: int) -> ExitCode:
    """Run a command, and show its log records and its warnings on the terminal."""
    logger = logging.getLogger(LOGGER_NAME)
    handler, level = LogHandler(terminal, verbose), logger.level
    logger.addHandler(handler)
    logger.setLevel(handler.level)
    try:
        with warnings.catch_warnings():
            warnings.showwarning = terminal.warn
            return command(terminal)
    finally:
        logger.setLevel(level)
        logger.removeHandler(handler)
