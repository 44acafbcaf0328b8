"""Documents are spelt as a real cluster spells them."""

from __future__ import annotations

from ais_jobcore.testing import SimCluster
from ais_jobcore.testing.spelling import (
    BEGINNING,
    ZERO_TIME,
    spell_date,
    spell_snapshot,
    spell_status,
    spell_time,
    to_json,
    wall_clock,
)
from ais_jobcore.wire.values import parse_time


def test_times_have_as_many_fraction_digits_as_they_need() -> None:
    """Nanoseconds are exact, zeros at the end are left out, and so is an empty fraction."""
    assert spell_time(0.0) == "2026-01-01T09:00:00.123456789Z"
    assert spell_time(0.376543211) == "2026-01-01T09:00:00.5Z"
    assert spell_time(0.876543211) == "2026-01-01T09:00:01Z"
    assert spell_time(86400.0).startswith("2026-01-02T09:00:00")
    assert (BEGINNING + 500_000_000, None) == (parse_time(spell_time(0.5)), parse_time(ZERO_TIME))


def test_wall_clock_is_the_moment_and_a_constant() -> None:
    """What the wall clock shows follows from the moment alone."""
    assert BEGINNING + 1_500_000_000 == wall_clock(1.5)


def test_dates_are_those_of_http() -> None:
    """The header ``Date`` counts seconds, in GMT."""
    assert spell_date(0.9) == "Thu, 01 Jan 2026 09:00:01 GMT"


def test_json_has_no_spaces() -> None:
    """Documents are as short as a server's, and text is not escaped needlessly."""
    assert to_json({"a": [1, "ä"]}) == '{"a":[1,"ä"]}'.encode()


def test_counters_are_strings() -> None:
    """Numbers that may be large are decimal text; what is sent is what goes to other targets."""
    job = SimCluster().add_job("copy-bck", duration=2.0, bucket="a", to="b", objects=90, object_size=10)
    snap = spell_snapshot(job, job.lives["t3"][0], "t3", 1.0)
    assert snap["stats"] == {
        "loc-objs": "45",
        "loc-bytes": "450",
        "out-objs": "30",
        "out-bytes": "300",
        "in-objs": "30",
        "in-bytes": "300",
    }
    assert snap["glob.id"] == "2"
    assert str(snap["ctlmsg"]).startswith("cp ais://a=>ais://b; t[t3]: job:[ visited:45 ")


def test_buckets_belong_to_the_kind() -> None:
    """A bucket copy belongs to its destination, a copy of objects to its source, cluster jobs to none."""
    cluster = SimCluster()
    jobs = [
        cluster.add_job("copy-bck", bucket="a", to="b"),
        cluster.add_job("copy-objects", bucket="a", to="b"),
        cluster.add_job("delete-listrange", bucket="a"),
        cluster.add_job("promote"),
        cluster.add_job("rebalance"),
    ]
    snaps = [spell_snapshot(job, job.lives["t1"][0], "t1", 0.5) for job in jobs]
    names = [[dict(snap[key])["name"] for key in ("bck", "src-bck", "dst-bck")] for snap in snaps]  # type: ignore[call-overload]
    assert [["b", "a", "b"], ["a", "a", "b"], ["a", "", ""], ["src", "", ""], ["", "", ""]] == names
    assert ["ctlmsg" in snap for snap in snaps] == [True, True, False, False, False]


def test_an_abort_shows_before_its_end() -> None:
    """First the abort with its reason and no end time, then the end time (wire: 0.2 to 0.8 s)."""
    job = SimCluster().add_job("copy-bck", duration=9.0).abort_at(1.0)
    life = job.lives["t1"][0]
    stages = [spell_snapshot(job, life, "t1", now) for now in (0.9, 1.0, 1.2)]
    assert [(False, ""), (True, "user abort"), (True, "user abort")] == [
        (snap["aborted"], snap["abort-err"]) for snap in stages
    ]
    assert [ZERO_TIME, ZERO_TIME, spell_time(1.2)] == [snap["end-time"] for snap in stages]


def test_lists_of_statuses_have_no_errors() -> None:
    """The same status has its text when it is asked for alone, and not in a list."""
    job = SimCluster().add_job("copy-bck", errors={"t1": "x"})
    status = job.status(9.0)
    assert status is not None
    alone, listed = (spell_status(job, status, errors=errors) for errors in (True, False))
    assert ("x", "") == (alone.pop("err"), listed.pop("err"))
    assert alone == listed
    assert alone == {
        "kind": "copy-bck",
        "uuid": job.id,
        "end_time": BEGINNING + 1_050_000_000,
        "aborted": False,
    }
