"""
A group of waits as a state machine of hypothesis: several jobs live, lists and answers about them come.

Whatever comes, each job ends once, and by itself: an end rests on what was told of that job, in lists or by
its id, and one id that nobody knows fails for itself alone.
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
    GroupWait,
    JobCoreError,
    JobInfoNotFound,
    JobWait,
    Outcome,
    Timeout,
    Until,
    WaitOptions,
    WaitResult,
)
from ais_jobcore.queries import Query
from tests.proof.model.worlds import MOVES, NOT_FOUND, TARGETS, Told, World, answer
from tests.proof.stateful.wait import FAULTS, TOOK, steps

if TYPE_CHECKING:
    from ais_jobcore import Request

JOBS: Final = {"a": "copy-bck", "b": "lru", "c": "dsort", "d": "dsort", "e": "archive", "f": "brand-new"}
BAD: Final = "nosuchjob"
OTHER: Final = "other"
"""A job that nobody waits for."""
MOST_ANSWERS: Final = 400
"""Answers after which a group has to be over, once nothing in the world moves any more."""


class GroupMachine(RuleBasedStateMachine):
    """Let jobs live, and a group be told of them."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.faults = 0
        self.gaps = 0
        self.unknown = {BAD}

    @initialize(
        jobs=st.lists(st.sampled_from([*JOBS, BAD]), min_size=1, max_size=5, unique=True),
        hinted=st.booleans(),
        timeout=st.sampled_from((None, 3600.0, 30.0)),
        return_when=st.sampled_from(("all", "all", "first", "first-failure")),
    )
    def begin(self, jobs: list[str], hinted: bool, timeout: float | None, return_when: str) -> None:
        """Begin with jobs of several kinds; the kind of each is given, or is not."""
        self.worlds = [World(job, JOBS[job]) for job in jobs if job != BAD] + [World(OTHER, "dsort")]
        self.told = {job: Told() for job in jobs}
        self.return_when = return_when
        kinds = JOBS if hinted else {}
        options = WaitOptions(seed=3, endpoints=2)
        self.waits = {job: JobWait(job, kinds.get(job, ""), timeout, options=options) for job in jobs}
        self.group = GroupWait([*self.waits.values()], return_when)
        self.group.start(0.0)
        self.endings = list(self.group.endings)
        for world in self.worlds:
            world.move("work", TARGETS[0])

    @property
    def going_on(self) -> bool:
        """Whether it is not over."""
        return isinstance(self.group.decision, Continue)

    # What happens in the world.

    @rule(
        data=st.data(),
        what=st.sampled_from(("work", "rest", "finish", "finish", *MOVES)),
        where=st.sampled_from(TARGETS),
    )
    def move(self, data: st.DataObject, what: str, where: str) -> None:
        """Let a target go on with a job, or lose it."""
        data.draw(st.sampled_from(self.worlds)).move(what, where)

    @rule(data=st.data(), where=st.sampled_from(TARGETS))
    def fail(self, data: st.DataObject, where: str) -> None:
        """Let something go wrong with a job."""
        data.draw(st.sampled_from(self.worlds)).fail(where)

    @rule(data=st.data(), what=st.sampled_from(("noticed", "noticed", "forgotten")))
    def proxies(self, data: st.DataObject, what: str) -> None:
        """Let the proxies notice an end, or forget a job."""
        setattr(data.draw(st.sampled_from(self.worlds)), what, True)

    # What comes of a request.

    @precondition(lambda self: self.going_on)
    @rule(
        many=st.integers(1, 6),
        took=st.sampled_from(TOOK),
        lacking=st.sets(st.sampled_from(TARGETS), max_size=1) | st.just(set()),
    )
    def answer(self, many: int, took: float, lacking: set[str]) -> None:
        """Answer some requests in a row by the truth, the first of them not by all of it."""
        self.gaps += len(lacking)
        self._tell(took, lacking)
        for _ in range(many - 1):
            if self.going_on:
                self._tell(took)

    @precondition(lambda self: self.going_on)
    @rule(kind=st.sampled_from(FAULTS), took=st.sampled_from(TOOK))
    def fault(self, kind: FaultKind, took: float) -> None:
        """Let a request get lost."""
        assert isinstance(self.group.decision, Continue)
        self.faults += 1
        self.now += self.group.decision.delay + took
        self.group.handle(Fault(kind, "lost"), self.now)

    def _tell(self, took: float, lacking: set[str] | None = None) -> None:
        assert isinstance(self.group.decision, Continue)
        request = self.group.decision.request
        for world in self.worlds:
            if world.job_id in self.told and self._is_told(world, request):
                self.told[world.job_id].hear(world, request, lacking or ())
        told = answer(self.worlds, request, lacking or ())
        if told is NOT_FOUND:
            self.unknown.add(str((request.json or {})["id"]))
        self.now += self.group.decision.delay + took
        self.group.handle(told, self.now)

    def _is_told(self, world: World, request: Request) -> bool:
        """Tell whether an answer is for this job: it is about its id, or is a list that it rides on."""
        body = dict(request.json or {})
        if "id" in body:
            return body["id"] == world.job_id
        places = self.group._asked.riders if self.group._asked else []
        riders = {[*self.waits][place] for place in places}
        return request.what is Query.ACTIVE and body["kind"] == world.kind and world.job_id in riders

    # What has to hold.

    @invariant()
    def count(self) -> None:
        """Count the steps."""
        steps["groups"] += 1

    @precondition(lambda self: hasattr(self, "group"))
    @invariant()
    def endings_stay(self) -> None:
        """What has ended stays as it ended; those that ended are listed once, in the order of their ends."""
        for before, after in zip(self.endings, self.group.endings, strict=True):
            assert before is None or before is after
        self.endings = list(self.group.endings)
        ended = [place for place, ending in enumerate(self.endings) if ending is not None]
        assert sorted(self.group.ended) == ended
        for wait, ending in zip(self.waits.values(), self.endings, strict=True):
            assert (ending is None) is isinstance(wait.decision, Continue)
            assert ending is None or isinstance(ending, WaitResult | JobCoreError)

    @precondition(lambda self: hasattr(self, "group"))
    @invariant()
    def it_returns_when_it_should(self) -> None:
        """It is over when all jobs ended, or when the first did, or the first that failed."""
        endings = self.endings
        failures = [
            each for each in endings if each is not None and not (isinstance(each, WaitResult) and each)
        ]
        enough = {"all": False, "first": any(endings) or bool(failures), "first-failure": bool(failures)}
        assert self.going_on is not (enough[self.return_when] or None not in endings)

    @precondition(lambda self: hasattr(self, "group"))
    @invariant()
    def every_end_rests_on_what_was_told(self) -> None:
        """A success rests on evidence of that job, a failure on trouble with it, a time-out on the clock."""
        for job, wait in self.waits.items():
            world = next((world for world in self.worlds if world.job_id == job), None)
            match wait.decision:
                case Done():
                    assert world is not None
                    assert self.told[job].allows(Until.AUTO, world.kind), (job, self.told[job])
                case Abort(result=WaitResult(outcome=Outcome.FINISHED_WITH_ERRORS | Outcome.ABORTED)):
                    assert world is not None
                    assert not world.well
                case Abort(error=Timeout()):
                    assert wait.state.question.timeout is not None
                    assert wait.state.now >= wait.state.question.timeout
                case Abort(error=JobInfoNotFound()):
                    assert job in self.unknown
                case Abort(result=None, error=error):
                    assert self.faults, error
                case _:
                    pass

    def teardown(self) -> None:
        """Once nothing moves any more, every job comes to the right end, and soon."""
        if not hasattr(self, "group"):
            return
        for world in self.worlds:
            world.settle()
        for _ in range(MOST_ANSWERS):
            if not self.going_on:
                break
            self._tell(0.0)
        assert not self.going_on
        self.endings_stay()
        self.it_returns_when_it_should()
        self.every_end_rests_on_what_was_told()
        if not (self.faults or self.gaps):
            self._check_ends()

    def _check_ends(self) -> None:
        for world in self.worlds[:-1]:
            end = self.waits[world.job_id].decision
            if world.well and world.job_id not in self.unknown and not isinstance(end, Continue):
                assert isinstance(end, Done) or isinstance(getattr(end, "error", None), Timeout), end
