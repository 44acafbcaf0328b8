"""Crowds of jobs in virtual time, answered for at next to no cost."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ais_jobcore import Reply
from ais_jobcore.queries import Query

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ais_jobcore import Request

ENDS_AT = 0.1
STATUS = '{{"kind":"copy-bck","uuid":"{}","err":"","end_time":{},"aborted":false}}'
FINISHED = (
    '{{"t1":[{{"id":"{}","kind":"copy-bck","err":"","is_idle":true,'
    '"start-time":"2026-01-01T00:00:00Z","end-time":"2026-01-01T00:00:01Z"}}]}}'
)


def crowd(count: int) -> tuple[list[str], Callable[[Request, float], Reply]]:
    """Make ids, and what answers for their jobs: all run, and finish at the same moment."""
    ids = [f"J{place:08}" for place in range(count)]
    return ids, _answering(ids)


def _answering(ids: Sequence[str]) -> Callable[[Request, float], Reply]:
    lists = {
        Query.STATUSES: Reply(200, f"[{','.join(STATUS.format(each, 0) for each in ids)}]".encode()),
        Query.NAMES: Reply(200, json.dumps([f"copy-bck[{each}]" for each in ids]).encode()),
    }

    def answer(request: Request, now: float) -> Reply:
        if request.what in lists:
            return lists[request.what] if now < ENDS_AT else Reply(200, b"null")
        job_id = (request.json or {})["id"]
        if request.what is Query.STATUS:
            return Reply(200, STATUS.format(job_id, 0 if now < ENDS_AT else 5).encode())
        return Reply(200, FINISHED.format(job_id).encode())

    return answer
