"""What every driver knows of jobs that are over, against a simulated cluster in virtual time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ais_jobcore import BucketRef, Learned, Timeout, WaitOptions

if TYPE_CHECKING:
    from tests.transports.jobs_compliance import Rig


class LearningCompliance:
    """What holds for the memory of every driver; inherited by the tests of each."""

    def test_durations_of_waits(self, rig: Rig) -> None:
        """Each wait for a job that does well leaves its duration, by the clocks of the targets."""
        for seconds in (20.0, 30.0):
            rig.client.job(rig.add("copy-bck", duration=seconds).id).wait()
        with pytest.raises(Timeout):
            rig.client.job(rig.add("lru", duration=500.0).id).wait(timeout=5)
        assert [20.0, 30.0] == pytest.approx(rig.client.durations("copy-bck"), abs=0.1)
        assert [] == rig.client.durations("lru") == rig.client.durations("archive")

    def test_durations_of_many(self, rig: Rig) -> None:
        """Waits for many count alike, each once."""
        jobs = [rig.add("copy-bck", duration=10.0 * place).id for place in (1, 2, 3)]
        rig.client.wait_all(jobs[:2])
        list(rig.client.as_completed(jobs))
        assert [10.0, 20.0, 10.0, 20.0, 30.0] == pytest.approx(rig.client.durations("copy-bck"), abs=0.1)

    def test_history(self, rig: Rig) -> None:
        """One request tells which jobs of a kind finished, and when; a schedule learns from them."""
        photos = BucketRef("photos")
        for seconds in (5.0, 9.0):
            rig.add("copy-bck", duration=seconds, to=photos.name)
        running, other = (
            rig.add("copy-bck", duration=1e6),
            rig.add("copy-bck", duration=3.0, to="b"),
        )
        rig.clock.advance(60.0)
        before = len(rig.transport.sent)
        found = rig.client.history("copy-bucket")
        assert 1 == len(rig.transport.sent) - before
        assert [3.0, 5.0, 9.0] == pytest.approx([job.duration for job in found], abs=0.1)
        assert running.id not in {job.job_id for job in found}
        assert other.id in {job.job_id for job in found}
        assert 3 == Learned.from_transcripts(found).past.size
        assert [5.0, 9.0] == pytest.approx(
            [job.duration for job in rig.client.history("copy-bck", photos)], abs=0.1
        )
        assert [] == rig.client.history("archive")
        with pytest.raises(ValueError, match="unknown kind"):
            rig.client.history("nosuchkind")

    def test_wait_that_learned(self, rig: Rig) -> None:
        """It asks seldom before jobs like it have ever ended, and is not late for its end."""
        learned = Learned([600.0 + place for place in range(100)])
        asked: list[int] = []
        for schedule in (learned, "default"):
            before = len(rig.transport.sent)
            job = rig.client.job(rig.add("copy-bck", duration=650.0).id)
            result = job.wait(timeout=None, options=WaitOptions(schedule=schedule))
            assert result.elapsed < 653.0 if schedule is learned else 660.0
            asked.append(len(rig.transport.sent) - before)
        assert asked[0] < asked[1]
