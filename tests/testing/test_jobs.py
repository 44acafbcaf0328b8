"""Scripts of jobs: what targets and proxies will say of them."""

from __future__ import annotations

from math import inf

import pytest

from ais_jobcore.testing import SimCluster, SimStatus

RUNNING = SimStatus()


def test_status_is_over_with_the_last_target() -> None:
    """The proxies see the end a moment after the last target's, and remember it for three minutes."""
    job = SimCluster().add_job("copy-bck", at=1.0, duration={"t1": 1.0, "t2": 3.0})
    over = SimStatus(end=4.05)
    assert [None, RUNNING, RUNNING, RUNNING, over, over, None] == [
        job.status(now) for now in (0.9, 1.0, 2.5, 4.0, 4.05, 184.0, 184.1)
    ]


def test_status_has_the_first_error_of_those_that_ended() -> None:
    """There is one text, of the target that was done first, and the number of other targets with errors."""
    job = SimCluster().add_job(
        "delete-listrange",
        duration={"t1": 3.0, "t2": 1.0, "t3": 2.0},
        errors={"t1": "a", "t2": "b is gone (and 7 more errors)", "t3": "c"},
    )
    assert job.status(9.0) == SimStatus(end=3.05, error="b is gone (and 2 more errors)")


def test_one_error_is_told_as_it_is() -> None:
    """What a single target says is not shortened, and one other error is no plural."""
    cluster = SimCluster()
    one = cluster.add_job("lru", errors={"t2": "x (and 7 more errors)"})
    two = cluster.add_job("lru", errors={"t2": "x", "t3": "y"})
    statuses = [one.status(9.0), two.status(9.0)]
    assert ["x (and 7 more errors)", "x (and 1 more error)"] == [
        status.error for status in statuses if status
    ]


def test_abort_goes_target_by_target() -> None:
    """Targets are stopped one by one, and end one by one; the status ends with the first."""
    job = SimCluster().add_job("copy-bck", duration=inf).abort_at(2.0)
    lives = [lives[-1] for lives in job.lives.values()]
    assert [2.0, 2.05, 2.1] == pytest.approx([life.aborted for life in lives])
    assert [2.2, 2.55, 2.9] == pytest.approx([life.ends for life in lives])
    assert {"user abort"} == {life.abort_error for life in lives}
    assert job.status(2.19) == RUNNING
    assert job.status(2.2) == SimStatus(end=2.2, error="user abort", aborted=True)
    assert job.settled == 2.0


def test_abort_may_name_targets_and_reasons() -> None:
    """Some targets may be stopped and others not, each for a reason of its own."""
    job = SimCluster().add_job("copy-objects").abort_at(0.5, {"t3": "starting x-rebalance[g1]"})
    assert {"t1": "", "t2": "", "t3": "starting x-rebalance[g1]"} == {
        target: lives[-1].abort_error for target, lives in job.lives.items()
    }


def test_abort_touches_only_what_runs() -> None:
    """Before the start, after the end and a second time nobody stops anything."""
    cluster = SimCluster(1)
    early = cluster.add_job("lru", at=5.0).abort_at(1.0)
    late = cluster.add_job("lru", duration=1.0).abort_at(1.0)
    twice = cluster.add_job("lru", duration=9.0).abort_at(1.0, "first").abort_at(1.1, "second")
    assert [False, False, True] == [job.lives["t1"][0].stopped for job in (early, late, twice)]
    assert twice.lives["t1"][0].abort_error == "first"


def test_more_work_makes_busy_again() -> None:
    """An idle job that gets more work is settled when that is done and idle again."""
    job = SimCluster().add_job("copy-objects", duration=1.0)
    assert job.settled == pytest.approx(7.2)
    assert job.busy_at(8.0, duration=2.0).settled == pytest.approx(16.2)
    life = job.life("t3", 9.0)
    assert life is not None
    assert [False, True] == [life.is_idle(now) for now in (9.0, 16.2)]


@pytest.mark.parametrize(("kind", "moment"), [("copy-bck", 2.0), ("archive", 0.5), ("archive", 500.0)])
def test_more_work_needs_an_idling_job_between_two_works(kind: str, moment: float) -> None:
    """Work for a job that takes none, has some or has ended is a mistake in the script."""
    job = SimCluster().add_job(kind, duration=1.0)
    with pytest.raises(ValueError, match=f"takes no more work at {moment:g} s"):
        job.busy_at(moment)


def test_the_cluster_may_forget() -> None:
    """Forgotten by all, it is known to none; forgotten by the proxies, the targets still know it."""
    cluster = SimCluster()
    gone = cluster.add_job("copy-bck", duration=5.0).forget_at(2.0)
    half = cluster.add_job("copy-bck", duration=5.0).forget_at(2.0, status_only=True)
    assert (RUNNING, None) == (gone.status(1.9), gone.status(2.0))
    assert gone.life("t1", 2.0) is None
    assert (False, True) == (gone.active(2.0), half.active(2.0))
    assert half.status(2.0) is None
    assert half.life("t1", 2.0) is not None


def test_a_target_may_forget_and_start_again() -> None:
    """Between leaving and starting again the target knows nothing; then it starts from the beginning."""
    job = SimCluster().add_job("copy-bck", duration={"t1": 2.0, "t2": 2.0}).leave_at("t2", 1.0, again=3.0)
    assert [0.0, None, 3.0] == [
        life and life.begins for now in (0.5, 1.5, 3.0) for life in [job.life("t2", now)]
    ]
    assert job.status(4.0) == RUNNING
    assert job.status(5.05) == SimStatus(end=5.05)


def test_only_what_was_there_can_be_left() -> None:
    """Leaving before the start, a second time, or a job of other targets changes nothing."""
    job = SimCluster().add_job("copy-bck", at=1.0, duration=1.0, targets=["t1"])
    before = dict(job.lives)
    job.leave_at("t1", 0.5).leave_at("t2", 1.5)
    assert before == job.lives
    job.leave_at("t1", 3.0, again=4.0).leave_at("t1", 3.5)
    assert [3.0] == [life.forgotten for life in job.lives["t1"]]


def test_a_target_that_is_gone_never_reports() -> None:
    """The proxies wait for ever for the end of what somebody took away."""
    job = SimCluster().add_job("copy-bck", duration=2.0).leave_at("t2", 1.0)
    assert job.status(1e6) == RUNNING


def test_some_statuses_cannot_be_believed() -> None:
    """The proxies never see the end of one kind, and of others they know nothing at all."""
    cluster = SimCluster()
    assert RUNNING == cluster.add_job("load-lom-cache").status(1e6)
    assert None is cluster.add_job("dsort").status(0.5)
    assert None is cluster.add_job("copy-objects").status(0.5)
    resilver = cluster.add_job("resilver", duration=1.0)
    assert (RUNNING, SimStatus(end=1.05)) == (resilver.status(0.5), resilver.status(2.0))


def test_a_download_is_settled_with_its_work() -> None:
    """The proxies speak for a download, and do not wait until the targets are idle."""
    job = SimCluster().add_job("download", duration=1.0)
    assert job.settled == 1.0
    assert job.status(1.05) == SimStatus(end=1.05)
    assert job.begins == 0.0
