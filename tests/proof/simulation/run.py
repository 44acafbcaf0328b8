"""
Waits in simulated worlds: every decision is checked, and every end is judged by what is true.

``python -m tests.proof.simulation.run`` runs a million and more; ``--seed N`` runs one again and tells it.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from typing import TYPE_CHECKING, Final
from zlib import crc32

from attrs import define, field

from ais_jobcore import Abort, Continue, Done, JobWait
from tests.proof.simulation.answers import Network
from tests.proof.simulation.verdicts import check_end, check_lateness, check_plan
from tests.proof.simulation.worlds import World, draw

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from ais_jobcore import WaitResult
    from ais_jobcore.decisions import Decision

YEAR: Final = 365.25 * 86_400
BATCH: Final = 1000
MOST_REQUESTS: Final = 50_000
WAITS: Final = 1_200_000
LEAST: Final = {"waits": 1_000_000, "faults": 10_000_000}
"""What the long form has to come to."""


class Violation(AssertionError):
    """A promise was broken; it names the world that shows it."""


@define
class Tally:
    """
    Count what was simulated.

    Attributes:
        waits: how many waits ended.
        wrong: what went wrong in their worlds, by kind.
        requests: what they asked.
        seconds: simulated seconds.
        digest: a checksum of every decision.
        ends: how they ended.
    """

    waits: int = 0
    requests: int = 0
    seconds: float = 0.0
    digest: int = 0
    wrong: Counter[str] = field(factory=Counter[str])
    ends: Counter[str] = field(factory=Counter[str])

    @property
    def faults(self) -> int:
        """How many faults there were in all."""
        return self.wrong.total()

    def add(self, other: Tally) -> None:
        """Add another count, the digest in order."""
        self.waits += other.waits
        self.requests += other.requests
        self.seconds += other.seconds
        self.digest = crc32(f"{other.digest:08x}".encode(), self.digest)
        self.wrong.update(other.wrong)
        self.ends.update(other.ends)


class Clock:
    """Be the caller's clock: mostly true, but it may stand still, jump ahead, or be read as going back."""

    def __init__(self, world: World) -> None:
        self._chance, self._world = world.random, world
        self._offset = self.last = 1000.0

    def read(self, moment: float, network: Network) -> float:
        """Return what it shows."""
        rate = self._world.storm.clock
        if rate and self._chance.random() < rate:
            how = self._chance.choice(("clock stands", "clock goes back", "clock jumps"))
            network.faults[how] += 1
            if how == "clock stands":
                return self.last
            if how == "clock goes back":
                return self.last - self._chance.random() * 5.0
            self._offset += 10 ** (3.0 * self._chance.random() - 1.0)
        self.last = max(self.last, moment + self._offset)
        return self.last


def run(seed: int, tell: Callable[[str], object] | None = None) -> Tally:
    """
    Run one wait to its end.

    Raises:
        Violation: a promise was broken.
    """
    world = draw(seed)
    try:
        return _play(world, tell)
    except Exception as error:
        words = f"{type(error).__name__}: {error}" if not isinstance(error, AssertionError) else str(error)
        first = words.splitlines()[0] if words else repr(error)
        msg = f"{first}; again: python -m tests.proof.simulation.run --seed {seed}"
        raise Violation(msg) from error


def _play(world: World, tell: Callable[[str], object] | None) -> Tally:
    setting, network, clock = world.setting, Network(world), Clock(world)
    wait = JobWait(setting.job_id, setting.kind, setting.timeout, setting.until, options=setting.options)
    saved = 0.05 if world.random.random() < 0.1 else 0.0
    moment, decision, digest = 0.0, wait.start(1000.0), 0
    while isinstance(decision, Continue):
        check_plan(wait, decision, setting.timeout)
        assert wait.state.polls < MOST_REQUESTS, "it never ends"
        digest = crc32(f"{decision.delay!r} {decision.reason}".encode(), digest)
        moment += decision.delay
        event, took = network.answer(decision.request, moment)
        moment += took
        now = clock.read(moment, network)
        if tell:
            tell(f"{moment:12.3f} {decision.request.what.value:10} {decision.reason} -> {_short(event)}")
        twin = _reloaded(wait, now) if saved and world.random.random() < saved else None
        decision = wait.handle(event, now)
        if twin is not None:
            decision = _check_twin(twin, twin.handle(event, now), decision)
            wait = twin
    if tell:
        tell(f"{moment:12.3f} {decision}")
    check_end(world, network, wait, decision)
    check_lateness(world, wait, decision, moment)
    digest = crc32(decision.reason.encode(), digest)
    return Tally(1, wait.state.polls, moment, digest, network.faults, Counter([_name(decision)]))


def _short(event: object) -> str:
    return repr(event)[:300]


def _reloaded(wait: JobWait, now: float) -> JobWait:
    """Save a wait and load it, with its place on the clock as it was."""
    then = wait.state.question.started_at + wait.state.now
    return JobWait.load(wait.save(), min(now, then) if now < then else then)


def _check_twin(
    twin: JobWait, loaded: Decision[WaitResult], decision: Decision[WaitResult]
) -> Decision[WaitResult]:
    """Check that a wait that was saved and loaded has the same future."""
    assert type(loaded) is type(decision), "another end after loading"
    if isinstance(loaded, Continue) and isinstance(decision, Continue):
        assert abs(loaded.delay - decision.delay) < 1e-5, "another delay after loading"
        assert loaded.request.what is decision.request.what, "another request after loading"
    assert twin.decision is loaded
    return loaded


def _name(decision: Decision[WaitResult]) -> str:
    match decision:
        case Abort(None, error):
            return type(error).__name__
        case Abort(result) | Done(result) if result is not None:
            return result.outcome.value if result.outcome else "as asked"
        case _:
            return "none"


def run_batch(first: int, count: int) -> Tally:
    """Run the waits of consecutive seeds."""
    tally = Tally()
    for seed in range(first, first + count):
        tally.add(run(seed))
    return tally


def run_all(first: int, waits: int, processes: int) -> Tally:
    """Run many waits; the digest does not depend on the number of processes."""
    firsts = range(first, first + waits, BATCH)
    counts = [min(BATCH, first + waits - each) for each in firsts]
    tally = Tally()
    for part in _parts(firsts, counts, processes):
        tally.add(part)
    return tally


def _parts(firsts: Iterable[int], counts: Iterable[int], processes: int) -> Iterator[Tally]:
    if processes == 1:
        yield from map(run_batch, firsts, counts)
        return
    with ProcessPoolExecutor(processes) as pool:
        yield from pool.map(run_batch, firsts, counts)


def main(arguments: list[str] | None = None) -> int:
    """Run what the command line asks for; return 1 where a promise was broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.proof.simulation.run", description=__doc__)
    parser.add_argument("--waits", type=int, help=f"default {WAITS:,}, which has to come to {LEAST}")
    parser.add_argument("--seed", type=int, help="run the wait of this seed only, and tell it")
    parser.add_argument("--first", type=int, default=0, help="the seed to begin with")
    parser.add_argument("--processes", type=int, default=2)
    given = parser.parse_args(arguments)
    begun = time.perf_counter()
    try:
        if given.seed is not None:
            tally = run(given.seed, print)
        else:
            tally = run_all(given.first, given.waits or WAITS, given.processes)
    except Violation as violation:
        print(violation)
        return 1
    print(summary(tally, time.perf_counter() - begun))
    whole = given.seed is None and given.waits is None
    short = [f"{least:,} {name}" for name, least in LEAST.items() if whole and getattr(tally, name) < least]
    if short:
        print(f"that is less than {' and '.join(short)}")
    return 1 if short else 0


def summary(tally: Tally, took: float) -> str:
    """Say how the waits ended and what went wrong, the rarest first, and at last how much it was."""
    counted = [
        f"{count:12,} {name}"
        for counter in (tally.ends, tally.wrong)
        for name, count in sorted(counter.items(), key=lambda item: item[1])
    ]
    return "\n".join(
        [
            *counted,
            f"decisions: {tally.digest:08x}; {tally.seconds / took:,.0f} x as fast as true time",
            _total(tally, took),
        ]
    )


def _total(tally: Tally, took: float) -> str:
    return (
        f"{tally.waits:,} waits, {tally.faults:,} faults of {len(tally.wrong)} kinds, "
        f"{tally.requests:,} requests in {tally.seconds / YEAR:,.1f} simulated years; {took:.0f} s"
    )


if __name__ == "__main__":
    sys.exit(main())
