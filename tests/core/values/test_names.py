"""The names of the package: imported when they are first used, listed before that, and no others."""

from __future__ import annotations

import subprocess
import sys

import pytest

import ais_jobcore
from ais_jobcore import _later, kinds


def test_names_are_listed_before_they_are_used() -> None:
    """``dir()`` of the package has every public name, whatever was imported so far."""
    assert ais_jobcore.__all__ == ais_jobcore.__dir__()
    assert {"JobWait", "KINDS", "Transport", "__version__"} <= {*dir(ais_jobcore)}


def test_every_listed_name_is_there() -> None:
    """No name is promised that leads nowhere."""
    assert all(getattr(ais_jobcore, name) is not None for name in ais_jobcore.__all__)


def test_name_is_imported_once() -> None:
    """The first use brings its module; from then on it is a name like any other."""
    code = (
        "import sys, ais_jobcore as a\n"
        "assert 'ais_jobcore.machines.job' not in sys.modules and 'JobWait' not in vars(a)\n"
        "from ais_jobcore import JobWait\n"
        "assert vars(a)['JobWait'] is JobWait is sys.modules['ais_jobcore.machines.job'].JobWait\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)  # noqa: S603 - our own code


def test_module_is_a_name_too() -> None:
    """``operations`` is the module that makes operations of one request."""
    assert ais_jobcore.operations is sys.modules["ais_jobcore.machines.operations"]


def test_unknown_name() -> None:
    """It is the same error as of any other package."""
    get = _later("ais_jobcore", {"kinds": "KINDS Kind"})
    assert get("Kind") is kinds.Kind is ais_jobcore.Kind
    with pytest.raises(AttributeError, match="module 'ais_jobcore' has no attribute 'Kinds'"):
        get("Kinds")
    with pytest.raises(AttributeError, match="has no attribute 'Job'"):
        ais_jobcore.Job  # type: ignore[attr-defined]  # noqa: B018 - that it is not there is the point
