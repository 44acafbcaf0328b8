"""How long it takes until a wait can begin, in fresh processes."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING, Final

from .checks import Check

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

CORE: Final = "import and a first JobWait"
DRIVERS: Final = "import of a driver"

_ROOT: Final = Path(__file__).parents[1]
_ATTRS: Final = "import attrs"
_OURS: Final = "import ais_jobcore; ais_jobcore.JobWait('JxK3wQ9sT', 'copy-bck')"
_SDK: Final = "from aistore.sdk import Client"
_PAIRS: Final[Mapping[str, tuple[str, str]]] = {
    "ais_jobcore_requests": (
        "from ais_jobcore_requests import Client, Job",
        "import requests, cattrs",
    ),
    "ais_jobcore_aiohttp": (
        "from ais_jobcore_aiohttp import AsyncClient, AsyncJob",
        "import aiohttp, cattrs",
    ),
}
_TIMED: Final = """\
import sys, time
sys.path[:] = {path!r}
begin = time.process_time()
{code}
print(time.process_time() - begin)
"""


def imported(rounds: int = 25, *, sdk: bool = True) -> list[Check]:
    """Import each thing in fresh processes, in turn; the shortest time of many counts."""
    codes = [_ATTRS, _OURS, *(code for pair in _PAIRS.values() for code in pair), *([_SDK] if sdk else [])]
    best = _fastest(codes, rounds)
    checks = [
        Check(CORE, "ais_jobcore, as a multiple of import attrs", best[_OURS] / best[_ATTRS], 1.8),
        Check(CORE, "ais_jobcore", 1000 * best[_OURS], unit="ms"),
        Check(CORE, "attrs", 1000 * best[_ATTRS], unit="ms"),
    ]
    for name, (own, parts) in _PAIRS.items():
        library = parts.removeprefix("import ").replace(",", " +")
        checks += [
            Check(DRIVERS, f"{name}, as a multiple of {library}", best[own] / best[parts], 1.0),
            Check(DRIVERS, name, 1000 * best[own], unit="ms"),
            Check(DRIVERS, library, 1000 * best[parts], unit="ms"),
        ]
    if sdk:
        checks.append(Check(DRIVERS, "official SDK", 1000 * best[_SDK], unit="ms"))
    return checks


def _fastest(codes: Sequence[str], rounds: int) -> dict[str, float]:
    best = dict.fromkeys(codes, float("inf"))
    for _ in range(rounds + 1):  # The first round writes the byte code.
        for code in codes:
            best[code] = min(best[code], _seconds(code))
    return best


def _seconds(code: str) -> float:
    """Run in a bare interpreter, whose path names the standard library, this project and what it needs."""
    path = [str(_ROOT), str(_ROOT / "transports"), *filter(None, sys.path[1:]), sysconfig.get_path("purelib")]
    timed = _TIMED.format(path=list(dict.fromkeys(path)), code=code)
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", timed], capture_output=True, text=True, check=True
    )
    return float(done.stdout)
