"""
How often others ask, by their published rules, and what the best blind schedule costs.

A schedule is an endless iterator of delays in seconds: the first request is sent at once, and each
of the others a delay after the one before.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator
from itertools import count, repeat
from math import exp, log, log2, sqrt
from random import Random
from statistics import NormalDist
from typing import TYPE_CHECKING, Final, TypeAlias

from attrs import frozen

from ais_jobcore.rules import pacing
from ais_jobcore.schedules import PRESETS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ais_jobcore.schedules import Schedule

Delays: TypeAlias = Iterator[float]
Policy: TypeAlias = Callable[[int], Delays]
"""From a seed to delays."""

HOUR: Final = 3600.0
DAY: Final = 24 * HOUR
WEEK: Final = 7 * DAY


def ours(seed: int, schedule: Schedule = PRESETS["default"], *, snapshots: bool = False) -> Delays:
    """Ask as the core does while nothing but the time is known; a check of its own drives the core itself."""
    now = 0.0
    for poll in count(1):
        delay = pacing.jittered(schedule.interval(now, snapshots=snapshots), seed, poll)
        now += delay
        yield delay


def official(timeout: float) -> Delays:
    """Ask as the official SDK does: a part of the time-out, whatever the job (``probing_frequency``)."""
    return repeat(max(timeout / 64, min(timeout / 8, 1.0), 0.1))


def go(timeout: float) -> Delays:
    """Ask as AIStore's Go client does: from 2 s, half as much more each time, up to 30 s (``xaction.go``)."""
    longest = min(30.0, max(timeout / 64, min(timeout / 8, 1.0), 0.1))
    delay = 2.0
    while True:
        yield delay
        delay = min(delay * 1.5, longest)


def botocore() -> Delays:
    """Ask as the median waiter of botocore does: every 15 s."""
    return repeat(15.0)


def google(seed: int) -> Delays:
    """Ask as google-api-core does for long operations: at random below a limit that grows from 1 to 20 s."""
    random, longest = Random(seed), 1.0
    while True:
        yield random.uniform(0.0, longest)
        longest = min(longest * 1.5, 20.0)


def smithy(seed: int, shortest: float = 2.0, longest: float = 120.0) -> Delays:
    """Ask as Smithy prescribes: at random between 2 s and a limit that doubles up to 120 s."""
    random = Random(seed)
    ceiling = log2(longest / shortest) + 1
    for attempt in count(1):
        yield random.uniform(shortest, longest if attempt > ceiling else shortest * 2 ** (attempt - 1))


OTHERS: Final[Mapping[str, Policy]] = {
    "Go client, 7 days": lambda _: go(WEEK),
    "Smithy, 2 to 120 s": smithy,
    "botocore, 15 s": lambda _: botocore(),
    "Google, 1 to 20 s": google,
    "official SDK, 1 day": lambda _: official(DAY),
    "official SDK, 7 days": lambda _: official(WEEK),
}


@frozen
class Cost:
    """
    Hold what finding the end of many jobs costs.

    Attributes:
        requests: the mean number of requests for a job.
        lateness: the mean time from a job's end to its being noticed, in seconds.
    """

    requests: float
    lateness: float

    @property
    def product(self) -> float:
        """What cannot be made small on both sides."""
        return self.requests * self.lateness


def cost(policy: Policy, durations: Sequence[float], *, seeds: int = 1, more: int = 0) -> Cost:
    """
    Say what a policy costs: every job is watched with every seed.

    Args:
        policy: who asks.
        durations: of the jobs, in seconds.
        seeds: how many.
        more: requests that every job takes besides.
    """
    requests, lateness = 0, 0.0
    for seed in range(1, seeds + 1):
        asked = list(moments(policy(seed), max(durations)))
        for duration in durations:
            place = bisect_left(asked, duration)
            requests += place + 1
            lateness += asked[place] - duration
    watched = len(durations) * seeds
    return Cost(requests / watched + more, lateness / watched)


def moments(delays: Delays, until: float) -> Iterator[float]:
    """List when requests are sent, up to the first one from a moment on."""
    now = 0.0
    yield now
    while now < until:
        now += next(delays)
        yield now


Quantile: TypeAlias = Callable[[float], float]
"""From a part in (0, 1) to the duration in seconds that so many jobs do not exceed."""


def log_uniform(shortest: float, longest: float) -> Quantile:
    """Let every order of magnitude be as likely as any other."""
    return lambda part: shortest * (longest / shortest) ** part


_NORMAL: Final = NormalDist()

PRIORS: Final[Mapping[str, Quantile]] = {
    "lognormal around 10 min": lambda part: 600.0 * exp(1.5 * _NORMAL.inv_cdf(part)),
    "uniform 1 to 30 s": lambda part: 1.0 + 29.0 * part,
    "exponential, mean 5 min": lambda part: -300.0 * log(1.0 - part),
}


def stratified(prior: Quantile, jobs: int, seed: int = 1) -> Sequence[float]:
    """Draw one duration from each of so many equally likely parts."""
    random = Random(seed)
    return [prior((place + random.random()) / jobs) for place in range(jobs)]


def optimum(prior: Quantile, steps: int = 200_000) -> float:
    """
    Compute what requests times mean lateness cannot fall below, for who knows nothing but the prior.

    With checks of density n(t), survival S and probability density f of the end, the requests are the
    integral of n·S and the lateness is that of f/(2n). The product is least for n = √(f / 2S), where
    both integrals are that of √(f·S/2) (Keller 1974). Over quantiles, that is √((1-u)·Q'(u)/2).
    """
    edge = [prior(max(place / steps, 1e-12) if place < steps else 1 - 1e-12) for place in range(steps + 1)]
    parts = (
        sqrt((1 - (place + 0.5) / steps) * (edge[place + 1] - edge[place]) * steps / 2)
        for place in range(steps)
    )
    return (sum(parts) / steps) ** 2
