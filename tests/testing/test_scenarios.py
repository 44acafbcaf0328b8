"""The three lives of the demo."""

from __future__ import annotations

from ais_jobcore.testing import SimCluster, SimStatus, bucket_copy, copy_with_missing_objects, stopped_copy


def test_bucket_copy_ends_well() -> None:
    """It takes its time and ends without an error."""
    job = bucket_copy(SimCluster(), at=1.0, duration=4.0)
    assert job.status(6.0) == SimStatus(end=5.05)


def test_copy_with_missing_objects_tells_on_each_target() -> None:
    """It goes idle like any other, and each target has an error of its own."""
    cluster = SimCluster()
    job = copy_with_missing_objects(cluster, at=1.0)
    errors = {lives[0].error for lives in job.lives.values()}
    assert (None, 3) == (job.status(5.0), len(errors))
    assert all("does not exist (and 7 more errors)" in error for error in errors)
    assert job.settled < 10


def test_stopped_copy_is_stopped() -> None:
    """Somebody stops it after a while."""
    job = stopped_copy(SimCluster(), at=1.0, stopped_after=2.0)
    assert job.settled == 3.0
    assert job.status(9.0) == SimStatus(end=3.2, error="user abort", aborted=True)
