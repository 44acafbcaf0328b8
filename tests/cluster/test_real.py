"""
The suite on a real cluster: with ``AIS_ENDPOINT`` set when pytest starts, skipped otherwise.

It starts ``lru`` on the cluster; all else happens in buckets of its own, which it destroys.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.cluster.store import Store
from tests.cluster.suite import ClusterSuite, ask

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ais_jobcore import WaitOptions

__all__ = ["ask"]

if not os.environ.get("AIS_ENDPOINT"):
    pytest.skip("AIS_ENDPOINT names no cluster", allow_module_level=True)


@pytest.fixture
def store() -> Iterator[Store]:
    """Return a store that leaves nothing behind."""
    opened = Store.of_environment()
    yield opened
    opened.close()


@pytest.fixture
def options() -> WaitOptions | None:
    """Wait as users do."""
    return None


class TestRealCluster(ClusterSuite):
    """Holds on a real cluster."""
