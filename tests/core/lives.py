"""Strategies for hypothesis: waits of every sort, and whatever a cluster or an embedder may tell them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import evolve, frozen
from hypothesis import strategies as st

from ais_jobcore import (
    KINDS,
    AggregatedJobSnap,
    BucketRef,
    Fault,
    FaultKind,
    JobSnap,
    JobStatus,
    JobWait,
    NotFound,
    Reply,
    Until,
    WaitOptions,
)
from tests.builders import (
    BUSY,
    JOB,
    MALFORMED,
    NO_TOKEN,
    NOON_NS,
    STARTING,
    STRANGER,
    TARGET_DOWN,
    WRONG,
    refusal,
    snap,
)

if TYPE_CHECKING:
    from tests.core.scripts import Event

IDS = (JOB, "g7", "tco-1", "dnl-1", "")
"""A plain id, those whose form tells their kind, and none."""
KINDS_GIVEN = ("", "copy-bck", "archive", "dsort", "resilver", "rebalance", "list", "brand-new")
STATES = ("not started", "running", "idle", "finished", "aborted")
TARGETS = ("t1", "t2", "t3", "t4")


@frozen
class Step:
    """
    Say what comes, and when.

    Attributes:
        event: what is reported.
        took: seconds from the sending of the request.
        part: how much of the delay was slept.
    """

    event: Event
    took: float
    part: float = 1.0


@st.composite
def waits(draw: st.DrawFn) -> dict[str, object]:
    """Draw the arguments of a wait."""
    job_id = draw(st.sampled_from(IDS))
    kinds = KINDS_GIVEN if job_id else [kind for kind in KINDS_GIVEN if kind in KINDS]
    return {
        "job_id": job_id,
        "kind": draw(st.sampled_from(kinds)),
        "timeout": draw(st.sampled_from((None, 0, 0.3, 5.0, 60.0, 3600.0))),
        "until": draw(st.sampled_from((Until.AUTO, Until.AUTO, Until.IDLE, *Until))),
        "bucket": draw(st.none() | st.just(BucketRef("data"))),
        "options": WaitOptions(
            seed=draw(st.integers(0, 3)),
            details=draw(st.booleans()),
            endpoints=draw(st.integers(1, 2)),
            request_timeout=draw(st.sampled_from((1.0, 20.0))),
            grace=draw(st.sampled_from((0.1, 5.0))),
        ),
    }


def make(arguments: dict[str, object]) -> JobWait:
    """Make a wait of its arguments."""
    return JobWait(**arguments)


@st.composite
def snapshots(draw: st.DrawFn, job_id: str) -> JobSnap:
    """Draw a snapshot, mostly of one job."""
    drawn = snap(
        draw(st.sampled_from(STATES)),
        draw(st.sampled_from(("", "", "", "", "e1", "e2"))),
        job_id=draw(st.sampled_from((job_id, job_id, job_id, job_id, "other", "g8", "g9"))),
        kind=draw(
            st.sampled_from(("copy-bck", "copy-bck", "archive", "dsort", "rebalance", "summary-bck", "new"))
        ),
        start=draw(st.sampled_from((0.0, 0.0, 0.0, 30.0))),
    )
    return evolve(drawn, bucket=draw(st.none() | st.just(BucketRef("data"))))


def replies(job_id: str) -> st.SearchStrategy[AggregatedJobSnap]:
    """Draw the snapshots of a few targets."""
    lists = st.lists(snapshots(job_id), max_size=2)
    one = st.lists(snapshots(job_id), min_size=1, max_size=1)
    lists = st.one_of(one, one, one, lists)
    return st.dictionaries(st.sampled_from(TARGETS), lists, max_size=4).map(AggregatedJobSnap)


def calm(job_id: str) -> st.SearchStrategy[AggregatedJobSnap]:
    """Draw replies of a job that is nearly always all right on the same two targets."""
    states = st.sampled_from(("running", "idle", "finished", "finished", "idle"))
    return st.tuples(states, states, st.sampled_from(("copy-bck", "archive"))).map(
        lambda drawn: AggregatedJobSnap(
            {
                target: (snap(state, job_id=job_id, kind=drawn[2]),)
                for target, state in zip(TARGETS, drawn[:2], strict=False)
            }
        )
    )


def statuses(job_id: str) -> st.SearchStrategy[JobStatus]:
    """Draw a status, mostly of one job."""
    return st.builds(
        JobStatus,
        uuid=st.sampled_from((job_id, job_id, job_id, job_id, "", "other")),
        err=st.sampled_from(("", "", "", "e3")),
        end_time=st.sampled_from((0, 0, NOON_NS, -1)),
        aborted=st.sampled_from((False, False, False, True)),
        kind=st.sampled_from(("copy-bck", "copy-bck", "rebalance", "load-lom-cache", "single", "")),
    )


TROUBLES: tuple[Event, ...] = (
    *(Fault(kind, "trouble") for kind in FaultKind if kind is not FaultKind.TLS),
    BUSY,
    STARTING,
    STRANGER,
    TARGET_DOWN,
    MALFORMED,
    NO_TOKEN,
    refusal(429, Retry_After="3600"),
    Reply(307),
)
LAST_TROUBLES: tuple[Event, ...] = (WRONG, Fault(FaultKind.TLS, "expired"))


def events(job_id: str) -> st.SearchStrategy[Event]:
    """Draw whatever may be reported, be it an answer to what was asked or not."""
    return st.one_of(
        replies(job_id),
        calm(job_id),
        calm(job_id),
        statuses(job_id),
        st.just(NotFound("not found")),
        st.sampled_from(TROUBLES),
        st.sampled_from(TROUBLES + LAST_TROUBLES),
    )


def mild_events(job_id: str) -> st.SearchStrategy[Event]:
    """Draw what may be reported of a job that ends well."""
    good = st.builds(
        JobStatus,
        uuid=st.just(job_id),
        end_time=st.sampled_from((0, 0, NOON_NS)),
        kind=st.sampled_from(("copy-bck", "")),
    )
    return st.one_of(calm(job_id), calm(job_id), calm(job_id), good, st.sampled_from(TROUBLES))


def courses(job_id: str, most: int = 25) -> st.SearchStrategy[list[Step]]:
    """Draw what comes, wild or mild, and when; now and then it comes before its time."""
    took = st.sampled_from((0.0, 0.0, 0.01, 0.5, 4.0, 30.0))
    part = st.sampled_from((1.0, 1.0, 1.0, 1.0, 0.5, 0.0, -1.0))
    wild = st.lists(st.builds(Step, events(job_id), took, part), max_size=most)
    mild = st.lists(st.builds(Step, mild_events(job_id), took), min_size=most // 2, max_size=most)
    return wild | mild


@st.composite
def waits_and_courses(draw: st.DrawFn, most: int = 25) -> tuple[dict[str, object], list[Step]]:
    """Draw a wait and what comes of it."""
    arguments = draw(waits())
    return arguments, draw(courses(str(arguments["job_id"]) or JOB, most))
