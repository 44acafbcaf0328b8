"""
Text from a server, before it reaches a terminal, a log or an exception.

Error texts, bucket names and HTTP bodies are somebody else's words: escape sequences in them rewrite a
screen, line ends forge log records, and bidirectional controls reorder what is read.
"""

from __future__ import annotations

import re
from typing import Final

TEXT_LIMIT: Final = 1000
"""Characters of one text that are kept."""

_BREAKS: Final = re.compile("[\t-\r\x85\u2028\u2029]+")
_HIDDEN: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f"  # C0, DEL and C1 controls
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # bidirectional controls
    "\ud800-\udfff]"  # surrogates, which no encoding can write
)


def printable(text: str, limit: int = TEXT_LIMIT) -> str:
    """
    Make one harmless line of a text.

    Line ends and tabs become a space; control characters, bidirectional controls and surrogates go.

    Args:
        text: anything.
        limit: the number of characters to keep; what is longer ends in an ellipsis.
    """
    kept = text if len(text) <= limit else f"{text[: limit - 1]}…"
    return _HIDDEN.sub("", _BREAKS.sub(" ", kept))
