"""
The state of a wait, and the nouns of its rules: phases, signals, sources.

A state has two parts: the :class:`Question`, which no step changes, and ten fields that steps do. A step
makes a new state. All moments but ``started_at`` are seconds since the start of the wait, so that a saved
state can be continued on another clock.
"""

from __future__ import annotations

import enum
from typing import Any, Final

from attrs import Factory, evolve, field, frozen

from ..events import Fault
from ..options import Until, WaitOptions
from ..proofs import Views
from ..queries import Query, Request
from ..snapshots import BucketRef, JobStatus
from ..wire.observations import Unusable


class Source(enum.Enum):
    """Whom to ask."""

    STATUS = "status"
    """The proxies: cheap, and only for kinds that report to them."""
    SNAPSHOTS = "snapshots"
    """The targets, through a proxy."""


class Phase(enum.Enum):
    """Where a wait is."""

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


def _end_is_enough(question: Question) -> bool:
    return not question.options.counted and question.until in {Until.AUTO, Until.FINISHED}


@frozen(weakref_slot=False)
class Question:
    """
    What a wait asks: no step changes it.

    Attributes:
        until: what is waited for.
        timeout: seconds until the deadline, ``None`` for never.
        bucket: where to look for the job, if only its kind is given.
        options: the settings.
        started_at: the start of the wait, on the caller's clock; set by ``start`` and ``load``.
        end_is_enough: whether nothing but the end is asked for, which a status can tell; it
            follows from the rest.
    """

    until: Until
    timeout: float | None
    bucket: BucketRef | None
    options: WaitOptions
    started_at: float = 0.0
    end_is_enough: bool = field(
        init=False, eq=False, repr=False, default=Factory(_end_is_enough, takes_self=True)
    )


@frozen(weakref_slot=False)
class Quiet:
    """
    The first of two replies that have to agree on the end.

    Attributes:
        since: when it came.
        targets: how many targets it showed.
    """

    since: float
    targets: int


@frozen(weakref_slot=False)
class Progress:
    """
    How far a job is.

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


NO_PROGRESS: Final = Progress()
"""Nobody has counted anything."""


@frozen(weakref_slot=False)
class Known:
    """
    What is known of a job as a whole, beside the views of its targets.

    Attributes:
        status: what the proxies said last.
        quiet: the first of the replies that look like the end, ``None`` while none does.
        progress: how far the job is, where that was asked for.
        listed: whether it was ever seen on a list of active jobs.
        unknown_to: the sources that said that the job is not known, and did not say otherwise since.
        superseded_by: a later rebalance that answers in the place of this one.
        candidates: the active jobs that a search by kind found.
        notes: what was odd without being wrong.
        ahead: by how many seconds the job is older than the wait, by the server's own clocks; ``None`` where
            it is not known, or does not count.
    """

    status: JobStatus | None = None
    quiet: Quiet | None = None
    progress: Progress = NO_PROGRESS
    listed: bool = False
    unknown_to: frozenset[Source] = frozenset()
    superseded_by: str = ""
    candidates: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    ahead: float | None = None


NOTHING_KNOWN: Final = Known()
"""What all waits know of their jobs at first, and most waits for ever."""


@frozen(weakref_slot=False)
class Faults:
    """
    How asking has gone so far.

    Attributes:
        answered: whether the cluster ever answered.
        count: the faults since the last good answer.
        preferred: those of them that came from the source that the wait would rather ask.
        malformed: the malformed replies at the end of the row.
        since: when the first came.
        last: the last one.
        refreshed: whether a fresh token was asked for since the last good answer.
        endpoint: which endpoint is asked.
        spent: how much of its retry budget each endpoint has spent; empty while none has spent any.
    """

    answered: bool = False
    count: int = 0
    preferred: int = 0
    malformed: int = 0
    since: float = 0.0
    last: Fault | Unusable | None = None
    refreshed: bool = False
    endpoint: int = 0
    spent: tuple[float, ...] = ()

    @property
    def calm(self) -> bool:
        """Whether the last answer was a good one, and none before it left anything to clear up."""
        return self.answered and not (self.count or self.preferred or self.refreshed or self.spent)


NO_FAULTS: Final = Faults()
"""Nothing was asked yet."""
ANSWERED: Final = Faults(answered=True)
"""The first endpoint answered, and never failed to."""


@frozen(weakref_slot=False)
class WaitState:
    """
    Everything that a wait knows. Two equal states have the same future.

    Attributes:
        question: what is asked; no step changes it.
        job_id: the job; empty until it is found.
        kind: the name of its kind, empty while unknown.
        phase: where the wait is.
        now: the moment of the last input.
        due: when the pending request is to be sent.
        pending: the pending request; ``None`` before the start.
        polls: how many requests were sent, the pending one included.
        targets: what is known of every target, by its id.
        known: what is known of the job as a whole.
        faults: how asking has gone so far.
    """

    question: Question
    job_id: str
    kind: str
    phase: Phase
    now: float = 0.0
    due: float = 0.0
    pending: Request | None = None
    polls: int = 0
    targets: Views = ()
    known: Known = NOTHING_KNOWN
    faults: Faults = NO_FAULTS

    @property
    def asked(self) -> Source:
        """Which source the pending request asks."""
        status = self.pending is not None and self.pending.what is Query.STATUS
        return Source.STATUS if status else Source.SNAPSHOTS

    @property
    def said_over(self) -> bool:
        """Whether the proxies say that the job is over."""
        return self.known.status is not None and self.known.status.over

    @property
    def seen(self) -> bool:
        """Whether the job was ever seen."""
        known = self.known
        return known.listed or bool(known.candidates or self.targets) or known.status is not None


def learned(state: WaitState, **changes: Any) -> WaitState:  # noqa: ANN401 - fields of several types
    """Note something new about the job as a whole: the fields are those of :class:`Known`."""
    return evolve(state, known=evolve(state.known, **changes))


def shifted(state: WaitState, now: float, elapsed: float = 0.0) -> WaitState:
    """Move a wait to another clock, on which its last input was ``elapsed`` seconds before ``now``."""
    return evolve(state, question=evolve(state.question, started_at=now - elapsed - state.now))
