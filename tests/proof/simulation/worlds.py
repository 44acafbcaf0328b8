"""
Worlds drawn from a seed: a job on a few targets, the proxies, and what goes wrong between them and a wait.

What is true is a timeline for every target and one for the proxies: what they would say from which moment on.
A wait never sees it; it sees answers, and some of these are late, partial, old, or none at all.
All moments are seconds of true time since the start of the wait.
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import timedelta
from random import Random
from typing import Final

from attrs import define, field, frozen

from ais_jobcore import KINDS, JobSnap, JobStatus, Until, WaitOptions
from ais_jobcore.schedules import PRESETS, Keller
from tests.builders import NOON, NOON_NS

KIND_DRAWS: Final = (
    *("copy-bck", "prefetch-listrange", "archive", "copy-listrange", "dsort", "load-lom-cache"),
    *("resilver", "rebalance", "download", "list", "brand-new"),
)
IDS: Final = {"copy-listrange": "tco-1", "rebalance": "g7", "download": "dnl-1"}
STATUS_MEMORY, IDLE_AFTER, WEEKS = 180.0, 6.0, 20 * 86_400.0
FATES: Final = ("well",) * 10 + ("errors",) * 3 + ("aborted",) * 2 + ("endless", "lost", "restarted")
SPARSE: Final = Keller(k=100.0, floor=1800.0, snapshot_floor=1800.0)
"""For jobs of weeks: half of what targets remember."""

States = list[tuple[float, JobSnap | None]]


@frozen
class Setting:
    """
    Hold what is asked of the wait.

    Attributes:
        job_id: the job, empty where it has to be found.
        kind: what the caller says of it.
        until: what is waited for.
        timeout: seconds, or ``None``.
        options: the settings.
    """

    job_id: str
    kind: str
    until: Until
    timeout: float | None
    options: WaitOptions


@frozen
class Storm:
    """
    Say how often what goes wrong.

    Attributes:
        faults: the part of the answers that is none.
        partial: the part of the snapshots that lack a target seen before.
        repeated: the part of the answers that are the one before, once more.
        late: the part of the answers that take seconds.
        forgetful: the part of the statuses that a proxy denies to know.
        clock: the part of the moments that the caller's clock gets wrong.
        clogs: proxies (by number) and targets (from 100 on) that answer nobody for a while.
    """

    faults: float = 0.0
    partial: float = 0.0
    repeated: float = 0.0
    late: float = 0.0
    forgetful: float = 0.0
    clock: float = 0.0
    clogs: tuple[tuple[int, float, float], ...] = ()

    @property
    def calm(self) -> bool:
        """Whether nothing goes wrong at all."""
        return self == Storm()


@define
class World:
    """
    Hold what is true.

    Attributes:
        seed: where it came from.
        random: what draws its faults.
        kind: the kind of the job.
        job_id: its id.
        setting: what is asked of the wait.
        storm: what goes wrong.
        latency: seconds that an answer takes.
        targets: what each target would say, from which moment on.
        status: what the proxies would say.
        foreign: the snapshot of another job, that every reply has, too.
        hasty: seconds that the proxies are too early in saying that it is over.
        as_bytes: whether answers come as bytes.
    """

    seed: int
    random: Random
    kind: str
    job_id: str
    setting: Setting
    storm: Storm
    latency: float
    targets: list[States] = field(factory=list[States])
    status: list[tuple[float, JobStatus | None]] = field(factory=list)
    foreign: JobSnap | None = None
    hasty: float = 0.0
    as_bytes: bool = False
    weeks: bool = False


def at(timeline: list[tuple[float, JobSnap | None]], moment: float) -> JobSnap | None:
    """Return what holds at a moment."""
    place = bisect_right(timeline, moment, key=lambda entry: entry[0])
    return timeline[place - 1][1] if place else None


def draw(seed: int) -> World:
    """Draw a world."""
    random = Random(seed)
    chance = random.random
    weeks = seed % 1000 == 999
    kind = "dsort" if weeks else random.choice(KIND_DRAWS)
    job_id = IDS.get(kind, "x3CgTG-3v")
    duration = random.uniform(0.1, 2.0) * WEEKS if weeks else 0.03 * 10 ** (4.0 * chance())
    storm = Storm() if chance() < 0.05 else _storm(random, duration)
    setting = _setting(random, kind, job_id, duration, weeks=weeks)
    world = World(seed, random, kind, job_id, setting, storm, random.choice((0.0005, 0.005, 0.05)))
    world.weeks = weeks
    fate = random.choice(FATES)
    if fate in {"endless", "lost"} and (setting.timeout is None or weeks):
        fate = "well"
    if chance() < 0.2:
        other = "g8" if kind == "rebalance" else "other"
        end = NOON + timedelta(seconds=1)
        bad = {} if other == "g8" else {"aborted": True, "abort_err": "not yours", "err": "nor this"}
        world.foreign = JobSnap(id=other, kind=kind, start_time=NOON, end_time=end, **bad)
    world.as_bytes = chance() < 0.1
    _fill(world, fate, duration)
    return world


def _storm(random: Random, duration: float) -> Storm:
    pick = random.choice
    span, clogs = max(10.0, duration), ()
    if random.random() < 0.25:
        clogs = _swizzle(random, span)
    return Storm(
        faults=pick((0.1, 0.4, 0.6, 0.75)),
        partial=pick((0.0, 0.0, 0.05, 0.2)),
        repeated=pick((0.0, 0.2, 0.4)),
        late=pick((0.0, 0.2, 0.3)),
        forgetful=pick((0.0, 0.0, 0.1)),
        clock=pick((0.0, 0.0, 0.0, 0.1)),
        clogs=clogs,
    )


def _swizzle(random: Random, span: float) -> tuple[tuple[int, float, float], ...]:
    """Clog all nodes one after the other, and unclog them in another order."""
    nodes = [0, 1, 100, 101, 102]
    random.shuffle(nodes)
    begin, step = random.uniform(0, span / 2), random.uniform(0.1, span / 20)
    back = random.sample(range(len(nodes)), len(nodes))
    whole = begin + step * len(nodes)
    return tuple((node, begin + step * n, whole + step * back[n]) for n, node in enumerate(nodes))


def _setting(random: Random, kind: str, job_id: str, duration: float, *, weeks: bool) -> Setting:
    chance, pick = random.random, random.choice
    options = WaitOptions(
        seed=random.getrandbits(16),
        request_timeout=pick((2.0, 20.0)),
        endpoints=pick((1, 1, 2, 3)),
        details=chance() < 0.85,
        grace=pick((0.5, 5.0, 5.0)),
        schedule=SPARSE if weeks else PRESETS[pick(("default", "default", "responsive", "gentle"))],
        expected_duration=duration * random.uniform(0.2, 2.0) if chance() < 0.1 else None,
    )
    timeout = pick((None, None, 0.0, 0.3, 5.0, 60.0, 600.0, 600.0, duration * 2 + 10, duration * 2 + 10))
    until = Until.AUTO if chance() < 0.7 else pick([*Until])
    if weeks:
        return Setting(job_id, kind, Until.AUTO, None, options)
    if until is Until.FINISHED and (kind not in KINDS or KINDS[kind].strategy.value == "idle"):
        timeout = 60.0 if timeout is None else timeout
    if kind in KINDS and job_id == "x3CgTG-3v" and chance() < 0.1:
        return Setting("", kind, until, 60.0 if timeout is None else timeout, options)
    given = pick((kind, kind, "", "lru")) if kind in KINDS else pick(("", kind))
    return Setting(job_id, given, until, timeout, options)


def _fill(world: World, fate: str, duration: float) -> None:
    """Draw the timelines."""
    random = world.random
    single = world.kind == "resilver"
    number = 1 if single else random.choice((1, 2, 3, 3, 4))
    born = random.choice((-0.5, -0.5, -duration / 2, -2 * duration, 0.3, 2.0)) if not world.weeks else -0.5
    if world.setting.job_id == "":
        born = min(born, -0.5)
    over = born + duration
    parts = [random.uniform(0.3, 1.0) for _ in range(number - 1)] + [1.0]
    random.shuffle(parts)
    bad = random.randrange(number)
    idles = world.kind not in KINDS or KINDS[world.kind].strategy.value == "idle"
    for index, part in enumerate(parts):
        end = born + duration * part
        own = fate if index == bad or fate in {"aborted", "endless"} else "well"
        world.targets.append(_states(world, own, born, over if fate == "aborted" else end, idles=idles))
    _fill_status(world, fate, born, over)


def _states(world: World, fate: str, born: float, end: float, *, idles: bool) -> States:
    random = world.random
    start, stop = NOON + timedelta(seconds=born), NOON + timedelta(seconds=max(end, born + 0.001))
    base = {"id": world.job_id, "kind": world.kind, "start_time": start}
    running = JobSnap(**base)
    states: States = []
    begun = born
    if random.random() < 0.2:
        states.append((born, JobSnap(id=world.job_id, kind=world.kind)))
        begun = born + 0.3 * (end - born)
    states.append((begun, running))
    err = "disk fault (and 41 more errors)" if fate == "errors" else ""
    if err:
        states.append((begun + 0.5 * (end - begun), JobSnap(**base, err=err)))
    keeps = KINDS[world.kind].retention if world.kind in KINDS else 3600.0
    if fate == "endless":
        return states
    if fate == "lost":
        return [*states, (end, None)]
    if fate == "restarted":
        later = start + timedelta(seconds=end - born + 1)
        again = JobSnap(id=world.job_id, kind=world.kind, start_time=later)
        ended = {"start_time": later, "end_time": later + timedelta(seconds=5), "is_idle": True}
        done = JobSnap(**{**base, **ended})
        return [*states, (end, None), (end + 5.0, again), (end + 10.0, done)]
    if fate == "aborted":
        snap = JobSnap(**base, end_time=stop, aborted=True, abort_err="user abort")
        return [*states, (end + random.uniform(0, 0.5), snap), (end + keeps, None)]
    finished = JobSnap(**base, end_time=stop, is_idle=True, err=err)
    if not idles:
        return [*states, (end, finished), (end + keeps, None)]
    idle = JobSnap(**base, is_idle=True, err=err)
    if random.random() < 0.3:
        busy = JobSnap(**base, err=err)
        states += [(end, idle), (end + random.uniform(0.05, 1.5), busy)]
        end += 10.0
    end += IDLE_AFTER
    linger = end + random.choice((0.0, 60.0, 3600.0))
    done = JobSnap(**base, end_time=NOON + timedelta(seconds=linger), is_idle=True, err=err)
    return [*states, (end, idle), (linger, done), (linger + keeps, None)]


def _fill_status(world: World, fate: str, born: float, over: float) -> None:
    random, kind = world.random, world.kind
    report = {"uuid": world.job_id, "kind": "single" if kind == "download" else kind}
    running = JobStatus(**report)
    if not ((kind in KINDS and KINDS[kind].has_status) or kind == "download"):
        if random.random() < 0.1:
            world.status = [(born, running)]
        return
    world.status = [(born + random.choice((0.0, 0.5)), running)]
    if fate == "endless":
        return
    if fate == "well" and random.random() < 0.1:
        world.hasty = random.uniform(0.0, 3.0)
    said = over - world.hasty + random.choice((0.0, 0.1, 1.0))
    if fate == "lost" and random.random() < 0.5:
        return
    err = "disk fault (and 41 more errors)" if fate == "errors" else ""
    end_ns = NOON_NS + int(over * 1e9)
    over_status = JobStatus(**report, err=err, end_time=end_ns)
    if fate in {"aborted", "lost", "restarted"}:
        over_status = JobStatus(**report, err=f"{world.job_id} does not exist", end_time=end_ns, aborted=True)
    world.status += [(said, over_status), (said + STATUS_MEMORY, None)]
    if random.random() < 0.1:
        lost = random.uniform(born, said + 60.0)
        world.status = [entry for entry in world.status if entry[0] < lost] + [(lost, None)]
