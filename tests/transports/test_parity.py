"""The two drivers offer the same, and the official SDK's ``Job`` the same in part."""

# ruff: noqa: ANN401 - the parts of both drivers go by one name here, and have no type in common

from __future__ import annotations

import importlib
import inspect
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import ais_jobcore_aiohttp
import ais_jobcore_requests
from ais_jobcore_aiohttp import AiohttpTransport, AsyncClient, AsyncJob
from ais_jobcore_requests import Client, Job, RequestsTransport

ROOT = Path(__file__).parents[2]

SEED: dict[str, dict[str, object]] = {
    "status": {},
    "wait": {"timeout": 300, "verbose": True},
    "wait_for_idle": {"timeout": 300, "verbose": True},
    "wait_single_node": {"timeout": 300, "verbose": True},
    "start": {"daemon_id": "", "force": False, "buckets": None},
    "abort": {},
    "get_details": {},
    "get_within_timeframe": {"start_time": inspect.Parameter.empty, "end_time": None},
    "get_total_time": {},
}
"""The methods of ``aistore.sdk.job.Job``, their parameters and defaults."""

ONLY_SYNC = {"of"}
"""What there is for the official SDK, which is synchronous."""


def public(made: type) -> dict[str, Any]:
    """Return what a class offers, by name."""
    found = {name: getattr(made, name) for name in dir(made) if not name.startswith("_")}
    return {name: value for name, value in found.items() if name not in ONLY_SYNC}


def shape(function: Any) -> list[tuple[str, Any, Any]]:
    """Return the parameters of a function, but for their types."""
    return [(each.name, each.kind, each.default) for each in inspect.signature(function).parameters.values()]


@pytest.mark.parametrize(
    "pair", [(Client, AsyncClient), (Job, AsyncJob), (RequestsTransport, AiohttpTransport)]
)
def test_both_drivers_offer_the_same(pair: tuple[type, type]) -> None:
    """Public names and parameters are the same; what sends is a coroutine function in one of them."""
    sync, asynchronous = map(public, pair)
    assert sync.keys() == asynchronous.keys()
    for name, one in sync.items():
        other = asynchronous[name]
        if inspect.isfunction(one):
            assert shape(one) == shape(other), name
            assert not inspect.iscoroutinefunction(one), name
            assert inspect.getdoc(one).splitlines()[0] == inspect.getdoc(other).splitlines()[0]  # type: ignore[union-attr]


@pytest.mark.parametrize("made", [Client, AsyncClient, Job, AsyncJob])
def test_every_method_has_a_docstring(made: type) -> None:
    """``help`` shows one for every method, and one for making it: those of the method that is overridden."""
    for name in ("__init__", *public(made)):
        assert inspect.getdoc(getattr(made, name)), name
    assert "Args:\n    " in str(inspect.getdoc(made.__init__))


def test_clients_are_made_alike() -> None:
    """What a client takes is the same, but for how it sleeps."""
    sync, asynchronous = (
        {name: (kind, default) for name, kind, default in shape(each) if name != "sleep"}
        for each in (Client, AsyncClient)
    )
    assert sync == asynchronous


@pytest.mark.parametrize("job", [Job, AsyncJob])
@pytest.mark.parametrize("method", SEED)
def test_methods_are_the_seeds(job: type, method: str) -> None:
    """Every method of the seed is there, with its parameters, in its order, with its defaults."""
    own = [each for each in shape(getattr(job, method))[1:] if each[1] is not inspect.Parameter.KEYWORD_ONLY]
    assert list(SEED[method].items()) == [(name, default) for name, _, default in own]


@pytest.mark.parametrize("job", [Job, AsyncJob])
def test_constructor_and_properties_are_the_seeds(job: type) -> None:
    """A job is made of a client, an id and a kind, and tells the last two (S1, S2)."""
    empty = inspect.Parameter.empty
    assert [("client", empty), ("job_id", ""), ("job_kind", "")] == [
        (name, default) for name, _, default in shape(job)
    ]
    assert all(isinstance(getattr(job, name), property) for name in ("job_id", "job_kind"))


@pytest.mark.parametrize("driver", [ais_jobcore_requests, ais_jobcore_aiohttp])
def test_names_of_the_seeds_module(driver: Any) -> None:
    """Whoever changes one import finds the module's other names where they were (S3)."""
    assert (2, 300, "ais_jobcore") == (
        driver.NUM_CONSECUTIVE_IDLE,
        driver.DEFAULT_JOB_WAIT_TIMEOUT,
        driver.logger.name,
    )


@pytest.mark.parametrize(
    ("driver", "own", "other"),
    [("ais_jobcore_requests", "requests", "aiohttp"), ("ais_jobcore_aiohttp", "aiohttp", "requests")],
)
def test_driver_needs_its_own_library_only(
    driver: str, own: str, other: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A driver works without the other's library; without its own it says what to install."""

    def forget() -> None:
        for name in [name for name in sys.modules if name.split(".")[0] == driver]:
            monkeypatch.delitem(sys.modules, name)

    forget()
    monkeypatch.setitem(sys.modules, other, None)
    assert importlib.import_module(driver).logger
    forget()
    monkeypatch.setitem(sys.modules, own, None)
    with pytest.raises(ImportError, match=rf'pip install "ais-jobcore\[{own}\]"'):
        importlib.import_module(driver)


@pytest.mark.parametrize("driver", ["ais_jobcore_requests", "ais_jobcore_aiohttp"])
def test_package_may_be_removed_once_there_is_a_client(driver: str, tmp_path: Path) -> None:
    """A client has loaded all that its waits can need, whatever becomes of the package meanwhile."""
    transcript = str(tmp_path / "wait.jsonl")
    command = [sys.executable, "-W", "error", "-m", "tests.transports.removed", driver, transcript]
    paths = os.pathsep.join((str(ROOT), str(ROOT / "transports"), os.environ.get("PYTHONPATH", "")))
    done = subprocess.run(  # noqa: S603 - it is our own
        command, cwd=ROOT, env=os.environ | {"PYTHONPATH": paths}, capture_output=True, text=True, check=False
    )
    assert "" == done.stderr


@pytest.mark.parametrize("driver", ["ais_jobcore_requests", "ais_jobcore_aiohttp"])
def test_other_missing_modules_are_not_blamed_on_the_library(
    driver: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If something else is missing, the error says what."""
    for name in [name for name in sys.modules if name.split(".")[0] == driver]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "ais_jobcore.drivers.client", None)
    with pytest.raises(ModuleNotFoundError, match=r"ais_jobcore\.drivers\.client"):
        importlib.import_module(driver)
