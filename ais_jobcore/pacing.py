"""
When to ask next: pure functions of the time waited, never of the time-out (rules E5, S54, S55, R1).

For a job of unknown length the best interval after ``t`` seconds is ``k * sqrt(t * ln(T / t))``
(Keller, Management Science 21(3), 1974, with durations log-uniform up to ``T``). Where the end can be
estimated, the estimate beats any schedule.
"""

from __future__ import annotations

from math import e, inf, log, sqrt
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Protocol

from attrs import field, frozen

if TYPE_CHECKING:
    from collections.abc import Mapping

    from attrs import Attribute

JITTER: Final = 0.1
"""How far an interval may stray to either side."""
FIRST_RETRY: Final = 0.2
LAST_RETRY: Final = 5.0
LONGEST_RETRY: Final = 30.0
"""Seconds between attempts, at most and by any schedule: twenty fit into an outage that is endured."""
APPROACH: Final = 0.6
"""How much of an estimated rest is slept at once: an estimate is wrong, mostly by being too long."""
SHORTEST: Final = 0.01
"""Seconds; no schedule asks more often."""
LONGEST_SLEEP: Final = 600.0
"""Seconds that an estimate may make a wait sleep at once."""
IDLE_AFTER: Final = 6.0
"""Seconds after its last work before which no target calls a job idle: too early for short intervals."""
TIGHTEST: Final = 0.25
"""What is left of an interval when nearly all targets have finished."""
BUDGET: Final = 10.0
"""Retries that an endpoint is worth; every fault costs one."""
REFUND: Final = 0.1
"""What a good answer pays back."""
_MASK: Final = 2**64 - 1


class Schedule(Protocol):
    """Say how long to sleep when nothing is known but the time waited. A pure value."""

    def interval(self, waited: float, *, snapshots: bool) -> float:
        """
        Return seconds to sleep, above 0.

        Args:
            waited: seconds since the start of the wait.
            snapshots: whether every target is asked, or only a proxy.
        """
        ...


def _above_zero(_: object, attribute: Attribute[float], value: object) -> None:
    if not (isinstance(value, int | float) and 0 < value < inf):
        msg = f"{attribute.name} is a number above 0, not {value!r}"
        raise ValueError(msg)


@frozen(kw_only=True)
class Keller:
    """
    Sleep as is best for a job of unknown length.

    Attributes:
        k: trades requests for lateness; their product hardly depends on it.
        floor: seconds; the first interval where a proxy is asked.
        snapshot_floor: seconds; the first interval where every target is asked.
        growth: how much of the time waited an interval may be, above the floor: early, the formula alone
            overshoots.
        horizon: seconds; the ``T`` of the formula, whatever the time-out of the wait.
    """

    k: float = field(default=0.12, validator=_above_zero)
    floor: float = field(default=0.05, validator=_above_zero)
    snapshot_floor: float = field(default=0.1, validator=_above_zero)
    growth: float = field(default=0.4, validator=_above_zero)
    horizon: float = field(default=86_400.0, validator=_above_zero)

    def interval(self, waited: float, *, snapshots: bool) -> float:
        """Return the interval, at its largest from the horizon divided by e on."""
        floor, horizon = self.snapshot_floor if snapshots else self.floor, self.horizon
        t = waited if waited < horizon / e else horizon / e  # noqa: FURB136 - as below
        if t <= 0.0:
            return floor
        best, most = self.k * sqrt(t * log(horizon / t)), floor + self.growth * t
        if best <= floor:
            return floor
        return most if best > most else best  # noqa: FURB136 - `min` takes longer, and every poll comes by


PRESETS: Final[Mapping[str, Schedule]] = MappingProxyType(
    {
        "responsive": Keller(k=0.06, growth=0.125),
        "default": Keller(),
        "gentle": Keller(k=0.24, floor=0.25, snapshot_floor=0.5),
    }
)
"""Schedules by name: twice the requests for half the lateness, the default, and half the requests."""


def towards(rest: float, floor: float) -> float:
    """Return seconds to sleep when the end is estimated to be so many seconds away."""
    return min(LONGEST_SLEEP, max(SHORTEST, floor, APPROACH * rest))


def retry(faults: int) -> float:
    """Return the back-off in seconds after so many faults in a row, without jitter."""
    return min(LAST_RETRY, FIRST_RETRY * 2.0 ** min(faults - 1, 16))


def jittered(delay: float, seed: int, poll: int) -> float:
    """
    Stray from a delay by up to a tenth: the same for the same seed and poll, on any machine.

    The draw is splitmix64's, which needs no state but its two arguments.
    """
    x = (seed + (poll + 1) * 0x9E3779B97F4A7C15) & _MASK
    x = ((x ^ x >> 30) * 0xBF58476D1CE4E5B9) & _MASK
    x = ((x ^ x >> 27) * 0x94D049BB133111EB) & _MASK
    return delay * (1 + JITTER * (2 * ((x ^ x >> 31) / 2.0**64) - 1))


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
