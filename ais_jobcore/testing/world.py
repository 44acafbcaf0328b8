"""
The script of a simulated cluster: its targets and proxies, its jobs, and what happens to them and when.

What it answers to a request is in ``answers``; :class:`~ais_jobcore.testing.SimCluster` is both together.
"""

from __future__ import annotations

import re
from hashlib import blake2b
from math import inf
from typing import TYPE_CHECKING, Final

from ..kinds import require_waitable, resolve_kind
from .lives import LINGER
from .making import choose_targets, make_job, make_lives
from .outages import MAP_LAG, Outage, interrupt

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from ..kinds import Kind
    from .jobs import SimJob

_IC_SIZE: Final = 3
_ID_LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_REBALANCE_ID: Final = re.compile(r"g([0-9]+)")


class World:
    """
    A cluster that follows a script.

    Args:
        targets: how many, or their names.
        proxies: how many, or their names; the first three of them keep statuses.
        started_duration: seconds that a job takes which is started by request.
        omits: keys that snapshots lack, as on older servers: ``err``, ``is_idle``.
        seed: makes other ids.

    Attributes:
        jobs: every job, by the id to wait for.
        answered: how many requests were answered so far.
        unbounded_stops: how many stops named neither a job nor a kind: there should never be one.
    """

    def __init__(
        self,
        targets: int | Sequence[str] = 3,
        *,
        proxies: int | Sequence[str] = 1,
        started_duration: float = 2.0,
        omits: Collection[str] = (),
        seed: int = 0,
    ) -> None:
        self.targets = _names("t", targets)
        self.proxies = _names("p", proxies)
        self.started_duration = started_duration
        self.omits = frozenset(omits)
        self.jobs: dict[str, SimJob] = {}
        self.answered = 0
        self.unbounded_stops = 0
        self._seed = seed
        self._by_snap_id: dict[str, SimJob] = {}
        self._target_outages: list[Outage] = []
        self._proxy_outages: list[Outage] = []
        self._ids_made = 0

    # The script.

    def add_job(
        self,
        kind: str,
        *,
        duration: float | Mapping[str, float] = 1.0,
        at: float = 0.0,
        job_id: str = "",
        targets: Sequence[str] | None = None,
        bucket: str = "",
        to: str = "",
        errors: Mapping[str, str] | None = None,
        objects: int = 100,
        object_size: int = 4096,
        hidden: float | None = None,
        linger: float = LINGER,
    ) -> SimJob:
        """
        Let a job run.

        Args:
            kind: its kind, by any of its names.
            duration: seconds of work on the last target, where the others are done a little earlier; or by
                target. ``math.inf`` never ends by itself. An idling kind turns idle about 6 s later.
            at: when it starts.
            job_id: its id; made up where it is not given. With ``dnl-...`` it is a download that the proxies
                know, as ``single``, and the targets do not.
            targets: where it runs, if not everywhere.
            bucket: the bucket that it works on; ``src`` where a kind has to have one.
            to: the bucket that it copies to; ``dst`` where a kind has to have one.
            errors: for some targets, what went wrong there without stopping it.
            objects: how many objects each target works on; per second in a job without an end.
            object_size: bytes in each.
            hidden: seconds from its start for which targets do not show it; 0.2 for a rebalance, else 0.
            linger: seconds for which an idle job lives on.

        Raises:
            ValueError: there is no such kind or target, or the id is taken.
        """
        row = require_waitable(resolve_kind(kind))
        errors = errors or {}
        lives = make_lives(
            row,
            choose_targets(self.targets, row, targets, duration, errors),
            duration=duration,
            at=at,
            errors=errors,
            objects=objects,
            object_size=object_size,
            hidden=hidden,
            linger=linger,
        )
        job_id = job_id or self._new_id(row)
        if job_id in self.jobs:
            msg = f"there is a job {job_id!r} already"
            raise ValueError(msg)
        snap_id = self._letters() if job_id.startswith("dnl-") else job_id
        job = make_job(row, job_id, lives, snap_id=snap_id, bucket=bucket, to=to)
        self.jobs[job_id] = self._by_snap_id[snap_id] = job
        for outage in self._target_outages:
            interrupt(job, outage)
        return job

    def lose_target_at(
        self, target: str, moment: float, *, dropped_after: float = MAP_LAG, aborts: bool = True
    ) -> None:
        """
        Let a target die: snapshots are 400 until the map drops it, and then there are none from it.

        Args:
            target: which one.
            moment: when.
            dropped_after: seconds until the map drops it.
            aborts: whether the proxies abort the jobs there whose status they keep, 0.4 s later.
        """
        ends = moment + dropped_after
        self._interrupt(Outage(node=target, begins=moment, ends=ends, dropped=True, aborts=aborts))

    def restart_target_at(
        self,
        target: str,
        moment: float,
        *,
        down_for: float = 1.0,
        resumes: bool = False,
        aborts: bool = True,
    ) -> None:
        """
        Let a target restart: it forgets its jobs.

        Args:
            target: which one.
            moment: when.
            down_for: seconds until it is back.
            resumes: whether its jobs start there once more, under the same id; nobody aborts them then.
            aborts: whether the proxies abort the jobs there whose status they keep, 0.4 s later.
        """
        ends = moment + down_for
        self._interrupt(Outage(node=target, begins=moment, ends=ends, resumes=resumes, aborts=aborts))

    def lose_proxy_at(self, proxy: int, moment: float, *, until: float = inf) -> None:
        """Let a proxy refuse connections."""
        self._proxy_outages.append(Outage(node=self.proxies[proxy], begins=moment, ends=until))

    def forget_statuses_at(self, moment: float) -> None:
        """Let the proxies lose their memory of the jobs there are, as when all are restarted."""
        for job in self.jobs.values():
            job.forget_at(moment, status_only=True)

    # What the answers are made from.

    def known_as(self, snap_id: str) -> SimJob | None:
        """Find a job by the id that targets know."""
        return self._by_snap_id.get(snap_id)

    def targets_at(self, now: float) -> list[str]:
        """List the targets in the cluster map."""
        gone = {outage.node for outage in self._target_outages if outage.dropped and outage.ends <= now}
        return [target for target in self.targets if target not in gone]

    def down_at(self, now: float) -> list[str]:
        """List the targets in the cluster map that do not answer."""
        return [outage.node for outage in self._target_outages if outage.covers(now)]

    def refuses_at(self, proxy: str, now: float) -> bool:
        """Tell whether a proxy refuses connections."""
        return any(outage.node == proxy and outage.covers(now) for outage in self._proxy_outages)

    def is_ic(self, proxy: str) -> bool:
        """Tell whether a proxy keeps statuses: is a member of the information center."""
        return proxy in self.proxies[:_IC_SIZE]

    def _interrupt(self, outage: Outage) -> None:
        if outage.node not in self.targets:
            msg = f"no target {outage.node!r}: one of {', '.join(self.targets)}"
            raise ValueError(msg)
        self._target_outages.append(outage)
        for job in self.jobs.values():
            interrupt(job, outage)

    def _new_id(self, kind: Kind) -> str:
        if kind.name != "rebalance":
            return f"{kind.prefixes[0] if kind.prefixes else ''}{self._letters()}"
        numbers = [int(found[1]) for found in map(_REBALANCE_ID.fullmatch, self.jobs) if found]
        return f"g{max(numbers, default=0) + 1}"

    def _letters(self) -> str:
        self._ids_made += 1
        digest = blake2b(f"{self._seed}/{self._ids_made}".encode(), digest_size=8).digest()
        # The first letter is none that could make it the id of a rebalance.
        return "J" + "".join(_ID_LETTERS[byte % len(_ID_LETTERS)] for byte in digest)


def _names(letter: str, given: int | Sequence[str]) -> tuple[str, ...]:
    names = tuple(f"{letter}{n + 1}" for n in range(given)) if isinstance(given, int) else tuple(given)
    if not names or len(set(names)) < len(names):
        msg = f"at least one name, and each once, not {given!r}"
        raise ValueError(msg)
    return names
