"""Which sources can know a job, and which one to ask first."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

from ..kinds import KINDS, SHORTEST_RETENTION, Strategy, is_download_id
from ..options import Until
from .state import Phase, Source

if TYPE_CHECKING:
    from .state import WaitState


SAID: Final = frozenset({Phase.DETAIL, Phase.DISPUTE, Phase.REPORT})
"""Phases in which the proxies have said their word."""


_ONLY_STATUS: Final = (Source.STATUS,)


def effective_until(state: WaitState) -> Until:
    """Say what *auto* means for the kind; a kind that the table lacks may idle (G1)."""
    if state.until is Until.AUTO:
        ends = strategy(state) in {Strategy.STATUS, Strategy.FINISHED}
        return Until.FINISHED if ends else Until.IDLE
    return state.until


def strategy(state: WaitState) -> Strategy | None:
    kind = KINDS.get(state.kind)
    return None if kind is None else kind.strategy


def sources(state: WaitState) -> tuple[Source, ...]:
    """Say who can know the job, the one to ask first."""
    if is_download_id(state.job_id):
        return _ONLY_STATUS
    return _sources(state.kind, state.until, state.options.counted)


@cache
def _sources(kind_name: str, until: Until, counted: bool) -> tuple[Source, ...]:  # noqa: FBT001 - quicker
    kind = KINDS.get(kind_name)
    if kind is not None and not kind.has_status:
        return (Source.SNAPSHOTS,)
    end_is_enough = kind is not None and not counted and until in {Until.AUTO, Until.FINISHED}
    return (Source.STATUS, Source.SNAPSHOTS) if end_is_enough else (Source.SNAPSHOTS, Source.STATUS)


def preferred_source(state: WaitState) -> Source:
    """Say whom to ask, as long as that goes well; a second look is at whoever showed the first."""
    ranked = sources(state)
    if state.phase is Phase.CONFIRM and Source.SNAPSHOTS in ranked:
        return Source.SNAPSHOTS
    if not state.unknown_to:
        return ranked[0]
    return next((source for source in ranked if source not in state.unknown_to), ranked[0])


def snapshot_gap(state: WaitState) -> float:
    """Return the longest time between two looks at the targets."""
    kind = KINDS.get(state.kind)
    return (SHORTEST_RETENTION if kind is None else kind.retention) / 2
