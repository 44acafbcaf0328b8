"""Jobs that are over before anybody looks: the proxies confirm what the targets say, if they still know."""

from __future__ import annotations

from typing import Final

import pytest

from ais_jobcore import JobWait, Outcome, Reply, Timeout
from tests.builders import JOB, NOON_NS, OVER, REFUSED, RUNNING, UNKNOWN, reply, snap_document, status
from tests.core.scripts import SNAPS, STATUS, tell

DATE: Final = "Mon, 23 Nov 2026 12:01:01 GMT"
"""A second after the end of the job."""
LATE: Final = "Mon, 23 Nov 2026 12:02:30 GMT"
"""When the proxies may be about to forget."""


def finished(date: str = DATE, kind: str = "copy-bck", name: str = "Date", err: str = "") -> Reply:
    """Make an answer by two targets that finished at 12:01, sent at a date."""
    snap = snap_document(JOB, "finished", err, kind=kind)
    return reply({"t1": [snap], "t2": [snap]}, headers={name: date} if date else {})


@pytest.mark.parametrize("name", ["Date", "date"])
def test_proxies_confirm_at_once(name: str) -> None:
    """A job that ended just now is known to the proxies: with their word the targets' is proof."""
    shown = finished(name=name)
    told = tell(JobWait(JOB), (SNAPS, (0.01, shown)), (STATUS, (0.01, OVER)), (SNAPS, (0.01, shown)))
    result = told.succeeded(Outcome.FINISHED)
    assert told.moments == pytest.approx([0.0, 0.01, 0.02])
    assert result.snapshots is not None


@pytest.mark.parametrize(
    ("date", "kind"),
    [
        ("", "copy-bck"),
        (LATE, "copy-bck"),
        ("Monday, 23-Nov-26 12:01:01 GMT", "copy-bck"),
        ("Mon, 23 Nov 2026 12:01:01 CET", "copy-bck"),
        ("Tue, 31 Feb 2026 12:01:01 GMT", "copy-bck"),
        (DATE, "dsort"),
        (DATE, "brand-new"),
    ],
)
def test_proxies_that_may_not_know_are_not_asked(date: str, kind: str) -> None:
    """Without a date, long after the end, or for a kind without a status, the targets are looked at twice."""
    shown = finished(date, kind)
    told = tell(JobWait(JOB), (SNAPS, shown), (SNAPS, shown))
    told.succeeded(Outcome.FINISHED)
    assert told.moments == pytest.approx([0.0, 0.25])


def test_proxies_that_say_otherwise_are_believed() -> None:
    """A target that did not show the job yet is why one look at the targets is no proof."""
    told = tell(
        JobWait(JOB), (SNAPS, finished()), (STATUS, RUNNING), (STATUS, OVER), (SNAPS, (0.0, finished()))
    )
    told.succeeded(Outcome.FINISHED)
    assert told.moments[1] < told.moments[2]


def test_proxies_that_know_of_an_error_have_the_last_word() -> None:
    """What failed says the status, though the targets that were seen say nothing of it."""
    failed = status("t3: no space left", end=NOON_NS)
    told = tell(JobWait(JOB), (SNAPS, finished()), (STATUS, failed), (SNAPS, finished()))
    assert "no space left" in (told.failed(Outcome.FINISHED_WITH_ERRORS).error or "")


@pytest.mark.parametrize("answer", [REFUSED, UNKNOWN])
def test_proxies_that_cannot_confirm_leave_it_to_the_targets(answer: object) -> None:
    """Where the proxies do not answer, or forgot after all, a second look at the targets is proof."""
    shown = finished()
    told = tell(JobWait(JOB), (SNAPS, shown), (STATUS, answer), (SNAPS, shown))  # type: ignore[arg-type]
    while hasattr(told.decision, "delay"):
        told.now += told.pending.delay
        told.decisions.append(told.wait.handle(shown, told.now))
    told.succeeded(Outcome.FINISHED)
    assert told.now < 1.0


def test_nothing_is_sent_after_the_deadline_for_it() -> None:
    """The proxies are asked at once, and not too late."""
    told = tell(JobWait(JOB, timeout=0.0), (SNAPS, (0.5, finished())))
    assert "looks done just now" in str(told.raised(Timeout))
