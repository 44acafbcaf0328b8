"""Imports lead down, layer by layer, and never back; modules stay few and small."""

from __future__ import annotations

import ast
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.packaging.environments import PACKAGES, ROOT
from tests.packaging.imports import Graph, cycles, draw, modules, upwards

CORE: Final = PACKAGES["ais_jobcore"]

LAYERS: Final = (
    "ais_jobcore.* ais_jobcore.schedules",
    "ais_jobcore.wire",
    "ais_jobcore.rules",
    "ais_jobcore.machines",
    "ais_jobcore.recording",
    "ais_jobcore.drivers",
    "ais_jobcore",
    "ais_jobcore.testing",
    "ais_jobcore_requests ais_jobcore_aiohttp",
    "ais_jobcore_cli",
)
"""From the ground up; ``.*`` are the modules directly in a package, which the package itself lies above."""

PURE: Final = (
    "ais_jobcore",
    "ais_jobcore/schedules",
    "ais_jobcore/wire",
    "ais_jobcore/rules",
    "ais_jobcore/machines",
)
IMPURE: Final = {
    *("ais_jobcore/recording", "ais_jobcore/testing"),
    *("transports", "tests", "benchmarks", "docs"),
}
"""Folders that may read files, clocks and sockets."""
IMPURE_FILES: Final = {"ais_jobcore/drivers/files.py"}
"""Single modules that may, in layers that else may not."""


def layer(name: str) -> int:
    """Say in which layer a module lies."""
    package, _, module = name.partition(".")
    folder = module.partition(".")[0]
    if package != CORE.name or not folder:
        own = package
    else:
        own = f"{package}.{folder if (CORE / folder).is_dir() else '*'}"
    found = [number for number, names in enumerate(LAYERS) if own in names.split()]
    assert found, f"{name} belongs to no layer: give its package a place in LAYERS"
    return found[0]


# The real tree.


@pytest.fixture(scope="module")
def graph() -> Graph:
    """Draw the imports of all our packages."""
    return draw(PACKAGES.values())


@pytest.mark.parametrize("names", LAYERS)
def test_no_module_leads_back_to_itself(graph: Graph, names: str) -> None:
    """There is no cycle of imports, not even one for types only, nor one that closes within a function."""
    assert [] == [cycle for cycle in cycles(graph) if LAYERS.index(names) in map(layer, cycle)]


def test_no_module_imports_a_higher_layer(graph: Graph) -> None:
    """Dependencies point one way: a layer knows those below it."""
    assert [] == upwards(graph, layer)


def test_everything_is_drawn(graph: Graph) -> None:
    """Every layer has modules, and their imports are seen in whichever way they are written."""
    assert {"ais_jobcore", "ais_jobcore.kinds", "ais_jobcore.rules.table", "ais_jobcore_cli"} <= {*graph}
    assert {*range(len(LAYERS))} == set(map(layer, graph))
    assert {"ais_jobcore.limits"} <= graph["ais_jobcore.text"].keys()
    assert {"ais_jobcore.wire.lean", "ais_jobcore.limits"} <= graph["ais_jobcore.rules.table"].keys()
    assert {"ais_jobcore"} <= graph["ais_jobcore.testing"].keys()


def test_few_modules_lie_beside_the_layers() -> None:
    """At most 14 modules lie directly in the package, the version not counted."""
    beside = {path.name for path in CORE.glob("*.py")} - {"_version.py"}
    assert len(beside) <= 14, sorted(beside)


def test_no_file_of_the_core_is_long() -> None:
    """No file has more than 300 lines, but for the one that holds a group of waits together."""
    lengths = {
        path.relative_to(CORE).as_posix(): len(path.read_text("utf-8").splitlines())
        for path in CORE.rglob("*.py")
    }
    assert {} == {
        name: lines for name, lines in lengths.items() if lines > 300 and name != "machines/group.py"
    }


def test_clients_hold_only_what_is_their_own() -> None:
    """What the clients of both drivers have in common stands once, in the core: together they are short."""
    paths = [PACKAGES[name] / "client.py" for name in ("ais_jobcore_requests", "ais_jobcore_aiohttp")]
    assert sum(len(path.read_text("utf-8").splitlines()) for path in paths) <= 450


def at_module_level(node: ast.AST) -> Iterator[ast.AST]:
    """Walk through what is run when a module is imported, and not through what it defines."""
    for child in ast.iter_child_nodes(node):
        yield child
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            yield from at_module_level(child)


def makes_names(path: Path) -> bool:
    """Tell whether a module has a ``__getattr__`` of its own, defined or assigned."""
    nodes = [*at_module_level(ast.parse(path.read_text("utf-8")))]
    defined = {node.name for node in nodes if isinstance(node, ast.FunctionDef)}
    assigned = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    imported = {
        alias.asname or alias.name
        for node in nodes
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    return "__getattr__" in defined | assigned | imported


def test_names_are_made_in_two_places() -> None:
    """The core's package and its testing kit import their names when they are used; nobody else does."""
    found = {name for name, path in modules(PACKAGES.values()).items() if makes_names(path)}
    assert {"ais_jobcore", "ais_jobcore.testing"} == found


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("def __getattr__(name): ...", True),
        ("if True:\n    __getattr__ = len", True),
        ("try:\n    pass\nfinally:\n    from a import b as __getattr__", True),
        ("class Lazy:\n    def __getattr__(self, name): ...", False),
        ("def other():\n    __getattr__ = len", False),
        ("__getattr__.cache", False),
    ],
)
def test_any_way_to_make_names_is_seen(code: str, expected: bool, tmp_path: Path) -> None:
    """Whichever way a module comes by such a function; that of a class is none."""
    path = tmp_path / "module.py"
    path.write_text(code, "utf-8")
    assert expected is makes_names(path)


# What the linter bans, and where.


def exempt(folder: Path) -> set[str]:
    """Return the files that may import what the linter bans: each is replaced by one that does."""
    shutil.copy(ROOT / "pyproject.toml", folder)
    for top in ("ais_jobcore", "transports", "tests", "benchmarks", "docs"):
        for path in (ROOT / top).rglob("*.py"):
            copy = folder / path.relative_to(ROOT)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_text("import socket\n", "utf-8")
    command = [ruff(), "check", "--no-cache", "--select", "TID251", "--output-format", "json", "."]
    ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    found = {Path(each["filename"]).relative_to(folder.resolve()) for each in json.loads(ran.stdout)}
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*.py")} - {
        path.as_posix() for path in found
    }


def ruff() -> str:
    """Return the linter beside this Python."""
    path = shutil.which("ruff", path=str(Path(sys.executable).parent)) or shutil.which("ruff")
    if path is None:
        pytest.skip("ruff is not installed")
    return path


def test_only_impure_layers_are_exempt_from_the_laws(tmp_path: Path) -> None:
    """The linter bans clocks, files and sockets from every module but those that are there for them."""
    free = exempt(tmp_path)
    every = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.py")}
    impure = {name for name in every if any(name.startswith(f"{folder}/") for folder in IMPURE)}
    assert impure | (IMPURE_FILES & every) == free
    assert not {name for name in free if Path(name).parent.as_posix() in PURE}


def test_nobody_takes_leave_of_the_laws_alone() -> None:
    """No line of the core is exempt from the banned imports by a comment."""
    assert [] == [path.name for path in CORE.rglob("*.py") if "noqa: TID251" in path.read_text("utf-8")]


# The same on a tree that is made up.

MADE_UP: Final = {
    "top/__init__.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from .high.end import End\n",
    "top/ground.py": "from __future__ import annotations\nimport sys\n",
    "top/low/__init__.py": "",
    "top/low/one.py": "from .. import ground\nfrom . import two\n",
    "top/low/two.py": "from ..ground import anything\n",
    "top/high/__init__.py": "from .end import End\nfrom . import __doc__\n",
    "top/high/end.py": "def later():\n    from ..low import one, two\n    import top.ground as below\n",
    "driver/__init__.py": "from top import End\nfrom top.low.two import anything\nfrom .run import run\n",
    "driver/run.py": "import top.high.end\n",
}
HEIGHTS: Final = ("top.ground", "top.low", "top.high", "top", "driver")
Made = Callable[..., list[Path]]


@pytest.fixture
def made(tmp_path: Path) -> Made:
    """Make a source tree of the files above, changed by those that are given."""

    def make(**changes: str) -> list[Path]:
        files = MADE_UP | {f"{name.replace('__', '/')}.py": text for name, text in changes.items()}
        for name, text in files.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text, "utf-8")
        return [tmp_path / "top", tmp_path / "driver"]

    return make


def height(name: str) -> int:
    """Say in which layer of the made-up tree a module lies."""
    package, _, rest = name.partition(".")
    folder = f"{package}.{rest.partition('.')[0]}"
    return HEIGHTS.index(folder if folder in HEIGHTS else package)


def test_clean_tree(made: Made) -> None:
    """Every way to write an import leads to the module that it means, and nothing is found."""
    graph = draw(made())
    assert {
        "top": {"top.high.end": 3},
        "top.ground": {},
        "top.low": {},
        "top.low.one": {"top.ground": 1, "top.low.two": 2},
        "top.low.two": {"top.ground": 1},
        "top.high": {"top.high.end": 1},
        "top.high.end": {"top.low.one": 2, "top.low.two": 2, "top.ground": 3},
        "driver": {"top": 1, "top.low.two": 2, "driver.run": 3},
        "driver.run": {"top.high.end": 1},
    } == graph
    assert ([], []) == (cycles(graph), upwards(graph, height))


def test_cycle_for_types_only(made: Made) -> None:
    """Two modules that need each other for a type check are a cycle, which is told by all its modules."""
    graph = draw(made(top__low__two="if TYPE_CHECKING:\n    from .one import One\n"))
    assert [["top.low.one", "top.low.two"]] == cycles(graph)
    graph = draw(
        made(top__low__two="from . import three", top__low__three="def f():\n    from top.low import one")
    )
    assert [["top.low.one", "top.low.three", "top.low.two"]] == cycles(graph)


def test_package_that_is_needed_by_its_own_module(made: Made) -> None:
    """What a module takes from its package, which imports it, is a cycle, too."""
    assert [["top.high", "top.high.end"]] == cycles(draw(made(top__high__end="from . import End")))


def test_lazy_import_of_a_higher_layer(made: Made) -> None:
    """It is told by module and line, however deep it hides."""
    hidden = "class Deep:\n    def later(self):\n        if self:\n            from top.high.end import End\n"
    graph = draw(made(top__low__two=hidden))
    assert ["top.low.two, line 4: imports top.high.end of a higher layer"] == upwards(graph, height)
    graph = draw(made(top__ground="from . import low"))
    assert ["top.ground, line 1: imports top.low of a higher layer"] == upwards(graph, height)


def test_package_is_above_its_modules(made: Made) -> None:
    """A module that takes a name from the package at the top looks up."""
    graph = draw(made(top__low__two="from .. import End\n"))
    assert ["top.low.two, line 1: imports top of a higher layer"] == upwards(graph, height)
