"""The words that tests of transcripts are written in: waits that are recorded, and their files."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from attrs import evolve

from ais_jobcore import Continue, JobWait, Reply, WaitOptions
from ais_jobcore.recording import Recorder, Transcript
from tests.builders import JOB, NOON_NS, UNKNOWN, reply, snap_document, status_document

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from ais_jobcore import Decision, WaitResult
    from ais_jobcore.recording.writing import RecordTo
    from tests.core.scripts import Event

HEADERS = {"content-type": "application/json", "Date": "Mon, 23 Nov 2026 12:00:00 GMT", "Server": "gw-7"}
START = 1234.5678
"""Where the clock stands at the start: differences of such floats are not what they seem."""


def status_reply(*, end: int = 0, err: str = "", **fields: object) -> Reply:
    """Make the reply to a query for a status."""
    return reply(status_document(end=end, err=err, **fields), headers=HEADERS)


def snaps_reply(state: str = "running", **fields: object) -> Reply:
    """Make the reply to a query for snapshots: of one target that runs, or has finished."""
    ended = {"end-time": "2026-11-23T12:01:00.123456789Z"} if state == "finished" else {}
    return reply({"t1": [snap_document(JOB, state, kind="copy-bck", **ended, **fields)]}, headers=HEADERS)


RUNS = status_reply()
LIFE: tuple[Event, ...] = (RUNS, RUNS, status_reply(end=NOON_NS), snaps_reply("finished"))
"""What a job that does well is seen to do."""


def make_wait(**settings: Any) -> JobWait:  # noqa: ANN401 - whatever a wait takes
    """Make a wait with a seed."""
    options = evolve(settings.pop("options", WaitOptions()), seed=7)
    return JobWait(**{"job_id": JOB, "kind": "copy-bck"} | settings, options=options)


def feed(operation: JobWait | Recorder, events: Iterable[Event]) -> list[Decision[WaitResult]]:
    """Start a wait, and let it have what comes: each 0.1 s after it was asked for, as long as it asks."""
    now = START
    decisions = [operation.start(now)]
    for event in events:
        if not isinstance(decisions[-1], Continue):
            break
        now += decisions[-1].delay + 0.1
        decisions.append(operation.handle(event, now))
    return decisions


def record(
    to: RecordTo,
    events: Iterable[Event] = LIFE,
    wait: JobWait | None = None,
    **settings: Any,  # noqa: ANN401 - whatever a recorder takes
) -> list[Decision[WaitResult]]:
    """Record a wait, and return its decisions."""
    with Recorder(wait or make_wait(), to, **settings) as recorder:
        return feed(recorder, events)


def lines(path: Path) -> list[dict[str, Any]]:
    """Return the documents of a transcript."""
    return [json.loads(line) for line in path.read_text("ascii").splitlines()]


def write(path: Path, documents: Iterable[object]) -> Path:
    """Write a transcript of documents."""
    path.write_text("".join(json.dumps(each) + "\n" for each in documents), "utf-8")
    return path


def written(path: Path, events: Iterable[Event] = LIFE, wait: JobWait | None = None) -> Transcript:
    """Record a wait, and read the transcript."""
    record(path, events, wait)
    return Transcript.load(path)


UNKNOWN_LIFE: tuple[Event, ...] = (UNKNOWN,) * 40
