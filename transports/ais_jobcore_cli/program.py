"""From arguments to an exit code."""

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

from . import commands, demo, replaying, simulate
from .arguments import parse
from .exits import ExitCode, code_of
from .terminal import LogHandler, Terminal, silence

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping, Sequence

    from .arguments import Arguments

COMMANDS: Final[Mapping[str, Callable[[Arguments, Terminal], ExitCode]]] = {
    "demo": demo.demo,
    "simulate": simulate.simulate,
    "wait": commands.wait,
    "replay": replaying.replay,
    "show": commands.show,
    "status": commands.status,
    "start": commands.start,
    "stop": commands.stop,
}

_KILLED: Final = 128
"""What shells add to the number of the signal that ended a process."""


def run(argv: Sequence[str] | None) -> ExitCode:
    """
    Run the command line; nothing that a user can cause leaves it as a traceback.

    Raises:
        SystemExit: help or the version was asked for, and shown.
    """
    terminal = Terminal()
    try:
        with _terminable():
            try:
                return _run(argv, terminal)
            finally:
                terminal.finish()
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


def _run(argv: Sequence[str] | None, terminal: Terminal) -> ExitCode:
    arguments = parse(argv)
    logger = logging.getLogger(LOGGER_NAME)
    handler, level = LogHandler(terminal, arguments.verbose), logger.level
    logger.addHandler(handler)
    logger.setLevel(handler.level)
    try:
        with warnings.catch_warnings():
            warnings.showwarning = terminal.warn
            return COMMANDS[arguments.command](arguments, terminal)
    finally:
        logger.setLevel(level)
        logger.removeHandler(handler)
