"""What a saved wait keeps of its schedule, of the progress of its job, and of its retries."""

from __future__ import annotations

import json

import pytest
from attrs import evolve

from ais_jobcore import JobWait, Keller, Learned, Outcome, Stalled, WaitOptions
from ais_jobcore.schedules import PRESETS
from ais_jobcore.wire.observations import Listing
from tests.builders import JOB, REFUSED, counted, seen
from tests.core.scripts import SNAPS, Told, live, tell

KIND = "dsort"


def wait(**options: object) -> JobWait:
    """Make a wait with options."""
    return JobWait(JOB, KIND, None, options=WaitOptions(**options))


def halfway(**options: object) -> Told:
    """Bring a wait to some answers and some faults."""
    lines = [(SNAPS, counted(1)), (SNAPS, REFUSED), (SNAPS, counted(40)), (SNAPS, REFUSED)]
    return tell(wait(**options), *lines)


@pytest.mark.parametrize(
    "options",
    [
        {"schedule": "gentle"},
        {"schedule": Keller(k=0.3, floor=1.0)},
        {"schedule": Learned([5.0, 7.0, 60.0], pace=2.0)},
        {"expected_objects": 1000, "expected_bytes": 5},
        {"expected_duration": 77.5},
        {"stall_timeout": 3.5, "on_stall": "warn"},
        {"endpoints": 3, "expected_objects": 50},
    ],
    ids=["preset", "schedule", "learned", "totals", "duration", "stall", "endpoints"],
)
def test_continued_wait_decides_alike(options: dict[str, object]) -> None:
    """Schedule, estimate, stall and budget are the same after a load as without it."""
    told = halfway(**options)
    loaded = JobWait.load(told.wait.save(), told.now)
    assert (told.wait.state, told.decision) == (loaded.state, loaded.decision)
    assert told.wait.state.faults.spent
    for step in range(6):
        now = told.now + 2.0 * (step + 1)
        assert told.wait.handle(counted(50 + step // 3), now) == loaded.handle(counted(50 + step // 3), now)


@pytest.mark.parametrize("name", PRESETS)
def test_preset_is_saved_by_its_name(name: str) -> None:
    """A preset may be better some day."""
    document = json.loads(wait(schedule=name).save())
    assert name == document["state"]["options"]["schedule"]
    assert PRESETS[name] is JobWait.load(json.dumps(document), 0.0).state.question.options.schedule


def test_schedule_of_numbers_is_saved_with_them() -> None:
    """Numbers of your own stay your own."""
    document = json.loads(wait(schedule=Keller(k=0.3)).save())
    assert 0.3 == document["state"]["options"]["schedule"]["k"]


def test_learned_schedule_is_saved_as_its_moments() -> None:
    """What is saved is small, and tells when to ask even where another version learns otherwise."""
    learned = Learned([float(place) for place in range(1, 1001)])
    text = wait(schedule=learned).save()
    assert len(text) < 8000
    document = json.loads(text)
    polls = document["state"]["options"]["schedule"]["learned"]["polls"]
    assert tuple(polls) == learned.past.polls
    polls[-1] += 5.0
    loaded = JobWait.load(json.dumps(document), 0.0).state.question.options.schedule
    assert isinstance(loaded, Learned)
    assert learned.past.polls[-1] + 5.0 == loaded.past.polls[-1]
    polls[-1] = 0.0
    with pytest.raises(ValueError, match="not a saved wait"):
        JobWait.load(json.dumps(document), 0.0)


class Own:
    """Ask every second."""

    def interval(self, waited: float, *, snapshots: bool) -> float:
        """Return it."""
        del waited, snapshots
        return 1.0

    def __repr__(self) -> str:
        return "<Own>"


def test_schedule_of_your_own_has_to_be_given() -> None:
    """It is named by its class; who loads the wait gives the schedule, or is told which one is missing."""
    text = wait(schedule=Own()).save()
    assert {"own": f"{__name__}.Own"} == json.loads(text)["state"]["options"]["schedule"]
    with pytest.raises(
        ValueError, match=r"^the wait had a schedule of its own, .*\.Own.*: it has to be given$"
    ):
        JobWait.load(text, 0.0)
    own = Own()
    assert own is JobWait.load(text, 0.0, schedule=own).state.question.options.schedule


def test_schedule_that_is_given_counts() -> None:
    """It takes the place of any that was saved, whatever that was, and changes nothing else."""
    told = halfway(schedule="gentle")
    loaded = JobWait.load(told.wait.save(), told.now, schedule=Keller(k=0.3)).state
    options = evolve(told.wait.state.question.options, schedule=Keller(k=0.3))
    assert loaded == evolve(told.wait.state, question=evolve(told.wait.state.question, options=options))


@pytest.mark.parametrize(
    "schedule",
    ["slow", None, 5, {"k": -1.0}, {"pace": 1.0}, [], {"learned": {}}, {"learned": 1, "pace": 1.0}],
)
def test_unknown_schedule(schedule: object) -> None:
    """What is none makes the text none of a saved wait."""
    document = json.loads(wait().save())
    document["state"]["options"]["schedule"] = schedule
    with pytest.raises(ValueError, match="not a saved wait"):
        JobWait.load(json.dumps(document), 0.0)


def test_stall_comes_back() -> None:
    """The error is saved with its fields."""
    told = live(wait(stall_timeout=5.0), lambda *_: counted(1))
    error = told.raised(Stalled)
    loaded = JobWait.load(told.wait.save(), 0.0)
    assert loaded.decision is not None
    assert error == loaded.decision.error  # type: ignore[union-attr]


def test_wait_that_was_told_of_by_a_list() -> None:
    """That it was on a list is evidence, and stays so."""
    told = tell(JobWait(JOB, KIND))
    told.wait.handle_shared(Listing(busy=True, kind=KIND), 0.5, asked=0.0, endpoint=0)
    loaded = JobWait.load(told.wait.save(), 0.5)
    assert loaded.state.known.listed
    loaded.handle_shared(Listing(busy=False), 1.0, asked=0.9, endpoint=0)
    end = loaded.handle(seen(KIND, t1="finished"), 1.0)
    assert end.result is not None  # type: ignore[union-attr]
    assert Outcome.FINISHED is end.result.outcome  # type: ignore[union-attr]


def test_lists_out_of_turn() -> None:
    """A wait that is not under way takes nothing from a list, and does not change."""
    fresh, over = JobWait(JOB), live(JobWait(JOB, KIND), lambda *_: seen(KIND, t1="aborted")).wait
    for each in (fresh, over):
        state = each.state
        with pytest.raises(RuntimeError, match="not under way"):
            each.handle_shared(Listing(busy=True), 1.0, asked=1.0, endpoint=0)
        assert state is each.state
