"""The pages of the project, as a Markdown parser sees them."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import frozen
from markdown_it import MarkdownIt

if TYPE_CHECKING:
    from collections.abc import Iterator

    from markdown_it.token import Token

ROOT = Path(__file__).parents[2]
PAGES = {
    path.relative_to(ROOT).as_posix(): path.read_text("utf-8")
    for path in (*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md")))
}
"""Every page of prose, by its path."""

_MARKDOWN = MarkdownIt("commonmark").enable("table")


@frozen
class Snippet:
    """
    A fenced piece of a page.

    Attributes:
        language: what stands behind the fence.
        text: what is within.
        line: the line of the page on which that begins.
        output: the ``text`` that follows at once, if any: what a Python snippet prints.
    """

    language: str
    text: str
    line: int
    output: str | None = None

    @property
    def is_test(self) -> bool:
        """Whether it shows tests: those are run by pytest, with the plugin, in ``tests/testing``."""
        return self.language == "python" and "\ndef test_" in self.text


def snippets(page: str, *languages: str) -> list[Snippet]:
    """Return the fenced pieces of a page, of some languages or of all."""
    tokens = _parse(page)
    return [
        Snippet(token.info, token.content, token.map[0] + 2, _output(following))
        for token, following in zip(tokens, [*tokens[1:], None], strict=True)
        if token.type == "fence" and token.map and (not languages or token.info in languages)
    ]


def _output(token: Token | None) -> str | None:
    return token.content if token and token.type == "fence" and token.info == "text" else None


def spans(page: str) -> list[str]:
    """Return what is set as code within the prose and the tables of a page."""
    return [token.content for token in _inline(page) if token.type == "code_inline"]


def links(page: str) -> list[str]:
    """Return where the links of a page lead."""
    return [str(token.attrs["href"]) for token in _inline(page) if token.type == "link_open"]


def anchors(page: str) -> set[str]:
    """Return what a link to a heading of a page may name: lower case, hyphens for spaces, no other signs."""
    tokens = _parse(page)
    headings = [
        tokens[place + 1].content for place, token in enumerate(tokens) if token.type == "heading_open"
    ]
    kept = (
        "".join(sign for sign in heading.lower() if sign.isalnum() or sign in " -") for heading in headings
    )
    return {heading.replace(" ", "-") for heading in kept}


def table(page: str, *head: str) -> list[tuple[str, ...]]:
    """
    Return the rows of the one table of a page whose head begins so.

    Raises:
        ValueError: there is none, or there are several.
    """
    found = [rows[1:] for rows in _tables(page) if rows[0][: len(head)] == head]
    (rows,) = found
    return rows


def _tables(page: str) -> Iterator[list[tuple[str, ...]]]:
    rows: list[list[str]] = []
    for token, following in pairwise(_parse(page)):
        if token.type == "tr_open":
            rows.append([])
        elif token.type in {"th_open", "td_open"}:
            rows[-1].append(following.content)
        elif token.type == "tbody_close":
            yield [tuple(row) for row in rows]
            rows = []


def _parse(page: str) -> list[Token]:
    return _MARKDOWN.parse(PAGES[page])


def _inline(page: str) -> list[Token]:
    return [child for token in _parse(page) for child in token.children or ()]
