"""What to ask next, and of which source: a pure function of the state, the signal and the moment."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from attrs import evolve

from .. import limits, queries
from ..decisions import Continue
from ..kinds import is_download_id
from ..options import request_timeout
from ..queries import Query
from .messages import why
from .pacing import next_moment
from .sources import SAID, preferred_source, ranked
from .state import Phase, Signal, Source, WaitState

if TYPE_CHECKING:
    from ..queries import Request


def ask(state: WaitState, signal: Signal, now: float, *, at_once: bool) -> tuple[WaitState, Continue]:
    """
    Plan the next request.

    Args:
        state: what is known.
        signal: what the last observation meant.
        now: seconds since the start of the wait.
        at_once: whether it asks something new, so that nothing is gained by waiting.
    """
    source = Source.STATUS if signal is Signal.JUST_OVER else _next_source(state)
    due = now if at_once else next_moment(state, signal, source, now)
    request = request_for(state, source, due, refresh_token=signal is Signal.TOKEN)
    asking = WaitState(
        state.question,
        state.job_id,
        state.kind,
        state.phase,
        now,
        due,
        request,
        state.polls + 1,
        state.targets,
        state.known,
        state.faults,
    )
    return asking, Continue(due - now, request, why(asking, signal))


def _next_source(state: WaitState) -> Source:
    if state.phase in SAID:
        return Source.SNAPSHOTS
    known, faults = state.known, state.faults
    known_to = ranked(state.kind, state.question.end_is_enough, is_download_id(state.job_id))
    if len(known_to) == 1:
        return known_to[0]
    preferred = preferred_source(state, known_to)
    # A confirmation follows a good answer of the targets: the faults before it were not theirs.
    in_a_row = faults.count if state.phase is Phase.CONFIRM else faults.preferred
    if in_a_row >= limits.FAULTS_PER_SOURCE and state.asked is preferred:
        # Targets that did not know the job may know it by now; proxies that forgot it do not.
        forgot = known.unknown_to & {Source.STATUS}
        others = [other for other in known_to if other not in {preferred, *forgot}]
        return others[0] if others else preferred
    return preferred


def _query(state: WaitState, source: Source) -> Query:
    if state.phase is Phase.FIND:
        return Query.SNAPSHOTS
    if source is Source.STATUS:
        return Query.STATUS
    return Query.PROGRESS if state.question.options.counted else Query.SIGHTINGS


def request_for(state: WaitState, source: Source, due: float, *, refresh_token: bool) -> Request:
    """Return the one request that a wait in this state may send to this source."""
    question, endpoint = state.question, state.faults.endpoint
    left = math.inf if question.timeout is None else question.timeout - due
    timeout = request_timeout(question.options, left)
    what, last = _query(state, source), state.pending
    if last is None or last.what is not what:
        match what:
            case Query.SNAPSHOTS:
                last = queries.ask_kind(state.kind, question.bucket, active=True)
            case Query.STATUS:
                last = queries.ask_status(state.job_id)
            case _:
                last = queries.ask_sightings(state.job_id, counted=what is Query.PROGRESS)
    if last.timeout == timeout and last.endpoint == endpoint and last.refresh_token is refresh_token:
        return last
    return evolve(last, timeout=timeout, endpoint=endpoint, refresh_token=refresh_token)
