"""From arguments to an exit code; each command imports what it needs, help and version next to nothing."""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final, cast

from .arguments import Arguments, UsageError, parse
from .codes import ExitCode
from .streams import flush, opened

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from .terminal import Terminal

COMMANDS: Final[Mapping[str, str]] = {
    "demo": "demo",
    "simulate": "simulate",
    "wait": "waiting",
    "replay": "replaying",
    "show": "commands",
    "status": "commands",
    "start": "commands",
    "stop": "commands",
}
"""The module of each command; the function in it has the name of the command."""

_NEEDED: Final = ("aiohttp", "requests", "rich")


def run(argv: Sequence[str] | None) -> ExitCode:
    """
    Run the command line.

    Raises:
        SystemExit: help or the version was asked for, and shown.
    """
    parsed = _parse(argv)
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        sys.stderr.write(f'ais-job: needs {" and ".join(missing)}: pip install "ais-jobcore[cli]"\n')
        return ExitCode.USAGE
    from .session import run as run_session  # noqa: PLC0415 - not for help and version

    return run_session(lambda terminal: _perform(parsed, terminal), verbose=getattr(parsed, "verbose", 0))


def _parse(argv: Sequence[str] | None) -> Arguments | UsageError:
    """Parse the arguments; what is wrong with them is told on the terminal, once there is one."""
    for name in ("stdout", "stderr"):
        opened(name)
    try:
        return parse(argv)
    except UsageError as error:
        return error
    except SystemExit:
        flush()
        raise


def _perform(parsed: Arguments | UsageError, terminal: Terminal) -> ExitCode:
    if isinstance(parsed, UsageError):
        raise parsed
    module = import_module(f".{COMMANDS[parsed.command]}", __package__)
    command = cast("Callable[[Arguments, Terminal], ExitCode]", getattr(module, parsed.command))
    return command(parsed, terminal)
