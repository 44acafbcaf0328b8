"""
Drive waits with clocks, chance, the environment and the machine out of reach.

A test runs it in a process of its own.
Every use of one of them raises. Libraries are imported before, the core after their names were poisoned.
"""

from __future__ import annotations

import gzip
import json
import os
import random
import secrets
import sys
import time
import uuid
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

import cattrs.preconf.json  # noqa: F401 - so that the core's first use loads nothing
import msgspec  # noqa: F401 - likewise

POISONED: dict[Any, tuple[str, ...]] = {
    time: (
        "time",
        "time_ns",
        "monotonic",
        "monotonic_ns",
        "perf_counter",
        "perf_counter_ns",
        "sleep",
        "localtime",
    ),
    random: ("random", "uniform", "randint", "getrandbits", "Random", "SystemRandom"),
    secrets: ("token_bytes", "token_hex", "randbits"),
    uuid: ("uuid1", "uuid4"),
    os: ("getenv", "environ", "urandom"),
}
TOUCHES_THE_MACHINE = ("open", "os.", "socket.", "subprocess.", "tempfile.", "shutil.", "time.", "import")
STEPS = 200


def refuse(*_: object, **__: object) -> NoReturn:
    """Stand for whatever the core may not use."""
    message = "the core is not pure"
    raise AssertionError(message)


def poison() -> None:
    """Take away what the core may not use, before it is imported."""
    for module, names in POISONED.items():
        for name in names:
            setattr(module, name, refuse)


def watch(event: str, _: tuple[object, ...]) -> None:
    """Refuse whatever the interpreter reports as a touch of the machine."""
    if event.startswith(TOUCHES_THE_MACHINE):
        refuse()


def drive(replies: list[Any], job_id: str, until: str) -> str:
    """Feed one wait with replies, fitting or not, past a save and a load; return how it went."""
    core = import_module("ais_jobcore")
    wait, now, log = core.JobWait(job_id, until=until), 100.0, ""
    decision = wait.start(now)
    for event in [core.Fault(core.FaultKind.CONNECTION), *replies[:STEPS]]:
        if not isinstance(decision, core.Continue):
            break
        now += decision.delay
        log += f"{decision.reason} {wait.explain(now)}\n"
        wait = core.JobWait.load(wait.save(), now)
        decision = wait.handle(event, now)
    return log + repr(decision)


def main(recordings: Path) -> None:
    """Drive waits through all recordings: once to load and compile, once under watch."""
    exchanges: dict[str, list[tuple[int, bytes]]] = {}
    for path in sorted(recordings.glob("*.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            records = [json.loads(line) for line in lines]
        exchanges[path.name] = [
            (one["status"], one["response"].encode()) for one in records if one.get("response")
        ]
    jobs = {
        name: list(one["jobs"]) for name, one in json.loads((recordings / "index.json").read_text()).items()
    }

    poison()
    reply = import_module("ais_jobcore").Reply
    waits = [
        ([reply(status, body) for status, body in exchanges[f"{name}.jsonl.gz"]], job_id, until)
        for name, ids in jobs.items()
        for job_id in ids
        for until in ("auto", "finished", "idle")
    ]
    first = [drive(*one) for one in waits]
    sys.addaudithook(watch)
    again = [drive(*one) for one in waits]
    assert first == again
    assert len(waits) > len(exchanges)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
