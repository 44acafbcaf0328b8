"""
THE RULE FILE: how a wait goes. Everything that decides is here, and nothing else decides.

:func:`step` takes a state, an observation and a moment, and gives the next state and one decision.
It reads the observation into a ``Signal``, looks the next ``Phase`` up in :data:`TRANSITIONS`, and
plans the next request or concludes. The state and its words are in ``states``, folding the targets
is in ``evidence``, the schedule in ``pacing``, the wording of results and errors in ``conclusions``.

Moments are seconds since the start of the wait, but for ``now`` in :func:`step`: the caller's clock.
"""

from __future__ import annotations

import math
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, TypeAlias, assert_never

from attrs import evolve

from . import calls, pacing
from .calls import What
from .conclusions import conclude, expire, why
from .decisions import Continue
from .evidence import Until, Verdict, all_finished, fold, judge
from .kinds import KINDS, SHORTEST_RETENTION, STATUS_RETENTION, Strategy, is_download_id, rebalance_number
from .observations import Accepted, Fault, FaultKind, NotFound, Trouble, Unusable
from .options import request_timeout
from .sightings import Sightings, sight_all
from .snapshots import AggregatedJobSnap, JobStatus, TargetState
from .states import MALFORMED_LIMIT, NO_FAULTS, Faults, Phase, Signal, Source, WaitState

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .calls import Request
    from .decisions import Abort, Done
    from .observations import Observation
    from .snapshots import BucketRef, JobSnap, WaitResult

Reading: TypeAlias = tuple[WaitState, Signal]
Step: TypeAlias = "tuple[WaitState, Continue | Done[WaitResult] | Abort[WaitResult]]"

_WATCHING: Final[Mapping[Signal, Phase]] = {
    Signal.BUSY: Phase.WATCH,
    Signal.QUIET: Phase.CONFIRM,
    Signal.MISSING: Phase.CONFIRM,
    Signal.ENDED: Phase.OVER,
    Signal.SAID_OVER: Phase.DETAIL,
    Signal.SAID_FAILED: Phase.REPORT,
    Signal.ELSEWHERE: Phase.SEEK,
    Signal.UNKNOWN: Phase.SEEK,
    Signal.NOWHERE: Phase.OVER,
    Signal.FATAL: Phase.OVER,
}
_DISPUTING: Final[Mapping[Signal, Phase]] = {
    Signal.BUSY: Phase.DISPUTE,
    Signal.MISSING: Phase.DISPUTE,
    Signal.ENDED: Phase.OVER,
    Signal.SAID_FAILED: Phase.REPORT,
    Signal.ELSEWHERE: Phase.DISPUTE,
    Signal.FATAL: Phase.OVER,
}


def _staying(phase: Phase) -> Mapping[Signal, Phase]:
    """Faults change nothing but the moment of the next request."""
    return {Signal.FAULT: phase, Signal.TOKEN: phase}


TRANSITIONS: Final[Mapping[Phase, Mapping[Signal, Phase]]] = MappingProxyType(
    {
        Phase.FIND: {
            Signal.BEGIN: Phase.FIND,
            Signal.FOUND: Phase.WATCH,
            Signal.SEVERAL: Phase.OVER,
            Signal.BUSY: Phase.FIND,
            Signal.UNKNOWN: Phase.FIND,
            Signal.NOWHERE: Phase.OVER,
            Signal.ENDED: Phase.OVER,
            Signal.FATAL: Phase.OVER,
            **_staying(Phase.FIND),
        },
        Phase.WATCH: {Signal.BEGIN: Phase.WATCH, **_WATCHING, **_staying(Phase.WATCH)},
        Phase.SEEK: {**_WATCHING, **_staying(Phase.SEEK)},
        Phase.CONFIRM: {**_WATCHING, **_staying(Phase.CONFIRM)},
        Phase.DETAIL: {**_DISPUTING, Signal.SAID_OVER: Phase.DETAIL, **_staying(Phase.DETAIL)},
        Phase.DISPUTE: {
            **_DISPUTING,
            Signal.SAID_OVER: Phase.DISPUTE,
            Signal.NOWHERE: Phase.OVER,
            **_staying(Phase.DISPUTE),
        },
        Phase.REPORT: {Signal.ENDED: Phase.OVER},
        Phase.OVER: {},
    }
)
"""Every legal move. A pair that is not here cannot happen."""

_AT_ONCE: Final = frozenset({Signal.BEGIN, Signal.FOUND, Signal.ELSEWHERE, Signal.TOKEN, Signal.SAID_FAILED})
"""Signals after which the next request asks something new, so that nothing is gained by waiting."""

_PASSING: Final = frozenset({Trouble.STARTING, Trouble.TARGET_DOWN})
"""AIStore's own troubles: they pass by themselves, so the normal schedule goes on."""

_OTHER_ENDPOINT: Final = frozenset(
    {Trouble.STARTING, Trouble.BUSY, Trouble.SERVER, Trouble.STRANGER, Trouble.MALFORMED}
)
"""Troubles of the endpoint, which another endpoint may not have."""

_TOKEN_TROUBLES: Final = frozenset({Trouble.UNAUTHENTICATED, Trouble.FORBIDDEN})

_SAID: Final = frozenset({Phase.DETAIL, Phase.DISPUTE, Phase.REPORT})
"""Phases in which the proxies have said their word."""

_SIGNALS: Final[Mapping[Verdict, Signal]] = {
    Verdict.BUSY: Signal.BUSY,
    Verdict.MISSING: Signal.MISSING,
    Verdict.ENDED: Signal.ENDED,
}

_ONLY_STATUS: Final = (Source.STATUS,)

_ROUNDING: Final = 1e-6
"""Seconds that a clock may be off by when large floats are added and subtracted."""

_PATIENCE: Final = 2
"""Faults in a row of one source after which the other is asked in between."""


def step(state: WaitState, observation: Observation | None, now: float) -> Step:
    """
    Take one input and decide.

    Args:
        state: what is known.
        observation: what came of the pending request; ``None`` begins the wait.
        now: this moment on the caller's clock; one that goes back counts as the last one.
    """
    now = max(now - state.started_at, state.now)
    if now < state.due:
        # Told before it was asked, if it is not for the rounding of clocks.
        state, now = (state, state.due) if state.due - now < _ROUNDING else (evolve(state, due=now), now)
    if isinstance(observation, AggregatedJobSnap) and state.phase is not Phase.FIND:
        observation = sight_all(observation, state.job_id)
    read, signal = _read(state, observation, now)
    phase = TRANSITIONS[state.phase][signal]
    entered = phase is not state.phase
    read = evolve(read, phase=phase) if entered else read
    if phase is Phase.OVER:
        over = evolve(read, now=now)
        return over, conclude(over, signal, observation)
    at_once = signal in _AT_ONCE or (entered and phase is Phase.DETAIL)
    if _expired(read, now, at_once=at_once):
        late = evolve(read, now=now)
        return evolve(late, phase=Phase.OVER), expire(late, signal, observation)
    return _ask(read, signal, now, at_once=at_once)


def _expired(state: WaitState, now: float, *, at_once: bool) -> bool:
    """Tell whether nothing may be sent any more: the last poll is the one sent on the deadline (S20, R5)."""
    if state.timeout is None:
        return False
    return now > state.timeout or (state.due >= state.timeout and not at_once)


# What an observation means.


def _read(state: WaitState, observation: Observation | None, now: float) -> Reading:
    if state.phase is Phase.REPORT:
        # The proxies have said that it failed; what the targets add is welcome, and decides nothing.
        said = isinstance(observation, JobStatus)
        return state if said else _read_any(state, observation, now)[0], Signal.ENDED
    return _read_any(state, observation, now)


def _read_any(state: WaitState, observation: Observation | None, now: float) -> Reading:
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
            return _read_fault(state, observation, now)
        case Accepted():
            msg = f"a wait asks for no {observation}"
            raise TypeError(msg)
        case _:
            assert_never(observation)


def _answered(state: WaitState) -> WaitState:
    if state.answered and not state.refreshed and state.faults is NO_FAULTS:
        return state
    return evolve(state, answered=True, faults=NO_FAULTS, refreshed=False)


def _good(state: WaitState, source: Source, notes: tuple[str, ...]) -> WaitState:
    """Note that a source answered for the job; mostly, nothing is new in that."""
    out = state.faults.preferred
    state = _answered(state)
    if out >= _PATIENCE and source is not preferred_source(state):
        # The preferred source is still out: go on asking it only every other time.
        state = evolve(state, faults=Faults(preferred=out))
    if state.unknown_to and (source is Source.STATUS or source in state.unknown_to):
        # Targets may come to know what the proxies know; a proxy that forgot does not remember again.
        state = evolve(state, unknown_to=state.unknown_to - {source, Source.SNAPSHOTS})
    if not set(notes) <= set(state.notes):
        state = evolve(state, notes=tuple(dict.fromkeys(state.notes + notes)))
    return state


def _rekinded(state: WaitState, kind: str) -> WaitState:
    """Believe the job itself about its kind, rather than whoever named it (V16, V18, S8)."""
    return evolve(state, kind=kind) if kind != state.kind and kind in KINDS else state


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
        return evolve(state, job_id=found[0]), Signal.FOUND
    if found:
        return evolve(state, candidates=found), Signal.SEVERAL
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
        return _read_not_found(evolve(state, superseded_by=later), now, Source.SNAPSHOTS)
    views = fold(state.targets, reply.own, asked=state.due, now=now, gap=state.options.idle_gap)
    kind = min(each.kind for each in next(iter(reply.own.values())))
    state = _rekinded(evolve(state, targets=views), kind)
    if state.phase in _SAID:
        verdict = judge(views, Until.FINISHED)
        # What the proxies and the targets agree on needs no second look.
        return state, Signal.ENDED if verdict is Verdict.QUIET else _SIGNALS[verdict]
    verdict = judge(views, effective_until(state))
    if verdict is Verdict.QUIET:
        return _read_quiet(state, now)
    return (state if state.quiet_since is None else evolve(state, quiet_since=None)), _SIGNALS[verdict]


def _read_quiet(state: WaitState, now: float) -> Reading:
    """Tell whether targets that look done are done, or need a second look (S29, G11)."""
    if state.quiet_since is None or state.quiet_targets != len(state.targets):
        state = evolve(state, quiet_since=now, quiet_targets=len(state.targets))
        return state, Signal.ENDED if _shows_all(state) else Signal.QUIET
    on_deadline = state.timeout is not None and state.due >= state.timeout
    proved = on_deadline or state.due >= _second_look(state) or _shows_all(state)
    return state, Signal.ENDED if proved else Signal.QUIET


def _shows_all(state: WaitState) -> bool:
    """Tell whether one look is enough: all finished, and no target can be yet to come."""
    if not all_finished(state.targets):
        return False
    one_target = state.until is Until.SINGLE or (state.kind in KINDS and KINDS[state.kind].single_target)
    return (one_target and len(state.targets) == 1) or all(view.seen_unfinished for view in state.targets)


def _second_look(state: WaitState) -> float:
    gap = state.options.finished_gap if all_finished(state.targets) else state.options.idle_gap
    return (state.quiet_since or 0.0) + gap


def _later_rebalance(job_id: str, finished: tuple[str, ...]) -> str:
    """Name the next rebalance that finished and answers in the place of this one (G21)."""
    this = rebalance_number(job_id)
    numbers = [number for number in map(rebalance_number, finished) if number is not None]
    later = [number for number in numbers if this is not None and number > this]
    return f"g{min(later)}" if later else ""


def _read_status(state: WaitState, status: JobStatus, now: float) -> Reading:
    if state.phase is Phase.FIND or status.uuid not in {"", state.job_id}:
        other = Unusable(Trouble.MALFORMED, f"a status of another job: {status.uuid!r}", place="uuid")
        return _read_fault(state, other, now)
    unbelieved = Source.STATUS in state.unknown_to
    state = _rekinded(_good(state, Source.STATUS, status.notes), status.kind)
    if Source.STATUS not in sources(state):
        # The proxies know of it by chance, and may never learn of its end (V17).
        state = evolve(state, unknown_to=state.unknown_to | {Source.STATUS})
        return state, Signal.BUSY if unbelieved else Signal.ELSEWHERE
    if state.status is not None and state.status.err and not status.err:
        status = evolve(status, err=state.status.err)
    state = state if status == state.status else evolve(state, status=status)
    alone = Source.SNAPSHOTS not in sources(state)
    if not status.over:
        return state, Signal.ENDED if alone and state.until is Until.STARTED else Signal.BUSY
    if alone or not state.options.details or state.until in {Until.STARTED, Until.NOT_RUNNING}:
        return state, Signal.ENDED
    return state, Signal.SAID_FAILED if status.failed else Signal.SAID_OVER


def _read_not_found(state: WaitState, now: float, source: Source | None = None) -> Reading:
    if state.phase is Phase.FIND:
        return _read_search(state, AggregatedJobSnap(), now)
    if state.phase is Phase.DETAIL:
        return state, Signal.ENDED
    if state.phase is Phase.DISPUTE:
        return state, Signal.NOWHERE
    state = evolve(state, unknown_to=state.unknown_to | {source or state.asked}, quiet_since=None)
    if not state.unknown_to.issuperset(sources(state)):
        return state, Signal.ELSEWHERE
    return _read_unknown(state, now)


def _read_unknown(state: WaitState, now: float) -> Reading:
    """Nobody knows the job; it may be unknown for a moment after its start."""
    if state.superseded_by or state.until is Until.NOT_RUNNING:
        return state, Signal.ENDED
    if now < state.options.grace:
        return evolve(state, unknown_to=frozenset()), Signal.UNKNOWN
    return state, Signal.NOWHERE


def _read_fault(state: WaitState, fault: Fault | Unusable, now: float) -> Reading:
    """Tell what passes by itself from what does not: *cannot ask* is never *failed*."""
    trouble = fault.trouble if isinstance(fault, Unusable) else None
    state = _counted(state, fault, trouble, now)
    if trouble in _TOKEN_TROUBLES:
        return (state, Signal.FATAL) if state.refreshed else (evolve(state, refreshed=True), Signal.TOKEN)
    hopeless = (
        trouble is Trouble.REFUSED
        or (isinstance(fault, Fault) and fault.kind is FaultKind.TLS)
        or state.faults.malformed >= MALFORMED_LIMIT
        or (not state.answered and now >= state.options.unanswered)
        or (state.timeout is None and now - state.faults.since >= state.options.outage)
    )
    return state, Signal.FATAL if hopeless else Signal.FAULT


def _counted(state: WaitState, fault: Fault | Unusable, trouble: Trouble | None, now: float) -> WaitState:
    faults = state.faults
    elsewhere = trouble is None or trouble in _OTHER_ENDPOINT
    return evolve(
        state,
        answered=state.answered or trouble in _PASSING or getattr(fault, "authentic", False),
        endpoint=(state.endpoint + elsewhere) % state.options.endpoints,
        faults=Faults(
            count=faults.count + 1,
            preferred=faults.preferred + (state.asked is preferred_source(state)),
            malformed=faults.malformed + 1 if trouble is Trouble.MALFORMED else 0,
            since=faults.since if faults.count else now,
            last=fault,
        ),
    )


# Whom to ask, and when.


def effective_until(state: WaitState) -> Until:
    """Say what *auto* means for the kind; a kind that the table lacks may idle (G1)."""
    if state.until is Until.AUTO:
        kind = KINDS.get(state.kind)
        ends = kind is not None and kind.strategy in {Strategy.STATUS, Strategy.FINISHED}
        return Until.FINISHED if ends else Until.IDLE
    return state.until


def sources(state: WaitState) -> tuple[Source, ...]:
    """Say who can know the job, the one to ask first."""
    return _ONLY_STATUS if is_download_id(state.job_id) else _sources(state.kind, state.until)


@cache
def _sources(kind_name: str, until: Until) -> tuple[Source, ...]:
    kind = KINDS.get(kind_name)
    if kind is not None and not kind.has_status:
        return (Source.SNAPSHOTS,)
    end_is_enough = kind is not None and until in {Until.AUTO, Until.FINISHED}
    return (Source.STATUS, Source.SNAPSHOTS) if end_is_enough else (Source.SNAPSHOTS, Source.STATUS)


def preferred_source(state: WaitState) -> Source:
    """Say whom to ask, as long as that goes well; a second look is at whoever showed the first."""
    ranked = sources(state)
    if state.phase is Phase.CONFIRM and Source.SNAPSHOTS in ranked:
        return Source.SNAPSHOTS
    if not state.unknown_to:
        return ranked[0]
    return next((source for source in ranked if source not in state.unknown_to), ranked[0])


def _next_source(state: WaitState) -> Source:
    if state.phase in _SAID:
        return Source.SNAPSHOTS
    preferred = preferred_source(state)
    # A second look follows a good answer of the targets: the faults before it were not theirs.
    faults = state.faults.count if state.phase is Phase.CONFIRM else state.faults.preferred
    if faults >= _PATIENCE and state.asked is preferred:
        # Targets that did not know the job may know it by now; proxies that forgot it do not.
        forgot = state.unknown_to & {Source.STATUS}
        others = [other for other in sources(state) if other not in {preferred, *forgot}]
        return others[0] if others else preferred
    return preferred


def _next_moment(state: WaitState, signal: Signal, source: Source, now: float) -> float:
    due = min(_wanted_moment(state, signal, now), now + _longest_gap(state, source))
    return pacing.clipped(max(now, due), state.timeout, took=now - state.due)


def _wanted_moment(state: WaitState, signal: Signal, now: float) -> float:
    if signal is Signal.QUIET:
        return _second_look(state)
    if signal is Signal.MISSING:
        missing = [view.missing_since for view in state.targets if view.missing_since is not None]
        return min(missing) + state.options.idle_gap
    delay = pacing.interval(now)
    last = state.faults.last
    if signal is Signal.FAULT and getattr(last, "trouble", None) not in _PASSING:
        delay = pacing.retry(state.faults.count)
    delay = pacing.jittered(delay, state.options.seed, state.polls)
    asked_for = last.retry_after if signal is Signal.FAULT and isinstance(last, Unusable) else None
    return now + max(delay, asked_for or 0.0)


def _longest_gap(state: WaitState, source: Source) -> float:
    """Half of what the source remembers: a job that ends is seen before it is forgotten (R2)."""
    if source is Source.STATUS:
        return STATUS_RETENTION / 2
    kind = KINDS.get(state.kind)
    return (SHORTEST_RETENTION if kind is None else kind.retention) / 2


def _ask(state: WaitState, signal: Signal, now: float, *, at_once: bool) -> Step:
    source = _next_source(state)
    due = now if at_once else _next_moment(state, signal, source, now)
    request = _request(state, source, due, refresh_token=signal is Signal.TOKEN)
    asking = evolve(state, now=now, due=due, pending=request, polls=state.polls + 1)
    return asking, Continue(due - now, request, why(asking, signal))


def _request(state: WaitState, source: Source, due: float, *, refresh_token: bool) -> Request:
    left = math.inf if state.timeout is None else state.timeout - due
    timeout = request_timeout(state.options, left)
    if state.phase is Phase.FIND:
        what = What.SNAPSHOTS
    else:
        what = What.STATUS if source is Source.STATUS else What.SIGHTINGS
    last = state.pending
    if (
        last is not None
        and last.what is what
        and last.timeout == timeout
        and last.endpoint == state.endpoint
        and last.refresh_token is refresh_token
    ):
        return last
    if what is What.SNAPSHOTS:
        request = calls.ask_kind(state.kind, state.bucket, active=True)
    else:
        request = (calls.ask_status if what is What.STATUS else calls.ask_sightings)(state.job_id)
    return request.addressed(timeout=timeout, endpoint=state.endpoint, refresh_token=refresh_token)
