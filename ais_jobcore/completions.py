"""The jobs of a group one after the other, as they end."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias, cast

from attrs import evolve

from .decisions import Continue, Done

if TYPE_CHECKING:
    from .decisions import Decision
    from .group import Ending, Endings, GroupWait
    from .observations import Event

Told: TypeAlias = "list[tuple[int, Ending]]"
"""Jobs by their place in the group, and what they ended with, in the order of their ends."""


class Completions:
    """
    Tell of the jobs of a group as they end: every run of this operation gives those that ended next.

    Between two runs whoever drives it may be busy with something else. Such time counts up to the moment
    when the next request was to be sent and no further, for what nobody asked about cannot be late.

    Args:
        group: a group that was not started yet, with ``return_when`` all.
    """

    def __init__(self, group: GroupWait) -> None:
        self._group = group
        self._told = 0
        self._now = 0.0
        self._away = 0.0

    def start(self, now: float) -> Decision[Told]:
        """Begin, or go on."""
        last = self._group.decision
        if last is None:
            return self._cut(self._group.start(now), now)
        if isinstance(last, Continue):
            due = self._now + last.delay
            self._away += max(0.0, now - self._away - due)
            last = evolve(last, delay=max(0.0, due - (now - self._away)))
        return self._cut(last, self._now)

    def handle(self, event: Event, now: float) -> Decision[Told]:
        """
        Take what came of the pending request.

        Raises:
            RuntimeError: it has not begun, or the group is over.
        """
        now -= self._away
        return self._cut(self._group.handle(event, now), now)

    def _cut(self, decision: Decision[Endings], now: float) -> Decision[Told]:
        self._now = now
        new = self._group.ended[self._told :]
        if isinstance(decision, Continue) and not new:
            return decision
        self._told += len(new)
        return Done([(place, cast("Ending", self._group.endings[place])) for place in new], decision.reason)
