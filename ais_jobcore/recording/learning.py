"""Learn from transcripts how long jobs take."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..schedules.learned import Learned
from .reading import Transcript

if TYPE_CHECKING:
    from collections.abc import Iterable
    from os import PathLike


def learned(paths: Iterable[str | PathLike[str]]) -> Learned:
    """
    Make a schedule of the durations in transcripts; jobs that ended badly, and waits cut off, do not count.

    Args:
        paths: transcripts of waits for jobs of one sort, the oldest first; the newest 1,000 count.

    Raises:
        TranscriptError: one of them cannot be read; the line is named.
        OSError: a file cannot be read.
    """
    return Learned.from_transcripts(map(Transcript.load, paths))
