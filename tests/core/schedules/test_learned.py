"""The learned schedule: when to ask where it is known how long earlier jobs took."""

from __future__ import annotations

import math
import sys
from itertools import pairwise
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from attrs import evolve, frozen
from attrs.exceptions import FrozenInstanceError
from hypothesis import example, given
from hypothesis import strategies as st

import ais_jobcore
from ais_jobcore import Keller, Learned, limits
from ais_jobcore.schedules.learned import Past

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

DURATION = st.floats(1e-3, 1e10)
DURATIONS = st.lists(DURATION, min_size=1, max_size=60)
MOMENTS = st.floats(0, 1e9)
DEFAULT = Keller()
NIGHTLY = [1200.0 + 3 * place for place in range(100)]
EQUAL = [300.0] * 50
APART = [0.5] * 30 + [40_000.0] * 30


def moments(schedule: ais_jobcore.Schedule, until: float, *, snapshots: bool = False) -> Iterator[float]:
    """List when requests are sent after the first one."""
    now = 0.0
    while now < until:
        now += schedule.interval(now, snapshots=snapshots)
        yield now


def density(schedule: ais_jobcore.Schedule, waited: float) -> float:
    """Return the requests in a second at a moment."""
    return 1 / schedule.interval(waited, snapshots=False)


def test_exponential_jobs_are_asked_for_evenly() -> None:
    """Where the end is as likely at any moment, the best interval is the same at any moment: k / √rate."""
    random = Random(1)
    learned = Learned([random.expovariate(1 / 300) for _ in range(1000)])
    best = 0.12 * math.sqrt(300.0)
    assert [best] * 5 == pytest.approx(
        [learned.interval(waited, snapshots=False) for waited in (30.0, 100.0, 200.0, 400.0, 600.0)], rel=0.25
    )


def test_requests_grow_dense_where_jobs_end() -> None:
    """Seldom before the first end that was seen, often among them, and as if blind past the last."""
    learned = Learned(NIGHTLY)
    asked = list(moments(learned, 3600.0))
    before, among = sum(each < 1150 for each in asked), sum(1200 < each < 1500 for each in asked)
    assert 5 < before < 40
    assert 100 < among < 250
    assert before < len(list(moments(DEFAULT, 1150.0))) / 6
    assert density(learned, 1400.0) > 2 * density(DEFAULT, 1400.0)
    # After a whole quarter of an hour without an end, it is a job like any other.
    assert learned.interval(2400.0, snapshots=False) == pytest.approx(
        Keller(k=learned.past.k).interval(2400.0, snapshots=False)
    )


def test_ordinary_jobs_get_a_hundred_requests() -> None:
    """Short jobs are asked for more finely than the blind schedule does, but no more than four times so."""
    minutes = Learned([600.0 + place for place in range(100)])
    seconds = Learned([1.0 + 0.29 * place for place in range(100)])
    tenths = Learned([0.1 + 0.001 * place for place in range(100)])
    hours = Learned([3600.0 * (1 + place) for place in range(23)])
    assert hours.past.k == 0.12 > minutes.past.k > seconds.past.k > tenths.past.k == 0.03
    asked = [
        sum(each < end for each in moments(seconds, 31.0)) for end in (1.0 + 0.29 * p for p in range(100))
    ]
    assert 95 < sum(asked) / len(asked) < 110


@pytest.mark.parametrize("waited", [-1.0, -1e-9, math.inf, math.nan])
def test_no_moment_of_a_job(waited: float) -> None:
    """What cannot be waited is left to the fallback."""
    learned = Learned(NIGHTLY)
    for snapshots in (False, True):
        assert learned.fallback.interval(waited, snapshots=snapshots) == learned.interval(
            waited, snapshots=snapshots
        )


def test_pace_doubles_and_halves() -> None:
    """Twice the pace is half the requests, before and after all that was seen."""
    usual, slow, quick = (Learned(NIGHTLY, pace=pace) for pace in (1.0, 2.0, 0.5))
    for until in (1500.0, 7200.0):
        counts = [sum(1 for _ in moments(each, until)) for each in (quick, usual, slow)]
        assert [0.5, 0.5] == pytest.approx([after / before for before, after in pairwise(counts)], abs=0.03)


@given(DURATIONS, st.floats(0.01, 100), MOMENTS, st.booleans())
@example([300.0], 1.0, 0.0, False)
@example(EQUAL, 1.0, 299.0, True)
@example(APART, 1.0, 1.0, False)
def test_intervals_are_above_zero_and_bounded(
    durations: list[float], pace: float, waited: float, snapshots: bool
) -> None:
    """Whatever is learned: none is shorter than Keller's first one, or longer than all that was seen."""
    learned = Learned(durations, pace=pace)
    interval = learned.interval(waited, snapshots=snapshots)
    assert (0.1 if snapshots else 0.05) <= interval
    longest = learned.fallback.interval(math.inf, snapshots=snapshots)
    assert interval <= max(longest, learned.past.moments[-1])


@given(DURATIONS, MOMENTS, MOMENTS)
@example(EQUAL, 299.0, 301.0)
@example(APART, 0.4, 0.6)
def test_later_moments_come_later(durations: list[float], one: float, other: float) -> None:
    """Who asks later asks again no sooner, as long as jobs are expected to end."""
    learned = Learned(durations)
    last = learned.past.moments[-1]
    early, late = sorted((min(one, last), min(other, last)))
    again = [waited + learned.interval(waited, snapshots=False) for waited in (early, late)]
    if again[0] < last and again[1] < last:
        assert again[0] <= again[1] + 1e-6 * last


@given(DURATIONS, MOMENTS, st.booleans())
def test_a_job_that_outlives_them_all_is_one_of_unknown_length(
    durations: list[float], more: float, snapshots: bool
) -> None:
    """Past all that was seen the schedule is Keller's, and its intervals never shrink."""
    learned = Learned(durations)
    past = learned.past
    waited = past.moments[-1] + more
    keller = Keller(k=past.k, horizon=past.horizon)
    interval = learned.interval(waited, snapshots=snapshots)
    assert (
        interval
        == keller.interval(waited, snapshots=snapshots)
        == learned.fallback.interval(waited, snapshots=snapshots)
    )
    assert interval <= learned.interval(waited + 1.0, snapshots=snapshots) * (1 + 1e-12)
    assert max(durations) * 0.99 <= past.moments[-1] or max(durations) > limits.LEARNED_LONGEST
    assert 0.03 <= past.k <= 0.12


def test_nothing_is_learned_from_nothing() -> None:
    """Without a past it is the blind schedule."""
    learned = Learned([])
    assert Past(0, 0.12, 86400.0, (0.0,), (0.0,)) == learned.past
    assert Learned(()) == learned
    for waited in (0.0, 1.0, 3600.0, 1e6, math.inf):
        for snapshots in (False, True):
            assert learned.interval(waited, snapshots=snapshots) == DEFAULT.interval(
                waited, snapshots=snapshots
            )


def test_one_job_teaches_little() -> None:
    """From a sample of one, intervals are near the blind ones: between a quarter and three times them."""
    learned = Learned([600.0])
    for waited in (10.0, 60.0, 300.0, 600.0, 1200.0, 3600.0):
        assert (
            0.25 < learned.interval(waited, snapshots=False) / DEFAULT.interval(waited, snapshots=False) < 3
        )


def test_trust_grows_with_the_sample() -> None:
    """The more jobs took that long, the fewer of the blind schedule's requests are sent before."""
    shares: list[float] = []
    for size in (1, 5, 20, 100):
        learned = Learned([600.0] * size)
        counts = [sum(1 for _ in moments(each, 300.0)) for each in (learned, Keller(k=learned.past.k))]
        shares.append(counts[0] / counts[1])
    assert sorted(shares, reverse=True) == shares
    assert 0.9 > shares[0] > 0.3 > 4 * shares[-1]


def test_equal_durations() -> None:
    """They are no certainty: around them it is asked often, and before and after it is asked as well."""
    asked = list(moments(Learned(EQUAL), 400.0))
    assert sum(each < 280 for each in asked) > 10
    assert sum(310 < each < 400 for each in asked) > 10
    assert sum(290 < each < 310 for each in asked) > 60


def test_durations_far_apart() -> None:
    """Between two sorts of jobs little is sent, as if each were learned alone."""
    learned = Learned(APART)
    asked = list(moments(learned, 50_000.0))
    between = sum(1.0 < each < 35_000 for each in asked)
    assert 60 < between < sum(1.0 < each < 35_000 for each in moments(Keller(k=learned.past.k), 35_000.0)) / 3
    assert density(learned, 0.45) > 5
    assert density(learned, 40_000.0) > 3 * density(learned, 20_000.0)


def test_of_many_the_newest_count() -> None:
    """Of more than a thousand durations the last thousand are learned from, out of any iterable."""
    newest = [1000.0 + place for place in range(1000)]
    assert Learned(newest) == Learned([5.0] * 500 + newest) == Learned(iter([5.0, *newest]))
    assert 1000 == Learned([5.0] * 500 + newest).past.size


def test_order_and_extremes_do_not_matter() -> None:
    """Durations out of all bounds count as the shortest and the longest there are."""
    assert Learned([3, 1, 2]) == Learned([1.0, 2.0, 3.0])
    assert Learned([1e-9, 1e-300]) == Learned([0.01, 0.01])
    assert Learned([10**400, 1e300]) == Learned([1e9, 1e9])


def test_it_is_a_value() -> None:
    """It can be compared, hashed and printed shortly, and not be changed; the durations are not in it."""
    learned = Learned(NIGHTLY)
    assert learned == Learned(list(NIGHTLY)) == evolve(learned) == Learned(learned.past)
    assert learned != Learned(NIGHTLY, pace=2.0)
    assert learned != Learned(EQUAL)
    assert 1 == len({learned, Learned(NIGHTLY)})
    assert "Learned(past=<100 durations>, pace=1.0)" == repr(learned)
    assert Learned.by_age is learned.by_age is True
    with pytest.raises(FrozenInstanceError):
        learned.pace = 2.0  # type: ignore[misc]


def test_same_numbers_everywhere() -> None:
    """What is computed is rounded, so that saved waits stay small and no last digit counts."""
    past = Learned([10.0, 20.0, 30.0]).past
    assert (3, 0.05618284, 86400.0) == (past.size, past.k, past.horizon)
    assert (0.0, 0.2061994, 2.759429, 23.96602, 300.8259) == past.moments[::8]
    assert (0.0, 1.20458, 9.325417, 78.14833, 458.061) == past.polls[::8]
    assert all(each == float(f"{each:.7g}") for each in (past.k, *past.moments, *past.polls))


@pytest.mark.parametrize(
    ("durations", "expected"),
    [
        ([300.0], (28, 0.12, 5865.43, 1930.87)),
        ([1.0, 1.5, 9.0, 9.5, 9.6, 700.0, 701.0], (46, 0.05859668, 5954.01, 3482.28)),
        ([5.0 + place * (37 * place % 11) for place in range(24)], (91, 0.07939728, 6644.91, 9622.64)),
        ([5.0 + place * (37 * place % 11) for place in range(25)], (91, 0.08277962, 6227.09, 8613.17)),
        ([60.0 * 1.05 ** (place * place % 97) for place in range(300)], (97, 0.12, 133737.0, 26325.6)),
        ([20_000.0 * 1.1 ** (place % 7) for place in range(40)], (46, 0.12, 626787.0, 19701.5)),
    ],
)
def test_sums_of_many_numbers(durations: list[float], expected: tuple[int, float, float, float]) -> None:
    """Uneven samples of several sizes, each with the sums of its moments and of its requests."""
    past = Learned(durations).past
    assert expected == (
        len(past.moments),
        past.k,
        *(float(f"{sum(e):.6g}") for e in (past.moments, past.polls)),
    )


@pytest.mark.parametrize("durations", [NIGHTLY, EQUAL, APART, [Random(3).random() for _ in range(1000)]])
def test_it_is_small(durations: Sequence[float]) -> None:
    """However many durations there were, less than 8 KiB is kept."""
    learned = Learned(durations)
    parts = [learned, learned.fallback, learned.past, learned.past.moments, learned.past.polls]
    size = sum(map(sys.getsizeof, [*parts, *learned.past.moments, *learned.past.polls]))
    assert size < 8192
    assert len(learned.past.moments) <= 98


BAD_DURATIONS: list[tuple[Any, str]] = [
    ([1.0, 0], "durations[1] is a number of seconds above 0, not 0"),
    ([math.nan], "durations[0] is a number of seconds above 0, not nan"),
    ([math.inf], "durations[0] is a number of seconds above 0, not inf"),
    ([2.0, 3.0, -1.0], "durations[2] is a number of seconds above 0, not -1.0"),
    (["9"], "durations[0] is a number of seconds above 0, not '9'"),
    ([None], "durations[0] is a number of seconds above 0, not None"),
    ([[1.0] * 5000], f"durations[0] is a number of seconds above 0, not [{'1.0, ' * 7}1.0…"),
    ("ab", "durations[0] is a number of seconds above 0, not 'a'"),
    (7.0, "durations is a list of seconds, not 7.0"),
    (None, "durations is a list of seconds, not None"),
]


@pytest.mark.parametrize(("durations", "message"), BAD_DURATIONS)
def test_durations_are_checked(durations: list[float], message: str) -> None:
    """What is no duration is a ``ValueError`` that names it, and quotes no more than a little."""
    with pytest.raises(ValueError, match="durations") as raised:
        Learned(durations)
    assert str(raised.value) == message


@pytest.mark.parametrize("pace", [0, -1.0, math.inf, math.nan, "2", None])
def test_pace_is_checked(pace: float) -> None:
    """It is a number above 0."""
    with pytest.raises(ValueError, match=r"^pace is a number above 0, not ") as raised:
        Learned(EQUAL, pace=pace)
    assert str(raised.value).endswith(repr(pace))


GOOD = Past(2, 0.12, 86400.0, (0.0, 1.0, 2.0), (0.0, 0.0, 5.0))


def test_a_past_is_taken_as_it_is() -> None:
    """A past of a version that computes it otherwise gives the moments that it is made of."""
    learned = Learned(GOOD._replace(moments=[0, 1, 2], polls=[0, 0, 5]))  # type: ignore[arg-type]
    assert GOOD == learned.past
    assert {float} == {type(each) for each in (*learned.past.moments, *learned.past.polls)}
    assert (1.2, 0.2) == pytest.approx(
        (learned.interval(0.0, snapshots=False), learned.interval(1.1, snapshots=False))
    )
    # As many moments as a table may have are as good.
    many = GOOD._replace(moments=tuple(map(float, range(98))), polls=(0.0,) * 98)
    assert many == Learned(many).past
    # Five requests are due by the last moment; a sixth is left to the fallback.
    assert learned.interval(1.9, snapshots=False) == learned.fallback.interval(2.0, snapshots=False)
    slow = Learned(GOOD, pace=5.0)
    assert slow.interval(0.0, snapshots=False) == slow.fallback.interval(2.0, snapshots=False)


@pytest.mark.parametrize(
    "change",
    [
        {"size": "2"},
        {"size": -1},
        {"k": 0.0},
        {"k": math.nan},
        {"horizon": 2.0},
        {"horizon": math.inf},
        {"moments": (), "polls": ()},
        {"moments": (0.0, 1.0)},
        {"moments": (0.5, 1.0, 2.0)},
        {"moments": (0.0, 1.0, 1.0)},
        {"moments": (0.0, 1.0, "2")},
        {"polls": (1.0, 1.0, 5.0)},
        {"polls": (0.0, 6.0, 5.0)},
        {"moments": tuple(map(float, range(99))), "polls": (0.0,) * 99},
    ],
)
def test_a_past_is_checked(change: dict[str, Any]) -> None:
    """What no durations amount to is a ``ValueError``, for a saved wait may be damaged."""
    with pytest.raises(ValueError, match=r"^durations is what past durations amount to, not Past"):
        Learned(GOOD._replace(**change))


@frozen
class Run:
    """A recorded wait, of which nothing but the duration counts."""

    duration: float | None


def test_transcripts_teach() -> None:
    """Of recorded waits those count that tell how long their job took."""
    assert Learned.from_transcripts(map(Run, [10.0, None, 20.0])) == Learned([10.0, 20.0])
    assert Learned.from_transcripts([Run(None)]) == Learned([])
