"""The same answer told in other ways, and decisions without what came with them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from attrs import evolve

from ais_jobcore import Continue, Decision, Reply, WaitResult
from tests.builders import snap_document
from tests.proof.model.worlds import TARGETS

if TYPE_CHECKING:
    from random import Random

    from ais_jobcore import Request


def turned(told: Reply, random: Random) -> Reply:
    """Put the targets of a reply in another order, and the snapshots of each."""
    content = json.loads(told.body)
    if not isinstance(content, dict) or told.status != 200:
        return told
    for part in content.values():
        if isinstance(part, list):
            random.shuffle(part)
    return evolve(told, body=json.dumps(dict(random.sample([*content.items()], len(content)))).encode())


def crowded(told: Reply, request: Request, random: Random) -> Reply:
    """Put snapshots of another job beside those of a reply about one job."""
    content = json.loads(told.body)
    if told.status != 200 or "id" not in (request.json or {}) or "uuid" in content:
        return told
    states = ("running", "finished", "aborted", "idle")
    for target in TARGETS:
        other = snap_document("other", random.choice(states), "of another", kind="dsort")
        content.setdefault(target, []).insert(0, other)
    return evolve(told, body=json.dumps(content).encode())


def bare(decision: Decision[WaitResult] | None) -> object:
    """Leave out of a decision the reply that it hands on as it came."""
    if decision is None or isinstance(decision, Continue) or decision.result is None:
        return decision
    return evolve(decision, result=evolve(decision.result, snapshots=None))
