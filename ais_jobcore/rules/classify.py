"""
What an observation means for a wait: the first half of the rules.

Every reading gives the state that knows more, and one signal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias, assert_never

from attrs import evolve

from .. import limits
from ..events import Fault, NotFound
from ..kinds import KINDS, rebalance_number
from ..options import Until
from ..snapshots import AggregatedJobSnap, JobStatus, TargetState
from ..wire.lean import Sightings, sight_all
from ..wire.observations import Accepted, ActiveJobs, Listing, Trouble, Unusable
from .evidence import BUSY, Verdict, all_finished, fold, judge, latest_end
from .faults import read_fault
from .messages import stall
from .pacing import second_look
from .sources import SAID, effective_until, preferred_source, sources
from .state import NO_FAULTS, Faults, Phase, Progress, Signal, Source, changed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..proofs import Views
    from ..snapshots import BucketRef, JobSnap
    from ..wire.observations import Observation
    from .state import WaitState

Reading: TypeAlias = "tuple[WaitState, Signal]"


_SIGNALS: Final[Mapping[Verdict, Signal]] = {
    Verdict.BUSY: Signal.BUSY,
    Verdict.MISSING: Signal.MISSING,
    Verdict.ENDED: Signal.ENDED,
}


def read(state: WaitState, observation: Observation | None, now: float) -> Reading:
    """
    Say what an observation means.

    Args:
        state: what was known.
        observation: what came of the pending request; ``None`` begins the wait.
        now: seconds since the start of the wait.
    """
    if state.phase is Phase.REPORT:
        # The proxies have said that it failed; what the targets add is welcome, and decides nothing.
        said = isinstance(observation, JobStatus)
        return state if said else _read_any(state, observation, now)[0], Signal.ENDED
    return _read_any(state, observation, now)


def _read_any(  # noqa: PLR0911 - one case, one answer
    state: WaitState, observation: Observation | None, now: float
) -> Reading:
    match observation:
        case None:
            return state, Signal.BEGIN
        case JobStatus() if observation is state.status and not observation.over and _is_calm(state):
            # The same words as last time, and nothing in between, as nearly always.
            return state, Signal.BUSY
        case JobStatus():
            return _read_status(state, observation, now)
        case Sightings():
            return _read_sightings(_good(state, Source.SNAPSHOTS, observation.notes), observation, now)
        case AggregatedJobSnap():
            return _read_search(_good(state, Source.SNAPSHOTS, observation.notes), observation, now)
        case NotFound():
            return _read_not_found(_answered(state), now)
        case Fault() | Unusable():
            return read_fault(state, observation, now)
        case Listing():
            return _read_listing(state, observation, now)
        case Accepted() | ActiveJobs():
            msg = f"a wait asks for no {observation}"
            raise TypeError(msg)
        case _:
            assert_never(observation)


def _is_calm(state: WaitState) -> bool:
    """Tell whether a good answer has nothing to clear up."""
    return (
        state.answered
        and state.faults is NO_FAULTS
        and state.quiet_since is None
        and not (state.refreshed or state.spent or state.unknown_to)
    )


def _answered(state: WaitState) -> WaitState:
    if state.answered and not state.refreshed and state.faults is NO_FAULTS and not state.spent:
        return state
    spent = _refunded(state.spent, state.endpoint)
    return changed(state, answered=True, faults=NO_FAULTS, refreshed=False, spent=spent)


def _good(state: WaitState, source: Source, notes: tuple[str, ...]) -> WaitState:
    """Note that a source answered for the job; mostly, nothing is new in that."""
    out = state.faults.preferred
    state = _answered(state)
    if out >= limits.FAULTS_PER_SOURCE and source is not preferred_source(state):
        # The preferred source is still out: go on asking it only every other time.
        state = changed(state, faults=Faults(preferred=out))
    if state.unknown_to and (source is Source.STATUS or source in state.unknown_to):
        # Targets may come to know what the proxies know; a proxy that forgot does not remember again.
        state = changed(state, unknown_to=state.unknown_to - {source, Source.SNAPSHOTS})
    if notes and not set(notes) <= set(state.notes):
        state = changed(state, notes=tuple(dict.fromkeys(state.notes + notes)))
    return state


def _refunded(spent: tuple[float, ...], endpoint: int) -> tuple[float, ...]:
    """Pay a little back to the endpoint that answered; nothing spent at all is ``()``."""
    left = [max(0.0, each - limits.RETRY_REFUND * (index == endpoint)) for index, each in enumerate(spent)]
    return tuple(left) if any(left) else ()


def _rekinded(state: WaitState, kind: str) -> WaitState:
    """Believe the job itself about its kind, rather than whoever named it (V16, V18, S8)."""
    return changed(state, kind=kind) if kind != state.kind and kind in KINDS else state


def _read_search(state: WaitState, reply: AggregatedJobSnap, now: float) -> Reading:
    """Look for the one job of the kind; the reply may show others (S32)."""
    active = [
        snap
        for snap in reply.list_snapshots()
        if snap.kind == state.kind and not snap.state.ended and _on_bucket(state.bucket, snap)
    ]
    if state.until is Until.NOT_RUNNING:
        return state, Signal.ENDED if all(snap.state is TargetState.IDLE for snap in active) else Signal.BUSY
    found = tuple(sorted({snap.id for snap in active}))
    if len(found) == 1:
        # Targets that are seen with it are not forgotten, should they lose it before they are asked again.
        seen = sight_all(reply, found[0])
        views = fold((), seen.own, asked=state.due, now=now, gap=state.options.idle_gap)
        progress = _progressed(state, views, seen, now) if state.options.counted else state.progress
        return changed(
            state, job_id=found[0], candidates=found, targets=views, progress=progress
        ), Signal.FOUND
    if found:
        return changed(state, candidates=found), Signal.SEVERAL
    if state.until is Until.STARTED:
        return state, Signal.BUSY
    return state, Signal.UNKNOWN if now < state.options.grace else Signal.NOWHERE


def _on_bucket(bucket: BucketRef | None, snap: JobSnap) -> bool:
    mentioned = (snap.bucket, snap.source_bck, snap.destination_bck)
    return bucket is None or any(
        other is not None and (other.name, other.provider) == (bucket.name, bucket.provider)
        for other in mentioned
    )


def _read_sightings(state: WaitState, reply: Sightings, now: float) -> Reading:
    if not reply.own:
        later = _later_rebalance(state.job_id, reply.finished_others)
        return _read_not_found(changed(state, superseded_by=later), now, Source.SNAPSHOTS)
    views = fold(state.targets, reply.own, asked=state.due, now=now, gap=state.options.idle_gap)
    progress = _progressed(state, views, reply, now) if state.options.counted else state.progress
    kind = min(each.kind for each in next(iter(reply.own.values())))
    state = _rekinded(changed(state, targets=views, progress=progress), kind)
    said = state.phase in SAID
    verdict = judge(views, Until.FINISHED if said else effective_until(state))
    if state.until is Until.NOT_RUNNING and verdict is Verdict.ENDED and _any_works(reply):
        # A target that lost its work, and came back with other work for the same job.
        verdict = Verdict.BUSY
    if verdict is Verdict.QUIET:
        # What the proxies and the targets agree on needs no second look.
        return (state, Signal.ENDED) if said else _read_quiet(state, reply.at_ns, now)
    state = _unquiet(state)
    return _read_stall(state, now) if verdict is Verdict.BUSY else (state, _SIGNALS[verdict])


def _any_works(reply: Sightings) -> bool:
    """Tell whether any target shows work, whatever became of what it had before."""
    return any(each.state in BUSY for own in reply.own.values() for each in own)


def _read_stall(state: WaitState, now: float) -> Reading:
    """Tell a job that works from one that is stuck."""
    note = stall(state, now)
    if not note:
        return state, Signal.BUSY
    if state.options.on_stall == "end":
        return state, Signal.STALLED
    return (state if note in state.notes else changed(state, notes=(*state.notes, note))), Signal.BUSY


def _progressed(state: WaitState, views: Views, reply: Sightings, now: float) -> Progress:
    """Note how far the job is, and whether anything moved."""
    last, options = state.progress, state.options
    objects, size = reply.done
    parts = [
        min(1.0, done / expected)
        for done, expected in ((objects, options.expected_objects), (size, options.expected_bytes))
        if expected is not None
    ]
    done = min(parts, default=0.0)
    if not state.targets:
        return Progress(done, at=now, activity=reply.activity, changed_at=now, first_done=done, first_at=now)
    moved = reply.activity != last.activity or views != state.targets
    return evolve(
        last,
        done=done,
        at=now if done > last.done else last.at,
        activity=reply.activity,
        changed_at=now if moved else last.changed_at,
    )


def _read_listing(state: WaitState, listing: Listing, now: float) -> Reading:
    """
    Read what a list of active jobs says: that a job is busy, it may say; its end is for the targets to show.

    Whoever left the list, or never was on it, is asked for by its id (R16, E18).
    """
    state = _rekinded(_answered(state), listing.kind)
    if not (listing.busy or listing.own):
        return state, Signal.UNLISTED
    state = _unquiet(state if state.listed else changed(state, listed=True))
    if not listing.own:
        return state, Signal.BUSY
    gap = state.options.idle_gap
    views = fold(state.targets, listing.own, asked=state.due, now=now, gap=gap, complete=False)
    state = state if views == state.targets else changed(state, targets=views)
    until = effective_until(state)
    verdict = judge(tuple(view for view in views if view.target in listing.own), until)
    if verdict is Verdict.QUIET and until is Until.IDLE:
        return changed(state, quiet_since=now, quiet_targets=len(views)), Signal.QUIET
    # After an abort or a loss there is nothing to wait for, and by its id the job can say more of it.
    return state, Signal.BUSY if verdict is Verdict.BUSY else Signal.UNLISTED


def _read_quiet(state: WaitState, at_ns: int | None, now: float) -> Reading:
    """Tell whether targets that look done are done, or need a second look (S29, G11)."""
    if state.quiet_since is None or state.quiet_targets != len(state.targets):
        state = changed(state, quiet_since=now, quiet_targets=len(state.targets))
        if _shows_all(state):
            return state, Signal.ENDED
        return state, Signal.JUST_OVER if _proxies_know(state, at_ns) else Signal.QUIET
    on_deadline = state.timeout is not None and state.due >= state.timeout
    proved = on_deadline or state.due >= second_look(state) or _shows_all(state)
    return state, Signal.ENDED if proved else Signal.QUIET


def _proxies_know(state: WaitState, at_ns: int | None) -> bool:
    """
    Tell whether the proxies can confirm at once that all targets have finished.

    A job that they forgot costs 2 s (V4), so by the server's own clock it has to have ended of late.
    """
    end_ns, kind = latest_end(state.targets), KINDS.get(state.kind)
    if at_ns is None or end_ns is None or kind is None or not kind.has_status:
        return False
    return Source.STATUS not in state.unknown_to and at_ns - end_ns < limits.STATUS_GAP * 1_000_000_000


def _unquiet(state: WaitState) -> WaitState:
    """Note that it has work: what looked like the end was none."""
    return state if state.quiet_since is None else changed(state, quiet_since=None)


def _shows_all(state: WaitState) -> bool:
    """Tell whether one look is enough: all finished, and no target can be yet to come."""
    if not all_finished(state.targets):
        return False
    one_target = state.until is Until.SINGLE or (state.kind in KINDS and KINDS[state.kind].single_target)
    if state.listed or (one_target and len(state.targets) == 1):
        return True
    return all(view.seen_unfinished for view in state.targets)


def _later_rebalance(job_id: str, finished: tuple[str, ...]) -> str:
    """Name the next rebalance that finished and answers in the place of this one (G21)."""
    this = rebalance_number(job_id)
    numbers = [number for number in map(rebalance_number, finished) if number is not None]
    later = [number for number in numbers if this is not None and number > this]
    return f"g{min(later)}" if later else ""


def _read_status(state: WaitState, status: JobStatus, now: float) -> Reading:
    if state.phase is Phase.FIND or status.uuid not in {"", state.job_id}:
        other = Unusable(Trouble.MALFORMED, f"a status of another job: {status.uuid!r}", place="uuid")
        return read_fault(state, other, now)
    unbelieved = Source.STATUS in state.unknown_to
    shown_nowhere = Source.SNAPSHOTS in state.unknown_to
    state = _rekinded(_good(state, Source.STATUS, status.notes), status.kind)
    known_to = sources(state)
    if Source.STATUS not in known_to:
        # The proxies know of it by chance, and may never learn of its end (V17).
        state = changed(state, unknown_to=state.unknown_to | {Source.STATUS})
        return state, Signal.BUSY if unbelieved else Signal.ELSEWHERE
    if state.status is not None and state.status.err and not status.err:
        status = evolve(status, err=state.status.err)
    state = state if status is state.status else changed(state, status=status)
    alone = Source.SNAPSHOTS not in known_to
    if not status.over:
        # It contradicts targets that have all finished; to the proxies a job that idles runs.
        state = _unquiet(state) if all_finished(state.targets) else state
        return state, Signal.ENDED if alone and state.until is Until.STARTED else Signal.BUSY
    if state.until is Until.NOT_RUNNING and not alone:
        # After an abort the proxies know of the first target's end, and others may have work yet.
        return state, Signal.ENDED if shown_nowhere else _SIGNALS[judge(state.targets, Until.NOT_RUNNING)]
    if alone or not state.options.details or state.until is Until.STARTED:
        return state, Signal.ENDED
    return state, Signal.SAID_FAILED if status.failed else Signal.SAID_OVER


def _read_not_found(state: WaitState, now: float, source: Source | None = None) -> Reading:
    if state.phase is Phase.FIND:
        return _read_search(state, AggregatedJobSnap(), now)
    if state.phase is Phase.DETAIL:
        return state, Signal.ENDED
    if state.phase is Phase.DISPUTE:
        return state, Signal.NOWHERE
    # What the other source said long ago is no answer now: it is asked again.
    before = state.unknown_to if state.phase is Phase.SEEK else frozenset[Source]()
    where = source or state.asked
    if where is Source.SNAPSHOTS:
        # Only targets take back what targets showed: proxies forget a job minutes after its end (V2).
        state = _unquiet(state)
    state = changed(state, unknown_to=before | {where})
    if not state.unknown_to.issuperset(sources(state)):
        return state, Signal.ELSEWHERE
    return _read_unknown(state, now)


def _read_unknown(state: WaitState, now: float) -> Reading:
    """Nobody knows the job; it may be unknown for a moment after its start."""
    if state.superseded_by or state.until is Until.NOT_RUNNING:
        return state, Signal.ENDED
    if now < state.options.grace:
        return changed(state, unknown_to=frozenset[Source]()), Signal.UNKNOWN
    return state, Signal.NOWHERE
