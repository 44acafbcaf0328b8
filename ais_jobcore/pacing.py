"""
When to ask next: pure functions of the time waited, never of the time-out (rules E5, S54, S55, R1).

For a job of unknown length the best interval after ``t`` seconds is ``k * sqrt(t * ln(T / t))``
(Keller, Management Science 21(3), 1974, with durations log-uniform up to ``T``).
"""

from __future__ import annotations

import math
from typing import Final

K: Final = 0.12
"""Trades requests for lateness; their product hardly depends on it."""
HORIZON: Final = 86_400.0
"""Seconds: the ``T`` of the formula, whatever the time-out of the wait."""
FLOOR: Final = 0.05
"""Seconds: the first interval."""
GROWTH: Final = 0.25
"""How much of the time waited an interval may be, above the floor; early the formula alone overshoots."""
JITTER: Final = 0.1
"""How far an interval may stray to either side."""
FIRST_RETRY: Final = 0.2
LAST_RETRY: Final = 5.0
_TURNING_POINT: Final = HORIZON / math.e
_MASK: Final = 2**64 - 1


def interval(waited: float) -> float:
    """Return the interval in seconds after so many seconds of waiting, without jitter."""
    t = min(waited, _TURNING_POINT)
    best = K * math.sqrt(t * math.log(HORIZON / t)) if t > 0 else 0.0
    return max(FLOOR, min(best, FLOOR + GROWTH * t))


def retry(faults: int) -> float:
    """Return the back-off in seconds after so many faults in a row, without jitter."""
    return min(LAST_RETRY, FIRST_RETRY * 2.0 ** min(faults - 1, 16))


def jittered(delay: float, seed: int, poll: int) -> float:
    """Stray from a delay by up to a tenth: the same for the same seed and poll, on any machine."""
    return delay * (1 + JITTER * (2 * _unit(seed, poll) - 1))


def _unit(seed: int, poll: int) -> float:
    """Draw from [0, 1) by splitmix64, which needs no state but its two arguments."""
    x = (seed + (poll + 1) * 0x9E3779B97F4A7C15) & _MASK
    x = ((x ^ x >> 30) * 0xBF58476D1CE4E5B9) & _MASK
    x = ((x ^ x >> 27) * 0x94D049BB133111EB) & _MASK
    return (x ^ x >> 31) / 2.0**64


def clipped(due: float, deadline: float | None, *, took: float) -> float:
    """
    Move the moment of the next request onto the deadline, where it would come after or just before.

    Args:
        due: when it would be sent.
        deadline: when the last one is to be sent, ``None`` for never.
        took: how long the last request took: one sent that shortly before the deadline might leave no
            time for another, and the end could fall between.
    """
    if deadline is None or due < deadline - took:
        return due
    return deadline
