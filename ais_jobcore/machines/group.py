"""
Many waits on one cluster for the price of one: lists of active jobs tell who is still busy.

A job that is on a list of active jobs runs; that is all a list can prove. Whoever is not on it, or shows no
work there, is judged by its own machine, on an answer about its own id (rules R16, V11, E18). So this module
decides when to ask for which list, and never how a job ended.
"""

from __future__ import annotations

import enum
import math
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Final, TypeAlias, assert_never, cast

from attrs import define, evolve

from .. import limits, queries
from ..decisions import Abort, Continue, Done
from ..events import Fault, FaultKind, Reply
from ..kinds import KINDS, is_download_id
from ..options import Until, request_timeout
from ..rules.state import Phase, Source
from ..text import printable
from ..wire.observations import ActiveJobs, Listing, Trouble, Unusable
from .loading import load

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ..decisions import Decision
    from ..errors import JobCoreError
    from ..queries import Request
    from ..results import WaitResult
    from ..rules.state import WaitState
    from .job import JobWait
    from .protocols import Event

Ending: TypeAlias = "WaitResult | JobCoreError"
"""What a job of a group ended with."""
Endings: TypeAlias = "list[Ending | None]"
"""What each job of a group ended with, in the order given; ``None`` for those under way."""

Told: TypeAlias = "list[tuple[int, Ending]]"
"""Jobs by their place in the group, and what they ended with, in the order of their ends."""

_STATUSES: Final = "statuses"
"""The list that serves every kind that reports to the proxies; the others have one for each kind."""
_NAMES: Final = "names"
"""The list that any proxy can answer, for those that the first one does not show."""
_LISTS: Final[Mapping[str, Callable[[], Request]]] = {
    _STATUSES: queries.list_statuses,
    _NAMES: queries.list_names,
}
_ABSENT: Final = Listing(busy=False)
_TOO_LATE: Final = Fault(FaultKind.TIMEOUT, "the requests for other jobs of the group took too long")
_RIDING: Final = frozenset({Until.AUTO, Until.FINISHED, Until.IDLE})


class ReturnWhen(enum.Enum):
    """When a group of waits is over."""

    ALL = "all"
    FIRST = "first"
    """One job ended, well or badly."""
    FIRST_FAILURE = "first-failure"
    """One job ended badly, or all ended."""


@define
class _Member:
    wait: JobWait
    rides: str = ""
    """The list that it is told of by; empty while it is asked for by its id."""
    missed: str = ""
    """The list that lacked it, while the answer about its id is pending."""
    alone: bool = False
    """Whether no list shows it, though it runs."""
    doubtful: bool = False
    """Whether a target was away: what that took with it, the proxies know best."""
    version: int = 0
    """Counts its due moments, so that old ones are told from the valid one."""


@define
class _Asked:
    request: Request
    at: float
    riders: list[int]
    key: str = ""
    """The list that is asked for; empty for a request of one member."""


class GroupWait:
    """
    Wait for many jobs of one cluster; one request at a time, drivable like any other operation.

    Each wait keeps its own kind, time-out and options. Not thread-safe.

    Args:
        waits: waits that were not started yet.
        return_when: ``all``, ``first`` or ``first-failure``.

    Raises:
        ValueError: an unknown ``return_when``, or a wait that was started or is given twice.
    """

    def __init__(self, waits: Sequence[JobWait], return_when: str | ReturnWhen = "all") -> None:
        if len({id(wait) for wait in waits}) < len(waits) or any(wait.decision for wait in waits):
            msg = "a group takes waits that were not started yet, and each of them once"
            raise ValueError(msg)
        self._return_when = _settle(return_when)
        self._members = [_Member(wait) for wait in waits]
        self._endings: Endings = [None] * len(waits)
        self._ended: list[int] = []
        self._failed = False
        self._known: list[tuple[float, int, int]] = []
        self._unknown: list[tuple[float, int, int]] = []
        self._was_known = False
        self._deadlines: list[tuple[float, int]] = []
        self._now = -math.inf
        self._distrusted: set[int] = set()
        self._asked: _Asked | None = None
        self._decision: Decision[Endings] | None = None

    @property
    def ended(self) -> Sequence[int]:
        """The jobs that ended so far, by their place in the group, in the order of their ends."""
        return self._ended

    @property
    def endings(self) -> Sequence[Ending | None]:
        """What each job ended with, in the order given; ``None`` for those under way."""
        return self._endings

    @property
    def decision(self) -> Decision[Endings] | None:
        """The last decision; ``None`` before the start."""
        return self._decision

    def start(self, now: float) -> Decision[Endings]:
        """
        Begin all waits; ``now`` is this moment of a monotonic clock, in seconds.

        Raises:
            RuntimeError: it has begun already.
        """
        if self._decision is not None:
            msg = "this group was started already"
            raise RuntimeError(msg)
        for index, member in enumerate(self._members):
            self._take(index, member.wait.start(now))
            if member.wait.state.question.timeout is not None:
                heappush(self._deadlines, (_deadline(member.wait.state), index))
        return self._next(now)

    def handle(self, event: Event, now: float) -> Decision[Endings]:
        """
        Take what came of the pending request, at this moment; one that goes back counts as the last one.

        Raises:
            RuntimeError: it has not begun, or is over. Nothing changes.
            TypeError: the event is something else; a list is a ``Reply`` or a ``Fault``. Nothing changes.
        """
        asked = self._asked
        if asked is None:
            msg = "this group is over" if self._decision else "this group was not started yet"
            raise RuntimeError(msg)
        if asked.key and not isinstance(event, Reply | Fault):
            shown = printable(repr(event), limits.SHOWN_VALUE)
            msg = f"a Reply or a Fault was expected for a list, not {shown}"
            raise TypeError(msg)
        now = max(now, self._now)
        if not asked.key:
            self._handle_one(asked.riders[0], event, now)
            return self._next(now)
        return self._share(
            asked, load().decode(asked.request, event) if isinstance(event, Reply) else event, now
        )

    # What an answer means, and for whom.

    def _handle_one(self, index: int, event: Event, now: float) -> None:
        member = self._members[index]
        decision = member.wait.handle(event, now)
        phase = member.wait.state.phase
        if member.missed and phase is Phase.WATCH:
            # It runs, and the list that should show it does not.
            member.alone = _list_of(member) == member.missed
        if phase is not Phase.CONFIRM:
            member.missed = ""
        self._take(index, decision)

    def _share(self, asked: _Asked, seen: object, now: float) -> Decision[Endings]:
        """Tell every rider what the list says of it; those whom it lacks may be on the second one."""
        if isinstance(seen, Fault | Unusable) and not self._is_useless(asked, seen):
            away = isinstance(seen, Unusable) and seen.trouble is Trouble.TARGET_DOWN
            for index in asked.riders:
                self._members[index].doubtful |= away
                self._tell(index, seen, asked, now)
            return self._next(now)
        jobs: Mapping[str, Listing] = seen.jobs if isinstance(seen, ActiveJobs) else {}
        if asked.key == _NAMES and any(_reports(jobs.get(self._id(index))) for index in asked.riders):
            # The first list kept quiet about jobs that run: its proxy keeps none, or a part of it.
            self._distrusted.add(asked.request.endpoint)
        absent: list[int] = []
        for index in asked.riders:
            listing = jobs.get(self._id(index))
            if listing is None or not (listing.kind in KINDS or is_download_id(self._id(index))):
                # Of a kind that nobody knows: it may idle, which not every list tells.
                absent.append(index)
            else:
                self._tell(index, listing, asked, now)
        self._give_up_late(now)
        absent = [index for index in absent if self._endings[index] is None]
        if absent and asked.key == _STATUSES and not self._is_over():
            return self._ask_list(_NAMES, absent, asked.request, now, now)
        for index in absent:
            self._miss(index, asked, now)
        return self._next(now)

    def _is_useless(self, asked: _Asked, seen: Fault | Unusable) -> bool:
        """Tell a list that is not to be had from trouble that passes: its jobs are asked for one by one."""
        if isinstance(seen, Fault):
            return seen.kind is FaultKind.TOO_LARGE
        again = self._members[asked.riders[0]].wait.state.faults.malformed > 0
        return seen.trouble is Trouble.REFUSED or (seen.trouble is Trouble.MALFORMED and again)

    def _tell(self, index: int, seen: Listing | Fault | Unusable, asked: _Asked, now: float) -> None:
        wait = self._members[index].wait
        self._take(index, wait.handle_shared(seen, now, asked=asked.at, endpoint=asked.request.endpoint))

    def _miss(self, index: int, asked: _Asked, now: float) -> None:
        """Let a job that is on no list be asked for by its id."""
        member = self._members[index]
        if member.doubtful:
            member.alone, member.rides = True, ""
            self._queue(index, now)
        else:
            member.missed = member.rides
            self._tell(index, _ABSENT, asked, now)

    def _id(self, index: int) -> str:
        return self._members[index].wait.state.job_id

    def _take(self, index: int, decision: Decision[WaitResult]) -> None:
        """Note what a member wants next, or how it ended."""
        member = self._members[index]
        if isinstance(decision, Continue):
            state = member.wait.state
            member.rides = _list_of(member)
            self._queue(index, state.question.started_at + state.due)
            return
        member.rides = ""
        self._failed |= isinstance(decision, Abort)
        self._endings[index] = decision.result if decision.result is not None else decision.error
        self._ended.append(index)

    def _queue(self, index: int, due: float) -> None:
        member = self._members[index]
        member.version += 1
        queue = self._unknown if member.wait.state.phase is Phase.SEEK else self._known
        heappush(queue, (due, index, member.version))

    # Whom to ask for next.

    def _next(self, now: float) -> Decision[Endings]:
        self._now = now
        self._give_up_late(now)
        if self._is_over():
            self._asked = None
            self._decision = Done(self._endings, self._count())
            return self._decision
        due, index = self._turn(now)
        member = self._members[index]
        pending = cast("Request", member.wait.state.pending)
        if not member.rides:
            return self._ask(pending, due, [index], now)
        trusted = member.rides != _STATUSES or pending.endpoint not in self._distrusted
        riders = [place for place, each in enumerate(self._members) if each.rides == member.rides]
        return self._ask_list(member.rides if trusted else _NAMES, riders, pending, due, now)

    def _give_up_late(self, now: float) -> None:
        """Let those waits end whose turn did not come in time."""
        deadlines = self._deadlines
        while deadlines and (self._has_ended(deadlines[0]) or deadlines[0][0] + limits.LAST_REQUEST <= now):
            _, index = heappop(deadlines)
            if self._endings[index] is None:
                wait = self._members[index].wait
                endpoint = wait.state.faults.endpoint
                self._take(index, wait.handle_shared(_TOO_LATE, now, asked=now, endpoint=endpoint))

    def _has_ended(self, entry: tuple[float, int]) -> bool:
        return self._endings[entry[1]] is not None

    def _turn(self, now: float) -> tuple[float, int]:
        """
        Choose whose turn it is: whoever is due first.

        But a job that nobody knows takes the proxies 2 s each time (V4). So the others, and their lists, have
        a head start, and then wait for one such request at most.
        """
        for queue in (self._known, self._unknown):
            while queue and not self._is_valid(queue[0]):
                heappop(queue)
        known, unknown = self._known, self._unknown
        late = bool(known) and known[0][0] <= now
        if late and not (
            self._was_known and unknown and unknown[0][0] < known[0][0] - limits.UNKNOWN_JOB_DELAY
        ):
            queue = known
        else:
            queue = min(filter(None, (known, unknown)))
        self._was_known = queue is known
        due, index, _ = heappop(queue)
        return due, index

    def _is_valid(self, entry: tuple[float, int, int]) -> bool:
        _, index, version = entry
        return self._endings[index] is None and version == self._members[index].version

    def _ask_list(self, key: str, riders: list[int], like: Request, due: float, now: float) -> Continue:
        request = _LISTS[key]() if key in _LISTS else queries.list_kind(key)
        request = request.addressed(
            timeout=like.timeout, endpoint=like.endpoint, refresh_token=like.refresh_token
        )
        return self._ask(request, due, riders, now, key)

    def _ask(self, request: Request, due: float, riders: list[int], now: float, key: str = "") -> Continue:
        at = max(due, now)
        states = [self._members[index].wait.state for index in riders]
        timeout = min(
            request_timeout(
                state.question.options, math.inf if state.question.timeout is None else _deadline(state) - at
            )
            for state in states
        )
        if self._deadlines:
            # One request at a time: no wait is to outlive its deadline by much for the sake of another.
            timeout = min(timeout, self._deadlines[0][0] + limits.LAST_REQUEST - at)
        self._asked = _Asked(evolve(request, timeout=timeout), at, riders, key)
        last = cast("Continue", self._members[riders[0]].wait.decision)
        name = printable(states[0].job_id or states[0].kind, limits.NAME_LIMIT)
        whom = f"{len(riders)} by the list of {key}" if key else name
        self._decision = Continue(at - now, self._asked.request, f"{self._count()}; {whom}: {last.reason}")
        return self._decision

    def _count(self) -> str:
        return f"{len(self._ended)} of {len(self._members)} jobs ended"

    def _is_over(self) -> bool:
        match self._return_when:
            case ReturnWhen.ALL:
                enough = False
            case ReturnWhen.FIRST:
                enough = bool(self._ended)
            case ReturnWhen.FIRST_FAILURE:
                enough = self._failed
            case _:
                assert_never(self._return_when)
        return enough or len(self._ended) == len(self._members)


def _deadline(state: WaitState) -> float:
    return state.question.started_at + cast("float", state.question.timeout)


def _reports(listing: Listing | None) -> bool:
    """Tell whether a job is on a list, and is of a kind that reports to the proxies."""
    kind = KINDS.get(listing.kind) if listing is not None else None
    return kind is not None and kind.has_status


def _list_of(member: _Member) -> str:
    """Say which list can tell that a job is still busy; empty where it has to be asked for by its id."""
    state = member.wait.state
    if (
        member.alone
        or state.phase is not Phase.WATCH
        or state.question.until not in _RIDING
        or state.question.options.counted
    ):
        return ""
    kind = KINDS.get(state.kind)
    if kind is None or kind.has_status or is_download_id(state.job_id):
        return "" if Source.STATUS in state.known.unknown_to else _STATUSES
    return kind.name


def _settle(return_when: str | ReturnWhen) -> ReturnWhen:
    try:
        return ReturnWhen(return_when)
    except ValueError:
        allowed = ", ".join(each.value for each in ReturnWhen)
        msg = f"return_when is one of {allowed}, not {return_when!r}"
        raise ValueError(msg) from None


class Completions:
    """
    Tell of the jobs of a group as they end: every run of this operation gives those that ended next.

    Between two runs whoever drives it may be busy with something else. Such time counts up to the moment
    when the next request was to be sent and no further, for what nobody asked about cannot be late.

    Args:
        group: a group that was not started yet, with ``return_when`` all.
    """

    def __init__(self, group: GroupWait) -> None:
        self._group = group
        self._told = 0
        self._now = 0.0
        self._away = 0.0

    def start(self, now: float) -> Decision[Told]:
        """Begin, or go on."""
        last = self._group.decision
        if last is None:
            return self._cut(self._group.start(now), now)
        if isinstance(last, Continue):
            due = self._now + last.delay
            self._away += max(0.0, now - self._away - due)
            last = evolve(last, delay=max(0.0, due - (now - self._away)))
        return self._cut(last, self._now)

    def handle(self, event: Event, now: float) -> Decision[Told]:
        """
        Take what came of the pending request.

        Raises:
            RuntimeError: it has not begun, or the group is over.
        """
        now -= self._away
        return self._cut(self._group.handle(event, now), now)

    def _cut(self, decision: Decision[Endings], now: float) -> Decision[Told]:
        self._now = now
        new = self._group.ended[self._told :]
        if isinstance(decision, Continue) and not new:
            return decision
        self._told += len(new)
        return Done([(place, cast("Ending", self._group.endings[place])) for place in new], decision.reason)
