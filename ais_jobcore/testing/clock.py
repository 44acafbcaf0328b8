"""A clock that moves only when somebody sleeps on it: hours pass in microseconds, each time alike."""

from __future__ import annotations

import asyncio
import heapq
from itertools import count
from math import inf
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop, Future

    Sleeper: TypeAlias = tuple[float, int, Future[None]]

_SETTLE: Final = 4
"""Turns of the event loop that tasks get before time moves on, so that whoever can act now does."""


class VirtualClock:
    """
    Stand in for a monotonic clock and for sleeping, in one thread.

    Give a driver ``clock=clock.now, sleep=clock.sleep`` (or ``clock.async_sleep``). In asyncio, tasks may
    sleep side by side: time moves on to the earliest of them once all of them sleep.

    Args:
        start: the first moment, in seconds; any number, as with a real monotonic clock.
    """

    def __init__(self, start: float = 0.0) -> None:
        self._now = start
        self._order = count()
        self._sleepers: list[Sleeper] = []
        self._loop: AbstractEventLoop | None = None

    def __repr__(self) -> str:
        return f"VirtualClock({self._now!r})"

    def now(self) -> float:
        """Return the moment, in seconds."""
        return self._now

    def advance(self, seconds: float) -> None:
        """
        Let time pass.

        Raises:
            ValueError: time would run backwards, or would not be a number any more.
        """
        self._now = self._later(seconds)

    def sleep(self, seconds: float) -> None:
        """
        Sleep, at once.

        Raises:
            ValueError: as with :meth:`advance`.
        """
        self.advance(seconds)

    async def async_sleep(self, seconds: float) -> None:
        """
        Sleep until all other tasks that use this clock sleep too, and longer.

        Raises:
            ValueError: as with :meth:`advance`.
        """
        wake = self._later(seconds)
        loop = asyncio.get_running_loop()
        sleeper = loop.create_future()
        if self._loop is not loop:
            # Whoever slept in a loop that is gone will never wake.
            self._loop, self._sleepers = loop, []
            loop.call_soon(self._move_on, loop, _SETTLE)
        heapq.heappush(self._sleepers, (wake, next(self._order), sleeper))
        await sleeper

    def _later(self, seconds: float) -> float:
        if not 0 <= seconds < inf:
            msg = f"time passes by 0 seconds or more, and not for ever: {seconds!r}"
            raise ValueError(msg)
        return self._now + seconds

    def _move_on(self, loop: AbstractEventLoop, turns: int) -> None:
        if self._loop is not loop:
            return
        if turns:
            loop.call_soon(self._move_on, loop, turns - 1)
            return
        while self._sleepers and self._sleepers[0][2].done():
            heapq.heappop(self._sleepers)
        if not self._sleepers:
            self._loop = None
            return
        self._now = max(self._now, self._sleepers[0][0])
        while self._sleepers and self._sleepers[0][0] <= self._now:
            sleeper = heapq.heappop(self._sleepers)[2]
            if not sleeper.done():
                sleeper.set_result(None)
        loop.call_soon(self._move_on, loop, _SETTLE)
