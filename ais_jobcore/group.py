"""
Many waits on one cluster for the price of one: lists of active jobs tell who is still busy.

A job that is on a list of active jobs runs; that is all a list can prove. Whoever is not on it, or shows no
work there, is judged by its own machine, on an answer about its own id (rules R16, V11, E18). So this module
decides when to ask for which list, and never how a job ended.
"""

from __future__ import annotations

import enum
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Final, assert_never, cast

from attrs import define

from . import calls
from .decisions import Continue, Done
from .evidence import Until
from .kinds import KINDS, is_download_id
from .observations import ActiveJobs, Fault, Listing, Reply, Unusable
from .states import NO_FAULTS, Phase, Source
from .wire import decode

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from .calls import Request
    from .decisions import Decision
    from .errors import JobCoreError
    from .machine import JobWait
    from .observations import Event
    from .snapshots import WaitResult

    Ending = WaitResult | JobCoreError

_STATUSES: Final = "statuses"
"""The list that serves every kind that reports to the proxies; the others have one for each kind."""
_NAMES: Final = "names"
"""The list that any proxy can answer, for those that the first one does not show."""
_ABSENT: Final = Listing(busy=False)
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
    alone: bool = False
    """Whether no list ever shows it, though it runs."""
    unlisted: bool = False
    """Whether it was not on the last list, and the answer about its id is pending."""
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
        ValueError: an unknown ``return_when``.
    """

    def __init__(self, waits: Sequence[JobWait], return_when: str | ReturnWhen = "all") -> None:
        self._return_when = _settle(return_when)
        self._members = [_Member(wait) for wait in waits]
        self._endings: list[Ending | None] = [None] * len(waits)
        self._ended: list[int] = []
        self._due: list[tuple[float, int, int]] = []
        self._distrusted: set[int] = set()
        self._asked: _Asked | None = None
        self._decision: Decision[list[Ending | None]] | None = None

    @property
    def ended(self) -> Sequence[int]:
        """The jobs that ended so far, by their place in the group, in the order of their ends."""
        return self._ended

    @property
    def endings(self) -> Sequence[Ending | None]:
        """What each job ended with, in the order given; ``None`` for those under way."""
        return self._endings

    def start(self, now: float) -> Decision[list[Ending | None]]:
        """
        Begin all waits.

        Raises:
            RuntimeError: it has begun already.
        """
        if self._decision is not None:
            msg = "this group was started already"
            raise RuntimeError(msg)
        for index, member in enumerate(self._members):
            self._take(index, member.wait.start(now), now)
        return self._next(now)

    def handle(self, event: Event, now: float) -> Decision[list[Ending | None]]:
        """
        Take what came of the pending request.

        Raises:
            RuntimeError: it has not begun, or is over.
        """
        asked = self._asked
        if asked is None:
            msg = "this group is over" if self._decision else "this group was not started yet"
            raise RuntimeError(msg)
        self._asked = None
        if asked.key:
            seen = decode(asked.request, event) if isinstance(event, Reply) else event
            return self._share(asked, seen, now)
        self._handle_one(asked.riders[0], event, now)
        return self._next(now)

    def _handle_one(self, index: int, event: Event, now: float) -> None:
        member = self._members[index]
        unlisted, member.unlisted = member.unlisted, False
        self._take(index, member.wait.handle(event, now), now)
        if unlisted and member.wait.state.phase is Phase.WATCH and member.wait.state.faults is NO_FAULTS:
            # It runs, and is on no list, not even on that of the targets.
            member.alone = True

    def _share(self, asked: _Asked, seen: object, now: float) -> Decision[list[Ending | None]]:
        """Tell every rider what the list says of it; those whom it lacks may be on the second one."""
        if isinstance(seen, Fault | Unusable):
            for index in asked.riders:
                self._take(index, self._members[index].wait.handle_shared(seen, asked.at, now), now)
            return self._next(now)
        jobs = seen.jobs if isinstance(seen, ActiveJobs) else {}
        absent = [index for index in asked.riders if self._id(index) not in jobs]
        if asked.key == _NAMES and any(_reports(jobs.get(self._id(index))) for index in asked.riders):
            # The first list kept quiet about jobs that run: its proxy keeps no list, or a part of it.
            self._distrusted.add(asked.request.endpoint)
        second = asked.key == _STATUSES and absent
        for index in asked.riders:
            listing = jobs.get(self._id(index), _ABSENT)
            if listing is _ABSENT and second:
                continue
            self._members[index].unlisted = not listing.busy
            self._take(index, self._members[index].wait.handle_shared(listing, asked.at, now), now)
        if second:
            return self._ask_list(_NAMES, absent, asked.request, now, now)
        return self._next(now)

    def _id(self, index: int) -> str:
        return self._members[index].wait.state.job_id

    def _take(self, index: int, decision: Decision[WaitResult], now: float) -> None:
        """Note what a member wants next, or how it ended."""
        if isinstance(decision, Continue):
            member = self._members[index]
            member.version += 1
            heappush(self._due, (now + decision.delay, index, member.version))
            return
        ending = decision.result if decision.result is not None else decision.error
        self._endings[index] = ending
        self._ended.append(index)

    def _next(self, now: float) -> Decision[list[Ending | None]]:
        if self._is_over():
            self._decision = Done(
                list(self._endings), f"{len(self._ended)} of {len(self._members)} jobs ended"
            )
            return self._decision
        while True:
            due, index, version = heappop(self._due)
            member = self._members[index]
            if self._endings[index] is None and version == member.version:
                break
        pending = cast("Request", member.wait.state.pending)
        key = _list_of(member)
        if key:
            riders = [each for each in self._under_way() if _list_of(self._members[each]) == key]
            trusted = key != _STATUSES or pending.endpoint not in self._distrusted
            return self._ask_list(key if trusted else _NAMES, riders, pending, due, now)
        self._asked = _Asked(pending, due, [index])
        return self._continue(due, now, f"{len(self._ended)} ended; {member.wait.explain(now)}")

    def _ask_list(
        self, key: str, riders: list[int], like: Request, due: float, now: float
    ) -> Decision[list[Ending | None]]:
        request = _LISTS[key]() if key in _LISTS else calls.list_kind(key)
        request = request.addressed(
            timeout=like.timeout, endpoint=like.endpoint, refresh_token=like.refresh_token
        )
        self._asked = _Asked(request, due, riders, key)
        reason = f"{len(self._ended)} of {len(self._members)} jobs ended; {len(riders)} on the list of {key}"
        return self._continue(due, now, reason)

    def _continue(self, due: float, now: float, reason: str) -> Continue:
        request = cast("_Asked", self._asked).request
        self._decision = Continue(max(0.0, due - now), request, reason)
        return self._decision

    def _under_way(self) -> list[int]:
        return [index for index, ending in enumerate(self._endings) if ending is None]

    def _is_over(self) -> bool:
        if len(self._ended) == len(self._members):
            return True
        endings = [self._endings[index] for index in self._ended]
        match self._return_when:
            case ReturnWhen.ALL:
                return False
            case ReturnWhen.FIRST:
                return bool(endings)
            case ReturnWhen.FIRST_FAILURE:
                # A result is true iff it is a success; an error never is.
                return any(isinstance(ending, Exception) or not ending for ending in endings)
            case _:
                assert_never(self._return_when)


_LISTS: Final[Mapping[str, Callable[[], Request]]] = {
    _STATUSES: calls.list_statuses,
    _NAMES: calls.list_names,
}


def _reports(listing: Listing | None) -> bool:
    """Tell whether a job is on a list, and is of a kind that reports to the proxies."""
    kind = KINDS.get(listing.kind) if listing is not None else None
    return kind is not None and kind.has_status


def _list_of(member: _Member) -> str:
    """Say which list can tell that a job is still busy; empty where it has to be asked for by its id."""
    state = member.wait.state
    if member.alone or state.phase is not Phase.WATCH or state.until not in _RIDING:
        return ""
    kind = KINDS.get(state.kind)
    if kind is None or kind.has_status or is_download_id(state.job_id):
        return "" if Source.STATUS in state.unknown_to else _STATUSES
    return kind.name


def _settle(return_when: str | ReturnWhen) -> ReturnWhen:
    try:
        return ReturnWhen(return_when)
    except ValueError:
        allowed = ", ".join(each.value for each in ReturnWhen)
        msg = f"return_when is one of {allowed}, not {return_when!r}"
        raise ValueError(msg) from None
