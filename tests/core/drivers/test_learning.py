"""What clients know of jobs that are over."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from ais_jobcore import BucketRef, FinishedJob, JobInfoNotFound, Outcome, WaitResult
from ais_jobcore.limits import LEARNED_DURATIONS
from ais_jobcore.queries import ask_kind
from tests.core.drivers.samples import bucket, client


def made() -> Any:  # noqa: ANN401 - the client is of a class that is made there
    """Make a client."""
    return client("http://a")


def ended(elapsed: float, kind: str = "lru", outcome: Outcome = Outcome.FINISHED) -> WaitResult:
    """Make the result of a wait."""
    return WaitResult(job_id="j", success=outcome.success, kind=kind, outcome=outcome, elapsed=elapsed)


def test_nothing_is_known_at_first() -> None:
    """A client that did not wait yet has no durations, whatever the name of the kind."""
    assert [] == made().durations("lru") == made().durations("lru-eviction")
    with pytest.raises(ValueError, match="unknown kind"):
        made().durations("nosuchkind")


def test_results_are_kept_by_kind_in_their_order() -> None:
    """What an operation results in comes back as it is; jobs that did well leave their durations."""
    known = made()
    for result in (ended(5.0), ended(7.0, "archive"), ended(6.0), ended(9.0, outcome=Outcome.ABORTED)):
        assert result is known._kept(result)
    assert [5.0, 6.0] == known.durations("lru-eviction")
    assert [7.0] == known.durations("archive")


def test_results_of_many_are_kept_with_places_and_without() -> None:
    """One list of endings, or some of them as they end; errors and waits under way are none."""
    known = made()
    known._kept([ended(5.0), JobInfoNotFound("no"), None, ended(6.0, "archive")])
    known._kept([(3, ended(8.0)), (0, JobInfoNotFound("no"))])
    assert ([5.0, 8.0], [6.0]) == (known.durations("lru"), known.durations("archive"))


@pytest.mark.parametrize(
    "result", [None, "text", [], [()], (1, 2), [FinishedJob("j", 1, 2)], ended(5.0, "brand-new"), ended(0.0)]
)
def test_other_results_are_passed_on(result: object) -> None:
    """Whatever is no end of a job of a known kind leaves nothing."""
    known = made()
    assert result is known._kept(result)
    assert {} == known._took


def test_memory_is_bounded() -> None:
    """Of each kind the newest are kept."""
    known = made()
    for place in range(LEARNED_DURATIONS + 5):
        known._kept(ended(1.0 + place))
    assert LEARNED_DURATIONS == len(known.durations("lru"))
    assert (6.0, LEARNED_DURATIONS + 5.0) == (known.durations("lru")[0], known.durations("lru")[-1])


def test_lists_are_the_callers() -> None:
    """What a caller does to the list changes nothing."""
    known = made()
    known._kept(ended(5.0))
    known.durations("lru").clear()
    assert [5.0] == known.durations("lru")


def test_what_is_known_is_a_clients_own() -> None:
    """Another client knows nothing of it."""
    made()._kept(ended(5.0))
    assert [] == made().durations("lru")
    assert {"lru": (5.0,)} == pickle.loads(pickle.dumps({"lru": (5.0,)}))  # noqa: S301


@pytest.mark.parametrize(
    ("given", "asked"),
    [(None, None), (BucketRef("b"), BucketRef("b")), (bucket("b", "aws"), BucketRef("b", "aws"))],
)
def test_history_is_asked_for_by_kind_and_bucket(given: object, asked: BucketRef | None) -> None:
    """The bucket may be the official SDK's; the request has the options of the client."""
    known = client("http://a", request_timeout=7)
    (first, timeout) = ask_kind("lru", asked, active=False), 7.0
    request = known._history("lru-eviction", given).start(0.0).request
    assert (first.json, timeout) == (request.json, request.timeout)
    with pytest.raises(ValueError, match="a bucket has a name"):
        known._history("lru", 5)
