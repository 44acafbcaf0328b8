"""
Fuzz one target in this process: ``python -m tests.proof.fuzz.worker TARGET RUNS SEED FOLDER``.

The last line of the output tells what was seen, as JSON; a finding is left in the folder.
"""

from __future__ import annotations

import json
import os
import re
import sys
import time
from contextlib import nullcontext
from importlib import import_module
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from random import Random
from traceback import print_exc
from typing import TYPE_CHECKING, Any, Final, NoReturn

from tests.proof.fuzz import corpus as fuzz_corpus

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import ModuleType

    from tests.proof.fuzz.targets import Target

INSTRUMENTED: Final = ["ais_jobcore", "ais_jobcore_requests", "ais_jobcore_cli"]
_HANG: Final = 20
"""Seconds after which an execution that does not end is a finding."""
_OWN: Final = 4
"""One mutation of so many is one of our own, which know JSON and pieces."""


class Worker:
    """
    Run inputs until there were enough, or one is a finding.

    Args:
        targets: the module of targets, imported with instruments.
        name: the target.
        runs: how many executions are enough.
        folder: where a finding is left.
    """

    def __init__(self, targets: ModuleType, name: str, runs: int, folder: Path) -> None:
        self.target: Target = targets.TARGETS[name]
        self.corpus = fuzz_corpus.load(name)
        self._execute = targets.execute
        self._runs = runs
        self._folder = folder
        self._began = time.monotonic()
        self._count = 0
        self._slowest = 0.0

    def run(self, data: bytes) -> None:
        """Run one input; the last one ends the process."""
        self._count += 1
        try:
            self._slowest = max(self._slowest, self._execute(self.target, data))
        except BaseException:  # noqa: BLE001 - whatever is not documented
            (self._folder / "finding").write_bytes(data)
            print_exc()
            print(f"finding: {ascii(data)[:2000]}", file=sys.stderr)
            self._end(found=1)
        if self._count >= self._runs:
            self._end(found=0)

    def _end(self, *, found: int) -> NoReturn:
        sys.stderr.flush()
        known = re.findall(r"cov: ([0-9]+)", (self._folder / "log").read_text("utf-8", "replace"))
        seen = {
            "executions": self._count,
            "seconds": time.monotonic() - self._began,
            "slowest": self._slowest,
            "coverage": known[-1] if known else "",
            "found": found,
        }
        print(json.dumps(seen), flush=True)
        # Neither libFuzzer nor Python has anything to add.
        os._exit(found)


def main(name: str, runs: str, seed: str, folder: str) -> None:
    """Fuzz with atheris, or without."""
    there = find_spec("atheris") is not None
    atheris: Any = import_module("atheris") if there else None
    with atheris.instrument_imports(include=INSTRUMENTED) if there else nullcontext():
        targets = import_module("tests.proof.fuzz.targets")
    worker = Worker(targets, name, int(runs), Path(folder))
    (Path(folder) / "finding").unlink(missing_ok=True)
    if there:
        _led_by_coverage(atheris, worker, int(seed), Path(folder))
    own = fuzz_corpus.mutations(worker.corpus, Random(seed), worker.target.longest)
    _run_all(worker, worker.corpus)
    _run_all(worker, islice(own, int(runs)))


def _run_all(worker: Worker, inputs: Iterable[bytes]) -> None:
    for data in inputs:
        worker.run(data)


def _led_by_coverage(atheris: Any, worker: Worker, seed: int, folder: Path) -> None:
    inputs = folder / "inputs"
    inputs.mkdir(exist_ok=True)
    for number, data in enumerate(worker.corpus):
        (inputs / f"corpus-{number}").write_bytes(data)
    words = folder / "words"
    words.write_text("".join(f'"{_escaped(token)}"\n' for token in fuzz_corpus.TOKENS), "ascii")

    def mutate(data: bytes, longest: int, chance: int) -> bytes:
        if chance % _OWN:
            return atheris.Mutate(data, longest)
        return fuzz_corpus.mutated(data, worker.corpus, Random(chance))[:longest]

    arguments = [
        f"-max_len={worker.target.longest}",
        f"-seed={seed}",
        f"-dict={words}",
        f"-timeout={_HANG}",
        f"-artifact_prefix={folder}/finding-",
        "-rss_limit_mb=1024",
        "-print_final_stats=0",
        str(inputs),
    ]
    atheris.Setup([sys.argv[0], *arguments], worker.run, custom_mutator=mutate)
    atheris.Fuzz()


def _escaped(token: bytes) -> str:
    return "".join(f"\\x{byte:02x}" for byte in token)


if __name__ == "__main__":
    main(*sys.argv[1:])
