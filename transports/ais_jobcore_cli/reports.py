"""How a wait ended, as it is told to people and to programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from attrs import frozen
from rich.console import Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ais_jobcore import TargetState, WaitResult
from ais_jobcore.text import printable

from .codes import ExitCode
from .exits import code_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from rich.console import RenderableType

    from ais_jobcore import JobWait

_LIMIT: Final = 20_000
"""Characters of an error text that are kept: it may hold the texts of many targets."""

STYLES: Final[Mapping[TargetState, str]] = {
    TargetState.NOT_STARTED: "dim",
    TargetState.RUNNING: "yellow",
    TargetState.IDLE: "cyan",
    TargetState.FINISHED: "green",
    TargetState.ABORTED: "red",
    TargetState.LOST: "red",
}

_WORDS: Final[Mapping[ExitCode, str]] = {
    ExitCode.USAGE: "not possible",
    ExitCode.TIMED_OUT: "timed out",
    ExitCode.NOT_ALLOWED: "not allowed",
    ExitCode.NO_CLUSTER: "no usable answer",
    ExitCode.NO_SUCH_JOB: "no such job",
}


@frozen(kw_only=True)
class Report:
    """
    Say how a wait ended, in printable texts.

    Attributes:
        job_id: the job.
        kind: its kind, as far as it is known.
        code: the exit code for this job alone.
        words: how it ended.
        outcome: how the job ended, ``None`` where that is not known or was not asked.
        error: every error text, or why the wait could not be completed; ``None`` for a success.
        errors: target to its error text.
        targets: target to its last known state.
        end_time: the latest end, ``None`` unless every target ended.
        polls: the number of requests.
        elapsed: seconds from the start of the wait.
        duration: seconds that the job took; ``None`` unless it did well.
        notes: what was odd without being wrong.
        failure: what kept the wait from its end, if anything did.
    """

    job_id: str
    kind: str
    code: ExitCode
    words: str
    outcome: str | None = None
    error: str | None = None
    errors: Mapping[str, str]
    targets: Mapping[str, TargetState]
    end_time: datetime | None = None
    polls: int
    elapsed: float
    duration: float | None = None
    notes: tuple[str, ...]
    failure: Exception | None = None

    @classmethod
    def of(cls, wait: JobWait, end: WaitResult | Exception) -> Report:
        """Report the end of a wait: what it returned, or what it raised."""
        state = wait.state
        if isinstance(end, WaitResult):
            outcome = end.outcome.value if end.outcome else None
            return cls(
                job_id=printable(end.job_id),
                kind=printable(end.kind),
                code=ExitCode.SUCCESS if end else ExitCode.FAILED,
                words=outcome or state.question.until.value.replace("-", " "),
                outcome=outcome,
                error=None if end.error is None else printable(end.error, _LIMIT),
                errors={printable(target): printable(text) for target, text in end.errors.items()},
                targets={printable(target): seen for target, seen in end.targets.items()},
                end_time=end.end_time,
                polls=end.polls,
                elapsed=end.elapsed,
                duration=end.duration,
                notes=tuple(map(printable, end.notes)),
            )
        return cls(
            job_id=printable(state.job_id),
            kind=printable(state.kind),
            code=code_of(end),
            words=_WORDS[code_of(end)],
            error=printable(str(end), _LIMIT),
            errors={printable(view.target): printable(view.error) for view in state.targets if view.error},
            targets={printable(view.target): view.state for view in state.targets},
            polls=state.polls,
            elapsed=state.now,
            notes=tuple(map(printable, state.known.notes)),
            failure=end,
        )

    @property
    def success(self) -> bool:
        """Whether what was waited for came about."""
        return self.code is ExitCode.SUCCESS

    def document(self) -> dict[str, object]:
        """Make the JSON document; its keys are there always, and stay what they are."""
        return {
            "job_id": self.job_id,
            "kind": self.kind,
            "success": self.success,
            "outcome": self.outcome,
            "error": self.error,
            "errors": dict(self.errors),
            "targets": {target: seen.value for target, seen in self.targets.items()},
            "end_time": self.end_time.isoformat() if self.end_time else None,
            "polls": self.polls,
            "elapsed": round(self.elapsed, 3),
            "notes": list(self.notes),
            "exit_code": int(self.code),
        }

    def rich(self, *, ascii_only: bool) -> RenderableType:
        """Lay it out: one line for a success, and the targets below that for a failure."""
        parts: list[RenderableType] = [
            Text.assemble(
                mark(success=self.success, ascii_only=ascii_only),
                " ",
                (self.job_id, "bold"),
                f" {self.kind}" if self.kind else "",
                ": ",
                (self.words, "green" if self.success else "red"),
                f" in {self.elapsed:.1f} s, {counted(self.polls, 'request')}",
            )
        ]
        if not self.success:
            parts.append(self.targets_rich())
        if self.error and not self.errors:
            parts.append(Text(f"    error: {self.error}"))
        parts.extend(Text(f"    note: {note}", "dim") for note in self.notes)
        return Group(*parts)

    def targets_rich(self) -> RenderableType:
        """Lay out every target with its state and its error."""
        return columns(
            [Text(target), Text(seen.value, STYLES[seen]), Text(self.errors.get(target, ""))]
            for target, seen in sorted(self.targets.items())
        )


def mark(*, success: bool, ascii_only: bool) -> tuple[str, str]:
    """Choose the sign of a success or a failure, and its style."""
    signs = ("ok", "failed") if ascii_only else ("✔", "✘")
    return (signs[0], "bold green") if success else (signs[1], "bold red")


def counted(number: int, noun: str) -> str:
    """Put a number before a noun, in the plural where that is due."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def columns(rows: Iterable[Sequence[Text]], *, indent: int = 4) -> RenderableType:
    """Lay rows out in columns, of which only the last is folded."""
    table = Table.grid(padding=(0, 2, 0, 0))
    for row in rows:
        table.add_row(*row)
    for column in table.columns[:-1]:
        column.no_wrap = True
    for column in table.columns[-1:]:
        column.overflow = "fold"
    return Padding(table, (0, 0, 0, indent), expand=False)
