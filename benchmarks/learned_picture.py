"""Draw when a learned schedule asks, and what it costs: two SVGs of four panels each, without a library."""

from __future__ import annotations

from itertools import pairwise
from math import exp, log, log10, sqrt
from statistics import fmean
from typing import TYPE_CHECKING, Final

from attrs import frozen

from ais_jobcore import Learned
from ais_jobcore.schedules import PRESETS

from .learned import DETAILS, KNOWN, RIVALS, blind, drawn, watched
from .schedules import DAY, HOUR, OTHERS, Cost, cost, optimum, stratified

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ais_jobcore.schedules import Schedule

    from .schedules import Quantile

_WIDTH, _HEIGHT = 430, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 62, 14, 34, 46
_FOOT: Final = 40
_FONT: Final = 'font-family="sans-serif" font-size="12"'
_TIMES: Final = {
    0.01: "10 ms",
    0.03: "30 ms",
    0.1: "0.1 s",
    0.3: "0.3 s",
    1.0: "1 s",
    3.0: "3 s",
    10.0: "10 s",
    30.0: "30 s",
    60.0: "1 min",
    180.0: "3 min",
    600.0: "10 min",
    1800.0: "30 min",
    HOUR: "1 h",
    3 * HOUR: "3 h",
    10 * HOUR: "10 h",
    DAY: "1 day",
}
_COUNTS: Final = {each: f"{each:,}" for each in (3, 10, 30, 100, 300, 1000, 3000, 10_000)}
_BLIND, _OWN, _BEST, _ENDS = "#656d76", "#d1242f", "#0969da", "#bf8700"
_COLOURS: Final = dict(zip(RIVALS, ("#1a7f37", "#8250df", "#bf8700", "#bf3989"), strict=True))
_NEAR: Final = 42.0
"""Pixels that the names of two marks need."""
_SIZES: Final = {20: "2,4", 100: "7,3", 1000: ""}
"""How many durations were learned from, and how their lines are dashed."""


@frozen
class Panel:
    """
    One panel: both axes are logarithmic.

    Attributes:
        place: which of the four it is.
        title: what stands above.
        x: the least and the greatest value across.
        y: the same upwards.
    """

    place: int
    title: str
    x: tuple[float, float]
    y: tuple[float, float]

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Return the pixel of a point; what lies outside is moved onto the frame."""
        column, row = self.place % 2, self.place // 2
        across, up = _part(x, self.x), _part(y, self.y)
        return (
            column * _WIDTH + _LEFT + (_WIDTH - _LEFT - _RIGHT) * across,
            row * _HEIGHT + _TOP + (_HEIGHT - _TOP - _BOTTOM) * (1 - up),
        )

    def frame(
        self, across: Mapping[float, str], up: Mapping[float, str], names: tuple[str, str]
    ) -> Iterator[str]:
        """Draw the axes with their marks and names."""
        (left, bottom), (right, top) = self.at(self.x[0], self.y[0]), self.at(self.x[1], self.y[1])
        last = 0.0
        for value, text in across.items():
            if self.x[0] <= value <= self.x[1]:
                x, _ = self.at(value, self.y[0])
                yield f'<path d="M{x:.1f} {top:.1f}V{bottom:.1f}" stroke="#e5e7eb"/>'
                if last + _NEAR < x:
                    yield f'<text x="{x:.1f}" y="{bottom + 15:.1f}" text-anchor="middle">{text}</text>'
                    last = x
        for value, text in up.items():
            if self.y[0] <= value <= self.y[1]:
                _, y = self.at(self.x[0], value)
                yield f'<path d="M{left:.1f} {y:.1f}H{right:.1f}" stroke="#e5e7eb"/>'
                yield f'<text x="{left - 6:.1f}" y="{y + 4:.1f}" text-anchor="end">{text}</text>'
        middle = (left + right) / 2
        yield f'<text x="{middle:.1f}" y="{bottom + 32:.1f}" text-anchor="middle">{names[0]}</text>'
        yield f'<text x="{left - 50:.1f}" y="{top - 12:.1f}">{names[1]}</text>'
        bold = 'text-anchor="end" font-weight="bold"'
        yield f'<text x="{right:.1f}" y="{top - 12:.1f}" {bold}>{self.title}</text>'

    def line(self, points: Iterable[tuple[float, float]], colour: str, dashes: str = "") -> str:
        """Draw a line through points."""
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in (self.at(*point) for point in points))
        dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
        return f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.8"{dashed}/>'

    def dot(self, seen: Cost, colour: str, size: float = 5.0) -> str:
        """Draw a point."""
        x, y = self.at(seen.requests, seen.lateness)
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{size}" fill="{colour}"/>'


def _part(value: float, ends: tuple[float, float]) -> float:
    return min(max(log10(max(value, 1e-9) / ends[0]) / log10(ends[1] / ends[0]), 0.0), 1.0)


def _picture(panels: Iterable[Iterable[str]], legend: Iterable[tuple[str, str, str]]) -> str:
    """Put four panels together, and below them what their colours and dashes mean; ``.`` is a point."""
    width, height = 2 * _WIDTH, 2 * _HEIGHT + _FOOT
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" {_FONT}>',
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
        *(each for panel in panels for each in panel),
    ]
    x, y = float(_LEFT), 2 * _HEIGHT + _FOOT / 2
    for name, colour, dashes in legend:
        if dashes == ".":
            lines.append(f'<circle cx="{x + 17:.1f}" cy="{y:.1f}" r="5" fill="{colour}"/>')
        else:
            dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
            lines.append(f'<path d="M{x:.1f} {y:.1f}h24" stroke="{colour}" stroke-width="1.8"{dashed}/>')
        lines.append(f'<text x="{x + 28:.1f}" y="{y + 4:.1f}">{name}</text>')
        x += 44 + 6.4 * len(name)
    return "\n".join([*lines, "</svg>", ""])


def moments() -> str:
    """Draw how long each schedule sleeps, by the age of the job: one panel for each prior."""
    return _picture(
        (_intervals(place, name, prior) for place, (name, prior) in enumerate(KNOWN.items())),
        [
            *((f"from {size:,}", _OWN, dashes) for size, dashes in _SIZES.items()),
            ("the optimum", _BEST, ""),
            ("blind", _BLIND, ""),
            ("ends of jobs", _ENDS, ""),
        ],
    )


def _intervals(place: int, name: str, prior: Quantile) -> Iterator[str]:
    ends = (0.5 * prior(0.002), 2.0 * prior(0.995))
    ages = [ends[0] * (ends[1] / ends[0]) ** (step / 150) for step in range(151)]
    schedules = {size: Learned(drawn(prior, size, 3)) for size in _SIZES}
    panel = Panel(place, name, ends, (0.03, 60.0))
    yield from panel.frame(_TIMES, _TIMES, ("age of the job", "sleeps"))
    # The chance of an end at every age, as a hill on the floor.
    parts = [0.002 + 0.993 * step / 400 for step in range(401)]
    hill = [log(prior(after) / prior(before)) for before, after in pairwise(parts)]
    steepest = 1 / min(hill)
    yield panel.line(
        ((prior(part), 0.03 * exp(2.0 / each / steepest)) for part, each in zip(parts, hill, strict=False)),
        _ENDS,
    )
    yield panel.line(((age, _slept(PRESETS["default"], age)) for age in ages), _BLIND)
    # At one price for a request, k · √(S / f) is the best interval; over quantiles, k · √((1-u) · Q').
    k = schedules[1000].past.k
    best = (
        (prior(before), k * sqrt((1 - before) * (prior(after) - prior(before)) / (after - before)))
        for before, after in pairwise(parts)
    )
    yield panel.line(best, _BEST)
    for size, dashes in _SIZES.items():
        yield panel.line(((age, _slept(schedules[size], age)) for age in ages), _OWN, dashes)


def _slept(schedule: Schedule, age: float) -> float:
    return schedule.interval(age, snapshots=False)


def costs(draws: int = 8, jobs: int = 400) -> str:
    """Draw requests and lateness of each schedule: one panel for each prior."""
    return _picture(
        (_costs(place, name, draws, jobs) for place, name in enumerate(KNOWN)),
        [
            ("the optimum", _BEST, ""),
            ("from 20, 100, 1,000", _OWN, "."),
            ("blind", _BLIND, "."),
            *((rival.partition(",")[0], colour, ".") for rival, colour in _COLOURS.items()),
        ],
    )


def _costs(place: int, name: str, draws: int, jobs: int) -> Iterator[str]:
    prior = KNOWN[name]
    best, durations = optimum(prior, 20_000), stratified(prior, jobs)
    panel = Panel(place, name, (1.5, 2000.0), (0.03, 60.0))
    yield from panel.frame(_COUNTS, _TIMES, ("requests for a job", "mean lateness"))
    ends = (max(panel.x[0], best / panel.y[1]), min(panel.x[1], best / panel.y[0]))
    yield panel.line([(requests, best / requests) for requests in ends], _BEST)
    for rival, colour in _COLOURS.items():
        yield panel.dot(cost(OTHERS[rival], durations, seeds=4), colour)
    for size, radius in zip(_SIZES, (3.0, 4.0, 5.0), strict=True):
        seen = [watched(drawn(prior, size, draw), durations, draw) for draw in range(draws)]
        mean = Cost(fmean(each.requests for each in seen), fmean(each.lateness for each in seen))
        yield panel.dot(mean, _OWN, radius)
    yield panel.dot(cost(blind, durations, seeds=4, more=DETAILS), _BLIND, 3.5)
