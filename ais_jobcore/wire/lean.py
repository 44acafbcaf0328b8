"""
A reply about one job, cut down to what decides: the lean view that polling folds.

Of a thousand targets a reply brings a thousand snapshots of thirty fields; six of them decide.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from attrs import astuple, field, frozen

from ..snapshots import AggregatedJobSnap, TargetState

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..snapshots import JobSnap


class Sighting(NamedTuple):
    """
    Hold what decides of one snapshot.

    Attributes:
        state: what the target does with the job.
        start_ns: when it began, nanoseconds since the epoch.
        end_ns: when it ended.
        error: its error texts.
        kind: the kind of the job.
    """

    state: TargetState
    start_ns: int | None
    end_ns: int | None
    error: str
    kind: str


@frozen
class Sightings:
    """
    Hold what decides of a reply about one job.

    Attributes:
        own: the job's snapshots by target, in the order of the targets; no target without any.
        finished_others: other jobs in the reply that finished; filled in for rebalances only (G21).
        done: objects and bytes that are done, all targets together, where they were asked for.
        activity: a number that changes with every counter of every target, where it was asked for.
        date: when the server sent it, by its own clock, as its header says; empty where there is none.
        at_ns: the same in nanoseconds since the epoch; filled in only where all targets finished.
        notes: what the reply lacked and was filled in, for people to read.
        whole: the whole reply, from which the full models can be made.
    """

    own: Mapping[str, Sequence[Sighting]]
    finished_others: tuple[str, ...] = ()
    done: tuple[int, int] = (0, 0)
    activity: int = 0
    notes: tuple[str, ...] = ()
    at_ns: int | None = None
    date: str = ""
    whole: AggregatedJobSnap | bytes = field(factory=AggregatedJobSnap, eq=False, repr=False)


def sight(snap: JobSnap) -> Sighting:
    """Cut a snapshot down to what decides."""
    return Sighting(snap.state, snap.start_time_ns, snap.end_time_ns, snap.error, snap.kind)


def sight_all(reply: AggregatedJobSnap, job_id: str) -> Sightings:
    """Cut already decoded snapshots down to what decides about one job (rule S32)."""
    snaps = {
        target: [snap for snap in reply.root[target] if snap.id == job_id] for target in sorted(reply.root)
    }
    own = {target: [sight(snap) for snap in found] for target, found in snaps.items() if found}
    stats = [snap.stats for found in snaps.values() for snap in found if snap.stats is not None]
    others = {
        snap.id for snap in reply.list_snapshots() if snap.id != job_id and snap.state is TargetState.FINISHED
    }
    return Sightings(
        own,
        tuple(sorted(others)),
        (sum(each.objects for each in stats), sum(each.bytes for each in stats)),
        sum(sum(astuple(each)) for each in stats),
        reply.notes,
        whole=reply,
    )
