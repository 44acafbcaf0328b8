"""What to ask next, and of which source: a pure function of the state, the signal and the moment."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from .. import limits, queries
from ..decisions import Continue
from ..options import request_timeout
from ..queries import Query
from .messages import why
from .pacing import next_moment
from .sources import SAID, preferred_source, sources
from .state import NO_FAULTS, Phase, Signal, Source, planned

if TYPE_CHECKING:
    from ..queries import Request
    from .state import WaitState


def _next_source(state: WaitState) -> Source:
    if state.phase in SAID:
        return Source.SNAPSHOTS
    preferred = preferred_source(state)
    if state.faults is NO_FAULTS:
        return preferred
    # A second look follows a good answer of the targets: the faults before it were not theirs.
    faults = state.faults.count if state.phase is Phase.CONFIRM else state.faults.preferred
    if faults >= limits.FAULTS_PER_SOURCE and state.asked is preferred:
        # Targets that did not know the job may know it by now; proxies that forgot it do not.
        forgot = state.unknown_to & {Source.STATUS}
        others = [other for other in sources(state) if other not in {preferred, *forgot}]
        return others[0] if others else preferred
    return preferred


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
    request = _request(state, source, due, refresh_token=signal is Signal.TOKEN)
    asking = planned(state, now, due, request)
    return asking, Continue(due - now, request, why(asking, signal))


def _what(state: WaitState, source: Source) -> Query:
    if state.phase is Phase.FIND:
        return Query.SNAPSHOTS
    if source is Source.STATUS:
        return Query.STATUS
    return Query.PROGRESS if state.options.counted else Query.SIGHTINGS


def _request(state: WaitState, source: Source, due: float, *, refresh_token: bool) -> Request:
    left = math.inf if state.timeout is None else state.timeout - due
    timeout = request_timeout(state.options, left)
    what = _what(state, source)
    last = state.pending
    if (
        last is not None
        and last.what is what
        and last.timeout == timeout
        and last.endpoint == state.endpoint
        and last.refresh_token is refresh_token
    ):
        return last
    match what:
        case Query.SNAPSHOTS:
            request = queries.ask_kind(state.kind, state.bucket, active=True)
        case Query.STATUS:
            request = queries.ask_status(state.job_id)
        case _:
            request = queries.ask_sightings(state.job_id, counted=what is Query.PROGRESS)
    return request.addressed(timeout=timeout, endpoint=state.endpoint, refresh_token=refresh_token)
