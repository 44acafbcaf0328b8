"""
Change the core in thousands of small ways, one at a time, and see whether its tests notice.

``python -m tests.proof.mutation.run [MODULE ...]`` makes the mutations of mutmut for every function of the
core, and runs the tests of ``tests/core`` that come by the changed line until one fails. All are collected
once; each mutation is tried in a process of its own that is forked from there. ``--again`` tries only those
that survived the last time. Those of ``survivors.toml`` change nothing, and it says there why: they are tried
with ``--known`` only, and count as not found. The exit status is 1 if another one survives, if fewer than
98 % are found, or if the list has one that no mutation is like.
"""

from __future__ import annotations

import json
import sys
import time
import tomllib
from argparse import ArgumentParser
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

from tests.proof.mutation.making import mutants, mutated
from tests.proof.mutation.trial import BROKEN, FOUND, INVALID, SLOW, SURVIVED, WORDS, WORK, try_all

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tests.proof.mutation.making import Mutant

Key: TypeAlias = tuple[str, str, str]
"""A function with its module, its lines as they are, and the same lines mutated."""

KNOWN: Final = Path(__file__).with_name("survivors.toml")
REPORT: Final = WORK / "mutation.json"
ENOUGH: Final = 98.0
"""Per cent of all mutations that have to be found."""


def known() -> dict[Key, str]:
    """Return the survivors that change nothing, and why."""
    rows = tomllib.loads(KNOWN.read_text("utf-8")).get("survivor", [])
    return {(row["function"], row["before"], row["after"]): row["why"] for row in rows}


def main(arguments: list[str] | None = None) -> int:
    """Try the mutations of the core, or of some modules; say what survived, and whether enough was found."""
    parser = ArgumentParser(prog="python -m tests.proof.mutation.run", description=__doc__)
    parser.add_argument("modules", nargs="*", metavar="MODULE", help="as in `rules.table`; default all")
    parser.add_argument("--again", action="store_true", help="only those that survived the last time")
    parser.add_argument("--known", action="store_true", help="only those that are known to survive")
    parser.add_argument("--seconds", type=float, default=1e9, help="of tests for each mutation at the most")
    parser.add_argument("--processes", type=int, default=2)
    given = parser.parse_args(arguments)
    begun = time.monotonic()
    chosen = [each for module in given.modules or mutated() for each in mutants(module)]
    survivors = known()
    if stale := _stale(chosen, survivors):
        print(
            *(f"{one}: no mutation is like this\n  - {old}\n  + {new}" for one, old, new in stale), sep="\n"
        )
        return 1
    before = json.loads(REPORT.read_text()) if REPORT.exists() else {}
    if given.again:
        chosen = [each for each in chosen if before.get(_word(each)) == WORDS[SURVIVED]]
    spared = [each for each in chosen if each.key in survivors]
    tried = spared if given.known else [each for each in chosen if each.key not in survivors]
    results = try_all(tried, given.seconds, given.processes)
    now = {_word(each): WORDS[code] for each, code in zip(tried, results, strict=True)}
    REPORT.write_text(json.dumps(before | now, indent=0))
    if given.known:
        return report_known(tried, results)
    results += [SURVIVED] * len(spared)
    return report([*tried, *spared], results, time.monotonic() - begun)


def _stale(chosen: Sequence[Mutant], survivors: Iterable[Key]) -> list[Key]:
    """List known survivors of the modules that were chosen which no mutation is: their lines have changed."""
    modules, keys = {each.module for each in chosen}, {each.key for each in chosen}
    return [
        key for key in survivors if key not in keys and any(key[0].startswith(f"{name}.") for name in modules)
    ]


def _word(mutant: Mutant) -> str:
    return " | ".join(mutant.key)


def report_known(tried: Sequence[Mutant], results: Sequence[int]) -> int:
    """Print which known survivors are found after all, and need to be listed no more; return 1 if any is."""
    found = [each for each, code in zip(tried, results, strict=True) if code != SURVIVED]
    for each in found:
        print(f"{each.key[0]}: is found\n  - {each.before}\n  + {each.after}")
    print(f"{len(tried)} known survivors, {len(found)} of them are found")
    return 1 if found else 0


def report(chosen: Sequence[Mutant], results: Sequence[int], took: float) -> int:
    """Print what survived, by function, and the count; return 1 if that is too much."""
    equivalents = known()
    survived = [each for each, code in zip(chosen, results, strict=True) if code == SURVIVED]
    unknown = [each for each in survived if each.key not in equivalents]
    for each in unknown:
        print(f"{each.key[0]}, line {each.lines.start}:\n  - {each.before}\n  + {each.after}")
    tried = [code for code in results if code != INVALID]
    found = sum(code in {FOUND, SLOW} for code in tried)
    share = 100.0 * found / max(1, len(tried))
    counts = Counter(WORDS[code] for code in results)
    print(", ".join(f"{many:,} {word}" for word, many in counts.most_common()))
    print(
        f"{len(tried):,} mutations, {share:.2f} % found; {len(survived)} survive, "
        f"{len(unknown)} of them without a reason; {took:.0f} s"
    )
    return 1 if unknown or share < ENOUGH or BROKEN in results else 0


if __name__ == "__main__":
    sys.exit(main())
