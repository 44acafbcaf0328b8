"""
Wait for the batch jobs of an AIStore cluster, surely and soon.

This package is the pure core: it reads no clock, opens no socket and never sleeps. Snapshots,
statuses, faults and time go in; ``Done``, ``Abort`` or ``Continue`` come out. To wait, take a driver
(``ais_jobcore_requests``, ``ais_jobcore_aiohttp``), or :func:`drive` a :class:`JobWait` by a function
that sends requests.

The names here are public, and so is what ``docs/architecture.md`` lists; all other modules may change.
"""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING

from ._version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .decisions import Abort, Continue, Decision, Done
    from .drivers.loop import drive, drive_async
    from .drivers.protocols import AsyncTransport, Transport
    from .errors import (
        AmbiguousJob,
        JobCoreError,
        JobInfoNotFound,
        ProtocolError,
        RequestFailed,
        Stalled,
        Timeout,
        TransportFault,
    )
    from .events import Fault, FaultKind, NotFound, Reply
    from .kinds import KINDS, Kind, resolve_kind
    from .machines import operations
    from .machines.group import GroupWait, ReturnWhen
    from .machines.job import JobWait
    from .machines.loading import load
    from .machines.protocols import Event, Operation, Scheduler, Send, Ticket
    from .options import Until, WaitOptions
    from .proofs import TargetView
    from .queries import Query, Request
    from .results import FinishedJob, JobFailed, Outcome, WaitResult
    from .schedules import Keller, Schedule
    from .schedules.learned import Learned
    from .snapshots import (
        AggregatedJobSnap,
        BucketRef,
        JobSnap,
        JobStats,
        JobStatus,
        TargetState,
    )

__all__ = [
    "KINDS",
    "Abort",
    "AggregatedJobSnap",
    "AmbiguousJob",
    "AsyncTransport",
    "BucketRef",
    "Continue",
    "Decision",
    "Done",
    "Event",
    "Fault",
    "FaultKind",
    "FinishedJob",
    "GroupWait",
    "JobCoreError",
    "JobFailed",
    "JobInfoNotFound",
    "JobSnap",
    "JobStats",
    "JobStatus",
    "JobWait",
    "Keller",
    "Kind",
    "Learned",
    "NotFound",
    "Operation",
    "Outcome",
    "ProtocolError",
    "Query",
    "Reply",
    "Request",
    "RequestFailed",
    "ReturnWhen",
    "Schedule",
    "Scheduler",
    "Send",
    "Stalled",
    "TargetState",
    "TargetView",
    "Ticket",
    "Timeout",
    "Transport",
    "TransportFault",
    "Until",
    "WaitOptions",
    "WaitResult",
    "__version__",
    "drive",
    "drive_async",
    "load",
    "operations",
    "resolve_kind",
]


def _later(package: str, names: Mapping[str, str]) -> Callable[[str], object]:
    """
    Make the ``__getattr__`` of a package whose names are imported when they are first used (PEP 562).

    Args:
        package: the name of the package.
        names: modules of the package, and the names that each of them lends to it, with spaces between.
    """
    homes = {name: module for module, lent in names.items() for name in lent.split()}

    def get(name: str) -> object:
        """Import the name, once."""
        if name not in homes:
            msg = f"module {package!r} has no attribute {name!r}"
            raise AttributeError(msg)
        module = importlib.import_module(f"{package}.{homes[name]}")
        # A name that its module does not have is the module itself: `operations`.
        value: object = getattr(module, name, module)
        setattr(sys.modules[package], name, value)
        return value

    return get


if not TYPE_CHECKING:  # pragma: no branch - so that type checkers know which names there are not
    __getattr__ = _later(
        __name__,
        {
            "decisions": "Abort Continue Decision Done",
            "drivers.loop": "drive drive_async",
            "drivers.protocols": "AsyncTransport Transport",
            "errors": "AmbiguousJob JobCoreError JobInfoNotFound "
            "ProtocolError RequestFailed Stalled Timeout TransportFault",
            "events": "Fault FaultKind NotFound Reply",
            "kinds": "KINDS Kind resolve_kind",
            "machines.group": "GroupWait ReturnWhen",
            "machines.job": "JobWait",
            "machines.loading": "load",
            "machines.operations": "operations",
            "machines.protocols": "Event Operation Scheduler Send Ticket",
            "options": "Until WaitOptions",
            "proofs": "TargetView",
            "queries": "Query Request",
            "results": "FinishedJob JobFailed Outcome WaitResult",
            "schedules": "Keller Schedule",
            "schedules.learned": "Learned",
            "snapshots": "AggregatedJobSnap BucketRef JobSnap JobStats JobStatus TargetState",
        },
    )


def __dir__() -> list[str]:
    return __all__
