"""What a benchmark shows: figures, most of them with a bound that they must not pass."""

from __future__ import annotations

import time
from gc import collect, disable, enable, isenabled
from math import isnan
from statistics import median
from typing import TYPE_CHECKING, Final

from attrs import frozen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

_HEAD: Final = ("what", "measured", "bound", "")


@frozen
class Check:
    """
    Hold one figure.

    Attributes:
        row: which line of the requirements it belongs to.
        what: what was measured.
        measured: the figure.
        bound: what it may be at most; ``None`` where it stands for comparison only.
        unit: its unit, empty for ratios and counts.
    """

    row: str
    what: str
    measured: float
    bound: float | None = None
    unit: str = ""

    @property
    def ok(self) -> bool:
        """Whether the figure keeps its bound; what could not be measured does not."""
        return self.bound is None or (self.measured <= self.bound and not isnan(self.measured))

    @property
    def verdict(self) -> str:
        """``ok``, ``FAIL``, or nothing where there is no bound."""
        if self.bound is None:
            return ""
        return "ok" if self.ok else "FAIL"

    def cells(self) -> tuple[str, str, str, str]:
        """Spell it for a table."""
        bound = "" if self.bound is None else f"≤ {spell(self.bound, self.unit)}"
        return self.what, spell(self.measured, self.unit), bound, self.verdict


def spell(value: float, unit: str) -> str:
    """Spell a figure with three significant digits, whole numbers from 100 on."""
    digits = f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return f"{digits} {unit}".strip()


def render(checks: Iterable[Check]) -> str:
    """Draw the table for a terminal, one block for each row of the requirements."""
    lines: list[str] = []
    row = ""
    checks = list(checks)
    widths = [
        max(len(cell) for cell in column) for column in zip(_HEAD, *(c.cells() for c in checks), strict=True)
    ]
    for check in checks:
        if check.row != row:
            row = check.row
            lines += ["", row]
        what, measured, bound, verdict = check.cells()
        lines.append(
            f"  {what:<{widths[0]}}  {measured:>{widths[1]}}  {bound:>{widths[2]}}  {verdict}".rstrip()
        )
    return "\n".join(lines)


def side_by_side(functions: Sequence[Callable[[], object]], *, rounds: int, number: int = 1) -> list[float]:
    """
    Time several functions in turn, so that whatever else the machine does strikes all of them alike.

    CPU time counts, and the shortest of many rounds: others can only make it longer.

    Args:
        functions: what to time.
        rounds: how often to go through all of them.
        number: calls in a round.

    Returns:
        Seconds that a call of each takes.
    """
    best = [float("inf")] * len(functions)
    collecting = isenabled()
    try:
        for _ in range(rounds):
            for place, function in enumerate(functions):
                collect()
                disable()
                begin = time.process_time()
                for _ in range(number):
                    function()
                best[place] = min(best[place], (time.process_time() - begin) / number)
                enable()
    finally:
        (enable if collecting else disable)()
    return best


def quantile(values: Sequence[float], part: float) -> float:
    """Return the value below which that part of all values lies."""
    ranked = sorted(values)
    return median(ranked) if part == 0.5 else ranked[min(int(part * len(ranked)), len(ranked) - 1)]
