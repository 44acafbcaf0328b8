"""Which kind a wait takes a job for, and whom it therefore asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ais_jobcore import KINDS, BucketRef, Continue, JobInfoNotFound, JobWait, Kind, Outcome, Timeout
from ais_jobcore.kinds import Strategy
from tests.builders import JOB, NOON_NS, OVER, REFUSED, RUNNING, UNKNOWN, seen, status
from tests.core.scripts import ACTIVE, SNAPS, STATUS, Answer, live, question, tell

if TYPE_CHECKING:
    from collections.abc import Callable

WAITABLE = [kind for kind in KINDS.values() if kind.waitable]
DOWNLOAD = "dnl-Z1xME2sPxv"


def first_question(wait: JobWait) -> str:
    """Start a wait and say what it asks first, after checking that a request by id names no kind."""
    decision = wait.start(0.0)
    assert isinstance(decision, Continue)
    assert (0.0, "GET", "/v1/cluster") == (decision.delay, decision.request.method, decision.request.path)
    return question(decision.request)


@pytest.mark.parametrize("kind", WAITABLE, ids=lambda kind: kind.name)
def test_kind_chooses_the_source(kind: Kind) -> None:
    """Kinds with a status ask the proxies first, all others the targets; display names count as names."""
    source = STATUS if kind.strategy is Strategy.STATUS else SNAPS
    assert source == first_question(JobWait(JOB, kind.name))
    assert source == first_question(JobWait(JOB, kind.display))


@pytest.mark.parametrize("until", ["idle", "single", "started", "not-running"])
def test_what_the_proxies_cannot_tell_is_asked_of_the_targets(until: str) -> None:
    """A status only knows an end; whatever else is waited for is asked of the targets first."""
    assert SNAPS == first_question(JobWait(JOB, "copy-bck", until=until))


@pytest.mark.parametrize("hint", ["", "lru", "archive", "copy-bucket", "misspelt"])
@pytest.mark.parametrize(
    ("job_id", "kind", "source"),
    [
        ("g17", "rebalance", STATUS),
        ("etl-name", "etl-inline", STATUS),
        ("inv-1", "create-inventory", STATUS),
        (DOWNLOAD, "download", STATUS),
        ("tco-eCqsltwuaW", "copy-listrange", SNAPS),
        ("srt-1", "dsort", SNAPS),
        ("kpmd-1", "evict-remote-bck", SNAPS),
        ("rmmd-1", "evict-remote-bck", SNAPS),
        ("gbt-1", "get-batch", SNAPS),
    ],
)
def test_prefix_of_the_id_beats_the_kind_given(job_id: str, kind: str, source: str, hint: str) -> None:
    """What the id gives away counts more than what the caller says (V18)."""
    wait = JobWait(job_id, hint)
    assert source == first_question(wait)
    assert kind == wait.state.kind


def test_without_a_kind_the_targets_tell_it() -> None:
    """Snapshots by id name the kind, and the kind chooses the source from then on (S9, S16)."""
    told = tell(JobWait(JOB), (SNAPS, seen("copy-bck", t1="running")), (STATUS, RUNNING))
    assert "copy-bck" == told.wait.state.kind
    told = tell(JobWait(JOB), (SNAPS, seen("archive", t1="running")), (SNAPS, seen("archive", t1="running")))
    assert "archive" == told.wait.state.kind


def test_status_is_not_believed_about_kinds_without_one() -> None:
    """The proxies may know a job by chance and never learn of its end (V17), as with load-lom-cache."""
    by_chance = status(kind="load-lom-cache")
    told = tell(
        JobWait(JOB),
        (SNAPS, REFUSED),
        (SNAPS, REFUSED),
        (STATUS, by_chance),
        (SNAPS, seen("load-lom-cache", t1="running", t2="finished")),
        (SNAPS, seen("load-lom-cache", t1="finished", t2="finished")),
        (SNAPS, seen("load-lom-cache", t1="finished", t2="finished")),
    )
    told.succeeded(Outcome.FINISHED)
    assert 0.0 == told.decisions[3].delay  # the targets are asked at once


def test_status_of_a_kind_without_one_is_no_end() -> None:
    """Even a status that says *over* is no evidence for such a kind, however often it is fed in."""
    over = status(kind="blob-download", end=NOON_NS)
    told = tell(JobWait(JOB, "blob-download"), (SNAPS, over), (SNAPS, over), (SNAPS, over))
    assert told.pending.delay > 0
    assert SNAPS == question(told.pending.request)


def test_status_tells_the_kind_too() -> None:
    """Where the targets cannot be asked, the kind in a status chooses the source."""
    told = tell(JobWait(JOB), (SNAPS, REFUSED), (SNAPS, REFUSED), (STATUS, RUNNING))
    assert "copy-bck" == told.wait.state.kind


def cluster_with(kind: str) -> Callable[[str, float], Answer]:
    """Answer for a job of a kind that works for 3 s and then is done on two targets."""

    def answer(asked: str, at: float) -> Answer:
        if asked == STATUS:
            if not KINDS[kind].has_status:
                return 2.0, UNKNOWN
            return status(kind=kind, end=NOON_NS * (at > 3.0))
        done = "idle" if KINDS[kind].strategy is Strategy.IDLE else "finished"
        return seen(kind, t1="running" if at <= 3.0 else done, t2="running" if at <= 2.0 else done)

    return answer


@pytest.mark.parametrize("kind", ["copy-bck", "archive", "dsort", "load-lom-cache"])
@pytest.mark.parametrize("hint", ["", "misspelt", *(kind.name for kind in WAITABLE)])
def test_wrong_or_misspelt_kind_does_no_harm(hint: str, kind: str) -> None:
    """With a right id, whatever kind is given, the wait ends as it should and when it should (S8, E7)."""
    told = live(JobWait(JOB, hint, timeout=60.0), cluster_with(kind))
    done = Outcome.IDLE if kind == "archive" else Outcome.FINISHED
    result = told.succeeded(done)
    assert kind == result.kind
    assert {"t1", "t2"} == result.targets.keys()
    assert 3.0 < told.now < 9.0
    assert (hint == "misspelt") == any("'misspelt' is not known" in note for note in result.notes)


def test_kind_outside_the_table() -> None:
    """A kind newer than the table is waited for until every target is idle or has ended."""
    told = tell(
        JobWait(JOB, "brand-new"),
        (SNAPS, seen("brand-new", t1="running", t2="running")),
        (SNAPS, seen("brand-new", t1="idle", t2="finished")),
        (SNAPS, seen("brand-new", t1="idle", t2="finished")),
    )
    assert told.succeeded(Outcome.IDLE).notes


def test_kind_outside_the_table_that_finished() -> None:
    """It may run on any number of targets, so its end is looked at twice."""
    shown = seen("brand-new", t1="finished")
    told = tell(JobWait(JOB, "brand-new"), (SNAPS, shown), (SNAPS, shown))
    told.succeeded(Outcome.FINISHED)


@pytest.mark.parametrize("kind", ["misspelt", "copy-bkc", "", " "])
def test_kind_alone_has_to_be_known(kind: str) -> None:
    """Without an id an unknown kind is an error that names what was given and what is near or allowed."""
    with pytest.raises(ValueError, match=r"copy-bck|needs the id of a job, or a kind"):
        JobWait("", kind)


@pytest.mark.parametrize("kind", ["election", "elect-primary", "summary-bck", "summary-shard", "summary"])
@pytest.mark.parametrize("job_id", ["", JOB])
def test_some_kinds_cannot_be_waited_for(job_id: str, kind: str) -> None:
    """Elections have no snapshots, and summaries have a protocol of their own."""
    with pytest.raises(ValueError, match="cannot be waited for"):
        JobWait(job_id, kind)


@pytest.mark.parametrize("kind", ["", "brand-new"])
def test_kind_is_not_lost(kind: str) -> None:
    """A snapshot without a kind, or with one that the table lacks, changes nothing about what is known."""
    told = tell(JobWait(JOB, "dsort"), (SNAPS, seen(kind, t1="running")), (SNAPS, seen(kind, t1="finished")))
    assert "dsort" == told.succeeded(Outcome.FINISHED).kind


def test_download_asks_only_the_proxies() -> None:
    """Targets know a download by another id (V16), so nobody else is asked, through faults and all."""
    busy = status(kind="single", job_id=DOWNLOAD)
    over = status(kind="single", job_id=DOWNLOAD, end=NOON_NS)
    told = tell(
        JobWait(DOWNLOAD),
        (STATUS, busy),
        (STATUS, REFUSED),
        (STATUS, REFUSED),
        (STATUS, REFUSED),
        (STATUS, busy),
        (STATUS, over),
    )
    result = told.succeeded(Outcome.FINISHED)
    assert ({}, NOON_NS) == (result.targets, result.end_time_ns)


def test_download_asks_only_the_proxies_whatever_is_fed_in() -> None:
    """Not even snapshots that an embedder has from elsewhere lead to the targets."""
    told = tell(JobWait(DOWNLOAD), (STATUS, seen(job_id=DOWNLOAD, t1="finished")))
    assert STATUS == question(told.pending.request)


def test_download_that_failed() -> None:
    """The status is all there is: its error is the result's, and ends the wait at once."""
    failed = status("404 Not Found (and 1 more error)", kind="range", job_id=DOWNLOAD, end=NOON_NS)
    result = tell(JobWait(DOWNLOAD), (STATUS, failed)).failed(Outcome.FINISHED_WITH_ERRORS)
    assert ("404 Not Found (and 1 more error)", {}) == (result.error, result.errors)


def test_unknown_download() -> None:
    """A download that the proxies do not know is not looked for elsewhere."""
    told = live(JobWait(DOWNLOAD), lambda *_: (2.0, UNKNOWN))
    told.raised(JobInfoNotFound)
    assert {STATUS} == set(told.questions)


def test_download_began_when_the_proxies_know_it() -> None:
    """Nobody else could tell that a download began."""
    tell(JobWait(DOWNLOAD, until="started"), (STATUS, status(job_id=DOWNLOAD))).succeeded(None)


def test_bucket_matters_only_without_an_id() -> None:
    """A request by id carries the id and nothing else."""
    wait = JobWait(JOB, "archive", bucket=BucketRef("data"))
    assert SNAPS == first_question(wait)


def test_download_kind_without_an_id_is_found_by_kind() -> None:
    """The kind ``download`` alone is one of the table: targets show its jobs by another id."""
    told = live(
        JobWait("", "download", timeout=30.0),
        lambda _, at: seen("download", job_id="Xy", t1="idle" if at > 2 else "running"),
    )
    assert "Xy" == told.succeeded(Outcome.IDLE).job_id
    assert [ACTIVE, SNAPS, SNAPS] == told.questions[:3]


def test_over_before_the_first_question() -> None:
    """A status of the right kind is half the evidence, whoever named the kind."""
    told = tell(JobWait(JOB, "copy-bucket"), (STATUS, OVER), (SNAPS, seen(t1="finished")))
    told.succeeded(Outcome.FINISHED)


def test_kind_that_never_answers() -> None:
    """A wrong kind makes no difference to the deadline."""
    told = live(JobWait(JOB, "lru", timeout=5.0), lambda asked, _: UNKNOWN if asked == STATUS else REFUSED)
    told.raised(Timeout)
