"""
What an observation means for a wait: the state that knows more, and one signal.

One function for each thing that can be observed. What the views of the targets amount to is judged in
``evidence``; what a fault means is read in ``faults``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, assert_never

from attrs import evolve

from .. import limits
from ..events import Fault, NotFound
from ..kinds import KINDS, later_rebalance
from ..options import Until
from ..snapshots import AggregatedJobSnap, JobStatus, TargetState
from ..wire.lean import Sightings, sight_all
from ..wire.observations import Accepted, ActiveJobs, Listing, Trouble, Unusable
from .evidence import BUSY, Verdict, all_finished, fold, judge, latest_end, weigh
from .faults import answered, read_fault
from .messages import stall
from .pacing import second_look
from .progress import is_stalled, progressed, watched
from .sources import SAID, effective_until, preferred_source, sources
from .state import ANSWERED, Phase, Quiet, Signal, Source, learned

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..wire.observations import Observation
    from .faults import Reading
    from .state import WaitState

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


def _answered(state: WaitState) -> WaitState:
    """Note that the cluster answered; mostly, it always did."""
    return state if state.faults is ANSWERED else evolve(state, faults=answered(state.faults))


def _good(state: WaitState, source: Source, notes: tuple[str, ...]) -> WaitState:
    """Note that a source answered for the job; mostly, nothing is new in that."""
    out, known = state.faults.preferred, state.known
    state = _answered(state)
    if out >= limits.FAULTS_PER_SOURCE and source is not preferred_source(state, sources(state)):
        # The preferred source is still out: go on asking it only every other time.
        state = evolve(state, faults=evolve(state.faults, preferred=out))
    if known.unknown_to and (source is Source.STATUS or source in known.unknown_to):
        # Targets may come to know what the proxies know; a proxy that forgot does not remember again.
        state = learned(state, unknown_to=known.unknown_to - {source, Source.SNAPSHOTS})
    if notes and not set(notes) <= set(known.notes):
        state = learned(state, notes=tuple(dict.fromkeys(known.notes + notes)))
    return state


def _rekinded(state: WaitState, kind: str) -> WaitState:
    """Believe the job itself about its kind, rather than whoever named it (V16, V18, S8)."""
    return evolve(state, kind=kind) if kind != state.kind and kind in KINDS else state


def _read_search(state: WaitState, reply: AggregatedJobSnap, now: float) -> Reading:
    """Look for the one job of the kind; the reply may show others (S32)."""
    question, kind = state.question, state.kind
    active = [
        snap
        for snap in reply.list_snapshots()
        if snap.kind == kind and not snap.state.ended and snap.is_on(question.bucket)
    ]
    if question.until is Until.NOT_RUNNING:
        return state, Signal.ENDED if all(snap.state is TargetState.IDLE for snap in active) else Signal.BUSY
    found = tuple(sorted({snap.id for snap in active}))
    if len(found) == 1:
        # Targets that are seen with it are not forgotten, should they lose it before they are asked again.
        seen = sight_all(reply, found[0])
        views = fold((), seen.own, asked=state.due, now=now, gap=question.options.idle_gap)
        progress = progressed(state, views, seen, now) if question.options.counted else state.known.progress
        state = learned(state, candidates=found, progress=progress)
        return evolve(state, job_id=found[0], targets=views), Signal.FOUND
    if found:
        return learned(state, candidates=found), Signal.SEVERAL
    if question.until is Until.STARTED:
        return state, Signal.BUSY
    return state, Signal.UNKNOWN if now < question.options.grace else Signal.NOWHERE


def _read_sightings(state: WaitState, reply: Sightings, now: float) -> Reading:
    if not reply.own:
        later = later_rebalance(state.job_id, reply.finished_others)
        return _read_not_found(learned(state, superseded_by=later), now, Source.SNAPSHOTS)
    options, until = state.question.options, state.question.until
    state = _rekinded(state, min(each.kind for each in next(iter(reply.own.values()))))
    said = state.phase in SAID
    views, verdict = weigh(
        state.targets,
        reply.own,
        Until.FINISHED if said else effective_until(state.kind, until),
        asked=state.due,
        now=now,
        gap=options.idle_gap,
    )
    if options.counted or getattr(options.schedule, "by_age", False):
        state = watched(state, views, reply, now)
    if views != state.targets:
        state = evolve(state, targets=views)
    if until is Until.NOT_RUNNING and verdict is Verdict.ENDED:
        # A target may have lost its work, and come back with other work for the same job.
        works = any(each.state in BUSY for seen in reply.own.values() for each in seen)
        verdict = Verdict.BUSY if works else verdict
    if verdict is Verdict.QUIET:
        # What the proxies and the targets agree on needs no second look.
        return (state, Signal.ENDED) if said else _read_quiet(state, reply.at_ns, now)
    state = _unquiet(state)
    if verdict is Verdict.BUSY and options.stall_timeout is not None and is_stalled(state, now):
        return _read_stall(state, now)
    return state, _SIGNALS[verdict]


def _read_stall(state: WaitState, now: float) -> Reading:
    """End the wait for a job that is stuck, or leave a note."""
    if state.question.options.on_stall == "end":
        return state, Signal.STALLED
    note, notes = stall(state, now), state.known.notes
    return (state if note in notes else learned(state, notes=(*notes, note))), Signal.BUSY


def _read_listing(state: WaitState, listing: Listing, now: float) -> Reading:
    """
    Read what a list of active jobs says: that a job is busy, it may say; its end is for the targets to show.

    Whoever left the list, or never was on it, is asked for by its id (R16, E18).
    """
    state = _rekinded(_answered(state), listing.kind)
    if not (listing.busy or listing.own):
        return state, Signal.UNLISTED
    state = _unquiet(state if state.known.listed else learned(state, listed=True))
    if not listing.own:
        return state, Signal.BUSY
    gap = state.question.options.idle_gap
    views = fold(state.targets, listing.own, asked=state.due, now=now, gap=gap, complete=False)
    state = state if views == state.targets else evolve(state, targets=views)
    until = effective_until(state.kind, state.question.until)
    verdict = judge(tuple(view for view in views if view.target in listing.own), until)
    if verdict is Verdict.QUIET and until is Until.IDLE:
        return learned(state, quiet=Quiet(now, len(views))), Signal.QUIET
    # After an abort or a loss there is nothing to wait for, and by its id the job can say more of it.
    return state, Signal.BUSY if verdict is Verdict.BUSY else Signal.UNLISTED


def _read_quiet(state: WaitState, at_ns: int | None, now: float) -> Reading:
    """Tell whether targets that look done are done, or need a second look (S29, G11)."""
    if state.known.quiet is None or state.known.quiet.targets != len(state.targets):
        state = learned(state, quiet=Quiet(now, len(state.targets)))
        if _shows_all(state):
            return state, Signal.ENDED
        return state, Signal.JUST_OVER if _proxies_know(state, at_ns) else Signal.QUIET
    on_deadline = state.question.timeout is not None and state.due >= state.question.timeout
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
    return Source.STATUS not in state.known.unknown_to and at_ns - end_ns < limits.STATUS_GAP * 1_000_000_000


def _unquiet(state: WaitState) -> WaitState:
    """Note that it has work: what looked like the end was none."""
    return state if state.known.quiet is None else learned(state, quiet=None)


def _shows_all(state: WaitState) -> bool:
    """Tell whether one look is enough: all finished, and no target can be yet to come."""
    if not all_finished(state.targets):
        return False
    kind = KINDS.get(state.kind)
    one_target = state.question.until is Until.SINGLE or (kind is not None and kind.single_target)
    if state.known.listed or (one_target and len(state.targets) == 1):
        return True
    return all(view.seen_unfinished for view in state.targets)


def _read_status(state: WaitState, status: JobStatus, now: float) -> Reading:
    known, question = state.known, state.question
    if state.phase is Phase.FIND or status.uuid not in ("", state.job_id):
        other = Unusable(Trouble.MALFORMED, f"a status of another job: {status.uuid!r}", place="uuid")
        return read_fault(state, other, now)
    unknown_before = known.unknown_to
    state = _rekinded(_good(state, Source.STATUS, status.notes), status.kind)
    known_to = sources(state)
    if Source.STATUS not in known_to:
        # The proxies know of it by chance, and may never learn of its end (V17).
        state = learned(state, unknown_to=state.known.unknown_to | {Source.STATUS})
        return state, Signal.BUSY if Source.STATUS in unknown_before else Signal.ELSEWHERE
    if known.status is not None and known.status.err and not status.err:
        status = evolve(status, err=known.status.err)
    state = state if status is known.status or status == known.status else learned(state, status=status)
    alone = Source.SNAPSHOTS not in known_to
    if not status.over:
        # It contradicts targets that have all finished; to the proxies a job that idles runs.
        state = _unquiet(state) if all_finished(state.targets) else state
        return state, Signal.ENDED if alone and question.until is Until.STARTED else Signal.BUSY
    if question.until is Until.NOT_RUNNING and not alone:
        # After an abort the proxies know of the first target's end, and others may have work yet.
        shown_nowhere = Source.SNAPSHOTS in unknown_before
        return state, Signal.ENDED if shown_nowhere else _SIGNALS[judge(state.targets, Until.NOT_RUNNING)]
    if alone or not question.options.details or question.until is Until.STARTED:
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
    before = state.known.unknown_to if state.phase is Phase.SEEK else frozenset[Source]()
    where = source or state.asked
    if where is Source.SNAPSHOTS:
        # Only targets take back what targets showed: proxies forget a job minutes after its end (V2).
        state = _unquiet(state)
    state = learned(state, unknown_to=before | {where})
    if not state.known.unknown_to.issuperset(sources(state)):
        return state, Signal.ELSEWHERE
    return _read_unknown(state, now)


def _read_unknown(state: WaitState, now: float) -> Reading:
    """No source knows the job; it may be unknown for a moment after its start."""
    if state.known.superseded_by or state.question.until is Until.NOT_RUNNING:
        return state, Signal.ENDED
    if now < state.question.options.grace:
        return learned(state, unknown_to=frozenset[Source]()), Signal.UNKNOWN
    return state, Signal.NOWHERE
