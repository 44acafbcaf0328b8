"""Schedules as documents, in saved waits and transcripts."""

from __future__ import annotations

import json
from typing import Any

import pytest
from attrs import frozen

from ais_jobcore import Keller, Learned, Schedule
from ais_jobcore.rules.settings import ScheduleMissing, dump_schedule, load_schedule, settle_schedule
from ais_jobcore.schedules import PRESETS

LEARNED = Learned([10.0, 20.0, 30.0], pace=0.5)


@frozen
class Mine(Keller):
    """A schedule of a user's own that looks like the library's."""


@pytest.mark.parametrize(
    "schedule", [*PRESETS.values(), Keller(k=0.5), Learned([]), LEARNED], ids=lambda each: str(each)[:20]
)
def test_schedules_come_back(schedule: Schedule) -> None:
    """Those of the library are the same after JSON."""
    assert schedule == load_schedule(json.loads(json.dumps(dump_schedule(schedule))))


def test_documents_tell_them_apart() -> None:
    """A preset is a name, and numbers are numbers."""
    assert "gentle" == dump_schedule(PRESETS["gentle"])
    assert {"k": 0.5}.items() <= dump_schedule(Keller(k=0.5)).items()  # type: ignore[union-attr]
    assert {"learned": LEARNED.past._asdict(), "pace": 0.5} == dump_schedule(LEARNED)
    assert {"own": f"{__name__}.Mine"} == dump_schedule(Mine(k=0.5))


@pytest.mark.parametrize(
    "document",
    [
        "slow",
        {"slow": 1},
        {"k": 0.0},
        {"learned": {}, "pace": 1.0},
        {"learned": LEARNED.past._asdict()},
        {"learned": LEARNED.past._asdict(), "pace": 0},
        {"learned": {**LEARNED.past._asdict(), "moments": 5}, "pace": 1.0},
        {"learned": {**LEARNED.past._asdict(), "more": 5}, "pace": 1.0},
    ],
)
def test_damaged_documents_raise(document: Any) -> None:  # noqa: ANN401 - JSON is anything
    """What is no schedule is refused, in whatever way."""
    with pytest.raises((ValueError, KeyError, TypeError)):
        load_schedule(document)


def test_own_schedule_comes_from_the_caller() -> None:
    """What the caller gives takes the place of what was saved; an own one that nobody gives is missed."""
    own = {"schedule": {"own": "a.Mine"}, "seed": 3}
    with pytest.raises(
        ScheduleMissing, match=r"^the wait had a schedule of its own, 'a\.Mine': it has to be"
    ):
        settle_schedule(own, None)
    with pytest.raises(ScheduleMissing) as raised:
        settle_schedule({"schedule": {"own": "x\n" * 5000}}, None)
    assert len(str(raised.value)) < 200
    assert {"schedule": "default", "seed": 3} == settle_schedule(own, LEARNED)
    assert {"schedule": "default"} == settle_schedule({"schedule": "gentle"}, LEARNED)
    for options in ({"schedule": "gentle"}, {"schedule": {"k": 1.0}}, {}):
        assert options == settle_schedule(options, None)
