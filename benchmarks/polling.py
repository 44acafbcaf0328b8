"""How much is asked, and how late an end is noticed: blind, with totals known, for short and long jobs."""

from __future__ import annotations

from math import inf
from random import Random
from statistics import fmean
from typing import TYPE_CHECKING, Final

from ais_jobcore import JobWait, WaitOptions

from .checks import Check, quantile
from .onejob import ROUND_TRIP, OneJob, Watched, drive
from .schedules import (
    DAY,
    HOUR,
    OTHERS,
    PRIORS,
    WEEK,
    cost,
    log_uniform,
    moments,
    optimum,
    ours,
    stratified,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

BLIND: Final = "requests times mean lateness, jobs log-uniform 1 s to 1 day, as a multiple of the optimum"
ELSEWHERE: Final = "requests times mean lateness on other jobs, as a multiple of the Go client's"
TOTALS: Final = "requests times mean lateness with totals known, as a multiple of the blind optimum"
SHORT: Final = "short jobs, whatever the time-out"
MINUTES: Final = "jobs log-uniform 1 s to 10 min, status kinds"

_DETAILS: Final = 1
"""Requests that a wait sends besides: when the proxies say that a job is over, the targets are asked, too."""
_TIMEOUTS: Final = {"10 s": 10.0, "5 min": 300.0, "1 h": HOUR, "7 days": WEEK}
_GO: Final = "Go client, 7 days"


def _wait(job: OneJob, timeout: float | None, options: WaitOptions, *, kind: bool = True) -> JobWait:
    return JobWait(job.job_id, job.kind if kind else "", timeout, options=options)


def blind(jobs: int = 5000, sample: int = 200) -> list[Check]:
    """Compare schedules where nothing is known but the time; prove that ours is what the core does."""
    prior = log_uniform(1.0, DAY)
    best, durations = optimum(prior), stratified(prior, jobs)
    checks = [
        Check(BLIND, "ais_jobcore", cost(ours, durations, seeds=20, more=_DETAILS).product / best, 1.12),
        *(
            Check(BLIND, name, cost(policy, durations, seeds=4).product / best)
            for name, policy in OTHERS.items()
        ),
        Check(BLIND, "the blind optimum itself, requests times seconds", best),
    ]
    apart = max(_apart(duration, seed) for seed, duration in enumerate(stratified(prior, sample), 1))
    what = f"the core and its schedule apart, {sample} jobs driven through JobWait"
    return [*checks, Check(BLIND, what, apart, 1e-6, "s")]


def _apart(duration: float, seed: int) -> float:
    """Drive the core through a job; say how far it is from its schedule, endlessly with another request."""
    job = OneJob(duration=duration)
    driven = drive(_wait(job, None, WaitOptions(seed=seed)), job, round_trip=0.0)
    asked = list(moments(ours(seed), duration))
    if driven.requests != len(asked) + _DETAILS:
        return inf
    return abs(driven.lateness - (asked[-1] - duration))


def elsewhere(jobs: int = 5000) -> list[Check]:
    """Compare with the Go client where jobs are not as the schedule supposes."""
    checks: list[Check] = []
    for name, prior in PRIORS.items():
        durations = stratified(prior, jobs)
        reference = cost(OTHERS[_GO], durations).product
        share = cost(ours, durations, seeds=20, more=_DETAILS).product / reference
        checks.append(Check(ELSEWHERE, f"{name}: ais_jobcore", share, 1.0))
        checks += [
            Check(ELSEWHERE, f"{name}: {other}", cost(policy, durations, seeds=4).product / reference)
            for other, policy in OTHERS.items()
            if other != _GO and not other.startswith("official")
        ]
    return checks


def totals(jobs: int = 5000) -> list[Check]:
    """Let the counters tell the end: the rate of each tenth of a job strays by up to a fifth."""
    prior = log_uniform(1.0, DAY)
    seen: list[Watched] = []
    for seed, duration in enumerate(stratified(prior, jobs), 1):
        job = OneJob(duration=duration, progress=_uneven(seed))
        options = WaitOptions(seed=seed, expected_objects=job.objects)
        seen.append(drive(_wait(job, None, options), job))
    requests, late = fmean(each.requests for each in seen), fmean(each.lateness for each in seen)
    return [
        Check(TOTALS, "ais_jobcore", requests * late / optimum(prior), 0.05),
        Check(TOTALS, "requests for a job", requests),
        Check(TOTALS, "mean lateness", late, unit="s"),
    ]


def _uneven(seed: int) -> Callable[[float], float]:
    random = Random(seed)
    rates = [random.uniform(0.8, 1.2) for _ in range(10)]
    reached = [0.0]
    for rate in rates:
        reached.append(reached[-1] + rate)

    def progress(part: float) -> float:
        piece = min(int(part * 10), 9)
        return (reached[piece] + rates[piece] * (part * 10 - piece)) / reached[-1]

    return progress


def short(jobs: int = 500) -> list[Check]:
    """Watch jobs that are over before anybody would look a second time."""
    checks: list[Check] = []
    for below, bounds in ((0.1, _TENTH), (1.0, _SECOND)):
        durations = [below * (place + 0.5) / jobs for place in range(jobs)]
        for kind in (True, False):
            by_timeout = [_watch(durations, timeout, kind=kind) for timeout in _TIMEOUTS.values()]
            given = "kind given" if kind else "id only"
            for what, measure, bound, unit in bounds:
                # The worst of all time-outs, in which nothing is averaged away.
                worst = max(measure(seen) for seen in by_timeout)
                checks.append(Check(SHORT, f"below {below:g} s, {given}: {what}", worst, bound, unit))
    return checks


def _watch(durations: Sequence[float], timeout: float, *, kind: bool = True) -> list[Watched]:
    seen: list[Watched] = []
    for seed, duration in enumerate(durations, 1):
        job = OneJob(duration=duration)
        seen.append(drive(_wait(job, timeout, WaitOptions(seed=seed), kind=kind), job))
    return seen


def _most_requests(seen: Sequence[Watched]) -> float:
    return max(each.requests for each in seen)


def _mean_lateness(seen: Sequence[Watched]) -> float:
    return 1000 * fmean(each.lateness for each in seen)


def _worst_lateness(seen: Sequence[Watched]) -> float:
    return 1000 * max(each.lateness for each in seen)


_TENTH: Final = (
    ("latest report", _worst_lateness, 130.0, "ms"),
    ("most requests", _most_requests, 6.0, ""),
)
_SECOND: Final = (
    ("mean lateness", _mean_lateness, 150.0, "ms"),
    ("latest report", _worst_lateness, 450.0, "ms"),
    ("most requests", _most_requests, 12.0, ""),
)


def minutes(jobs: int = 2000) -> list[Check]:
    """Watch jobs of ordinary length with an ordinary time-out, and with none to speak of."""
    durations = stratified(log_uniform(1.0, 600.0), jobs)
    patient = _watch(durations, WEEK)
    lateness = [each.lateness for each in patient]
    in_time = [duration for duration in durations if duration < 300.0 - ROUND_TRIP]
    with_5_min = [each.lateness for each in _watch(in_time, 300.0)]
    with_7_days = lateness[: len(in_time)]
    checks = [
        Check(MINUTES, "p50 of the lateness", quantile(lateness, 0.5), 1.0, "s"),
        Check(MINUTES, "p95 of the lateness", quantile(lateness, 0.95), 5.0, "s"),
    ]
    for name, part in (("p50", 0.5), ("p95", 0.95)):
        change = 100 * abs(quantile(with_5_min, part) / quantile(with_7_days, part) - 1)
        what = f"change of the {name} between time-outs of 5 min and 7 days, jobs below 5 min"
        checks.append(Check(MINUTES, what, change, 10.0, "%"))
    return checks
