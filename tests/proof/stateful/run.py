"""
Run the state machines and the property tests of waits for long.

``python -m tests.proof.stateful.run [machines|properties|TEST ...]`` runs some of them, or all. A failure
prints the steps that lead to it, and is tried first by the next run.
"""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING, Final

import pytest

if TYPE_CHECKING:
    from collections.abc import Mapping

TESTS: Final[Mapping[str, str]] = {
    "machines": "tests/proof/stateful/test_stateful.py",
    "properties": "tests/core/rules/test_wait_properties.py",
}
STEPS: Final = 200_000
"""Steps that the state machines have to take."""


def main(names: list[str]) -> int:
    """Run the tests with the profile ``prove``, and say how many steps were taken."""
    os.environ["PROVE"] = "1"
    os.environ.pop("FAST", None)
    began = time.monotonic()
    options = ["-q", "-p", "no:cacheprovider", "-o", "faulthandler_timeout=1500"]
    failed = pytest.main([*options, *(TESTS.get(name, name) for name in names or TESTS)])
    # Not before: the profile is chosen while the tests are collected.
    from tests.proof.stateful.wait import steps  # noqa: PLC0415

    taken = sum(steps.values())
    few = (not names or "machines" in names) and taken < STEPS
    kinds = ", ".join(f"{many:,} of {name}" for name, many in steps.items())
    short = f", and {STEPS:,} were to be" if few else ""
    print(f"{taken:,} steps of state machines ({kinds}){short}; {time.monotonic() - began:.0f} s")
    return 1 if failed or few else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
