"""A reply, cut down to what decides about one job."""

from __future__ import annotations

from attrs import evolve

from ais_jobcore import AggregatedJobSnap, JobStats, TargetState
from ais_jobcore.wire.lean import Sighting, Sightings, sight, sight_all
from tests.builders import JOB, NOON_NS, seen, snap

MINUTE_NS = 60_000_000_000


def test_what_decides_of_a_snapshot() -> None:
    """Its state, its times in nanoseconds, its texts and its kind; nothing else."""
    assert Sighting(TargetState.FINISHED, NOON_NS, NOON_NS + MINUTE_NS, "bad", "copy-bck") == sight(
        snap("finished", "bad")
    )
    assert Sighting(TargetState.NOT_STARTED, None, None, "", "lru") == sight(snap("not started", kind="lru"))
    assert "user abort" == sight(snap("aborted")).error


def test_only_the_job_itself() -> None:
    """Snapshots of others are passed over (S32), a target that shows only such is no target of the job."""
    reply = seen(t2=[snap(), snap("idle", job_id="other")], t1=[snap("finished", job_id="other")], t3="idle")
    found = sight_all(reply, JOB)
    assert ["t2", "t3"] == [*found.own]
    assert [TargetState.RUNNING, TargetState.IDLE] == [
        each.state for own in found.own.values() for each in own
    ]
    assert reply is found.whole


def test_targets_are_in_order() -> None:
    """Whatever order a reply has, the same is seen (R4)."""
    one, two = seen(t1="idle", t2="running"), seen(t2="running", t1="idle")
    assert [*sight_all(one, JOB).own.items()] == [*sight_all(two, JOB).own.items()]


def test_others_that_finished() -> None:
    """They are told in order, once each: a later rebalance answers in the place of an earlier one (G21)."""
    others = [snap("finished", job_id="g9"), snap("finished", job_id="g8"), snap("running", job_id="g7")]
    assert ("g8", "g9") == sight_all(seen(t1=others, t2=others), JOB).finished_others


def test_counters_are_added_up() -> None:
    """All targets together, of this job only; any counter that moves changes the activity."""

    def reply(**counters: int) -> Sightings:
        own = evolve(snap(), stats=JobStats(**counters))
        other = evolve(snap(job_id="other"), stats=JobStats(objects=99, bytes=999))
        return sight_all(AggregatedJobSnap({"t1": (own, other), "t2": (own,), "t3": (snap(),)}), JOB)

    assert (6, 40) == reply(objects=3, bytes=20).done
    assert (0, 0) == reply().done
    still = reply(objects=3, bytes=20).activity
    assert still == reply(objects=3, bytes=20).activity
    for counter in ("objects", "bytes", "out_objects", "out_bytes", "in_objects", "in_bytes"):
        moved = {"objects": 3, "bytes": 20} | {counter: 21}
        assert still != reply(**moved).activity


def test_nothing_at_all() -> None:
    """No snapshot, no target."""
    assert Sightings({}) == sight_all(AggregatedJobSnap({}), JOB)
    assert Sightings({}) == sight_all(AggregatedJobSnap({"t1": ()}), JOB)
