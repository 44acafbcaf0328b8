"""What it costs to import from ``ais_jobcore.testing``."""

from __future__ import annotations

import subprocess
import sys


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
