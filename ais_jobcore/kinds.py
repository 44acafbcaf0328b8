"""
The kinds of job, and how each is waited for: one table, and the ways to look into it.

Sources: ``xact/api_table.go`` of NVIDIA/aistore, and what running clusters answered.
"""

from __future__ import annotations

import enum
import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from attrs import field, frozen

from . import limits

if TYPE_CHECKING:
    from collections.abc import Mapping


class Strategy(enum.Enum):
    """How a wait for a kind knows that the job is over."""

    STATUS = "status"
    """The proxies keep a status that turns *over* with the last target."""
    FINISHED = "finished"
    """No status: the snapshots of every target have to end."""
    IDLE = "idle"
    """No end either: every target goes idle, and the job lingers."""
    NONE = "none"
    """Not to be waited for here."""


class Scope(enum.Enum):
    """What a job of a kind works on."""

    CLUSTER = "cluster"
    BUCKET = "bucket"
    BUCKET_OR_ALL = "bucket or all"
    TARGET = "one target"


@frozen
class Kind:
    """
    Describe one kind of job.

    Attributes:
        name: the name on the wire.
        display: the name that the command line of AIStore prints; servers take it too (V14).
        strategy: how its end is known.
        scope: what it works on.
        prefixes: what ids of this kind begin with, where they tell.
        startable: whether the start request takes it.
        aborted_by_rebalance: whether a starting rebalance aborts it.
        single_target: whether it runs on one target, so that the first snapshot shows all of it.
        retention: seconds for which targets show a finished job at least (V3).
    """

    name: str
    display: str = field(kw_only=True)
    strategy: Strategy = field(kw_only=True)
    scope: Scope = field(kw_only=True)
    prefixes: tuple[str, ...] = field(default=(), kw_only=True)
    startable: bool = field(default=False, kw_only=True)
    aborted_by_rebalance: bool = field(default=False, kw_only=True)
    single_target: bool = field(default=False, kw_only=True)
    retention: float = field(default=limits.RETENTION, kw_only=True)

    @property
    def waitable(self) -> bool:
        """Whether a wait for this kind has any meaning here."""
        return self.strategy is not Strategy.NONE

    @property
    def has_status(self) -> bool:
        """Whether proxies answer a status query about it, and can be believed."""
        return self.strategy is Strategy.STATUS


# One row a kind: name, display name, strategy, scope, marks, id prefixes.
# Marks: s = can be started by the start request, r = aborted by a rebalance,
#        1 = runs on one target, b = remembered briefly.
_ROWS: Final = """
election            elect-primary        none      cluster        -
rebalance           rebalance            status    cluster        s   g
etl-inline          etl-inline           status    cluster        r   etl-
lru                 lru-eviction         status    bucket-or-all  s
cleanup-store       cleanup              status    bucket-or-all  s
summary-bck         summary              none      bucket-or-all  -
summary-shard       shard-summary        none      bucket         -
resilver            resilver             finished  one-target     s1
rechunk             rechunk              status    bucket         sr
index-shard         shard-index          status    bucket         -
ec-get              ec-get               idle      bucket         -
ec-put              ec-put               idle      bucket         -
ec-resp             ec-resp              idle      bucket         -
put-copies          put-copies           idle      bucket         -
archive             archive              idle      bucket         -
copy-listrange      copy-objects         idle      bucket         r   tco-
etl-listrange       etl-objects          idle      bucket         r   tco-
blob-download       blob-download        finished  bucket         sr1
download            download             idle      cluster        r   dnl-
dsort               dsort                finished  bucket         r   srt-
promote             promote-files        status    bucket         -
evict-listrange     evict-objects        status    bucket         -
evict-remote-bck    evict-remote-bucket  finished  bucket         -   kpmd- rmmd-
delete-listrange    delete-objects       status    bucket         -
prefetch-listrange  prefetch-objects     status    bucket         s
ec-encode           ec-bucket            status    bucket         sr
make-n-copies       mirror               status    bucket         s
move-bck            rename-bucket        status    bucket         r
copy-bck            copy-bucket          status    bucket         r
etl-bck             etl-bucket           status    bucket         r
list                list                 idle      bucket         b
get-batch           get-batch            idle      bucket-or-all  rb  gbt-
create-inventory    create-inventory     status    bucket         r   inv-
load-lom-cache      warm-up-metadata     finished  bucket         s
"""


def _read_row(row: str) -> Kind:
    name, display, strategy, scope, marks, *prefixes = row.split()
    return Kind(
        name,
        display=display,
        strategy=Strategy(strategy),
        scope=Scope(scope.replace("-", " ")),
        prefixes=tuple(prefixes),
        startable="s" in marks,
        aborted_by_rebalance="r" in marks,
        single_target="1" in marks,
        retention=limits.BRIEF_RETENTION if "b" in marks else limits.RETENTION,
    )


KINDS: Final[Mapping[str, Kind]] = MappingProxyType(
    {kind.name: kind for kind in map(_read_row, _ROWS.split("\n")[1:-1])}
)
"""Every kind of AIStore 4.x and 5.0, by its name on the wire."""

SHORTEST_RETENTION: Final = min(kind.retention for kind in KINDS.values())
"""Seconds for which targets show a finished job of whatever kind."""

_BY_DISPLAY: Final = {kind.display: kind for kind in KINDS.values()}
_REBALANCE_ID: Final = re.compile(r"g[0-9]{1,19}\Z")
# The first kind of the table wins where two share a prefix (`tco-`): both are waited for alike.
_PREFIXES: Final = tuple(
    (prefix, kind) for kind in KINDS.values() for prefix in kind.prefixes if prefix.endswith("-")
)


def kind_of_id(job_id: str) -> Kind | None:
    """Tell the kind that an id gives away by its form (``tco-...``, ``g17``), if it does."""
    if _REBALANCE_ID.match(job_id):
        return KINDS["rebalance"]
    return next((kind for prefix, kind in _PREFIXES if job_id.startswith(prefix)), None)


def rebalance_number(job_id: str) -> int | None:
    """Tell the number in the id of a rebalance; later ones have greater numbers."""
    return int(job_id[1:]) if _REBALANCE_ID.match(job_id) else None


def later_rebalance(job_id: str, finished: tuple[str, ...]) -> str:
    """Name the next rebalance of those that finished, which answers in the place of this one (G21)."""
    this = rebalance_number(job_id)
    numbers = [number for number in map(rebalance_number, finished) if number is not None]
    later = [number for number in numbers if this is not None and number > this]
    return f"g{min(later)}" if later else ""


def is_download_id(job_id: str) -> bool:
    """Tell whether only the proxies can know the id: targets give the job another one (V16)."""
    return job_id.startswith("dnl-")


def find_kind(text: str) -> Kind | None:
    """Look a kind up by its name or display name."""
    return KINDS.get(text) or _BY_DISPLAY.get(text)


def resolve_kind(text: str) -> Kind:
    """
    Look a kind up by name (``copy-bck``), display name (``copy-bucket``) or id (``tco-...``).

    Raises:
        ValueError: nothing of the kind; the nearest names are in the message.
    """
    return find_kind(text) or kind_of_id(text) or named_kind(text)


def named_kind(text: str) -> Kind:
    """
    Look a kind up by name or display name only.

    For commands: an id in the place of a kind would start or stop what it does not name.

    Raises:
        ValueError: nothing of the name; the nearest names are in the message.
    """
    kind = find_kind(text)
    if kind is None:
        from difflib import get_close_matches  # noqa: PLC0415 - only a mistake needs it

        # It may come from a file, and be of any length.
        shown = text[: limits.NAME_LIMIT]
        near = get_close_matches(shown, [*KINDS, *_BY_DISPLAY])
        hint = f"did you mean {' or '.join(near)}?" if near else f"one of {', '.join(KINDS)}"
        msg = f"unknown kind of job {shown!r}: {hint}"
        raise ValueError(msg)
    return kind


def require_waitable(kind: Kind) -> Kind:
    """
    Return the kind if it can be waited for.

    Raises:
        ValueError: an election has no snapshots, summaries have a protocol of their own.
    """
    if not kind.waitable:
        msg = f"a job of kind {kind.name!r} cannot be waited for: targets show no snapshots of it"
        raise ValueError(msg)
    return kind
