"""
When to ask next if nothing is known but the time waited: the schedules that a caller may choose.

For a job of unknown length the best interval after ``t`` seconds is ``k * sqrt(t * ln(T / t))``
(Keller, Management Science 21(3), 1974, with durations log-uniform up to ``T``). A schedule never
depends on the time-out of the wait (rules E5, S54, S55, R1). What earlier jobs teach is in ``learned``.
"""

from __future__ import annotations

from math import e, inf, log, sqrt
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar, Final, Protocol

from attrs import field, frozen

from .. import limits

if TYPE_CHECKING:
    from collections.abc import Mapping

    from attrs import Attribute


class Schedule(Protocol):
    """
    Say how long to sleep when nothing is known but the time waited. A pure value.

    A schedule whose attribute ``by_age`` is true is told the age of the job, where snapshots show it.
    """

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

    by_age: ClassVar[bool] = False
    """It goes by the time waited."""

    k: float = field(default=limits.KELLER_K, validator=_above_zero)
    floor: float = field(default=limits.KELLER_FLOOR, validator=_above_zero)
    snapshot_floor: float = field(default=limits.KELLER_SNAPSHOT_FLOOR, validator=_above_zero)
    growth: float = field(default=limits.KELLER_GROWTH, validator=_above_zero)
    horizon: float = field(default=limits.KELLER_HORIZON, validator=_above_zero)

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
