"""
What drivers log: the words, the level and the fields of one decision. The drivers do the logging.

Nothing global is touched (rules S56, S57, R12): ``verbose`` chooses between two levels of
the records of one run; the configuration of logging decides what becomes of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, assert_never

from attrs import Factory, frozen

from .. import limits
from ..decisions import Abort, Continue, Decision, Done
from ..text import printable

if TYPE_CHECKING:
    from collections.abc import Mapping

# The numbers of the standard library's levels, which the core does not import.
DEBUG: Final = 10
INFO: Final = 20


@frozen
class Line:
    """
    A log record to be.

    Attributes:
        level: its level.
        text: its message, printable.
        fields: what structured logs keep, to be passed as ``extra``.
    """

    level: int
    text: str
    fields: Mapping[str, object] = Factory(dict[str, object])


class Narrator:
    """
    The log of one run: its decisions in words.

    Args:
        subject: what the run is about: an id or a kind of job.
        verbose: whether changes and the end are of level INFO rather than DEBUG.
    """

    def __init__(self, subject: str = "", *, verbose: bool = False) -> None:
        self._subject = printable(subject, limits.NAME_LIMIT) or "cluster"
        self._verbose = verbose
        self._last = ""

    def tell(self, decision: Decision[object]) -> Line:
        """Say what was decided, and why."""
        reason = printable(decision.reason)
        fields: dict[str, object] = {
            "ais_subject": self._subject,
            "ais_decision": type(decision).__name__.lower(),
            "ais_reason": reason,
        }
        match decision:
            case Continue(delay=delay, request=request):
                asking = f"; asking for {request.what.value} in {delay:.3g} s"
                fields |= {
                    "ais_delay": delay,
                    "ais_what": request.what.value,
                    "ais_endpoint": request.endpoint,
                }
                verb = ""
            case Done():
                verb, asking = "done: ", ""
            case Abort(error=error):
                verb, asking = "failed: " if error is None else "given up: ", ""
            case _:
                assert_never(decision)
        changed, self._last = reason != self._last, reason
        level = INFO if self._verbose and (changed or not isinstance(decision, Continue)) else DEBUG
        return Line(level, f"{self._subject}: {verb}{reason}{asking}", fields)
