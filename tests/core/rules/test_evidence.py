"""What is known of the targets: how a reply is folded in, and what it all amounts to."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest

from ais_jobcore.options import Until
from ais_jobcore.proofs import TargetView, Views
from ais_jobcore.rules.evidence import Verdict, all_finished, fold, judge, latest_end, stuck, weigh
from ais_jobcore.rules.messages import describe
from ais_jobcore.snapshots import AggregatedJobSnap, TargetState
from ais_jobcore.wire.lean import Sighting, sight_all
from tests.builders import JOB, seen, snap

if TYPE_CHECKING:
    from collections.abc import Sequence

S = TargetState


def sighting(
    state: TargetState = S.RUNNING, start: int | None = 1, end: int | None = None, error: str = ""
) -> Sighting:
    """Make what decides of a snapshot."""
    return Sighting(state, start, end, error, "copy-bck")


def folded(
    *replies: dict[str, Sequence[Sighting]], every: float = 1.0, took: float = 0.0, gap: float = 2.0
) -> Views:
    """Fold replies, asked for every so many seconds."""
    views: Views = ()
    for place, own in enumerate(replies):
        views = fold(views, own, asked=place * every, now=place * every + took, gap=gap)
    return views


def one(*seen_of_one: Sighting) -> TargetView:
    """Fold replies that show one snapshot each of one target, and return what is known of it."""
    (view,) = folded(*({"t1": (each,)} for each in seen_of_one))
    return view


# Which snapshots count.


def test_only_snapshots_of_the_job_count() -> None:
    """Others are left out (S32), targets without any too, and targets are in the order of their names."""
    reply = seen(t2="running", t1=[snap("idle"), snap(job_id="other")], t3=[snap(job_id="other")], t4=[])
    own = sight_all(reply, JOB).own
    assert ["t1", "t2"] == list(own)
    assert [1, 1] == [len(snaps) for snaps in own.values()]


def test_finished_others_are_listed() -> None:
    """Other jobs that finished are kept by id: one of them may have taken the place of a rebalance (G21)."""
    reply = AggregatedJobSnap(
        {"t1": (snap("finished", job_id="g9"), snap(job_id="g8")), "t2": (snap("finished", job_id="g10"),)}
    )
    assert ("g10", "g9") == sight_all(reply, "g7").finished_others


# Folding.


@pytest.mark.parametrize("state", [S.NOT_STARTED, S.RUNNING, S.IDLE, S.FINISHED, S.ABORTED])
def test_first_sight(state: TargetState) -> None:
    """A new target is known by what it shows; whether its work was seen depends on whether it had ended."""
    view = one(sighting(state, 5, 7, "e"))
    expected = TargetView("t1", state, 5, 7, "e", seen_unfinished=not state.ended)
    assert expected == view


@pytest.mark.parametrize("then", [S.RUNNING, S.IDLE, S.FINISHED, S.ABORTED])
def test_last_sight_counts(then: TargetState) -> None:
    """A target is known by what it showed last, and that its work was seen is remembered."""
    view = one(sighting(S.NOT_STARTED, None), sighting(), sighting(then, 1, 9))
    assert TargetView("t1", then, 1, 9, "", seen_unfinished=True) == view


def test_busy_after_idle() -> None:
    """Idleness is not the end: an idle target may work again."""
    assert S.RUNNING is one(sighting(S.IDLE), sighting()).state


@pytest.mark.parametrize(
    "then", [sighting(), sighting(S.IDLE), sighting(S.FINISHED, 1, 99), sighting(S.ABORTED)]
)
def test_finished_stays_finished(then: Sighting) -> None:
    """What had finished, with its end, is not taken back for the same start."""
    view = one(sighting(S.FINISHED, 1, 5), then)
    assert (S.FINISHED, 5) == (view.state, view.end_ns)


def test_finished_and_begun_again() -> None:
    """A later start after an end is work again: less is promised, so it is believed."""
    view = one(sighting(S.FINISHED, 1, 5, "first"), sighting(S.RUNNING, 9, None, "second"))
    assert (S.RUNNING, 9, None, "first; second") == (view.state, view.start_ns, view.end_ns, view.error)
    assert view.seen_unfinished


@pytest.mark.parametrize("then", [S.RUNNING, S.IDLE, S.FINISHED])
@pytest.mark.parametrize("work", [S.RUNNING, S.IDLE])
def test_later_start_is_a_loss(work: TargetState, then: TargetState) -> None:
    """Work that was cut short by a later start is lost, with all its errors."""
    view = one(sighting(work, 1, None, "first"), sighting(then, 2, None, "second"))
    assert S.LOST is view.state
    assert "first; second; lost: it came back with a later start" == view.error


@pytest.mark.parametrize("then", [None, 1])
def test_start_that_is_not_later(then: int | None) -> None:
    """The same start, or none, is no restart."""
    assert S.RUNNING is one(sighting(start=1), sighting(start=then)).state


def test_earlier_run_that_is_told_late() -> None:
    """A snapshot of an earlier run takes nothing back; only its error is kept."""
    view = one(sighting(S.RUNNING, 9, None, "second"), sighting(S.FINISHED, 1, 5, "first"))
    assert (S.RUNNING, 9, None, "second; first") == (view.state, view.start_ns, view.end_ns, view.error)


def test_start_outlives_a_reply_without_it() -> None:
    """A target that shows no start in between is found out all the same when it begins once more."""
    assert 1 == one(sighting(start=1), sighting(S.NOT_STARTED, None)).start_ns
    assert S.LOST is one(sighting(start=1), sighting(S.NOT_STARTED, None), sighting(start=2)).state


def test_lost_stays_lost() -> None:
    """A target that was lost and comes back has lost its work all the same."""
    view = one(sighting(start=1), sighting(start=2), sighting(S.FINISHED, 2, 3))
    assert S.LOST is view.state


def test_errors_are_kept() -> None:
    """An error text outlives replies without it; a newer one takes its place, for it counts the others."""
    assert "a" == one(sighting(error="a"), sighting(), sighting(S.FINISHED)).error
    assert "b" == one(sighting(error="a"), sighting(error="b"), sighting()).error
    assert "b" == one(sighting(), sighting(S.FINISHED, error="b")).error
    assert "late" == one(sighting(S.FINISHED), sighting(S.FINISHED, end=7, error="late")).error


def test_several_snapshots_on_one_target() -> None:
    """The later start counts; with one start, the one that promises less; every error is kept, once."""
    old, new = sighting(S.FINISHED, 1, 5, "old"), sighting(S.RUNNING, 6, None, "new")
    for pair in ((old, new), (new, old)):
        (view,) = folded({"t1": pair})
        assert (S.RUNNING, 6, "new; old") == (view.state, view.start_ns, view.error)
    ranks = [S.FINISHED, S.IDLE, S.NOT_STARTED, S.RUNNING, S.ABORTED]
    for place, state in enumerate(ranks):
        for less in ranks[place:]:
            for pair in itertools.permutations((sighting(less, error="e"), sighting(state, error="e"))):
                (view,) = folded({"t1": pair})
                assert (less, "e") == (view.state, view.error)


@pytest.mark.parametrize("pair", list(itertools.permutations((None, 5, 9), 2)))
def test_several_ends_on_one_target(pair: tuple[int | None, int | None]) -> None:
    """With one start and one state, the latest end counts; no errors make none."""
    (view,) = folded({"t1": [sighting(S.ABORTED, 1, end) for end in pair]})
    assert (max(end or 0 for end in pair), "") == (view.end_ns, view.error)


def test_targets_are_in_order() -> None:
    """Views are in the order of the targets' names, whatever the order of the replies."""
    views = folded({"t3": (sighting(),), "t1": (sighting(),)}, {"t2": (sighting(),), "t1": (sighting(),)})
    assert ["t1", "t2", "t3"] == [view.target for view in views]


# Missing and lost.


HERE, THERE = (sighting(),), {"t2": (sighting(),)}


def test_missing_since_the_first_reply_without_it() -> None:
    """The moment at which the reply came counts."""
    view, _ = folded({"t1": HERE, **THERE}, THERE, took=0.5)
    assert (S.RUNNING, 1.5) == (view.state, view.missing_since)


@pytest.mark.parametrize(
    ("every", "state"), [(1.0, S.RUNNING), (1.99, S.RUNNING), (2.0, S.LOST), (9.0, S.LOST)]
)
def test_lost_after_the_gap(every: float, state: TargetState) -> None:
    """A second reply without it, asked for a gap after the first came, makes it lost."""
    view, _ = folded({"t1": HERE, **THERE}, THERE, THERE, every=every)
    assert state is view.state


def test_slow_replies_do_not_shorten_the_gap() -> None:
    """From the arrival of one reply to the sending of the next: what was in between is what counts."""
    view, _ = folded({"t1": HERE, **THERE}, THERE, THERE, every=2.0, took=0.1)
    assert S.RUNNING is view.state


@pytest.mark.parametrize("state", [S.FINISHED, S.ABORTED])
def test_ended_targets_cannot_miss(state: TargetState) -> None:
    """What had ended is not missed."""
    view, _ = folded({"t1": (sighting(state),), **THERE}, THERE, THERE, every=9.0)
    assert (state, None) == (view.state, view.missing_since)


@pytest.mark.parametrize("back", [sighting(), sighting(S.FINISHED), sighting(S.NOT_STARTED, None)])
def test_back_again(back: Sighting) -> None:
    """A target that is back is not missing any more."""
    view, _ = folded({"t1": HERE, **THERE}, THERE, {"t1": (back,), **THERE})
    assert (back.state, None) == (view.state, view.missing_since)


def test_lost_keeps_its_errors() -> None:
    """The error of a lost target comes first, then that it was lost."""
    view, _ = folded({"t1": (sighting(error="disk"),), **THERE}, THERE, THERE, every=5.0)
    assert ("disk; lost: it does not show the job any more", None) == (view.error, view.missing_since)


# What it amounts to.


def views(*states: TargetState) -> Views:
    """Make views of as many targets."""
    return tuple(TargetView(f"t{place}", state) for place, state in enumerate(states, 1))


N, R, Q, F, A, L = S.NOT_STARTED, S.RUNNING, S.IDLE, S.FINISHED, S.ABORTED, S.LOST
BUSY, QUIET, ENDED = Verdict.BUSY, Verdict.QUIET, Verdict.ENDED


@pytest.mark.parametrize(
    ("states", "finished", "idle", "started", "not_running"),
    [
        ((R,), BUSY, BUSY, ENDED, BUSY),
        ((N,), BUSY, BUSY, BUSY, BUSY),
        ((Q,), BUSY, QUIET, ENDED, ENDED),
        ((F,), QUIET, QUIET, ENDED, ENDED),
        ((A,), ENDED, ENDED, ENDED, ENDED),
        ((L,), ENDED, ENDED, ENDED, ENDED),
        ((F, R), BUSY, BUSY, ENDED, BUSY),
        ((F, N), BUSY, BUSY, BUSY, BUSY),
        ((F, Q), BUSY, QUIET, ENDED, ENDED),
        ((F, F), QUIET, QUIET, ENDED, ENDED),
        ((Q, Q), BUSY, QUIET, ENDED, ENDED),
        ((Q, R), BUSY, BUSY, ENDED, BUSY),
        ((F, A), ENDED, ENDED, ENDED, ENDED),
        ((R, A), ENDED, ENDED, ENDED, BUSY),
        ((N, A), ENDED, ENDED, ENDED, BUSY),
        ((R, L), ENDED, ENDED, ENDED, BUSY),
    ],
)
def test_verdicts(
    states: tuple[TargetState, ...], finished: Verdict, idle: Verdict, started: Verdict, not_running: Verdict
) -> None:
    """Each thing that may be waited for has its own reading of the targets' states."""
    assert (finished, idle, started, not_running) == tuple(
        judge(views(*states), until)
        for until in (Until.FINISHED, Until.IDLE, Until.STARTED, Until.NOT_RUNNING)
    )


@pytest.mark.parametrize("until", [Until.FINISHED, Until.IDLE, Until.STARTED])
def test_nothing_is_proved_while_a_target_is_missing(until: Until) -> None:
    """A missing target keeps every other verdict back, but an abort's."""
    missing = TargetView("t9", Q, missing_since=1.0)
    assert Verdict.MISSING is judge((*views(F, Q), missing), until)
    assert ENDED is judge((*views(F, A), missing), until)


def test_a_missing_target_may_still_run() -> None:
    """For ``not-running`` its last state counts."""
    assert BUSY is judge((TargetView("t1", R, missing_since=1.0),), Until.NOT_RUNNING)


def test_all_finished() -> None:
    """Aborted and lost targets have ended, not finished."""
    assert all_finished(views(F, F))
    for other in (N, R, Q, A, L):
        assert not all_finished(views(F, other))


def test_latest_end() -> None:
    """It is the latest, if all have one."""
    ended = (TargetView("t1", F, end_ns=5), TargetView("t2", A, end_ns=3))
    assert 5 == latest_end(ended)
    assert latest_end((*ended, TargetView("t3", R))) is None
    assert latest_end(()) is None


def test_description() -> None:
    """States are counted, with up to three names each; a missing target is told as that."""
    many = views(R, R, F, R, R)
    assert "1 finished (t3), 4 running (t1, t2, t4, ...)" == describe(many)
    assert "1 missing (t9)" == describe((TargetView("t9", R, missing_since=1.0),))
    assert "" == describe(())


# Lists of active jobs


def test_target_that_is_not_on_a_list_of_active_jobs_keeps_its_view() -> None:
    """It may be done with the job: however often it is not there, it is neither missing nor lost."""
    views = folded({"t1": [sighting()], "t2": [sighting()]})
    for moment in range(1, 9):
        own = {"t2": [sighting()], "t3": [sighting(S.NOT_STARTED, None)]}
        views = fold(views, own, asked=5.0 * moment, now=5.0 * moment, gap=2.0, complete=False)
    assert {"t1": S.RUNNING, "t2": S.RUNNING, "t3": S.NOT_STARTED} == {
        view.target: view.state for view in views
    }
    assert {None} == {view.missing_since for view in views}


def test_target_that_is_missing_stays_missing_while_only_others_are_listed() -> None:
    """Only a reply about the job itself can tell of it."""
    views = folded({"t1": [sighting()], "t2": [sighting()]}, {"t2": [sighting()]})
    again = fold(views, {"t2": [sighting()]}, asked=9.0, now=9.0, gap=2.0, complete=False)
    assert views == again
    back = fold(views, {"t1": [sighting()]}, asked=9.0, now=9.0, gap=2.0, complete=False)
    assert {None} == {view.missing_since for view in back}


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ("running finished not-started idle", "t1 t3"),
        ("idle finished aborted", "t1"),
        ("finished lost", ""),
        ("", ""),
    ],
)
def test_stuck(states: str, expected: str) -> None:
    """Targets with work hold a job up; where there are none, those that have not ended."""
    views = tuple(
        TargetView(f"t{place}", S(state.replace("-", " "))) for place, state in enumerate(states.split(), 1)
    )
    assert expected.split() == [view.target for view in stuck(views)]


def test_three_targets_are_named() -> None:
    """More are not; three are all."""
    views = tuple(TargetView(f"t{number}", TargetState.IDLE) for number in range(1, 5))
    assert "3 idle (t1, t2, t3)" == describe(views[:3])
    assert "4 idle (t1, t2, t3, ...)" == describe(views)


def test_start_that_is_not_known_is_before_every_other() -> None:
    """Of two snapshots of one target the one with a start is the later one, however early that is."""
    early = Sighting(TargetState.FINISHED, 1, 2, "", "lru")
    unknown = Sighting(TargetState.RUNNING, None, None, "", "lru")
    for pair in ([early, unknown], [unknown, early]):
        (view,) = fold((), {"t1": pair}, asked=0.0, now=0.0, gap=1.0)
        assert TargetState.FINISHED is view.state


def test_end_that_is_not_known_is_before_every_other() -> None:
    """Of two alike, the one with an end counts."""
    known = Sighting(TargetState.ABORTED, 5, 1, "", "lru")
    unknown = Sighting(TargetState.ABORTED, 5, None, "", "lru")
    for pair in ([known, unknown], [unknown, known]):
        (view,) = fold((), {"t1": pair}, asked=0.0, now=0.0, gap=1.0)
        assert 1 == view.end_ns


def test_target_that_comes_back_late_is_not_missing() -> None:
    """What it shows may be of an earlier run: it is there, all the same."""
    running = {"t1": [Sighting(TargetState.RUNNING, 9, None, "", "lru")]}
    other = {"t2": [Sighting(TargetState.RUNNING, 9, None, "", "lru")]}
    views = fold((), running | other, asked=0.0, now=0.0, gap=5.0)
    views = fold(views, other, asked=1.0, now=1.0, gap=5.0)
    assert 1.0 == views[0].missing_since
    late = {"t1": [Sighting(TargetState.FINISHED, 3, 4, "", "lru")]}
    views = fold(views, late | other, asked=2.0, now=2.0, gap=5.0)
    assert views[0].missing_since is None
    assert TargetState.RUNNING is views[0].state


def test_another_run_without_errors_has_none() -> None:
    """Where there is nothing to join, nothing is said."""
    done = {"t1": [Sighting(TargetState.FINISHED, 3, 4, "", "lru")]}
    again = {"t1": [Sighting(TargetState.RUNNING, 9, None, "", "lru")]}
    views = fold(fold((), done, asked=0.0, now=0.0, gap=1.0), again, asked=1.0, now=1.0, gap=1.0)
    assert (TargetState.RUNNING, "") == (views[0].state, views[0].error)


def test_reply_is_complete_unless_it_is_said_to_be_partial() -> None:
    """A target that it lacks is missing."""
    one = {"t1": [Sighting(TargetState.RUNNING, 9, None, "", "lru")]}
    two = {"t2": [Sighting(TargetState.RUNNING, 9, None, "", "lru")]}
    views = fold(fold((), one, asked=0.0, now=0.0, gap=1.0), two, asked=1.0, now=1.0, gap=1.0)
    assert [1.0, None] == [view.missing_since for view in views]


@pytest.mark.parametrize("until", [Until.FINISHED, Until.IDLE, Until.STARTED, Until.NOT_RUNNING])
def test_reply_is_folded_and_judged(until: Until) -> None:
    """Both at once give what they give one after the other, with what was known before."""
    before = folded({"t1": (sighting(),), "t2": (sighting(S.IDLE),)})
    for own in ({"t1": (sighting(S.FINISHED, end=2),)}, {"t1": (sighting(S.ABORTED),), "t2": (sighting(),)}):
        after = fold(before, own, asked=5.0, now=5.5, gap=2.0)
        assert (after, judge(after, until)) == weigh(before, own, until, asked=5.0, now=5.5, gap=2.0)
