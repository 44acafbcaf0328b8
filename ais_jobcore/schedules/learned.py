"""
When to ask next where it is known how long earlier jobs of the kind took.

With requests of density n(t), survival S and density f of the end, requests and lateness are the integrals
of n·S and of f / (2n); n = √(f / S) / k is best (Keller, Management Science 21(3), 1974). The blind schedule
has log-uniform durations in the place of S; here it is what past durations tell.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import deque
from functools import reduce
from itertools import accumulate, pairwise
from math import e, exp, inf, log, sqrt
from operator import add
from typing import TYPE_CHECKING, ClassVar, NamedTuple, NoReturn, Protocol, TypeGuard

from attrs import Factory, field, frozen

from .. import limits
from ..text import printable
from . import Keller

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence


class Past(NamedTuple):
    """
    What past durations amount to: how many requests should have been sent by any moment. It is what is saved.

    Attributes:
        size: how many durations there were.
        k: Keller's, for jobs of this length.
        horizon: seconds; the longest job that may come.
        moments: seconds from the start of a job, from 0 on.
        polls: how many requests should have been sent by then.
    """

    size: int
    k: float
    horizon: float
    moments: tuple[float, ...]
    polls: tuple[float, ...]


class Measured(Protocol):
    """What tells how long a job took: a transcript, for one."""

    @property
    def duration(self) -> float | None:
        """Seconds from the start of the job to its end; ``None`` where there is no telling."""
        ...


def _to_past(given: Iterable[float] | Past) -> Past:
    return _checked(given) if isinstance(given, Past) else _learn(_durations(given))


def _to_pace(given: float) -> float:
    if not (_is_number(given) and given > 0):
        _refuse("pace", "a number above 0", given)
    return float(given)


def _shown(past: Past) -> str:
    return f"<{past.size} durations>"


def _fallback(learned: Learned) -> Keller:
    return Keller(k=learned.pace * learned.past.k, horizon=learned.past.horizon)


@frozen
class Learned:
    """
    Sleep as is best for a job that takes as long as earlier jobs of its kind did.

    It is the optimum of Keller (1974) for a smooth estimate of their distribution, in which a part is left
    for jobs that are unlike them all. Past the longest of them, it is ``Keller``. The durations are not kept:
    two schedules are equal where they ask at the same moments.

    Attributes:
        past: what the durations amount to. It is made of the first argument, ``durations``: seconds from the
            start of each job to its end, the oldest first. Of more than 1,000 the newest count; of none it
            learns nothing.
        pace: how long its intervals are, as a multiple: 2 for half the requests and twice the lateness.
        fallback: what it falls back to.
    """

    by_age: ClassVar[bool] = True
    """The age of the job counts, and not the time waited, where it is known."""

    past: Past = field(alias="durations", converter=_to_past, repr=_shown)
    pace: float = field(default=1.0, kw_only=True, converter=_to_pace)
    fallback: Keller = field(init=False, eq=False, repr=False, default=Factory(_fallback, takes_self=True))

    @classmethod
    def from_transcripts(cls, transcripts: Iterable[Measured]) -> Learned:
        """
        Learn from recorded waits; those that do not tell how long their job took are passed over.

        Args:
            transcripts: what ``recording.Transcript.load`` returns, the oldest first. ``recording.learned``
                takes paths.
        """
        found = (each.duration for each in transcripts)
        return cls([duration for duration in found if duration is not None])

    def interval(self, waited: float, *, snapshots: bool) -> float:
        """Return the time in which one more request is due; past all that was seen, what Keller says."""
        _, _, _, moments, polls = self.past
        fallback = self.fallback
        if not 0.0 <= waited < moments[-1]:
            return fallback.interval(waited, snapshots=snapshots)
        floor = fallback.snapshot_floor if snapshots else fallback.floor
        after = bisect_right(moments, waited)
        begin, sent = moments[after - 1], polls[after - 1]
        due = sent + (polls[after] - sent) * (waited - begin) / (moments[after] - begin) + self.pace
        if due >= polls[-1]:
            return fallback.interval(moments[-1], snapshots=snapshots)
        after = bisect_right(polls, due)
        begin, sent = moments[after - 1], polls[after - 1]
        best = begin + (moments[after] - begin) * (due - sent) / (polls[after] - sent) - waited
        return best if best > floor else floor  # noqa: FURB136 - as in `Keller`


def _durations(given: Iterable[object]) -> list[float]:
    """
    Check durations, and keep the newest.

    Raises:
        ValueError: they are none; the first that is not is named.
    """
    try:
        kept = deque(enumerate(given), maxlen=limits.LEARNED_DURATIONS)
    except TypeError:
        _refuse("durations", "a list of seconds", given)
    found: list[float] = []
    for place, each in kept:
        if not (_is_number(each) and each > 0):
            _refuse(f"durations[{place}]", "a number of seconds above 0", each)
        found.append(float(min(max(each, limits.LEARNED_SHORTEST), limits.LEARNED_LONGEST)))
    return found


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and 0 <= value < inf


def _refuse(name: str, wanted: str, given: object) -> NoReturn:
    msg = f"{name} is {wanted}, not {printable(repr(given), limits.SHOWN_VALUE)}"
    raise ValueError(msg)


def _learn(durations: Sequence[float]) -> Past:
    """
    Estimate the distribution of durations, and compute when to ask.

    The estimate blurs each duration, in logarithms, by a kernel that is as wide as the neighbourhood is
    sparse; then it is mixed with the distribution behind Keller's formula.
    """
    size = len(durations)
    if not size:
        return Past(0, limits.KELLER_K, limits.KELLER_HORIZON, (0.0,), (0.0,))
    kernels = _kernels(sorted(map(log, durations)))
    horizon = max(limits.KELLER_HORIZON, limits.LEARNED_HORIZON * max(durations))
    moments = _moments(kernels, longest=horizon / e)
    known = _survival(kernels, list(map(log, moments)))
    # At one price for a request, long jobs get more of them: as many as this, divided by k.
    # Added one by one: `sum` rounds in a way of its own from Python 3.12 on.
    worth = reduce(add, (sqrt(lost * alive) for lost, alive in _pieces(known, moments)))
    share = worth / (limits.LEARNED_REQUESTS * limits.KELLER_K)
    k = _short(limits.KELLER_K * min(1.0, max(limits.LEARNED_FINEST, share)))
    doubt = max(limits.LEARNED_LEAST_DOUBT, limits.LEARNED_DOUBT / (size + limits.LEARNED_DOUBT))
    span = log(horizon / limits.LEARNED_SHORTEST)
    mixed = [
        (1 - doubt) * known[place] + doubt * log(horizon / moment) / span
        for place, moment in enumerate(moments)
    ]
    polls = accumulate((sqrt(lost / alive) / k for lost, alive in _pieces(mixed, moments)), initial=0.0)
    return Past(size, k, _short(horizon), (0.0, *moments), (0.0, *map(_short, polls)))


def _pieces(survival: Sequence[float], moments: Sequence[float]) -> Iterator[tuple[float, float]]:
    """Return for each two moments the part of the jobs that end between, times the time; and who is left."""
    for place, begin in enumerate(moments[:-1]):
        before, after = survival[place], survival[place + 1]
        yield (before - after) * (moments[place + 1] - begin), (before + after) / 2


def _kernels(logs: Sequence[float]) -> list[tuple[float, float]]:
    """Return each duration, and how far it is blurred: by a part of the distance to its nearest quarter."""
    size, first = len(logs), 0
    near = min(max(1, size // 4), size - 1)
    kernels: list[tuple[float, float]] = []
    for place, own in enumerate(logs):
        first = max(first, place - near)
        while first + near + 1 < size and logs[first + near + 1] - own < own - logs[first]:
            first += 1
        reach = max(own - logs[first], logs[first + near] - own)
        kernels.append((own, limits.LEARNED_BLUR / size + limits.LEARNED_REACH * reach / sqrt(size)))
    return kernels


def _moments(kernels: Sequence[tuple[float, float]], longest: float) -> list[float]:
    """Choose the moments to compute: durations, as far as they are blurred, and steps in between."""
    most, last = limits.LEARNED_KNOTS, len(kernels) - 1
    begin, end = log(limits.LEARNED_SHORTEST), min(log(longest), max(own + width for own, width in kernels))
    chosen = [begin + (end - begin) * step / most for step in range(most + 1)]
    for step in range(most):
        own, width = kernels[step * last // (most - 1)]
        chosen += [own, max(own - width, begin), min(own + width, end)]
    return sorted({_short(exp(each)) for each in chosen})


def _survival(kernels: Sequence[tuple[float, float]], at: Sequence[float]) -> list[float]:
    """Return the part of the jobs that take longer: each counts by a biweight kernel around its duration."""
    size = len(kernels)
    alive, inside = [size] + [0] * len(at), [0.0] * len(at)
    for own, width in kernels:
        first, last = bisect_left(at, own - width), bisect_left(at, own + width)
        alive[first] -= 1
        for place in range(first, last):
            z = (at[place] - own) / width
            inside[place] += 0.5 - z * (0.9375 - z * z * (0.625 - 0.1875 * z * z))
    # Rounding must not raise the dead.
    return list(accumulate((each / size for each in map(add, accumulate(alive), inside)), min))


def _short(value: float) -> float:
    """Round to as many digits as matter: what is saved stays small."""
    return float(f"{value:.7g}")


def _checked(past: Past) -> Past:
    """
    Check what was saved.

    Raises:
        ValueError: no durations amount to that.
    """
    size, k, horizon, moments, polls = past
    if not (
        all(map(_is_number, (size, k, horizon, *moments, *polls)))
        and 0 < len(moments) == len(polls) <= 4 * limits.LEARNED_KNOTS + 2
        and moments[0] == polls[0] == 0 < k
        and moments[-1] < horizon
        and all(begin < end for begin, end in pairwise(moments))
        and all(begin <= end for begin, end in pairwise(polls))
    ):
        _refuse("durations", "what past durations amount to", past)
    return Past(int(size), float(k), float(horizon), tuple(map(float, moments)), tuple(map(float, polls)))
