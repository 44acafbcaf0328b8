"""What it costs to read an answer and to decide, against parsing its JSON and against the official SDK."""

from __future__ import annotations

import json
from importlib.util import find_spec
from itertools import cycle
from typing import TYPE_CHECKING, Final

from ais_jobcore import Continue, JobWait, Reply, WaitOptions
from ais_jobcore.queries import Query

from . import official
from .checks import Check, side_by_side
from .onejob import snapshots, status

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

STATUS: Final = "decode + decide, a status poll"
SNAPSHOTS: Final = "decode + decide, snapshots of many targets"

_JOB_ID: Final = "JxK3wQ9sT"
_STATUS_KIND: Final = "copy-bck"
_IDLING_KIND: Final = "archive"


class Poller:
    """
    Poll for a job that does not end, over and over, as a driver would: only the answers are made beforehand.

    Args:
        kind: its kind.
        bodies: the answers, in turn.
        what: what the core has to be asking for.
        options: the settings of the wait.
    """

    def __init__(
        self, kind: str, bodies: Sequence[bytes], what: Query, *, options: WaitOptions | None = None
    ) -> None:
        # As off a socket: no two answers are one object, even where they say the same.
        self._replies = cycle([Reply(200, bytes(bytearray(body))) for body in bodies])
        self._wait = JobWait(_JOB_ID, kind, None, options=options or WaitOptions(seed=1))
        decision = self._wait.start(0.0)
        assert isinstance(decision, Continue)
        assert decision.request.what is what
        self._now = decision.delay

    def poll(self) -> None:
        """Read one answer and decide; the clock moves on as the decision says."""
        decision = self._wait.handle(next(self._replies), self._now)
        if not isinstance(decision, Continue):
            msg = f"the job runs: {decision}"
            raise TypeError(msg)
        self._now += decision.delay


def _parser(bodies: Sequence[bytes]) -> Callable[[], object]:
    texts = cycle([body.decode() for body in bodies])
    return lambda: json.loads(next(texts))


def _official(bodies: Sequence[bytes], *, status: bool) -> Callable[[], object]:
    decode = official.decoder(status=status)
    responses = cycle([official.response(body) for body in bodies])
    return lambda: decode(next(responses))


def status_poll(rounds: int = 60, number: int = 500, *, sdk: bool = True) -> list[Check]:
    """Time polls of a status, all of which say that the job runs."""
    bodies = [status(_JOB_ID, _STATUS_KIND)] * 64
    functions = [Poller(_STATUS_KIND, bodies, Query.STATUS).poll, _parser(bodies)]
    if sdk:
        functions.append(_official(bodies, status=True))
    own, floor, *rest = side_by_side(functions, rounds=rounds, number=number)
    return [
        Check(STATUS, "ais_jobcore, as a multiple of json.loads of the same text", own / floor, 6.0),
        *(
            Check(STATUS, "ais_jobcore, as a multiple of the SDK's decode alone", own / each, 2.0)
            for each in rest
        ),
        Check(STATUS, "ais_jobcore", 1e6 * own, unit="µs"),
        Check(STATUS, "json.loads", 1e6 * floor, unit="µs"),
        *(Check(STATUS, "SDK, decode", 1e6 * each, unit="µs") for each in rest),
    ]


def snapshots_poll(
    targets: int = 1000, more: int = 5000, rounds: int = 25, *, sdk: bool = True
) -> list[Check]:
    """Time polls of snapshots whose counters move, for one job on all targets."""
    bodies = [snapshots(_JOB_ID, _IDLING_KIND, targets, 1000 * turn) for turn in range(4)]
    functions = [Poller(_IDLING_KIND, bodies, Query.SIGHTINGS).poll, _parser(bodies)]
    if sdk:
        functions.append(_official(bodies, status=False))
    many = [snapshots(_JOB_ID, _IDLING_KIND, more, 1000 * turn) for turn in range(2)]
    functions += [Poller(_IDLING_KIND, many, Query.SIGHTINGS).poll, _parser(many)]
    own, floor, *rest, large, parsed = side_by_side(functions, rounds=rounds)
    # With the extra `fast`, all of a poll costs less than the standard library's parsing alone.
    least = 1.0 if find_spec("msgspec") else 2.0
    return [
        Check(
            SNAPSHOTS,
            f"{targets:,} targets, as a multiple of json.loads of the same text",
            own / floor,
            least,
        ),
        *(
            Check(SNAPSHOTS, f"{targets:,} targets, part of the SDK's decode alone", own / e, 0.6)
            for e in rest
        ),
        Check(
            SNAPSHOTS,
            f"{more:,} targets as a multiple of {targets:,}, against json.loads of the same",
            (large / own) / (parsed / floor),
            1.0,
        ),
        Check(SNAPSHOTS, f"{more:,} targets, as a multiple of {targets:,}", large / own),
        Check(SNAPSHOTS, f"{targets:,} targets: ais_jobcore", 1e3 * own, unit="ms"),
        Check(SNAPSHOTS, f"{targets:,} targets: json.loads", 1e3 * floor, unit="ms"),
        *(Check(SNAPSHOTS, f"{targets:,} targets: SDK, decode", 1e3 * each, unit="ms") for each in rest),
    ]
