"""
Follow one poll of snapshots from its bytes to the decision, through the running code.

``python -m docs.poll`` prints every call from one module of wire, rules or machines into another, and counts
the modules and the switches between them. ``docs/architecture.md`` has the same as a diagram.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Final

from attrs import frozen

from ais_jobcore import Continue, JobWait, Reply, load

if TYPE_CHECKING:
    from types import FrameType

_LAYERS: Final = ("ais_jobcore.wire.", "ais_jobcore.rules.", "ais_jobcore.machines.")
_JOB: Final = "x3CgTG-3v"


@frozen
class Call:
    """
    A call from one module into another.

    Attributes:
        caller: the module that calls, without the name of the package; ``driver`` for the first one.
        callee: the module that is called.
        function: the function that is called.
    """

    caller: str
    callee: str
    function: str


@frozen
class Poll:
    """
    The path of one poll.

    Attributes:
        calls: the calls between modules, in order.
    """

    calls: tuple[Call, ...]

    @property
    def modules(self) -> tuple[str, ...]:
        """The modules that it passes through, in the order in which it enters them."""
        return tuple(dict.fromkeys(call.callee for call in self.calls))

    @property
    def switches(self) -> int:
        """How often the running module changes, there and back; the driver is none."""
        return 2 * sum(call.caller != "driver" for call in self.calls)


def _reply(objects: int) -> Reply:
    bucket = {"name": "photos", "provider": "ais", "namespace": {"uuid": "", "name": ""}}
    snap = {
        "id": _JOB,
        "kind": "archive",
        "bck": bucket,
        "start-time": "2026-11-23T12:00:00.5Z",
        "end-time": "0001-01-01T00:00:00Z",
        "stats": {"loc-objs": str(objects), "loc-bytes": "0"},
        "aborted": False,
        "is_idle": False,
        "abort-err": "",
        "err": "",
    }
    return Reply(200, json.dumps({target: [snap] for target in ("t1", "t2", "t3")}).encode())


def follow() -> Poll:
    """Poll a job that runs on three targets a few times, and follow the last poll."""
    load()
    wait = JobWait(_JOB, "archive")
    decision, now = wait.start(0.0), 0.0
    for objects in range(3):
        assert isinstance(decision, Continue)
        now += decision.delay
        decision = wait.handle(_reply(objects), now)
    last = _reply(3)
    running: list[str | None] = []
    calls: list[Call] = []

    def watch(frame: FrameType, event: str, _: object) -> None:
        if event == "call":
            module = _module(frame)
            caller = next((each for each in reversed(running) if each), "driver")
            running.append(module)
            if module not in {None, caller}:
                calls.append(Call(caller, str(module), frame.f_code.co_name))
        elif event == "return" and running:
            running.pop()

    before = sys.getprofile()
    sys.setprofile(watch)
    try:
        wait.handle(last, now)
    finally:
        sys.setprofile(before)
    return Poll(tuple(calls))


def _module(frame: FrameType) -> str | None:
    """Name the module of a frame, if it is one of the layers; what attrs generates has no line in any."""
    name = str(frame.f_globals.get("__name__"))
    ours = name.startswith(_LAYERS) and not frame.f_code.co_filename.startswith("<")
    return name.removeprefix("ais_jobcore.") if ours else None


def diagram() -> str:
    """Draw the path as a sequence diagram."""
    poll = follow()
    lines = ["```mermaid", "sequenceDiagram", "    participant driver"]
    lines += [f"    participant {module}" for module in poll.modules]
    lines += [f"    {call.caller}->>{call.callee}: {call.function}" for call in poll.calls]
    first = poll.calls[0]
    lines += [f"    {first.callee}-->>driver: Continue, Done or Abort", "```", ""]
    lines += [f"{len(poll.modules)} modules, {poll.switches} switches between them."]
    return "\n".join(lines)


if __name__ == "__main__":
    path = follow()
    for call in path.calls:
        print(f"{call.caller:>16} -> {call.callee}.{call.function}")  # noqa: T201 - what it is for
    print(f"{len(path.modules)} modules, {path.switches} switches")  # noqa: T201 - likewise
