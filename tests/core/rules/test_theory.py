"""What ``ais_jobcore.rules`` says of its files is so."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from ais_jobcore import rules

FOLDER = Path(str(rules.__file__)).parent
LISTED = re.findall(r"^    (\w+)  +\S", str(rules.__doc__), re.MULTILINE)


def test_every_file_is_listed() -> None:
    """The list has each file of the rules, once."""
    assert sorted(path.stem for path in FOLDER.glob("*.py") if path.stem != "__init__") == sorted(LISTED)


def test_files_import_those_before_them_only() -> None:
    """Whoever reads the files in the order of the list meets nothing that comes later."""
    for place, name in enumerate(LISTED):
        tree = ast.parse((FOLDER / f"{name}.py").read_text("utf-8"))
        imported = {
            node.module
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and node.level == 1 and node.module
        }
        assert imported <= set(LISTED[:place]), name
