"""The exit codes of the command."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class ExitCode(enum.IntEnum):
    """The exit codes of the command."""

    SUCCESS = 0
    FAILED = 1
    USAGE = 2
    TIMED_OUT = 3
    NOT_ALLOWED = 4
    NO_CLUSTER = 5
    NO_SUCH_JOB = 6
    INTERRUPTED = 130


MEANINGS: Final[Mapping[ExitCode, str]] = {
    ExitCode.SUCCESS: "success",
    ExitCode.FAILED: "the job failed, or a replay differs",
    ExitCode.USAGE: "wrong usage, by this command or by what the cluster says of the request",
    ExitCode.TIMED_OUT: "timed out",
    ExitCode.NOT_ALLOWED: "not allowed",
    ExitCode.NO_CLUSTER: "the cluster cannot be reached or understood, or a transcript cannot be understood",
    ExitCode.NO_SUCH_JOB: "no such job",
    ExitCode.INTERRUPTED: "interrupted",
}

PRECEDENCE: Final = (
    ExitCode.INTERRUPTED,
    ExitCode.USAGE,
    ExitCode.FAILED,
    ExitCode.NO_SUCH_JOB,
    ExitCode.NOT_ALLOWED,
    ExitCode.NO_CLUSTER,
    ExitCode.TIMED_OUT,
    ExitCode.SUCCESS,
)
"""Which code counts for several jobs: the first of these, for trying again changes it least."""


def worst(codes: Iterable[ExitCode]) -> ExitCode:
    """Choose one of several exit codes by :data:`PRECEDENCE`."""
    return min(codes, key=PRECEDENCE.index, default=ExitCode.SUCCESS)
