"""Three lives to show what waits are for; each adds a job to a simulated cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .jobs import SimJob
    from .sim import SimCluster


def bucket_copy(cluster: SimCluster, *, at: float = 0.0, duration: float = 4.0) -> SimJob:
    """Let a bucket be copied without any trouble."""
    return cluster.add_job(
        "copy-bck", at=at, duration=duration, bucket="photos", to="photos-backup", objects=2000
    )


def copy_with_missing_objects(cluster: SimCluster, *, at: float = 0.0, duration: float = 1.0) -> SimJob:
    """Let objects be copied of which some do not exist: the job goes idle, and only ``err`` tells."""
    errors = {
        target: f"t[{target}]: ais://photos/{name}.jpg does not exist (and 7 more errors)"
        for name, target in enumerate(cluster.targets, 100)
    }
    return cluster.add_job(
        "copy-listrange", at=at, duration=duration, bucket="photos", to="album", objects=17, errors=errors
    )


def stopped_copy(
    cluster: SimCluster, *, at: float = 0.0, duration: float = 30.0, stopped_after: float = 3.0
) -> SimJob:
    """Let somebody stop a bucket copy long before its end."""
    job = cluster.add_job("copy-bck", at=at, duration=duration, bucket="photos", to="archive", objects=2000)
    return job.abort_at(at + stopped_after)
