"""What the pages show works: Python is run, commands exist, links lead somewhere."""

from __future__ import annotations

import io
import re
import shlex
import shutil
import sys
import tomllib
from contextlib import redirect_stdout
from importlib import import_module
from typing import TYPE_CHECKING

import pytest

from ais_jobcore.testing import SimCluster, SimServer
from tests.docs.pages import PAGES, ROOT, anchors, links, snippets, spans

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

LANGUAGES = {"python", "text", "console", "mermaid"}
WITH_PYTHON = [page for page in PAGES if snippets(page, "python")]
WITH_COMMANDS = [page for page in PAGES if snippets(page, "console")]


@pytest.fixture
def _cluster(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let ``AIS_ENDPOINT`` name a simulated cluster, whose jobs take no time to speak of."""
    with SimServer(SimCluster(started_duration=0.02), speed=100) as server:
        monkeypatch.setenv("AIS_ENDPOINT", server.endpoint)
        yield


@pytest.fixture
def _vendored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let there be a package ``yoursdk`` with a copy of the core in it."""
    (tmp_path / "yoursdk").mkdir()
    ignored = shutil.ignore_patterns("testing", "__pycache__")
    shutil.copytree(ROOT / "ais_jobcore", tmp_path / "yoursdk" / "_jobcore", ignore=ignored)
    monkeypatch.syspath_prepend(tmp_path)
    yield
    for name in [name for name in sys.modules if name.partition(".")[0] == "yoursdk"]:
        del sys.modules[name]


@pytest.mark.parametrize("page", PAGES)
def test_every_fence_names_its_language(page: str) -> None:
    """No snippet escapes these tests by an unknown language, or by none."""
    assert {snippet.language for snippet in snippets(page)} <= LANGUAGES


@pytest.mark.usefixtures("_cluster", "_vendored")
@pytest.mark.parametrize("page", WITH_PYTHON)
def test_python_runs(page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The Python snippets of a page run from top to bottom, and print what is shown below them."""
    monkeypatch.chdir(ROOT)
    names: dict[str, object] = {"__name__": "snippets"}
    for snippet in snippets(page, "python"):
        if snippet.is_test:
            continue
        # Empty lines before it give every line the number that it has on the page.
        code = compile("\n" * (snippet.line - 1) + snippet.text, page, "exec", dont_inherit=True)
        with redirect_stdout(io.StringIO()) as printed:
            exec(code, names)  # noqa: S102 - it is our own
        if snippet.output is not None:
            # An ellipsis stands for whatever is not worth to be promised.
            shown = re.escape(snippet.output).replace("…", ".*")
            assert re.fullmatch(shown, printed.getvalue()), f"{page}:{snippet.line}\n{printed.getvalue()}"


@pytest.mark.parametrize("page", WITH_COMMANDS)
def test_commands_exist(page: str) -> None:
    """Each command of a page is one that there is, with sub-commands and options that it has."""
    for snippet in snippets(page, "console"):
        for line in re.findall(r"^\$ (.*)$", snippet.text, re.MULTILINE):
            command, *arguments = shlex.split(line, comments=True)
            COMMANDS[command](arguments)


@pytest.mark.parametrize("page", PAGES)
def test_make_targets_exist(page: str) -> None:
    """Each ``make`` command in the prose of a page is one that there is."""
    for span in spans(page):
        if span.startswith("make "):
            check_make(span.split()[1:])


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    """A link into the project names a file that is there, and a heading that is in it."""
    folder = (ROOT / page).parent
    for link in links(page):
        if "://" in link:
            continue
        path, _, anchor = link.partition("#")
        file = (folder / path).resolve() if path else ROOT / page
        assert file.exists(), link
        if anchor:
            assert anchor in anchors(file.relative_to(ROOT).as_posix()), link


def check_make(arguments: list[str]) -> None:
    """Look the target up; what has an equals sign in it is a variable."""
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert {argument for argument in arguments if "=" not in argument} <= {*targets}


def check_pip(arguments: list[str]) -> None:
    """Look up the extras of what is installed."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    command, *requirements = arguments
    assert command == "install"
    for requirement in requirements:
        name, _, extras = requirement.removesuffix("]").partition("[")
        assert name == project["name"]
        assert {*filter(None, extras.split(","))} <= {*project["optional-dependencies"]}


def check_cp(arguments: list[str]) -> None:
    """Look for what is copied."""
    assert all((ROOT / argument).exists() for argument in arguments[:-1] if not argument.startswith("-"))


def check_python(arguments: list[str]) -> None:
    """Look for the script."""
    assert (ROOT / arguments[0]).is_file()


def check_ais_job(arguments: list[str]) -> None:
    """Ask the command line for its help on the sub-command, and look the options up in it."""
    main = import_module("ais_jobcore_cli").main
    with pytest.MonkeyPatch.context() as patched, redirect_stdout(io.StringIO()) as printed:
        patched.setattr(sys, "argv", ["ais-job", *arguments[:1], "--help"])
        with pytest.raises(SystemExit) as ended:
            sys.exit(main())
    assert not ended.value.code
    for option in (argument for argument in arguments if argument.startswith("--")):
        assert option in printed.getvalue()


COMMANDS: dict[str, Callable[[list[str]], None]] = {
    "ais-job": check_ais_job,
    "cp": check_cp,
    "make": check_make,
    "pip": check_pip,
    "python": check_python,
}
