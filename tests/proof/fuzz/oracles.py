"""
What every fuzzer checks: what may reach a terminal, and what a success has to rest on.

Written from the rules and without the help of the code that is checked: raw JSON is looked at, and nothing of
what the library made of it.
"""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING, Any, Final

from attrs import define, field

from ais_jobcore import Abort, AggregatedJobSnap, Continue, Done, JobCoreError, JobStatus, Reply, Until
from ais_jobcore.wire.decode import decode
from ais_jobcore.wire.http import refuse
from ais_jobcore.wire.lean import Sightings
from ais_jobcore.wire.observations import Unusable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ais_jobcore import Decision, JobSnap, JobWait, Request, WaitResult
    from ais_jobcore.machines.protocols import Event
    from ais_jobcore.wire.observations import Observation

_COMMANDS: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb]"
)
"""C0, DEL, C1, what turns the direction, what ends a line, what does not show, and surrogates."""
_LIMIT: Final = 1 << 20
"""Bytes of a body that a driver takes."""
_LATE: Final = 3.0 + 1e-6
"""Seconds by which a request may outlive a deadline, and what floats may be off by."""


def harmless(text: str) -> bool:
    """Tell whether a text commands nothing: it is one line, and what is read is what is there."""
    return _COMMANDS.search(text) is None


def check_text(text: str) -> None:
    """Check that a text may be printed."""
    assert harmless(text), ascii(text)


def check_request(wait: JobWait, request: Request) -> None:
    """Check that a request asks for the job of its wait, and is answered or given up in time."""
    state = wait.state
    assert 0 < request.timeout <= state.question.options.request_timeout
    assert 0 <= request.endpoint < state.question.options.endpoints
    asked = request.json or {}
    assert (
        ({"id": state.job_id} == asked)
        if state.job_id
        else ("id" not in asked and asked["kind"] == state.kind)
    )
    if state.question.timeout is not None:
        assert state.due <= state.question.timeout + 1e-6
        assert state.due + request.timeout <= state.question.timeout + _LATE


def check_decision(decision: Decision[Any]) -> None:
    """Check that a decision is one of the three, whole, and gives a reason that may be printed."""
    check_text(decision.reason)
    assert decision.reason
    match decision:
        case Continue(delay=delay):
            assert 0 <= delay < math.inf
        case Done():
            pass
        case Abort(result=result, error=error):
            assert (result is None) != (error is None)
            assert error is None or isinstance(error, JobCoreError)
            assert isinstance(str(error), str)


def check_result(decision: Decision[WaitResult]) -> None:
    """Check that an end is worded as what it is."""
    if isinstance(decision, Continue) or decision.result is None:
        return
    result = decision.result
    assert result.success is isinstance(decision, Done)
    assert result.success is (result.error is None)
    assert result.error != ""


@define
class Witness:
    """
    Hold what was told about one job, as it stands in the replies.

    Attributes:
        ended: for each target, whether it was ever shown as ended.
        resting: whether it was shown as idle last.
        errors: error texts, and aborts.
        said_over: whether the proxies ever said that it is over, and well.
    """

    ended: dict[str, bool] = field(factory=dict[str, bool])
    resting: dict[str, bool] = field(factory=dict[str, bool])
    errors: list[str] = field(factory=list[str])
    said_over: bool = False

    def hear(self, job_id: str, event: Event, seen: Observation) -> None:
        """Note what an answer about the job says; what the library refuses to read says nothing."""
        if isinstance(seen, JobStatus):
            good = seen.end_time and not (seen.err or seen.aborted)
            self.said_over |= bool(good) and seen.uuid in {"", job_id}
        elif isinstance(seen, Sightings) and isinstance(event, Reply):
            self.hear_snapshots(job_id, json.loads(event.body) or {})
        elif isinstance(seen, AggregatedJobSnap) and job_id and not isinstance(event, Reply):
            spelt = {target: [_spelt(snap) for snap in snaps] for target, snaps in seen.root.items()}
            self.hear_snapshots(job_id, spelt)

    def hear_snapshots(self, job_id: str, document: Mapping[str, Sequence[Mapping[str, Any]] | None]) -> None:
        """Note what a document of snapshots shows of the job."""
        for target, snaps in document.items():
            shown = [snap for snap in snaps or () if snap["id"] == job_id]
            for snap in shown:
                self.errors += [str(snap[key]) for key in ("err", "abort-err", "aborted") if snap.get(key)]
            if shown:
                self.ended[target] = self.ended.get(target, False) or any(map(_ended, shown))
                self.resting[target] = any(snap.get("is_idle") for snap in shown)

    def vouches(self, until: Until) -> bool:
        """Tell whether a success can rest on what was told."""
        if until in {Until.STARTED, Until.NOT_RUNNING}:
            return True
        if self.errors:
            return False
        shown = all(self.ended[target] or self.resting[target] for target in self.ended)
        return self.said_over or (bool(self.ended) and shown)


def _spelt(snap: JobSnap) -> dict[str, Any]:
    """Spell what counts of a snapshot that an embedder decoded."""
    moments = {"start-time": snap.start_time, "end-time": snap.end_time}
    return {
        "id": snap.id,
        "err": snap.err,
        "abort-err": snap.abort_err,
        "aborted": snap.aborted,
        "is_idle": snap.is_idle,
        **{key: moment.isoformat() for key, moment in moments.items() if moment},
    }


def _ended(snap: Mapping[str, Any]) -> bool:
    return all(snap.get(key, "0001")[:4] > "0001" for key in ("start-time", "end-time"))


def seen_of(request: Request, event: Event) -> Observation:
    """Read an answer as a driver and a machine do, and check that the server's words may be printed."""
    if not isinstance(event, Reply):
        return event
    refused = refuse(event.status, event.headers, _LIMIT)
    check_text(refused.message if refused else "")
    seen = decode(request, event)
    if isinstance(seen, Unusable):
        check_text(seen.message + seen.tcode + seen.place)
    return seen
