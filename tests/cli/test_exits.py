"""Which exit code an error has, and which one counts."""

from __future__ import annotations

from itertools import combinations

import pytest

from ais_jobcore import (
    AmbiguousJob,
    FaultKind,
    JobInfoNotFound,
    ProtocolError,
    RequestFailed,
    Timeout,
    TransportFault,
)
from ais_jobcore_cli.codes import MEANINGS, PRECEDENCE, ExitCode, worst
from ais_jobcore_cli.exits import code_of, explain


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ValueError("no"), 2),
        (AmbiguousJob("two", ("a", "b")), 2),
        (RequestFailed(400, "no bucket"), 2),
        (Timeout("J1", 1.0), 3),
        (RequestFailed(401, "no token"), 4),
        (RequestFailed(403, "not you"), 4),
        (RequestFailed(400, "target down", "ErrFailedTo"), 5),
        (RequestFailed(404, "ingress"), 5),
        (RequestFailed(503, ""), 5),
        (ProtocolError("not JSON"), 5),
        (TransportFault(FaultKind.DNS, "who?"), 5),
        (JobInfoNotFound("J1"), 6),
    ],
)
def test_every_error_has_its_code(error: Exception, code: int) -> None:
    """The exit code tells who is at fault."""
    assert code == code_of(error)


def test_precedence_and_meanings_name_every_code() -> None:
    """Every exit code is documented, and has its place in the order."""
    assert set(ExitCode) == set(PRECEDENCE) == set(MEANINGS)
    assert len(ExitCode) == len(PRECEDENCE)


def test_the_worst_of_several_codes_counts_in_any_order() -> None:
    """Of two codes the one counts that comes first in the order; of none, success."""
    for first, second in combinations(PRECEDENCE, 2):
        assert first is worst([first, second]) is worst([second, first])
    assert ExitCode.SUCCESS is worst([])


@pytest.mark.parametrize(
    ("error", "hint"),
    [
        (RequestFailed(401, "no token"), "--token-file"),
        (TransportFault(FaultKind.CONNECTION, "refused"), "AIS_ENDPOINT"),
        (Timeout("J1", 1.0), "--timeout"),
    ],
)
def test_errors_come_with_a_hint(error: Exception, hint: str) -> None:
    """Where there is something to be done, the message says what."""
    assert hint in explain(error)


def test_explanations_are_printable() -> None:
    """What a server put into an error cannot reach the terminal."""
    assert "HTTP 500: ab c" == explain(RequestFailed(500, "a\x1bb\nc"))
