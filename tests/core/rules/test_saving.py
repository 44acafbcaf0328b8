"""Waits that are saved and continued, elsewhere and later."""

from __future__ import annotations

import json
import math
import os
import re
import subprocess
import sys
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from ais_jobcore import (
    BucketRef,
    Continue,
    Fault,
    FaultKind,
    JobStatus,
    JobWait,
    Outcome,
    Reply,
    TargetState,
    Timeout,
    WaitOptions,
)
from ais_jobcore.proofs import TargetView
from ais_jobcore.rules.saving import _require_whole
from ais_jobcore.rules.state import Phase, Quiet, learned
from tests.builders import (
    JOB,
    MALFORMED,
    NO_TOKEN,
    OVER,
    REFUSED,
    RUNNING,
    TARGET_DOWN,
    UNKNOWN,
    seen,
    snap,
    status,
)
from tests.core.scripts import ACTIVE, SNAPS, STATUS, Told, altered, live, tell

BODY = (
    b'{"t1":[{"id":"x3CgTG-3v","kind":"copy-bck","start-time":"2026-11-23T12:00:00.123456789Z",'
    b'"end-time":"2026-11-23T12:01:00Z","bck":{"name":"a","provider":"ais","namespace":{"uuid":"u","name":"n"}},'
    b'"stats":{"loc-objs":"5"},"glob.id":"1026","ext":{"deep":[1,{"x":null}]},"err":"","is_idle":true}]}'
)
SEEN = seen("dsort", t1="running", t2=snap("idle", "o1 missing"))
SCRIPTS: dict[str, Told] = {
    "not started": Told(JobWait(JOB, "lru", timeout=None), 0.0),
    "started": tell(JobWait(JOB, "lru")),
    "searching": tell(JobWait("", "lru", bucket=BucketRef("b", "aws", {"uuid": "u"})), (ACTIVE, UNKNOWN)),
    "watching": tell(JobWait(JOB, "copy-bck", options=WaitOptions(seed=9, endpoints=2)), (STATUS, RUNNING)),
    "targets": tell(JobWait(JOB, "dsort"), (SNAPS, SEEN), (SNAPS, seen("dsort", t2="idle"))),
    "confirming": tell(JobWait(JOB, "archive"), (SNAPS, seen("archive", t1="idle"))),
    "detail": tell(JobWait(JOB, "copy-bck"), (STATUS, OVER)),
    "dispute": tell(JobWait(JOB, "copy-bck"), (STATUS, OVER), (SNAPS, seen(t1="running"))),
    "report": tell(JobWait(JOB, "copy-bck"), (STATUS, status("e", aborted=True))),
    "seeking": tell(JobWait(JOB, "copy-bck"), (STATUS, (2.0, UNKNOWN))),
    "faults": tell(JobWait(JOB, "dsort"), (SNAPS, REFUSED), (SNAPS, TARGET_DOWN), (SNAPS, MALFORMED)),
    "token": tell(JobWait(JOB, "dsort"), (SNAPS, NO_TOKEN)),
    "misspelt": tell(JobWait(JOB, "misspelt"), (SNAPS, UNKNOWN)),
    "kind that nobody waits for": tell(JobWait(JOB), (SNAPS, seen("summary-bck", t1="running"))),
    "until": tell(JobWait(JOB, "copy-bck", until="not-running"), (SNAPS, seen(t1="running"))),
    "done": tell(JobWait(JOB, "copy-bck"), (STATUS, OVER), (SNAPS, Reply(200, BODY))),
    "failed": tell(JobWait(JOB, "dsort"), (SNAPS, seen("dsort", t1="aborted", t2="finished"))),
    "not found": live(JobWait(JOB, "copy-bck"), lambda *_: UNKNOWN),
    "several": tell(
        JobWait("", "lru"), (ACTIVE, seen("lru", t1=[snap(kind="lru"), snap(kind="lru", job_id="b")]))
    ),
    "refused": tell(JobWait(JOB, "dsort"), (SNAPS, NO_TOKEN), (SNAPS, NO_TOKEN)),
    "malformed": live(JobWait(JOB, "dsort"), lambda *_: MALFORMED),
    "unreachable": live(JobWait(JOB, "dsort"), lambda *_: REFUSED),
    "timed out": live(JobWait(JOB, "dsort", timeout=9.0), lambda _, at: SEEN if at < 5 else REFUSED),
}


@pytest.mark.parametrize("told", SCRIPTS.values(), ids=SCRIPTS)
def test_round_trip(told: Told) -> None:
    """State and decision come back equal, wherever the wait is; what is saved again is the same text."""
    text = told.wait.save()
    loaded = JobWait.load(text, told.now)
    assert told.wait.state == loaded.state
    assert told.wait.decision == loaded.decision
    assert text == loaded.save()


def test_cause_comes_back() -> None:
    """The cause of a time-out is part of it."""
    loaded = JobWait.load(SCRIPTS["timed out"].wait.save(), 9.0)
    assert isinstance(loaded.decision.error, Timeout)
    assert SCRIPTS["timed out"].decision.error.__cause__ == loaded.decision.error.__cause__ is not None


def test_result_comes_back_whole() -> None:
    """Snapshots with nanoseconds, buckets, counters and whatever the kind adds are in the text."""
    result = JobWait.load(SCRIPTS["done"].wait.save(), 0.0).decision.result
    (shown,) = result.snapshots.list_snapshots()
    assert (5, (2, 1, 0), {"deep": [1, {"x": None}]}) == (
        shown.stats.objects,
        shown.unpack_glob_id(),
        shown.ext,
    )
    assert {"uuid": "u", "name": "n"} == shown.bucket.namespace
    assert 789 == shown.start_time_ns % 1000
    assert result.end_time == shown.end_time


@pytest.mark.parametrize("told", SCRIPTS.values(), ids=SCRIPTS)
def test_misuse_is_noticed_after_loading(told: Told) -> None:
    """A loaded wait is started once, and knows whether it is over."""
    loaded = JobWait.load(told.wait.save(), told.now)
    loaded.start(0.0)
    with pytest.raises(RuntimeError):
        loaded.start(0.0)
    if not isinstance(loaded.decision, Continue):
        with pytest.raises(RuntimeError):
            loaded.handle(UNKNOWN, 0.0)


def test_other_clock() -> None:
    """A wait goes on where it was, on whatever clock; the pending request is sent again."""
    told = tell(JobWait(JOB, "dsort", timeout=10.0), (SNAPS, (4.0, SEEN)), at=1000.0)
    loaded = JobWait.load(told.wait.save(), -7.0)
    assert told.decision == loaded.decision
    assert told.wait.state.now == loaded.state.now
    assert -11.0 == loaded.state.question.started_at
    assert "asked 2 times in 4.0 s, 6.0 s left" in loaded.explain(-7.0)


def test_down_time_counts() -> None:
    """The seconds between save and load count against the time-out; the pending request may be overdue."""
    told = tell(JobWait(JOB, "archive", timeout=10.0), (SNAPS, (1.0, seen("archive", t1="idle"))))
    assert 2.0 == told.pending.delay
    soon = JobWait.load(told.wait.save(), 0.0, elapsed=0.5)
    assert 1.5 == soon.decision.delay
    late = JobWait.load(told.wait.save(), 0.0, elapsed=100.0)
    assert 0.0 == late.decision.delay
    end = late.handle(seen("archive", t1="running"), 0.0)
    assert isinstance(end.error, Timeout)
    again = JobWait.load(told.wait.save(), 0.0, elapsed=100.0).handle(seen("archive", t1="idle"), 0.0)
    assert Outcome.IDLE is again.result.outcome


@pytest.mark.parametrize("elapsed", [-1.0, -math.inf, math.inf, math.nan])
def test_down_time_is_a_time(elapsed: float) -> None:
    """Time neither runs backwards nor for ever."""
    with pytest.raises(ValueError, match="elapsed is a number of seconds from 0"):
        JobWait.load(SCRIPTS["started"].wait.save(), 0.0, elapsed)


# What is not a saved wait.


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "not a saved wait"),
        ("{", "not a saved wait"),
        ("[" * 100_000, "not a saved wait"),
        ("null", "no format"),
        ("[]", "no format"),
        ("{}", "no format"),
        ('{"format": "other"}', "no format"),
        ('{"format": "ais-jobcore.wait"}', "version None"),
        ('{"format": "ais-jobcore.wait", "version": 2}', "version 2; this library reads version 1"),
        ('{"format": "ais-jobcore.wait", "version": 1}', "not a saved wait"),
        ('{"format": "ais-jobcore.wait", "version": 1, "state": 5, "decision": null}', "not a saved wait"),
    ],
)
def test_not_a_saved_wait(text: str, words: str) -> None:
    """Other texts are a ``ValueError`` that says what is wrong with them."""
    with pytest.raises(ValueError, match=words):
        JobWait.load(text, 0.0)


@pytest.mark.parametrize(
    ("name", "value"), [("phase", "nowhere"), ("until", 5), ("options", {"grace": -1}), ("polls", "many")]
)
def test_place_is_named(name: str, value: object) -> None:
    """What is wrong inside is named by its place."""
    document = json.loads(SCRIPTS["started"].wait.save())
    document["state"][name] = value
    with pytest.raises(ValueError, match=rf"\b{name}\b"):
        JobWait.load(json.dumps(document), 0.0)


YEAR_1, YEAR_10000 = -62_135_596_800 * 10**9, 253_402_300_800 * 10**9
ASKS_ANOTHER = {"what": "sightings", "json": {"id": "another"}}


@pytest.mark.parametrize(
    ("script", "changes"),
    [
        ("started", {"phase": "over"}),
        ("done", {"phase": "watch"}),
        ("failed", {"phase": "seek"}),
        ("not started", {"phase": "confirm"}),
        ("started", {"job_id": ""}),
        ("searching", {"phase": "watch"}),
        ("started", {"pending": None}),
        ("watching", {"endpoint": 2}),
        ("watching", {"endpoint": -1}),
        ("faults", {"spent": [0.0, 1.0]}),
        ("started", {"timeout": -1.0}),
        ("started", {"timeout": math.inf}),
        ("started", {"now": -1.0}),
        ("started", {"due": math.nan}),
        ("confirming", {"quiet_since": math.inf}),
    ],
)
def test_what_no_wait_can_be_is_refused(script: str, changes: dict[str, object]) -> None:
    """A damaged wait does not break hours later: what cannot be true of any is an error when it is loaded."""
    document = json.loads(SCRIPTS[script].wait.save())
    document["state"].update(changes)
    with pytest.raises(ValueError, match=r"^not a saved wait: \w+ does not go with the rest of it$"):
        JobWait.load(json.dumps(document), 0.0)


def test_request_of_another_job_is_refused() -> None:
    """A saved wait asks for its own job."""
    document = json.loads(SCRIPTS["started"].wait.save())
    document["state"]["pending"] = document["decision"]["request"] = ASKS_ANOTHER
    with pytest.raises(ValueError, match="pending"):
        JobWait.load(json.dumps(document), 0.0)


@pytest.mark.parametrize(
    "forged",
    [
        {"what": "stop", "json": {"action": "stop", "value": {"Kind": "rebalance"}}},
        {"what": "start", "json": {"action": "start", "value": {"Kind": "lru"}}},
        {"what": "stop"},
        {"what": "names", "json": {}},
        {"json": {"kind": "lru", "show_active": True}},
        {"json": {}},
        {"json": None},
        {"endpoint": -7},
        {"endpoint": 1},
        {"timeout": -5.0},
        {"timeout": 21.0},
    ],
)
@pytest.mark.parametrize("wait", [JobWait(kind="rebalance"), JobWait("tco-1", "copy-bck")])
def test_forged_request_is_refused(wait: JobWait, forged: dict[str, Any]) -> None:
    """A saved wait sends only what it would ask by itself: a file cannot start or stop jobs."""
    fresh = JobWait.of(wait.state)
    fresh.start(0.0)
    document = json.loads(fresh.save())
    request = document["decision"]["request"]
    changed = {**request, **forged}
    document["state"]["pending"] = document["decision"]["request"] = changed
    with pytest.raises(ValueError, match=r"^not a saved wait: pending does not go with the rest of it$"):
        JobWait.load(json.dumps(document), 0.0)


def test_wait_that_was_not_started_has_no_request_pending() -> None:
    """A file cannot put one there for the start to take."""
    wait = JobWait("tco-1", "copy-bck")
    document = json.loads(wait.save())
    wait.start(0.0)
    document["state"]["pending"] = json.loads(wait.save())["state"]["pending"]
    with pytest.raises(ValueError, match=r"^not a saved wait: pending does not go with the rest of it$"):
        JobWait.load(json.dumps(document), 0.0)


def test_moment_of_a_fault_is_counted_from_the_start() -> None:
    """On another clock it is as long ago as on the first."""
    wait = JobWait("tco-1", "copy-bck")
    wait.start(100.0)
    wait.handle(Fault(FaultKind.TIMEOUT, sent_at=101.0), 103.0)
    loaded = JobWait.load(wait.save(), 7.0)
    assert Fault(FaultKind.TIMEOUT, sent_at=1.0) == wait.state.faults.last == loaded.state.faults.last


def test_too_many_endpoints_are_refused() -> None:
    """A number in a file takes no memory: each endpoint has an account."""
    document = json.loads(SCRIPTS["started"].wait.save())
    document["state"]["options"]["endpoints"] = 10_000
    JobWait.load(json.dumps(document), 0.0)
    document["state"]["options"]["endpoints"] = 10_001
    with pytest.raises(ValueError, match=r"options\.endpoints"):
        JobWait.load(json.dumps(document), 0.0)


@pytest.mark.parametrize(
    ("moment", "good"), [(YEAR_1, True), (YEAR_10000 - 1, True), (YEAR_1 - 1, False), (YEAR_10000, False)]
)
def test_moments_are_those_of_a_datetime(moment: int, good: bool) -> None:
    """Times of targets and of a status lie within the years that a result can show."""
    for script, place, key in (
        ("targets", "targets", "start_ns"),
        ("targets", "targets", "end_ns"),
        ("detail", "status", "end_time"),
    ):
        document = json.loads(SCRIPTS[script].wait.save())
        found = document["state"][place]
        (found[0] if place == "targets" else found)[key] = moment
        with nullcontext() if good else pytest.raises(ValueError, match=place):
            JobWait.load(json.dumps(document), 0.0)


SAVED = [json.loads(told.wait.save()) for told in SCRIPTS.values()]
JUNK = st.none() | st.integers() | st.text(max_size=3) | st.lists(st.none(), max_size=2) | st.just({})


def places(document: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """List all places in a document."""
    inner = (
        document.items()
        if isinstance(document, dict)
        else enumerate(document)
        if isinstance(document, list)
        else ()
    )
    return [path, *(each for key, value in inner for each in places(value, (*path, key)))]


@given(st.data(), st.sampled_from(SAVED), JUNK)
def test_damaged_text_is_refused_or_read(data: st.DataObject, saved: object, junk: object) -> None:
    """However a saved wait is damaged, loading it works or is a ``ValueError``."""
    document = json.loads(json.dumps(saved))
    *path, last = data.draw(st.sampled_from(places(document)[1:]))
    inner = document
    for key in path:
        inner = inner[key]
    inner[last] = junk
    with suppress(ValueError):
        loaded = JobWait.load(json.dumps(document), 0.0)
        if isinstance(loaded.decision, Continue):
            loaded.handle(Fault(FaultKind.TIMEOUT), 1.0)


def test_same_text_in_every_process() -> None:
    """The text does not depend on the hash seed of the process."""
    code = (
        "from ais_jobcore import *;w=JobWait('j','lru',options=WaitOptions(grace=.1));w.start(0);"
        "w.handle(NotFound(),1);w.handle(NotFound(),2);print(w.save())"
    )
    texts = {
        subprocess.run(  # noqa: S603 - the command is our own
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert 1 == len(texts)


def test_error_of_a_fault_comes_back() -> None:
    """Every error that can end a wait can be saved."""
    wait = JobWait(JOB, "dsort")
    wait.start(0.0)
    wait.handle(Fault(FaultKind.TLS, "expired"), 0.0)
    assert wait.decision == JobWait.load(wait.save(), 0.0).decision


BROKEN_RULES = [
    ("phase", {"phase": Phase.OVER}),
    ("job_id", {"job_id": ""}),
    ("pending", {"pending": None}),
    ("options.endpoints", {"options": WaitOptions(endpoints=10_001)}),
    ("endpoint", {"endpoint": 1}),
    ("endpoint", {"endpoint": -1}),
    ("spent", {"spent": (0.0, 1.0)}),
    ("timeout", {"timeout": -1.0}),
    ("timeout", {"timeout": math.inf}),
    ("now", {"now": -1.0}),
    ("due", {"due": math.nan}),
    ("quiet_since", {"quiet": Quiet(math.inf, 1)}),
    ("targets", {"targets": (TargetView("t1", TargetState.RUNNING, start_ns=YEAR_10000),)}),
    ("status", {"status": JobStatus(end_time=YEAR_1 - 1)}),
]


@pytest.mark.parametrize(("name", "changes"), BROKEN_RULES)
def test_error_names_what_does_not_go_with_the_rest(name: str, changes: dict[str, object]) -> None:
    """It is one word of the state, so that whoever damaged it knows where."""
    wait = JobWait(JOB, "lru", 60.0)
    decision = wait.start(0.0)
    _require_whole(wait.state, decision)
    with pytest.raises(
        ValueError, match=rf"^not a saved wait: {re.escape(name)} does not go with the rest of it$"
    ):
        _require_whole(altered(wait.state, **changes), decision)


def test_error_names_what_a_wait_that_was_not_started_cannot_be() -> None:
    """It can be in no other phase than the first, and asks for no other job than its own."""
    wait = JobWait(JOB, "lru", 60.0)
    with pytest.raises(ValueError, match=r"^not a saved wait: phase does not go with the rest of it$"):
        _require_whole(evolve(wait.state, phase=Phase.SEEK), None)
    decision = wait.start(0.0)
    assert isinstance(decision, Continue)
    request = evolve(decision.request, job_id="another")
    with pytest.raises(ValueError, match=r"^not a saved wait: pending does not go with the rest of it$"):
        _require_whole(evolve(wait.state, pending=request), evolve(decision, request=request))


def test_text_is_sorted() -> None:
    """So that two saved waits can be compared, line by line."""
    text = SCRIPTS["started"].wait.save()
    assert text == json.dumps(json.loads(text), sort_keys=True)


def test_wait_that_looks_done_from_the_beginning() -> None:
    """A first look at the very start is one."""
    wait = JobWait(JOB, "lru", 60.0)
    decision = wait.start(0.0)
    _require_whole(altered(wait.state, quiet=Quiet(0.0, 1)), decision)


SAVED = [
    json.loads(line)
    for line in Path(__file__).with_name("saved").joinpath("before-1.0.jsonl").read_text("utf-8").splitlines()
]


@pytest.mark.parametrize("saved", SAVED, ids=[each["name"] for each in SAVED])
def test_waits_of_earlier_versions_are_read(saved: dict[str, Any]) -> None:
    """They come back as they were, and are written again in the same words; today's are written like them."""
    loaded = JobWait.load(saved["saved"], saved["now"])
    assert saved["saved"] == loaded.save()
    told = SCRIPTS[saved["name"]]
    assert (told.wait.state, told.wait.decision) == (loaded.state, loaded.decision)
    assert saved["saved"] == told.wait.save()


def test_saved_wait_sends_nothing_but_what_it_asks() -> None:
    """Method, path and query of a saved request are for people to read: it is made anew of what it asks."""
    document = json.loads(SCRIPTS["watching"].wait.save())
    for request in (document["state"]["pending"], document["decision"]["request"]):
        request |= {"method": "PUT", "path": ":80/steal", "query": {"what": "x"}}
    loaded = JobWait.load(json.dumps(document), 0.0).decision
    assert isinstance(loaded, Continue)
    assert ("GET", "/v1/cluster", {"what": "status"}) == (
        loaded.request.method,
        loaded.request.path,
        loaded.request.query,
    )


def test_fields_that_are_missing_are_at_their_default() -> None:
    """What a saved wait leaves out is as in a wait that was not started."""
    document = json.loads(SCRIPTS["started"].wait.save())
    for name in ("faults", "quiet_since", "quiet_targets", "polls", "targets"):
        del document["state"][name]
    assert JobWait.load(json.dumps(document), 0.0).state.polls == 0
    document["state"]["quiet_since"] = 1.5
    assert Quiet(1.5, 0) == JobWait.load(json.dumps(document), 0.0).state.known.quiet


def test_age_of_a_job_is_saved_where_it_is_known() -> None:
    """Most waits do not know it, and their text does not name it."""
    wait = JobWait("tco-1", "copy-bck")
    assert "ahead" not in json.loads(wait.save())["state"]
    older = JobWait.of(learned(wait.state, ahead=5.0))
    assert 5.0 == JobWait.load(older.save(), 0.0).state.known.ahead
