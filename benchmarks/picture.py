"""Draw how late each schedule notices the end of a job, by the job's length: one SVG, without a library."""

from __future__ import annotations

from bisect import bisect_left
from itertools import pairwise
from math import log10
from statistics import fmean
from typing import TYPE_CHECKING, Final

from .schedules import DAY, HOUR, OTHERS, WEEK, moments, official, ours

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from .schedules import Policy

_WIDTH, _HEIGHT = 860, 480
_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 210, 24, 56
_LENGTHS: Final = {
    0.1: "0.1 s",
    1.0: "1 s",
    10.0: "10 s",
    60.0: "1 min",
    600.0: "10 min",
    HOUR: "1 h",
    DAY: "1 day",
}
_LATENESS: Final = {
    0.01: "10 ms",
    0.1: "0.1 s",
    1.0: "1 s",
    10.0: "10 s",
    60.0: "1 min",
    600.0: "10 min",
    HOUR: "1 h",
}
_FONT: Final = 'font-family="sans-serif" font-size="12"'
_COLOURS: Final = ("#d1242f", "#0969da", "#8250df", "#bf8700", "#1a7f37", "#656d76", "#656d76", "#656d76")

POLICIES: Final[Mapping[str, tuple[Policy, float, int]]] = {
    "ais_jobcore": (ours, DAY, 40),
    "Go client": (OTHERS["Go client, 7 days"], DAY, 1),
    "Smithy": (OTHERS["Smithy, 2 to 120 s"], DAY, 40),
    "botocore": (OTHERS["botocore, 15 s"], DAY, 1),
    "Google": (OTHERS["Google, 1 to 20 s"], DAY, 40),
    "official SDK, timeout=300": (lambda _: official(300.0), 300.0, 1),
    "official SDK, timeout=3600": (lambda _: official(HOUR), HOUR, 1),
    "official SDK, 7 days": (lambda _: official(WEEK), DAY, 1),
}
"""Who asks, up to which length of a job, and with how many seeds."""


def curve(
    policy: Policy, longest: float, seeds: int, *, bins: int = 48, jobs: int = 40
) -> list[tuple[float, float]]:
    """Return the mean lateness by length: means over jobs of nearly the same length, and over seeds."""
    asked = [list(moments(policy(seed), longest)) for seed in range(1, seeds + 1)]
    edges = [0.1 * (longest / 0.1) ** (place / bins) for place in range(bins + 1)]
    points: list[tuple[float, float]] = []
    for begin, end in pairwise(edges):
        lengths = [begin + (end - begin) * (place + 0.5) / jobs for place in range(jobs)]
        late = fmean(each[bisect_left(each, length)] - length for each in asked for length in lengths)
        points.append(((begin * end) ** 0.5, late))
    return points


def draw() -> str:
    """Draw all schedules, both axes logarithmic."""
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" {_FONT}>',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#fff"/>',
        *_axes(),
    ]
    labels: list[tuple[float, str, str]] = []
    for (name, (policy, longest, seeds)), colour in zip(POLICIES.items(), _COLOURS, strict=True):
        points = [(_x(length), _y(late)) for length, late in curve(policy, longest, seeds)]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        width = 3 if name == "ais_jobcore" else 1.5
        lines.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="{width}"/>')
        labels.append((points[-1][1], name, colour))
    return "\n".join([*lines, *_labels(labels), "</svg>", ""])


def _x(length: float) -> float:
    return _LEFT + (_WIDTH - _LEFT - _RIGHT) * log10(length / 0.1) / log10(DAY / 0.1)


def _y(late: float) -> float:
    low, high = 0.01, 3 * HOUR
    return _HEIGHT - _BOTTOM - (_HEIGHT - _TOP - _BOTTOM) * log10(max(late, low) / low) / log10(high / low)


def _axes() -> Iterator[str]:
    right, bottom = _WIDTH - _RIGHT, _HEIGHT - _BOTTOM
    for length, text in _LENGTHS.items():
        x = _x(length)
        yield f'<path d="M{x:.1f} {_TOP}V{bottom}" stroke="#e5e7eb"/>'
        yield f'<text x="{x:.1f}" y="{bottom + 18}" text-anchor="middle">{text}</text>'
    for late, text in _LATENESS.items():
        y = _y(late)
        yield f'<path d="M{_LEFT} {y:.1f}H{right}" stroke="#e5e7eb"/>'
        yield f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{text}</text>'
    yield f'<text x="{(_LEFT + right) / 2}" y="{bottom + 42}" text-anchor="middle">length of the job</text>'
    middle = (_TOP + bottom) / 2
    yield (
        f'<text x="16" y="{middle}" text-anchor="middle" transform="rotate(-90 16 {middle})">'
        "its end is noticed so much later, on the average</text>"
    )


def _labels(labels: Sequence[tuple[float, str, str]]) -> Iterator[str]:
    """Write the names beside the ends of the lines, none over another."""
    lowest = 0.0
    for y, name, colour in sorted(labels):
        lowest = max(y + 4, lowest + 16)
        yield f'<text x="{_WIDTH - _RIGHT + 8}" y="{lowest:.1f}" fill="{colour}">{name}</text>'
