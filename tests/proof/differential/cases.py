"""
Cases of the differential: what a cluster shows of one job, reply after reply, drawn from a seed.

Targets begin, work, rest, end, are stopped, vanish and restart; replies lack targets, show other jobs, hold
``null`` or are a 404. Every case has a few of these quirks only, so that it is plain what is behind a
disagreement about it.
"""

from __future__ import annotations

import json
from functools import cache
from random import Random
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from attrs import frozen

from ais_jobcore import Reply, Until
from ais_jobcore.testing.spelling import BEGINNING, ZERO_TIME, spell_time

if TYPE_CHECKING:
    from collections.abc import Mapping

JOB: Final = "x3CgTG-3v"
OTHER: Final = "Zk5yU-8aQ"
NOT_STARTED, RUNNING, IDLE = "not started", "running", "idle"
FINISHED, ABORTED, GONE = "finished", "aborted", "gone"
ENDED: Final = frozenset({FINISHED, ABORTED})
BUSY: Final = frozenset({NOT_STARTED, RUNNING})

IDLES, ENDS, SINGLE, PROXIES = "copy-listrange", "dsort", "blob-download", "lru"
"""A kind for each way of waiting: for idleness, for every end, for the end of one target, by status."""

WAYS: Final = (
    *((IDLES, Until.AUTO),) * 4,
    *((ENDS, Until.AUTO),) * 2,
    *((SINGLE, Until.AUTO),) * 2,
    (IDLES, Until.STARTED),
    (IDLES, Until.NOT_RUNNING),
    (PROXIES, Until.AUTO),
)
"""What is waited for; the more often, the more there is to disagree about."""

SETTLING: Final = 4
"""How often the last reply is repeated before a wait counts as one that goes on."""

QUIRKS: Final = (
    *("partial", "vanish", "restart", "null", "404", "others", "empty", "unflagged"),
    *("error", "abort", "silent abort", "late target"),
)


class Shown(NamedTuple):
    """Hold what one snapshot says."""

    word: str
    run: int = 0
    err: str = ""
    stop: str = ""
    flagged: bool = True
    """Whether an end is also marked as idle, as the server does it for most kinds."""
    own: bool = True


class Status(NamedTuple):
    """Hold what the proxies say."""

    over: bool = False
    aborted: bool = False
    err: str = ""


Look: TypeAlias = "Mapping[str, tuple[Shown, ...] | None]"
"""What the targets show, in the order of the reply; ``None`` is spelt ``null``."""


@frozen
class Case:
    """
    Hold one case.

    Attributes:
        seed: what it was drawn from.
        kind: the kind of the job.
        until: what is waited for.
        patient: whether a job may be unknown for a while.
        looks: the replies of the targets, in turn; ``None`` is a 404.
        statuses: the words of the proxies, in turn, for kinds that have a status.
    """

    seed: int
    kind: str
    until: Until
    patient: bool
    looks: tuple[Look | None, ...]
    statuses: tuple[Status | None, ...] = ()


def draw(seed: int) -> Case:
    """Draw a case."""
    chance = Random(seed)
    kind, until = chance.choice(WAYS)
    quirks = frozenset(chance.sample(QUIRKS, chance.choice((0, 1, 1, 1, 2, 2, 3))))
    patient = chance.random() < 0.7
    if kind == PROXIES:
        return Case(seed, kind, until, patient, *_by_status(chance, quirks))
    targets = [_Target(f"t{place}", chance, quirks) for place in range(1, chance.choice((1, 2, 2, 3, 4)) + 1)]
    looks = tuple(_look(targets, chance, quirks) for _ in range(chance.randint(2, 5)))
    return Case(seed, kind, until, patient, looks)


class _Target:
    """Do one target's part of a job."""

    def __init__(self, name: str, chance: Random, quirks: frozenset[str]) -> None:
        self.name, self._chance, self._quirks = name, chance, quirks
        late = "late target" in quirks and chance.random() < 0.5
        words = [GONE] if late else [NOT_STARTED, RUNNING, RUNNING, IDLE, FINISHED]
        self.shown = Shown(chance.choice(words), flagged="unflagged" not in quirks)
        self._late = late

    def move(self) -> None:
        """Go on with the job."""
        chance, shown = self._chance, self.shown
        for quirk, rate in (("restart", 0.2), ("vanish", 0.2), ("abort", 0.2), ("silent abort", 0.15)):
            if quirk in self._quirks and chance.random() < rate and self._strike(quirk):
                return
        if "error" in self._quirks and shown.word not in {NOT_STARTED, GONE} and chance.random() < 0.3:
            shown = shown._replace(err=f"broke-{self.name}")
        after = {
            NOT_STARTED: (NOT_STARTED, RUNNING),
            RUNNING: (RUNNING, IDLE, FINISHED),
            IDLE: (IDLE, IDLE, RUNNING, FINISHED),
            GONE: (GONE, RUNNING) if self._late else (GONE,),
        }
        self.shown = shown._replace(word=chance.choice(after.get(shown.word, (shown.word,))))

    def _strike(self, quirk: str) -> bool:
        """Let something happen to the target, if it can."""
        shown = self.shown
        if shown.word in {NOT_STARTED, ABORTED, GONE} or (shown.word == FINISHED and quirk != "restart"):
            return False
        match quirk:
            case "restart":
                self.shown = shown._replace(word=RUNNING, run=shown.run + 1)
            case "vanish":
                self.shown = shown._replace(word=GONE)
            case _:
                stop = "" if quirk == "silent abort" else f"stopped-{self.name}"
                self.shown = shown._replace(word=ABORTED, stop=stop)
        return True


def _look(targets: list[_Target], chance: Random, quirks: frozenset[str]) -> Look | None:
    for target in targets:
        target.move()
    if "404" in quirks and chance.random() < 0.25:
        return None
    order = list(targets)
    chance.shuffle(order)
    look: dict[str, tuple[Shown, ...] | None] = {}
    for target in order:
        lacking = target.shown.word == GONE or ("partial" in quirks and chance.random() < 0.25)
        shown: tuple[Shown, ...] = () if lacking else (target.shown,)
        if "others" in quirks and chance.random() < 0.4:
            other = Shown(chance.choice((RUNNING, IDLE, FINISHED)), own=False)
            shown = (*shown, other) if chance.random() < 0.5 else (other, *shown)
        if shown or ("empty" in quirks and chance.random() < 0.7):
            look[target.name] = shown
        elif "null" in quirks:
            look[target.name] = None
    if "empty" in quirks and chance.random() < 0.2:
        return dict.fromkeys(look, ())
    if "null" in quirks and chance.random() < 0.3:
        look["t9"] = None
    return look


def _by_status(
    chance: Random, quirks: frozenset[str]
) -> tuple[tuple[Look | None, ...], tuple[Status | None, ...]]:
    """Let the proxies tell of a job, and the targets show how it ended."""
    names = [f"t{place}" for place in range(1, chance.choice((1, 2, 3)) + 1)]
    stopped = bool(quirks & {"abort", "silent abort"})
    shown = {
        name: Shown(
            ABORTED if stopped else FINISHED,
            err=f"broke-{name}" if "error" in quirks and chance.random() < 0.6 else "",
            stop=f"stopped-{name}" if "abort" in quirks else "",
        )
        for name in names
    }
    texts = [each.stop or each.err for each in shown.values() if each.stop or each.err]
    first = texts[0] if texts and (stopped or chance.random() < 0.7) else ""
    said: list[Status | None] = [Status()] * chance.randint(0, 2)
    if "late target" in quirks:
        said.insert(0, None)
    if stopped and "vanish" in quirks:
        said.append(Status(over=False, aborted=True, err=first))
    elif "404" in quirks and chance.random() < 0.6:
        said.append(None)
    else:
        said.append(Status(over=True, aborted=stopped, err=first))
    look: Look | None = {name: (each,) for name, each in shown.items()}
    return (None if "restart" in quirks else look,), tuple(said)


NOT_FOUND: Final = Reply(404, b'{"tcode": "ErrXactNotFound", "message": "not found", "status": 404}')


@cache
def _spelled(kind: str, shown: Shown) -> str:
    ended = shown.word in ENDED
    begun = shown.word != NOT_STARTED
    return json.dumps(
        {
            "id": JOB if shown.own else OTHER,
            "kind": kind,
            "start-time": spell_time(100.0 * shown.run) if begun else ZERO_TIME,
            "end-time": spell_time(100.0 * shown.run + 50.0) if ended else ZERO_TIME,
            "is_idle": shown.word == IDLE or (ended and shown.flagged),
            "aborted": shown.word == ABORTED,
            "abort-err": shown.stop,
            "err": shown.err,
        }
    )


def spell(kind: str, look: Look | None) -> Reply:
    """Spell what the targets show as the cluster does."""
    if look is None:
        return NOT_FOUND
    targets = (f'"{name}": {_spelled_all(kind, shown)}' for name, shown in look.items())
    return Reply(200, f"{{{', '.join(targets)}}}".encode())


def _spelled_all(kind: str, shown: tuple[Shown, ...] | None) -> str:
    return "null" if shown is None else f"[{', '.join(_spelled(kind, each) for each in shown)}]"


@cache
def spell_status(kind: str, said: Status | None) -> Reply:
    """Spell what the proxies say as the cluster does."""
    if said is None:
        return NOT_FOUND
    document = {
        "uuid": JOB,
        "kind": kind,
        "err": said.err,
        "end_time": BEGINNING + 50_000_000_000 if said.over else 0,
        "aborted": said.aborted,
    }
    return Reply(200, json.dumps(document).encode())
