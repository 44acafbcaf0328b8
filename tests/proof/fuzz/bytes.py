"""
How bytes become choices: what a fuzzer gives is cut at a byte that no UTF-8 has, and a choice takes one byte.

So a piece that is inserted, doubled or cut out leaves the other pieces what they were, and whoever writes an
input by hand can write it with :func:`choosing`, which is the way back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

T = TypeVar("T")

SEPARATOR: Final = b"\xfe"
_FIRST_SHOWN: Final = 32


class Choices:
    """
    Draw choices from bytes; where they end, every choice is the first.

    Args:
        data: the bytes.
    """

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._place = 0

    def one_of(self, things: Sequence[T]) -> T:
        """Choose by one byte."""
        place = self._place
        self._place += 1
        return things[self._data[place] % len(things)] if place < len(self._data) else things[0]

    def rest(self) -> bytes:
        """Return what was not used for a choice."""
        return self._data[self._place :]


def choosing(*choices: tuple[int, int], rest: bytes = b"") -> bytes:
    """
    Write the bytes for which :class:`Choices` chooses so, by bytes that can be read where possible.

    Args:
        choices: the place of what is chosen, and how many things there are.
        rest: what follows.
    """
    places = [place + -(-(_FIRST_SHOWN - place) // many) * many for place, many in choices]
    return (
        bytes(
            place if place < 1 << 8 else place % many
            for place, (_, many) in zip(places, choices, strict=True)
        )
        + rest
    )


def text_of(data: bytes) -> str:
    """Read any bytes as text that may hold anything a ``str`` can: lone surrogates, too."""
    try:
        return data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return data.decode("utf-8", "surrogateescape")
