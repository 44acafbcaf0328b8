"""
Run the benchmarks: ``python -m benchmarks [name ...] [--page]``.

The exit status is 1 where a bound is missed.
"""

from __future__ import annotations

import sys
import time
from argparse import ArgumentParser
from math import nan
from traceback import print_exc
from typing import TYPE_CHECKING, Final

from . import crowds, decoding, imports, learned, memory, official, page, polling, replaying, replays
from .checks import Check, render

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

BENCHMARKS: Final[Mapping[str, Callable[[], list[Check]]]] = {
    "blind": polling.blind,
    "elsewhere": polling.elsewhere,
    "learned": learned.learned,
    "totals": polling.totals,
    "short": polling.short,
    "minutes": polling.minutes,
    "recorded": replays.recorded,
    "group": crowds.group,
    "herd": crowds.herd,
    "status": decoding.status_poll,
    "snapshots": decoding.snapshots_poll,
    "replays": replaying.replayed,
    "state": memory.state,
    "live": memory.live,
    "imports": imports.imported,
}
"""What there is, in the order of the table."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what was asked for, print the table, and say whether every bound is kept."""
    parser = ArgumentParser(prog="python -m benchmarks", description="Measure, and fail past any bound.")
    parser.add_argument(
        "names", nargs="*", metavar="name", help=f"one of {', '.join(BENCHMARKS)}; default all"
    )
    parser.add_argument("--page", action="store_true", help="write the table and the picture to docs/")
    options = parser.parse_args(arguments)
    strangers = [name for name in options.names if name not in BENCHMARKS]
    if strangers or (options.page and options.names):
        parser.error(
            f"no such benchmark: {', '.join(strangers)}" if strangers else "a page shows all of them"
        )
    sdk = official.prepare()
    begin = time.monotonic()
    checks: list[Check] = []
    for name in options.names or BENCHMARKS:
        print(f"{name} ...", file=sys.stderr, flush=True)
        try:
            checks += BENCHMARKS[name]()
        except Exception as error:  # noqa: BLE001 - one that breaks must not hide the others
            print_exc()
            checks.append(Check(name, f"could not be measured: {type(error).__name__}", nan, 0))
    missed = sum(not check.ok for check in checks)
    bounded = sum(check.bound is not None for check in checks)
    print(render(checks))
    took = time.monotonic() - begin
    print(f"\n{bounded - missed} of {bounded} bounds kept, {missed} missed; {took:.0f} s")
    if options.page:
        page.write(checks, took, sdk)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
