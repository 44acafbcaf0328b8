"""Many waits: when a group is over, what it returns, what is misuse, and one end after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ais_jobcore import (
    Continue,
    Done,
    Fault,
    FaultKind,
    GroupWait,
    JobStatus,
    JobWait,
    NotFound,
    Outcome,
    ReturnWhen,
    Timeout,
)
from ais_jobcore.machines.group import Completions
from ais_jobcore.text import printable
from tests.builders import NOT_LISTED, NULL, REFUSED, UNKNOWN, shown, statuses
from tests.core.groups import NAMES, STATUSES, begin, outcome_of, play, question, script, waits

if TYPE_CHECKING:
    from tests.core.scripts import Answer, Event

ENDS = {"a": 3.0, "b": 1.0, "c": 2.0, "d": 4.0}
"""When jobs finish; ``c`` was stopped."""


def life(asked: str, now: float) -> Answer:
    """Answer for jobs that finish one after the other."""
    job_id = asked[-1]
    if asked == STATUSES:
        return statuses(*[each for each, end in ENDS.items() if now < end])
    if job_id not in ENDS:
        return NOT_LISTED if asked == NAMES else UNKNOWN
    return shown(job_id, kind="copy-bck", t1="aborted" if job_id == "c" else "finished")


@pytest.mark.parametrize(
    ("return_when", "expected", "ended"),
    [
        ("all", [Outcome.FINISHED, Outcome.FINISHED, Outcome.ABORTED, Outcome.FINISHED], [1, 2, 0, 3]),
        ("first", [None, Outcome.FINISHED, None, None], [1]),
        ("first-failure", [None, Outcome.FINISHED, Outcome.ABORTED, None], [1, 2]),
        (ReturnWhen.FIRST, [None, Outcome.FINISHED, None, None], [1]),
    ],
)
def test_return_when(return_when: str, expected: list[object], ended: list[int]) -> None:
    """A group is over when all ended, or one, or one badly; what ended stands at its job's place."""
    played = play(waits(*ENDS), life, return_when=return_when)
    assert (expected, ended) == (played.outcomes, list(played.group.ended))
    assert f"{len(ended)} of 4 jobs ended" == played.decisions[-1].reason


def test_first_failure_of_none() -> None:
    """Where no job fails, all have to end."""
    played = play(waits("a", "b"), life, return_when="first-failure")
    assert [Outcome.FINISHED] * 2 == played.outcomes


@pytest.mark.parametrize("return_when", ["first", "first-failure"])
def test_wait_that_cannot_be_completed_is_a_failure(return_when: str) -> None:
    """An error ends the group, too, as one job's end."""
    played = play([*waits("d", timeout=1.5), *waits("a")], life, return_when=return_when)
    assert [Timeout, None] == played.outcomes


@pytest.mark.parametrize("return_when", ReturnWhen)
def test_group_of_none(return_when: ReturnWhen) -> None:
    """Without jobs there is nothing to wait for."""
    group = GroupWait([], return_when)
    assert Done([], "0 of 0 jobs ended") == group.start(0.0)


def test_same_job_twice() -> None:
    """Two waits for one job are told alike, by one list."""
    played = play(waits("b", "b"), life)
    assert [Outcome.FINISHED] * 2 == played.outcomes
    assert 2 == played.questions.count("snapshots of b")


def test_places_do_not_matter() -> None:
    """Each job ends alike wherever it stands in the group."""
    there = play(waits(*ENDS), life)
    back = play(waits(*reversed(ENDS)), life)
    assert there.endings == back.endings[::-1]
    assert there.asked == back.asked


# Misuse


@pytest.mark.parametrize("return_when", ["any", "", "FIRST", None, 1])
def test_unknown_return_when(return_when: str) -> None:
    """What is none is a ``ValueError`` that names those there are."""
    with pytest.raises(ValueError, match="one of all, first, first-failure, not"):
        GroupWait([], return_when)


def test_waits_have_to_be_fresh() -> None:
    """One that was started has a request pending; one that is given twice would be started twice."""
    fresh, started = JobWait("a"), JobWait("b")
    started.start(0.0)
    for given in ([started], [fresh, fresh]):
        with pytest.raises(ValueError, match="not started yet, and each of them once"):
            GroupWait(given)
    assert fresh.decision is None


def test_calls_out_of_turn() -> None:
    """A second start, an answer before the first or after the end: nothing changes."""
    group = GroupWait(waits("b"))
    with pytest.raises(RuntimeError, match="not started yet"):
        group.handle(REFUSED, 0.0)
    assert group.decision is None
    decision = group.start(0.0)
    with pytest.raises(RuntimeError, match="started already"):
        group.start(1.0)
    assert decision is group.decision
    over = play(waits("b"), life).group
    with pytest.raises(RuntimeError, match="is over"):
        over.handle(REFUSED, 9.0)
    with pytest.raises(RuntimeError, match="started already"):
        over.start(9.0)


@pytest.mark.parametrize("event", [None, b"[]" * 99, JobStatus("a", "", 0), NotFound("x")], ids=str)
def test_list_is_a_reply_or_a_fault(event: Event) -> None:
    """Anything else is a ``TypeError`` that changes nothing."""
    played = begin(waits("a"))
    with pytest.raises(TypeError, match="a Reply or a Fault was expected for a list, not") as raised:
        played.group.handle(event, 0.0)
    assert str(raised.value).endswith(printable(repr(event), 40))
    assert STATUSES == script(played, (STATUSES, statuses("a"))).question


def test_answer_about_one_job_may_be_decoded() -> None:
    """What is no event at all is a ``TypeError`` that changes nothing."""
    played = script(begin(waits("b")), (STATUSES, NULL), (NAMES, NOT_LISTED))
    with pytest.raises(TypeError, match="a Reply, a Fault or a decoded value was expected"):
        played.group.handle(None, 0.0)  # type: ignore[arg-type]
    aborted = JobStatus("b", "no space left", 5, aborted=True)
    script(played, ("snapshots of b", aborted), ("snapshots of b", UNKNOWN))
    assert [Outcome.ABORTED] == played.outcomes


def test_clock_that_goes_back() -> None:
    """It counts as standing still."""
    there, back = (GroupWait(waits("a", timeout=5.0)) for _ in range(2))
    assert there.start(100.0) == back.start(100.0)
    assert there.handle(statuses("a"), 100.0) == back.handle(statuses("a"), 90.0)
    assert isinstance(there.handle(statuses("a"), 105.1), Done)


# One end after the other


class Consumer:
    """Take the ends of a group one after the other, as a driver does, and take some time for each."""

    def __init__(self, group: GroupWait, busy: float = 0.0) -> None:
        self.completions = Completions(group)
        self.group = group
        self.busy = busy
        self.now = 0.0
        self.seen: list[tuple[int, object, float]] = []
        self.asked: list[tuple[str, float]] = []

    def leg(self) -> int:
        """Run until one job ended at least, and tell how many did."""
        decision = self.completions.start(self.now)
        while isinstance(decision, Continue):
            assert decision.delay >= 0
            self.now += decision.delay
            asked = question(decision.request)
            self.asked.append((asked, self.now))
            event = life(asked, self.now)
            decision = self.completions.handle(event, self.now)
        assert isinstance(decision, Done)
        self.seen += [(place, outcome_of(ending), self.now) for place, ending in decision.result]
        self.now += self.busy
        return len(decision.result)

    def take_all(self) -> None:
        """Run to the last of the ends."""
        while len(self.seen) < len(self.group.endings):
            assert self.leg() > 0


def test_ends_in_their_order() -> None:
    """Each run gives those that ended next, right when they did; nothing is asked twice for it."""
    consumer = Consumer(GroupWait(waits(*ENDS)))
    consumer.take_all()
    whole = play(waits(*ENDS), life)
    assert [1, 2, 0, 3] == [place for place, _, _ in consumer.seen]
    assert whole.questions == [asked for asked, _ in consumer.asked]
    assert [at for _, at in whole.asked] == pytest.approx([at for _, at in consumer.asked])


def test_time_between_two_ends_makes_nobody_late() -> None:
    """Whoever works on one end for an hour is told of the others as they ended, not of time-outs."""
    consumer = Consumer(GroupWait(waits("a", "b", "c", timeout=10.0)), busy=3600.0)
    consumer.take_all()
    (first, *others) = consumer.seen
    assert [(1, Outcome.FINISHED), (0, Outcome.FINISHED), (2, Outcome.ABORTED)] == [
        (place, outcome) for place, outcome, _ in consumer.seen
    ]
    assert [first[2] + 3600.0, first[2] + 7200.0] == pytest.approx([at for _, _, at in others])


def test_time_between_two_ends_counts_up_to_the_next_request() -> None:
    """A short break is not given back: the deadline stays where it was."""
    consumer = Consumer(GroupWait([*waits("b"), *waits("d", timeout=3.5)]), busy=0.01)
    consumer.take_all()
    assert [(0, Outcome.FINISHED), (1, Timeout)] == [(place, outcome) for place, outcome, _ in consumer.seen]
    assert 3.5 == pytest.approx(consumer.now - 0.01)


def test_what_ended_together_is_told_together() -> None:
    """Errors are ends like others."""
    consumer = Consumer(GroupWait([JobWait("x", timeout=0), *waits("y", timeout=0)]))
    assert 1 <= consumer.leg() <= 2
    consumer.take_all()
    assert {Timeout} == {outcome for _, outcome, _ in consumer.seen}
    assert 0 == consumer.leg()


def test_completions_of_none() -> None:
    """Without jobs the first run is the last."""
    assert Done([], "0 of 0 jobs ended") == Completions(GroupWait([])).start(0.0)


def test_completions_out_of_turn() -> None:
    """An answer that nobody asked for is refused as by the group."""
    with pytest.raises(RuntimeError, match="not started yet"):
        Completions(GroupWait(waits("a"))).handle(Fault(FaultKind.DNS), 0.0)
