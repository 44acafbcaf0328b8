"""Text of a server before it reaches a terminal, a log or an exception."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ais_jobcore.limits import TEXT_LIMIT
from ais_jobcore.text import printable

BIDI = {"AL", "LRE", "LRO", "RLE", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"} - {"AL"}


@pytest.mark.parametrize(
    ("given_", "shown"),
    [
        ("plain, ünï ✓", "plain, ünï ✓"),
        ("a\r\nb\tc\x0b\x0cd\x85e\u2028f\u2029g", "a b c d e f g"),
        ("\x1b[31mred\x1b[0m\x07\x00\x7f\x9b2J", "[31mred[0m2J"),
        ("\u202eabc\u2066d\u2069\u200e\u061c", "abcd"),
        ("\ud800x\udfff", "x"),
        ("", ""),
    ],
)
def test_what_commands_is_gone(given_: str, shown: str) -> None:
    """Breaks become a space; controls, bidirectional controls and surrogates go; the rest stays."""
    assert shown == printable(given_)


@pytest.mark.parametrize(("length", "limit"), [(10, 10), (11, 10), (5, 1), (10**6, TEXT_LIMIT)])
def test_long_text_is_cut(length: int, limit: int) -> None:
    """What is longer than the limit ends in an ellipsis, and is no longer than the limit."""
    shown = printable("x" * length, limit)
    assert min(length, limit) == len(shown)
    assert (length > limit) == shown.endswith("…")


@given(st.text(st.characters(), max_size=60), st.integers(1, 80))
def test_any_text_is_harmless(text: str, limit: int) -> None:
    """Whatever is given, one line comes out, without controls, that can be encoded."""
    shown = printable(text, limit)
    assert len(shown) <= limit
    assert len(shown.splitlines()) <= 1
    assert set() == {unicodedata.category(each) for each in shown} & {"Cc", "Cs", "Zl", "Zp"}
    assert set() == {unicodedata.bidirectional(each) for each in shown} & BIDI
    assert shown.encode().decode() == shown


@given(st.text(max_size=60))
def test_harmless_text_stays_as_it_is(text: str) -> None:
    """What has been made printable once stays as it is."""
    assert printable(text) == printable(printable(text))


def test_printable_text_stays_as_it_is() -> None:
    """Not a copy of it, even."""
    text = "plain words"
    assert printable(text) is text
