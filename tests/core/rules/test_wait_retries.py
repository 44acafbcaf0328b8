"""When to ask again after a fault, and where."""

from __future__ import annotations

import pytest

from ais_jobcore import JobWait, Keller, Outcome, WaitOptions
from ais_jobcore.limits import JITTER
from tests.builders import (
    BUSY,
    DOWN,
    JOB,
    MALFORMED,
    NO_TOKEN,
    OVER,
    REFUSED,
    STARTING,
    STRANGER,
    TARGET_DOWN,
    UNKNOWN,
    alike,
    refusal,
    seen,
)
from tests.core.scripts import SNAPS, STATUS, Answer, Told, live, tell


def delays(told: Told) -> list[float]:
    """List the delays before each request but the first."""
    return [decision.delay for decision in told.decisions[1:]]


def test_back_off() -> None:
    """Faults back off from 0.2 s, twofold, to 5 s, give or take a tenth; a good answer starts again."""
    told = tell(JobWait(JOB, "dsort"), (SNAPS, alike("dsort", "running")), *[(SNAPS, REFUSED)] * 8)
    expected = [0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0, 5.0]
    assert delays(told)[1:] == pytest.approx(expected, rel=JITTER)
    told = tell(
        JobWait(JOB, "dsort"), *[(SNAPS, REFUSED)] * 4, (SNAPS, alike("dsort", "running")), (SNAPS, REFUSED)
    )
    assert told.pending.delay == pytest.approx(0.2, rel=JITTER)


@pytest.mark.parametrize("fault", [STARTING, TARGET_DOWN], ids=["starting", "target down"])
def test_no_back_off_for_what_passes(fault: Answer) -> None:
    """AIStore's own passing troubles follow the normal schedule."""
    told = tell(JobWait(JOB, "dsort"), *[(SNAPS, fault)] * 12)
    expected = [Keller().interval(at, snapshots=True) for at in told.moments]
    assert delays(told) == pytest.approx(expected, rel=JITTER)


@pytest.mark.parametrize("fault", [STARTING, TARGET_DOWN, BUSY, DOWN])
def test_trouble_does_not_last_as_long_as_the_gaps_of_a_long_wait(fault: Answer) -> None:
    """However seldom a long job is asked about, an outage is told from two faults hours apart."""
    long = Keller(k=100.0, floor=1800.0, snapshot_floor=1800.0)
    wait = JobWait(JOB, "dsort", None, options=WaitOptions(schedule=long))
    told = tell(wait, (SNAPS, alike("dsort", "running")), *[(SNAPS, fault)] * 12)
    assert delays(told)[0] > 1000
    assert max(delays(told)[1:]) <= 30 * (1 + JITTER)
    assert told.wait.decision is told.pending


def test_retry_after_is_honoured() -> None:
    """A server that asks for time gets it, whatever its trouble; less than the back-off is no hurry."""
    for code in (429, 503, 500):
        told = tell(JobWait(JOB, "dsort"), (SNAPS, refusal(code, Retry_After="7")))
        assert 7.0 == told.pending.delay
    told = tell(JobWait(JOB, "dsort"), (SNAPS, refusal(429, Retry_After="0")))
    assert told.pending.delay == pytest.approx(0.2, rel=JITTER)


def test_retry_after_is_forgotten_with_the_next_answer() -> None:
    """It is for the next request only."""
    told = tell(
        JobWait(JOB, "dsort"), (SNAPS, refusal(429, Retry_After="7")), (SNAPS, alike("dsort", "running"))
    )
    assert told.pending.delay < 2.0


@pytest.mark.parametrize(
    ("kind", "longest"),
    [
        ("copy-bck", 90.0),
        ("dsort", 1800.0),
        ("list", 30.0),
        ("get-batch", 30.0),
        ("", 30.0),
        ("brand-new", 30.0),
    ],
)
def test_no_gap_outlasts_the_memory_of_the_cluster(kind: str, longest: float) -> None:
    """No pause is longer than half of what the source remembers, whoever asks for it (R2)."""
    asked = SNAPS if kind != "copy-bck" else STATUS
    told = tell(JobWait(JOB, kind, timeout=None), (asked, refusal(429, Retry_After="86400")))
    assert longest == told.pending.delay


@pytest.mark.parametrize("fault", [REFUSED, DOWN, BUSY, STARTING, STRANGER, MALFORMED], ids=repr)
def test_other_endpoints_are_tried(fault: Answer) -> None:
    """What may be the endpoint's trouble is taken to the next one."""
    told = tell(JobWait(JOB, "dsort", options=WaitOptions(endpoints=3)), *[(SNAPS, fault)] * 4)
    assert [0, 1, 2, 0] == [each.endpoint for each in told.requests]


@pytest.mark.parametrize("answer", [TARGET_DOWN, NO_TOKEN, UNKNOWN, alike("dsort", "running")], ids=repr)
def test_endpoint_stays_for_what_another_cannot_mend(answer: Answer) -> None:
    """A target that is down is down for every proxy; and an endpoint that answers is kept."""
    told = tell(JobWait(JOB, "dsort", options=WaitOptions(endpoints=3)), (SNAPS, REFUSED), (SNAPS, answer))
    assert 1 == told.pending.request.endpoint


def test_end_after_an_outage_of_everything() -> None:
    """Mixed 503s and refused connections, from the first request on, and then the end."""
    outage = [REFUSED, STARTING, BUSY, DOWN, MALFORMED]

    def answer(asked: str, at: float) -> Answer:
        if at < 25.0:
            return outage[int(at * 10) % 5]
        return OVER if asked == STATUS else seen(t1="finished")

    live(JobWait(JOB, "copy-bck"), answer).succeeded(Outcome.FINISHED)
