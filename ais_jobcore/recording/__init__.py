"""
Transcripts of waits: write them, read them, replay them through the core of today.

A transcript is JSON Lines: a header (format, version, policy, the wait and its options), a line for the start
with its decision, and a line for every input with its time and what was decided on it.
``docs/transcripts.md`` describes the format. This package opens files; the core never imports it.

* :class:`Recorder` stands before a wait and writes; drivers make one for ``record=path``, or for a
  :class:`Record`, which can hide names;
* :meth:`Transcript.load` reads: ``header``, ``truncated``, ``entries()`` and ``wait()``, the same wait anew;
* :func:`replay` compares, up to the first difference; :func:`steps` goes through all lines;
* :func:`as_test` makes a pytest test;
* :func:`learned` makes a schedule of what the waits tell about their jobs.

Whatever cannot be read is a :class:`TranscriptError` of one line that names the file and the line.
"""

from .learning import learned
from .lines import FORMAT, VERSION
from .reading import Entry, Transcript, TranscriptError
from .replaying import Replay, Step, replay, steps
from .testcase import as_test
from .writing import Record, Recorder

__all__ = [
    "FORMAT",
    "VERSION",
    "Entry",
    "Record",
    "Recorder",
    "Replay",
    "Step",
    "Transcript",
    "TranscriptError",
    "as_test",
    "learned",
    "replay",
    "steps",
]
