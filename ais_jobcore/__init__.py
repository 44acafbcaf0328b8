"""
Wait for the batch jobs of an AIStore cluster, surely and soon.

This package is the pure core: it reads no clock, opens no socket and never sleeps. Snapshots,
statuses, faults and time go in; ``Done``, ``Abort`` or ``Continue`` come out. To wait, take a driver
(``ais_jobcore_requests``, ``ais_jobcore_aiohttp``) or write a loop of four lines around :class:`JobWait`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import _later
from ._version import __version__

if TYPE_CHECKING:
    from .calls import Request
    from .decisions import Abort, Continue, Decision, Done
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
    from .evidence import Until
    from .group import GroupWait, ReturnWhen
    from .kinds import KINDS, Kind, resolve_kind
    from .machine import JobWait
    from .observations import Fault, FaultKind, NotFound, Reply
    from .options import WaitOptions
    from .pacing import Keller, Schedule
    from .protocols import AsyncTransport, Operation, Transport
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
    __getattr__ = _later.later(
        __name__,
        {
            "calls": "Request",
            "decisions": "Abort Continue Decision Done",
            "errors": "AmbiguousJob JobCoreError JobFailed JobInfoNotFound "
            "ProtocolError RequestFailed Stalled Timeout TransportFault",
            "evidence": "Until",
            "group": "GroupWait ReturnWhen",
            "kinds": "KINDS Kind resolve_kind",
            "machine": "JobWait",
            "observations": "Fault FaultKind NotFound Reply",
            "options": "WaitOptions",
            "pacing": "Keller Schedule",
            "protocols": "AsyncTransport Operation Transport",
            "snapshots": "AggregatedJobSnap BucketRef JobSnap JobStats "
            "JobStatus Outcome TargetState WaitResult",
        },
    )


def __dir__() -> list[str]:
    return __all__
