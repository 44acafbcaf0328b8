"""
What a wait may decide, by the reference alone: an oracle that knows none of the rules.

It is written from what clusters were seen to say and from what the documentation promises. It keeps a short
memory of what was *shown*, and names the promise that a decision breaks. It imports nothing that decides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from ais_jobcore.decisions import Continue, Done
from ais_jobcore.errors import (
    AmbiguousJob,
    JobInfoNotFound,
    ProtocolError,
    RequestFailed,
    Stalled,
    Timeout,
    TransportFault,
)
from ais_jobcore.events import Fault, FaultKind, NotFound
from ais_jobcore.queries import Query
from ais_jobcore.results import Outcome
from ais_jobcore.snapshots import AggregatedJobSnap, JobStatus, TargetState
from ais_jobcore.wire.lean import Sightings
from ais_jobcore.wire.observations import Trouble, Unusable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ais_jobcore.decisions import Decision
    from ais_jobcore.results import WaitResult
    from ais_jobcore.wire.observations import Observation

DONE: Final = frozenset({TargetState.FINISHED, TargetState.IDLE})
BUSY: Final = frozenset({TargetState.NOT_STARTED, TargetState.RUNNING})
PASSING: Final = frozenset({Trouble.STARTING, Trouble.TARGET_DOWN})
TOKENS: Final = frozenset({Trouble.UNAUTHENTICATED, Trouble.FORBIDDEN})


class Fact(NamedTuple):
    """Hold what one target showed of the job: its last word, its start, and since when it shows nothing."""

    last: TargetState | None = None
    start: int = 0
    open_once: bool = False
    gone_since: float | None = None
    lost: bool = False


class Memory(NamedTuple):
    """Hold what was shown so far."""

    facts: tuple[Fact, ...]
    err: bool = False
    said: str = ""
    """What the proxies said last: ``runs``, ``over`` or ``failed``."""
    done_since: float | None = None
    """Since when every look at the targets showed the same ones, all done."""
    done_looks: int = 0
    """How many looks that were; 2 stands for more."""
    found: bool = False
    """Whether a search by the kind found the job."""
    superseded: bool = False
    answered: bool = False
    token: bool = False
    malformed: int = 0
    trouble_since: float | None = None


class Aim(NamedTuple):
    """Hold what is waited for, and what the options promise; times are seconds from the start."""

    goal: str
    timeout: float | None
    idle_gap: float
    finished_gap: float
    grace: float
    unanswered: float
    outage: float
    retention: float
    stall: float | None
    single: bool
    malformed: int


def remember(  # noqa: PLR0911, PLR0917 - one case, one answer
    old: Memory, seen: Observation | None, asked: float, now: float, aim: Aim, what: Query | None
) -> Memory:
    """Note what an answer shows; ``what`` it was asked for."""
    match seen:
        case AggregatedJobSnap():
            return _search(_spoken(old), seen)
        case Sightings() if seen.own:
            return _look(_spoken(old), seen, asked, now, aim)
        case NotFound() if what is Query.STATUS:
            # Proxies that do not know the job say nothing about what its targets showed.
            return _spoken(old)
        case Sightings() | NotFound():
            later = isinstance(seen, Sightings) and bool(seen.finished_others)
            return _spoken(old)._replace(done_since=None, done_looks=0, superseded=later or old.superseded)
        case JobStatus(err=err, aborted=aborted, end_time=end, uuid=uuid) if uuid != "another":
            said = "failed" if aborted or (err and end) else "over" if end else "runs"
            heard = _spoken(old)._replace(said=said, err=old.err or bool(err))
            # That it runs contradicts targets that have all finished, and agrees with some that idle.
            ended = all(fact.last in {None, TargetState.FINISHED} for fact in old.facts)
            return heard._replace(done_since=None, done_looks=0) if said == "runs" and ended else heard
        case Unusable(trouble=trouble, authentic=authentic):
            malformed = old.malformed + 1 if trouble is Trouble.MALFORMED else 0
            known = old.answered or authentic or trouble in PASSING
            token = old.token or trouble in TOKENS
            return _troubled(old, now)._replace(malformed=malformed, answered=known, token=token)
        case JobStatus():
            return _troubled(old, now)._replace(malformed=old.malformed + 1)
        case Fault():
            return _troubled(old, now)._replace(malformed=0)
        case _:
            return old


def _search(old: Memory, seen: AggregatedJobSnap) -> Memory:
    if len({snap.id for snap in seen.list_snapshots()}) != 1:
        return old
    shown = {target: snaps[-1] for target, snaps in seen.root.items()}
    names = [f"t{place}" for place, _ in enumerate(old.facts, 1)]
    facts = tuple(
        Fact(shown[name].state, shown[name].start_time_ns or 0, open_once=True) if name in shown else fact
        for name, fact in zip(names, old.facts, strict=True)
    )
    return old._replace(facts=facts, found=True)


def _spoken(old: Memory) -> Memory:
    return old._replace(answered=True, token=False, malformed=0, trouble_since=None)


def _troubled(old: Memory, now: float) -> Memory:
    return old if old.trouble_since is not None else old._replace(trouble_since=now)


def _look(old: Memory, seen: Sightings, asked: float, now: float, aim: Aim) -> Memory:
    facts = tuple(
        fact_of(fact, seen, f"t{place}", asked, now, aim.idle_gap) for place, fact in enumerate(old.facts, 1)
    )
    known = [fact for fact in facts if fact.last is not None]
    same = [fact.last is None for fact in old.facts] == [fact.last is None for fact in facts]
    rest = DONE if aim.goal == "idle" else {TargetState.FINISHED}
    done = all(fact.last in rest and fact.gone_since is None for fact in known)
    again = done and same and old.done_since is not None
    since = (old.done_since if again else now) if done else None
    looks = (2 if again else 1) if done else 0
    err = old.err or any(each.error for own in seen.own.values() for each in own)
    return old._replace(facts=facts, err=err, done_since=since, done_looks=looks)


def fact_of(  # noqa: PLR0917 - as the rules fold
    old: Fact, seen: Sightings, target: str, asked: float, now: float, gap: float
) -> Fact:
    """Note what one target shows."""
    shown = seen.own.get(target)
    if shown is None:
        if old.last is None or old.last is TargetState.FINISHED or old.lost:
            return old
        if old.gone_since is None:
            return old._replace(gone_since=now)
        return old._replace(lost=asked >= old.gone_since + gap)
    last = shown[-1]
    start = last.start_ns or 0
    if 0 < start < old.start:
        # Of an earlier run, and late.
        return old._replace(gone_since=None)
    began_again = old.start > 0 and start > old.start
    lost = old.lost or (began_again and old.last is not TargetState.FINISHED)
    # Whoever finished stays finished, unless it begins once more.
    word = old.last if old.last is TargetState.FINISHED and not began_again else last.state
    opened = old.open_once or word is not TargetState.FINISHED
    return Fact(word, max(start, old.start), opened, None, lost)


def broken(  # noqa: C901, PLR0912, PLR0915 - one promise after the other
    memory: Memory, aim: Aim, seen: Observation | None, decision: Decision[WaitResult], now: float
) -> Iterator[str]:
    """Name every promise that a decision breaks; ``memory`` holds the answer already."""
    known = [fact for fact in memory.facts if fact.last is not None]
    states = {fact.last for fact in known}
    lost, aborted = any(fact.lost for fact in known), TargetState.ABORTED in states
    busy = bool(states & BUSY) or any(fact.gone_since is not None and not fact.lost for fact in known)
    all_done = bool(known) and states <= DONE and not busy
    finished = all_done and TargetState.IDLE not in states
    looked = isinstance(seen, Sightings) and bool(seen.own)
    in_time = aim.timeout is None or now <= aim.timeout
    match decision:
        case Done(result=result):
            if aim.goal == "started":
                if not known and not memory.said:
                    yield "started: nobody showed it"
                if TargetState.NOT_STARTED in states and memory.said not in {"over", "failed"}:
                    yield "started: a target has not begun"
                return
            if aim.goal == "not-running":
                if looked and busy and not lost and states & BUSY:
                    yield "not running: a target works"
                return
            if memory.err:
                yield "errors are never forgotten"
            if aborted or lost:
                yield "no success after an abort or a loss"
            if memory.said == "failed":
                yield "no success where the proxies say that it failed"
            if busy and memory.said != "over":
                yield "no success without the word of every target"
            if busy and looked:
                yield "a target that works outweighs the proxies"
            if not known and memory.said != "over":
                yield "no success without evidence"
            if aim.goal == "finished" and memory.said != "over" and not finished:
                yield "idle is not finished"
            if result.outcome not in {Outcome.FINISHED, Outcome.IDLE}:
                yield "a success has the outcome of one"
            if memory.said != "over" and known and not _proved(memory, aim, now):
                yield "what needs a second look had none"
        case Continue(delay=delay, request=request):
            sent = now + delay
            if delay < 0:
                yield "no delay is below 0"
            if aim.timeout is not None and (sent > aim.timeout and sent > now):
                yield "nothing is planned past the deadline"
            if aim.timeout is not None and sent + request.timeout > max(aim.timeout, now) + 3.0 + 1e-9:
                yield "no request outlives the deadline by more than 3 s"
            if "kind" in (request.json or {}) and "id" in (request.json or {}):
                yield "a request by id names no kind"
            gap = 90.0 if request.what is Query.STATUS else aim.retention / 2
            if delay > gap + (0.0 if aim.timeout is None else now) + 1e-9:
                yield "no gap is longer than half of what the source remembers"
            if looked and aborted and aim.goal != "not-running":
                yield "an abort ends the wait at once"
            if looked and lost and aim.goal != "not-running":
                yield "a loss ends the wait at once"
            if looked and finished and all(fact.open_once for fact in known) and aim.goal != "not-running":
                yield "an end that was seen coming is the end"
            heard = isinstance(seen, JobStatus) and seen.uuid != "another"
            if memory.said == "failed" and heard and request.what is Query.STATUS:
                yield "what failed is not asked about again at the proxies"
        case _:
            yield from _aborted(memory, aim, seen, decision, now, in_time=in_time)


def _proved(memory: Memory, aim: Aim, now: float) -> bool:
    known = [fact for fact in memory.facts if fact.last is not None]
    if all(fact.last is TargetState.FINISHED for fact in known):
        if all(fact.open_once for fact in known) or (aim.single and len(known) == 1):
            return True
        gap = aim.finished_gap
    else:
        gap = aim.idle_gap
    since = now if memory.done_since is None else memory.done_since
    on_deadline = aim.timeout is not None and now >= aim.timeout and memory.done_looks > 1
    return now >= since + gap or on_deadline


def _aborted(  # noqa: C901, PLR0912 - likewise
    memory: Memory, aim: Aim, seen: Observation | None, decision: object, now: float, *, in_time: bool
) -> Iterator[str]:
    known = [fact for fact in memory.facts if fact.last is not None]
    result, error = getattr(decision, "result", None), getattr(decision, "error", None)
    if (result is None) == (error is None):
        yield "exactly one of result and error"
    if result is not None:
        causes = {
            Outcome.ABORTED: memory.said == "failed"
            or any(fact.last is TargetState.ABORTED for fact in known),
            Outcome.LOST: any(fact.lost for fact in known),
            Outcome.SUPERSEDED: memory.superseded,
            Outcome.GONE: isinstance(seen, Sightings | NotFound)
            and bool(known or memory.said or memory.found),
            Outcome.FINISHED_WITH_ERRORS: memory.err,
        }
        if result.success or not causes.get(result.outcome, False):
            yield f"a bad end has its cause: {result.outcome}"
        return
    troubled = memory.trouble_since is not None
    match error:
        case Stalled():
            fine = aim.stall is not None
        case Timeout():
            fine = aim.timeout is not None and (now >= aim.timeout or _never_in_time(aim, now))
            looked = isinstance(seen, Sightings) and bool(seen.own)
            if in_time and looked and memory.done_since is not None and _proved(memory, aim, now):
                yield "no time-out where the end was proved in time"
        case AmbiguousJob():
            fine = isinstance(seen, AggregatedJobSnap) and not memory.found
        case JobInfoNotFound():
            fine = not known and not memory.said and now >= aim.grace
        case ProtocolError():
            fine = memory.malformed >= aim.malformed or _outage(memory, aim, now)
        case RequestFailed():
            fine = (
                memory.token or getattr(seen, "trouble", None) is Trouble.REFUSED or _outage(memory, aim, now)
            )
        case TransportFault():
            tls = isinstance(seen, Fault) and seen.kind is FaultKind.TLS
            silent = not memory.answered and now >= aim.unanswered
            fine = troubled and (tls or silent or _outage(memory, aim, now))
        case _:
            fine = False
    if not fine:
        yield f"a wait is given up for a reason: {type(error).__name__}"


def _never_in_time(aim: Aim, now: float) -> bool:
    return aim.timeout is not None and now > aim.timeout


def _outage(memory: Memory, aim: Aim, now: float) -> bool:
    since = now if memory.trouble_since is None else memory.trouble_since
    silent = not memory.answered and now >= aim.unanswered
    return silent or (aim.timeout is None and now - since >= aim.outage)
