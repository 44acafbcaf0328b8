"""
The state of a wait, and the words its rules are written in: phases, signals, sources.

All moments are seconds since the start of the wait, so that a saved state can be continued on
another clock.
"""

from __future__ import annotations

import enum
from operator import attrgetter
from typing import Any, Final, cast

from attrs import fields, frozen, make_class

from ..events import Fault
from ..options import Until, WaitOptions
from ..proofs import Views
from ..queries import Query, Request
from ..snapshots import BucketRef, JobStatus
from ..wire.observations import Unusable


class Source(enum.Enum):
    """Whom to ask."""

    __hash__ = object.__hash__  # as good as the inherited one, which is written in Python

    STATUS = "status"
    """The proxies: cheap, and only for kinds that report to them."""
    SNAPSHOTS = "snapshots"
    """The targets, through a proxy."""


class Phase(enum.Enum):
    """Where a wait is."""

    __hash__ = object.__hash__  # as good as the inherited one, which is written in Python

    FIND = "find"
    """Only the kind is given: which job is it?"""
    WATCH = "watch"
    """Ask until the answer changes."""
    SEEK = "seek"
    """Whoever was asked last does not know the job."""
    CONFIRM = "confirm"
    """It looks like the end, or like a loss: look again."""
    DETAIL = "detail"
    """The proxies say it is over: what do the targets say?"""
    DISPUTE = "dispute"
    """The proxies say it is over, a target says it is not."""
    REPORT = "report"
    """It failed: what have the targets to say about it?"""
    OVER = "over"


class Signal(enum.Enum):
    """What an observation means for a wait."""

    __hash__ = object.__hash__  # as good as the inherited one, which is written in Python

    BEGIN = "begin"
    FOUND = "found"
    """One job of the kind."""
    SEVERAL = "several"
    """More than one job of the kind."""
    BUSY = "busy"
    QUIET = "quiet"
    """All targets look done; not proved yet."""
    JUST_OVER = "just over"
    """All targets have finished, so lately that the proxies still know of it."""
    UNLISTED = "unlisted"
    """It is on no list of active jobs."""
    MISSING = "missing"
    """A target that had work left is not in the reply."""
    ENDED = "ended"
    """The end is proved, be it good or bad."""
    SAID_OVER = "said over"
    """The proxies say it is over, and know of no error."""
    SAID_FAILED = "said failed"
    """The proxies say it failed; that stands alone."""
    ELSEWHERE = "elsewhere"
    """Not known here; another source may know it."""
    UNKNOWN = "unknown"
    """Known nowhere, which may yet change."""
    STALLED = "stalled"
    """Nothing has changed for too long."""
    NOWHERE = "nowhere"
    """Known nowhere, for good."""
    TOKEN = "token"  # noqa: S105 - a word, not a secret
    """The token was refused, for the first time in a row."""
    FAULT = "fault"
    """No usable answer; ask again."""
    FATAL = "fatal"
    """No usable answer, nor will there be one."""


@frozen
class Faults:
    """
    Count the faults since the last good answer.

    Attributes:
        count: all of them.
        preferred: those of the source that the wait would rather ask.
        malformed: the malformed replies at the end of the row.
        since: when the first came.
        last: the last one.
    """

    count: int = 0
    preferred: int = 0
    malformed: int = 0
    since: float = 0.0
    last: Fault | Unusable | None = None


NO_FAULTS = Faults()


@frozen
class Progress:
    """
    Hold how far a job is.

    Attributes:
        done: the part that is done, from 0 to 1; 0 where it is not known.
        at: when it was first seen to be that far.
        activity: a number that changes with every counter.
        changed_at: when a counter or a state of a target changed last.
        first_done: the part that was done when the job was first seen.
        first_at: when that was.
    """

    done: float = 0.0
    at: float = 0.0
    activity: int = 0
    changed_at: float = 0.0
    first_done: float = 0.0
    first_at: float = 0.0


NO_PROGRESS = Progress()


@frozen(weakref_slot=False)
class WaitState:
    """
    Hold everything that a wait knows. Two equal states have the same future.

    Attributes:
        job_id: the job; empty until it is found.
        kind: the name of its kind, empty while unknown.
        until: what is waited for.
        timeout: seconds until the deadline, ``None`` for never.
        bucket: where to look for the job, if only its kind is given.
        options: the settings.
        phase: where the wait is.
        started_at: the moment of its start, on the caller's clock.
        now: the moment of the last input.
        due: when the pending request is to be sent.
        pending: the pending request; ``None`` before the start.
        polls: how many requests were sent, the pending one included.
        targets: what is known of every target, by its id.
        status: what the proxies said last.
        quiet_since: when all targets began to look done.
        quiet_targets: how many there were.
        listed: whether it was ever seen on a list of active jobs.
        unknown_to: who said that the job is not known, and did not say otherwise since.
        superseded_by: a later rebalance that answers in the place of this one.
        candidates: the active jobs that a search by kind found.
        answered: whether the cluster ever answered.
        faults: the faults since the last good answer.
        spent: how much of its budget for retries each endpoint has spent.
        progress: how far the job is, where that was asked for.
        refreshed: whether a fresh token was asked for since the last good answer.
        endpoint: which endpoint is asked.
        notes: what was odd without being wrong.
    """

    job_id: str
    kind: str
    until: Until
    timeout: float | None
    bucket: BucketRef | None
    options: WaitOptions
    phase: Phase
    started_at: float = 0.0
    now: float = 0.0
    due: float = 0.0
    pending: Request | None = None
    polls: int = 0
    targets: Views = ()
    status: JobStatus | None = None
    quiet_since: float | None = None
    quiet_targets: int = 0
    listed: bool = False
    unknown_to: frozenset[Source] = frozenset()
    superseded_by: str = ""
    candidates: tuple[str, ...] = ()
    answered: bool = False
    faults: Faults = NO_FAULTS
    spent: tuple[float, ...] = ()
    progress: Progress = NO_PROGRESS
    refreshed: bool = False
    endpoint: int = 0
    notes: tuple[str, ...] = ()

    @property
    def asked(self) -> Source:
        """Whom the pending request asks."""
        status = self.pending is not None and self.pending.what is Query.STATUS
        return Source.STATUS if status else Source.SNAPSHOTS

    @property
    def said_over(self) -> bool:
        """Whether the proxies say that the job is over."""
        return self.status is not None and self.status.over

    @property
    def seen(self) -> bool:
        """Whether the job was ever seen."""
        return self.listed or bool(self.candidates or self.targets) or self.status is not None


_names: Final = tuple(each.name for each in fields(WaitState))
_values: Final = attrgetter(*_names)
_Draft: Final = make_class("_Draft", _names, slots=True, weakref_slot=False, eq=False, repr=False)
"""A state that is not frozen yet: laid out alike, and so much quicker to fill."""


def changed(state: WaitState, **changes: object) -> WaitState:
    """Do what ``attrs.evolve`` does, in a third of the time: every input of every wait makes a new state."""
    draft: Any = _Draft(*_values(state))
    for name, value in changes.items():
        setattr(draft, name, value)
    draft.__class__ = WaitState
    return cast("WaitState", draft)


def planned(state: WaitState, now: float, due: float, pending: Request) -> WaitState:
    """Do the same, quicker still, for what every plan of a next request changes."""
    draft: Any = _Draft(*_values(state))
    draft.now, draft.due, draft.pending = now, due, pending
    draft.polls += 1
    draft.__class__ = WaitState
    return cast("WaitState", draft)


def shifted(state: WaitState, now: float, elapsed: float = 0.0) -> WaitState:
    """Move a wait to another clock, on which its last input was ``elapsed`` seconds before ``now``."""
    return changed(state, started_at=now - elapsed - state.now)
