"""Watch real waits on a simulated cluster: three jobs, each through both drivers at the same time."""

from __future__ import annotations

import asyncio
import threading
import time
from contextlib import closing
from typing import TYPE_CHECKING, Final

from attrs import frozen
from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from ais_jobcore import JobWait, Outcome
from ais_jobcore.drivers.config import ClientConfig
from ais_jobcore.testing import SimCluster, SimServer, bucket_copy, copy_with_missing_objects, stopped_copy
from ais_jobcore_aiohttp import AiohttpTransport, AsyncClient
from ais_jobcore_requests import Client, RequestsTransport

from .codes import ExitCode
from .reports import mark
from .watching import Watch, progress

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import RenderableType

    from ais_jobcore.testing import SimJob

    from .arguments import Arguments
    from .reports import Report
    from .terminal import Terminal

TIMEOUT: Final = 18.0
"""Seconds that each wait may take; the longest takes about ten."""


class _HaltedError(Exception):
    """End a wait of the sync driver in the midst of its sleep."""


@frozen(kw_only=True)
class Act:
    """
    Say what one job of the demo has to show.

    Attributes:
        title: what happens to it.
        job: the job.
        outcome: how both waits have to report it.
        errors: the targets that have to be named, each with an error.
        sync: the wait through requests.
        asynchronous: the wait through aiohttp.
    """

    title: str
    job: SimJob
    outcome: Outcome
    errors: frozenset[str] = frozenset()
    sync: Watch
    asynchronous: Watch

    @property
    def watches(self) -> tuple[Watch, Watch]:
        """Both waits."""
        return self.sync, self.asynchronous

    def came_out(self, report: Report | None) -> bool:
        """Tell whether a wait ended as it has to."""
        return (
            report is not None
            and report.outcome == self.outcome.value
            and report.success is self.outcome.success
            and report.targets.keys() == self.job.lives.keys()
            and self.errors <= report.errors.keys()
        )


def demo(_: Arguments, terminal: Terminal) -> ExitCode:
    """Wait for a copy that does well, one that lacks objects and one that is stopped."""
    cluster = SimCluster()
    acts = _stage(cluster)
    watches = [watch for act in acts for watch in act.watches]
    began = time.monotonic()
    with SimServer(cluster) as server:
        terminal.note(f"A simulated cluster of {len(cluster.targets)} targets serves on {server.endpoint}.")
        terminal.note(f"{len(acts)} jobs, each waited for through both drivers at the same time:\n")
        with progress(terminal, watches):
            asyncio.run(_perform(server.endpoint, acts))
    took = time.monotonic() - began
    terminal.show(_summary(acts, ascii_only=terminal.ascii_only))
    for act in acts:
        report = act.sync.report
        if report and report.errors:
            terminal.show(Text(f"{act.title}, the targets say:", "bold"))
            terminal.show(report.targets_rich())
            terminal.line("")
    return _conclude(acts, took, terminal)


def _stage(cluster: SimCluster) -> list[Act]:
    targets = frozenset(cluster.targets)

    def act(title: str, job: SimJob, outcome: Outcome, errors: frozenset[str] = frozenset()) -> Act:
        sync, asynchronous = (
            Watch(JobWait(job.id, job.kind.name, TIMEOUT), title=title, driver=driver)
            for driver in ("requests", "aiohttp")
        )
        return Act(title=title, job=job, outcome=outcome, errors=errors, sync=sync, asynchronous=asynchronous)

    return [
        act("bucket copy", bucket_copy(cluster), Outcome.FINISHED),
        act(
            "object copy, some missing",
            copy_with_missing_objects(cluster),
            Outcome.FINISHED_WITH_ERRORS,
            targets,
        ),
        act("stopped copy", stopped_copy(cluster), Outcome.ABORTED),
    ]


async def _perform(endpoint: str, acts: Sequence[Act]) -> None:
    """Run all waits side by side: those of the sync driver in threads."""
    # Transports of our own, so that no variable of the environment has a say.
    config = ClientConfig(endpoints=endpoint)
    halted = threading.Event()

    def sleep(seconds: float) -> None:
        if halted.wait(seconds):
            raise _HaltedError

    async_transport = AiohttpTransport(config)
    async_client = AsyncClient(transport=async_transport)
    with closing(RequestsTransport(config)) as transport:
        client = Client(transport=transport, sleep=sleep)
        try:
            await asyncio.gather(
                *(asyncio.to_thread(act.sync.run, client) for act in acts),
                *(act.asynchronous.run_async(async_client) for act in acts),
            )
        finally:
            halted.set()
            await async_transport.close()


def _summary(acts: Sequence[Act], *, ascii_only: bool) -> RenderableType:
    table = Table("", "job", "driver", "how it ended", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column("time", justify="right")
    table.add_column("requests", justify="right")
    for act in acts:
        for watch in act.watches:
            sign = Text(*mark(success=act.came_out(watch.report), ascii_only=ascii_only))
            table.add_row(sign, Text(watch.name), Text(watch.driver, "dim"), *_cells(watch.report))
    return table


def _cells(report: Report | None) -> tuple[Text, Text, Text]:
    if report is None:
        return Text("not at all", "red"), Text(), Text()
    style = "green" if report.success else "red"
    return Text(report.words, style), Text(f"{report.elapsed:.1f} s"), Text(str(report.polls))


def _conclude(acts: Sequence[Act], took: float, terminal: Terminal) -> ExitCode:
    wrong = [watch for act in acts for watch in act.watches if not act.came_out(watch.report)]
    for watch in wrong:
        error = watch.report.error if watch.report else None
        terminal.complain(f"{watch.name} ({watch.driver}) did not end as it should: {error or 'see above'}")
    if wrong:
        return ExitCode.FAILED
    terminal.line(f"All {2 * len(acts)} waits ended as they should, the failures included, in {took:.1f} s.")
    return ExitCode.SUCCESS
