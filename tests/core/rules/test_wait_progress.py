"""How far a job is: estimates of its end, targets that are done, and jobs that do not move."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from attrs import evolve

from ais_jobcore import (
    AggregatedJobSnap,
    JobStats,
    JobWait,
    Keller,
    Outcome,
    Stalled,
    TargetState,
    Timeout,
    WaitOptions,
)
from ais_jobcore.limits import APPROACH, JITTER, LONGEST_SLEEP, SHORTEST_SLEEP, TIGHTEST
from ais_jobcore.queries import Query
from tests.builders import JOB, OVER, REFUSED, RUNNING, TARGET_DOWN, UNKNOWN, counted, seen, snap
from tests.core.scripts import SNAPS, STATUS, Answer, Told, live, tell

KIND = "dsort"


def wait(kind: str = KIND, timeout: float | None = None, **options: object) -> JobWait:
    """Make a wait with options."""
    return JobWait(JOB, kind, timeout, options=WaitOptions(**options))


def linear(seconds: float, objects: int = 1000, head_start: float = 0.0) -> object:
    """Answer for a job that does its objects one after the other."""

    def answer(_: str, now: float) -> Answer:
        part = min(1.0, head_start + (1 - head_start) * now / seconds)
        return counted(
            int(part * objects), int(part * objects) * 10, "finished" if now >= seconds else "running"
        )

    return answer


def near(expected: object) -> object:
    """Allow for the jitter."""
    return pytest.approx(expected, rel=JITTER + 1e-6)


def keller(told: Told) -> float:
    """Return what the default schedule says after the last answer."""
    return Keller().interval(told.now, snapshots=True)


# Estimates


@pytest.mark.parametrize("expected", [{"expected_objects": 1000}, {"expected_bytes": 10_000}])
@pytest.mark.parametrize("seconds", [20.0, 600.0, 86_400.0])
def test_known_totals_make_few_requests_and_no_delay(expected: dict[str, int], seconds: float) -> None:
    """A job that works steadily is reported at once, and costs some tens of requests."""
    life = linear(seconds, 10**5)
    expecting = {name: total * 100 for name, total in expected.items()}
    told = live(wait(**expecting), life)  # type: ignore[arg-type]
    told.succeeded(Outcome.FINISHED)
    assert told.now - seconds < 1.0
    blind = live(wait(), life)  # type: ignore[arg-type]
    assert len(told.asked) < min(0.7 * len(blind.asked), 200)
    assert {Query.PROGRESS} == {request.what for request in told.requests}
    assert {Query.SIGHTINGS} == {request.what for request in blind.requests}


@pytest.mark.parametrize("head_start", [0.5, 0.99])
def test_estimate_is_by_what_was_seen(head_start: float) -> None:
    """A wait that began late in the life of a job goes by its speed, not by what was done before."""
    told = live(wait(expected_objects=10**6), linear(3600.0, 10**6, head_start))  # type: ignore[arg-type]
    assert len(told.asked) < 100
    assert told.now - 3600.0 < 1.0


def test_estimate() -> None:
    """From two looks: so much more in so many seconds, so a part of the rest is slept at once."""
    told = tell(wait(expected_objects=1000), (SNAPS, counted(100)), (SNAPS, (4.0, counted(200))))
    rest = 800 / 100 * told.now
    assert told.pending.delay == near(APPROACH * rest)


def test_slower_of_two_totals_counts() -> None:
    """All objects and all bytes have to be done."""
    expecting = wait(expected_objects=100, expected_bytes=1000)
    told = tell(expecting, (SNAPS, counted(0, 0)), (SNAPS, (4.0, counted(90, 100))))
    assert told.pending.delay == near(APPROACH * 9 * told.now)


def test_first_look_is_no_estimate() -> None:
    """Nothing is known of its speed yet."""
    told = tell(wait(expected_objects=1000), (SNAPS, counted(999)))
    assert told.pending.delay == near(keller(told))


def test_two_looks_at_one_moment_are_no_estimate() -> None:
    """An embedder may report twice at once; no speed can be told from that."""
    expecting = wait(expected_objects=1000)
    expecting.start(0.0)
    for objects in (1, 2, 3):
        expecting.handle(counted(objects), 0.0)
    told = Told(expecting, 0.0)
    assert expecting.decision is not None
    assert expecting.decision.delay == near(keller(told))  # type: ignore[union-attr]


@pytest.mark.parametrize("now_done", [100, 50, 0])
def test_stalled_job_keeps_no_estimate(now_done: int) -> None:
    """A job that does not move, or goes back, is soon asked for by the schedule again."""
    told = live(
        wait(expected_objects=1000, timeout=400.0),
        lambda _, now: counted(int(now) if now < 100 else now_done),
    )
    gaps = [after - before for before, after in pairwise(told.moments) if before > 200.0]
    expected = [Keller().interval(before, snapshots=True) for before in told.moments if before > 200.0]
    assert gaps[:-1] == near(expected[: len(gaps) - 1])
    told.raised(Timeout)


def test_estimate_that_was_too_short() -> None:
    """More work than was expected: after its estimated end a job is asked for by the schedule."""
    told = live(wait(expected_objects=100), linear(600.0, 1000))  # type: ignore[arg-type]
    gaps = [after - before for before, after in pairwise(told.moments) if before > 100.0]
    assert min(gaps) > 0.8 * Keller().interval(100.0, snapshots=True)
    told.succeeded(Outcome.FINISHED)


def test_estimate_that_was_too_long() -> None:
    """Less work than was expected: the end is seen late by a part of the time at most."""
    told = live(wait(expected_objects=2000), linear(600.0, 1000))  # type: ignore[arg-type]
    assert told.now < 1.7 * 600.0
    told.succeeded(Outcome.FINISHED)


def test_estimate_never_sleeps_for_ever() -> None:
    """Jobs are stopped, and speeds change."""
    told = tell(wait(expected_objects=10**9), (SNAPS, counted(0)), (SNAPS, (5.0, counted(1))))
    assert told.pending.delay == near(LONGEST_SLEEP)


@pytest.mark.parametrize("fault", [TARGET_DOWN, REFUSED])
def test_estimate_in_a_fault(fault: Answer) -> None:
    """A target that is away while the end is near does not make a wait ask in a frenzy."""
    told = live(
        wait(expected_objects=100, timeout=60.0), lambda _, now: fault if now > 19 else counted(int(5 * now))
    )
    late = [moment for moment in told.moments if moment > 22]
    assert len(late) < 60
    told.raised(Timeout)


# A previous run


def test_expected_duration() -> None:
    """The first look is at once, the next ones draw near the expected end, and the schedule follows."""
    told = live(wait(expected_duration=100.0, timeout=200.0), lambda *_: counted())
    gaps = [after - before for before, after in pairwise(told.moments)]
    for moment, gap in zip(told.moments, gaps, strict=False):
        if moment < 99:
            assert gap == near(APPROACH * (100.0 - moment))
        elif 101 < moment < 190:
            assert gap == near(Keller().interval(moment, snapshots=True))
    assert {Query.SIGHTINGS} == {request.what for request in told.requests}


def test_expected_duration_of_a_kind_with_a_status() -> None:
    """It takes no counters, so the proxies are asked as ever."""
    told = tell(wait("copy-bck", expected_duration=10.0), (STATUS, RUNNING))
    assert told.pending.delay == near(APPROACH * 10.0)


def test_counters_are_better_than_memories() -> None:
    """Where the counters tell of the end, the previous run does not matter."""
    expecting = wait(expected_objects=1000, expected_duration=5000.0)
    told = tell(expecting, (SNAPS, counted(0)), (SNAPS, counted(500)))
    assert told.pending.delay < 1.1 * told.now
    fresh = tell(wait(expected_objects=1000, expected_duration=500.0), (SNAPS, counted(0)))
    assert fresh.pending.delay == near(APPROACH * 500.0)


# Targets that are done


@pytest.mark.parametrize(
    ("states", "factor"),
    [
        (("running", "running", "running", "running"), 1.0),
        (("finished", "running", "running", "running"), 0.75),
        (("finished", "finished", "running", "running"), 0.5),
        (("finished", "finished", "finished", "running"), 0.25),
    ],
)
def test_targets_that_finished_bring_the_end_nearer(states: tuple[str, ...], factor: float) -> None:
    """The interval shrinks with the part of the targets that is left, to a quarter of it."""
    shown = seen(KIND, **{f"t{place}": state for place, state in enumerate(states)})
    told = tell(wait(), (SNAPS, shown))
    assert told.pending.delay == near(factor * keller(told))


def test_interval_shrinks_to_a_quarter_at_most() -> None:
    """One target of many may take as long as all the others."""
    shown = seen(KIND, **{f"t{place}": "finished" for place in range(99)}, last="running")
    told = tell(wait(), (SNAPS, shown))
    assert told.pending.delay == near(TIGHTEST * keller(told))


def test_targets_that_are_idle_may_be_busy_again() -> None:
    """They bring no end nearer: in a group, one job of many would have its list asked for in a hurry."""
    told = tell(JobWait(JOB, "archive"), (SNAPS, (6.5, seen("archive", t1="idle", t2="running"))))
    assert told.pending.delay == near(Keller().interval(6.5, snapshots=True))


# Kinds that idle


def test_nobody_idles_in_the_first_seconds() -> None:
    """Targets call a job idle 6 s after its last work: until then a few looks are enough (V21)."""
    idling = live(JobWait(JOB, "archive", timeout=6.0), lambda *_: seen("archive", t1="running"))
    ending = live(JobWait(JOB, KIND, timeout=6.0), lambda *_: seen(KIND, t1="running"))
    assert len(idling.asked) <= 9 < len(ending.asked)
    assert idling.moments[1] == near(Keller().interval(6.0, snapshots=True))
    for until in ("finished", "started"):
        other = tell(JobWait(JOB, "archive", until=until), (SNAPS, seen("archive", t1="not started")))
        assert other.pending.delay == near(keller(other))


# Schedules of your own


class Steady:
    """Ask every so many seconds."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def interval(self, waited: float, *, snapshots: bool) -> float:
        """Return it; it is asked in turn for proxies and for targets."""
        assert waited >= 0
        return self.seconds * (2 if snapshots else 1)


def test_schedule_of_your_own() -> None:
    """It decides about every interval, give or take the jitter."""
    told = tell(wait("copy-bck", schedule=Steady(7.0)), *[(STATUS, RUNNING)] * 3)
    assert [decision.delay for decision in told.decisions[1:]] == near([7.0] * 3)
    told = tell(wait(schedule=Steady(7.0)), (SNAPS, counted()))
    assert told.pending.delay == near(14.0)


@pytest.mark.parametrize("seconds", [0.0, -1.0, math.nan])
@pytest.mark.parametrize("options", [{}, {"expected_duration": 0.001}])
def test_schedule_that_makes_no_sense(seconds: float, options: dict[str, float]) -> None:
    """Whatever it says, there is a pause between two requests."""
    told = tell(wait("copy-bck", schedule=Steady(seconds), **options), (STATUS, RUNNING), (STATUS, RUNNING))
    assert all(decision.delay >= SHORTEST_SLEEP * (1 - JITTER) for decision in told.decisions[1:])


def test_schedule_that_never_asks() -> None:
    """No gap outlasts the memory of the cluster."""
    told = tell(wait("copy-bck", schedule=Steady(math.inf)), (STATUS, RUNNING))
    assert 90.0 == told.pending.delay


@pytest.mark.parametrize(("name", "times"), [("responsive", 2.0), ("default", 1.0), ("gentle", 0.5)])
def test_presets(name: str, times: float) -> None:
    """Twice the requests, and half of them."""
    count = len(live(wait("copy-bck", timeout=3600.0, schedule=name), lambda *_: RUNNING).asked)
    usual = len(live(wait("copy-bck", timeout=3600.0), lambda *_: RUNNING).asked)
    assert times == pytest.approx(count / usual, rel=0.1)


# Jobs that do not move


def moved(moment: float, *, stops_at: float) -> AggregatedJobSnap:
    """Show a job that works on two targets until some moment, and goes on for ever."""
    return counted(int(10 * min(moment, stops_at)), t2="finished", t3="running")


def test_stalled_job_ends_the_wait() -> None:
    """The error names the targets that are stuck, and how long nothing moved."""
    told = live(wait(stall_timeout=30.0), lambda _, now: moved(now, stops_at=20.0))
    error = told.raised(Stalled)
    assert (JOB, 30.0, "2 running (t1, t3)") == (error.job_id, error.timeout, error.reason)
    assert f"Job {JOB!r} has not moved for 30s: 2 running (t1, t3)" == str(error)
    assert {"t1": TargetState.RUNNING, "t2": TargetState.FINISHED, "t3": TargetState.RUNNING} == error.targets
    assert len(told.asked) == error.polls
    assert 50.0 <= told.now < 50.0 + 2 * Keller().interval(50.0, snapshots=True)
    assert isinstance(error, TimeoutError)


def test_stall_is_warned_of() -> None:
    """With ``warn`` it is in the reason while it lasts, and in the notes of the result."""
    told = live(
        wait(stall_timeout=30.0, on_stall="warn"),
        lambda _, now: counted(5, state="finished" if now > 90 else "running"),
    )
    stuck = "nothing moved for 30 s: 1 running (t1)"
    assert (stuck,) == told.succeeded(Outcome.FINISHED).notes
    reasons = [decision.reason for decision in told.decisions]
    assert f"not done: {stuck}" in reasons
    assert "not done: 1 running (t1)" in reasons
    assert 1 == len([each for each, after in pairwise(reasons) if stuck not in each and stuck in after])


@pytest.mark.parametrize(
    "alive",
    [
        lambda now: counted(int(now)),
        lambda now: counted(0, int(now)),
        lambda now: seen(KIND, t1=evolve(snap("running"), stats=JobStats(out_bytes=int(now)))),
        lambda now: seen(KIND, t1="running", t2="running" if now % 40 < 20 else "not started"),
        lambda now: seen(KIND, t1=snap("running", f"{now // 20:g} objects are missing")),
    ],
    ids=["objects", "bytes", "sent", "state", "errors"],
)
def test_what_moves_is_not_stalled(alive: object) -> None:
    """Any counter, state or error text that changes is a sign of life."""
    told = live(wait(stall_timeout=30.0, timeout=300.0), lambda _, now: alive(now))  # type: ignore[operator]
    told.raised(Timeout)


def test_stall_is_looked_for_where_the_targets_are() -> None:
    """A kind with a status is asked for by snapshots then: a status has no counters."""
    told = live(wait("copy-bck", stall_timeout=5.0), lambda *_: seen("copy-bck", t1="running"))
    told.raised(Stalled)
    assert {SNAPS} == {*told.questions}


def test_stall_without_any_stats() -> None:
    """A server that sends no counters is judged by the states of its targets."""
    bare = evolve(snap("running"), stats=None)
    live(wait(stall_timeout=5.0), lambda *_: seen(KIND, t1=bare)).raised(Stalled)


def test_faults_are_no_stall() -> None:
    """Who cannot ask cannot tell; as soon as it can be seen that nothing moved, it is told."""
    told = live(wait(stall_timeout=10.0, timeout=100.0), lambda _, now: counted(1) if now < 5 else REFUSED)
    told.raised(Timeout)
    told = live(wait(stall_timeout=10.0), lambda _, now: REFUSED if 5 < now < 60 else counted(1))
    told.raised(Stalled)
    assert 60.0 < told.now < 70.0


def test_idle_targets_that_linger_are_stuck_for_who_waits_for_their_end() -> None:
    """Where no target has work, those are named that have not ended."""
    idle = JobWait(JOB, "archive", None, "finished", options=WaitOptions(stall_timeout=20.0))
    told = live(idle, lambda *_: seen("archive", t1="idle", t2="finished"))
    assert "1 idle (t1)" == told.raised(Stalled).reason


def test_stalled_target_that_the_proxies_call_over() -> None:
    """A dispute that does not move ends, too, by the name of the target that holds it up."""
    stuck = seen("copy-bck", t1="finished", t2="running")
    expecting = JobWait(JOB, "copy-bck", None, options=WaitOptions(stall_timeout=20.0))
    told = tell(expecting, (SNAPS, UNKNOWN), (STATUS, OVER), (SNAPS, stuck))
    while told.now < 100 and told.wait.state.phase.value == "dispute":
        told = _again(told, stuck)
    assert "1 running (t2)" == told.raised(Stalled).reason
    assert told.now < 30


def _again(told: Told, shown: AggregatedJobSnap) -> Told:
    told.now += told.pending.delay
    told.decisions.append(told.wait.handle(shown, told.now))
    return told
