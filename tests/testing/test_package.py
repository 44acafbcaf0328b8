"""What can be imported from ``ais_jobcore.testing``, and what that costs."""

from __future__ import annotations

import subprocess
import sys

import pytest

from ais_jobcore import testing


def test_every_name_is_there() -> None:
    """``__all__`` is sorted out and complete, the names of the server included."""
    assert all(hasattr(testing, name) for name in testing.__all__)
    assert testing.SimServer.__name__ == "SimServer"


def test_other_names_are_not() -> None:
    """A misspelt name is the usual error."""
    with pytest.raises(AttributeError, match="no attribute 'SimSever'"):
        testing.SimSever  # type: ignore[attr-defined]  # noqa: B018


def test_no_server_is_imported_without_need() -> None:
    """Tests in virtual time load neither an HTTP server nor any client."""
    script = (
        "import sys; from ais_jobcore.testing import SimCluster; SimCluster().add_job('lru');"
        "print(*{'http.server', 'requests', 'aiohttp'} & set(sys.modules))"
    )
    ran = subprocess.run(  # noqa: S603 - the interpreter and the script are our own
        [sys.executable, "-c", script], check=True, capture_output=True, text=True
    )
    assert ran.stdout == "\n"
