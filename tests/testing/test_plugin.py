"""The plugin for pytest, in projects of its own as a user would have them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from attrs import frozen

from ais_jobcore import JobWait
from ais_jobcore.recording import Recorder
from ais_jobcore.testing import SimCluster, SimTransport, VirtualClock, plugin, run
from tests.docs.pages import PAGES, ROOT, snippets, table

if TYPE_CHECKING:
    from pathlib import Path

PLUGIN = ("-p", "ais_jobcore.testing.plugin")
CHEAP = {"ais_jobcore", "ais_jobcore._version", "ais_jobcore.testing", PLUGIN[1]}
WITH_TESTS = [page for page in PAGES if any(snippet.is_test for snippet in snippets(page))]
LIST_MODULES = """
import sys
from pathlib import Path

def test_modules():
    Path("modules.txt").write_text(" ".join(sys.modules))
"""


@frozen
class Project:
    """A directory with tests, and nothing of ours in it."""

    folder: Path

    def pytest(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run its tests with warnings as errors, and without the plugins that happen to be installed."""
        path = os.pathsep.join(map(str, (ROOT, ROOT / "transports")))
        variables = {"PYTHONPATH": path, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"} | variables
        return subprocess.run(  # noqa: S603 - the interpreter and the arguments are our own
            [sys.executable, "-W", "error", "-m", "pytest", "--strict-markers", "-rA", *arguments],
            cwd=self.folder,
            env=os.environ | variables,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def passes(self, test: str, *arguments: str, **variables: str) -> None:
        """Write a file of tests, and see that every one of them passes."""
        (self.folder / "test_it.py").write_text(test, "utf-8")
        ran = self.pytest(*PLUGIN, *arguments, **variables)
        passed = re.findall(r"^PASSED test_it.py::(\w+)$", ran.stdout, re.MULTILINE)
        assert not ran.returncode, ran.stdout + ran.stderr
        assert re.findall(r"^def (test_\w+)", test, re.MULTILINE) == passed, ran.stdout


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Return a project without any tests."""
    return Project(tmp_path)


def record(path: Path) -> None:
    """Write the transcript of a wait."""
    clock, cluster = VirtualClock(), SimCluster()
    with Recorder(JobWait(cluster.add_job("lru").id), path) as recorder:
        run(recorder, SimTransport(cluster, clock), clock)


def modules(project: Project, *arguments: str) -> set[str]:
    """Return the modules that are loaded in a test that needs none of them."""
    (project.folder / "test_it.py").write_text(LIST_MODULES, "utf-8")
    ran = project.pytest(*arguments)
    assert not ran.returncode, ran.stdout + ran.stderr
    return set((project.folder / "modules.txt").read_text("utf-8").split())


@pytest.mark.parametrize("page", WITH_TESTS)
def test_documented_tests_pass(page: str, project: Project) -> None:
    """The tests that the pages show are those of a user, and pass."""
    record(project.folder / "wait.jsonl")
    project.passes("\n".join(snippet.text for snippet in snippets(page) if snippet.is_test))


def test_every_fixture_is_documented() -> None:
    """The page lists each fixture that there is."""
    rows = table("docs/integrating.md", "fixture")
    assert [name for name in vars(plugin) if name.startswith("ais_")] == [row[0].strip("`") for row in rows]
    assert "no:ais_jobcore" in PAGES["docs/integrating.md"]


def test_projects_without_use_for_it_load_next_to_nothing(project: Project) -> None:
    """Loaded by pytest, the plugin brings no HTTP library and no core: only itself and its packages."""
    assert modules(project, *PLUGIN) - modules(project) == CHEAP


def test_time_is_virtual_and_nothing_is_sent(project: Project) -> None:
    """Clock, cluster, transports and transcripts belong together, and need no HTTP client or server."""
    record(project.folder / "wait.jsonl")
    project.passes("""
import sys
from ais_jobcore import JobWait
from ais_jobcore.recording import Transcript
from ais_jobcore.testing import AsyncSimTransport, SimCluster, SimTransport, VirtualClock, run

def test_wait(ais_clock, ais_cluster, ais_transport, ais_async_transport, ais_transcript):
    assert isinstance(ais_clock, VirtualClock) and ais_clock.now() == 0
    assert isinstance(ais_cluster, SimCluster) and ais_cluster.targets == ("t1", "t2", "t3")
    assert isinstance(ais_transport, SimTransport) and isinstance(ais_async_transport, AsyncSimTransport)
    assert isinstance(ais_transcript("wait.jsonl"), Transcript)
    run(JobWait(ais_cluster.add_job("lru", duration=3600.0).id, timeout=None), ais_transport, ais_clock)
    assert ais_clock.now() > 3600
    assert ais_transport.sent and not ais_async_transport.sent
    assert not {"requests", "aiohttp", "http.server"} & set(sys.modules)

def test_next_test_has_its_own(ais_clock, ais_cluster):
    assert ais_clock.now() == 0 and not ais_cluster.jobs
""")


def test_transcripts_lie_beside_the_test(project: Project) -> None:
    """A transcript is found from the test's own directory, wherever pytest was started."""
    inner = Project(project.folder / "inner")
    inner.folder.mkdir()
    record(inner.folder / "wait.jsonl")
    test = "def test_load(ais_transcript): ais_transcript('wait.jsonl')"
    (inner.folder / "test_it.py").write_text(test, "utf-8")
    assert not project.pytest(*PLUGIN, "inner/test_it.py").returncode


def test_server_ends_with_its_test(project: Project) -> None:
    """The cluster answers on loopback during the test, in one thread for each proxy, and not after it."""
    project.passes("""
import socket, threading
from urllib.parse import urlsplit
import pytest

ADDRESSES = []

@pytest.mark.ais_cluster(proxies=2)
def test_serves(ais_server):
    assert threading.active_count() == 3
    for endpoint in ais_server.endpoints:
        url = urlsplit(endpoint)
        ADDRESSES.append((url.hostname, url.port))
        socket.create_connection(ADDRESSES[-1]).close()

def test_serves_no_more():
    assert threading.active_count() == 1 and len(ADDRESSES) == 2
    for address in ADDRESSES:
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(address)
""")


def test_environment_leads_to_the_server_and_back(project: Project) -> None:
    """During the test no variable leads to another cluster, and after it they are what they were."""
    project.passes(
        """
import os
import pytest

def known():
    return {name: value for name, value in os.environ.items() if name.startswith("AIS_")}

@pytest.mark.ais_cluster(proxies=2, token="secret")
def test_with_token(ais_endpoint, ais_server):
    assert ais_endpoint == ais_server.endpoint
    assert known() == {"AIS_ENDPOINT": ",".join(ais_server.endpoints), "AIS_AUTHN_TOKEN": "secret"}

def test_without_token(ais_endpoint):
    assert known() == {"AIS_ENDPOINT": ais_endpoint}

def test_without_fixture():
    assert known() == {"AIS_ENDPOINT": "http://real:51080", "AIS_AUTHN_TOKEN": "real", "AIS_CRT": "real.crt"}
""",
        AIS_ENDPOINT="http://real:51080",
        AIS_AUTHN_TOKEN="real",
        AIS_CRT="real.crt",
    )


def test_markers_make_cluster_and_server(project: Project) -> None:
    """The markers are known, and take what the classes take; that of the test is nearer than the module's."""
    project.passes("""
import pytest

pytestmark = pytest.mark.ais_cluster(5, token="secret")

@pytest.mark.ais_server(speed=50.0)
def test_of_module(ais_cluster, ais_server, ais_transport):
    assert len(ais_cluster.targets) == 5 and ais_server.speed == 50
    assert ais_server.cluster is ais_cluster

@pytest.mark.ais_cluster(["a", "b"])
def test_of_test(ais_cluster):
    assert ais_cluster.targets == ("a", "b") and ais_cluster.token is None
""")


def test_misspelt_argument_is_named(project: Project) -> None:
    """A marker with an argument that there is not is an error that names it."""
    test = "import pytest\n@pytest.mark.ais_cluster(target=5)\ndef test_it(ais_cluster): pass\n"
    (project.folder / "test_it.py").write_text(test, "utf-8")
    ran = project.pytest(*PLUGIN)
    assert ran.returncode == 1
    assert "unexpected keyword argument 'target'" in ran.stdout


def test_fixture_of_the_project_comes_first(project: Project) -> None:
    """A project that has a cluster of its own keeps it, and the other fixtures build on it."""
    project.passes("""
import pytest
from ais_jobcore.testing import SimCluster

@pytest.fixture
def ais_cluster():
    return SimCluster(targets=7, token="own")

def test_own(ais_cluster, ais_server, ais_transport):
    assert len(ais_server.cluster.targets) == 7
""")
