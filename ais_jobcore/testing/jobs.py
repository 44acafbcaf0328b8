"""
Scripted lives of jobs: what every target and the proxies would say of a job, as pure functions of time.

A :class:`SimJob` is made by :meth:`SimCluster.add_job`, and its script may be extended at any time:
all that was scripted counts from its moment on. Moments and durations are seconds of the cluster's clock.
"""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Final

from attrs import define, evolve, frozen

from ..limits import STATUS_RETENTION

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..kinds import Kind
    from ..snapshots import BucketRef
    from .lives import Life

STATUS_LAG: Final = 0.05
"""Seconds from the end on the last target to the end in the status."""

# Between the first target and the last: when `aborted` shows, and how much later the end time.
_ABORTED_AFTER: Final = (0.0, 0.1)
_ENDED_AFTER: Final = (0.2, 0.8)

# The proxies were seen to keep its status, and never to see its end.
_NEVER_OVER: Final = frozenset({"load-lom-cache"})


@frozen(kw_only=True)
class SimStatus:
    """
    Say what the proxies that keep statuses say of a job.

    Attributes:
        end: when it ended, ``None`` while it runs.
        error: the first error, and how many more there were (V7).
        aborted: whether it was stopped.
    """

    end: float | None = None
    error: str = ""
    aborted: bool = False


@define(eq=False)
class SimJob:
    """
    A job of a simulated cluster, and its script.

    Attributes:
        id: the id to wait for.
        kind: its kind.
        lives: for each of its targets its life there; after a restart of the target, one more.
        snap_id: the id in snapshots; for a download it is another one (V16).
        status_kind: the kind in its status; empty where the proxies keep none (V17).
        bucket: the bucket it works on.
        source: where it reads.
        destination: where it writes.
        status_forgotten: from when on the proxies do not know it.
    """

    id: str
    kind: Kind
    lives: dict[str, tuple[Life, ...]]
    snap_id: str
    status_kind: str
    bucket: BucketRef | None = None
    source: BucketRef | None = None
    destination: BucketRef | None = None
    status_forgotten: float = inf

    # The script.

    def abort_at(self, moment: float, error: str | Mapping[str, str] = "user abort") -> SimJob:
        """
        Let it be stopped, target by target: first ``aborted``, 0.2 to 0.8 s later the end time.

        Args:
            moment: when; a target that has ended by then is not touched.
            error: why; by target where only some of them are stopped, or for different reasons.
        """
        errors = dict.fromkeys(self.lives, error) if isinstance(error, str) else error
        for place, (target, text) in enumerate(errors.items()):
            life = self.lives[target][-1]
            if life.active(moment):
                part = place / max(len(errors) - 1, 1)
                stopped = evolve(
                    life,
                    aborted=moment + _between(_ABORTED_AFTER, part),
                    abort_error=text,
                    abort_lag=_between(_ENDED_AFTER, part),
                )
                self._rewrite(target, stopped)
        return self

    def busy_at(self, moment: float, duration: float = 1.0) -> SimJob:
        """
        Give it more work, on every target; an idle job turns busy by it.

        Raises:
            ValueError: it works at that moment, has ended by then, or is of a kind that takes no more work.
        """
        last = [lives[-1] for lives in self.lives.values()]
        if any(life.idle_lag is None or not life.works[-1][1] <= moment < life.ends for life in last):
            msg = f"{self.kind.name} {self.id} takes no more work at {moment:g} s"
            raise ValueError(msg)
        for target, life in zip(self.lives, last, strict=True):
            self._rewrite(target, evolve(life, works=(*life.works, (moment, moment + duration))))
        return self

    def forget_at(self, moment: float, *, status_only: bool = False) -> SimJob:
        """
        Let the cluster forget it; or only the proxies, as when they were all restarted.

        A rebalance that is forgotten while a later one finishes is *superseded* (G21).
        """
        self.status_forgotten = min(moment, self.status_forgotten)
        if not status_only:
            for target in self.lives:
                self.leave_at(target, moment)
        return self

    def leave_at(self, target: str, moment: float, *, again: float | None = None) -> SimJob:
        """
        Let one target forget it.

        Args:
            target: which one; nothing happens where it does not run.
            moment: from when on.
            again: when it starts there once more, from the beginning.
        """
        for life in self.lives.get(target, ())[-1:]:
            if life.begins <= moment < life.forgotten:
                later = () if again is None or life.ends <= moment else (life.shifted(again),)
                self._rewrite(target, evolve(life, forgotten=moment), *later)
        return self

    def _rewrite(self, target: str, *lives: Life) -> None:
        self.lives[target] = (*self.lives[target][:-1], *lives)

    # What can be seen.

    @property
    def begins(self) -> float:
        """When it starts on the first of its targets."""
        return min(lives[0].begins for lives in self.lives.values())

    @property
    def settled(self) -> float:
        """
        When its outcome is settled, for somebody who sees everything: what a wait is late against.

        The first abort; else the end on the last target, or *idle* there for an idling kind.
        """
        lives = [lives[-1] for lives in self.lives.values()]
        aborts = [life.aborted for life in lives if life.stopped]
        by_status_only = self.id != self.snap_id
        return min(aborts, default=max(life.works[-1][1] if by_status_only else life.idles for life in lives))

    def life(self, target: str, now: float) -> Life | None:
        """Tell what a target knows of it."""
        known = (life for life in self.lives.get(target, ()) if life.known(now, self.kind.retention))
        return next(known, None)

    def active(self, now: float) -> bool:
        """Tell whether it runs anywhere, idle or not."""
        return any(life.active(now) for lives in self.lives.values() for life in lives)

    def status(self, now: float) -> SimStatus | None:
        """Tell what the proxies that keep statuses say of it, if they know it."""
        final = self._last_status()
        ended = inf if final.end is None else final.end
        if not self.status_kind or not self.begins <= now < min(
            self.status_forgotten, ended + STATUS_RETENTION
        ):
            return None
        return final if now >= ended else SimStatus()

    def _last_status(self) -> SimStatus:
        lives = [lives[-1] for lives in self.lives.values()]
        aborted = sorted((life for life in lives if life.stopped), key=lambda life: life.ends)
        if aborted:
            error = _first_of([life.abort_error for life in aborted])
            return SimStatus(end=aborted[0].ends, error=error, aborted=True)
        # A target that is gone never reports.
        if self.kind.name in _NEVER_OVER or any(life.forgotten < life.ends for life in lives):
            return SimStatus()
        done = sorted(lives, key=lambda life: life.works[-1][1])
        error = _first_of([life.error for life in done if life.error])
        return SimStatus(end=done[-1].works[-1][1] + STATUS_LAG, error=error)


def _between(bounds: tuple[float, float], part: float) -> float:
    return bounds[0] + (bounds[1] - bounds[0]) * part


def _first_of(texts: list[str]) -> str:
    """Put several errors as ``cos.Errs`` does: the first one, and how many others."""
    if not texts:
        return ""
    more = len(set(texts)) - 1
    first = texts[0].split(" (and ", maxsplit=1)[0] if more else texts[0]
    return f"{first} (and {more} more error{'s' if more > 1 else ''})" if more else first
