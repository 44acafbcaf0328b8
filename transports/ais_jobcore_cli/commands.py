"""The commands about a real cluster: wait, show, status, start, stop."""

from __future__ import annotations

import asyncio
import json
from contextlib import ExitStack
from typing import TYPE_CHECKING

from ais_jobcore import JobCoreError, JobInfoNotFound, JobWait, resolve_kind
from ais_jobcore.kinds import is_download_id, require_waitable
from ais_jobcore.machines import operations
from ais_jobcore.recording import Record
from ais_jobcore.text import printable
from ais_jobcore_aiohttp import AsyncClient
from ais_jobcore_requests import Client

from .arguments import UsageError
from .exits import ExitCode, explain, worst
from .tables import JobTable, StatusLine
from .watching import Watch, progress

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from ais_jobcore import BucketRef

    from .arguments import Arguments
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
    return _wait(
        arguments,
        terminal,
        list(dict.fromkeys(arguments.ids)) or [""],
        until=arguments.until,
        bucket=arguments.bucket,
        as_json=arguments.json,
        record=arguments.record,
        hide_names=arguments.hide_names,
    )


def _wait(
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
    client = AsyncClient(arguments.endpoint, token_file=arguments.token_file)
    waits = [
        JobWait(job_id, arguments.kind, arguments.timeout, until, bucket, client.options()) for job_id in ids
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
    return code


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


def show(arguments: Arguments, terminal: Terminal) -> ExitCode:
    """Show the snapshots of a job, of the jobs of a kind, or of all jobs."""
    job_id = arguments.job_id or ""
    with _connect(arguments) as client:
        details = operations.details(job_id, arguments.kind, options=client.options())
        try:
            tables = JobTable.all(client.run(details, subject=job_id))
        except JobInfoNotFound:
            tables = []
    if job_id and not tables:
        hint = f"; targets know downloads by other ids: ais-job status {job_id}"
        msg = f"No job info found for {job_id!r}{hint if is_download_id(job_id) else ''}"
        raise JobInfoNotFound(msg)
    for table in tables:
        if arguments.json:
            terminal.line(json.dumps(table.document()))
        else:
            terminal.show(table.rich())
    if not tables:
        terminal.note("no jobs")
    return ExitCode.SUCCESS


def status(arguments: Arguments, terminal: Terminal) -> ExitCode:
    """Show the status of a job."""
    job_id = arguments.job_id or ""
    with _connect(arguments) as client:
        try:
            found = StatusLine(client.job(job_id).status())
        except JobInfoNotFound as error:
            msg = f"{error.message}; the proxies know few kinds, and forget soon: ais-job show {job_id}"
            raise JobInfoNotFound(msg) from None
    if arguments.json:
        terminal.line(json.dumps(found.document()))
    else:
        terminal.show(found.rich(ascii_only=terminal.ascii_only))
    return found.code


def start(arguments: Arguments, terminal: Terminal) -> ExitCode:
    """Start a job, print its id, and wait for it if that is asked for."""
    if arguments.wait:
        require_waitable(resolve_kind(arguments.kind))
    with _connect(arguments) as client:
        job = client.job(job_kind=arguments.kind)
        job_id = job.start(arguments.daemon_id, arguments.force, arguments.buckets)
    terminal.line(printable(job_id))
    return _wait(arguments, terminal, [job_id]) if arguments.wait else ExitCode.SUCCESS


def stop(arguments: Arguments, terminal: Terminal) -> ExitCode:
    """Stop a job; every job of a kind only for whoever says so."""
    job_id, kind = arguments.job_id or "", arguments.kind
    if not (job_id or kind):
        msg = "name a job to stop, or a kind with --kind and --all"
        raise UsageError(msg)
    if job_id and arguments.all:
        msg = "--all is for the jobs of a kind, and an ID names one job"
        raise UsageError(msg)
    if not (job_id or arguments.all):
        every = f"every job of kind {resolve_kind(kind).name!r}"
        msg = f"this would stop {every}: name one by its ID, or add --all"
        raise UsageError(msg)
    with _connect(arguments) as client:
        client.job(job_id, kind).abort()
    what = job_id or f"every job of kind {resolve_kind(kind).name!r}"
    terminal.line(f"asked the cluster to stop {what}; it does not tell whether there was any")
    return ExitCode.SUCCESS


def _connect(arguments: Arguments) -> Client:
    return Client(arguments.endpoint, token_file=arguments.token_file)
