"""What the page on the architecture says is so."""

from __future__ import annotations

import re
from pathlib import Path

import ais_jobcore
from docs.poll import follow
from tests.docs.pages import PAGES, ROOT, table

PAGE = "docs/architecture.md"
CORE = Path(str(ais_jobcore.__file__)).parent


def test_poll_passes_through_few_modules() -> None:
    """A poll of snapshots passes through at most 12 modules, and changes between them at most 17 times."""
    poll = follow()
    assert len(poll.modules) <= 12
    assert poll.switches <= 17
    assert ("driver", "machines.job", "handle") == (
        poll.calls[0].caller,
        poll.calls[0].callee,
        poll.calls[0].function,
    )


def test_path_leads_from_bytes_to_a_decision() -> None:
    """It reads the body, looks the move up, plans the next request and gives its reason."""
    called = {(call.callee, call.function) for call in follow().calls}
    assert {
        ("wire.documents", "read_sightings"),
        ("rules.table", "step"),
        ("rules.plan", "ask"),
        ("rules.messages", "why"),
    } <= called


def test_layers_name_every_module() -> None:
    """Each folder of the core has a row, and each value module is named."""
    rows = {row[0]: row[2] for row in table(PAGE, "layer")}
    folders = {path.parent.name for path in CORE.glob("*/__init__.py")}
    assert folders <= {row.strip("`/") for row in rows}
    (values,) = (text for name, text in rows.items() if name.startswith("value modules"))
    modules = {path.stem for path in CORE.glob("*.py") if not path.stem.startswith("_")}
    assert modules == set(re.findall(r"`(\w+)`", values))


def test_places_to_change_exist() -> None:
    """The page says where to make ten common changes, and names files that are there."""
    rows = table(PAGE, "to change")
    assert len(rows) >= 10
    named = {path for row in rows for path in re.findall(r"`([\w/]+\.py)`", row[1])}
    missing = {path for path in named if not any((base / path).exists() for base in (CORE, ROOT))}
    assert set() == missing


def test_public_modules_can_be_imported() -> None:
    """What the page calls public is there."""
    text = PAGES[PAGE].split("## What is public", 1)[1].split("## ", 1)[0]
    for name in re.findall(r"`(ais_jobcore\.[a-z_.]+[a-z])`", text):
        assert __import__(name, fromlist=["_"]), name
