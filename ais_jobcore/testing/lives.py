"""The scripted life of one job on one target, as pure functions of time."""

from __future__ import annotations

from math import inf
from typing import Final

from attrs import evolve, frozen

IDLE_LAG: Final = 6.0
"""Seconds without work after which a target calls an idling job idle (V21)."""

LINGER: Final = 120.0
"""Seconds for which a job stays idle before it finishes by itself."""


@frozen(kw_only=True)
class Life:
    """
    Say all that happens to one job on one target.

    Attributes:
        works: when it has work, as (begin, end), in order; the first begin is its start.
        idle_lag: seconds from the last work to *idle*; ``None`` for a kind that ends with its work.
        linger: seconds from *idle* to the end.
        hidden: seconds from the start for which the target does not show it.
        error: the text of ``err``, there from the first snapshot on.
        objects: how many objects each piece of work has; per second where it never ends.
        object_size: bytes in each.
        aborted: when it is stopped.
        abort_error: why.
        abort_lag: seconds from being stopped to its end.
        forgotten: from when on the target does not know it.
    """

    works: tuple[tuple[float, float], ...]
    idle_lag: float | None = None
    linger: float = 0.0
    hidden: float = 0.0
    error: str = ""
    objects: int = 0
    object_size: int = 0
    aborted: float = inf
    abort_error: str = ""
    abort_lag: float = 0.0
    forgotten: float = inf

    @property
    def begins(self) -> float:
        """When it starts."""
        return self.works[0][0]

    @property
    def idles(self) -> float:
        """When it is called idle for the last time; where it is of a kind that does not idle, its end."""
        return self.works[-1][1] + (self.idle_lag or 0.0)

    @property
    def completes(self) -> float:
        """When it ends by itself."""
        return self.idles + self.linger

    @property
    def stopped(self) -> bool:
        """Whether it is stopped before it ends by itself."""
        return self.aborted < self.completes

    @property
    def ends(self) -> float:
        """When its end time is set, if it is never forgotten before."""
        return self.aborted + self.abort_lag if self.stopped else self.completes

    def known(self, now: float, retention: float) -> bool:
        """Tell whether its target shows it."""
        return self.begins + self.hidden <= now < min(self.forgotten, self.ends + retention)

    def active(self, now: float) -> bool:
        """Tell whether it has begun and has neither ended nor been stopped."""
        return self.begins <= now < min(self.aborted, self.completes, self.forgotten)

    def is_idle(self, now: float) -> bool:
        """Tell whether its target calls it idle; what has ended without idling is idle, too."""
        if self.idle_lag is None:
            return not self.active(now)
        quiet_since = max(end for begin, end in self.works if begin <= now)
        return now >= quiet_since + self.idle_lag and not (self.stopped and now >= self.aborted)

    def objects_done(self, now: float) -> int:
        """Count the objects done."""
        until = min(now, self.aborted)
        return sum(int(self.objects * _share(until, work)) for work in self.works)

    def shifted(self, begins: float) -> Life:
        """Repeat its first piece of work from another moment on, as after a restart of its target."""
        begin, end = self.works[0]
        return evolve(self, works=((begins, begins + end - begin),), aborted=inf, forgotten=inf)


def _share(now: float, work: tuple[float, float]) -> float:
    """Tell how much of some work is done; of endless work, the seconds that went into it."""
    begin, end = work
    if now >= end:
        return 1.0
    return max(now - begin, 0.0) / (end - begin if end < inf else 1.0)
