"""What is fuzzed, and the bounds in time and memory that hold for every execution."""

from __future__ import annotations

import resource
import time
from typing import TYPE_CHECKING, Final

from attrs import frozen

from tests.proof.fuzz import files as fuzz_files
from tests.proof.fuzz import glances as fuzz_glances
from tests.proof.fuzz import groups as fuzz_groups
from tests.proof.fuzz import screen as fuzz_screen
from tests.proof.fuzz import settings as fuzz_settings
from tests.proof.fuzz import waits as fuzz_waits

if TYPE_CHECKING:
    from collections.abc import Callable

SECONDS: Final = 0.1
"""CPU time that one execution may take. It is measured up to three times, for a machine has other work."""
MEMORY: Final = 64 << 20
"""Bytes by which one execution may raise the most that the process ever held."""
_TRIES: Final = 3


@frozen
class Target:
    """
    Hold one fuzzer.

    Attributes:
        run: takes any bytes; an exception is a finding.
        share: its part of all executions, in thousandths.
        longest: bytes of an input.
    """

    run: Callable[[bytes], None]
    share: int
    longest: int = 4096


TARGETS: Final[dict[str, Target]] = {
    "waits": Target(fuzz_waits.run_wait, 30, 3072),
    "groups": Target(fuzz_groups.run_group, 10, 2048),
    "operations": Target(fuzz_groups.run_operation, 120),
    "glances": Target(fuzz_glances.run_glance, 80),
    "transcripts": Target(fuzz_files.run_transcript, 40, 6144),
    "saved": Target(fuzz_files.run_saved, 120),
    "recordings": Target(fuzz_files.run_recording, 40),
    "environment": Target(fuzz_settings.run_environment, 240, 1024),
    "arguments": Target(fuzz_settings.run_arguments, 3, 256),
    "text": Target(fuzz_screen.run_text, 316, 2048),
    "screen": Target(fuzz_screen.run_screen, 1, 1024),
}
"""The shares add up to a thousand: what takes little time is tried more often."""


def execute(target: Target, data: bytes) -> float:
    """
    Run one input, and return the CPU seconds that it took.

    Raises:
        AssertionError: it broke a promise, or a bound.
        Exception: anything that is not documented.
    """
    held = _most_held()
    seconds = _timed(target, data)
    for _ in range(_TRIES - 1):
        if seconds <= SECONDS:
            break
        seconds = min(seconds, _timed(target, data))
    assert seconds <= SECONDS, f"{seconds:.3f} s of CPU time, and {SECONDS} s are the bound"
    grown = _most_held() - held
    assert grown <= MEMORY, f"{grown >> 20} MiB more than before, and {MEMORY >> 20} MiB are the bound"
    return seconds


def _timed(target: Target, data: bytes) -> float:
    began = time.thread_time()
    target.run(data)
    return time.thread_time() - began


def _most_held() -> int:
    """Return the most bytes that this process ever held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10
