"""What clients of every driver do beside jobs: settings, life time, log records, and what they run."""

# ruff: noqa: ANN401 - the parts of both drivers go by one name here, and have no type in common

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pytest

from ais_jobcore import Abort, Continue, Done, JobInfoNotFound, Reply, TransportFault
from ais_jobcore.events import Fault, FaultKind
from ais_jobcore.queries import ask_status
from ais_jobcore.testing import VirtualClock
from tests.transports.jobs_compliance import Rig
from tests.transports.wire import WireServer, answer

if TYPE_CHECKING:
    from tests.transports.drivers import Driver

ASK = ask_status("Jabc").addressed(timeout=1.0, endpoint=0)
SNAPSHOTS = (
    b'{"t1":[{"id":"Jabc","kind":"lru",'
    b'"start-time":"2026-01-01T00:00:00Z","end-time":"2026-01-01T00:00:01Z"}]}'
)
"""What a target says of a job that is over."""


class Fixed:
    """Be an operation that decides what it is told to, whatever happens."""

    def __init__(self, *decisions: Any) -> None:
        self._decisions = iter(decisions)
        self.events: list[Any] = []
        self.moments: list[float] = []

    def start(self, now: float) -> Any:
        """Decide for the first time."""
        self.moments.append(now)
        return next(self._decisions)

    def handle(self, event: Any, now: float) -> Any:
        """Decide again."""
        self.events.append(event)
        return self.start(now)


class ClientCompliance:
    """Hold for the clients of every driver; inherited by the tests of each."""

    # Settings

    def test_endpoint_is_needed(self, driver: Driver) -> None:
        """Without an endpoint anywhere the error names the variable that may hold it."""
        with pytest.raises(ValueError, match="AIS_ENDPOINT"):
            driver.client()

    def test_environment_is_read_and_arguments_win(
        self, driver: Driver, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Endpoint and token come from the environment, unless they are given."""
        with WireServer(answer(SNAPSHOTS)) as server, WireServer(answer(SNAPSHOTS)) as other:
            monkeypatch.setenv("AIS_ENDPOINT", server.endpoint)
            monkeypatch.setenv("AIS_AUTHN_TOKEN", "env")
            driver.client().job("Jabc").get_details()
            driver.client(token="arg").job("Jabc").get_details()
            driver.client(token=driver.token(lambda: "function")).job("Jabc").get_details()
            driver.client(other.endpoint, token="").job("Jabc").get_details()
        shown = [each.headers.get("authorization") for each in server.received + other.received]
        assert ["Bearer env", "Bearer arg", "Bearer function", None] == shown

    def test_settings_reach_the_wire(self, driver: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
        """Time-outs and limits that are given, or in the environment, hold for requests."""
        monkeypatch.setenv("AIS_READ_TIMEOUT", "0.05")
        with WireServer(answer(SNAPSHOTS)) as server:
            client = driver.client(server.endpoint, max_body=5)
            operation = Fixed(Continue(0.0, ASK, ""), Done(None, ""))
            client.run(operation)
            assert 0.05 == client.options().request_timeout
        (fault,) = operation.events
        assert (FaultKind.TOO_LARGE, "the answer is larger than 5 bytes") == (fault.kind, fault.message)

    # Life time

    def test_own_transport_is_closed_and_a_given_one_is_not(self, driver: Driver) -> None:
        """A client closes what it made, as often as one likes, and not what it was given."""
        rig = Rig(driver)
        rig.client.close()
        assert not rig.transport.closed
        with WireServer(answer(SNAPSHOTS)) as server:
            client = driver.client(server.endpoint)
            client.job("Jabc").get_details()
            client.close()
            client.close()

    # Running

    def test_decisions_are_obeyed(self, driver: Driver) -> None:
        """Sleep, send, report, with the clock's time; then return the result."""
        clock = VirtualClock(5.0)
        replies = [Reply(200, b"one"), (0.5, Reply(500)), Fault(FaultKind.DNS, "x")]
        transport = driver.virtual["script"](clock, replies)
        client = driver.client(transport=transport, clock=clock.now, sleep=driver.sleep(clock))
        asks = [ask_status(name) for name in "abc"]
        operation = Fixed(
            Continue(0.0, asks[0], ""),
            Continue(2.0, asks[1], ""),
            Continue(0.25, asks[2], ""),
            Done("end", ""),
        )
        assert "end" == client.run(operation)
        assert (asks, [5.0, 7.0, 7.75]) == (transport.sent, transport.sent_at)
        assert [Reply(200, b"one"), Reply(500), Fault(FaultKind.DNS, "x")] == operation.events
        assert [5.0, 5.0, 7.5, 7.75] == operation.moments

    def test_result_of_an_abort_is_returned_and_its_error_raised(self, driver: Driver) -> None:
        """A job that ended badly is a result; a wait that could not be completed is an error."""
        client = Rig(driver).client
        assert "bad" == client.run(Fixed(Abort("bad", None, "")))
        assert client.run(Fixed(Done(None, ""))) is None
        error = JobInfoNotFound("x")
        with pytest.raises(JobInfoNotFound) as caught:
            client.run(Fixed(Abort(None, error, "")))
        assert error is caught.value

    @pytest.mark.parametrize("kind", FaultKind)
    def test_transport_faults_are_raised(self, driver: Driver, kind: FaultKind) -> None:
        """Each kind of fault is raised as a ``TransportFault`` that tells it, with its cause."""
        fault = TransportFault(kind, "words")
        fault.__cause__ = OSError("cause")
        with pytest.raises(TransportFault) as caught:
            Rig(driver).client.run(Fixed(Abort(None, fault, "")))
        assert (kind, "words", f"{kind.value}: words") == (
            caught.value.kind,
            caught.value.message,
            str(caught.value),
        )
        assert isinstance(caught.value.__cause__, OSError)

    # Log records

    def test_only_the_level_depends_on_verbose(
        self, driver: Driver, caplog: pytest.LogCaptureFixture
    ) -> None:
        """Records are the same with and without; changes and the end are INFO with it (S56, R12)."""
        caplog.set_level(logging.DEBUG, "ais_jobcore")
        told = []
        for verbose in (True, False):
            rig = Rig(driver)
            rig.client.job(rig.add("copy-bck", duration=4.0).id, "copy-bck").wait(60, verbose)
            told.append([(each.levelno, each.getMessage()) for each in caplog.records])
            caplog.clear()
        loud, quiet = told
        assert [text for _, text in loud] == [text for _, text in quiet]
        assert {logging.DEBUG} == {level for level, _ in quiet}
        assert [logging.INFO, logging.DEBUG, logging.INFO] == [loud[0][0], loud[3][0], loud[-1][0]]
        assert "done" in loud[-1][1]

    def test_records_have_fields(self, driver: Driver, caplog: pytest.LogCaptureFixture) -> None:
        """Each decision is a record of its own, with fields for structured logs."""
        caplog.set_level(logging.DEBUG, "ais_jobcore")
        rig = Rig(driver)
        job = rig.add("lru", duration=1.0)
        result = rig.client.job(job.id).wait()
        records: list[Any] = caplog.records
        assert {job.id} == {each.ais_subject for each in records}
        assert ["continue"] * result.polls + ["done"] == [each.ais_decision for each in records]
        assert 0.0 == records[0].ais_delay

    def test_records_are_printable(self, driver: Driver, caplog: pytest.LogCaptureFixture) -> None:
        """Text of a server cannot forge a record, nor command a terminal."""
        caplog.set_level(logging.DEBUG, "ais_jobcore")
        Rig(driver).client.run(Fixed(Done("x", "\x1b[2J\nERROR forged\u202e\x07")), subject="a\nb\x9b")
        (record,) = caplog.records
        assert "a b: done: [2J ERROR forged" == record.getMessage()

    def test_nothing_global_is_touched(self, driver: Driver) -> None:
        """The library adds no handler that writes, and changes neither levels nor propagation (S57)."""
        before = list(logging.getLogger().handlers)
        rig = Rig(driver)
        rig.client.job(rig.add("lru").id).wait(verbose=False)
        logger = logging.getLogger("ais_jobcore")
        assert {logging.NullHandler} == {type(each) for each in logger.handlers}
        assert (logging.NOTSET, True, False) == (logger.level, logger.propagate, logger.disabled)
        assert before == logging.getLogger().handlers
