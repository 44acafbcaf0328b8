"""Waits that were saved, and go on through a driver, maybe in another process."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ais_jobcore import Continue, JobInfoNotFound, JobWait, Outcome
from ais_jobcore.testing import SimTransport
from tests.transports.jobs_compliance import UNKNOWN

if TYPE_CHECKING:
    from tests.transports.jobs_compliance import Rig


def saved(rig: Rig, job_id: str, *, polls: int) -> str:
    """Wait by hand for some polls, or to the end, and save the wait."""
    wait = JobWait(job_id, timeout=300.0, options=rig.client.options())
    transport = SimTransport(rig.cluster, rig.clock)
    decision = wait.start(rig.clock.now())
    for _ in range(polls):
        if not isinstance(decision, Continue):
            break
        rig.clock.sleep(decision.delay)
        decision = wait.handle(transport.send(decision.request), rig.clock.now())
    return wait.save()


class LoadedCompliance:
    """What holds for loaded waits in every driver; inherited by the tests of each."""

    def test_loaded_wait_is_taken_up(self, rig: Rig) -> None:
        """A driver continues a loaded wait where it stopped, and its result counts from the first start."""
        job = rig.add("copy-bck", duration=60.0)
        text = saved(rig, job.id, polls=5)
        rig.clock.advance(30.0)
        result = rig.client.run(JobWait.load(text, rig.clock.now(), elapsed=30.0))
        assert (job.id, Outcome.FINISHED) == (result.job_id, result.outcome)
        assert 5 + len(rig.transport.sent) == result.polls
        assert 60.0 <= result.elapsed < 65.0

    @pytest.mark.parametrize("job_id", ["finished", "unknown"])
    def test_loaded_wait_that_is_over(self, rig: Rig, job_id: str) -> None:
        """A wait that was saved at its end ends again in the same way, and nothing is sent."""
        job = rig.add("copy-bck", duration=3.0)
        text = saved(rig, job.id if job_id == "finished" else UNKNOWN, polls=1000)
        wait = JobWait.load(text, rig.clock.now())
        if job_id == "finished":
            assert Outcome.FINISHED is rig.client.run(wait).outcome
        else:
            with pytest.raises(JobInfoNotFound):
                rig.client.run(wait)
        assert [] == rig.transport.sent
