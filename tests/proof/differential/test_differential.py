"""Three waiters on the same replies: wherever they disagree, a known flaw of the others is the reason."""

from __future__ import annotations

from functools import cache
from typing import Final

import pytest

from ais_jobcore import Until
from tests.proof.differential import go_model
from tests.proof.differential import run as differential
from tests.proof.differential.cases import ENDS, IDLES, SINGLE, Case, Look, Shown
from tests.proof.differential.judge import GO, SDK, Flaw, explain, judge
from tests.proof.differential.run import (
    Tally,
    Unexplained,
    compare,
    compare_all,
    compare_batch,
    main,
    summary,
)
from tests.proof.faults import FAULTS, put_in

REPLIES: Final = 15_000
RUNNING, IDLE, FINISHED = Shown("running"), Shown("idle"), Shown("finished")


@cache
def tally() -> Tally:
    """Run the short form, once."""
    return compare_all(0, REPLIES, processes=2)


def case(*looks: Look | None, kind: str = IDLES, until: Until = Until.AUTO, patient: bool = True) -> Case:
    """Make a case by hand."""
    return Case(0, kind, until, patient, looks)


def test_every_disagreement_is_explained() -> None:
    """Nobody says anything that is not what the judge says, with the flaws that are known of them."""
    assert tally().replies >= REPLIES
    assert tally().agreed.keys() == {"SDK", "Go"}
    assert all(names for _, names in tally().mended)


@pytest.mark.parametrize(("waiter", "flaws"), [("SDK", SDK), ("Go", GO)])
def test_every_flaw_comes_up(waiter: str, flaws: frozenset[Flaw]) -> None:
    """Each has its part in a disagreement; none is in the table that nothing shows."""
    assert {flaw.name for flaw in flaws} == {
        name for who, names in tally().mended if who == waiter for name in names
    }


def test_every_flaw_is_of_somebody() -> None:
    """The table has no flaw that neither of the others has, and each names rules of the reference."""
    assert {*Flaw} == SDK | GO
    assert all(rule[0] in "SGVER" and rule[1:].isdigit() for flaw in Flaw for rule in flaw.rules.split())


# What the reference tells of single flaws, through the whole machinery.


@pytest.mark.parametrize(
    ("told", "there", "flaw"),
    [
        # A target that was running and is missing is forgotten (E1, S34).
        (case({"t1": (IDLE,), "t2": (RUNNING,)}, {"t1": (IDLE,)}), "success", Flaw.FORGETS),
        # Errors that are no aborts are not read (E2, S41).
        (case({"t1": (FINISHED._replace(err="broke-t1"),)}), "success", Flaw.ERRORS_UNREAD),
        # A reply that holds another job only completes the wait (S32).
        (case({"t1": (IDLE._replace(own=False),)}), "success", Flaw.FOREIGN),
        # Finished without the flag is waited for (S31).
        (case({"t1": (FINISHED._replace(flagged=False),)}), "goes on", Flaw.UNFLAGGED),
        # A null is a ValidationError (S48).
        (case({"t1": (IDLE,), "t2": None}), "error unreadable", Flaw.NULL),
        # A kind that the proxies do not know is asked for by status (E7, S13).
        (case({"t1": (FINISHED,)}, kind=ENDS), "error 404", Flaw.NO_STATUS),
        # One target that ended is enough (S36, S37).
        (case({"t1": (FINISHED,), "t2": (RUNNING,)}, kind=SINGLE), "success", Flaw.ANY_TARGET),
        # A 404 right after the start ends the wait (E6, S39).
        (case(None, {"t1": (IDLE,)}), "error 404", Flaw.NOT_FOUND),
        # Two abort; the first text survives (S42).
        (
            case({f"t{n}": (Shown("aborted", stop=f"stopped-t{n}"),) for n in (2, 1)}),
            "failure stopped-t2",
            Flaw.FIRST_TEXT,
        ),
    ],
    ids=lambda each: each.name if isinstance(each, Flaw) else "",
)
def test_what_the_official_sdk_does(told: Case, there: str, flaw: Flaw) -> None:
    """It was seen to do so, it does so here, and that flaw alone is why this library does not."""
    seen, (here, _) = differential.wait_there(told), differential.wait_here(told)
    assert there == " ".join([seen.word, *sorted(seen.texts)])
    assert (flaw,) == explain(told, SDK, here)


@pytest.mark.parametrize(
    ("told", "there", "flaw"),
    [
        # Idle, then nothing: that counts as the second idle reply (G14).
        (case({"t1": (IDLE,)}, {"t1": ()}), "success", None),
        # Whichever comes first decides (G9): here one that finished, there one that works.
        (case({"t1": (FINISHED,), "t2": (RUNNING,)}, kind=ENDS), "success", None),
        (case({"t2": (RUNNING,), "t1": (FINISHED,)}, kind=ENDS), "goes on", None),
        # Asked for running jobs only, targets that finished show none (G12).
        (case({"t1": (IDLE,)}, {"t1": (FINISHED,)}), "error 404", Flaw.ONLY_RUNNING),
        # An abort is no error (G2).
        (case({"t1": (Shown("aborted"),)}, kind=ENDS), "success", Flaw.NO_OUTCOME),
        # Nothing runs where nothing has begun (G17).
        (case({"t1": (Shown("not started"),)}, until=Until.NOT_RUNNING), "success", Flaw.NOT_BEGUN_IS_DONE),
        # Not idle is at work, even after the end (G18).
        (
            case({"t1": (FINISHED._replace(flagged=False),)}, until=Until.NOT_RUNNING),
            "goes on",
            Flaw.UNFLAGGED_WORKS,
        ),
    ],
    ids=str,
)
def test_what_the_go_client_does(told: Case, there: str, flaw: Flaw | None) -> None:
    """The model does what the rules say of the client, and the flaw is why this library does not."""
    seen, (here, _) = go_model.wait(told), differential.wait_here(told)
    assert there == " ".join([seen.word, *sorted(seen.texts)])
    assert judge(told, GO) == seen
    assert flaw is None or (flaw,) == explain(told, GO, here)


@pytest.mark.parametrize("fault", FAULTS)
def test_fault_in_the_rules_is_found(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is a disagreement that no flaw of the others explains, and the command that shows it is named."""
    put_in(fault, monkeypatch)
    with pytest.raises(Unexplained, match=r"this library says .*; again: python -m .* --seed \d+"):
        compare_batch(0, 1_000)


def test_other_waiters_are_held_to_their_flaws(monkeypatch: pytest.MonkeyPatch) -> None:
    """A waiter that behaves in a way that is not known of it is found, too."""
    monkeypatch.setattr(go_model, "CONSECUTIVE_IDLE", 3)
    with pytest.raises(Unexplained, match=r"^Go says"):
        compare_batch(0, 1_000)


def test_cases_depend_on_their_seed_only() -> None:
    """The same seeds give the same count, however many processes share them."""
    one, two = compare_all(0, 500, processes=1), compare_all(0, 500, processes=2)
    assert one == two
    assert compare(3) == compare(3)


def test_command_line(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """It ends with what was compared, shows one case on request, and fails where one is not explained."""
    assert 0 == main(["--replies", "100", "--processes", "1"])
    *_, last = capsys.readouterr().out.splitlines()
    assert "disagreements, all of them explained" in last
    assert 0 == main(["--seed", "3"])
    assert "this library: " in capsys.readouterr().out

    def fail(*_: object, **__: object) -> Tally:
        msg = "it is explained by nothing"
        raise Unexplained(msg)

    monkeypatch.setattr(differential, "compare_all", fail)
    assert 1 == main([])
    assert "it is explained by nothing\n" == capsys.readouterr().out


def test_summary_counts_every_reason() -> None:
    """Each set of flaws has its line, the rarest first."""
    some = compare_batch(0, 200)
    lines = summary(some, 1.0).splitlines()
    assert len(some.mended) + 1 == len(lines)
    counts = [int(line.split()[0].replace(",", "")) for line in lines[:-1]]
    assert sorted(counts) == counts
    assert sum(counts) == some.mended.total()
