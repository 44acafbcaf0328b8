"""The public names: those that were promised, and no others by accident."""

from __future__ import annotations

import ast
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

PROMISED = {
    "ais_jobcore": {
        *("JobWait", "GroupWait", "WaitOptions", "Reply", "Fault", "FaultKind", "NotFound", "Request"),
        *("Continue", "Done", "Abort", "Decision", "Event", "Query"),
        *("Operation", "Scheduler", "Send", "drive", "drive_async", "load", "operations"),
        *("JobSnap", "AggregatedJobSnap", "JobStatus", "WaitResult", "Outcome", "TargetState"),
        *("TargetView", "Until", "Schedule", "Keller", "Learned", "FinishedJob"),
        *("Kind", "KINDS", "resolve_kind"),
        *("JobCoreError", "Timeout", "JobInfoNotFound", "JobFailed"),
        *("RequestFailed", "ProtocolError", "TransportFault"),
    },
    "ais_jobcore.recording": {
        *("Record", "Recorder", "Transcript", "Entry", "TranscriptError"),
        *("replay", "steps", "Replay", "Step", "as_test", "learned"),
    },
    "ais_jobcore.testing": {
        *("VirtualClock", "SimCluster", "SimServer", "SimTransport", "AsyncSimTransport"),
        *("Recording", "ReplayTransport", "AsyncReplayTransport"),
        *("ScriptTransport", "AsyncScriptTransport", "run"),
    },
    "ais_jobcore_requests": {"Client", "Job"},
    "ais_jobcore_aiohttp": {"AsyncClient", "AsyncJob"},
}


@pytest.fixture(params=PROMISED)
def module(request: pytest.FixtureRequest) -> ModuleType:
    """Return one public module after the other."""
    return import_module(str(request.param))


def test_promised_names_are_exported(module: ModuleType) -> None:
    """Every name of the design can be imported."""
    assert PROMISED[module.__name__] <= set(module.__all__)


def test_every_export_exists_once(module: ModuleType) -> None:
    """``__all__`` names nothing that is not there, and nothing twice."""
    assert sorted(set(module.__all__)) == sorted(module.__all__)
    assert [] == [name for name in module.__all__ if not hasattr(module, name)]


def test_type_checkers_see_what_is_there(module: ModuleType) -> None:
    """What is imported when it is first used is, for type checkers, imported from the same place."""
    tree = ast.parse(Path(str(module.__file__)).read_text("utf-8"))
    seen = {
        alias.name: node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.level == 1 and node.module
        for alias in node.names
    }
    for name in set(module.__all__) & set(seen):
        assert getattr(import_module(f".{seen[name]}", module.__name__), name) is getattr(module, name)


def test_unknown_names_are_told(module: ModuleType) -> None:
    """A name that is not there is an ``AttributeError`` that says where it was looked for."""
    with pytest.raises(AttributeError, match=f"module '{module.__name__}' has no attribute 'Jobs'"):
        _ = module.Jobs


def test_every_public_attribute_is_exported(module: ModuleType) -> None:
    """Whatever has a public name is meant to be public."""
    found = {
        name
        for name, value in vars(module).items()
        if not (name.startswith("_") or name == "annotations" or isinstance(value, ModuleType))
    }
    assert set() == found - set(module.__all__) - {"TYPE_CHECKING"}
