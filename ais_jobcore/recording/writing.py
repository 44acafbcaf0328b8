"""Write transcripts: stand before a wait, pass everything on, and write it down."""

from __future__ import annotations

import json
import logging
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final, Self, TypeAlias

from attrs import frozen

from .. import limits
from ..machines.protocols import Event
from ..text import LOGGER_NAME, printable
from .cleaning import Cleaner
from .lines import decision_of, event_of, header_of, input_of, wait_of
from .naming import Names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from os import PathLike
    from types import TracebackType

    from ..decisions import Decision
    from ..machines.job import JobWait
    from ..results import WaitResult

RecordTo: TypeAlias = "Record | str | PathLike[str]"
"""Where a transcript goes: a path, or a :class:`Record` that says more."""

logger: Final = logging.getLogger(LOGGER_NAME)


@frozen
class Record:
    """
    Say where a transcript goes, and what is left out of it; secrets always are.

    Attributes:
        path: the file, which is written anew.
        hide_names: whether to replace the names of hosts and buckets by made-up ones.
    """

    path: str | PathLike[str]
    hide_names: bool = False


class Recorder:
    """
    Stand before a wait and write a transcript of it; give it to a driver in its place.

    What enters the file are the inputs without their secrets, and what the core decides on those: a second
    wait takes them as they were written, so that a replay is exact. Whatever becomes of the file, the wait
    goes on.

    Args:
        wait: the wait; not started yet.
        to: the file, or a :class:`Record`.
        secrets: tells what must not be written, whenever it is asked: the token, and those it had been.
        hosts: hosts that are known from the beginning, where names are to be hidden.

    Raises:
        OSError: the file cannot be written.
        ValueError: the wait was started already: what a loaded one knows is in no line of a transcript.
    """

    def __init__(
        self,
        wait: JobWait,
        to: RecordTo,
        *,
        secrets: Callable[[], Iterable[str]] = tuple,
        hosts: Iterable[str] = (),
    ) -> None:
        if wait.decision is not None:
            msg = "a recorder takes a wait that was not started yet"
            raise ValueError(msg)
        record = to if isinstance(to, Record) else Record(to)
        self._cleaner = Cleaner(secrets, Names(hosts) if record.hide_names else None)
        header = header_of(wait)
        header["arguments"] = self._cleaner.document(header["arguments"])
        self._wait = wait
        self._twin = wait_of(header, wait.state.question.options.schedule)
        self._started_at = 0.0
        self._request: dict[str, Any] | None = None
        self._left = limits.TRANSCRIPT_LIMIT
        self._file: IO[str] | None = None
        try:
            self._file = Path(record.path).open("w", encoding="ascii", newline="\n")  # noqa: SIM115 - it stays open
            self._put(self._file, header)
        except OSError as error:
            self.close()
            # The same class of error, by its number.
            msg = f"the transcript cannot be written: {error.strerror}"
            raise OSError(error.errno, msg, str(record.path)) from None

    def start(self, now: float) -> Decision[WaitResult]:
        """Begin, and write the decision down."""
        decision = self._wait.start(now)
        self._started_at = now
        self._keep(None, 0.0)
        return decision

    def handle(self, event: Event, now: float) -> Decision[WaitResult]:
        """Pass the input on, and write it down with the decision, or with what the wait raises."""
        try:
            return self._wait.handle(event, now)
        finally:
            # What is no input was turned down, and has changed nothing.
            if isinstance(event, Event):  # pyright: ignore[reportUnnecessaryIsInstance] - not all are typed
                self._keep(event, max(0.0, now - self._started_at))

    def _keep(self, event: Event | None, t: float) -> None:
        file = self._file
        if file is None:
            return
        try:
            document: dict[str, Any] = {} if event is None else self._cleaned(event)
            told = self._tell(document, t)
            self._put(file, {"t": t, **document, **told})
            if "delay" not in told.get("decision", {"delay": t}):
                self.close()
        except Exception as error:  # noqa: BLE001 - a full disk, or what JSON cannot hold: the wait goes on
            logger.warning("the transcript ends here: %s", printable(str(error)))
            self.close()

    def _cleaned(self, event: Event) -> dict[str, Any]:
        return self._cleaner.document(input_of(event, self._started_at))

    def _tell(self, document: Mapping[str, Any], t: float) -> dict[str, Any]:
        """Let the second wait take what is written, and spell what it decides."""
        event = event_of(document) if document else None
        try:
            decision = self._twin.start(t) if event is None else self._twin.handle(event, t)
        except Exception as error:  # noqa: BLE001 - a bug of the core is what people want to see
            return {"raised": f"{type(error).__name__}: {error}"}
        return {"decision": self._spell(decision)}

    def _spell(self, decision: Decision[WaitResult]) -> dict[str, Any]:
        """Make a document of a decision, without a request that was the last one, too."""
        document = decision_of(decision)
        last, self._request = self._request, document.get("request")
        if last is not None and last == self._request:
            del document["request"]
        return document

    def _put(self, file: IO[str], document: Mapping[str, Any]) -> None:
        line = json.dumps(document, allow_nan=False, separators=(",", ":")) + "\n"
        self._left -= len(line)
        if self._left < 0:
            msg = f"a transcript has at most {limits.TRANSCRIPT_LIMIT:,} bytes"
            raise ValueError(msg)
        file.write(line)
        file.flush()

    def close(self) -> None:
        """Close the file; the wait may go on, unrecorded."""
        file, self._file = self._file, None
        if file is not None:
            with suppress(OSError):
                file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
