"""
Fuzz: ``python -m tests.proof.fuzz.run [TARGET ...] [--runs N] [--seed N] [--input FILE]``.

Each target runs in a process of its own, led by coverage where atheris is installed, and by our own mutations
where it is not. The exit status is 1 for a finding; a line says how to reproduce it.
"""

from __future__ import annotations

import json
import subprocess
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.proof.fuzz import corpus as fuzz_corpus
from tests.proof.fuzz.targets import TARGETS, execute

if TYPE_CHECKING:
    from collections.abc import Sequence

BUILD: Final = Path("build/fuzz")
RUNS: Final = 2_050_000
_ROW: Final = "{:12}{:>12}{:>10}{:>10}{:>14}{:>10}  {}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Fuzz what was asked for, print a table, and say whether anything was found."""
    parser = ArgumentParser(
        prog="python -m tests.proof.fuzz.run", description="Fuzz, and fail for a finding."
    )
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"of {', '.join(TARGETS)}; default all")
    parser.add_argument("--runs", type=int, default=RUNS, help="executions of all targets together")
    parser.add_argument("--seed", type=int, default=1, help="where chance begins")
    parser.add_argument("--input", type=Path, metavar="FILE", help="run this one input, and nothing else")
    parser.add_argument("--keep", action="store_true", help="add the input to the corpus")
    options = parser.parse_args(arguments)
    strangers = [name for name in options.targets if name not in TARGETS]
    if strangers or (options.input and len(options.targets) != 1):
        parser.error(f"no such target: {', '.join(strangers)}" if strangers else "one input, one target")
    if options.input:
        return _run_one(options.targets[0], options.input.read_bytes(), keep=options.keep)
    return _fuzz(options.targets or list(TARGETS), options.runs, options.seed)


def _run_one(name: str, data: bytes, *, keep: bool) -> int:
    if keep:
        fuzz_corpus.save(name, [*fuzz_corpus.load(name), data])
    print(f"{execute(TARGETS[name], data):.6f} s")
    return 0


def _fuzz(names: Sequence[str], runs: int, seed: int) -> int:
    whole = sum(TARGETS[name].share for name in names)
    print(_ROW.format("target", "executions", "seconds", "per s", "slowest", "coverage", ""))
    total, seconds, findings = 0, 0.0, 0
    for name in names:
        wanted = -(-runs * TARGETS[name].share // whole)
        seen = _fuzz_one(name, wanted, seed)
        total, seconds, findings = (
            total + seen["executions"],
            seconds + seen["seconds"],
            findings + seen["found"],
        )
        print(
            _ROW.format(
                name,
                f"{seen['executions']:,}",
                f"{seen['seconds']:.0f}",
                f"{seen['executions'] / max(seen['seconds'], 0.01):,.0f}",
                f"{seen['slowest'] * 1000:.1f} ms",
                seen["coverage"],
                "FOUND" if seen["found"] else "ok",
            ),
            flush=True,
        )
    print(f"{total:,} executions of {len(names)} targets in {seconds:.0f} s, {findings} findings")
    return 1 if findings else 0


def _fuzz_one(name: str, runs: int, seed: int) -> dict[str, object]:
    """Let a process of its own fuzz one target; whatever ends it early is a finding."""
    build = BUILD / name
    build.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "tests.proof.fuzz.worker", name, str(runs), str(seed), str(build)]
    log = build / "log"
    with log.open("wb") as errors:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=errors, text=True, check=False)
    last = done.stdout.splitlines()[-1:] or [""]
    try:
        seen = json.loads(last[0])
    except ValueError:
        seen = {"executions": 0, "seconds": 0.0, "slowest": 0.0, "coverage": "", "found": 1}
    if seen["found"]:
        print(f"\n{name}: exit status {done.returncode}; the end of {log}:")
        print("\n".join(log.read_text("utf-8", "replace").splitlines()[-25:]))
        for artifact in sorted(build.glob("finding*")):
            print(f"to reproduce: {sys.executable} -m tests.proof.fuzz.run {name} --input {artifact}\n")
    return seen


if __name__ == "__main__":
    sys.exit(main())
