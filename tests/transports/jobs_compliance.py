"""The API of ``aistore.sdk.job`` as every driver offers it, against a simulated cluster in virtual time."""

# ruff: noqa: ANN401 - the parts of both drivers go by one name here, and have no type in common

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from ais_jobcore import (
    AmbiguousJob,
    BucketRef,
    JobInfoNotFound,
    Outcome,
    RequestFailed,
    TargetState,
    Timeout,
)
from ais_jobcore.testing import SimCluster, VirtualClock

if TYPE_CHECKING:
    from ais_jobcore.testing import FaultHook
    from tests.transports.drivers import Driver

UNKNOWN = "Jnosuchjob"


class Rig:
    """Hold a cluster, a clock and a client of one driver."""

    def __init__(
        self,
        driver: Driver,
        cluster: SimCluster | None = None,
        *,
        fault: FaultHook | None = None,
        **settings: Any,
    ) -> None:
        self.cluster = cluster or SimCluster(3)
        self.clock = VirtualClock(start=1000.0)
        self.transport = driver.virtual["sim"](self.cluster, self.clock, fault=fault)
        settings = {"seed": 1} | settings
        self.client = driver.client(
            transport=self.transport, clock=self.clock.now, sleep=driver.sleep(self.clock), **settings
        )

    def add(self, kind: str, **settings: Any) -> Any:
        """Let a job begin now, and return it."""
        return self.cluster.add_job(kind, at=self.clock.now(), **settings)


@pytest.fixture
def rig(driver: Driver) -> Rig:
    """Return a client of a simulated cluster."""
    return Rig(driver)


class JobsCompliance:
    """Hold for ``Job`` of every driver; inherited by the tests of each."""

    def test_status(self, rig: Rig) -> None:
        """The status is that of the proxies; without an id there is none (S5)."""
        job = rig.add("copy-bck")
        status = rig.client.job(job.id).status()
        assert (job.id, 0, False) == (status.uuid, status.end_time, status.aborted)
        with pytest.raises(ValueError, match="without an assigned ID"):
            rig.client.job(job_kind="copy-bck").status()
        with pytest.raises(JobInfoNotFound):
            rig.client.job(UNKNOWN).status()

    @pytest.mark.parametrize(
        ("kind", "outcome"),
        [
            ("copy-bck", Outcome.FINISHED),
            ("copy-listrange", Outcome.IDLE),
            ("blob-download", Outcome.FINISHED),
            ("resilver", Outcome.FINISHED),
        ],
    )
    @pytest.mark.parametrize("named", ["kind", "display", None, "misspelt"])
    def test_wait_by_id(self, rig: Rig, kind: str, outcome: Outcome, named: str | None) -> None:
        """Jobs of each strategy are waited for, with their kind, without, or with a wrong one (S8, S14)."""
        job = rig.add(kind, duration=3.0)
        names = {"kind": kind, "display": job.kind.display, None: "", "misspelt": "copy-bcks"}
        result = rig.client.job(job.id, names[named]).wait(timeout=60, verbose=False)
        assert (job.id, True, None, outcome) == (result.job_id, result.success, result.error, result.outcome)
        assert rig.clock.now() >= job.settled

    @pytest.mark.parametrize("kind", ["lru", "archive"])
    def test_wait_by_kind(self, rig: Rig, kind: str) -> None:
        """The one running job of a kind, or of a kind on a bucket, is found and waited for."""
        job = rig.add(kind, bucket="photos", duration=3.0)
        rig.add(kind, bucket="songs", duration=9.0)
        assert job.id == rig.client.job(job_kind=kind).wait(bucket=BucketRef("photos")).job_id
        assert rig.client.job(job_kind=kind).wait(bucket=BucketRef("songs"))

    def test_wait_by_kind_of_several(self, rig: Rig) -> None:
        """Several jobs of one kind are an error that names them."""
        ids = {rig.add("lru", duration=9.0).id for _ in range(2)}
        with pytest.raises(AmbiguousJob) as caught:
            rig.client.job(job_kind="lru").wait()
        assert ids == set(caught.value.job_ids)

    def test_wait_for_nothing(self, rig: Rig) -> None:
        """Neither id nor kind, a misspelt kind alone, a kind that cannot be waited for: ``ValueError``."""
        for kind, words in [("", "id"), ("copybck", "copy-bck"), ("election", "waited")]:
            with pytest.raises(ValueError, match=words):
                rig.client.job(job_kind=kind).wait()
        assert [] == rig.transport.sent

    def test_wait_for_an_unknown_job(self, rig: Rig) -> None:
        """An id that never existed is ``JobInfoNotFound`` after the grace, with a kind or without (S17)."""
        for kind in ("", "copy-bck", "copy-listrange"):
            with pytest.raises(JobInfoNotFound, match=UNKNOWN):
                rig.client.job(UNKNOWN, kind).wait()
        assert rig.clock.now() < 1000 + 3 * 15

    def test_wait_that_times_out(self, rig: Rig) -> None:
        """The deadline is a ``Timeout`` that knows what was seen; a ``TimeoutError`` as well (E13)."""
        job = rig.add("copy-bck", duration=60.0)
        with pytest.raises(Timeout, match=r"Timed out while waiting for job .* after 5s") as caught:
            rig.client.job(job.id).wait(5, verbose=False)
        assert isinstance(caught.value, TimeoutError)
        assert {TargetState.RUNNING} == set(caught.value.targets.values())
        assert 1005.0 == pytest.approx(rig.clock.now())

    @pytest.mark.parametrize("timeout", [-1, "soon", float("nan")])
    def test_wait_with_a_wrong_time_out(self, rig: Rig, timeout: Any) -> None:
        """What is no time-out is a ``ValueError``, and nothing is sent (S23)."""
        with pytest.raises(ValueError, match="time-out"):
            rig.client.job("x").wait(timeout=timeout)
        assert [] == rig.transport.sent

    def test_wait_without_time_out(self, rig: Rig) -> None:
        """``None`` waits as long as it takes, and 0 does not sleep (S23)."""
        job = rig.add("copy-bck", duration=7200.0)
        with pytest.raises(Timeout):
            rig.client.job(job.id).wait(timeout=0)
        assert 1000.0 == rig.clock.now()
        assert rig.client.job(job.id).wait(timeout=None)

    def test_wait_for_idle(self, rig: Rig) -> None:
        """An idling job is done when all targets are idle, twice in a row (S29)."""
        job = rig.add("copy-listrange", duration=2.0)
        result = rig.client.job(job.id).wait_for_idle(timeout=60)
        assert Outcome.IDLE is result.outcome
        assert rig.clock.now() >= job.settled + 2.0

    def test_wait_single_node_waits_for_every_target(self, rig: Rig) -> None:
        """The first target to finish is not the end (S37)."""
        job = rig.add("rebalance", duration={"t1": 1.0, "t2": 5.0, "t3": 9.0})
        result = rig.client.job(job.id).wait_single_node(timeout=60)
        assert (True, dict.fromkeys(("t1", "t2", "t3"), TargetState.FINISHED)) == (
            result.success,
            result.targets,
        )
        assert rig.clock.now() >= 1009.0

    @pytest.mark.parametrize(("until", "ends"), [("started", 1000.0), ("not-running", 1004.0)])
    def test_wait_until(self, rig: Rig, until: str, ends: float) -> None:
        """What is waited for may be chosen."""
        job = rig.add("copy-bck", duration=4.0)
        assert rig.client.job(job.id).wait(until=until)
        assert ends <= rig.clock.now() < ends + 1.0

    def test_failure_is_returned(self, rig: Rig) -> None:
        """A job that ended badly is a false result with the texts of all targets, not an exception (E2)."""
        job = rig.add("copy-listrange", errors={"t1": "no space", "t3": "bad disk (and 2 more errors)"})
        result = rig.client.job(job.id).wait()
        assert (False, Outcome.FINISHED_WITH_ERRORS) == (bool(result), result.outcome)
        assert {"t1": "no space", "t3": "bad disk (and 2 more errors)"} == result.errors

    @pytest.mark.parametrize("kind", ["copy-listrange", "copy-bck", ""])
    def test_lost_target(self, rig: Rig, kind: str) -> None:
        """A target that vanishes in the middle is no success, with the kind or without (E1)."""
        job = rig.add(kind or "copy-listrange", duration=3.0)
        rig.cluster.lose_target_at("t2", rig.clock.now() + 1.0)
        result = rig.client.job(job.id, kind).wait()
        assert not result
        assert result.outcome in {Outcome.LOST, Outcome.ABORTED}

    def test_start(self, rig: Rig) -> None:
        """A start returns the id and remembers it, so that the same job can be waited for (S44)."""
        job = rig.client.job(job_kind="lru-eviction")
        started = job.start(force=True, buckets=[BucketRef("b", "aws")])
        assert (started, "lru-eviction") == (job.job_id, job.job_kind)
        (request,) = rig.transport.sent
        value = {"Kind": "lru", "Bck": {"name": "b", "provider": "aws"}}
        assert ({"force": "true"}, value) == (request.query, request.json["value"])
        assert started == job.wait().job_id

    def test_start_with_buckets_of_the_sdk(self, rig: Rig) -> None:
        """Buckets of the official SDK will do: an enum for the provider, an object for the namespace."""
        space = SimpleNamespace(uuid="cl", name="ns", get_path=lambda: "@cl#ns")
        given = [
            SimpleNamespace(name="a", provider=SimpleNamespace(value="gcp"), namespace=space),
            SimpleNamespace(name="b", provider="ais", namespace=None),
        ]
        rig.client.job(job_kind="lru").start("t1", False, given)
        expected = {
            "Kind": "lru",
            "DaemonID": "t1",
            "Buckets": [
                {"name": "a", "provider": "gcp", "namespace": {"uuid": "cl", "name": "ns"}},
                {"name": "b", "provider": "ais"},
            ],
        }
        assert expected == rig.transport.sent[0].json["value"]

    def test_start_of_nothing(self, rig: Rig) -> None:
        """An unknown kind, or a bucket that is none, is a ``ValueError``, and nothing is sent."""
        with pytest.raises(ValueError, match="kind"):
            rig.client.job(job_kind="lur").start()
        with pytest.raises(ValueError, match="bucket"):
            rig.client.job(job_kind="lru").start(buckets=["ais://b"])
        assert [] == rig.transport.sent

    def test_abort(self, rig: Rig) -> None:
        """A job that is stopped ends a wait at once, as a failure (S47); another one goes on."""
        job, other = rig.add("copy-bck", duration=60.0), rig.add("copy-bck", duration=9.0)
        assert rig.client.job(job.id, "copy-bck").abort() is None
        result = rig.client.job(job.id).wait(timeout=60)
        assert (Outcome.ABORTED, "user abort") == (result.outcome, result.error)
        assert rig.client.job(other.id).wait()

    def test_abort_of_everything_is_refused(self, rig: Rig) -> None:
        """Nothing is ever sent that could stop every job of the cluster."""
        for kind in ("", "copy-bcks"):
            with pytest.raises(ValueError, match=r"id or kind|unknown kind"):
                rig.client.job(job_kind=kind).abort()
        assert [] == rig.transport.sent

    def test_details(self, rig: Rig) -> None:
        """Details are the snapshots of this job only, by target (S32, S48)."""
        job = rig.add("copy-bck")
        rig.add("lru")
        details = rig.client.job(job.id, "nonsense").get_details()
        assert [job.id] * 3 == [snap.id for snap in details.list_snapshots()]
        with pytest.raises(JobInfoNotFound):
            rig.client.job(UNKNOWN).get_details()

    def test_within_timeframe(self, rig: Rig) -> None:
        """Snapshots of the job alone are chosen, and one that runs has not ended (S51, S52)."""
        job = rig.client.job(rig.add("copy-bck", duration=5.0).id, "copy-bck")
        rig.add("copy-bck")
        early, late = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
        assert 3 == len(job.get_within_timeframe(early))
        with pytest.raises(JobInfoNotFound, match="No relevant job info found"):
            job.get_within_timeframe(early, late)
        with pytest.raises(JobInfoNotFound):
            job.get_within_timeframe(start_time=late)
        rig.clock.advance(9.0)
        assert 3 == len(job.get_within_timeframe(early, end_time=late))
        with pytest.raises(ValueError, match="zone"):
            job.get_within_timeframe(datetime(2000, 1, 1))  # noqa: DTZ001 - that is the point

    def test_total_time(self, rig: Rig) -> None:
        """The time is from the first start to the last end, ``None`` while any target works (S53)."""
        job = rig.client.job(rig.add("copy-bck", duration={"t1": 2.0, "t2": 5.0, "t3": 3.0}).id)
        rig.clock.advance(4.0)
        assert job.get_total_time() is None
        rig.clock.advance(2.0)
        assert timedelta(seconds=5) == job.get_total_time()

    def test_names(self, rig: Rig) -> None:
        """A job tells its names; both may be left out."""
        job = rig.client.job("x", "lru")
        assert ("x", "lru") == (job.job_id, job.job_kind)
        assert ("", "") == (rig.client.job().job_id, rig.client.job().job_kind)

    def test_token_without_permission(self, driver: Driver) -> None:
        """A valid token that allows nothing is a refusal, in every call."""
        rig = Rig(driver, SimCluster(3, token="right"))
        job = rig.client.job(UNKNOWN, "lru")
        for call in (job.status, job.wait, job.start, job.abort, job.get_details):
            with pytest.raises(RequestFailed) as caught:
                call()
            assert 401 == caught.value.status
        assert [False, True] * 5 == [each.refresh_token for each in rig.transport.sent]
