"""What holds on a cluster, through both drivers: written for a real one, and rehearsed on a simulated one."""

from __future__ import annotations

import asyncio
import os
from datetime import UTC, datetime, timedelta
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Protocol
from uuid import uuid4

import pytest

from ais_jobcore import (
    AggregatedJobSnap,
    JobInfoNotFound,
    JobSnap,
    JobStatus,
    Outcome,
    TargetState,
    Timeout,
    WaitOptions,
    WaitResult,
)
from ais_jobcore_aiohttp import AsyncClient
from ais_jobcore_requests import Client, Job

if TYPE_CHECKING:
    from tests.cluster.store import Store

LIMIT = 120.0
"""Seconds that a wait may take; all of the jobs are small."""

STATUS_MEMORY = timedelta(minutes=4)
"""The proxies forget a finished job after 3 minutes; one more is for clocks that differ."""

PRESENT = [f"object-{number:02}" for number in range(12)]
ABSENT = [f"missing-{number:02}" for number in range(12)]


class Ask(Protocol):
    """Call a method of ``Job``, or of ``AsyncJob``, on the cluster that the environment names."""

    def __call__(self, method: str, /, job_id: str = "", kind: str = "", **arguments: Any) -> Any:  # noqa: ANN401
        """Return what the method does."""
        ...


def ask_by_requests(method: str, /, job_id: str = "", kind: str = "", **arguments: Any) -> Any:  # noqa: ANN401
    """Ask through the sync driver."""
    with Client() as client:
        return getattr(client.job(job_id, kind), method)(**arguments)


def ask_by_aiohttp(method: str, /, job_id: str = "", kind: str = "", **arguments: Any) -> Any:  # noqa: ANN401
    """Ask through the async driver."""

    async def main() -> Any:  # noqa: ANN401
        async with AsyncClient() as client:
            return await getattr(client.job(job_id, kind), method)(**arguments)

    return asyncio.run(main())


@pytest.fixture(params=[ask_by_requests, ask_by_aiohttp], ids=["requests", "aiohttp"])
def ask(request: pytest.FixtureRequest) -> Ask:
    """Return one driver after the other."""
    driver: Ask = request.param
    return driver


class ClusterSuite:
    """Inherited by the tests of each cluster, which has fixtures ``store`` and ``options``."""

    def wait(
        self, ask: Ask, options: WaitOptions | None, job_id: str, kind: str = "", **arguments: object
    ) -> WaitResult:
        """Wait for a job, by id, by kind or by both."""
        given: dict[str, Any] = {"timeout": LIMIT, "options": options} | arguments
        result = ask("wait", job_id=job_id, kind=kind, **given)
        assert isinstance(result, WaitResult)
        return result

    # Jobs that do well.

    @pytest.mark.parametrize("kind", ["lru", "load-lom-cache"])
    def test_started_job_finishes(
        self, ask: Ask, store: Store, options: WaitOptions | None, kind: str
    ) -> None:
        """A job that was started here finishes on every target; one kind has a status, the other has none."""
        buckets = [store.bucket(PRESENT)] if kind == "load-lom-cache" else []
        job_id = ask("start", kind=kind, buckets=buckets)
        result = self.wait(ask, options, job_id)
        assert (Outcome.FINISHED, None, kind) == (result.outcome, result.error, result.kind)
        assert {TargetState.FINISHED} == {*result.targets.values()}
        assert result.end_time is not None

    @pytest.mark.parametrize("kind", ["", "copy-bck", "copy-bucket", "copy-bukcet", "lru"])
    def test_bucket_copy_finishes(
        self, ask: Ask, store: Store, options: WaitOptions | None, kind: str
    ) -> None:
        """A copy of a bucket finishes, whatever kind it is taken for."""
        job_id = store.copy(store.bucket(PRESENT), store.bucket())
        result = self.wait(ask, options, job_id, kind)
        assert (Outcome.FINISHED, None, "copy-bck") == (result.outcome, result.error, result.kind)

    def test_copy_of_objects_goes_idle(self, ask: Ask, store: Store, options: WaitOptions | None) -> None:
        """A copy of objects is done once it idles, on every target; `wait` and `wait_for_idle` agree."""
        job_id = store.copy_objects(store.bucket(PRESENT), store.bucket(), PRESENT)
        result = self.wait(ask, options, job_id)
        assert (Outcome.IDLE, None, None) == (result.outcome, result.error, result.end_time)
        again = ask("wait_for_idle", job_id, timeout=LIMIT, options=options)
        assert Outcome.IDLE is again.outcome
        assert set(result.targets) <= set(again.targets)

    def test_kind_alone_finds_the_job(self, ask: Ask, store: Store, options: WaitOptions | None) -> None:
        """The one active job of a kind on a bucket is found, and waited for by its id."""
        source = store.bucket(PRESENT)
        job_id = store.copy_objects(source, store.bucket(), PRESENT)
        result = self.wait(ask, options, "", "copy-objects", bucket=source)
        assert (job_id, Outcome.IDLE) == (result.job_id, result.outcome)

    def test_job_finished_long_ago(self, ask: Ask, options: WaitOptions | None) -> None:
        """A job whose status the proxies have forgotten is known to the targets: it is a success."""
        job_id = finished_long_ago(ask)
        if not job_id:
            pytest.skip("no job ended between 4 minutes and an hour ago; the ones of this run will have")
        assert Outcome.FINISHED is self.wait(ask, options, job_id).outcome

    # Jobs that do not.

    def test_missing_objects_are_no_success(
        self, ask: Ask, store: Store, options: WaitOptions | None
    ) -> None:
        """A copy of objects of which half do not exist goes idle, and is a failure that tells of them."""
        job_id = store.copy_objects(store.bucket(PRESENT), store.bucket(), PRESENT + ABSENT)
        result = self.wait(ask, options, job_id)
        assert not result
        assert Outcome.FINISHED_WITH_ERRORS is result.outcome
        assert "does not exist" in (result.error or "")
        assert result.errors
        assert set(result.errors) <= set(result.targets)

    def test_missing_objects_are_not_deleted(
        self, ask: Ask, store: Store, options: WaitOptions | None
    ) -> None:
        """Deleting objects that do not exist ends, and is a failure that tells of them."""
        job_id = store.delete_objects(store.bucket(PRESENT), ABSENT)
        result = self.wait(ask, options, job_id)
        assert Outcome.FINISHED_WITH_ERRORS is result.outcome
        assert result.error
        assert result.errors

    def test_aborted_job(self, ask: Ask, store: Store, options: WaitOptions | None) -> None:
        """A job that was stopped is reported as that, and then as not running."""
        job_id = store.copy_objects(store.bucket(PRESENT), store.bucket(), PRESENT)
        began = self.wait(ask, options, job_id, until="started")
        assert (True, None) == (began.success, began.outcome)
        ask("abort", job_id)
        result = self.wait(ask, options, job_id)
        assert (False, Outcome.ABORTED) == (result.success, result.outcome)
        assert TargetState.ABORTED in result.targets.values()
        assert result.error
        assert self.wait(ask, options, job_id, until="not-running")

    def test_unknown_job(self, ask: Ask, options: WaitOptions | None) -> None:
        """An id that never existed is said to be unknown, long before the time-out."""
        job_id = f"J{uuid4().hex[:9]}"
        with pytest.raises(JobInfoNotFound, match=job_id):
            self.wait(ask, options, job_id)

    def test_no_active_job_of_the_kind(self, ask: Ask, store: Store, options: WaitOptions | None) -> None:
        """A kind alone, with no active job of it on the bucket, is said to name none."""
        with pytest.raises(JobInfoNotFound, match="copy-listrange"):
            self.wait(ask, options, "", "copy-listrange", bucket=store.bucket())

    def test_deadline(self, ask: Ask, store: Store, options: WaitOptions | None) -> None:
        """A job that lingers is not finished in time; what was seen last is told."""
        job_id = store.copy_objects(store.bucket(PRESENT), store.bucket(), PRESENT)
        with pytest.raises(Timeout) as raised:
            self.wait(ask, options, job_id, until="finished", timeout=0.3)
        assert raised.value.targets
        assert {*raised.value.targets.values()} <= {TargetState.RUNNING, TargetState.IDLE}

    # Questions.

    def test_questions_about_a_finished_job(
        self, ask: Ask, store: Store, options: WaitOptions | None
    ) -> None:
        """Status, details, time frame and total time of a job agree with one another."""
        job_id = store.copy(store.bucket(PRESENT), store.bucket())
        assert self.wait(ask, options, job_id)
        status, details = ask("status", job_id), ask("get_details", job_id)
        assert isinstance(status, JobStatus)
        assert (job_id, True, "") == (status.uuid, status.over, status.err)
        assert isinstance(details, AggregatedJobSnap)
        snaps = details.list_snapshots()
        assert {(job_id, "copy-bck", TargetState.FINISHED)} == {
            (snap.id, snap.kind, snap.state) for snap in snaps
        }
        starts = [snap.start_time for snap in snaps if snap.start_time]
        ends = [snap.end_time for snap in snaps if snap.end_time]
        within = ask("get_within_timeframe", job_id, start_time=min(starts), end_time=max(ends))
        assert [snap.id for snap in snaps] == [snap.id for snap in within]
        assert max(ends) - min(starts) == ask("get_total_time", job_id)

    def test_client_of_the_official_sdk(self, store: Store, options: WaitOptions | None) -> None:
        """`Job` takes the request client of the official SDK, where that is installed."""
        sdk = pytest.importorskip("aistore.sdk", reason="the official SDK is not installed")
        client = sdk.Client(os.environ["AIS_ENDPOINT"]).bucket("any").client
        job_id = store.copy(store.bucket(PRESENT), store.bucket())
        assert Job(client, job_id).wait(LIMIT, options=options)


def finished_long_ago(ask: Ask) -> str:
    """Look for a job whose status was forgotten, and which the targets still show; else return nothing."""
    latest = datetime.now(UTC) - STATUS_MEMORY
    for kind in ("copy-bck", "lru"):
        snaps = sorted(ask("get_details", kind=kind).list_snapshots(), key=attrgetter("id"))
        for job_id, found in groupby(snaps, key=attrgetter("id")):
            if all(_ended_well(snap, latest) for snap in found):
                return str(job_id)
    return ""


def _ended_well(snap: JobSnap, latest: datetime) -> bool:
    ended = snap.end_time
    return snap.state is TargetState.FINISHED and not snap.err and ended is not None and ended < latest
