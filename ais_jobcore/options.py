"""What a wait waits for, and its settings: frozen values, checked when they are made."""

from __future__ import annotations

import enum
import math
from typing import TYPE_CHECKING, Final

from attrs import field, frozen

from . import limits
from .schedules import PRESETS, Schedule

if TYPE_CHECKING:
    from collections.abc import Callable

    from attrs import Attribute


class Until(enum.Enum):
    """What a wait waits for."""

    AUTO = "auto"
    """Whatever the end of a job of its kind is."""
    FINISHED = "finished"
    """Every target ended."""
    IDLE = "idle"
    """Every target is idle or ended."""
    SINGLE = "single"
    """Every target ended; there is one, as a rule."""
    STARTED = "started"
    """Every target began."""
    NOT_RUNNING = "not-running"
    """No target has work, or nobody knows the job."""


class _Default:
    """
    A value that was not given.

    The mark is a part of the value: it is not compared, printed or saved, and ``attrs.evolve`` keeps it.
    """

    __slots__ = ()


class _DefaultInt(_Default, int):
    __slots__ = ()


class _DefaultFloat(_Default, float):
    __slots__ = ()


_SEED: Final[int] = _DefaultInt(0)
_REQUEST_TIMEOUT: Final[float] = _DefaultFloat(limits.REQUEST_TIMEOUT)
_ENDPOINTS: Final[int] = _DefaultInt(1)


def is_given(value: float) -> bool:
    """Tell whether a setting was given, even if it is what it would be by default."""
    return not isinstance(value, _Default)


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


def _optional(check: Callable[..., None]) -> Callable[..., None]:
    def check_unless_none(instance: object, attribute: Attribute[object], value: object) -> None:
        if value is not None:
            check(instance, attribute, value)

    return check_unless_none


def _stall_word(_: object, attribute: Attribute[str], value: object) -> None:
    if value not in {"end", "warn"}:
        msg = f"{attribute.name} is 'end' or 'warn', not {value!r}"
        raise ValueError(msg)


def _to_schedule(given: str | Schedule) -> Schedule:
    if isinstance(given, str):
        if given not in PRESETS:
            msg = f"schedule is one of {', '.join(PRESETS)}, or a Schedule, not {given!r}"
            raise ValueError(msg)
        return PRESETS[given]
    if not callable(getattr(given, "interval", None)):
        msg = f"a Schedule has a method interval, unlike {given!r}"
        raise ValueError(msg)  # noqa: TRY004 - bad input is a ValueError everywhere
    return given


@frozen(kw_only=True, weakref_slot=False)
class WaitOptions:
    """
    Set how a wait goes about it. All times are seconds.

    Attributes:
        seed: where the jitter comes from; drivers draw one where none is given, so that waits started
            together drift apart.
        request_timeout: how long one request may take; where it is not given, as long as the driver says.
        endpoints: how many endpoints the driver has, which it knows where that is not given; after a fault
            the next one is asked.
        details: whether to ask the targets, too, when the proxies say that a job is over.
        grace: how long a job may be unknown after the start of the wait.
        idle_gap: how far apart two replies have to be that confirm idleness, or the loss of a target.
        finished_gap: how far apart two replies have to be that confirm an end nobody saw coming.
        unanswered: how long to try while the cluster has not answered at all.
        outage: how long to endure faults in a wait without a time-out.
        schedule: when to ask: ``responsive``, ``default``, ``gentle``, or a :class:`Schedule` of your own.
        expected_objects: how many objects the job will have done, all targets together.
        expected_bytes: how many bytes, likewise.
        expected_duration: how long it will take from the start of the wait, as a run before it did.
        stall_timeout: how long no counter and no state of any target may change.
        on_stall: what happens then: ``end`` the wait, or ``warn`` by a note in the result.
    """

    seed: int = field(default=_SEED, validator=_whole)
    request_timeout: float = field(default=_REQUEST_TIMEOUT, validator=_seconds)
    endpoints: int = field(default=_ENDPOINTS, validator=_count)
    details: bool = True
    grace: float = field(default=limits.GRACE, validator=_seconds)
    idle_gap: float = field(default=limits.IDLE_GAP, validator=_seconds)
    finished_gap: float = field(default=limits.FINISHED_GAP, validator=_seconds)
    unanswered: float = field(default=limits.UNANSWERED, validator=_seconds)
    outage: float = field(default=limits.OUTAGE, validator=_seconds)
    schedule: Schedule = field(default=PRESETS["default"], converter=_to_schedule)
    expected_objects: int | None = field(default=None, validator=_optional(_count))
    expected_bytes: int | None = field(default=None, validator=_optional(_count))
    expected_duration: float | None = field(default=None, validator=_optional(_seconds))
    stall_timeout: float | None = field(default=None, validator=_optional(_seconds))
    on_stall: str = field(default="end", validator=_stall_word)

    @property
    def counted(self) -> bool:
        """Whether the counters of the targets are needed, which no status tells."""
        return not (self.expected_objects is self.expected_bytes is self.stall_timeout is None)


def request_timeout(options: WaitOptions, left: float) -> float:
    """Bound one request: a wait ends by its deadline and ``limits.LAST_REQUEST`` (rules E4, S62, R6)."""
    usual = options.request_timeout
    return usual if left >= usual else min(usual, max(left, limits.LAST_REQUEST), left + limits.LAST_REQUEST)


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
