"""Try mutations: each in a process of its own, on the tests that come by the changed line."""

from __future__ import annotations

import json
import os
import re
import resource
import signal
import subprocess
import sys
import traceback
from collections import Counter, defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from attrs import define, field

from tests.own import CORE, dotted, modules, own_tests
from tests.proof.mutation.making import put_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tests.proof.mutation.making import Mutant

TESTS: Final = "tests/core"
WORK: Final = Path("build/prove")
LEAST_SECONDS = 10.0
PATIENCE: Final = 5.0
"""How many times as long as without a mutation its tests may take."""
MEMORY: Final = 4 << 30

FOUND, SURVIVED, SLOW, INVALID, BROKEN = 1, 0, 3, 4, 5
"""What a process that tried a mutation says by its exit status."""
WORDS: Final = {FOUND: "found", SURVIVED: "survived", SLOW: "too slow", INVALID: "no code", BROKEN: "broken"}


def who_comes_by() -> dict[tuple[str, int], list[str]]:
    """Run the tests once with coverage; say which of them come by each line of the core."""
    from coverage import CoverageData  # noqa: PLC0415 - not before it measures

    data = WORK / "mutation.coverage"
    written = [
        path.stat().st_mtime for folder in (CORE, CORE.parent / TESTS) for path in folder.rglob("*.py")
    ]
    if not data.exists() or data.stat().st_mtime < max(written):
        data.unlink(missing_ok=True)
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", TESTS]
        options = ["--cov", "--cov-context=test", "--cov-report=", "--cov-fail-under=0"]
        subprocess.run([*command, *options], check=True, env=os.environ | {"COVERAGE_FILE": str(data)})
    covered = CoverageData(str(data))
    covered.read()
    return {
        (dotted(path), line): sorted({each.partition("|")[0] for each in contexts if each})
        for path in modules()
        for line, contexts in covered.contexts_by_lineno(str(path)).items()
    }


@define
class Trial:
    """
    Try mutations, once pytest has collected the tests; this is its plugin.

    Attributes:
        mutants: what is tried.
        passing: the tests that come by each line.
        seconds: for how long to try one at most; tests that come after that are left out.
        processes: how many are tried at a time.
        results: what came of each.
    """

    mutants: Sequence[Mutant]
    passing: Mapping[tuple[str, int], Sequence[str]]
    seconds: float
    processes: int = 2
    results: dict[int, int] = field(factory=dict)
    _items: dict[str, pytest.Item] = field(factory=dict)
    _durations: dict[str, float] = field(factory=dict)
    _killers: defaultdict[str, Counter[str]] = field(factory=lambda: defaultdict(Counter))
    _failed: str = ""

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Try every mutation in the place of running the tests."""
        self._items = {item.nodeid: item for item in session.items}
        self._measure()
        running: dict[int, tuple[int, Path]] = {}
        for number, mutant in enumerate(self.mutants):
            if len(running) >= self.processes:
                self._reap(running)
            note = WORK / f"mutation.note.{number}"
            running[self._fork(mutant, note)] = (number, note)
            if number and number % 200 == 0:
                print(f"{number} of {len(self.mutants)} ...", file=sys.stderr, flush=True)
        while running:
            self._reap(running)
        return True

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Hear how a test went."""
        self._durations[report.nodeid] = self._durations.get(report.nodeid, 0.0) + report.duration
        if report.failed:
            self._failed = report.nodeid

    def _measure(self) -> None:
        """Run every test in a process of its own, without a mutation, and note how long each takes."""
        note = WORK / "mutation.durations"
        pid = os.fork()
        if not pid:
            self._run(self._items.values())
            note.write_text(json.dumps(self._durations))
            os._exit(1 if self._failed else 0)
        _, status = os.waitpid(pid, 0)
        assert os.waitstatus_to_exitcode(status) == 0, "the tests fail without any mutation"
        self._durations = json.loads(note.read_text())

    def _run(self, items: Iterable[pytest.Item]) -> None:
        for item in items:
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)
            if self._failed:
                return

    def _fork(self, mutant: Mutant, note: Path) -> int:
        chosen = self._chosen(mutant)
        pid = os.fork()
        if pid:
            return pid
        try:
            planned = sum(self._durations[item.nodeid] for item in chosen)
            signal.signal(signal.SIGALRM, lambda *_: os._exit(SLOW))
            signal.setitimer(signal.ITIMER_REAL, LEAST_SECONDS + PATIENCE * planned)
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
            put_in(mutant)
        except SyntaxError:
            os._exit(INVALID)
        except BaseException:  # noqa: BLE001 - not a word of the tests
            traceback.print_exc()
            os._exit(BROKEN)
        try:
            self._run(chosen)
        except BaseException:  # noqa: BLE001 - whatever a mutation breaks, it was noticed
            os._exit(FOUND)
        note.write_text(self._failed)
        os._exit(FOUND if self._failed else SURVIVED)

    def _chosen(self, mutant: Mutant) -> list[pytest.Item]:
        """Choose tests: those that found others in this function, then its own; the quick ones first."""
        come = {name for line in mutant.lines for name in self.passing.get((mutant.module, line), ())}
        killers, own = self._killers[mutant.key[0]], re.compile(own_tests(mutant.module))

        def rank(name: str) -> tuple[int, bool, float]:
            return -killers[name], not own.search(name.partition("::")[0]), self._durations[name]

        chosen: list[pytest.Item] = []
        left = self.seconds
        for name in sorted(come & self._items.keys(), key=rank):
            left -= self._durations[name]
            if left < 0 and chosen:
                break
            chosen.append(self._items[name])
        return chosen

    def _reap(self, running: dict[int, tuple[int, Path]]) -> None:
        pid, status = os.wait()
        number, note = running.pop(pid)
        code = os.waitstatus_to_exitcode(status)
        # Killed from outside, as by a lack of memory: that was noticed, too.
        self.results[number] = code if code in WORDS else FOUND
        if note.exists():
            killer = note.read_text()
            note.unlink()
            if killer:
                self._killers[self.mutants[number].key[0]][killer] += 1


def try_all(
    chosen: Sequence[Mutant],
    seconds: float,
    processes: int,
    tests: str = TESTS,
    passing: Mapping[tuple[str, int], Sequence[str]] | None = None,
) -> list[int]:
    """
    Say of each mutation what came of it.

    Args:
        chosen: the mutations.
        seconds: for how long to try one at most.
        processes: how many at a time.
        tests: where the tests are.
        passing: the tests that come by each line; measured unless they are known.
    """
    WORK.mkdir(parents=True, exist_ok=True)
    # Tests must not differ from one run to the next.
    os.environ["CI"] = "1"
    trial = Trial(chosen, who_comes_by() if passing is None else passing, seconds, processes)
    without = [f"-pno:{plugin}" for plugin in ("cacheprovider", "terminal", "ais_jobcore")]
    imported = "-Wignore:Module already imported:pytest.PytestAssertRewriteWarning"
    pytest.main(["-o", "addopts=", "--import-mode=importlib", imported, *without, tests], [trial])
    return [trial.results[number] for number in range(len(chosen))]
