"""
One judge of cases, with flaws: without any it judges as this library does, with some as others do.

Whatever two waiters disagree about is explained by the flaws that have to be mended for them to agree. Each
flaw is a class of disagreements, with the rules of the reference that describe it.
"""

from __future__ import annotations

import enum
from itertools import combinations
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

from ais_jobcore import Until
from tests.proof.differential.cases import (
    ABORTED,
    BUSY,
    ENDED,
    ENDS,
    FINISHED,
    IDLE,
    IDLES,
    NOT_STARTED,
    RUNNING,
    SETTLING,
    SINGLE,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.proof.differential.cases import Case, Look, Shown

T = TypeVar("T")
LOST: Final = "lost"
_CONSECUTIVE: Final = 2


class Verdict(NamedTuple):
    """Hold how a wait ends: in one word, with the texts that it gives."""

    word: str
    texts: frozenset[str] = frozenset()


WAITING: Final = Verdict("goes on")
SUCCESS: Final = Verdict("success")
FATAL: Final = Verdict("error", frozenset({"404"}))
UNREADABLE: Final = Verdict("error", frozenset({"unreadable"}))
UNKNOWN: Final = Verdict("error", frozenset({"JobInfoNotFound"}))


class Flaw(enum.Enum):
    """What others do: the rules that describe it, their way, and the way of this library."""

    FORGETS = (
        "E1 S34 R14 G15",
        "a target that is missing from a reply, or restarted, is as if it had never been there",
        "whoever was seen with the job and lost it before the end makes it `LOST`",
    )
    FOREIGN = ("S32 G21", "snapshots of other jobs count", "they are passed over")
    ERRORS_UNREAD = (
        "E2 R3 S41",
        "the errors that targets show do not count, unless they are of an abort",
        "they make it `FINISHED_WITH_ERRORS`",
    )
    FIRST_TEXT = ("S42", "of several aborts the text of one is told", "those of all targets")
    EMPTY_TEXT = ("S25 E19", "the error of a success is `''`", "`None`")
    UNFLAGGED = ("S31", "who finished without being marked as idle is waited for", "finished is finished")
    ANY_TARGET = ("S36 S37", "the first target that ended ends the wait", "the last one does")
    ONE_LOOK = (
        "R14 S29",
        "what one reply shows is all there is: targets yet to come are not looked for again",
        "an end that nobody saw coming is looked at twice, with the same targets",
    )
    ALWAYS_TWICE = (
        "S29",
        "idle replies are counted to two, even where every target has finished",
        "an end that was seen coming is the end",
    )
    PASSED_OVER = (
        "S33",
        "a reply without the job changes nothing, however often it comes",
        "it interrupts two idle replies in a row; past the grace the job is gone, or not found",
    )
    NULL = ("S48", "`null` for a target cannot be read", "no snapshots")
    NOT_FOUND = (
        "E6 S39 S17 G6",
        "a 404 ends the wait",
        "it is no news at first; then the other source is asked, and the end is `GONE` or `JobInfoNotFound`",
    )
    NO_STATUS = ("E7 S13 V17", "a kind without a status is asked for by status: 404", "by snapshots")
    HALF_ABORTED = ("S27", "aborted without an end time goes on", "it is over")
    NO_OUTCOME = ("G2", "an abort, a loss and a failure are no errors", "the outcome is told")
    FIRST_TARGET = ("E8 G9 R4", "whichever target comes first speaks for all", "every target counts")
    ONLY_RUNNING = (
        "E10 G12",
        "targets are asked for running jobs only: who ended is not shown, and the last one's end is a 404",
        "ended jobs are shown",
    )
    NOT_BEGUN_IS_IDLE = (
        "E9 G14",
        "after one idle reply, *not started* and *nothing* count as the second",
        "only idle or finished does",
    )
    NOT_BEGUN_IS_DONE = ("G17", "a target that has not started has no work", "it is about to have some")
    UNFLAGGED_WORKS = ("G18", "who finished without being marked as idle is at work", "finished is finished")
    ABORT_HIDES = (
        "G18 G2",
        "one aborted target hides that others are at work",
        "no target may have work",
    )

    def __init__(self, rules: str, there: str, here: str) -> None:
        self.rules, self.there, self.here = rules, there, here


Flaws = frozenset[Flaw]

SDK: Final = Flaws(
    {
        *(Flaw.FORGETS, Flaw.FOREIGN, Flaw.ERRORS_UNREAD, Flaw.FIRST_TEXT, Flaw.EMPTY_TEXT, Flaw.UNFLAGGED),
        *(Flaw.ANY_TARGET, Flaw.ONE_LOOK, Flaw.ALWAYS_TWICE, Flaw.PASSED_OVER, Flaw.NULL, Flaw.NOT_FOUND),
        *(Flaw.NO_STATUS, Flaw.HALF_ABORTED),
    }
)
"""Those of the official SDK."""

GO: Final = Flaws(
    {
        *(Flaw.FORGETS, Flaw.ONE_LOOK, Flaw.PASSED_OVER, Flaw.NOT_FOUND),
        *(Flaw.HALF_ABORTED, Flaw.NO_OUTCOME, Flaw.FIRST_TARGET, Flaw.ONLY_RUNNING),
        *(Flaw.NOT_BEGUN_IS_IDLE, Flaw.NOT_BEGUN_IS_DONE, Flaw.UNFLAGGED_WORKS, Flaw.ABORT_HIDES),
    }
)
"""Those of the Go client."""


class Fact(NamedTuple):
    """Hold what is known of one target."""

    word: str
    run: int | None
    err: str
    stop: str
    flagged: bool
    opened: bool
    missing: bool = False


def judge(case: Case, flaws: Flaws = frozenset()) -> Verdict:
    """Say how a wait with these flaws ends."""
    if case.kind == ENDS and Flaw.NO_STATUS in flaws:
        return FATAL
    verdict = _Judge(case, flaws).verdict()
    if Flaw.NO_OUTCOME in flaws and verdict.word == "failure":
        return SUCCESS
    return verdict


class _Judge:
    """Hear what a case says, and come to a verdict."""

    def __init__(self, case: Case, flaws: Flaws) -> None:
        self._case, self._flaws = case, flaws
        self._facts: dict[tuple[str, bool], Fact] = {}
        self._idles = case.kind == IDLES
        self._streak, self._among = 0, 0
        self._spoken = False

    def verdict(self) -> Verdict:
        """Go through the case."""
        hear = self._words() if self._case.statuses else map(self._hear, _settled(self._case.looks))
        return next((verdict for verdict in hear if verdict is not None), WAITING)

    def _has(self, flaw: Flaw) -> bool:
        return flaw in self._flaws

    # What the proxies say.

    def _words(self) -> Iterator[Verdict | None]:
        (look,) = self._case.looks
        for said in _settled(self._case.statuses):
            if said is None:
                if self._has(Flaw.NOT_FOUND):
                    yield FATAL
                # The targets may know, and are asked as often as it takes.
                yield from [self._hear(look)] if look is None else map(self._hear, (look, look))
                continue
            self._spoken = True
            if not said.over and (not said.aborted or self._has(Flaw.HALF_ABORTED)):
                continue
            texts = {said.err} if said.err else set[str]()
            if not self._has(Flaw.ERRORS_UNREAD):
                self._fold(look or {})
                texts |= self._texts()
            if said.aborted and not texts:
                texts = {"aborted"}
            if texts:
                yield Verdict("failure", frozenset(texts))
            yield Verdict("success", frozenset({"''"})) if self._has(Flaw.EMPTY_TEXT) else SUCCESS

    # What the targets show.

    def _hear(self, look: Look | None) -> Verdict | None:
        if look is None:
            return self._unknown()
        if self._has(Flaw.NULL) and None in look.values():
            return UNREADABLE
        if self._only_running():
            shown = {
                name: tuple(each for each in snaps or () if not (each.own and each.word in ENDED))
                for name, snaps in look.items()
            }
            if shown != {name: snaps or () for name, snaps in look.items()} and not any(_own(shown)):
                return self._unknown()
            look = shown
        if not any(_own(look)) and not (self._has(Flaw.FOREIGN) and any(look.values())):
            return self._nothing()
        self._fold(look)
        return self._weigh(look)

    def _weigh(self, look: Look) -> Verdict | None:
        match self._case.until:
            case Until.STARTED:
                return self._started()
            case Until.NOT_RUNNING:
                return self._not_running(look)
            case _:
                return self._ended(look)

    def _only_running(self) -> bool:
        return self._has(Flaw.ONLY_RUNNING) and self._idles and self._case.until is Until.AUTO

    def _unknown(self) -> Verdict | None:
        return FATAL if self._has(Flaw.NOT_FOUND) else self._nowhere()

    def _nothing(self) -> Verdict | None:
        """Hear that no target shows the job."""
        if self._case.until is Until.AUTO and self._idles and self._has(Flaw.NOT_BEGUN_IS_IDLE):
            self._streak += self._streak > 0
            return self._success() if self._streak >= _CONSECUTIVE else None
        if self._has(Flaw.PASSED_OVER) and self._case.until is not Until.NOT_RUNNING:
            return None
        return self._nowhere()

    def _nowhere(self) -> Verdict | None:
        self._streak = 0
        if self._case.until is Until.NOT_RUNNING:
            return SUCCESS
        if self._case.patient:
            return None
        known = self._facts or self._spoken
        return Verdict("failure", frozenset({*self._texts(), "gone"})) if known else UNKNOWN

    def _fold(self, look: Look) -> None:
        shown = {
            (name, each.own): each
            for name, snaps in look.items()
            for each in snaps or ()
            if each.own or self._has(Flaw.FOREIGN)
        }
        if self._has(Flaw.FORGETS):
            self._facts = {key: _see(None, each) for key, each in shown.items()}
            return
        facts = {key: _see(self._facts.get(key), each) for key, each in shown.items()}
        self._facts = facts | {key: _miss(fact) for key, fact in self._facts.items() if key not in shown}

    def _started(self) -> Verdict | None:
        words = self._word_set()
        if words & {ABORTED, LOST}:
            return self._failure()
        if any(fact.missing for fact in self._facts.values()) or NOT_STARTED in words:
            return None
        return SUCCESS

    def _not_running(self, look: Look) -> Verdict | None:
        words = self._word_set()
        if self._has(Flaw.ABORT_HIDES) and ABORTED in words:
            return SUCCESS
        works = {RUNNING} if self._has(Flaw.NOT_BEGUN_IS_DONE) else BUSY
        shown = {each.word for each in _own(look)}
        unflagged = any(fact.word in ENDED and not fact.flagged for fact in self._facts.values())
        if (words | shown) & works or (unflagged and self._has(Flaw.UNFLAGGED_WORKS)):
            return None
        return SUCCESS

    def _ended(self, look: Look) -> Verdict | None:
        if self._has(Flaw.FIRST_TARGET) and not self._idles:
            first = next(_own(look))
            return self._success() if first.word in ENDED else None
        words, facts = self._word_set(), self._facts.values()
        if words & {ABORTED, LOST}:
            return self._failure()
        if any(fact.missing for fact in facts):
            self._streak = 0
            return None
        if self._has(Flaw.ANY_TARGET) and not self._idles:
            resting = FINISHED in words
        else:
            resting = words <= ({IDLE, FINISHED} if self._idles else {FINISHED})
        if self._idles and (self._has(Flaw.UNFLAGGED) or self._has(Flaw.UNFLAGGED_WORKS)):
            resting = resting and all(fact.word != FINISHED or fact.flagged for fact in facts)
        if not resting:
            unbegun = words <= {NOT_STARTED, IDLE, FINISHED} and self._idles and self._streak > 0
            if not (unbegun and self._has(Flaw.NOT_BEGUN_IS_IDLE)):
                self._streak = 0
                return None
        return self._success() if self._proved() else None

    def _proved(self) -> bool:
        """Tell whether what looks like the end is the end."""
        if self._has(Flaw.ONE_LOOK):
            self._streak += 1
            if not self._idles:
                return True
        elif self._streak and self._among == len(self._facts):
            self._streak += 1
        else:
            self._streak, self._among = 1, len(self._facts)
        return self._streak >= _CONSECUTIVE or self._shown_all()

    def _shown_all(self) -> bool:
        facts = self._facts.values()
        if self._word_set() != {FINISHED} or (self._idles and self._has(Flaw.ALWAYS_TWICE)):
            return False
        alone = self._case.kind == SINGLE and len(facts) == 1
        return alone or all(fact.opened for fact in facts)

    def _word_set(self) -> set[str]:
        return {fact.word for fact in self._facts.values()}

    def _success(self) -> Verdict:
        texts = self._texts()
        return Verdict("failure", texts) if texts else SUCCESS

    def _failure(self) -> Verdict:
        return Verdict("failure", self._texts())

    def _texts(self) -> frozenset[str]:
        facts = self._facts.values()
        read = not self._has(Flaw.ERRORS_UNREAD)
        texts = {fact.err for fact in facts if fact.err and read}
        stopped = [fact for fact in facts if fact.word == ABORTED]
        stops = [fact.stop for fact in stopped if fact.stop]
        if self._has(Flaw.FIRST_TEXT):
            texts |= {*(stops[:1] or ["aborted"])} if stopped else set[str]()
        else:
            texts |= {fact.stop or "aborted" for fact in stopped if fact.stop or not (fact.err and read)}
        lost = [fact for fact in facts if fact.word == LOST]
        texts |= {LOST for _ in lost} | {fact.stop for fact in lost if fact.stop}
        return frozenset(texts)


def _settled(said: tuple[T, ...]) -> tuple[T, ...]:
    return (*said, *said[-1:] * SETTLING)


def _own(look: Look) -> Iterator[Shown]:
    return (each for snaps in look.values() for each in snaps or () if each.own)


def _see(old: Fact | None, new: Shown) -> Fact:
    run = None if new.word == NOT_STARTED else new.run
    fresh = Fact(new.word, run, new.err, new.stop, new.flagged, new.word not in ENDED)
    if old is None:
        return fresh
    restarted = old.run is not None and run is not None and run > old.run
    if restarted and old.word not in {*ENDED, LOST}:
        silent = new.word == ABORTED and not (new.stop or new.err)
        stop = "aborted" if silent else new.stop
        return old._replace(word=LOST, err=new.err or old.err, stop=stop, missing=False)
    if old.word == LOST or (old.word == FINISHED and not restarted):
        return old._replace(err=new.err or old.err, missing=False)
    begun = old.run if run is None else run
    return fresh._replace(run=begun, err=new.err or old.err, opened=old.opened or fresh.opened)


def _miss(fact: Fact) -> Fact:
    if fact.word in ENDED or fact.word == LOST:
        return fact
    return fact._replace(word=LOST, missing=False) if fact.missing else fact._replace(missing=True)


def explain(case: Case, flaws: Flaws, agreed: Verdict) -> tuple[Flaw, ...]:
    """
    Find the fewest flaws that have to be mended for a verdict to be the agreed one.

    Args:
        case: what the two disagree about.
        flaws: those of the other waiter.
        agreed: the verdict of this library.
    """
    ordered = [flaw for flaw in Flaw if flaw in flaws]
    for many in range(1, len(ordered) + 1):
        for mended in combinations(ordered, many):
            if judge(case, flaws - {*mended}) == agreed:
                return mended
    return ()
