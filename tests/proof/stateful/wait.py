"""
A wait as a state machine of hypothesis: the world moves, answers come, some get lost, the clock goes on.

Copies of the wait are told the same in other ways: in another order, with snapshots of other jobs, saved and
loaded before each answer. They have to decide alike, and what they decide has to rest on what was told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from ais_jobcore import (
    Abort,
    Continue,
    Done,
    Fault,
    FaultKind,
    JobInfoNotFound,
    JobWait,
    Outcome,
    Stalled,
    Timeout,
    Until,
    WaitOptions,
    WaitResult,
)
from ais_jobcore.rules.state import Phase, Source
from tests.builders import JOB
from tests.proof.model.worlds import ABSENT, IDLING, MOVES, NOT_FOUND, TARGETS, Told, World, answer
from tests.proof.retold import bare, crowded, turned

if TYPE_CHECKING:
    from random import Random

    from ais_jobcore.machines.protocols import Event

NEW: Final = "brand-new"
KINDS: Final = ("copy-bck", "dsort", "archive", NEW)
OPTIONS: Final = (WaitOptions(), WaitOptions(seed=7, details=False), WaitOptions(grace=0.1, endpoints=2))
ROUNDING: Final = 1e-6
TOOK: Final = (0.0, 0.01, 0.5, 2.5)
FAULTS: Final = [kind for kind in FaultKind if kind is not FaultKind.TLS]
"""Those that pass."""
MOST_ANSWERS: Final = 80
"""Answers after which a wait has to be over, once nothing in the world moves any more."""

steps = {"waits": 0, "groups": 0}
"""Steps taken by all machines of this process."""


class WaitMachine(RuleBasedStateMachine):
    """Let a job live, and a wait be told of it."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.told = Told()
        self.faults = 0
        self.gaps = 0
        self.unknown = False

    @initialize(
        kind=st.sampled_from(KINDS),
        hint=st.sampled_from(("", "dsort", "copy-bck")),
        found=st.booleans(),
        until=st.sampled_from((Until.AUTO, Until.AUTO, Until.AUTO, *Until)),
        timeout=st.sampled_from((None, 3600.0, 30.0)),
        options=st.sampled_from(OPTIONS),
        at_work=st.one_of(*[st.sets(st.sampled_from(TARGETS), min_size=1)] * 3, st.just(set())),
        idles=st.booleans(),
    )
    def begin(  # noqa: PLR0917 - hypothesis passes them by name
        self,
        kind: str,
        hint: str,
        found: bool,
        until: Until,
        timeout: float | None,
        options: WaitOptions,
        at_work: set[str],
        idles: bool,
    ) -> None:
        """Begin the wait, by the id of the job or by its kind alone."""
        by_kind = found and kind != NEW
        # Nothing but the hint tells how a job ends whose kind nobody knows.
        hint = "" if kind == NEW else hint
        self.world = World(JOB, kind)
        for target in at_work:
            self.world.move("work", target)
        self.until = until
        may_idle = until is Until.IDLE or (until is Until.AUTO and kind in IDLING)
        self.last_move = "rest" if idles and may_idle else "finish"

        def make() -> JobWait:
            return JobWait("" if by_kind else JOB, kind if by_kind else hint, timeout, until, options=options)

        self.wait, self.turned, self.crowded, self.saved = make(), make(), make(), make()
        for each in self.waits:
            each.start(0.0)
        self._check_alike()

    @property
    def waits(self) -> tuple[JobWait, ...]:
        """The wait and its copies."""
        return self.wait, self.turned, self.crowded, self.saved

    @property
    def going_on(self) -> bool:
        """Whether it is not over."""
        return isinstance(self.wait.decision, Continue)

    # What happens in the world.

    @rule(what=st.sampled_from(("work", "work", "rest", "finish", *MOVES)), where=st.sampled_from(TARGETS))
    def move(self, what: str, where: str) -> None:
        """Let a target go on with the job, or lose it."""
        self.world.move(what, where)

    @rule(what=st.sampled_from(("work", "rest", "rest", "finish")))
    def move_all(self, what: str) -> None:
        """Let all targets that have begun go on alike."""
        for target, state in self.world.states.items():
            if state != ABSENT:
                self.world.move(what, target)

    @rule(where=st.sampled_from(TARGETS), once=st.booleans())
    def fail(self, where: str, once: bool) -> None:
        """Let something go wrong on a target, which may tell of it once only."""
        self.world.fail(where)
        if once:
            self.world.fleeting.add(where)

    @rule(what=st.sampled_from(("quiet", "twice")), where=st.sampled_from(TARGETS))
    def show(self, what: str, where: str) -> None:
        """Let a target keep quiet about its errors from now on, or show an earlier run, too."""
        getattr(self.world, what).add(where)

    @rule(what=st.sampled_from(("noticed", "noticed", "forgotten")))
    def proxies(self, what: str) -> None:
        """Let the proxies notice an end, or forget the job."""
        setattr(self.world, what, True)

    # What comes of a request.

    @precondition(lambda self: self.going_on)
    @rule(
        took=st.sampled_from(TOOK),
        lacking=st.sets(st.sampled_from(TARGETS), max_size=1) | st.just(set()),
        random=st.randoms(use_true_random=False),
    )
    def answer(self, took: float, lacking: set[str], random: Random) -> None:
        """Answer the pending request by the truth, if not by all of it."""
        self.gaps += len(lacking)
        self._tell(took, lacking, random)

    @precondition(lambda self: self.going_on)
    @rule(took=st.sampled_from(TOOK), random=st.randoms(use_true_random=False))
    def look_again(self, took: float, random: Random) -> None:
        """Answer twice, and nothing happens in between."""
        self._tell(took, set(), random)
        if self.going_on:
            self._tell(took, set(), random)

    @precondition(lambda self: self.going_on)
    @rule(kind=st.sampled_from(FAULTS), took=st.sampled_from(TOOK))
    def fault(self, kind: FaultKind, took: float) -> None:
        """Let a request get lost."""
        self.faults += 1
        fault = Fault(kind, "lost")
        self._hand_in(took, fault, fault, fault)

    @precondition(lambda self: self.going_on)
    @rule()
    def hear_the_same_again(self) -> None:
        """An answer that is told once more at the same moment says nothing new."""
        assert isinstance(self.wait.decision, Continue)
        request = self.wait.decision.request
        copy = JobWait.load(self.wait.save(), self.now)
        told = answer([self.world], request)
        if told is NOT_FOUND or not self.wait.state.job_id or self.wait.state.phase is Phase.REPORT:
            return
        if isinstance(copy.handle(told, self.now), Continue) and copy.state.asked is self.wait.state.asked:
            targets, quiet = copy.state.targets, copy.state.known.quiet
            assert isinstance(copy.handle(told, self.now), Continue)
            assert (targets, quiet) == (copy.state.targets, copy.state.known.quiet)

    @precondition(lambda self: self.going_on)
    @rule(back=st.floats(0.0, 1e6))
    def turn_the_clock_back(self, back: float) -> None:
        """A moment before the last one counts as the last one."""
        one, two = (JobWait.load(self.wait.save(), self.wait.state.now) for _ in range(2))
        event = Fault(FaultKind.TIMEOUT, "20 s")
        assert one.handle(event, one.state.now) == two.handle(event, two.state.now - back)
        assert one.state == two.state

    def _tell(self, took: float, lacking: set[str], random: Random) -> None:
        assert isinstance(self.wait.decision, Continue)
        request = self.wait.decision.request
        told = answer([self.world], request, lacking)
        asked = self.now + self.wait.decision.delay
        self.told.hear(self.world, request, lacking, asked=asked, came=asked + took)
        self.unknown |= told is NOT_FOUND or not self.wait.state.job_id
        if told is not NOT_FOUND and self.wait.state.asked is Source.SNAPSHOTS:
            self.world.quiet |= self.world.fleeting - lacking
        aborted = b'"aborted": true' in told.body and "qryxstats" in request.query.values()
        self._hand_in(took, told, turned(told, random), crowded(told, request, random))
        if aborted and self.wait.state.job_id and self.until is not Until.NOT_RUNNING:
            # Nothing outweighs an abort.
            assert isinstance(self.wait.decision, Abort)
            assert self.wait.decision.result is not None
            assert self.wait.decision.result.outcome is Outcome.ABORTED

    def _hand_in(self, took: float, plain: Event, turned_: Event, crowded_: Event) -> None:
        assert isinstance(self.wait.decision, Continue)
        self.now += self.wait.decision.delay + took
        self.saved = JobWait.load(self.saved.save(), self.saved.state.now)
        for wait, event in zip(self.waits, (plain, turned_, crowded_, plain), strict=True):
            wait.handle(event, self.now)
        self._check_alike()

    # What has to hold.

    def _check_alike(self) -> None:
        first, *others = [bare(wait.decision) for wait in self.waits]
        assert others == [first] * len(others)
        assert self.wait.state == self.turned.state == self.saved.state

    @invariant()
    def count(self) -> None:
        """Count the steps."""
        steps["waits"] += 1

    @precondition(lambda self: hasattr(self, "wait"))
    @invariant()
    def the_end_rests_on_what_was_told(self) -> None:
        """A success rests on evidence, a failure on trouble, a time-out on the clock."""
        state = self.wait.state
        match self.wait.decision:
            case Done(result=result):
                assert self.told.allows(self.until, self.world.kind), self.told
                if result.outcome is Outcome.IDLE:
                    on_deadline = state.question.timeout is not None and state.due >= state.question.timeout
                    assert self.told.rested_by
                    assert on_deadline or self.told.rested_for >= state.question.options.idle_gap - ROUNDING
            case Abort(result=WaitResult(outcome=outcome)):
                if outcome is Outcome.FINISHED_WITH_ERRORS:
                    assert self.told.trouble
                else:
                    assert outcome in {Outcome.ABORTED, Outcome.LOST, Outcome.GONE}
                    assert not self.world.well or outcome is not Outcome.ABORTED
            case Abort(error=Timeout() as error):
                assert not isinstance(error, Stalled)
                assert state.question.timeout is not None
                assert state.now >= state.question.timeout
            case Abort(error=JobInfoNotFound()):
                assert self.unknown
            case Abort(error=error):
                assert self.faults, error
            case _:
                pass

    def teardown(self) -> None:
        """Once nothing moves any more, every wait comes to the right end, and soon."""
        if not hasattr(self, "wait"):
            return
        if self.going_on:
            self.world.settle(self.last_move)
        for _ in range(MOST_ANSWERS):
            if not self.going_on:
                break
            self._tell_settled()
        self.the_end_rests_on_what_was_told()
        if self.until is Until.STARTED and not self.wait.state.job_id:
            # One that is yet to start may be waited for.
            return
        assert not self.going_on
        end = self.wait.decision
        if self.world.well and not (self.faults or self.gaps or self.unknown or self.world.forgotten):
            assert isinstance(end, Done) or isinstance(getattr(end, "error", None), Timeout), end

    def _tell_settled(self) -> None:
        assert isinstance(self.wait.decision, Continue)
        request = self.wait.decision.request
        asked = self.now + self.wait.decision.delay
        self.told.hear(self.world, request, asked=asked, came=asked)
        told = answer([self.world], request)
        self.unknown |= told is NOT_FOUND or not self.wait.state.job_id
        self._hand_in(0.0, told, told, told)
