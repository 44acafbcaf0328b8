"""
Fuzzers of what else takes answers: groups of waits, told of by lists, and operations of one request.

As in the fuzzer of waits, the first piece of an input chooses what it is, and every further one is an answer.
"""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from ais_jobcore import (
    KINDS,
    BucketRef,
    Continue,
    Done,
    Fault,
    GroupWait,
    JobCoreError,
    JobWait,
    Reply,
    WaitResult,
    limits,
)
from ais_jobcore.machines import operations
from ais_jobcore.wire.observations import ActiveJobs
from tests.proof.fuzz.bytes import SEPARATOR, Choices
from tests.proof.fuzz.oracles import Witness, check_decision, seen_of
from tests.proof.fuzz.waits import OPTIONS, TIMEOUTS, UNTILS, answers, check_misuse

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ais_jobcore.machines.protocols import Event

MEMBERS: Final = (
    ("x3CgTG-3v", "copy-bck"),
    ("x3CgTG-3v", ""),
    ("g7", ""),
    ("a", "dsort"),
    ("b", "dsort"),
    ("dnl-1", ""),
    ("c", "archive"),
    ("d", "brand-new"),
)
GROUPS: Final[tuple[Sequence[object], ...]] = (("all", "first", "first-failure"), range(1, 5))
"""What the first piece of a group's input chooses; then four choices for each member."""
OF_MEMBERS: Final[tuple[Sequence[object], ...]] = (MEMBERS, TIMEOUTS, OPTIONS, UNTILS)


def run_group(data: bytes) -> None:
    """Drive a group, and check that every job ends once, for a reason of its own."""
    first, *pieces = data.split(SEPARATOR)
    choices = Choices(first)
    return_when, many = map(choices.one_of, GROUPS)
    waits = [_member(choices) for _ in range(many)]
    group = GroupWait(waits, return_when)
    decision, now = group.start(0.0), 0.0
    witnesses = [Witness() for _ in waits]
    endings = list(group.endings)
    for event, part, took in answers(pieces):
        check_decision(decision)
        if not isinstance(decision, Continue):
            break
        asked = (decision.request.json or {}).get("id")
        if asked is None and not isinstance(event, Reply | Fault):
            # Nobody but the group itself reads a list.
            continue
        seen = seen_of(decision.request, event)
        for index, (wait, witness) in enumerate(zip(waits, witnesses, strict=True)):
            if wait.state.job_id == asked:
                witness.hear(asked, event, seen)
            elif isinstance(seen, ActiveJobs) and index in group._asked.riders:
                _hear_list(wait.state.job_id, witness, event, seen)
        now = now + decision.delay * part + took
        decision = group.handle(event, now)
        for before, after in zip(endings, group.endings, strict=True):
            assert before is None or before is after
        endings = list(group.endings)
    check_decision(decision)
    for wait, witness, ending in zip(waits, witnesses, endings, strict=True):
        assert ending is None or isinstance(ending, WaitResult | JobCoreError)
        assert (ending is None) is isinstance(wait.decision, Continue)
        if isinstance(wait.decision, Done):
            assert witness.vouches(wait.state.question.until), witness
    check_misuse(group)


def _hear_list(job_id: str, witness: Witness, event: Event, seen: ActiveJobs) -> None:
    """Let a witness hear a list of snapshots; a job of a kind that nobody knows is not told of it."""
    listing = seen.jobs.get(job_id)
    if listing is not None and listing.own and listing.kind in KINDS:
        witness.hear_snapshots(job_id, json.loads(event.body))


def _member(choices: Choices) -> JobWait:
    (job_id, kind), timeout, options, until = map(choices.one_of, OF_MEMBERS)
    return JobWait(job_id, kind, timeout, until, options=options)


OPERATIONS: Final[tuple[Callable[..., operations.Call[Any]], ...]] = (
    partial(operations.start, "lru", force=True, buckets=(BucketRef("data"),)),
    partial(operations.stop, "x3CgTG-3v"),
    partial(operations.stop, kind="lru"),
    partial(operations.status, "x3CgTG-3v"),
    partial(operations.details, "x3CgTG-3v", "copy-bck"),
    partial(operations.details, "", "copy-bck"),
    partial(operations.total_time, "x3CgTG-3v", ""),
)


class _Operation:
    """Let an operation be looked at like a wait."""

    def __init__(self, call: operations.Call[Any]) -> None:
        self._call = call
        self.decision: Any = None

    def start(self, now: float) -> Any:
        """Begin."""
        self.decision = self._call.start(now)
        return self.decision

    def handle(self, event: Event, now: float) -> Any:
        """Take an answer."""
        self.decision = self._call.handle(event, now)
        return self.decision


def run_operation(data: bytes) -> None:
    """Drive an operation of one request: it ends after five attempts and a fresh token at most."""
    first, *pieces = data.split(SEPARATOR)
    choices = Choices(first)
    operation = _Operation(choices.one_of(OPERATIONS)(options=choices.one_of(OPTIONS)))
    decision, sent = operation.start(0.0), 1
    for event, _, _ in answers(pieces):
        check_decision(decision)
        if not isinstance(decision, Continue):
            break
        seen_of(decision.request, event)
        decision = operation.handle(event, 0.0)
        sent += isinstance(decision, Continue)
        assert sent <= limits.ATTEMPTS + 1
    check_decision(decision)
    check_misuse(operation)
