"""Make mutations of the functions of the core, and put one into the running process."""

from __future__ import annotations
import __future__

import ast
import gc
import re
from difflib import ndiff
from importlib import import_module
from textwrap import dedent
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Any, Final

from attrs import frozen

from tests.own import CORE, dotted, forget, modules

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@frozen
class Mutant:
    """
    Hold one mutation.

    Attributes:
        module: the name of the module within the core: ``kinds``, ``rules.table``.
        function: the qualified name of the function.
        lines: the lines that are changed.
        before: the changed lines, as they are.
        after: the same lines, mutated.
        source: the whole function, mutated.
    """

    module: str
    function: str
    lines: range
    before: str
    after: str
    source: str

    @property
    def key(self) -> tuple[str, str, str]:
        """What a known survivor is recognised by, wherever its lines may be."""
        return f"{self.module}.{self.function}", self.before, self.after


NOT_MUTATED: Final = "recording"
"""The package of the core whose functions are left as they are: they write and read files, and are fuzzed."""


def mutated() -> list[str]:
    """Name the modules whose functions are mutated: the core, but for one package."""
    return [name for name in map(dotted, modules()) if name.partition(".")[0] != NOT_MUTATED]


def path_of(module: str) -> Path:
    """Say where a module of the core is."""
    return CORE.joinpath(*module.split(".")).with_suffix(".py")


def mutants(module: str) -> Iterator[Mutant]:
    """Make every mutation of the functions of a module."""
    import libcst as cst  # noqa: PLC0415 - with mutmut, in the group ``prove`` only
    from libcst.metadata import MetadataWrapper, PositionProvider  # noqa: PLC0415
    from mutmut.mutation.file_mutation import create_mutations  # noqa: PLC0415

    path = path_of(module)
    code = path.read_text("utf-8")
    tree, mutations, *_ = create_mutations(str(path), code)
    places = MetadataWrapper(tree, unsafe_skip_copy=True).resolve(PositionProvider)
    names, spans = dict(_functions(tree, cst)), _spans(code)
    for each in mutations:
        function = each.contained_by_top_level_function
        if not isinstance(function, cst.FunctionDef):
            continue
        mutated = function.deep_replace(each.original_node, each.mutated_node)
        before, after = (dedent(cst.Module([one]).code).strip("\n") for one in (function, mutated))
        removed, added = _changed(before, after)
        lines = spans.get(places[each.original_node].start.line)
        if lines is None:
            # A default value, or the case of a match: whatever comes by the function.
            whole = places[function]
            lines = range(whole.start.line, whole.end.line + 1)
        if not _is_typing(removed, added):
            yield Mutant(module, names[function], lines, removed, added, after)


def _spans(code: str) -> dict[int, range]:
    """Tell of each line within a statement which lines that statement has, without the statements in it."""
    spans: dict[int, range] = {}
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.stmt) and not isinstance(node, ast.FunctionDef | ast.ClassDef):
            body = getattr(node, "body", None) or getattr(node, "cases", None)
            first = getattr(body[0], "lineno", None) or body[0].pattern.lineno if body else None
            end = max(node.lineno, first - 1) if first else node.end_lineno or node.lineno
            spans |= dict.fromkeys(range(node.lineno, end + 1), range(node.lineno, end + 1))
    return spans


_TYPE: Final = re.compile(r'\bcast\((?:None|"[^"]*"), ')
_UNREACHABLE: Final = re.compile(r"(case _: )?assert_never\([^)]*\)")


def _is_typing(before: str, after: str) -> bool:
    """Tell whether only type checkers see a difference: the type in a ``cast``, or what cannot be reached."""
    one, other = (_UNREACHABLE.sub("", _TYPE.sub("cast(", text)).strip() for text in (before, after))
    return one == other


def _functions(tree: Any, cst: Any) -> Iterator[tuple[Any, str]]:
    for statement in tree.body:
        if isinstance(statement, cst.FunctionDef):
            yield statement, statement.name.value
        elif isinstance(statement, cst.ClassDef):
            for inner in statement.body.body:
                if isinstance(inner, cst.FunctionDef):
                    yield inner, f"{statement.name.value}.{inner.name.value}"


def _changed(before: str, after: str) -> tuple[str, str]:
    """Return the lines that differ, each side joined to one line."""
    lines = list(ndiff(before.splitlines(), after.splitlines()))
    return tuple(" ".join(line[2:].strip() for line in lines if line[0] == sign) for sign in "-+")  # type: ignore[return-value]


def put_in(mutant: Mutant) -> None:
    """
    Put a mutation into the running process.

    Raises:
        SyntaxError: it is no code.
    """
    module = import_module(f"{CORE.name}.{mutant.module}".removesuffix(".__init__"))
    scope: dict[str, Any] = {}
    space = dict(vars(module))
    code = compile(mutant.source, f"mutated {mutant.module}", "exec", __future__.annotations.compiler_flag)
    exec(code, space, scope)  # noqa: S102 - our own code
    (made,) = scope.values()
    live, mutated = _function(module, mutant.function), _plain(made)
    replaced = dict(_pairs(live.__code__, _fitting(mutated.__code__, live)))
    if len(replaced) > 1:
        # What a function has made already, as when its module was imported, goes on to be used.
        for each in gc.get_objects():
            if isinstance(each, FunctionType) and each.__code__ in replaced:
                each.__code__ = replaced[each.__code__]
    live.__code__ = mutated.__code__
    live.__defaults__, live.__kwdefaults__ = mutated.__defaults__, mutated.__kwdefaults__
    forget()


def _pairs(old: CodeType, new: CodeType) -> Iterator[tuple[CodeType, CodeType]]:
    """Pair the code of a function, and of those within it, with the same as mutated."""
    yield old, new
    inner = ([each for each in code.co_consts if isinstance(each, CodeType)] for code in (old, new))
    for one, other in zip(*inner, strict=False):
        if one.co_name == other.co_name and one.co_freevars == other.co_freevars:
            yield from _pairs(one, other)


def _function(module: object, name: str) -> FunctionType:
    found: object = module
    for part in name.split("."):
        found = vars(found)[part]
    return _plain(found)


def _plain(function: Any) -> FunctionType:
    """Take what decorators put around a function off."""
    for name in ("__func__", "fget", "func", "__wrapped__"):
        function = getattr(function, name, function)
    return function  # type: ignore[no-any-return]


def _fitting(code: CodeType, live: FunctionType) -> CodeType:
    """Check that code can stand in for that of a function: ``super()`` would need its class."""
    if code.co_freevars != live.__code__.co_freevars:
        msg = f"{live.__qualname__} closes over {live.__code__.co_freevars}"
        raise SyntaxError(msg)
    return code
