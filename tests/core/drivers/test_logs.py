"""The words, the level and the fields of log records."""

# ruff: noqa: ANN401 - what is wrong has no type

from __future__ import annotations

from typing import Any

import pytest

from ais_jobcore import Abort, Continue, Done, JobInfoNotFound
from ais_jobcore.drivers.logs import DEBUG, INFO, Line, Narrator
from ais_jobcore.queries import ask_status

ASK = ask_status("x").addressed(timeout=1.0, endpoint=1)


@pytest.mark.parametrize(
    ("decision", "text"),
    [
        (Continue(0.25, ASK, "it runs"), "x: it runs; asking for status in 0.25 s"),
        (Done(1, "proved"), "x: done: proved"),
        (Abort(1, None, "stopped"), "x: failed: stopped"),
        (Abort(None, JobInfoNotFound("x"), "unknown"), "x: given up: unknown"),
    ],
)
def test_words(decision: Any, text: str) -> None:
    """A decision is said in one line, with its reason."""
    assert text == Narrator("x").tell(decision).text


def test_levels() -> None:
    """Verbose tells changes and the end as INFO; everything else, and the quiet kind, is DEBUG."""
    told: list[Any] = [Continue(0.0, ASK, text) for text in ("a", "a", "b", "b", "a")] + [Done(1, "a")]
    loud, quiet = Narrator(verbose=True), Narrator()
    assert [INFO, DEBUG, INFO, DEBUG, INFO, INFO] == [loud.tell(each).level for each in told]
    assert [DEBUG] * 6 == [quiet.tell(each).level for each in told]


def test_fields() -> None:
    """Structured logs get the decision in fields, with names that no log record has by itself."""
    expected = {
        "ais_subject": "x",
        "ais_decision": "continue",
        "ais_reason": "it runs",
        "ais_delay": 0.25,
        "ais_what": "status",
        "ais_endpoint": 1,
    }
    assert expected == Narrator("x").tell(Continue(0.25, ASK, "it runs")).fields
    assert {"ais_subject": "x", "ais_decision": "done", "ais_reason": "p"} == Narrator("x").tell(
        Done(1, "p")
    ).fields


def test_text_is_printable() -> None:
    """Neither reason nor subject can forge a record; without a subject it is about the cluster."""
    line = Narrator("a\nb\x1b").tell(Done(1, "\x1b[2J\nERROR"))
    assert Line(DEBUG, "a b: done: [2J ERROR", line.fields) == line
    assert "cluster: done: p" == Narrator().tell(Done(1, "p")).text


def test_subject_is_short() -> None:
    """A log line is about one job, however long its name; without a name it is about the cluster."""
    assert "x" * 99 + "…: done: y" == Narrator("x" * 300).tell(Done(1, "y")).text
    assert "cluster: done: y" == Narrator().tell(Done(1, "y")).text


def test_quiet_is_the_default() -> None:
    """A narrator that was not asked to be verbose says nothing at INFO."""
    assert DEBUG == Narrator("x").tell(Done(1, "y")).level


def test_first_reason_is_a_change() -> None:
    """Whatever it says."""
    for reason in ("XXXX", "a"):
        assert INFO == Narrator("x", verbose=True).tell(Continue(0.0, ASK, reason)).level
