"""What a client knows of jobs that are over: a schedule can learn from it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, TypeVar, cast

from ..limits import LEARNED_DURATIONS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..machines import operations
    from ..options import WaitOptions
    from ..results import FinishedJob
    from .given import Bucket

T = TypeVar("T")


class LearningBase(ABC):
    """A client that keeps how long jobs took, and asks the cluster what it remembers."""

    _took: dict[str, tuple[float, ...]]
    """Seconds that jobs took, by the names of their kinds; the newest 1,000 of each."""

    @abstractmethod
    def options(self, given: WaitOptions | None = None) -> WaitOptions:
        """Complete the options of one operation by what the client knows; what is given wins."""

    @abstractmethod
    def history(self, kind: str, bucket: Bucket | None = None) -> object:
        """
        Ask which jobs of a kind finished without an error, as far as the targets remember: most for an hour.

        Args:
            kind: the kind, by name or display name.
            bucket: only jobs that work on this bucket, read it or write it.

        Returns:
            When each of them began and ended, by their ends.

        Raises:
            ValueError: the kind is unknown, or the bucket is none.
        """

    def durations(self, kind: str) -> list[float]:
        """
        Return the seconds that the jobs of a kind took for which this client waited, the oldest first.

        Jobs that ended badly do not count; of more than 1,000 the newest are kept.

        Raises:
            ValueError: the kind is unknown.
        """
        from ..kinds import named_kind

        return list(self._took.get(named_kind(kind).name, ()))

    def _history(self, kind: str, bucket: Bucket | None) -> operations.Call[list[FinishedJob]]:
        """Make what ``history`` runs."""
        from ..machines import operations
        from .given import to_bucket

        where = None if bucket is None else to_bucket(bucket)
        return operations.history(kind, where, options=self.options())

    def _kept(self, result: T) -> T:
        """Keep how long jobs took, from whatever an operation results in, and return that."""
        for kind, took in _durations(result):
            # Threads may share a client: a tuple is changed by none of them.
            self._took[kind] = (*self._took.get(kind, ()), took)[-LEARNED_DURATIONS:]
        return result


def _durations(result: object) -> Iterable[tuple[str, float]]:
    """List the kinds and the durations of jobs: of one wait, or of many with places or without."""
    from ..kinds import KINDS
    from ..results import WaitResult

    results = cast("list[object]", result) if isinstance(result, list) else [result]
    for each in results:
        ending = cast("tuple[object, ...]", each or (None,))[-1] if isinstance(each, tuple) else each
        if isinstance(ending, WaitResult) and ending.kind in KINDS and ending.duration is not None:
            yield ending.kind, ending.duration
