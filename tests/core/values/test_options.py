"""The settings of a wait: what is taken, and what is refused and how."""

from __future__ import annotations

import math

import pytest
from attrs.exceptions import FrozenInstanceError

from ais_jobcore import Keller, WaitOptions
from ais_jobcore.options import check_timeout, request_timeout
from ais_jobcore.schedules import PRESETS

SECONDS = [
    *("request_timeout", "grace", "idle_gap", "finished_gap", "unanswered", "outage"),
    *("expected_duration", "stall_timeout"),
]
OPTIONAL = ["expected_objects", "expected_bytes", "expected_duration", "stall_timeout"]


def test_defaults() -> None:
    """The defaults are those of the documentation."""
    options = WaitOptions()
    assert (0, 1, True) == (options.seed, options.endpoints, options.details)
    assert (20.0, 5.0, 2.0, 0.25) == (
        options.request_timeout,
        options.grace,
        options.idle_gap,
        options.finished_gap,
    )
    assert (30.0, 600.0) == (options.unanswered, options.outage)
    assert (Keller(), "end") == (options.schedule, options.on_stall)
    assert {None} == {getattr(options, name) for name in OPTIONAL}
    assert not options.counted


def test_settings_are_a_value() -> None:
    """They can be compared and hashed, and not be changed."""
    assert WaitOptions(seed=3) == WaitOptions(seed=3) != WaitOptions()
    assert 1 == len({WaitOptions(), WaitOptions()})
    with pytest.raises(FrozenInstanceError):
        WaitOptions().seed = 1


def test_settings_are_named() -> None:
    """None is given by its place."""
    with pytest.raises(TypeError):
        WaitOptions(5)


@pytest.mark.parametrize("name", SECONDS)
@pytest.mark.parametrize("value", [0, -1.0, math.inf, math.nan, "2", None])
def test_seconds_are_above_zero_and_finite(name: str, value: object) -> None:
    """What is no such number is a ``ValueError`` with the name and what was given."""
    if value is None and name in OPTIONAL:
        return
    with pytest.raises(ValueError, match=f"{name} is a number of seconds above 0, not") as raised:
        WaitOptions(**{name: value})
    assert repr(value) in str(raised.value)


@pytest.mark.parametrize("name", SECONDS)
@pytest.mark.parametrize("value", [1, 0.001, 1e6])
def test_seconds_are_any_number(name: str, value: float) -> None:
    """Whole numbers and fractions are taken as they are."""
    assert value == getattr(WaitOptions(**{name: value}), name)


@pytest.mark.parametrize("value", [0, -1, 1.5, "2", None])
def test_endpoints_are_counted(value: object) -> None:
    """There is one endpoint at least."""
    with pytest.raises(ValueError, match="endpoints is a whole number above 0, not"):
        WaitOptions(endpoints=value)


@pytest.mark.parametrize("name", ["expected_objects", "expected_bytes"])
@pytest.mark.parametrize("value", [0, -1, 1.5, "2"])
def test_expected_work_is_counted(name: str, value: object) -> None:
    """A whole number above 0, or nothing is expected."""
    with pytest.raises(ValueError, match=f"{name} is a whole number above 0, not"):
        WaitOptions(**{name: value})
    assert 2**63 == getattr(WaitOptions(**{name: 2**63}), name)


@pytest.mark.parametrize(
    ("given", "counted"),
    [
        ({"expected_objects": 5}, True),
        ({"expected_bytes": 5}, True),
        ({"stall_timeout": 5.0}, True),
        ({"expected_duration": 5.0}, False),
        ({"on_stall": "warn"}, False),
    ],
)
def test_counters_are_needed_for_some(given: dict[str, object], counted: bool) -> None:
    """Progress and its absence are read off the counters of the targets, and off nothing else."""
    assert counted is WaitOptions(**given).counted


@pytest.mark.parametrize("value", ["", "stop", None, True])
def test_on_stall_is_one_of_two(value: object) -> None:
    """Anything but ``end`` and ``warn`` is a ``ValueError``."""
    with pytest.raises(ValueError, match="on_stall"):
        WaitOptions(on_stall=value)


class Steady:
    """Ask every other second."""

    def interval(self, waited: float, *, snapshots: bool) -> float:
        """Return it."""
        del waited, snapshots
        return 2.0


@pytest.mark.parametrize("name", PRESETS)
def test_schedule_by_name(name: str) -> None:
    """A name stands for its preset."""
    assert PRESETS[name] is WaitOptions(schedule=name).schedule


@pytest.mark.parametrize("schedule", [Keller(k=0.5), Steady()], ids=["Keller", "own"])
def test_schedule_of_your_own(schedule: Keller | Steady) -> None:
    """Whatever has the one method is taken as it is."""
    assert schedule is WaitOptions(schedule=schedule).schedule


def test_unknown_schedule() -> None:
    """What is none is a ``ValueError`` that names the presets, or the method that is missing."""
    with pytest.raises(ValueError, match="one of responsive, default, gentle, or a Schedule, not 'slow'"):
        WaitOptions(schedule="slow")
    for given in (5.0, None, object()):
        with pytest.raises(ValueError, match="a Schedule has a method interval, unlike"):
            WaitOptions(schedule=given)


@pytest.mark.parametrize("value", [0.5, "1", None])
def test_seed_is_a_whole_number(value: object) -> None:
    """A seed of another type is refused when it is given, not when it is used."""
    with pytest.raises(ValueError, match="seed is a whole number, not"):
        WaitOptions(seed=value)


@pytest.mark.parametrize("seed", [-1, 0, 2**64, -(2**200)])
def test_any_whole_number_is_a_seed(seed: int) -> None:
    """Its size does not matter."""
    assert seed == WaitOptions(seed=seed).seed


@pytest.mark.parametrize(
    ("left", "expected"),
    [
        *((math.inf, 20.0), (300.0, 20.0), (20.0, 20.0), (19.0, 19.0), (7.0, 7.0)),
        *((3.0, 3.0), (1.0, 3.0), (0.1, 3.0), (0.0, 3.0), (-1.0, 2.0), (-2.0, 1.0), (-2.5, 0.5)),
    ],
)
def test_request_timeout(left: float, expected: float) -> None:
    """
    One request may take the time left, but 3 s always, and the configured time at most.

    What is sent after the deadline, as only a list may ask for, is over 3 s after it.
    """
    assert expected == request_timeout(WaitOptions(), left)
    for usual in (1.0, 2.0):
        assert min(usual, expected) == request_timeout(WaitOptions(request_timeout=usual), left)


@pytest.mark.parametrize(
    ("given", "expected"), [(None, None), (math.inf, None), (0, 0.0), (0.5, 0.5), (300, 300.0), (-0.0, 0.0)]
)
def test_timeouts(given: float | None, expected: float | None) -> None:
    """A number of seconds from 0; ``None`` and infinity are for ever."""
    assert expected == check_timeout(given)
    assert isinstance(check_timeout(300), float)


@pytest.mark.parametrize("given", [-1, -1e-9, -math.inf, math.nan, True, False, "300", [], object()])
def test_what_is_no_timeout(given: object) -> None:
    """Anything else is a ``ValueError`` with what was given and what is allowed."""
    with pytest.raises(ValueError, match="a number of seconds from 0, or None for ever") as raised:
        check_timeout(given)
    assert repr(given) in str(raised.value)


@pytest.mark.parametrize("name", ["expected_objects", "expected_bytes", "expected_duration", "stall_timeout"])
@pytest.mark.parametrize("value", [0, -1, "3", math.nan])
def test_what_may_be_left_out_is_checked_if_it_is_not(name: str, value: object) -> None:
    """``None`` stands for *not known*; anything else has to be a number above 0."""
    assert getattr(WaitOptions(**{name: None}), name) is None
    with pytest.raises(ValueError, match=name) as raised:
        WaitOptions(**{name: value})
    assert repr(value) in str(raised.value)
