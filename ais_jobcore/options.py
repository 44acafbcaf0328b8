"""The settings of a wait: one frozen value, checked when it is made."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from attrs import field, frozen

if TYPE_CHECKING:
    from attrs import Attribute

LAST_REQUEST: Final = 3.0
"""Seconds for which the request sent on the deadline may take at most."""


def _seconds(_: object, attribute: Attribute[float], value: object) -> None:
    if not (isinstance(value, int | float) and 0 < value < math.inf):
        msg = f"{attribute.name} is a number of seconds above 0, not {value!r}"
        raise ValueError(msg)


def _whole(_: object, attribute: Attribute[int], value: object) -> None:
    if not isinstance(value, int):
        msg = f"{attribute.name} is a whole number, not {value!r}"
        raise ValueError(msg)  # noqa: TRY004 - bad input is a ValueError everywhere


def _count(_: object, attribute: Attribute[int], value: object) -> None:
    if not (isinstance(value, int) and value > 0):
        msg = f"{attribute.name} is a whole number above 0, not {value!r}"
        raise ValueError(msg)


@frozen(kw_only=True)
class WaitOptions:
    """
    Set how a wait goes about it. All times are seconds.

    Attributes:
        seed: where the jitter comes from; drivers draw it, so that waits started together drift apart.
        request_timeout: how long one request may take.
        endpoints: how many endpoints the driver has; after a fault the next one is asked.
        details: whether to ask the targets, too, when the proxies say that a job is over.
        grace: how long a job may be unknown after the start of the wait.
        idle_gap: how far apart two replies have to be that confirm idleness, or the loss of a target.
        finished_gap: how far apart two replies have to be that confirm an end nobody saw coming.
        unanswered: how long to try while the cluster has not answered at all.
        outage: how long to endure faults in a wait without a time-out.
    """

    seed: int = field(default=0, validator=_whole)
    request_timeout: float = field(default=20.0, validator=_seconds)
    endpoints: int = field(default=1, validator=_count)
    details: bool = True
    grace: float = field(default=5.0, validator=_seconds)
    idle_gap: float = field(default=2.0, validator=_seconds)
    finished_gap: float = field(default=0.25, validator=_seconds)
    unanswered: float = field(default=30.0, validator=_seconds)
    outage: float = field(default=600.0, validator=_seconds)


def request_timeout(options: WaitOptions, left: float) -> float:
    """Bound one request: a wait ends by its deadline and :data:`LAST_REQUEST` (rules E4, S62, R6)."""
    return min(options.request_timeout, max(left, LAST_REQUEST))


def check_timeout(timeout: object) -> float | None:
    """
    Return a time-out in seconds, if it is one.

    Raises:
        ValueError: it is negative, or not a number.
    """
    if timeout is None or timeout == math.inf:
        return None
    if isinstance(timeout, bool) or not isinstance(timeout, int | float) or not timeout >= 0:
        msg = f"a time-out is a number of seconds from 0, or None for ever, not {timeout!r}"
        raise ValueError(msg)
    return float(timeout)
