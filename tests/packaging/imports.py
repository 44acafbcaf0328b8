"""The graph of imports of a source tree: which module names which other one, wherever it does so."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

Graph: TypeAlias = "dict[str, dict[str, int]]"
"""Module to what it imports, each with the first line that does so."""

_INIT: Final = "__init__"


def modules(packages: Iterable[Path]) -> dict[str, Path]:
    """Name every module of some packages; a package itself has the name of its folder."""
    found: dict[str, Path] = {}
    for package in packages:
        for path in sorted(package.rglob("*.py")):
            parts = path.relative_to(package.parent).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == _INIT else parts)] = path
    return found


def draw(packages: Iterable[Path]) -> Graph:
    """
    Draw the imports between the modules of some packages.

    Those within functions and those for type checkers only are drawn, too. ``from . import x`` is an import
    of the module ``x``, if there is one, and else of the package. That a package is imported before its
    modules is not drawn: nobody wrote it.
    """
    found = modules(packages)
    graph: Graph = {}
    for name, path in found.items():
        arrows = graph.setdefault(name, {})
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            for imported in _imported(node, name, found):
                if imported != name:
                    arrows[imported] = min(node.lineno, arrows.get(imported, node.lineno))
    return graph


def _imported(node: ast.AST, name: str, found: Mapping[str, Path]) -> Iterator[str]:
    """Name the modules, of those found, that a statement imports."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names if alias.name in found)
    if not isinstance(node, ast.ImportFrom):
        return
    origin = node.module or ""
    if node.level:
        # A package is level 1 to itself, and the folder of a module is to the module.
        above = node.level - (found[name].stem == _INIT)
        folder = name.split(".")[: len(name.split(".")) - above]
        origin = ".".join([*folder, *origin.split(".")] if origin else folder)
    for alias in node.names:
        module = f"{origin}.{alias.name}"
        if module in found:
            yield module
        elif origin in found:
            yield origin


def cycles(graph: Graph) -> list[list[str]]:
    """List the sets of modules that all lead to each other, in order (Tarjan's algorithm)."""
    order: dict[str, int] = {}
    lowest: dict[str, int] = {}
    path: list[str] = []
    found: list[list[str]] = []

    def visit(name: str) -> None:
        order[name] = lowest[name] = len(order)
        path.append(name)
        for other in graph[name]:
            if other not in order:
                visit(other)
            if other in path:
                lowest[name] = min(lowest[name], lowest[other])
        if lowest[name] == order[name]:
            first = path.index(name)
            if len(path) - first > 1:
                found.append(sorted(path[first:]))
            del path[first:]

    for name in graph:
        if name not in order:
            visit(name)
    return sorted(found)


def upwards(graph: Graph, layer: Callable[[str], int]) -> list[str]:
    """List the imports of what lies in a higher layer, each with its line."""
    return [
        f"{name}, line {line}: imports {other} of a higher layer"
        for name, arrows in graph.items()
        for other, line in arrows.items()
        if layer(other) > layer(name)
    ]
