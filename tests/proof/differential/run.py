"""
Three waiters, side by side: this library, the official SDK's own ``Job``, and a model of the Go client.

``python -m tests.proof.differential.run [--replies N] [--first SEED] [--processes N]`` gives them random
replies of several targets. Whatever they disagree about has to be explained by named flaws of the others:
those of :class:`~tests.proof.differential.judge.Flaw`. ``--seed N`` shows one case.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final

from attrs import define, field

from ais_jobcore import Abort, Continue, Done, JobWait, Until, WaitOptions
from ais_jobcore.queries import Query
from benchmarks.official import response
from tests.proof.differential import go_model
from tests.proof.differential.cases import JOB, NOT_FOUND, PROXIES, SETTLING, draw, spell, spell_status
from tests.proof.differential.judge import (
    FATAL,
    GO,
    LOST,
    SDK,
    SUCCESS,
    UNREADABLE,
    WAITING,
    Verdict,
    explain,
    judge,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ais_jobcore import Reply, WaitResult
    from ais_jobcore.decisions import Decision
    from tests.proof.differential.cases import Case
    from tests.proof.differential.judge import Flaw

BATCH: Final = 500
TARGETS: Final = ("t1", "t2", "t3", "t4")
_PATIENT: Final = WaitOptions(grace=1e9, idle_gap=1e-6, finished_gap=1e-6, outage=1e9)
_HASTY: Final = WaitOptions(grace=1e-6, idle_gap=1e-6, finished_gap=1e-6, outage=1e9)
_LATENCY: Final = 0.001


class _ToldAll(Exception):
    """The case has been told to its end, and the wait goes on."""


class Unexplained(AssertionError):
    """Two waiters disagree, and no flaw says why; it names the case."""


class _Script:
    """Answer requests by a case, each kind of request in turn."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self._looks = iter((*case.looks, *case.looks[-1:] * SETTLING))
        self._said = iter((*case.statuses, *case.statuses[-1:] * SETTLING))
        self.looks = 0

    def answer(self, *, status: bool) -> Reply:
        """
        Answer.

        Raises:
            _ToldAll: there is nothing more to say.
        """
        case = self._case
        if status:
            if case.kind != PROXIES:
                return NOT_FOUND
            for said in self._said:
                return spell_status(case.kind, said)
            raise _ToldAll
        if case.kind == PROXIES:
            return spell(case.kind, case.looks[0])
        for look in self._looks:
            self.looks += 1
            return spell(case.kind, look)
        raise _ToldAll


def wait_here(case: Case) -> tuple[Verdict, int]:
    """Wait with this library; return how it ended, and how many different replies it heard."""
    script = _Script(case)
    options = _PATIENT if case.patient else _HASTY
    wait = JobWait(JOB, case.kind, None, case.until, options=options)
    now, decision = 0.0, wait.start(0.0)
    try:
        while isinstance(decision, Continue):
            now += decision.delay + _LATENCY
            decision = wait.handle(script.answer(status=decision.request.what is Query.STATUS), now)
    except _ToldAll:
        return WAITING, len(case.looks)
    return _verdict(decision), min(script.looks, len(case.looks))


def _verdict(decision: Decision[WaitResult]) -> Verdict:
    match decision:
        case Done():
            return SUCCESS
        case Abort(None, error):
            return Verdict("error", frozenset({type(error).__name__}))
        case Abort(result) if result is not None:
            return Verdict("failure", _texts(result.error or ""))
        case _:
            msg = f"no end: {decision}"
            raise AssertionError(msg)


_TEXTS: Final[Mapping[str, str]] = {
    **{f"{what}-{target}": f"{what}-{target}" for what in ("broke", "stopped") for target in TARGETS},
    "lost: ": LOST,
    "the cluster does not know the job any more": "gone",
    "aborted": "aborted",
}
"""What is looked for in the text of an error, and what it stands for."""


def _texts(error: str) -> frozenset[str]:
    return frozenset({word for text, word in _TEXTS.items() if text in error})


class _Refused(Exception):
    """The SDK's client got a 404."""


class _Client:
    """Stand in for the SDK's request client."""

    def __init__(self, script: _Script, decode: Any) -> None:
        self._script, self._decode = script, decode

    def request_deserialize(
        self, _method: str, *, path: str, res_model: type, json: dict[str, Any], params: dict[str, str]
    ) -> Any:
        assert (JOB, "cluster") == (json["ID"], path)
        reply = self._script.answer(status=params["what"] == "status")
        if reply.status != 200:
            raise _Refused
        return self._decode(res_model, response(reply.body))


def wait_there(case: Case) -> Verdict:
    """Wait with the official SDK."""
    from aistore.sdk import job as module  # noqa: PLC0415 - dear to import
    from aistore.sdk.utils import decode_response  # noqa: PLC0415 - likewise
    from pydantic import ValidationError  # noqa: PLC0415 - likewise

    slept, module.time = module.time, SimpleNamespace(sleep=lambda _: None)
    try:
        job = module.Job(_Client(_Script(case), decode_response), JOB, case.kind)
        result = job.wait(timeout=10**9, verbose=False)
    except _ToldAll:
        return WAITING
    except _Refused:
        return FATAL
    except ValidationError:
        return UNREADABLE
    finally:
        module.time = slept
    if result.success:
        return SUCCESS if result.error is None else Verdict("success", frozenset({repr(result.error)}))
    return Verdict("failure", _texts(result.error))


@define
class Tally:
    """
    Count what was compared.

    Attributes:
        cases: how many.
        replies: the different replies that this library heard before it decided.
        agreed: how often it agreed with each of the others.
        mended: how often each set of flaws explained a disagreement, by the other waiter.
    """

    cases: int = 0
    replies: int = 0
    agreed: Counter[str] = field(factory=Counter[str])
    mended: Counter[tuple[str, tuple[str, ...]]] = field(factory=Counter[tuple[str, tuple[str, ...]]])

    def add(self, other: Tally) -> None:
        """Add another count."""
        self.cases += other.cases
        self.replies += other.replies
        self.agreed += other.agreed
        self.mended += other.mended

    def alone(self, waiter: str) -> set[str]:
        """Return the flaws that explain a disagreement with a waiter by themselves."""
        return {names[0] for who, names in self.mended if who == waiter and len(names) == 1}


def compare(seed: int) -> Tally:
    """
    Give one case to all three.

    Raises:
        Unexplained: the judge without flaws is not of this library's opinion, or the judge with another's
            flaws not of the other's.
    """
    case = draw(seed)
    here, replies = wait_here(case)
    _same(case, "this library", judge(case), here)
    tally = Tally(1, replies)
    for name, there, flaws in _others(case):
        _same(case, name, judge(case, flaws), there)
        if there == here:
            tally.agreed[name] += 1
        else:
            tally.mended[name, _names(explain(case, flaws, here))] += 1
    return tally


def _others(case: Case) -> Iterator[tuple[str, Verdict, frozenset[Flaw]]]:
    if case.until is Until.AUTO:
        yield "SDK", wait_there(case), SDK
    yield "Go", go_model.wait(case), GO


def _names(flaws: Sequence[Flaw]) -> tuple[str, ...]:
    return tuple(flaw.name for flaw in flaws)


def _same(case: Case, name: str, judged: Verdict, seen: Verdict) -> None:
    if judged != seen:
        msg = (
            f"{name} says {_told(seen)}, which is explained by nothing: the judge says {_told(judged)}; "
            f"again: python -m tests.proof.differential.run --seed {case.seed}"
        )
        raise Unexplained(msg)


def _told(verdict: Verdict) -> str:
    return " ".join([verdict.word, *sorted(verdict.texts)])


def compare_batch(first: int, count: int) -> Tally:
    """Compare the cases of consecutive seeds."""
    tally = Tally()
    for seed in range(first, first + count):
        tally.add(compare(seed))
    return tally


def compare_all(first: int, replies: int, processes: int) -> Tally:
    """Compare cases until so many replies were heard."""
    tally = Tally()
    with ProcessPoolExecutor(processes) as pool:
        while tally.replies < replies:
            # A case has two replies at least, so that this is not too many.
            left = replies - tally.replies
            batches = max(1, left // (4 * BATCH))
            firsts = range(first, first + batches * BATCH, BATCH)
            first = firsts.stop
            for part in pool.map(partial(compare_batch, count=BATCH), firsts):
                tally.add(part)
    return tally


def show(seed: int) -> None:
    """Print a case, and what everybody says of it."""
    case = draw(seed)
    print(f"{case.kind}, until {case.until.value}, {'patient' if case.patient else 'hasty'}")
    for said in case.statuses:
        print("  proxies:", "404" if said is None else said)
    for look in case.looks:
        print("  targets:", "404" if look is None else "nothing" if not look else "")
        for name, snaps in (look or {}).items():
            print(f"    {name}: {'null' if snaps is None else ', '.join(map(str, snaps))}")
    here, _ = wait_here(case)
    print(f"this library: {_told(here)}; the judge: {_told(judge(case))}")
    for name, there, flaws in _others(case):
        why = _names(explain(case, flaws, here)) if there != here else ()
        print(f"{name}: {_told(there)}; the judge: {_told(judge(case, flaws))}; {' + '.join(why)}")


def main(arguments: list[str] | None = None) -> int:
    """Compare what the command line asks for; return 1 where a disagreement is not explained."""
    parser = argparse.ArgumentParser(prog="python -m tests.proof.differential.run", description=__doc__)
    parser.add_argument("--replies", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, help="show the case of this seed only")
    parser.add_argument("--first", type=int, default=0, help="the seed to begin with")
    parser.add_argument("--processes", type=int, default=2)
    given = parser.parse_args(arguments)
    if given.seed is not None:
        show(given.seed)
        return 0
    begun = time.perf_counter()
    try:
        tally = compare_all(given.first, given.replies, given.processes)
    except Unexplained as disagreement:
        print(disagreement)
        return 1
    print(summary(tally, time.perf_counter() - begun))
    return 0


def summary(tally: Tally, took: float) -> str:
    """Say how often which flaws explained what, the rarest first, and how much was compared."""
    lines = [
        f"{count:10,} {waiter}: {' + '.join(names)}"
        for (waiter, names), count in sorted(tally.mended.items(), key=lambda item: item[1])
    ]
    last = (
        f"{tally.replies:,} replies in {tally.cases:,} cases; {tally.agreed['SDK']:,} times of one mind with "
        f"the SDK, {tally.agreed['Go']:,} with Go; {tally.mended.total():,} disagreements, all of them "
        f"explained; {took:.0f} s"
    )
    return "\n".join([*lines, last])


if __name__ == "__main__":
    sys.exit(main())
