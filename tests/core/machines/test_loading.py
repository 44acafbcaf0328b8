"""What a wait needs is loaded before it begins, and nothing after that."""

from __future__ import annotations

import subprocess
import sys

from ais_jobcore import load
from ais_jobcore.rules import saving
from ais_jobcore.rules.table import step, step_shared
from ais_jobcore.wire.decode import decode

NOTHING_MORE = """
import sys
import ais_jobcore

assert "ais_jobcore.rules.table" not in sys.modules
before = ais_jobcore.load()
from ais_jobcore import JobWait, Reply, WaitOptions

class Nothing:
    def find_spec(self, name, path=None, target=None):
        raise AssertionError(f"{name} is imported by a wait that has begun")

sys.meta_path.insert(0, Nothing())
snap = (
    b'{"id":"x3CgTG-3v","kind":"lru","start-time":"2026-11-23T12:00:00Z","end-time":"2026-11-23T12:00:01Z",'
    b'"aborted":true,"abort-err":"user abort","err":"","is_idle":false,"glob.id":"0","ctlmsg":""}'
)
wait = JobWait("x3CgTG-3v", "archive", options=WaitOptions(seed=1))
wait.start(0.0)
wait = JobWait.load(wait.save(), 0.0)
end = wait.handle(Reply(200, b'{"t1":[' + snap + b"]}"), 0.5)
assert end.result.snapshots.list_snapshots()[0].id == "x3CgTG-3v", end
assert JobWait.load(wait.save(), 1.0).decision == end
assert ais_jobcore.load() is before
"""


def test_functions_of_the_machines() -> None:
    """What reads a reply, and what takes an input: those of their modules, and always the same."""
    assert (decode, step, step_shared, saving.dump, saving.load) == load()
    assert load() is load()


def test_nothing_is_imported_once_a_wait_has_begun() -> None:
    """A package that is upgraded or removed under a running wait does not lose its end."""
    subprocess.run([sys.executable, "-W", "error", "-c", NOTHING_MORE], check=True)  # noqa: S603 - our own code
