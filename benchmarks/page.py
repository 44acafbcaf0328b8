"""Write ``docs/benchmarks.md``: the table of a run, the machine that it ran on, and the picture."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Final

from . import learned_picture
from .picture import draw

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .checks import Check

DOCS: Final = Path(__file__).parents[1] / "docs"

_HEAD: Final = """\
# Benchmarks

`make bench` measures everything on this page in one run, side by side with the official SDK {sdk} and, in
simulation, with the schedules of AIStore's Go client, botocore, google-api-core and Smithy. It exits
non-zero past any bound.

This page was written by `python -m benchmarks --page` on {date}: {machine}; {took} min.

![How late the end of a job is noticed, by its length](lateness.svg)

Lateness counts from the moment at which the cluster can tell of the end. The SDK's schedule depends on the
time-out, so there is a line for each, which ends with it.

Ratios are of one run: times are CPU times, the shortest of many rounds in which those compared take turns.

"""

_NOTES: Final = """\
## How it is measured

* **The blind optimum** is computed, not assumed. Whoever knows no more than the distribution of lengths
  cannot bring requests times mean lateness below the square of the integral of the root of f·S/2, with f
  the density of the end and S the survival (Keller, Management Science 21(3), 1974). Every job is watched
  with 20 seeds; the one request for the targets' own words that a wait sends at the end is counted.
* **Other jobs** are lognormal around 10 min (sigma 1.5), uniform from 1 to 30 s, exponential around 5 min.
* **Schedules of others** follow their published rules, the first request at once: Go from 2 s, growing by
  half up to 30 s; botocore 15 s; google-api-core at random below a limit that grows by half from 1 s up to
  20 s; Smithy at random between 2 s and a limit that doubles up to 120 s; the official SDK a 64th of the
  time-out.
* **What is learned** comes from 200 draws of each prior; with each draw 1,000 jobs are watched, and the
  request for the targets' own words is counted. Pictures are in [The best time to ask](learned.md).
* **With totals known**, counters move unevenly: the rate of each tenth of a job strays by up to a fifth.
* **Recordings** are of a real cluster. The official SDK's own `Job` runs on them, its request client replaced
  by the recording and its sleep by a virtual clock. Where it does not report success at the right end, the
  start is left out.
* **A tick** is the shortest time after which the schedule asks for the same list again.
* **Decoding** begins with the body as bytes. The SDK gets its text for nothing; only its decoder is timed.
* **Replays** are of transcripts that were recorded beforehand; one poll is one line. All but the wait of an
  hour are in memory already.
* **Memory** is what `tracemalloc` counts of all that a wait holds on to, each for a job of its own; caches,
  which are bounded and shared by all waits, are left out.
* **Imports** are timed in fresh, bare interpreters (`-I -S`) with byte code in place.
"""


def write(checks: Sequence[Check], took: float, sdk: str, folder: Path = DOCS) -> None:
    """Write page and pictures, from the checks, the seconds they took, and the official SDK's version."""
    pictures = {
        "lateness": draw,
        "learned-moments": learned_picture.moments,
        "learned-costs": learned_picture.costs,
    }
    for name, drawn in pictures.items():
        (folder / f"{name}.svg").write_text(drawn(), "utf-8")
    head = _HEAD.format(
        sdk=sdk,
        date=datetime.now(tz=UTC).date().isoformat(),
        machine=machine(),
        took=f"{took / 60:.0f}",
    )
    tables = "\n\n".join(_table(row, of_row) for row, of_row in groupby(checks, lambda check: check.row))
    (folder / "benchmarks.md").write_text(f"{head}{tables}\n\n{_NOTES}", "utf-8")


def machine() -> str:
    """Describe the machine by its size: ``2 cores, 24 GiB, CPython 3.11``."""
    pages, size = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    python = f"{platform.python_implementation()} {'.'.join(platform.python_version_tuple()[:2])}"
    return f"{os.cpu_count()} cores, {round(pages * size / 2**30)} GiB, {python}"


def _table(row: str, checks: Iterable[Check]) -> str:
    lines = [f"## {row[0].upper()}{row[1:]}", "", "| what | measured | bound | |", "|---|---|---|---|"]
    lines += [f"| {' | '.join(check.cells())} |" for check in checks]
    return "\n".join(lines)
