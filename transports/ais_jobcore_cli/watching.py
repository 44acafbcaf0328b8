"""Waits that can be watched: live on a terminal, as a line for every change anywhere else."""

from __future__ import annotations

import time
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Final, TypeVar

from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from ais_jobcore import Continue, JobCoreError
from ais_jobcore.text import printable

from .reports import STYLES, Report, counted, mark

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rich.console import RenderableType

    from ais_jobcore import Decision, JobWait, Operation, TargetState, WaitResult
    from ais_jobcore.machines.protocols import Event
    from ais_jobcore_aiohttp import AsyncClient
    from ais_jobcore_requests import Client

    from .terminal import Terminal

D = TypeVar("D", bound="Decision[WaitResult]")

_SHOWN: Final = 6
"""Targets that are shown one by one."""

_PER_SECOND: Final = 10


class Watch:
    """
    Be a wait that tells of its changes; either driver runs it, in any thread.

    Args:
        wait: the wait.
        title: what to call it; its job or kind by default.
        driver: what runs it, where that matters.
        operation: what stands before the wait, if anything does, and is run in its place.

    Attributes:
        began: when it began, on the driver's clock.
        report: how it ended, once it did.
        changed: called whenever the reason for going on is another one, and at the end.
    """

    def __init__(
        self,
        wait: JobWait,
        *,
        title: str = "",
        driver: str = "",
        operation: Operation[WaitResult] | None = None,
    ) -> None:
        self.wait = wait
        self._operation: Operation[WaitResult] = operation or wait
        self.driver = driver
        self.began: float | None = None
        self.report: Report | None = None
        self.changed: Callable[[Watch], None] = lambda _: None
        self._title = title
        self._reason = ""

    @property
    def name(self) -> str:
        """What to call it."""
        state = self.wait.state
        return self._title or printable(state.job_id or f"a job of kind {state.kind}")

    @property
    def reason(self) -> str:
        """Why it goes on."""
        return self._reason

    def start(self, now: float) -> Decision[WaitResult]:
        """Begin, as an operation does."""
        self.began = now
        return self._note(self._operation.start(now))

    def handle(self, event: Event, now: float) -> Decision[WaitResult]:
        """Take what came of a request, as an operation does."""
        return self._note(self._operation.handle(event, now))

    def run(self, client: Client, *, verbose: bool = False) -> None:
        """Run it with the sync driver, whatever comes of it."""
        try:
            self._end(client.run(self, verbose=verbose, subject=self.name))
        except (JobCoreError, ValueError) as error:
            self._end(error)

    async def run_async(self, client: AsyncClient, *, verbose: bool = False) -> None:
        """Run it with the async driver, whatever comes of it."""
        try:
            self._end(await client.run(self, verbose=verbose, subject=self.name))
        except (JobCoreError, ValueError) as error:
            self._end(error)

    def _note(self, decision: D) -> D:
        reason = printable(decision.reason)
        if reason != self._reason and isinstance(decision, Continue):
            self._reason = reason
            self.changed(self)
        return decision

    def _end(self, end: WaitResult | Exception) -> None:
        self.report = Report.of(self.wait, end)
        self.changed(self)


def progress(
    terminal: Terminal, watches: Sequence[Watch], *, verbose: bool = False
) -> AbstractContextManager[object]:
    """
    Show how waits go on, as long as the context lasts.

    Args:
        terminal: where.
        watches: the waits, whose driver has the clock of the process.
        verbose: whether there is a log that tells it all.
    """
    if verbose:
        return nullcontext()
    if terminal.live:
        return Live(
            get_renderable=Board(watches, time.monotonic, ascii_only=terminal.ascii_only).rich,
            console=terminal.err,
            refresh_per_second=_PER_SECOND,
            transient=True,
            # Results go to stdout as they are, and after this.
            redirect_stdout=False,
            redirect_stderr=False,
        )
    for watch in watches:
        watch.changed = lambda watch: terminal.note(line(watch))
    return nullcontext()


def line(watch: Watch) -> str:
    """Put a wait in one line."""
    report = watch.report
    said = f"{report.words}, {counted(report.polls, 'request')}" if report else watch.reason
    driver = f" ({watch.driver})" if watch.driver else ""
    return f"{watch.wait.state.now:6.1f} s  {watch.name}{driver}: {said}"


class Board:
    """
    Draw waits as a table, a row for each.

    Args:
        watches: the waits.
        clock: the one that their driver has.
        ascii_only: whether there are no other characters.
    """

    def __init__(self, watches: Sequence[Watch], clock: Callable[[], float], *, ascii_only: bool) -> None:
        self._watches = watches
        self._clock = clock
        self._ascii_only = ascii_only
        self._spinner = Spinner("line" if ascii_only else "dots", style="yellow")

    def rich(self) -> RenderableType:
        """Draw the moment."""
        table = Table.grid(padding=(0, 2, 0, 0))
        for justify in ("left", "left", "left", "right", "right"):
            table.add_column(justify=justify, no_wrap=True)
        # The only one that gives way on a narrow terminal.
        table.add_column(ratio=1)
        now = self._clock()
        for watch in self._watches:
            self._add(table, watch, now)
        return table

    def _add(self, table: Table, watch: Watch, now: float) -> None:
        report, state = watch.report, watch.wait.state
        sign: RenderableType = self._spinner
        if report:
            sign = Text(*mark(success=report.success, ascii_only=self._ascii_only))
        waited = state.now if report else max(0.0, now - (now if watch.began is None else watch.began))
        table.add_row(
            sign,
            Text(watch.name, "bold"),
            Text(watch.driver or printable(state.kind), "dim"),
            Text(f"{waited:.1f} s"),
            Text(counted(state.polls, "request"), "dim"),
            _doing(watch),
        )


def _doing(watch: Watch) -> Text:
    """Say what the targets do, as far as they were asked."""
    targets = watch.wait.state.targets
    if watch.report:
        doing = Text(watch.report.words, "green" if watch.report.success else "red")
    elif 0 < len(targets) <= _SHOWN:
        by_state: dict[TargetState, list[str]] = {}
        for view in targets:
            by_state.setdefault(view.state, []).append(printable(view.target))
        doing = Text("  ").join(
            Text.assemble((state.value, STYLES[state]), " ", " ".join(names))
            for state, names in by_state.items()
        )
    else:
        doing = Text(watch.reason, "dim")
    doing.no_wrap, doing.overflow = True, "ellipsis"
    return doing
