"""What a wait needs is loaded before it begins, and nothing after that."""

from __future__ import annotations

import subprocess
import sys

import pytest

from ais_jobcore import load
from ais_jobcore.rules import saving
from ais_jobcore.rules.table import step, step_shared
from ais_jobcore.wire.decode import decode

BEGIN = """
import sys
import ais_jobcore
from ais_jobcore import Continue, GroupWait, JobWait, Reply, WaitOptions, operations

assert "ais_jobcore.rules.table" not in sys.modules

class Nothing:
    def find_spec(self, name, path=None, target=None):
        raise AssertionError(f"{name} is imported by a machine that has begun")

def begin(machine):
    first = machine.start(0.0)
    sys.meta_path.insert(0, Nothing())
    return first

snap = (
    b'{"id":"x3CgTG-3v","kind":"lru","start-time":"2026-11-23T12:00:00Z","end-time":"2026-11-23T12:00:01Z",'
    b'"aborted":true,"abort-err":"user abort","err":"","is_idle":false,"glob.id":"0","ctlmsg":""}'
)
reply = Reply(200, b'{"t1":[' + snap + b"]}")
wait = JobWait("x3CgTG-3v", "archive", options=WaitOptions(seed=1))
"""

MACHINES = {
    "wait": """
begin(wait)
wait = JobWait.load(wait.save(), 0.0)
end = wait.handle(reply, 0.5)
assert end.result.snapshots.list_snapshots()[0].id == "x3CgTG-3v", end
assert JobWait.load(wait.save(), 1.0).decision == end
""",
    "group": """
group = GroupWait([wait])
end = begin(group)
for moment in range(9):
    if isinstance(end, Continue):
        end = group.handle(reply, moment + end.delay)
assert end.result[0].snapshots.list_snapshots()[0].id == "x3CgTG-3v", end
""",
    "operation": """
call = operations.details("x3CgTG-3v")
begin(call)
assert call.handle(reply, 0.5).result.list_snapshots()[0].id == "x3CgTG-3v"
""",
    "load": """
before = ais_jobcore.load()
begin(wait)
assert wait.handle(reply, 0.5).result.errors
assert ais_jobcore.load() is before
""",
}


def test_functions_of_the_machines() -> None:
    """What reads a reply, and what takes an input: those of their modules, and always the same."""
    assert (decode, step, step_shared, saving.dump, saving.load) == load()
    assert load() is load()


@pytest.mark.parametrize("name", MACHINES)
def test_nothing_is_imported_once_a_machine_has_begun(name: str) -> None:
    """A package that is upgraded or removed under a running wait does not lose its end."""
    command = [sys.executable, "-W", "error", "-c", BEGIN + MACHINES[name]]
    subprocess.run(command, check=True)  # noqa: S603 - our own code
