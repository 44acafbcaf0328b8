"""What every driver does with ``record=path``: a transcript without secrets, that replays."""

from __future__ import annotations

import json
from math import inf
from typing import TYPE_CHECKING, Any

import pytest

from ais_jobcore import Fault, FaultKind, JobInfoNotFound, JobWait, Timeout
from ais_jobcore.recording import Record, Transcript, replay
from ais_jobcore.testing import SimCluster, SimServer
from tests.transports.jobs_compliance import UNKNOWN, Rig
from tests.transports.wire import WireServer, answer

if TYPE_CHECKING:
    from pathlib import Path

    from ais_jobcore.queries import Request
    from tests.transports.drivers import Driver

TOKEN = "t0psecret-T0ken.of~mine"


@pytest.fixture
def transcript(tmp_path: Path) -> Path:
    """Return where the transcript goes."""
    return tmp_path / "wait.jsonl"


class RecordCompliance:
    """Hold for every driver; inherited by the tests of each."""

    @pytest.mark.parametrize("kind", ["copy-bck", "copy-listrange", "blob-download", "resilver"])
    @pytest.mark.parametrize("named", [True, False])
    def test_recorded_wait_replays(self, rig: Rig, transcript: Path, kind: str, named: bool) -> None:
        """The result is that of any wait, and the file has every request of it and the end."""
        job = rig.add(kind, duration=3.0)
        result = rig.client.job(job.id, kind if named else "").wait(60, verbose=False, record=transcript)
        assert result
        replayed = replay(transcript)
        assert (True, 1 + result.polls) == (replayed.same, replayed.lines)
        *_, end = Transcript.load(transcript).entries()
        assert job.id == end.decision["done"]["job_id"]
        assert result.elapsed == end.decision["done"]["elapsed"] == pytest.approx(end.t)

    @pytest.mark.parametrize(
        ("method", "kind", "until"),
        [("wait_for_idle", "copy-listrange", "idle"), ("wait_single_node", "blob-download", "single")],
    )
    def test_other_waits_are_recorded(
        self, rig: Rig, transcript: Path, method: str, kind: str, until: str
    ) -> None:
        """``wait_for_idle`` and ``wait_single_node`` record, too."""
        job = rig.add(kind, duration=3.0)
        assert getattr(rig.client.job(job.id), method)(record=str(transcript))
        assert until == Transcript.load(transcript).header["arguments"]["until"]
        assert replay(transcript).same

    def test_waits_that_raise_are_recorded(self, rig: Rig, transcript: Path) -> None:
        """The end is in the file whether it is returned or raised."""
        job = rig.add("copy-bck", duration=inf)
        with pytest.raises(Timeout):
            rig.client.job(job.id).wait(5, record=transcript)
        *_, end = Transcript.load(transcript).entries()
        assert "Timeout" == end.decision["error"]["type"]
        with pytest.raises(JobInfoNotFound):
            rig.client.job(UNKNOWN).wait(record=transcript)
        *_, end = Transcript.load(transcript).entries()
        assert "JobInfoNotFound" == end.decision["error"]["type"]
        assert replay(transcript).same

    def test_seed_and_schedule_are_recorded(self, rig: Rig, transcript: Path) -> None:
        """What the driver drew is in the header, or no replay would ask at the same moments."""
        job = rig.add("copy-bck", duration=100.0)
        rig.client.job(job.id).wait(record=transcript)
        assert 1 == Transcript.load(transcript).header["options"]["seed"]
        asked = [entry.t for entry in Transcript.load(transcript).entries()]
        assert asked == sorted(asked)
        assert replay(transcript).same

    @pytest.mark.parametrize("place", ["nowhere/wait.jsonl", "."])
    def test_path_that_cannot_be_written(self, rig: Rig, tmp_path: Path, place: str) -> None:
        """An unwritable path is an error that names it, before anything is sent."""
        job = rig.add("copy-bck")
        with pytest.raises(OSError, match="transcript cannot be written") as caught:
            rig.client.job(job.id).wait(record=tmp_path / place)
        assert str(tmp_path / place) in str(caught.value)
        assert [] == rig.transport.sent

    def test_no_record_no_file(self, rig: Rig, tmp_path: Path) -> None:
        """Without a path nothing is written."""
        rig.client.job(rig.add("copy-bck").id).wait()
        assert [] == list(tmp_path.iterdir())

    def test_interrupted_wait_leaves_its_transcript(self, driver: Driver, transcript: Path) -> None:
        """What ends a wait from outside closes the file, and all before it can be replayed."""
        asked: list[float] = []

        def interrupt(_: Request, now: float) -> Fault | None:
            asked.append(now)
            if len(asked) == 5:
                raise KeyboardInterrupt
            return None

        rig = Rig(driver, fault=interrupt)
        with pytest.raises(KeyboardInterrupt):
            rig.client.job(rig.add("copy-bck", duration=inf).id).wait(record=transcript)
        assert (5, True) == (replay(transcript).lines, replay(transcript).same)

    def test_names_are_hidden_on_request(self, driver: Driver, transcript: Path) -> None:
        """With a ``Record`` that says so, neither hosts nor buckets are in the file."""

        def refuse(_: Request, now: float) -> Fault | None:
            words = "host='gw.example.com', port=51080: refused"
            return Fault(FaultKind.CONNECTION, words) if now < 1001 else None

        rig = Rig(driver, fault=refuse)
        job = rig.add("copy-bck", bucket="photos", duration=3.0)
        assert rig.client.job(job.id).wait(record=Record(transcript, hide_names=True))
        text = transcript.read_text()
        assert not [name for name in ("gw.example", "photos") if name in text]
        assert "host-1" in text
        assert "bucket-1" in text
        assert replay(transcript).same

    def test_token_never_enters(self, driver: Driver, transcript: Path) -> None:
        """A server that repeats the token, in whatever words, does not get it into the file."""
        words = {"message": f"no right for {TOKEN}", "status": 500}
        with WireServer(answer(json.dumps(words).encode(), "500 Sorry")) as server:
            client = driver.client(server.endpoint, token=TOKEN)
            with pytest.raises(Timeout):
                client.job("Jabc").wait(0.3, record=transcript)
        assert server.received[0].headers["authorization"] == f"Bearer {TOKEN}"
        text = transcript.read_text()
        assert TOKEN not in text
        assert "no right for ***" in text
        assert replay(transcript).same

    def test_hosts_of_endpoints_are_hidden(self, driver: Driver, transcript: Path) -> None:
        """The driver's own endpoints are known as hosts from the beginning."""
        with WireServer(answer(b"node localhost is busy", "503 Busy")) as server:
            endpoint = server.endpoint.replace("127.0.0.1", "localhost")
            with pytest.raises(Timeout):
                driver.client(endpoint).job("Jabc").wait(0.2, record=Record(transcript, hide_names=True))
        assert "localhost" not in transcript.read_text()

    def test_real_wait_replays(self, driver: Driver, transcript: Path) -> None:
        """A wait over loopback, with the clock of the machine, decides to the last digit as its replay."""
        with SimServer(SimCluster()) as server:
            job = server.cluster.add_job("copy-bck", duration=0.3)
            assert driver.client(server.endpoint).job(job.id).wait(30, record=transcript)
        assert replay(transcript).same

    def test_operation_of_ones_own_can_be_recorded(self, rig: Rig, transcript: Path) -> None:
        """Who makes waits by hand has the client stand a recorder before one, and runs that."""
        job = rig.add("copy-bck", duration=3.0)
        wait: Any = JobWait(job.id, options=rig.client.options())
        with rig.client.recorded(wait, transcript) as operation:
            assert rig.client.run(operation)
        assert replay(transcript).same
        with rig.client.recorded(wait, None) as operation:
            assert operation is wait
