"""Serve a simulated cluster, for trying the other commands on."""

from __future__ import annotations

import math
import threading
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING

from ais_jobcore.testing import SimCluster, SimServer, bucket_copy, copy_with_missing_objects, stopped_copy

from .arguments import UsageError
from .codes import ExitCode

if TYPE_CHECKING:
    from .arguments import Arguments
    from .terminal import Terminal


def simulate(arguments: Arguments, terminal: Terminal) -> ExitCode:
    """Serve until it is interrupted, which is the regular end, or until the time has passed."""
    cluster = SimCluster(started_duration=10.0)
    endless = cluster.add_job("prefetch-objects", duration=math.inf, bucket="photos")
    examples = {
        f"wait {bucket_copy(cluster, duration=60.0).id}": "a bucket copy of a minute",
        f"wait {copy_with_missing_objects(cluster, duration=20.0).id}": "some of its objects are missing",
        f"wait {stopped_copy(cluster, duration=600.0, stopped_after=45.0).id}": "is stopped after 45 s",
        f"stop {endless.id}": "has no end of its own",
        "start lru --wait": "takes ten seconds",
    }
    with ExitStack() as stack:
        try:
            server = stack.enter_context(SimServer(cluster, port=arguments.port))
        except OSError as error:
            msg = f"cannot serve on port {arguments.port}: {error.strerror}"
            raise UsageError(msg) from None
        terminal.line(f"A simulated cluster of {len(cluster.targets)} targets, until Ctrl-C. To try it:\n")
        terminal.line(f"  export AIS_ENDPOINT={server.endpoint}")
        for command, about in examples.items():
            terminal.line(f"  ais-job {command:<24} # {about}")
        with suppress(KeyboardInterrupt):
            threading.Event().wait(arguments.seconds)
    return ExitCode.SUCCESS
