"""
Whether every module of the core is covered by its own tests, and not by accident by those of others.

``python -m tests.own`` reads what the last ``pytest --cov`` measured, where ``tests/conftest.py`` has noted
which file of tests comes by which line. It says nothing if all is well, so that pytest has the last word.
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

TESTED_WITH: Final[Mapping[str, str]] = {
    "__init__": "names",
    "_later": "names",
    # The rules are one thing: these two make a signal of what came, and a request of a signal.
    "reading": "wait",
    "asking": "wait",
    # Documents, and the whole models that are made of them.
    "models": "documents",
    # The words of a conclusion.
    "reasons": "conclusions",
}
"""Modules whose tests have another name than ``tests/core/test_<module>*.py``."""
TESTED_TOGETHER: Final = frozenset({"recording"})
"""Packages of the core whose modules share their tests."""


def forget() -> None:
    """Empty every cache of the core, so that who comes second computes what the first one did."""
    for name, module in list(sys.modules.items()):
        if name.startswith("ais_jobcore"):
            for each in vars(module).values():
                if isinstance(each, functools._lru_cache_wrapper):
                    each.cache_clear()


def own_tests(module: Path) -> str:
    """Return a pattern for the files of a module's own tests; ``^$`` stands for what an import comes by."""
    folder = module.parent.name
    name = folder if folder in TESTED_TOGETHER else TESTED_WITH.get(module.stem, module.stem)
    return rf"^$|^tests/core/test_{re.escape(name.strip('_'))}(_\w+)?\.py$"


def modules() -> list[Path]:
    """List the modules of the core."""
    folders = (CORE, *(CORE / name for name in sorted(TESTED_TOGETHER)))
    return [module for folder in folders for module in sorted(folder.glob("*.py"))]


def uncovered(data: str = ".coverage") -> dict[str, str]:
    """
    Tell of each module which lines and branches its own tests do not come by.

    Args:
        data: what was measured.
    """
    measured = Coverage(data_file=data, config_file=str(ROOT / "pyproject.toml"))
    measured.load()
    found: dict[str, str] = {}
    for module in modules():
        report = StringIO()
        share = measured.report(
            [str(module)], contexts=[own_tests(module)], show_missing=True, skip_covered=False, file=report
        )
        if share < 100.0:
            row = next(line for line in report.getvalue().splitlines() if module.name in line)
            found[str(module.relative_to(ROOT))] = row.split("%", 1)[1].strip()
    return found


def main() -> int:
    """Say what is missing; return 1 if anything is."""
    found = uncovered()
    for module, lines in found.items():
        print(f"{module} is not covered by its own tests: {lines}", file=sys.stderr)  # noqa: T201 - its task
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
