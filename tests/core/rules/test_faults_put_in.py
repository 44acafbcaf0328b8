"""
Faults put into the rules one at a time: each has to be noticed by tests that pass without it.

What is run with a fault in is a test of the other modules, the same that runs without it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import pytest
from attrs import evolve, frozen

from ais_jobcore.options import Until
from ais_jobcore.rules import classify, evidence, pacing, table
from ais_jobcore.rules.evidence import Verdict
from ais_jobcore.rules.state import Signal, WaitState
from ais_jobcore.snapshots import JobStatus, TargetState
from ais_jobcore.wire import decode, lean, models
from tests.builders import REFUSED, UNKNOWN
from tests.core.machines import test_job_recordings
from tests.core.rules import (
    test_wait_faults,
    test_wait_retries,
    test_wait_snapshots,
    test_wait_status,
    test_wait_targets,
    test_wait_unknown,
)
from tests.proof.faults import confirm_at_once, not_found_is_the_end

if TYPE_CHECKING:
    from ais_jobcore.proofs import TargetView, Views
    from ais_jobcore.wire.lean import Sightings

Check = Callable[[], None]
Patch = Callable[[pytest.MonkeyPatch], None]


@frozen
class Mutation:
    """
    Hold a fault and what notices it.

    Attributes:
        fault: what is wrong with the rules then.
        patch: puts it in.
        checks: the tests that turn red, with their arguments.
    """

    fault: str
    patch: Patch
    checks: tuple[Check, ...]


def wrapped(module: object, name: str, around: Callable[..., Any]) -> Patch:
    """Put something around a function of the rules; it is given the function and its arguments."""
    function = getattr(module, name)

    def patch(monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(module, name, lambda *args, **kwargs: around(function, *args, **kwargs))

    return patch


def of_views(name: str, around: Callable[..., Any]) -> Patch:
    """Put something around a function about views, wherever the rules call it."""
    return both(wrapped(evidence, name, around), wrapped(classify, name, around))


def both(*patches: Patch) -> Patch:
    """Put several patches in."""

    def patch(monkeypatch: pytest.MonkeyPatch) -> None:
        for each in patches:
            each(monkeypatch)

    return patch


def given(test: Callable[..., None], *args: object) -> Check:
    """Give a test its arguments."""
    return lambda: test(*args)


# The faults.


def any_is_all(judge: Callable[..., Verdict], views: Views, until: Until) -> Verdict:
    """Take any target that finished for all of them."""
    finished = [view for view in views if view.state is TargetState.FINISHED]
    return judge(tuple(finished) or views, until)


def any_finished(_: object, views: Views) -> bool:
    """Take any target that finished for all of them, where it is asked whether all did."""
    return any_is_all(evidence.judge, views, Until.FINISHED) is Verdict.QUIET


def without_errors(fold: Callable[..., Views], *args: object, **kwargs: object) -> Views:
    """Leave out every error that is not an abort."""
    views = fold(*args, **kwargs)
    return tuple(
        view if view.state.ended and view.state is not TargetState.FINISHED else bare(view) for view in views
    )


def bare(view: TargetView) -> TargetView:
    """Leave out the error of one target."""
    return evolve(view, error="")


def without_status_error(
    read: Callable[..., object], state: WaitState, status: JobStatus, *args: object
) -> object:
    """Leave out the error of a status that is no abort."""
    return read(state, status if status.aborted else evolve(status, err=""), *args)


def adopted(reply: Sightings, everyone: dict[str, list[Any]]) -> Sightings:
    """Take what other jobs do for this one's doing."""
    return evolve(reply, own={target: seen for target, seen in sorted(everyone.items()) if seen})


def others_too(sight_all: Callable[..., Sightings], reply: Any, job_id: str) -> Sightings:  # noqa: ANN401
    """Accept the snapshots of other jobs that an embedder feeds."""
    everyone = {target: [lean.sight(snap) for snap in snaps] for target, snaps in reply.root.items()}
    return adopted(sight_all(reply, job_id), everyone)


def others_read_too(read: Callable[..., Sightings], body: bytes, job_id: str, **counted: bool) -> Sightings:
    """Accept the snapshots of other jobs in a reply."""
    return others_too(lambda *_: read(body, job_id, **counted), models.read_snapshots(body), job_id)


def forgetful(fold: Callable[..., Views], views: Views, own: dict[str, object], **kwargs: object) -> Views:
    """Forget the targets that are not in the reply."""
    return fold(tuple(view for view in views if view.target in own), own, **kwargs)


def without_grace(read: Callable[..., object], state: WaitState, now: float) -> object:
    """Give a job up that is unknown right after its start."""
    return read(state, max(now, state.question.options.grace))


def fatal(read: Callable[..., tuple[WaitState, Signal]], *args: object) -> tuple[WaitState, Signal]:
    """Take every fault for the last."""
    return read(*args)[0], Signal.FATAL


def without_aborts(judge: Callable[..., Verdict], views: Views, until: Until) -> Verdict:
    """Take an abort for an end like any other."""
    return judge(tuple(map(finished, views)), until)


def finished(view: TargetView) -> TargetView:
    """Make a target that was stopped one that finished."""
    return evolve(view, state=TargetState.FINISHED) if view.state is TargetState.ABORTED else view


def without_abort_views(fold: Callable[..., Views], *args: object, **kwargs: object) -> Views:
    """See no abort on any target, nor its text."""
    return tuple(
        evolve(finished(view), error="") if view.state is TargetState.ABORTED else view
        for view in fold(*args, **kwargs)
    )


def without_aborted_status(
    read: Callable[..., object], state: WaitState, status: JobStatus, *args: object
) -> object:
    """See no abort in a status, nor its text."""
    plain = evolve(status, aborted=False, err="") if status.aborted else status
    return read(state, plain, *args)


# And what notices them.


MUTATIONS: Final = (
    Mutation(
        "any target finished counts as all",
        both(
            of_views("judge", any_is_all),
            wrapped(classify, "all_finished", any_finished),
            wrapped(pacing, "all_finished", any_finished),
        ),
        (
            test_wait_snapshots.test_one_target_finished_is_not_all,
            test_wait_snapshots.test_finished_is_enough_where_the_work_was_seen,
            test_wait_status.test_a_target_that_still_runs_outweighs_the_proxies,
            test_wait_status.test_dispute_lasts_to_the_deadline,
            given(test_job_recordings.test_every_job_from_every_moment, "prefetch", "N2bpTG-xC", False),
        ),
    ),
    Mutation(
        "no idle confirmation",
        wrapped(classify, "_read_quiet", confirm_at_once),
        (
            test_wait_snapshots.test_idle_is_looked_at_twice,
            test_wait_snapshots.test_finished_unseen_is_looked_at_twice,
            given(test_wait_snapshots.test_busy_reply_starts_the_streak_again, "running"),
            given(test_job_recordings.test_idle_and_busy_again, 0),
        ),
    ),
    Mutation(
        "`err` ignored",
        both(of_views("fold", without_errors), wrapped(classify, "_read_status", without_status_error)),
        (
            given(test_wait_snapshots.test_error_is_never_forgotten, "archive", "idle"),
            test_wait_status.test_targets_have_errors_that_the_proxies_do_not_mention,
            test_wait_status.test_error_of_a_running_job_is_remembered,
            given(test_job_recordings.test_missing_objects, ""),
            given(test_job_recordings.test_errors_that_status_all_hides, "delete-listrange"),
        ),
    ),
    Mutation(
        "404 taken for done",
        wrapped(classify, "_read_not_found", not_found_is_the_end),
        (
            test_wait_unknown.test_other_source_is_asked_at_once,
            given(test_wait_unknown.test_job_that_never_existed, "archive", UNKNOWN),
            given(test_wait_unknown.test_job_that_had_been_seen_is_gone, "archive"),
            test_wait_targets.test_superseded_rebalance,
            given(test_job_recordings.test_rebalance_whatever_is_waited_for, "idle"),
            test_job_recordings.test_id_that_never_existed,
        ),
    ),
    Mutation(
        "other jobs' snapshots accepted",
        both(wrapped(table, "sight_all", others_too), wrapped(decode, "read_sightings", others_read_too)),
        (
            given(test_wait_snapshots.test_snapshots_of_other_jobs_are_ignored, "idle"),
            given(test_wait_snapshots.test_snapshots_of_other_jobs_are_ignored, "aborted"),
            given(test_wait_snapshots.test_reply_with_other_jobs_only_is_not_found, "finished"),
            test_wait_snapshots.test_other_jobs_on_the_wire_are_ignored,
            test_wait_targets.test_superseded_rebalance,
        ),
    ),
    Mutation(
        "lost targets forgotten",
        of_views("fold", forgetful),
        (
            given(test_wait_targets.test_target_that_vanishes_is_lost, "running", "running"),
            test_wait_targets.test_rest_going_idle_is_no_success_without_the_lost_target,
            test_wait_targets.test_target_missing_once_is_not_lost,
            test_wait_status.test_dispute_over_a_lost_target,
        ),
    ),
    Mutation(
        "no grace",
        wrapped(classify, "_read_unknown", without_grace),
        (
            test_wait_unknown.test_unknown_for_a_moment,
            test_wait_unknown.test_only_source_is_asked_again,
            test_wait_unknown.test_known_again,
            test_wait_unknown.test_grace_is_counted_from_the_start_of_the_wait,
        ),
    ),
    Mutation(
        "every fault fatal",
        wrapped(classify, "read_fault", fatal),
        (
            given(test_wait_faults.test_faults_are_endured, REFUSED, 1),
            given(test_wait_snapshots.test_fault_does_not_start_the_streak_again, REFUSED),
            test_wait_faults.test_two_faults_in_a_row_then_the_other_source,
            test_wait_retries.test_end_after_an_outage_of_everything,
            given(test_job_recordings.test_killed_target, ""),
        ),
    ),
    Mutation(
        "aborts ignored",
        both(
            of_views("fold", without_abort_views),
            wrapped(classify, "_read_status", without_aborted_status),
        ),
        (
            given(test_wait_snapshots.test_any_abort_ends_the_wait, "archive", "idle"),
            test_wait_snapshots.test_abort_error_alone_is_an_abort,
            test_wait_status.test_failure_names_targets,
            test_wait_status.test_aborted_without_an_end,
            given(test_job_recordings.test_rebalance_that_targets_did_not_know_at_first, ""),
        ),
    ),
    Mutation(
        "aborts taken for ends",
        of_views("judge", without_aborts),
        (given(test_wait_snapshots.test_any_abort_ends_the_wait, "archive", "running"),),
    ),
)
CASES = [(mutation, check) for mutation in MUTATIONS for check in mutation.checks]


@pytest.mark.parametrize(
    ("mutation", "check"), CASES, ids=[f"{each.fault}-{place}" for place, (each, _) in enumerate(CASES)]
)
def test_fault_is_noticed(mutation: Mutation, check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that passes on the rules as they are fails on its own assertion once the fault is in."""
    check()
    with monkeypatch.context() as patched:
        mutation.patch(patched)
        with pytest.raises(AssertionError):
            check()
    check()


def test_every_fault_is_put_in() -> None:
    """The nine faults that matter most are all here."""
    assert {
        "any target finished counts as all",
        "no idle confirmation",
        "`err` ignored",
        "404 taken for done",
        "other jobs' snapshots accepted",
        "lost targets forgotten",
        "no grace",
        "every fault fatal",
        "aborts ignored",
    } <= {mutation.fault for mutation in MUTATIONS}
