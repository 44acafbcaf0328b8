"""What every driver makes of trouble on the way: what is documented, and never a false success."""

# ruff: noqa: ANN401 - the parts of both drivers go by one name here, and have no type in common

from __future__ import annotations

import json
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest

from ais_jobcore import (
    Continue,
    Fault,
    FaultKind,
    JobInfoNotFound,
    JobWait,
    Outcome,
    ProtocolError,
    Reply,
    RequestFailed,
    Timeout,
    TransportFault,
    WaitOptions,
)
from ais_jobcore.testing import (
    Misbehaviour,
    Overheard,
    Recording,
    ReplayTransport,
    SimCluster,
    SimServer,
    VirtualClock,
    run_all,
)
from tests.transports.jobs_compliance import Rig

if TYPE_CHECKING:
    from pathlib import Path

    from ais_jobcore import Request
    from tests.transports.drivers import Driver

REFUSED = Fault(FaultKind.CONNECTION, "refused")
TROUBLES: dict[str, Reply | Fault] = {
    **{kind.value: Fault(kind, "trouble") for kind in FaultKind if kind is not FaultKind.TLS},
    "starting": Reply(503),
    "busy": Reply(503, b"try later", {"Retry-After": "1"}),
    "too many": Reply(429),
    "gateway": Reply(502, b"<html>bad gateway</html>"),
    "ingress": Reply(404, b"<html>no such page</html>", {"Content-Type": "text/html"}),
    "target down": Reply(
        400, json.dumps({"tcode": "ErrFailedTo", "message": "failed to call", "status": 400}).encode()
    ),
    "empty": Reply(200, b""),
    "cut": Reply(200, b'{"t1":[{"id":"J'),
}
LAST_WORD = (TransportFault, RequestFailed)
"""What is raised for a trouble: depends on whether anybody answered at all."""


class TroubleCompliance:
    """Hold for every driver; inherited by the tests of each."""

    @pytest.mark.parametrize("kind", ["copy-bck", "copy-listrange", ""])
    @pytest.mark.parametrize("trouble", TROUBLES)
    def test_passing_trouble_is_endured(self, driver: Driver, trouble: str, kind: str) -> None:
        """Three troubles in a row, in the middle of a wait, change nothing in how it ends."""
        numbers = count()
        rig = Rig(driver, fault=lambda *_: TROUBLES[trouble] if 1 <= next(numbers) <= 3 else None)
        job = rig.add(kind or "copy-bck", duration=5.0)
        result = rig.client.job(job.id, kind).wait()
        assert (True, job.id) == (result.success, result.job_id)
        assert job.settled <= rig.clock.now() < job.settled + 10

    @pytest.mark.parametrize("trouble", TROUBLES)
    def test_lasting_trouble_is_no_success(self, driver: Driver, trouble: str) -> None:
        """A cluster that never gives a usable answer is a documented error, and in time."""
        rig = Rig(driver, fault=lambda *_: TROUBLES[trouble])
        malformed, cluster = {"empty", "cut"}, {"starting", "target down"}
        expected = ProtocolError if trouble in malformed else Timeout if trouble in cluster else LAST_WORD
        with pytest.raises(expected):
            rig.client.job("Jabcdefgh", "copy-bck").wait(timeout=60)
        assert rig.clock.now() <= 1063.0

    def test_trouble_until_the_deadline(self, driver: Driver) -> None:
        """Trouble that stays, after an answer, is a ``Timeout`` with the trouble as its cause."""
        numbers = count()
        rig = Rig(driver, fault=lambda *_: REFUSED if next(numbers) else None)
        job = rig.add("copy-bck", duration=5.0)
        with pytest.raises(Timeout) as caught:
            rig.client.job(job.id, "copy-bck").wait(timeout=20)
        assert TransportFault(FaultKind.CONNECTION, "refused") == caught.value.__cause__

    def test_mixed_outage(self, driver: Driver) -> None:
        """Refused connections, 503 and cut replies in turn, for half a minute, are endured."""
        mixed = [REFUSED, TROUBLES["starting"], TROUBLES["cut"], TROUBLES["busy"], TROUBLES["timeout"]]

        def fault(_: Request, now: float) -> Reply | Fault | None:
            return mixed[int(now * 7) % 5] if 1001 <= now < 1031 else None

        rig = Rig(driver, fault=fault)
        job = rig.add("copy-bck", duration=10.0)
        assert Outcome.FINISHED is rig.client.job(job.id, "copy-bck").wait().outcome

    def test_no_trust_ends_a_wait_at_once(self, driver: Driver) -> None:
        """Without trust in the server nothing gets better by asking again."""
        rig = Rig(driver, fault=lambda *_: Fault(FaultKind.TLS, "self-signed"))
        with pytest.raises(TransportFault) as caught:
            rig.client.job("Jabcdefgh").wait()
        assert (FaultKind.TLS, 1) == (caught.value.kind, len(rig.transport.sent))

    def test_start_is_not_repeated(self, driver: Driver) -> None:
        """A start whose answer was lost is not sent again: it could start two jobs (S45, E14)."""
        rig = Rig(driver, fault=lambda *_: TROUBLES["truncated"])
        with pytest.raises(TransportFault):
            rig.client.job(job_kind="lru").start()
        assert 1 == len(rig.transport.sent)

    def test_server_text_is_printable(self, driver: Driver) -> None:
        """Control characters of a server reach neither exceptions nor results."""
        words = "\x1b[2J\r\nroot:\u202e\u2028x"
        refusal = Reply(403, json.dumps({"message": words, "status": 403}).encode())
        rig = Rig(driver, fault=lambda *_: refusal)
        with pytest.raises(RequestFailed) as caught:
            rig.client.job("Jabcdefgh").status()
        assert str(caught.value).isprintable()

    # Over sockets

    def test_refused_token_is_fetched_anew_once(self, driver: Driver) -> None:
        """A 401 makes the driver fetch another token, once (S59); what it then gets is used."""
        cluster = SimCluster(3, token="new")
        tokens = iter(["old", "new"])
        with SimServer(cluster, speed=50) as server:
            job = cluster.add_job("copy-bck", duration=1.0)
            client = driver.client(server.endpoint, token=driver.token(lambda: next(tokens)))
            assert client.job(job.id).wait(timeout=30)
        assert [401, 200] == [each.status for each in cluster.log][:2]

    def test_token_that_stays_refused(self, driver: Driver) -> None:
        """A second 401 in a row is a ``RequestFailed``."""
        with SimServer(SimCluster(3, token="right")) as server:
            client = driver.client(server.endpoint, token="wrong")
            with pytest.raises(RequestFailed, match="token expired") as caught:
                client.job("Jabcdefgh").wait(timeout=30)
        assert (401, 2) == (caught.value.status, len(server.cluster.log))

    def test_whole_life_over_sockets(self, driver: Driver) -> None:
        """Start, look, wait, stop: all of it over HTTP, with some connections dropped on the way."""
        numbers = count(1)
        cluster = SimCluster(3, started_duration=1.0)

        def fault(method: str, *_: Any) -> Misbehaviour | None:
            return Misbehaviour.DROP if method == "GET" and next(numbers) % 3 == 0 else None

        with SimServer(cluster, speed=50, fault=fault) as server:
            client = driver.client(server.endpoint)
            job = client.job(job_kind="lru")
            started = job.start()
            assert started == job.status().uuid
            assert started == job.wait(timeout=30).job_id
            assert 3 == len(job.get_details().list_snapshots())
            job.abort()
            with pytest.raises(JobInfoNotFound):
                client.job("Jnosuchjob").get_details()

    def test_nobody_is_there(self, driver: Driver) -> None:
        """A one-shot request to nobody is a ``TransportFault`` after a few attempts."""
        with SimServer(SimCluster(1)) as server:
            endpoint = server.endpoint
        clock = VirtualClock()
        client = driver.client(endpoint, clock=clock.now, sleep=driver.sleep(clock))
        with pytest.raises(TransportFault) as caught:
            client.job("Jabcdefgh").get_details()
        assert FaultKind.CONNECTION is caught.value.kind

    # The same decisions

    @pytest.mark.parametrize(
        ("name", "started_at"),
        [
            ("copy-bucket", 0.0),
            ("copy-objects-some-missing", 0.3),
            ("copy-objects-idle-rebusy", 0.1),
            ("target-killed", 1.0),
            ("rebalance-aborted", 0.0),
        ],
    )
    @pytest.mark.parametrize("kind_given", [True, False])
    def test_same_transcript_same_decisions(
        self, driver: Driver, recordings: Path, name: str, started_at: float, kind_given: bool
    ) -> None:
        """A recording gives the same decisions through the core alone and through the driver."""
        jobs = json.loads((recordings / "index.json").read_text())[name]["jobs"]
        job_id, kind = next((job_id, told["kind"]) for job_id, told in jobs.items())
        recording = Recording.load(recordings / f"{name}.jsonl.gz")

        def wait() -> JobWait:
            return JobWait(job_id, kind if kind_given else "", 300.0, options=WaitOptions(seed=7))

        clock = VirtualClock(50.0)
        alone = run_all(wait(), ReplayTransport(recording, clock, started_at), clock)
        clock = VirtualClock(50.0)
        transport = driver.virtual["replay"](recording, clock, started_at)
        client = driver.client(transport=transport, clock=clock.now, sleep=driver.sleep(clock))
        driven = Overheard(wait())
        result = client.run(driven)
        assert alone == driven.decisions
        assert isinstance(alone[0], Continue)
        assert not isinstance(last := driven.decisions[-1], Continue)
        assert result is last.result
