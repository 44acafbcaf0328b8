"""Where everything is printed: results on stdout; progress, complaints and log records on stderr."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final

from rich.console import Console
from rich.text import Text

from ais_jobcore.text import printable

from .exits import explain
from .streams import opened, silence

if TYPE_CHECKING:
    from rich.console import RenderableType

_UNBOUNDED: Final = 1_000_000
"""Columns of what is no terminal: nothing is folded there."""

_LEVELS: Final = (logging.WARNING, logging.INFO, logging.DEBUG)


class _Console(Console):
    """Print to one stream, and go on in silence once nobody reads it any more."""

    def on_broken_pipe(self) -> None:
        self.quiet = True
        silence(self.file)


class Terminal:
    """
    Print for people and for pipes, without interpreting any markup.

    Whoever passes on text from a server makes it printable first.
    """

    def __init__(self) -> None:
        self.out = _open("stdout")
        self.err = _open("stderr")

    @property
    def live(self) -> bool:
        """Whether progress can be drawn over and over."""
        return self.err.file.isatty() and self.err.is_terminal and not self.err.is_dumb_terminal

    @property
    def ascii_only(self) -> bool:
        """Whether there are no other characters."""
        return self.out.options.ascii_only or self.err.options.ascii_only

    def show(self, renderable: RenderableType) -> None:
        """Print a result for people; what is no terminal gets no spaces at the ends of lines."""
        if self.out.file.isatty():
            self.out.print(renderable)
            return
        with self.out.capture() as captured:
            self.out.print(renderable)
        for line in captured.get().splitlines():
            self.line(line.rstrip())

    def line(self, text: str) -> None:
        """Print a result for other programs, as it is."""
        self.out.out(text, highlight=False)

    def note(self, text: Text | str) -> None:
        """Print one line about what is going on."""
        self.err.print(text, soft_wrap=True)

    def complain(self, *errors: Exception | str) -> None:
        """Say what went wrong, each of it on one line, and once."""
        lines = [explain(error) if isinstance(error, Exception) else printable(error) for error in errors]
        for line in dict.fromkeys(lines):
            self.note(Text.assemble(("ais-job:", "bold red"), " ", line))

    def warn(self, message: Warning | str, *_: Any, **__: Any) -> None:  # noqa: ANN401 - a warning's place
        """Print a warning of Python's on one line, in the place of ``warnings.showwarning``."""
        self.complain(f"warning: {message}")


class LogHandler(logging.Handler):
    """
    Print log records as notes.

    Args:
        terminal: where.
        verbose: 1 for changes, more for every request.
    """

    def __init__(self, terminal: Terminal, verbose: int) -> None:
        super().__init__(_LEVELS[min(verbose, len(_LEVELS) - 1)])
        self._terminal = terminal
        self.setFormatter(logging.Formatter("%(asctime)s.%(msecs)03d %(message)s", "%H:%M:%S"))

    def emit(self, record: logging.LogRecord) -> None:
        """Print one record."""
        self._terminal.note(self.format(record))


def _open(name: str) -> _Console:
    width = None if opened(name).isatty() else _UNBOUNDED
    return _Console(stderr=name == "stderr", highlight=False, markup=False, emoji=False, width=width)
