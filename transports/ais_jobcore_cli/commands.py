"""The commands of one request: show, status, start, stop."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ais_jobcore import JobInfoNotFound, resolve_kind
from ais_jobcore.kinds import is_download_id, require_waitable
from ais_jobcore.machines import operations
from ais_jobcore.text import printable
from ais_jobcore_requests import Client

from .arguments import UsageError
from .codes import ExitCode
from .tables import JobTable, StatusLine

if TYPE_CHECKING:
    from .arguments import Arguments
    from .terminal import Terminal


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
    if (arguments.learn or arguments.learn_file) and not arguments.wait:
        msg = "--learn is about a wait: add --wait"
        raise UsageError(msg)
    if arguments.wait:
        require_waitable(resolve_kind(arguments.kind))
    with _connect(arguments) as client:
        job = client.job(job_kind=arguments.kind)
        job_id = job.start(arguments.daemon_id, arguments.force, arguments.buckets)
    terminal.line(printable(job_id))
    if not arguments.wait:
        return ExitCode.SUCCESS
    from .waiting import wait_for  # noqa: PLC0415 - it needs the other driver, and is seldom asked for

    return wait_for(arguments, terminal, [job_id])


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
