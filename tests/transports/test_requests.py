"""The driver on requests."""

# ruff: noqa: ANN401 - the parts of both drivers go by one name here, and have no type in common

from __future__ import annotations

import pickle
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
import requests

from ais_jobcore import Continue, Done, Fault, FaultKind, Reply, TransportFault
from ais_jobcore.limits import NO_TIMEOUT
from ais_jobcore.queries import ask_status
from ais_jobcore.testing import ScriptTransport, SimCluster, SimServer, VirtualClock
from ais_jobcore_requests import Client, Job
from ais_jobcore_requests.errors import documented
from ais_jobcore_requests.timed import TimedReader
from tests.transports.client_compliance import SNAPSHOTS, Fixed
from tests.transports.compliance import DriverCompliance, rig, transcript
from tests.transports.crowds import crowd
from tests.transports.drivers import SyncDriver
from tests.transports.jobs_compliance import Rig
from tests.transports.wire import CERTIFICATE, WireServer, answer

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["rig", "transcript"]


@pytest.fixture
def driver() -> Iterator[SyncDriver]:
    """Return the driver, and close what it made."""
    made = SyncDriver()
    yield made
    made.close()


class TestRequests(DriverCompliance):
    """Holds what holds for every driver."""

    @pytest.mark.parametrize(
        ("kind", "classes"),
        [
            (FaultKind.CONNECTION, [requests.ConnectionError]),
            (FaultKind.DNS, [requests.ConnectionError]),
            (FaultKind.TLS, [requests.exceptions.SSLError, requests.ConnectionError]),
            (FaultKind.TIMEOUT, [requests.ConnectTimeout, requests.ReadTimeout, requests.Timeout]),
            (FaultKind.TRUNCATED, [requests.exceptions.ChunkedEncodingError]),
            (FaultKind.TOO_LARGE, [requests.RequestException]),
            (FaultKind.REDIRECT, [requests.RequestException]),
        ],
    )
    def test_faults_are_exceptions_of_requests(self, kind: FaultKind, classes: list[type]) -> None:
        """What the seed documents can be caught, and compared by value, also when it was pickled."""
        raised = documented(TransportFault(kind, "words"))
        assert [True] * len(classes) == [isinstance(raised, each) for each in classes]
        assert isinstance(raised, TransportFault)
        assert (None, None) == (raised.request, raised.response)  # type: ignore[attr-defined]
        again = pickle.loads(pickle.dumps(raised))  # noqa: S301 - made a moment ago
        assert (raised, str(raised)) == (again, f"{kind.value}: words")

    def test_wait_raises_what_the_seed_documents(self, driver: SyncDriver) -> None:
        """A cluster that nobody can connect to is a ``requests.ConnectionError``."""
        rig = Rig(driver, fault=lambda *_: Fault(FaultKind.CONNECTION, "refused"))
        with pytest.raises(requests.ConnectionError, match="refused"):
            rig.client.job("Jabcdefgh").wait()

    def test_no_delay_is_no_sleep(self) -> None:
        """Nobody sleeps for 0 seconds."""
        clock, slept = VirtualClock(), list[float]()
        client = Client(transport=ScriptTransport(clock, [Reply(200)] * 2), sleep=slept.append)
        ask = ask_status("Jabc")
        client.run(Fixed(Continue(0.0, ask, ""), Continue(1.5, ask, ""), Done(None, "")))
        assert [1.5] == slept

    def test_context_manager(self) -> None:
        """A client is closed at the end of its block."""
        with WireServer(answer(b"{}")) as server, Client(server.endpoint) as client:
            assert isinstance(client.job("x"), Job)

    def test_threads_may_share_a_client(self) -> None:
        """Waits of several threads on one client do not disturb one another."""
        cluster = SimCluster(3)
        with SimServer(cluster, speed=100) as server, Client(server.endpoint) as client:
            jobs = [cluster.add_job("copy-bck", duration=5.0) for _ in range(8)]
            with ThreadPoolExecutor(8) as pool:
                results = list(pool.map(lambda job: client.job(job.id).wait(timeout=30), jobs))
        assert [(job.id, True) for job in jobs] == [(each.job_id, each.success) for each in results]

    def test_a_thousand_jobs_in_one_thread(self) -> None:
        """One call waits for them all; each costs one request beside the lists."""
        ids, answers = crowd(1000)
        clock = VirtualClock()
        transport = ScriptTransport(clock, answers)
        client = Client(transport=transport, clock=clock.now, sleep=clock.sleep)
        endings = client.wait_all(ids, verbose=False)
        assert [(job_id, True) for job_id in ids] == [(each.job_id, each.success) for each in endings]  # type: ignore[union-attr]
        assert len(transport.sent) < 1010
        assert clock.now() < 0.3

    def test_faults_in_lists_are_exceptions_of_requests(self) -> None:
        """What a single wait raises as an exception of requests is one among many, too."""
        rig = Rig(SyncDriver(), fault=lambda *_: Fault(FaultKind.TLS, "expired"))
        (ending,) = rig.client.wait_all(["Jabcdefgh"])
        ((_, told),) = rig.client.as_completed(["Jabcdefgh"])
        assert isinstance(ending, requests.exceptions.SSLError)
        assert isinstance(told, requests.exceptions.SSLError)

    def test_client_of_the_official_sdk(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The SDK's request client lends its endpoint, token and settings, and sends nothing itself."""
        monkeypatch.setenv("AIS_ENDPOINT", "http://elsewhere")
        with WireServer(answer(SNAPSHOTS)) as server:
            sdk = sdk_client(server.endpoint + "/gw/v1")
            Job(sdk, "Jabc").get_details()
            sdk.token = ""
            Job(sdk, "Jabc").get_details()
        (first, second) = server.received
        assert ("/gw/v1/cluster?what=qryxstats", "Bearer sdk") == (
            first.target,
            first.headers["authorization"],
        )
        assert "authorization" not in second.headers

    def test_job_of_the_official_sdk_can_be_pickled(self) -> None:
        """A job on the SDK's client takes that client along, and asks it for its token."""
        with WireServer(answer(SNAPSHOTS)) as server:
            job = Job(sdk_client(server.endpoint + "/v1"), "Jabc")
            pickle.loads(pickle.dumps(job)).get_details()  # noqa: S301 - made a moment ago
        assert ["Bearer sdk"] == [each.headers["authorization"] for each in server.received]

    @pytest.mark.parametrize(
        ("timeout", "connect", "read"),
        [((3, 20), 3, 20), (7.5, 7.5, 7.5), (None, NO_TIMEOUT, NO_TIMEOUT), ((None, 4), NO_TIMEOUT, 4)],
    )
    def test_settings_of_the_official_sdk(self, timeout: Any, connect: float, read: float) -> None:
        """Time-outs and TLS settings are the SDK's; no time-out is none but the wait's."""
        sdk = sdk_client(
            "https://gateway:51080/v1", timeout=timeout, verify=str(CERTIFICATE), cert=str(CERTIFICATE)
        )
        config = Client.of(sdk)._config
        assert ("https://gateway:51080",) == config.endpoints
        assert (str(CERTIFICATE), str(CERTIFICATE)) == (config.verify, config.client_cert)
        assert (connect, read) == (config.connect_timeout, config.request_timeout)

    def test_late_bytes_do_not_count(self) -> None:
        """What is read after the deadline is not waited for, even if it is there already."""
        ours, theirs = socket.socketpair()
        with ours, theirs:
            theirs.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            ours.settimeout(0.001)
            reader = TimedReader(ours.makefile("rb", buffering=0), ours)
            time.sleep(0.002)
            with pytest.raises(TimeoutError, match="in time"):
                reader.read(1)
            reader.close()

    def test_client_of_nobody(self) -> None:
        """What is no client is a ``ValueError`` that says what would be one."""
        with pytest.raises(ValueError, match="RequestClient"):
            Job("http://localhost:8080", "x")  # type: ignore[arg-type]


def sdk_client(base_url: str, *, timeout: Any = (3, 20), verify: Any = True, cert: Any = None) -> Any:
    """Make what looks like the SDK's request client."""
    session = SimpleNamespace(verify=verify, cert=cert)
    manager = SimpleNamespace(session=session)
    return SimpleNamespace(base_url=base_url, token="sdk", timeout=timeout, session_manager=manager)
