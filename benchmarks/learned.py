"""How much is asked, and how late an end is noticed, where it is known how long earlier jobs took."""

from __future__ import annotations

import tracemalloc
from gc import collect
from itertools import count
from math import inf
from random import Random
from statistics import fmean
from typing import TYPE_CHECKING, Final

from ais_jobcore import JobWait, Learned, WaitOptions
from ais_jobcore.limits import STATUS_GAP
from ais_jobcore.queries import Query
from ais_jobcore.rules import pacing
from ais_jobcore.schedules import PRESETS

from .checks import Check, side_by_side
from .decoding import Poller
from .onejob import OneJob, drive, snapshots, status
from .schedules import DAY, OTHERS, PRIORS, Cost, cost, log_uniform, moments, optimum, stratified

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ais_jobcore.schedules import Schedule

    from .schedules import Delays, Quantile

PAST: Final = "learned from past durations: requests times mean lateness, as a multiple of the optimum"
BESIDE: Final = "learned from 100 and 1,000 durations, the worse, as a multiple of the schedules of others"
WRONG: Final = "learned from a wrong past, as a multiple of the blind schedule's requests times mean lateness"
PRICE: Final = "price of a learned schedule"
COSTS: Final = "requests for a job and mean lateness, learned from 100 durations and blind"

KNOWN: Final[Mapping[str, Quantile]] = {"log-uniform 1 s to 1 day": log_uniform(1.0, DAY), **PRIORS}
"""How long jobs take: four priors."""
_NAMES: Final = tuple(KNOWN)
NIGHTLY: Final = "uniform 20 to 25 min"

_BOUNDS: Final = {20: 1.25, 100: 1.12, 1000: 1.06}
RIVALS: Final = ("Go client, 7 days", "botocore, 15 s", "Google, 1 to 20 s", "Smithy, 2 to 120 s")
DETAILS: Final = 1
"""Requests that a wait sends besides: when the proxies say that a job is over, the targets are asked, too."""
_KIB: Final = 1024


def asked(schedule: Schedule, seed: int) -> Delays:
    """Ask as the core does for a job with a status; a check of its own drives the core itself."""
    now = 0.0
    for poll in count(1):
        delay = min(pacing.jittered(schedule.interval(now, snapshots=False), seed, poll), STATUS_GAP)
        now += delay
        yield delay


def drawn(prior: Quantile, size: int, draw: int, *, scale: float = 1.0) -> list[float]:
    """Draw the durations of past jobs."""
    random = Random(1_000_003 * draw + size)
    return [scale * prior(random.random()) for _ in range(size)]


def watched(past: Sequence[float], durations: Sequence[float], draw: int) -> Cost:
    """Watch jobs with what was learned from a past."""
    learned = Learned(past)
    return cost(lambda _: asked(learned, draw), durations, more=DETAILS)


def blind(seed: int) -> Delays:
    """Ask as the core does where nothing is known."""
    return asked(PRESETS["default"], seed)


def learned(
    *,
    draws: int = 200,
    jobs: int = 1000,
    wrong: int = 10,
    rounds: int = 60,
    sample: int = 100,
    steps: int = 200_000,
) -> list[Check]:
    """
    Compare what is learned with the optimum, with others, and with the blind schedule.

    Args:
        draws: how often a past is drawn.
        jobs: how many jobs are watched with each.
        wrong: how often a wrong past is drawn.
        rounds: how often polls are timed.
        sample: how many jobs the core itself is driven through.
        steps: in how many the optimum is computed.
    """
    means: dict[tuple[str, int], float] = {}
    products: list[Check] = []
    beside: list[Check] = []
    costs: list[Check] = []
    for name, prior in {**KNOWN, NIGHTLY: lambda part: 1200.0 + 300.0 * part}.items():
        best, durations = optimum(prior, steps), stratified(prior, jobs)
        for size, bound in _BOUNDS.items():
            seen = [watched(drawn(prior, size, draw), durations, draw) for draw in range(draws)]
            means[name, size] = fmean(each.product for each in seen) / best
            what = f"{name}: from {size:,} durations"
            products.append(Check(PAST, what, means[name, size], bound if name in KNOWN else None))
            if size == 100:
                costs += _costs(name, "learned", seen)
        unaware = cost(blind, durations, seeds=5, more=DETAILS)
        costs += _costs(name, "blind", [unaware])
        products.append(Check(PAST, f"{name}: blind", unaware.product / best))
        if name in KNOWN:
            ours = max(means[name, 100], means[name, 1000])
            for rival in RIVALS:
                share = ours * best / cost(OTHERS[rival], durations, seeds=4).product
                beside.append(Check(BESIDE, f"{name}: {rival}", share, 1.0))
    return [*products, *beside, *_wrong(wrong, jobs // 2), *_price(rounds, sample), *costs]


def _costs(name: str, which: str, seen: Sequence[Cost]) -> list[Check]:
    return [
        Check(COSTS, f"{name}: requests, {which}", fmean(each.requests for each in seen)),
        Check(COSTS, f"{name}: mean lateness, {which}", fmean(each.lateness for each in seen), unit="s"),
    ]


def _wrong(draws: int, jobs: int) -> list[Check]:
    """Learn from jobs that were others: of each sort of jobs, the worst past counts."""
    checks: list[Check] = []
    for name, prior in KNOWN.items():
        durations = stratified(prior, jobs)
        unaware = cost(blind, durations, seeds=5, more=DETAILS).product
        pasts = {other: (known, 1.0) for other, known in KNOWN.items() if other != name}
        pasts |= {"ten times shorter": (prior, 0.1), "ten times longer": (prior, 10.0)}
        worst, which = 0.0, ""
        for other, (known, scale) in pasts.items():
            for size in _BOUNDS:
                found = (drawn(known, size, draw, scale=scale) for draw in range(draws))
                mean = fmean(watched(past, durations, draw).product for draw, past in enumerate(found))
                worst, which = max((worst, which), (mean / unaware, f"from {size:,}, {other}"))
        checks.append(Check(WRONG, f"{name}: {which}", worst, 2.5))
    return checks


def _price(rounds: int, sample: int) -> list[Check]:
    """Time polls of waits that learned and of others, weigh what is learned, and drive the core itself."""
    past = drawn(PRIORS["exponential, mean 5 min"], 1000, 1)
    options = {"blind": WaitOptions(seed=1), "learned": WaitOptions(seed=1, schedule=Learned(past))}
    checks: list[Check] = []
    for what, kind, query, body in (
        ("a status poll", "copy-bck", Query.STATUS, status("JxK3wQ9sT", "copy-bck")),
        ("a poll of three targets", "archive", Query.SIGHTINGS, snapshots("JxK3wQ9sT", "archive", 3, 1000)),
    ):
        polls = [Poller(kind, [body] * 64, query, options=each).poll for each in options.values()]
        usual, own = side_by_side(polls, rounds=rounds, number=500)
        checks.append(Check(PRICE, f"CPU of {what}, as a multiple of a blind one's", own / usual, 1.3))
    apart = max(_apart(duration, draw) for draw, duration in enumerate(drawn(KNOWN[_NAMES[0]], sample, 2)))
    return [
        *checks,
        Check(PRICE, "state of a wait, more than a blind one's", _weight(past) / _KIB, 8.0, "KiB"),
        Check(
            PRICE, f"the core and its schedule apart, {sample} jobs driven through JobWait", apart, 1e-6, "s"
        ),
    ]


def _weight(past: Sequence[float], waits: int = 50) -> float:
    """Return the bytes that a schedule of its own adds to a wait."""
    WaitOptions(schedule=Learned(past))
    collect()
    tracemalloc.start()
    try:
        held = [Learned(past) for _ in range(waits)]
        collect()
        return (tracemalloc.get_traced_memory()[0] - held.__sizeof__()) / waits
    finally:
        tracemalloc.stop()


def _apart(duration: float, draw: int) -> float:
    """Drive the core through a job; say how far it is from its schedule, endlessly with another request."""
    schedule = Learned(drawn(KNOWN[_NAMES[draw % len(_NAMES)]], 20 * 7 ** (draw % 3), draw))
    job = OneJob(duration=duration)
    options = WaitOptions(seed=draw, schedule=schedule)
    driven = drive(JobWait(job.job_id, job.kind, None, options=options), job, round_trip=0.0)
    expected = list(moments(asked(schedule, draw), duration))
    if driven.requests != len(expected) + DETAILS:
        return inf
    return abs(driven.lateness - (expected[-1] - duration))
