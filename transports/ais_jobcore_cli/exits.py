"""Which exit code an error has, and what is said of it."""

from __future__ import annotations

from typing import Final

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

from .codes import ExitCode

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
