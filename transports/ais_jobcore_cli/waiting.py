"""The command that waits for jobs."""

from __future__ import annotations

import asyncio
import json
from contextlib import ExitStack
from typing import TYPE_CHECKING

from ais_jobcore import JobCoreError, JobWait, WaitOptions
from ais_jobcore.recording import Record
from ais_jobcore_aiohttp import AsyncClient

from .arguments import UsageError
from .codes import worst
from .exits import explain
from .learning import Past
from .watching import Watch, progress

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from ais_jobcore import BucketRef

    from .arguments import Arguments
    from .codes import ExitCode
    from .reports import Report
    from .terminal import Terminal


def wait(arguments: Arguments, terminal: Terminal) -> ExitCode:
    """Wait for jobs side by side, and report each."""
    if arguments.ids and arguments.bucket:
        msg = "--bucket is for finding a job by its kind, and an ID leaves nothing to find"
        raise UsageError(msg)
    if arguments.hide_names and not arguments.record:
        msg = "--hide-names is about what --record writes"
        raise UsageError(msg)
    return wait_for(
        arguments,
        terminal,
        list(dict.fromkeys(arguments.ids)) or [""],
        until=arguments.until,
        bucket=arguments.bucket,
        as_json=arguments.json,
        record=arguments.record,
        hide_names=arguments.hide_names,
    )


def wait_for(
    arguments: Arguments,
    terminal: Terminal,
    ids: Sequence[str],
    *,
    until: str = "auto",
    bucket: BucketRef | None = None,
    as_json: bool = False,
    record: Path | None = None,
    hide_names: bool = False,
) -> ExitCode:
    """Wait for jobs by their ids, or with an empty one for the job of the kind, and report each."""
    client = AsyncClient(arguments.endpoint, token_file=arguments.token_file)
    past = Past(arguments, terminal) if arguments.learn or arguments.learn_file else None
    waits = [
        JobWait(job_id, arguments.kind, arguments.timeout, until, bucket, client.options(options))
        for job_id in ids
        for options in [_options(JobWait(job_id, arguments.kind).state.kind, past)]
    ]
    verbose = arguments.verbose > 0
    with ExitStack() as stack:
        watches = [
            Watch(wait, operation=stack.enter_context(client.recorded(wait, to)))
            for wait, to in zip(waits, _records(ids, record, hide_names=hide_names), strict=True)
        ]
        try:
            with progress(terminal, watches, verbose=verbose):
                asyncio.run(_run_all(client, watches, verbose=verbose))
        finally:
            # What is known by then is told after an interruption, too.
            code = _report(watches, terminal, as_json=as_json)
            if past is not None:
                past.keep((watch.report.kind, watch.report.duration) for watch in watches if watch.report)
    return code


def _options(kind: str, past: Past | None) -> WaitOptions | None:
    """Let a wait ask by what was learned of its kind, if anything was."""
    schedule = past.schedule(kind) if past is not None else None
    return WaitOptions(schedule=schedule) if schedule is not None else None


def _records(ids: Sequence[str], path: Path | None, *, hide_names: bool) -> list[Record | None]:
    """Say where the transcript of each wait goes: with several, its id stands before the ending."""
    if path is None:
        return [None for _ in ids]
    if len(ids) == 1:
        return [Record(path, hide_names)]
    return [Record(path.with_name(f"{path.stem}.{job_id}{path.suffix}"), hide_names) for job_id in ids]


async def _run_all(client: AsyncClient, watches: Sequence[Watch], *, verbose: bool) -> None:
    async with client:
        await asyncio.gather(*(watch.run_async(client, verbose=verbose) for watch in watches))


def _report(watches: Sequence[Watch], terminal: Terminal, *, as_json: bool) -> ExitCode:
    reports = [watch.report for watch in watches if watch.report]
    for report in reports:
        if as_json:
            terminal.line(json.dumps(report.document()))
        elif report.failure is None:
            terminal.show(report.rich(ascii_only=terminal.ascii_only))
    terminal.complain(*_complaints(reports))
    return worst(report.code for report in reports)


def _complaints(reports: Iterable[Report]) -> Iterator[str]:
    """Say what kept waits from their ends, each with its job, unless the arguments are to blame."""
    for report in reports:
        if report.failure is not None:
            said = explain(report.failure)
            named = report.job_id in said or not isinstance(report.failure, JobCoreError)
            yield said if named else f"{report.job_id}: {said}"
