"""
Check the rules state by state: ``python -m tests.proof.model.run [--targets N] [--edges N] [--processes N]``.

Every world of :data:`WORLDS` is searched from its start, with 1 target to the fixpoint, with more of them as
far as is asked for. The exit status is 1 where a promise is broken; the shortest path to it is printed.
"""

from __future__ import annotations

import sys
import time
from argparse import ArgumentParser
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from typing import TYPE_CHECKING, Final

from attrs import evolve

from tests.proof.model.graph import Graph, World, search

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

LEAST: Final = 300_000_000
"""Inputs that the long form has to cover, unless that is more than there are."""
EDGES: Final = 350_000_000
"""Inputs that it sets out to cover; some worlds have fewer than their share."""

WORLDS: Final[Mapping[str, World]] = {
    "status": World(),
    "status, timed": World(timeout=2.0),
    "status, unknown kind": World(kind=""),
    "status, without details": World(details=False),
    "status, two endpoints": World(endpoints=2),
    "status, until finished, stalls": World(until="finished", stall=True),
    "status, at once": World(timeout=0.0),
    "status, until started": World(until="started"),
    "status, until not running": World(until="not-running"),
    "rebalance": World(job_id="g7", kind="rebalance", shown="rebalance"),
    "idle": World(kind="archive", shown="archive"),
    "idle, timed": World(kind="archive", shown="archive", timeout=2.0),
    "idle, until finished": World(kind="archive", shown="archive", until="finished"),
    "idle, stalls": World(kind="archive", shown="archive", stall=True),
    "idle, kind alone": World(job_id="", kind="archive", shown="archive"),
    "snapshots": World(kind="dsort", shown="dsort"),
    "snapshots, timed": World(kind="dsort", shown="dsort", timeout=2.0),
    "one target": World(kind="blob-download", shown="blob-download", until="single"),
    "a new kind": World(kind="", shown="brand-new"),
    "a download": World(job_id="dnl-7", kind="download", shown="single"),
}
"""What is waited for, by a name for people."""


def worlds(targets: int) -> dict[str, World]:
    """Give all worlds so many targets."""
    return {name: evolve(world, targets=targets) for name, world in WORLDS.items()}


def check(asked: Iterable[World], *, most: int, processes: int = 2) -> Iterator[Graph]:
    """
    Search worlds side by side.

    Args:
        asked: the worlds.
        most: covered inputs after which each of them stops.
        processes: how many at a time.
    """
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        yield from pool.map(partial(search, most=most), asked)


def main(arguments: Sequence[str] | None = None) -> int:
    """Search all worlds, print what was found, and say whether every promise is kept."""
    parser = ArgumentParser(prog="python -m tests.proof.model.run", description=__doc__)
    parser.add_argument("--targets", type=int, default=3, help="how many targets there are at the most")
    parser.add_argument("--edges", type=int, help=f"how many inputs to cover in all; default {EDGES:,}")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--world", choices=WORLDS, help="only this one")
    options = parser.parse_args(arguments)
    edges, long_form = options.edges or EDGES, options.edges is options.world is None
    begin, faults = time.monotonic(), 0
    found: list[Graph] = []
    for targets in range(1, options.targets + 1):
        chosen = {name: w for name, w in worlds(targets).items() if options.world in {None, name}}
        share = edges // len(chosen)
        most = share if targets == options.targets else min(share, edges // 3000)
        searched = check(chosen.values(), most=most, processes=options.processes)
        for name, graph in zip(chosen, searched, strict=True):
            found.append(graph)
            whole = "the whole graph" if graph.whole else "in part"
            print(
                f"{targets} targets, {name}: {graph.states:,} states, {graph.edges:,} edges run, "
                f"{graph.covered:,} covered, {whole}",
                flush=True,
            )
            for promise, path in graph.broken.items():
                faults += 1
                print(f"  BROKEN: {promise}", *path, sep="\n    ")
                print(f"  again: python -m tests.proof.model.run --targets {targets} --world {name!r}")
    whole, covered = sum(graph.whole for graph in found), sum(graph.covered for graph in found)
    few = long_form and covered < LEAST and whole < len(found)
    print(
        f"{sum(g.states for g in found):,} states, {sum(g.edges for g in found):,} edges run, "
        f"{covered:,} covered{f' of {LEAST:,}' if few else ''}, {whole} of {len(found)} graphs whole; "
        f"{faults} promises broken; {time.monotonic() - begin:.0f} s"
    )
    return 1 if faults or few else 0


if __name__ == "__main__":
    sys.exit(main())
