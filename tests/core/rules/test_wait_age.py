"""The age of a job: what a schedule that goes by it is told."""

from __future__ import annotations

import json
from typing import Final

import pytest
from attrs import field, frozen

from ais_jobcore import Continue, JobWait, Keller, Learned, Reply, Schedule, WaitOptions, limits
from tests.builders import JOB

KIND: Final = "dsort"
NOON: Final = "2026-11-23T12:00:00Z"


@frozen
class Told:
    """A schedule that keeps what it is told."""

    by_age: object = True
    told: list[float] = field(factory=list[float])

    def interval(self, waited: float, *, snapshots: bool) -> float:
        """Ask every ten seconds."""
        assert snapshots
        self.told.append(waited)
        return 10.0


def shown(date: str, *starts: str, objects: int = 0, key: str = "Date") -> Reply:
    """Answer with targets that run since these moments."""
    snap = {"id": JOB, "kind": KIND, "end-time": "0001-01-01T00:00:00Z", "aborted": False, "err": ""}
    stats = {"loc-objs": str(objects)}
    targets = {
        f"t{place}": [snap | {"start-time": start, "is_idle": False, "stats": stats}]
        for place, start in enumerate(starts)
    }
    return Reply(200, json.dumps(targets).encode(), {key: date} if date else {})


def clock(seconds: int) -> str:
    """Return the server's date so many seconds after noon."""
    return f"Mon, 23 Nov 2026 12:{seconds // 60:02}:{seconds % 60:02} GMT"


def begun(schedule: Schedule, **options: object) -> JobWait:
    """Start a wait at 100 s of our clock."""
    wait = JobWait(JOB, KIND, None, options=WaitOptions(schedule=schedule, **options))
    wait.start(100.0)
    return wait


@pytest.mark.parametrize(
    ("date", "starts", "expected"),
    [
        (clock(600), [NOON], 600.0),
        (clock(600), [NOON, "2026-11-23T11:59:00Z", "2026-11-23T12:05:00Z"], 660.0),
        (clock(600), [NOON, "0001-01-01T00:00:00Z"], 600.0),
        (clock(600), ["2026-11-23T13:59:50.25+02:00"], 609.75),
        # The date is cut to seconds: within one, the time waited counts.
        (clock(1), [NOON], 1.5),
        (clock(0), [NOON], 1.0),
        (clock(2), [NOON], 2.0),
        # The job began after the wait did.
        (clock(10), ["2026-11-23T12:00:09.75Z"], 1.25),
        # Nothing is known, or a clock is wrong.
        ("", [NOON], 1.5),
        ("yesterday", [NOON], 1.5),
        (clock(600), ["0001-01-01T00:00:00Z"], 1.5),
        (clock(0), ["2026-11-23T12:00:10Z"], 1.5),
    ],
)
def test_the_age_is_told_by_the_servers_own_clocks(date: str, starts: list[str], expected: float) -> None:
    """It is the time from the earliest start to the date of the answer, whatever our clock says."""
    schedule = Told()
    wait = begun(schedule)
    assert isinstance(wait.handle(shown(date, *starts), 101.5), Continue)
    assert [expected] == pytest.approx(schedule.told)


def test_the_age_grows_with_our_clock() -> None:
    """Once known it is kept: later answers, and a server's clock that is set, change nothing."""
    schedule = Told()
    wait = begun(schedule)
    wait.handle(shown(clock(600), NOON), 100.0)
    wait.handle(shown(clock(3), NOON), 111.5)
    wait.handle(shown("", NOON), 121.5)
    assert [600.0, 611.5, 621.5] == pytest.approx(schedule.told)


def test_age_that_is_not_known_yet_may_be_later() -> None:
    """An answer without a date, or of targets that have not begun, leaves it open."""
    schedule = Told()
    wait = begun(schedule)
    wait.handle(shown(clock(500), "0001-01-01T00:00:00Z"), 100.0)
    wait.handle(shown("", NOON), 111.0)
    wait.handle(shown(clock(522), NOON, key="date"), 122.0)
    assert [0.0, 11.0, 522.0] == pytest.approx(schedule.told)


@pytest.mark.parametrize("by_age", [False, None, 0])
def test_other_schedules_are_told_the_time_waited(by_age: object) -> None:
    """What does not ask for the age gets what it always got."""
    schedule = Told(by_age)
    wait = begun(schedule)
    wait.handle(shown(clock(600), NOON), 101.5)
    assert [1.5] == schedule.told
    assert wait.state.known.ahead is None


def test_learned_schedules_go_by_the_age() -> None:
    """A wait that comes late asks as often as one that began with the job."""
    learned = Learned([600.0 + place for place in range(100)])
    wait = begun(learned)
    told = wait.handle(shown(clock(640), NOON), 100.0)
    assert isinstance(told, Continue)
    best = learned.interval(640.0, snapshots=True)
    assert told.delay == pytest.approx(best, rel=limits.JITTER)
    assert best < 0.3 * learned.interval(0.0, snapshots=True)
    for unaware in (Keller(), "default"):
        late = begun(unaware).handle(shown(clock(640), NOON), 100.0)
        assert late == begun(unaware).handle(shown("", NOON), 100.0)


def test_age_is_saved() -> None:
    """A saved wait has it only where it is known, and is continued with it."""
    learned = Learned([600.0] * 20)
    early, late = begun(learned), begun(learned)
    late.handle(shown(clock(590), NOON), 101.5)
    assert "ahead" not in early.save()
    assert 588.5 == json.loads(late.save())["state"]["ahead"]
    loaded = JobWait.load(late.save(), 7.0)
    assert late.state.known == loaded.state.known
    told = loaded.handle(shown("", NOON), 15.0)
    assert told == late.handle(shown("", NOON), 109.5)


@pytest.mark.parametrize("ahead", ["1e999", "NaN", '"x"'])
def test_damaged_age_is_refused(ahead: str) -> None:
    """It is a number."""
    late = begun(Learned([600.0] * 20))
    late.handle(shown(clock(590), NOON), 100.0)
    with pytest.raises(ValueError, match="not a saved wait"):
        JobWait.load(late.save().replace("590.0", ahead), 0.0)


def test_estimates_go_before_what_is_learned() -> None:
    """With totals known the end is approached as with any schedule, however long the first interval is."""
    counted = {"expected_objects": 100}
    delays: list[list[float]] = []
    for schedule in (Learned([600.0 + place for place in range(100)]), Keller()):
        wait = begun(schedule, **counted)
        wait.handle(shown(clock(5), NOON, objects=1), 100.0)
        told = [wait.handle(shown("", NOON, objects=objects), 101.0 + objects / 10) for objects in (90, 99)]
        delays.append([each.delay for each in told if isinstance(each, Continue)])
    assert delays[0] == delays[1]
    assert [0.1] == pytest.approx(delays[0][1:], rel=limits.JITTER)


def test_floor_of_an_estimate_where_proxies_are_asked() -> None:
    """The expected duration is approached in steps of no less than 50 ms."""
    wait = JobWait(
        JOB, "lru", None, options=WaitOptions(schedule=Learned([600.0] * 20), expected_duration=10.0)
    )
    wait.start(0.0)
    status = Reply(200, json.dumps({"uuid": JOB, "end_time": 0, "err": "", "aborted": False}).encode())
    told = wait.handle(status, 9.99)
    assert isinstance(told, Continue)
    assert told.delay == pytest.approx(0.05, rel=limits.JITTER)
