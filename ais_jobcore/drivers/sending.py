"""When a request left, as a transport sees it: for it may queue, resolve and connect before that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import evolve

from ..events import Fault, Reply

if TYPE_CHECKING:
    from collections.abc import Callable


class Departure:
    """
    The moment at which one request left, to be told with what came of the request.

    Args:
        clock: gives monotonic seconds: the clock of the wait.

    Attributes:
        at: the moment; ``None`` as long as no byte of the request has left.
    """

    __slots__ = ("_clock", "at")

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self.at: float | None = None

    def note(self) -> None:
        """Note that the request leaves now; the first time counts."""
        if self.at is None:
            self.at = self._clock()

    def told(self, event: Reply | Fault) -> Reply | Fault:
        """Return the event with the moment; a fault without one is that of a request that never left."""
        if isinstance(event, Fault):
            return evolve(event, sent=self.at is not None, sent_at=self.at)
        return evolve(event, sent_at=self.at)
