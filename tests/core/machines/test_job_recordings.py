"""
Waits for the jobs of a real cluster, replayed from any moment of their lives, with and without their kinds.

The truth is in the index: what became of each job, and when that was first seen on each target.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from ais_jobcore import (
    Abort,
    Done,
    Fault,
    JobInfoNotFound,
    JobWait,
    Outcome,
    Reply,
    RequestFailed,
    TargetState,
    Timeout,
    WaitOptions,
    WaitResult,
)
from ais_jobcore.errors import ProtocolError
from ais_jobcore.testing import Recording, ReplayTransport, VirtualClock, run, run_all
from ais_jobcore.wire.models import read_snapshots

FOLDER = Path(__file__).parents[2] / "recordings"
INDEX: dict[str, Any] = json.loads((FOLDER / "index.json").read_text("utf-8"))
JOBS = [(name, job_id) for name, entry in INDEX.items() for job_id in entry["jobs"]]
ENDED = [(name, job_id) for name, job_id in JOBS if not job_id.startswith("tco-")]
"""All but those that only went idle."""
PHASES = 200
Ending = Done[WaitResult] | Abort[WaitResult]


@cache
def recording(name: str) -> Recording:
    """Load a recording, once."""
    return Recording.load(FOLDER / f"{name}.jsonl.gz")


def known_kind(name: str, job_id: str) -> str:
    """Tell the kind of a job as the table has it."""
    return "download" if job_id.startswith("dnl-") else INDEX[name]["jobs"][job_id]["kind"]


def truth(name: str, job_id: str) -> tuple[Outcome, float]:
    """Tell how a job ended, and when the last target was seen to be done."""
    entry = INDEX[name]["jobs"][job_id]
    targets = entry["targets"].values()
    seen_done = [each.get("idle_seen_at", each.get("ended_seen_at", 0.0)) for each in targets]
    moment = max(seen_done, default=entry.get("status_ended_seen_at", 0.0))
    if entry.get("status_aborted") or any("abort_err" in each for each in targets):
        return Outcome.ABORTED, moment
    if entry.get("status_err") or any("err" in each for each in targets):
        return Outcome.FINISHED_WITH_ERRORS, moment
    return (Outcome.IDLE if any("idle_seen_at" in each for each in targets) else Outcome.FINISHED), moment


@cache
def seen_unfinished(name: str, job_id: str) -> bool:
    """Tell whether the recording shows the job before its end: only then do the moments of the index bind."""
    for exchange in recording(name).exchanges:
        body = exchange.answer.body if isinstance(exchange.answer, Reply) else b""
        if f"id={job_id}" not in exchange.key or b'"end' not in body:
            continue
        if b'"end_time":0' in body:
            return True
        try:
            snaps = read_snapshots(body).list_snapshots()
        except ProtocolError:  # it is a status
            continue
        if any(snap.state in {TargetState.RUNNING, TargetState.NOT_STARTED} for snap in snaps):
            return True
    return False


def replay(name: str, wait: JobWait, started_at: float) -> tuple[Ending, float, float]:
    """Run a wait from a moment of a recording; return its end, its moment, and when it asked last."""
    clock = VirtualClock(started_at)
    transport = ReplayTransport(recording(name), clock, started_at)
    end = run(wait, transport, clock, limit=5000)
    return end, clock.now(), transport.sent_at[-1]


def error_of(end: Ending) -> Exception:
    """Return the error of an end that is about the wait."""
    assert isinstance(end, Abort), end
    assert end.error is not None, end
    return end.error


def result_of(end: Ending) -> WaitResult:
    """Return the result of an end that is about the job."""
    assert end.result is not None, end
    return end.result


def check_moment(name: str, job_id: str, now: float, asked: float) -> None:
    """Check that a success was not reported before the job was done, nor while it was busy again."""
    entry = INDEX[name]["jobs"][job_id]
    if seen_unfinished(name, job_id):
        assert now >= truth(name, job_id)[1]
    begin, end = entry.get("busy_again_between", (0.0, 0.0))
    assert not begin <= asked < end


def moments(name: str, count: int = PHASES) -> list[float]:
    """Spread moments evenly over a recording."""
    return [INDEX[name]["seconds"] * place / count for place in range(count)]


@pytest.mark.parametrize("kind_given", [True, False], ids=["kind", "no kind"])
@pytest.mark.parametrize(("name", "job_id"), JOBS, ids=[name for name, _ in JOBS])
def test_every_job_from_every_moment(name: str, job_id: str, kind_given: bool) -> None:
    """
    Whenever a wait starts, whatever its seed and time-out, it tells the right end.

    A success is never told before the last target was done, and not long after, either.
    """
    kind = known_kind(name, job_id) if kind_given else ""
    outcome, moment = truth(name, job_id)
    timeouts = (300.0, 300.0, None, 86_400.0)
    for place, started_at in enumerate(moments(name)):
        wait = JobWait(job_id, kind, timeouts[place % 4], options=WaitOptions(seed=place))
        end, now, asked = replay(name, wait, started_at)
        result = result_of(end)
        assert (outcome, outcome.success) == (result.outcome, result.success)
        assert isinstance(end, Done) == result.success
        assert (result.error is None) == result.success
        if result.success:
            check_moment(name, job_id, now, asked)
        if outcome is Outcome.FINISHED:
            assert now <= max(started_at, moment) + 3.0


@pytest.mark.parametrize("timeout", [0.0, 0.2, 1.0, 2.5, 6.0])
@pytest.mark.parametrize(("name", "job_id"), JOBS, ids=[name for name, _ in JOBS])
def test_short_timeouts(name: str, job_id: str, timeout: float) -> None:
    """With too little time a wait times out, or tells the right end: never another one, never too early."""
    outcome = truth(name, job_id)[0]
    for place, started_at in enumerate(moments(name, 20)):
        kind = known_kind(name, job_id) if place % 2 else ""
        wait = JobWait(job_id, kind, timeout, options=WaitOptions(seed=place))
        end, now, asked = replay(name, wait, started_at)
        assert now <= started_at + timeout + 3.0
        if isinstance(end, Abort) and end.error is not None:
            assert isinstance(end.error, Timeout)
            continue
        result = result_of(end)
        assert outcome is result.outcome
        if result.success and not any("the deadline came before" in note for note in result.notes):
            check_moment(name, job_id, now, asked)


@pytest.mark.parametrize("kind", ["misspelt", "lru", "copy-objects", "blob-download", "rebalance"])
@pytest.mark.parametrize(("name", "job_id"), JOBS, ids=[name for name, _ in JOBS])
def test_wrong_and_misspelt_kinds(name: str, job_id: str, kind: str) -> None:
    """A wrong or misspelt kind with a right id does no harm."""
    outcome = truth(name, job_id)[0]
    for place, started_at in enumerate(moments(name, 8)):
        end, now, asked = replay(name, JobWait(job_id, kind, options=WaitOptions(seed=place)), started_at)
        result = result_of(end)
        assert outcome is result.outcome
        if result.success:
            check_moment(name, job_id, now, asked)


# What the index says of single jobs.


@pytest.mark.parametrize("kind", ["", "copy-listrange", "copy-objects"])
def test_missing_objects(kind: str) -> None:
    """A copy of which half the objects are missing fails with the texts of all three targets (E2, R3)."""
    targets = INDEX["copy-objects-some-missing"]["jobs"]["tco-tJoBKycCof"]["targets"]
    texts = {target: each["err"] for target, each in targets.items()}
    assert 3 == len(texts)
    for started_at in moments("copy-objects-some-missing", 50):
        end, now, _ = replay("copy-objects-some-missing", JobWait("tco-tJoBKycCof", kind), started_at)
        result = result_of(end)
        assert (False, texts) == (result.success, dict(result.errors))
        assert all(text in (result.error or "") for text in texts.values())
        assert now >= truth("copy-objects-some-missing", "tco-tJoBKycCof")[1]


@pytest.mark.parametrize("kind", ["", "delete-listrange"])
def test_errors_that_status_all_hides(kind: str) -> None:
    """A deletion of missing names fails with the texts of every target, though ``status_all`` has none."""
    entry = INDEX["delete-missing-status-vs-all"]["jobs"]["r0yO3fsNk"]
    texts = {target: each["err"] for target, each in entry["targets"].items()}
    end, *_ = replay("delete-missing-status-vs-all", JobWait("r0yO3fsNk", kind), 0.0)
    result = result_of(end)
    assert (Outcome.FINISHED_WITH_ERRORS, texts) == (result.outcome, dict(result.errors))


@pytest.mark.parametrize("kind", ["", "copy-bck"])
def test_killed_target(kind: str) -> None:
    """A job that lost a target fails, through 29 s of 400 answers from snapshots, and soon."""
    for started_at in moments("target-killed", 100):
        end, now, _ = replay("target-killed", JobWait("V31shYGP3C", kind), started_at)
        result = result_of(end)
        assert not result.success
        assert "broken pipe" in (result.error or "") or "IC(notifications) abort" in (result.error or "")
        assert now <= max(started_at, 1.7) + 5.0


@pytest.mark.parametrize("kind", ["", "copy-bck", "misspelt"])
def test_finished_long_ago(kind: str) -> None:
    """A job that the proxies have forgotten, and the targets show as finished, succeeded (R2, V2)."""
    end, *_ = replay("finished-long-ago", JobWait("o80Rr-sQk", kind), 0.0)
    assert {TargetState.FINISHED} == set(result_of(end).targets.values())
    assert result_of(end).success


@pytest.mark.parametrize("kind", ["", "rebalance", "copy-bck"])
def test_rebalance_that_targets_did_not_know_at_first(kind: str) -> None:
    """The 404 right after the start ends nothing; the abort 3 s later does, with its text on every target."""
    end, now, _ = replay("rebalance-aborted", JobWait("g3", kind), 0.0)
    result = result_of(end)
    assert (Outcome.ABORTED, 3) == (result.outcome, len(result.targets))
    assert "user abort" == result.error
    assert now >= 3.0


@pytest.mark.parametrize("until", ["not-running", "started", "finished", "idle"])
def test_rebalance_whatever_is_waited_for(until: str) -> None:
    """Nor does it mean that the rebalance does not run, or has started."""
    end, now, _ = replay("rebalance-aborted", JobWait("g3", until=until), 0.0)
    assert (until in {"not-running", "started"}) == result_of(end).success
    if until == "started":
        assert now < 1.5
    else:
        assert now > 3.0


@pytest.mark.parametrize("seed", range(40))
def test_idle_and_busy_again(seed: int) -> None:
    """A job that goes idle, is given more work and goes idle again is idle only then."""
    for started_at in moments("copy-objects-idle-rebusy", 40):
        wait = JobWait("tco-chyJWPmCEj", options=WaitOptions(seed=seed))
        end, now, asked = replay("copy-objects-idle-rebusy", wait, started_at)
        assert Outcome.IDLE is result_of(end).outcome
        assert not 7.446 <= asked < 14.245
        # The first rest lasted 1.2 s, which is not enough to be believed.
        assert now >= 14.245


def test_idle_is_not_finished() -> None:
    """``finished`` waits through idleness, and times out on a job that lingers."""
    end, *_ = replay("copy-objects-idle", JobWait("tco-eCqsltwuaW", until="finished", timeout=150.0), 0.0)
    error = error_of(end)
    assert isinstance(error, Timeout)
    assert {TargetState.IDLE} == set(error.targets.values())


@pytest.mark.parametrize("kind", ["", "download", "copy-bck", "misspelt"])
def test_download(kind: str) -> None:
    """A download succeeds by its ``dnl-`` id, and nobody but the proxies is asked."""
    clock = VirtualClock()
    transport = ReplayTransport(recording("download"), clock)
    end = run(JobWait("dnl-Z1xME2sPxv", kind), transport, clock)
    assert result_of(end).success
    assert {"status"} == {request.query["what"] for request in transport.sent}


@pytest.mark.parametrize("until", ["single", "finished"])
@pytest.mark.parametrize(("name", "job_id"), ENDED, ids=[name for name, _ in ENDED])
def test_other_ends(name: str, job_id: str, until: str) -> None:
    """Waiting for the end of every target gives the same end where there is one."""
    outcome, _ = truth(name, job_id)
    for place, started_at in enumerate(moments(name, 20)):
        wait = JobWait(job_id, until=until, options=WaitOptions(seed=place))
        end, now, asked = replay(name, wait, started_at)
        assert outcome is result_of(end).outcome
        if outcome.success:
            check_moment(name, job_id, now, asked)


@pytest.mark.parametrize(("name", "job_id"), JOBS, ids=[name for name, _ in JOBS])
def test_order_of_targets_on_the_wire(name: str, job_id: str) -> None:
    """Replies with their targets and snapshots in another order give the same decisions (R4)."""
    whole = recording(name)
    turned = Recording(tuple(evolve(each, answer=reversed_order(each.answer)) for each in whole.exchanges))
    for place, started_at in enumerate(moments(name, 8)):
        runs: list[list[Any]] = []
        for part in (whole, turned):
            clock = VirtualClock(started_at)
            wait = JobWait(job_id, options=WaitOptions(seed=place))
            runs.append(run_all(wait, ReplayTransport(part, clock, started_at), clock))
        assert runs[0] == runs[1]


def reversed_order(answer: Reply | Fault) -> Reply | Fault:
    """Turn the order in a reply of snapshots round."""
    document = json.loads(answer.body) if isinstance(answer, Reply) and answer.body.startswith(b"{") else {}
    if not any(isinstance(snaps, list) for snaps in document.values()):
        return answer
    turned = {target: (snaps or [])[::-1] for target, snaps in reversed(document.items())}
    return evolve(answer, body=json.dumps(turned).encode())


@pytest.mark.parametrize("endpoint", [0, 1, 2])
@pytest.mark.parametrize("kind", ["", "copy-bck"])
def test_any_proxy(endpoint: int, kind: str) -> None:
    """A proxy outside the IC is as good as one inside: nothing is asked that it answers with ``null``."""
    whole = recording("non-ic-proxy")
    name = whole.endpoints[endpoint]
    part = Recording(tuple(each for each in whole.exchanges if each.endpoint == name))
    for started_at in moments("non-ic-proxy", 30):
        clock = VirtualClock(started_at)
        end = run(JobWait("Wwn9QoGcp", kind), ReplayTransport(part, clock, started_at), clock)
        assert Outcome.FINISHED is result_of(end).outcome
        assert clock.now() >= 13.5


# Jobs that nobody has, and jobs known by their kind.


def test_id_that_never_existed() -> None:
    """With or without a kind: ``JobInfoNotFound``, after the grace."""
    for kind in ("", "copy-bck", "misspelt", "dsort"):
        end, now, _ = replay("unknown-id", JobWait("nosuchjob", kind), 0.0)
        assert isinstance(error_of(end), JobInfoNotFound)
        assert 5.0 <= now < 12.0


def test_id_that_is_none() -> None:
    """An id that the server calls malformed is its refusal."""
    end, *_ = replay("unknown-id", JobWait("nosuch!!/..id"), 0.0)
    error = error_of(end)
    assert isinstance(error, RequestFailed)
    assert 400 == error.status


def test_kind_without_an_active_job() -> None:
    """A kind of which nothing runs is ``JobInfoNotFound``."""
    end, *_ = replay("unknown-id", JobWait("", "lru"), 0.0)
    assert isinstance(error_of(end), JobInfoNotFound)


@pytest.mark.parametrize("started_at", [0.1, 5.0, 12.0])
def test_job_known_by_its_kind(started_at: float) -> None:
    """The one running copy is found among whatever the cluster shows."""
    clock = VirtualClock(started_at)
    transport = ReplayTransport(recording("running-all"), clock, started_at)
    wait = JobWait("", "copy-bck")
    decision = wait.start(clock.now())
    decision = wait.handle(transport.send(decision.request), clock.now())
    assert ("slwq2s-xv", "status") == (wait.state.job_id, decision.request.query["what"])


def test_download_known_by_its_kind() -> None:
    """Targets show a download by an id of its own, which can be waited for."""
    clock = VirtualClock()
    transport = ReplayTransport(recording("download"), clock)
    wait = JobWait("", "download")
    decision = wait.start(0.0)
    wait.handle(transport.send(decision.request), clock.now())
    assert not wait.state.job_id.startswith("dnl-")
