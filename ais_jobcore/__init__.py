"""
Wait for the batch jobs of an AIStore cluster, surely and soon.

This package is the pure core: it reads no clock, opens no socket and never sleeps. Snapshots,
statuses, faults and time go in; ``Done``, ``Abort`` or ``Continue`` come out. To wait, take a driver
(``ais_jobcore_requests``, ``ais_jobcore_aiohttp``) or write a loop of four lines around :class:`JobWait`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._version import __version__
from .calls import Request
from .decisions import Abort, Continue, Decision, Done
from .evidence import Until
from .kinds import KINDS, Kind, resolve_kind
from .machine import JobWait
from .observations import Fault, FaultKind, NotFound, Reply
from .options import WaitOptions
from .pacing import Keller, Schedule
from .snapshots import (
    AggregatedJobSnap,
    BucketRef,
    JobSnap,
    JobStats,
    JobStatus,
    Outcome,
    TargetState,
    WaitResult,
)

if TYPE_CHECKING:
    from .errors import (
        AmbiguousJob,
        JobCoreError,
        JobFailed,
        JobInfoNotFound,
        ProtocolError,
        RequestFailed,
        Stalled,
        Timeout,
        TransportFault,
    )
    from .group import GroupWait, ReturnWhen
    from .protocols import AsyncTransport, Operation, Transport

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
    "Fault",
    "FaultKind",
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
    "NotFound",
    "Operation",
    "Outcome",
    "ProtocolError",
    "Reply",
    "Request",
    "RequestFailed",
    "ReturnWhen",
    "Schedule",
    "Stalled",
    "TargetState",
    "Timeout",
    "Transport",
    "TransportFault",
    "Until",
    "WaitOptions",
    "WaitResult",
    "__version__",
    "resolve_kind",
]

if not TYPE_CHECKING:  # pragma: no branch - so that type checkers know which names there are not
    _LATER = {
        "errors": (
            "AmbiguousJob",
            "JobCoreError",
            "JobFailed",
            "JobInfoNotFound",
            "ProtocolError",
            "RequestFailed",
            "Stalled",
            "Timeout",
            "TransportFault",
        ),
        "group": ("GroupWait", "ReturnWhen"),
        "protocols": ("AsyncTransport", "Operation", "Transport"),
    }

    def __getattr__(name: str) -> object:
        """Import what not every wait needs when it is first named."""
        from importlib import import_module  # noqa: PLC0415 - likewise

        for module, names in _LATER.items():
            if name in names:
                return getattr(import_module(f".{module}", __name__), name)
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
