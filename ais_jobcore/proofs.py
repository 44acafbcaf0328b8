"""What is known of every target that was ever seen with a job: the evidence that an end rests on."""

from __future__ import annotations

from typing import TypeAlias

from attrs import frozen

from .snapshots import TargetState  # noqa: TC001 - cattrs reads the annotations


@frozen(weakref_slot=False)
class TargetView:
    """
    Hold what is known of one target.

    Attributes:
        target: its id.
        state: what it was last seen to do.
        start_ns: when it began, nanoseconds since the epoch.
        end_ns: when it ended.
        error: its error texts.
        seen_unfinished: whether it was ever seen before its end.
        missing_since: when a reply first lacked it, ``None`` while it is there.
    """

    target: str
    state: TargetState
    start_ns: int | None = None
    end_ns: int | None = None
    error: str = ""
    seen_unfinished: bool = False
    missing_since: float | None = None


Views: TypeAlias = tuple[TargetView, ...]
"""Views of all targets that were ever seen with the job, in the order of their ids."""
