"""When nodes of a simulated cluster are away, and what that does to their jobs."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Final

from attrs import frozen

if TYPE_CHECKING:
    from .jobs import SimJob

MAP_LAG: Final = 29.0
"""Seconds for which a target that is gone stays in the cluster map."""

_ABORT_LAG: Final = 0.4


@frozen(kw_only=True)
class Outage:
    """
    Say when a node is away.

    Attributes:
        node: which one.
        begins: from when on.
        ends: until when connections to it are refused.
        dropped: whether it is out of the cluster map then, and not back.
        resumes: whether it starts its jobs once more when it is back.
        aborts: whether the proxies abort the jobs whose status they keep.
    """

    node: str
    begins: float
    ends: float = inf
    dropped: bool = False
    resumes: bool = False
    aborts: bool = True

    def covers(self, now: float) -> bool:
        """Tell whether the node is away."""
        return self.begins <= now < self.ends


def interrupt(job: SimJob, outage: Outage) -> None:
    """Let a job lose a target; proxies abort the jobs whose status they keep, on the other targets."""
    lives = job.lives.get(outage.node, ())
    worked = bool(lives) and lives[-1].active(outage.begins)
    job.leave_at(outage.node, outage.begins, again=outage.ends if outage.resumes else None)
    if not (worked and job.status_kind and outage.aborts) or outage.resumes:
        return
    others = [target for target in job.lives if target != outage.node]
    texts = dict.fromkeys(others, "IC(notifications) abort")
    if others and job.destination:
        # The first to notice is one that cannot send what it copies.
        texts[others[0]] = (
            f"tcb-{job.id}[{others[0]}=>{outage.node}] terminated "
            "[write tcp4 127.0.0.1:38256->127.0.0.1:20084: write: broken pipe]"
        )
    job.abort_at(outage.begins + _ABORT_LAG, texts)
