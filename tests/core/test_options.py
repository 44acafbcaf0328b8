"""The settings of a wait: what is taken, and what is refused and how."""

from __future__ import annotations

import math

import pytest
from attrs.exceptions import FrozenInstanceError

from ais_jobcore import WaitOptions
from ais_jobcore.options import check_timeout, request_timeout

SECONDS = ["request_timeout", "grace", "idle_gap", "finished_gap", "unanswered", "outage"]


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
    [(math.inf, 20.0), (300.0, 20.0), (20.0, 20.0), (7.0, 7.0), (3.0, 3.0), (0.1, 3.0), (0.0, 3.0)],
)
def test_request_timeout(left: float, expected: float) -> None:
    """One request may take the time left, but 3 s always, and the configured time at most."""
    assert expected == request_timeout(WaitOptions(), left)
    assert 1.0 == request_timeout(WaitOptions(request_timeout=1.0), left)


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
