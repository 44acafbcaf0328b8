"""The schedule of a wait as a document, and back: what saved waits and transcripts have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias, cast

from attrs import asdict

from .. import limits
from ..schedules import PRESETS, Keller, Schedule
from ..schedules.learned import Learned, Past
from ..text import printable

if TYPE_CHECKING:
    from collections.abc import Mapping

Document: TypeAlias = "str | dict[str, Any]"
"""A schedule, as JSON can hold it."""


class ScheduleMissing(ValueError):
    """A wait had a schedule of the user's own, and nobody gives it."""


def dump_schedule(schedule: Schedule) -> Document:
    """Make a document of a schedule: a name, or numbers; one of the user's own is named by its class."""
    name = next((name for name, preset in PRESETS.items() if preset == schedule), None)
    if name is not None:
        return name
    kind = type(schedule)
    if kind is Keller:
        return asdict(cast("Keller", schedule))
    if kind is Learned:
        learned = cast("Learned", schedule)
        return {"learned": learned.past._asdict(), "pace": learned.pace}
    return {"own": f"{kind.__module__}.{kind.__qualname__}"}


def load_schedule(document: Document) -> Schedule:
    """
    Make a schedule of a document.

    Raises:
        ValueError: it is none; and whatever else a damaged document provokes.
    """
    if isinstance(document, str):
        return PRESETS[document]
    if "learned" in document:
        return Learned(Past(**document["learned"]), pace=document["pace"])
    return Keller(**document)


def settle_schedule(options: Mapping[str, Any], schedule: Schedule | None) -> dict[str, Any]:
    """
    Leave the schedule out of saved options where it comes from the caller.

    Raises:
        ScheduleMissing: it was one of the user's own, and the caller gives none.
    """
    spelt: object = options.get("schedule")
    if schedule is None and isinstance(spelt, dict) and "own" in spelt:
        own = printable(repr(cast("dict[str, object]", spelt)["own"]), limits.NAME_LIMIT)
        msg = f"the wait had a schedule of its own, {own}: it has to be given"
        raise ScheduleMissing(msg)
    return {**options} if schedule is None else {**options, "schedule": "default"}
