"""Public names that are imported when they are first used (PEP 562): importing a package costs little."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def later(package: str, names: Mapping[str, str]) -> Callable[[str], object]:
    """
    Make the ``__getattr__`` of a package.

    Args:
        package: the name of the package.
        names: modules of the package, and the names that each of them lends to it, with spaces between.
    """
    homes = {name: module for module, lent in names.items() for name in lent.split()}

    def get(name: str) -> object:
        """Import the name, once."""
        if name not in homes:
            msg = f"module {package!r} has no attribute {name!r}"
            raise AttributeError(msg)
        value: object = getattr(import_module(f".{homes[name]}", package), name)
        setattr(sys.modules[package], name, value)
        return value

    return get
