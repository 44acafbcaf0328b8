"""The files of the project speak of the project only."""

from __future__ import annotations

import re
import subprocess

import pytest

from tests.packaging.environments import ROOT

# A path of one machine; but not the end of a longer path, nor of an address.
MACHINE_PATH = re.compile(r"(?<![\w./}-])/(?:farm|home|root|tmp|Users|work)/[\w.{$-]")
INDEX_HOST = re.compile(r"pypi\.org|pythonhosted\.org|npmjs\.org|index[-]url|--hash[=]", re.IGNORECASE)
PIN = re.compile(r"#.*|[A-Za-z0-9_.-]+==[0-9][0-9.]*")


def tracked() -> dict[str, str]:
    """Return the text of every file that is, or could be, committed."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a checkout")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    paths = [ROOT / name for name in listed.stdout.split("\0") if name]
    contents = {path.relative_to(ROOT).as_posix(): path.read_bytes() for path in paths if path.is_file()}
    return {
        name: content.decode(errors="replace") for name, content in contents.items() if b"\0" not in content
    }


@pytest.mark.parametrize("pattern", [MACHINE_PATH, INDEX_HOST], ids=["machine path", "index host"])
def test_no_file_names_where_it_was_made(pattern: re.Pattern[str]) -> None:
    """No file names a path of one machine, nor where packages came from."""
    found = [
        f"{name}:{number}: {line.strip()}"
        for name, text in tracked().items()
        for number, line in enumerate(text.splitlines(), 1)
        if pattern.search(line)
    ]
    assert [] == found


@pytest.mark.parametrize("name", ["constraints.txt", "constraints-lowest.txt"])
def test_pins_are_names_and_versions(name: str) -> None:
    """Pinned versions are nothing but that, in order."""
    lines = (ROOT / name).read_text("utf-8").splitlines()
    assert [] == [line for line in lines if not PIN.fullmatch(line)]
    pins = [line for line in lines if not line.startswith("#")]
    assert sorted(pins, key=str.lower) == pins
