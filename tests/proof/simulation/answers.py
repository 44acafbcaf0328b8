"""What a world answers: the truth of a moment, and what goes wrong with it on the way."""

from __future__ import annotations

from collections import Counter
from datetime import datetime  # noqa: TC003
from typing import TYPE_CHECKING, Final

from ais_jobcore import (
    KINDS,
    AggregatedJobSnap,
    Fault,
    FaultKind,
    JobStatus,
    NotFound,
    Request,
)
from ais_jobcore.queries import Query
from ais_jobcore.snapshots import TargetState
from tests.builders import (
    BUSY,
    DOWN,
    MALFORMED,
    NO_TOKEN,
    NOT_ALLOWED,
    REFUSED,
    STARTING,
    STRANGER,
    TARGET_DOWN,
    UNKNOWN,
    WRONG,
    refusal,
    reply,
    spell_snaps,
    spell_status,
)
from tests.proof.simulation.worlds import World, at

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ais_jobcore.machines.protocols import Event

UNKNOWN_BYTES: Final = refusal(404, "not found", "ErrNotFound")
HUNG: Final = Fault(FaultKind.TIMEOUT, "no answer in time")
TLS: Final = Fault(FaultKind.TLS, "no trust")
SERVER: Final = refusal(500, "broken pipe")
LATER: Final = refusal(429, "slow down", retry_after="2")
PASSING: Final[Mapping[str, Event]] = {
    **{kind.value: Fault(kind, kind.value) for kind in FaultKind if kind is not FaultKind.TLS},
    "starting": STARTING,
    "target down": TARGET_DOWN,
    "busy": BUSY,
    "slow down": LATER,
    "broken": SERVER,
    "bad gateway": DOWN,
    "stranger": STRANGER,
    "malformed": MALFORMED,
}
"""What may come in the place of an answer, and is over after a while."""
TOKENS: Final[Mapping[str, Event]] = {"no token": NO_TOKEN, "not allowed": NOT_ALLOWED}
FATAL: Final[Mapping[str, Event]] = {"no trust": TLS, "refused": WRONG}
_WRONG: Final = tuple(tuple(each.items()) for each in (PASSING, TOKENS, FATAL))
KINDS_OF_FAULTS: Final = frozenset(
    {
        *(*PASSING, *TOKENS, *FATAL),
        *("clogged proxy", "clogged target", "late", "too late", "repeated", "forgotten", "partial"),
        *("clock stands", "clock goes back", "clock jumps"),
    }
)
"""Everything that is counted as a fault."""


class Network:
    """
    Answer requests, and keep account of what was said.

    Attributes:
        faults: how many were injected, of each kind.
        composed: when the last answer was made.
        latest: when the newest answer was made; one that is repeated is older.
        last: the last usable answer, as it is known before it is spelt.
        told: what the wait was told: see :meth:`_note`.
        missing: how often a reply lacked a target that it should have had.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self.random = world.random
        self.faults = Counter[str]()
        self.composed = self.latest = 0.0
        self.answered = False
        self.last: AggregatedJobSnap | JobStatus | NotFound | None = None
        self.shown: dict[int, datetime | None] = {}
        self.errors: set[str] = set()
        self.over_at: float | None = None
        self.complete: list[float] = []
        self.missing = self.unknown = self.tokens = self.malformed = 0
        self.fatal = self.known = self.aborts = self.busy_after_over = False
        self._cache: dict[tuple[int, ...], AggregatedJobSnap] = {}
        self._before: dict[Query, tuple[float, AggregatedJobSnap | JobStatus | NotFound]] = {}

    def answer(self, request: Request, moment: float) -> tuple[Event, float]:
        """Return what comes back, and after how many seconds."""
        world, chance = self.world, self.random.random
        storm, latency = world.storm, world.latency * (0.5 + chance())
        if storm.calm:
            return self._spelt(request, self._truth(request, moment)), latency
        if storm.clogs and (clogged := self._clogged(request, moment)):
            return clogged
        if chance() < storm.faults:
            event = self._fault()
            return event, request.timeout if event is HUNG else latency
        if storm.late and chance() < storm.late:
            latency += chance() * 8.0
            if latency > request.timeout:
                self.faults["too late"] += 1
                return HUNG, request.timeout
            self.faults["late"] += 1
        if storm.repeated and request.what in self._before and chance() < storm.repeated:
            self.faults["repeated"] += 1
            self.composed, seen = self._before[request.what]
        else:
            # Composed anywhere between the sending and the arrival.
            seen = self._truth(request, moment + latency * chance())
        return self._spelt(request, seen), latency

    def _clogged(self, request: Request, moment: float) -> tuple[Event, float] | None:
        last = 100 + len(self.world.targets)
        for node, begin, end in self.world.storm.clogs:
            if begin <= moment < end:
                if node == request.endpoint:
                    self.faults["clogged proxy"] += 1
                    return (REFUSED, 0.0) if node else (HUNG, request.timeout)
                if 100 <= node < last and request.what is not Query.STATUS:
                    self.faults["clogged target"] += 1
                    return TARGET_DOWN, min(1.0, request.timeout)
        return None

    def _fault(self) -> Event:
        draw = self.random.random()
        passing, tokens, fatal = _WRONG
        if draw < 0.002:
            name, event = self.random.choice(fatal)
            self.fatal = True
        elif draw < 0.03:
            name, event = self.random.choice(tokens)
            self.tokens += 1
        else:
            name, event = self.random.choice(passing)
            self.malformed += event is MALFORMED
        self.faults[name] += 1
        return HUNG if isinstance(event, Fault) and event.kind is FaultKind.TIMEOUT else event

    def _truth(self, request: Request, moment: float) -> AggregatedJobSnap | JobStatus | NotFound:
        self.composed = moment
        world = self.world
        if request.what is Query.STATUS:
            status = at(world.status, moment)
            if status is not None and self.random.random() < world.storm.forgetful:
                self.faults["forgotten"] += 1
                status = None
            seen = status or UNKNOWN
        elif request.what is Query.SNAPSHOTS:
            seen = self._active(moment)
        else:
            seen = self._snapshots(moment)
        self._before[request.what] = (moment, seen)
        return seen

    def _active(self, moment: float) -> AggregatedJobSnap:
        root = {}
        for index, timeline in enumerate(self.world.targets):
            snap = at(timeline, moment)
            root[f"t{index}"] = (snap,) if snap is not None and not snap.state.ended else ()
        return AggregatedJobSnap(root)

    def _snapshots(self, moment: float) -> AggregatedJobSnap | NotFound:
        world, snaps = self.world, [at(timeline, moment) for timeline in self.world.targets]
        partial = world.storm.partial and self.random.random() < world.storm.partial
        if partial and (able := [n for n in self.shown if snaps[n] is not None]) and len(snaps) > 1:
            self.faults["partial"] += 1
            self.missing += 1
            snaps[self.random.choice(sorted(able))] = None
        key = tuple(map(id, snaps))
        if key not in self._cache:
            foreign = (world.foreign,) if world.foreign else ()
            root = {f"t{n}": (snap, *foreign) if snap else foreign for n, snap in enumerate(snaps)}
            self._cache[key] = AggregatedJobSnap({name: shown for name, shown in root.items() if shown})
        found = self._cache[key]
        return found if found.root else UNKNOWN

    def _spelt(self, request: Request, seen: AggregatedJobSnap | JobStatus | NotFound) -> Event:
        """Account for what is told, and spell it as bytes in some worlds."""
        self.latest = max(self.latest, self.composed)
        self.last, self.answered = seen, True
        self._note(request, seen)
        if not self.world.as_bytes:
            return seen
        if isinstance(seen, NotFound):
            return UNKNOWN_BYTES
        return reply(spell_status(seen) if isinstance(seen, JobStatus) else spell_snaps(seen))

    def _note(self, request: Request, seen: AggregatedJobSnap | JobStatus | NotFound) -> None:
        if isinstance(seen, NotFound):
            self.unknown += 1
        elif isinstance(seen, JobStatus):
            # What the proxies know by chance (V17), a wait does not rely on.
            self.known |= (
                self.world.kind == "download"
                or (kind := KINDS.get(self.world.kind)) is None
                or kind.has_status
            )
            self.errors |= {seen.err} - {""}
            if seen.over and self.over_at is None:
                self.over_at = self.composed
        else:
            self._note_snapshots(seen, found=request.what is not Query.SNAPSHOTS)

    def _note_snapshots(self, seen: AggregatedJobSnap, *, found: bool) -> None:
        own = 0
        for name, snaps in seen.root.items():
            for snap in snaps:
                if snap.id != self.world.job_id:
                    continue
                own += 1
                state = snap.state
                if not state.ended:
                    # A repeated reply may show an older life of it.
                    index = int(name[1:])
                    self.shown[index] = self.shown.get(index) or snap.start_time
                    self.busy_after_over |= self.over_at is not None
                self.aborts |= state is TargetState.ABORTED and found
                self.errors |= {snap.error} - {""}
        self.known |= bool(own)
        self.unknown += not own
        if found and own == len(self.world.targets):
            self.complete.append(self.composed)
