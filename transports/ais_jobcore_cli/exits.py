"""What the exit code says, and what is said of an error."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Final

from ais_jobcore.errors import (
    AmbiguousJob,
    JobCoreError,
    JobInfoNotFound,
    RequestFailed,
    Timeout,
    TransportFault,
)
from ais_jobcore.recording import TranscriptError
from ais_jobcore.text import printable

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

# An AmbiguousJob is a JobInfoNotFound and a ValueError: who asks can say more, so it is about usage.
_CODES: Final[tuple[tuple[type[Exception], ExitCode], ...]] = (
    (AmbiguousJob, ExitCode.USAGE),
    (JobInfoNotFound, ExitCode.NO_SUCH_JOB),
    (Timeout, ExitCode.TIMED_OUT),
    (JobCoreError, ExitCode.NO_CLUSTER),
    (TranscriptError, ExitCode.NO_CLUSTER),
)
_STATUSES: Final = {400: ExitCode.USAGE, 401: ExitCode.NOT_ALLOWED, 403: ExitCode.NOT_ALLOWED}
_TARGET_DOWN: Final = "ErrFailedTo"

_TOKEN_HINT: Final = "a token comes from --token-file, AIS_AUTHN_TOKEN or AIS_AUTHN_TOKEN_FILE"  # noqa: S105
_ENDPOINT_HINT: Final = "--endpoint or AIS_ENDPOINT says where the cluster is"


def worst(codes: Iterable[ExitCode]) -> ExitCode:
    """Choose one of several exit codes by :data:`PRECEDENCE`."""
    return min(codes, key=PRECEDENCE.index, default=ExitCode.SUCCESS)


def code_of(error: Exception) -> ExitCode:
    """Choose the exit code of an error; what is none of this library's is about wrong arguments."""
    # A 400 of the cluster is about the request, unless a target is down.
    if isinstance(error, RequestFailed) and error.tcode != _TARGET_DOWN:
        return _STATUSES.get(error.status, ExitCode.NO_CLUSTER)
    return next((code for kind, code in _CODES if isinstance(error, kind)), ExitCode.USAGE)


def explain(error: Exception) -> str:
    """Say in one printable line what went wrong, and what may help."""
    hint = ""
    if code_of(error) is ExitCode.NOT_ALLOWED:
        hint = _TOKEN_HINT
    elif isinstance(error, TransportFault):
        hint = _ENDPOINT_HINT
    elif isinstance(error, Timeout):
        hint = "--timeout gives it longer"
    return printable(f"{error} ({hint})" if hint else str(error))
