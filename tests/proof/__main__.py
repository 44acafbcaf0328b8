"""
Run the long proofs: ``python -m tests.proof [PART ...]``, which is ``make prove``.

Each part is a process of its own. The last line of its output says what it has seen; it fails by its exit
status, or by taking longer than it may. The exit status is 1 where a part failed.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from argparse import ArgumentParser
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Final

from attrs import frozen

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LOGS: Final = Path("build/prove")
_MINUTE: Final = 60.0
_SHOWN: Final = 20
"""Lines of the output of a part that failed."""


@frozen
class Part:
    """
    Hold one proof.

    Attributes:
        asked: what it is to show, in a few words.
        command: what Python is given.
        minutes: how long it may take at most.
        alone: whether it needs every core for itself.
    """

    asked: str
    command: tuple[str, ...]
    minutes: float
    alone: bool = False


PARTS: Final[Mapping[str, Part]] = {
    "model": Part(
        "every edge of the rules, 4 targets",
        ("-m", "tests.proof.model.run", "--targets", "4"),
        30,
        alone=True,
    ),
    "simulation": Part("10^6 waits, 10^7 faults", ("-m", "tests.proof.simulation.run"), 30, alone=True),
    "differential": Part(
        "10^6 replies, no difference without a reason", ("-m", "tests.proof.differential.run"), 15, alone=True
    ),
    "mutation": Part(
        "98 % of all mutations found, a reason for each other",
        ("-m", "tests.proof.mutation.run"),
        25,
        alone=True,
    ),
    "stateful": Part("2*10^5 steps of state machines", ("-m", "tests.proof.stateful.run", "machines"), 20),
    "properties": Part(
        "what holds for all waits, on many of them", ("-m", "tests.proof.stateful.run", "properties"), 20
    ),
    "fuzz": Part("2*10^6 executions, no finding", ("-m", "tests.proof.fuzz.run"), 20),
    "determinism": Part(
        "one log on any Python", ("-m", "pytest", "-q", "tests/proof/golden/test_determinism.py"), 10
    ),
}
"""Those that need the whole machine come first; the others run two at a time, the longest first."""


@frozen
class Report:
    """
    Say what came of a part.

    Attributes:
        name: its name.
        seen: the last line of its output, or why it was stopped.
        seconds: how long it took.
        ok: whether it holds.
    """

    name: str
    seen: str
    seconds: float
    ok: bool


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what was asked for, print the table, and say whether all of it holds."""
    parser = ArgumentParser(prog="python -m tests.proof", description="Run the long proofs.")
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; default all")
    names = parser.parse_args(arguments).parts or [*PARTS]
    strangers = [name for name in names if name not in PARTS]
    if strangers:
        parser.error(f"no such part: {', '.join(strangers)}; there are {', '.join(PARTS)}")
    LOGS.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    try:
        reports = [_run(name) for name in names if PARTS[name].alone]
        with ThreadPoolExecutor(2) as two:
            reports += two.map(_run, [name for name in names if not PARTS[name].alone])
    except KeyboardInterrupt:
        for process in [*_running]:
            _stop(process)
        return 130
    print(render(reports))
    failed = sum(not report.ok for report in reports)
    print(f"\n{len(reports) - failed} of {len(reports)} parts hold; {_clock(time.monotonic() - began)}")
    return 1 if failed else 0


_running: Final[set[subprocess.Popen[bytes]]] = set()


def _run(name: str) -> Report:
    part, log = PARTS[name], LOGS / f"{name}.log"
    print(f"{name}: {part.asked} ...", file=sys.stderr, flush=True)
    began = time.monotonic()
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, *part.command],
            stdout=output,
            stderr=subprocess.STDOUT,
            env=os.environ | {"PYTHONUNBUFFERED": "1"},
            # So that what it starts can be stopped with it.
            start_new_session=True,
        )
        _running.add(process)
        try:
            status = process.wait(part.minutes * _MINUTE)
        except subprocess.TimeoutExpired:
            _stop(process)
            status = None
        _running.discard(process)
    lines = [line for line in log.read_text("utf-8", "replace").splitlines() if line.strip()]
    seen = lines[-1].strip(" =") if lines else "it said nothing"
    report = Report(
        name,
        f"stopped after {part.minutes:g} min" if status is None else seen,
        time.monotonic() - began,
        status == 0,
    )
    if not report.ok:
        print(f"{name} FAILED; the end of {log}:", *lines[-_SHOWN:], sep="\n", file=sys.stderr, flush=True)
    return report


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End a part with all that it started."""
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def render(reports: Sequence[Report]) -> str:
    """Lay the table out."""
    rows = [("part", "asked", "seen", "time", "")]
    rows += [
        (each.name, PARTS[each.name].asked, each.seen, _clock(each.seconds), "ok" if each.ok else "FAIL")
        for each in reports
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def _clock(seconds: float) -> str:
    return f"{seconds / _MINUTE:.1f} min" if seconds >= _MINUTE else f"{seconds:.0f} s"


if __name__ == "__main__":
    sys.exit(main())
