"""
Text from a server, before it reaches a terminal, a log or an exception.

Error texts, bucket names and HTTP bodies are somebody else's words: escape sequences in them rewrite a
screen, line ends forge log records, and bidirectional controls reorder what is read.
"""

from __future__ import annotations

import re
from typing import Final

from . import limits

_BREAKS: Final = re.compile("[\t-\r\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+")


def printable(text: str, limit: int = limits.TEXT_LIMIT) -> str:
    """
    Make one harmless line of a text.

    Line ends, tabs and unusual spaces become a space. Whatever else does not show goes: control characters,
    bidirectional controls, surrogates, private and unassigned code points.

    Args:
        text: anything.
        limit: the number of characters to keep; what is longer ends in an ellipsis.
    """
    kept = text if len(text) <= limit else f"{text[: limit - 1]}…"
    line = _BREAKS.sub(" ", kept)
    return line if line.isprintable() else "".join(filter(str.isprintable, line))


LOGGER_NAME: Final = "ais_jobcore"
