"""Faults to put into the rules, each of them plausible; a machine that watches the rules has to find it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from attrs import evolve

from ais_jobcore.rules import classify, evidence
from ais_jobcore.rules.evidence import Verdict, fold
from ais_jobcore.rules.state import Signal
from ais_jobcore.snapshots import TargetState

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pytest

    from ais_jobcore.options import Until


def confirm_at_once(_: object, state: Any, *__: object) -> tuple[Any, Signal]:
    """Believe in an end at first sight."""
    return state, Signal.ENDED


def any_target(judge: Callable[..., Verdict], views: Any, until: Until) -> Verdict:
    """Take one target that is done for all of them."""
    done = tuple(view for view in views if view.state in {TargetState.FINISHED, TargetState.IDLE})
    return judge(done or views, until)


def forget_errors(_: object, *args: Any, **more: Any) -> Any:
    """Keep no error text."""
    return tuple(evolve(view, error="") for view in fold(*args, **more))


def not_found_is_the_end(_: object, state: Any, *__: object) -> tuple[Any, Signal]:
    """Take a 404 for the end."""
    return state, Signal.ENDED


def forget_the_missing(_: object, views: Any, own: Any, **more: Any) -> Any:
    """Drop whoever is not in the reply."""
    return fold(tuple(view for view in views if view.target in own), own, **more)


def ignore_aborts(judge: Callable[..., Verdict], views: Any, until: Until) -> Verdict:
    """Take an abort for a good end."""
    ended = {TargetState.ABORTED: TargetState.FINISHED}
    return judge(tuple(evolve(view, state=ended.get(view.state, view.state)) for view in views), until)


FAULTS: Final[Mapping[str, tuple[str, Callable[..., Any]]]] = {
    "an end is believed at first sight": ("_read_quiet", confirm_at_once),
    "any target that is done is all of them": ("judge", any_target),
    "errors are forgotten": ("fold", forget_errors),
    "a 404 is the end": ("_read_not_found", not_found_is_the_end),
    "whoever is missing is forgotten": ("fold", forget_the_missing),
    "aborts are ignored": ("judge", ignore_aborts),
}
"""By a name for people: the function of ``classify`` or ``evidence``, and what it is replaced by."""


def put_in(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put one of them into the rules, for as long as a test lasts."""
    name, wrong = FAULTS[fault]
    right = getattr(classify, name)
    for module in (classify, evidence):
        if hasattr(module, name):
            monkeypatch.setattr(module, name, lambda *args, **more: wrong(right, *args, **more))
