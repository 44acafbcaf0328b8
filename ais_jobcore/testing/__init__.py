"""
For tests of this library, and for yours: clusters, transports and clocks that are not real.

A wait in virtual time, against a simulated cluster::

    clock = VirtualClock()
    cluster = SimCluster(targets=3)
    job = cluster.add_job("copy-bck", duration=3.0, errors={"t2": "no space left"})
    end = run(JobWait(job.id), SimTransport(cluster, clock), clock)

===================================  ====================================================================
:class:`VirtualClock`                time that passes when somebody sleeps
:class:`SimCluster`                  a pure model of targets, proxies and jobs with scripted lives
:class:`SimTransport`                requests to a simulated cluster, without a network
:class:`SimServer`                   the same cluster over HTTP on loopback, in real time
:class:`Recording`                   what a real cluster answered
:class:`ReplayTransport`             requests to a recording, at any polling schedule
:class:`ScriptTransport`             requests to a list of answers, or to a function
:func:`run`, :func:`run_all`         an operation from its start to its end, without a driver
:class:`Overheard`                   an operation whose decisions are written down, under any driver
:class:`TransportCompliance`         what every transport has to do, as tests for the author of one
===================================  ====================================================================

Each transport has an ``Async...`` twin. Nothing here is imported by the core, and every name when it is first
used: an HTTP server with :class:`SimServer`, pytest with :class:`TransportCompliance`. The plugin for pytest
makes fixtures of these.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import _later  # pyright: ignore[reportPrivateUsage] - one helper for both packages

if TYPE_CHECKING:
    from .asks import DELAY_HEADER
    from .clock import VirtualClock
    from .compliance import AsyncTransportCompliance, TransportCompliance
    from .jobs import SimJob, SimStatus
    from .lives import Life
    from .outages import Outage
    from .replay import AsyncReplayTransport, Exchange, Mark, Recording, ReplayTransport
    from .running import Overheard, run, run_all
    from .scenarios import bucket_copy, copy_with_missing_objects, stopped_copy
    from .server import Misbehaviour, ServerFault, SimServer
    from .sim import Served, SimCluster
    from .virtual import (
        AsyncScriptTransport,
        AsyncSimTransport,
        AsyncVirtualTransport,
        FaultHook,
        Script,
        Scripted,
        ScriptTransport,
        SimTransport,
        Source,
        VirtualTransport,
    )

__all__ = [
    "DELAY_HEADER",
    "AsyncReplayTransport",
    "AsyncScriptTransport",
    "AsyncSimTransport",
    "AsyncTransportCompliance",
    "AsyncVirtualTransport",
    "Exchange",
    "FaultHook",
    "Life",
    "Mark",
    "Misbehaviour",
    "Outage",
    "Overheard",
    "Recording",
    "ReplayTransport",
    "Script",
    "ScriptTransport",
    "Scripted",
    "Served",
    "ServerFault",
    "SimCluster",
    "SimJob",
    "SimServer",
    "SimStatus",
    "SimTransport",
    "Source",
    "TransportCompliance",
    "VirtualClock",
    "VirtualTransport",
    "bucket_copy",
    "copy_with_missing_objects",
    "run",
    "run_all",
    "stopped_copy",
]

if not TYPE_CHECKING:  # pragma: no branch - so that type checkers know which names there are not
    __getattr__ = _later(
        __name__,
        {
            "asks": "DELAY_HEADER",
            "clock": "VirtualClock",
            "compliance": "AsyncTransportCompliance TransportCompliance",
            "jobs": "SimJob SimStatus",
            "lives": "Life",
            "outages": "Outage",
            "replay": "AsyncReplayTransport Exchange Mark Recording ReplayTransport",
            "running": "Overheard run run_all",
            "scenarios": "bucket_copy copy_with_missing_objects stopped_copy",
            "server": "Misbehaviour ServerFault SimServer",
            "sim": "Served SimCluster",
            "virtual": "AsyncScriptTransport AsyncSimTransport AsyncVirtualTransport FaultHook "
            "Script ScriptTransport Scripted SimTransport Source VirtualTransport",
        },
    )


def __dir__() -> list[str]:
    return __all__
