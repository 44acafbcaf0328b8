"""
Fixtures for pytest: a simulated cluster in virtual time, the same cluster on loopback, and transcripts.

pytest loads this module wherever the library is installed, in projects without any use for it, too. So it
imports pytest and nothing else; the rest comes with the first test that asks for it. ``-p no:ais_jobcore``
keeps it away altogether.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final, TypeVar, cast

import pytest

# Its names are imported when they are first used.
from .. import testing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from os import PathLike

    from ..recording import Transcript
    from .clock import VirtualClock
    from .server import SimServer
    from .sim import SimCluster
    from .virtual import AsyncSimTransport, SimTransport

T = TypeVar("T")

_MARKERS: Final = (
    "ais_cluster(targets=3, proxies=1, token=None, ...): the simulated cluster, as with SimCluster",
    "ais_server(speed=1.0, fault=None): how that is served, as with SimServer",
)


def pytest_configure(config: pytest.Config) -> None:
    """Make the markers known."""
    for marker in _MARKERS:
        config.addinivalue_line("markers", marker)


def _make(made: Callable[..., T], request: pytest.FixtureRequest, *given: object) -> T:
    """Make what a fixture is for, with the arguments of the marker that has the name of the fixture."""
    item = cast("pytest.Item", request.node)
    marker = item.get_closest_marker(cast("str", request.fixturename))
    return made(*given) if marker is None else made(*given, *marker.args, **marker.kwargs)


@pytest.fixture
def ais_clock() -> VirtualClock:
    """Return a clock that moves only when somebody sleeps on it, at zero seconds."""
    return testing.VirtualClock()


@pytest.fixture
def ais_cluster(request: pytest.FixtureRequest) -> SimCluster:
    """Return a simulated cluster of three targets, or as the marker ``ais_cluster`` says, without jobs."""
    return _make(testing.SimCluster, request)


@pytest.fixture
def ais_transport(ais_cluster: SimCluster, ais_clock: VirtualClock) -> SimTransport:
    """Return a transport to ``ais_cluster`` in the time of ``ais_clock``, with the cluster's own token."""
    return testing.SimTransport(ais_cluster, ais_clock, token=ais_cluster.token)


@pytest.fixture
def ais_async_transport(ais_cluster: SimCluster, ais_clock: VirtualClock) -> AsyncSimTransport:
    """Return the same as ``ais_transport``, for coroutines."""
    return testing.AsyncSimTransport(ais_cluster, ais_clock, token=ais_cluster.token)


@pytest.fixture
def ais_server(request: pytest.FixtureRequest, ais_cluster: SimCluster) -> Iterator[SimServer]:
    """Serve ``ais_cluster`` over HTTP on loopback until the test ends, in real time."""
    with _make(testing.SimServer, request, ais_cluster) as server:
        yield server


@pytest.fixture
def ais_endpoint(ais_server: SimServer, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the URL of ``ais_server``; of all ``AIS_...`` variables there are those that lead to it."""
    from ..drivers import config

    for name in [name for name in os.environ if name.startswith("AIS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv(config.ENDPOINT, ",".join(ais_server.endpoints))
    if ais_server.cluster.token is not None:
        monkeypatch.setenv(config.TOKEN, ais_server.cluster.token)
    return ais_server.endpoint


@pytest.fixture
def ais_transcript(request: pytest.FixtureRequest) -> Callable[[str | PathLike[str]], Transcript]:
    """Return a function that loads a transcript by its path, seen from the directory of the test."""
    from ..recording import Transcript

    def load(path: str | PathLike[str]) -> Transcript:
        """Load a transcript."""
        return Transcript.load(request.path.parent / path)

    return load
