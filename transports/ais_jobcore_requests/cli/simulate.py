"""Serve a simulated cluster, for trying the other commands on."""

from __future__ import annotations

import math
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

from ais_jobcore.testing import (
    SimCluster,
    SimServer,
    bucket_copy,
    copy_with_missing_objects,
    stopped_copy,
)

from .arguments import UsageError
from .exits import ExitCode

if TYPE_CHECKING:
    from .arguments import Arguments
    from .terminal import Terminal


def simulate(arguments: Arguments, terminal: Terminal) -> ExitCode:
    """Serve until it is interrupted, which is the regular end, or until the time has passed."""
    cluster = SimCluster(started_duration=10.0)
    jobs = {
        bucket_copy(cluster, duration=60.0).id: "a bucket copy of a minute",
        copy_with_missing_objects(cluster, duration=20.0).id: "an object copy; some of the objects are missing",
        stopped_copy(cluster, duration=600.0, stopped_after=45.0).id: "a bucket copy that is stopped after 45 s",
    }
    endless = cluster.add_job("prefetch-objects", duration=math.inf, bucket="photos").id
    try:
        server = SimServer(cluster, port=arguments.port).__enter__()
    except OSError as error:
        msg = f"cannot serve on port {arguments.port}: {error.strerror}"
        raise UsageError(msg) from None
    with server, suppress(KeyboardInterrupt):
        ...
        threading.Event().wait(arguments.seconds)
    return ExitCode.SUCCESS
