"""
A fuzzer of the two parsers: with and without msgspec, the same replies are taken and say the same.

Where msgspec is not installed, it compares the standard library's parser with itself.
"""

from __future__ import annotations

from typing import Final

from ais_jobcore import ProtocolError
from ais_jobcore.wire import documents

JOB: Final = "x3CgTG-3v"


def run_glance(data: bytes) -> None:
    """Read a reply at a glance, and closely."""
    glanced = _read(data)
    decoder, documents.decoder = documents.decoder, _nothing
    try:
        assert _read(data) == glanced
    finally:
        documents.decoder = decoder


def _read(data: bytes) -> object:
    try:
        seen = documents.read_sightings(data, JOB)
    except ProtocolError as error:
        return error
    return list(seen.own.items()), seen


def _nothing() -> None:
    return None
