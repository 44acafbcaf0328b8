"""Make the jobs of a simulated cluster from the few things that a test wants to say of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ..kinds import Scope, Strategy
from ..snapshots import BucketRef
from .jobs import SimJob
from .lives import IDLE_LAG, Life

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ..kinds import Kind

REBALANCE_HIDDEN: Final = 0.2
"""Seconds from its start for which targets do not show a rebalance."""

_IDLE_SPREAD: Final = 0.2
_END_SPREAD: Final = 0.1

# They have a status when they are started through a proxy (V17).
_REPORTED_WHEN_STARTED: Final = frozenset({"resilver", "load-lom-cache"})

_COPIES: Final = frozenset({"copy-bck", "copy-listrange", "etl-bck", "etl-listrange", "move-bck"})


def choose_targets(
    cluster: Sequence[str],
    kind: Kind,
    targets: Iterable[str] | None,
    duration: float | Mapping[str, float],
    errors: Iterable[str],
) -> list[str]:
    """
    Choose the targets of a job.

    Raises:
        ValueError: some are not in the cluster.
    """
    if not isinstance(duration, int | float):
        targets = duration
    elif targets is None:
        targets = cluster[:1] if kind.single_target else cluster
    chosen = list(targets)
    strangers = {*chosen, *errors} - {*cluster}
    if strangers or not chosen:
        msg = f"a job needs targets of {', '.join(cluster)}, not {', '.join(sorted(strangers)) or 'none'}"
        raise ValueError(msg)
    return chosen


def make_lives(
    kind: Kind,
    targets: Sequence[str],
    *,
    duration: float | Mapping[str, float],
    at: float,
    errors: Mapping[str, str],
    objects: int,
    object_size: int,
    hidden: float | None,
    linger: float,
) -> dict[str, tuple[Life, ...]]:
    """Make the lives of a job: where no target is told apart, the last one is the last to be done."""
    idles = kind.strategy is Strategy.IDLE
    if hidden is None:
        hidden = REBALANCE_HIDDEN if kind.name == "rebalance" else 0.0
    lives: dict[str, tuple[Life, ...]] = {}
    for place, target in enumerate(targets, 1):
        last = place / len(targets)
        seconds = _seconds(duration, 1 - last) if isinstance(duration, int | float) else duration[target]
        life = Life(
            works=((at, at + seconds),),
            idle_lag=IDLE_LAG + _IDLE_SPREAD * last if idles else None,
            linger=linger if idles else 0.0,
            hidden=hidden,
            error=errors.get(target, ""),
            objects=objects,
            object_size=object_size,
        )
        lives[target] = (life,)
    return lives


def _seconds(duration: float, before_last: float) -> float:
    return duration - min(_END_SPREAD, duration / 10) * before_last


def make_job(
    kind: Kind, job_id: str, lives: dict[str, tuple[Life, ...]], *, snap_id: str, bucket: str, to: str
) -> SimJob:
    """Make a job; where targets know it by another id, it is a download of one object."""
    source = BucketRef(bucket or "src") if bucket or kind.scope is Scope.BUCKET else None
    destination = BucketRef(to or "dst") if to or kind.name in _COPIES else None
    if snap_id != job_id:
        status_kind = "single"
    else:
        status_kind = kind.name if kind.has_status or kind.name in _REPORTED_WHEN_STARTED else ""
    return SimJob(
        id=job_id,
        kind=kind,
        lives=lives,
        snap_id=snap_id,
        status_kind=status_kind,
        # An idling copy belongs to the bucket that it reads, any other one to the bucket that it fills.
        bucket=source if kind.strategy is Strategy.IDLE else destination or source,
        source=source if destination else None,
        destination=destination,
    )
