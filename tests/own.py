"""
Whether every module of the core is covered by its own tests, and not by accident by those of others.

A module is tested by ``tests/core/<layer>/test_<module>*.py``; those directly in ``ais_jobcore/`` are the
layer ``values``. ``python -m tests.own`` reads what the last ``pytest --cov`` measured, where
``tests/conftest.py`` has noted which file of tests comes by which line. It says nothing if all is well, so
that pytest has the last word.
"""

from __future__ import annotations

import functools
import re
import sys
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Final

from coverage import Coverage

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT: Final = Path(__file__).parents[1]
CORE: Final = ROOT / "ais_jobcore"

NOT_THE_CORE: Final = "testing"
"""The package that is tested by ``tests/testing``, and not to the last branch."""

_WAITS: Final = dict.fromkeys(
    ("table", "classify", "plan", "sources", "faults", "pacing", "progress", "state", "messages"), "wait"
)
"""The rules are one thing: a test of a wait comes by all of them."""

TESTED_WITH: Final[Mapping[str, tuple[str, ...]]] = {
    "__init__": ("names",),
    "schedules.__init__": ("keller",),
    "machines.call": ("operations",),
    # Documents, and the whole models that are made of them.
    "wire.models": ("documents",),
    **{f"rules.{name}": (tests,) for name, tests in _WAITS.items()},
    # The sentences of an end belong to it.
    "rules.messages": ("wait", "outcome"),
}
"""Modules that share tests of their layer: beside its own, ``tests/core/<layer>/test_<name>*.py``."""

TESTED_TOGETHER: Final = frozenset({"recording"})
"""Packages whose modules share their tests: ``tests/core/<package>/test_<package>*.py``."""

ONLY_VALUES: Final = frozenset(
    {
        "_version",
        "events",
        "limits",
        "proofs",
        "drivers.__init__",
        "machines.__init__",
        "machines.protocols",
        "rules.__init__",
        "wire.__init__",
        "wire.observations",
    }
)
"""Modules that may do without tests: to import them is to come by all there is in them."""


def forget() -> None:
    """Empty every cache of the core, so that who comes second computes what the first one did."""
    for name, module in list(sys.modules.items()):
        if name.startswith("ais_jobcore"):
            for each in vars(module).values():
                if isinstance(each, functools._lru_cache_wrapper):
                    each.cache_clear()


def modules(core: Path = CORE) -> list[Path]:
    """List the modules of the core."""
    found = core.rglob("*.py")
    return sorted(each for each in found if each.relative_to(core).parts[0] != NOT_THE_CORE)


def dotted(module: Path, core: Path = CORE) -> str:
    """Name a module within the core: ``kinds``, ``rules.table``."""
    return ".".join(module.relative_to(core).with_suffix("").parts)


def own_tests(name: str) -> str:
    """Return a pattern for the files of a module's own tests; ``^$`` stands for what an import comes by."""
    layer, _, module = name.rpartition(".")
    names = (module.strip("_"), *TESTED_WITH.get(name, ()), *(TESTED_TOGETHER & {layer}))
    return rf"^$|^tests/core/{layer or 'values'}/test_({'|'.join(map(re.escape, names))})(_\w+)?\.py$"


def untested(root: Path = ROOT) -> list[str]:
    """List the modules that nobody tests, and that do more than define values."""
    core = root / CORE.name
    files = [path.relative_to(root).as_posix() for path in (root / "tests" / "core").rglob("test_*.py")]
    names = [dotted(module, core) for module in modules(core)]
    return [
        name
        for name in names
        if name not in ONLY_VALUES and not any(map(re.compile(own_tests(name)).search, files))
    ]


def uncovered(data: str = ".coverage", root: Path = ROOT) -> dict[str, str]:
    """
    Tell of each module which lines and branches its own tests do not come by.

    Args:
        data: what was measured.
        root: where the core and its tests are.
    """
    core = root / CORE.name
    measured = Coverage(data_file=data, config_file=str(root / "pyproject.toml"))
    measured.load()
    found: dict[str, str] = {}
    for module in modules(core):
        own, report = own_tests(dotted(module, core)), StringIO()
        share = measured.report(
            [str(module)], contexts=[own], show_missing=True, skip_covered=False, file=report
        )
        if share < 100.0:
            row = next(line for line in report.getvalue().splitlines() if module.name in line)
            found[str(module.relative_to(root))] = row.split("%", 1)[1].strip()
    return found


def main() -> int:
    """Say what is missing; return 1 if anything is."""
    missing = [f"{name} has no tests, and own.py does not say that it needs none" for name in untested()]
    missing += [f"{path} is not covered by its own tests: {lines}" for path, lines in uncovered().items()]
    for each in missing:
        print(each, file=sys.stderr)  # noqa: T201 - its task
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
