"""
Which sources can know a job, and which one to ask first.

What depends on nothing but the kind of the job and the question is looked up, not decided anew at every poll.
"""

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
_UNTIL_IDLE: Final = frozenset({Until.AUTO, Until.IDLE})
"""What is over with idleness, for kinds that idle."""


@cache
def effective_until(kind: str, until: Until) -> Until:
    """Say what *auto* means for a kind; one that the table lacks may idle (G1)."""
    if until is Until.AUTO:
        ends = _strategy(kind) in {Strategy.STATUS, Strategy.FINISHED}
        return Until.FINISHED if ends else Until.IDLE
    return until


@cache
def ends_by_idling(kind: str, until: Until) -> bool:
    """Tell whether a job of the kind goes idle, and that is what is waited for."""
    return until in _UNTIL_IDLE and _strategy(kind) is Strategy.IDLE


@cache
def snapshot_gap(kind: str) -> float:
    """Return the longest time between two snapshot polls: half of what targets remember (R2)."""
    return (KINDS[kind].retention if kind in KINDS else SHORTEST_RETENTION) / 2


def _strategy(kind: str) -> Strategy | None:
    return KINDS[kind].strategy if kind in KINDS else None


@cache
def ranked(kind_name: str, end_is_enough: bool, download: bool) -> tuple[Source, ...]:  # noqa: FBT001 - a key
    """
    List the sources that can know a job, the one to ask first.

    Args:
        kind_name: the kind of the job, empty while unknown.
        end_is_enough: whether nothing but the end is asked for.
        download: whether only the proxies know the id (V16).
    """
    if download:
        return (Source.STATUS,)
    kind = KINDS.get(kind_name)
    if kind is not None and not kind.has_status:
        return (Source.SNAPSHOTS,)
    status_first = kind is not None and end_is_enough
    return (Source.STATUS, Source.SNAPSHOTS) if status_first else (Source.SNAPSHOTS, Source.STATUS)


def sources(state: WaitState) -> tuple[Source, ...]:
    """List the sources that can know the job of a wait, the one to ask first."""
    return ranked(state.kind, state.question.end_is_enough, is_download_id(state.job_id))


def preferred_source(state: WaitState, known_to: tuple[Source, ...]) -> Source:
    """
    Say which source to ask, as long as that goes well; a confirmation asks the targets again.

    Args:
        state: what is known.
        known_to: what :func:`sources` lists for it.
    """
    unknown_to = state.known.unknown_to
    if state.phase is Phase.CONFIRM and Source.SNAPSHOTS in known_to:
        return Source.SNAPSHOTS
    if not unknown_to:
        return known_to[0]
    return next((source for source in known_to if source not in unknown_to), known_to[0])
