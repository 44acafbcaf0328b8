"""What was given of the settings of a wait is told from what was not, and nothing else depends on it."""

from __future__ import annotations

import copy
import json
import pickle
from typing import TYPE_CHECKING

import pytest
from attrs import asdict, evolve

from ais_jobcore import WaitOptions
from ais_jobcore.limits import REQUEST_TIMEOUT
from ais_jobcore.options import is_given

if TYPE_CHECKING:
    from collections.abc import Callable

DEFAULTS: dict[str, float] = {"seed": 0, "request_timeout": REQUEST_TIMEOUT, "endpoints": 1}


@pytest.mark.parametrize("name", DEFAULTS)
def test_what_was_given_is_known(name: str) -> None:
    """A setting that was given is told from its default, even where it has the same value."""
    assert not is_given(getattr(WaitOptions(), name))
    given = WaitOptions(**{name: DEFAULTS[name]})  # type: ignore[arg-type]
    assert [each == name for each in DEFAULTS] == [is_given(getattr(given, each)) for each in DEFAULTS]


@pytest.mark.parametrize(
    "change",
    [
        lambda options: evolve(options, grace=9.0),
        copy.deepcopy,
        lambda options: pickle.loads(pickle.dumps(options)),  # noqa: S301 - made a moment ago
    ],
    ids=["evolved", "copied", "pickled"],
)
def test_what_was_not_given_stays_so(change: Callable[[WaitOptions], WaitOptions]) -> None:
    """Changing another setting, or a copy, gives nothing that was not given."""
    changed = change(WaitOptions(seed=0))
    assert [True, False, False] == [is_given(getattr(changed, name)) for name in DEFAULTS]


def test_options_are_the_same_value_either_way() -> None:
    """Whether a setting was given is neither compared nor printed nor written."""
    implicit, explicit = WaitOptions(), WaitOptions(**DEFAULTS)  # type: ignore[arg-type]
    assert (implicit, hash(implicit), repr(implicit)) == (explicit, hash(explicit), repr(explicit))
    assert f"{implicit.seed} {implicit.request_timeout}" == f"{explicit.seed} {explicit.request_timeout}"
    spelt = [
        json.dumps(asdict(options, filter=lambda each, _: each.name in DEFAULTS))
        for options in (implicit, explicit)
    ]
    assert ['{"seed": 0, "request_timeout": 20.0, "endpoints": 1}'] * 2 == spelt
