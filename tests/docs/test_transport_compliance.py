"""The transport that the guide shows passes the suite, in the lines that the guide shows."""

from __future__ import annotations

from typing import Any

from tests.docs.pages import snippets

GUIDE = "docs/integrating.md"


def shown() -> dict[str, Any]:
    """Run the code of the transport, and of the class that tests it."""
    names: dict[str, Any] = {"__name__": __name__}
    for snippet in snippets(GUIDE, "python"):
        if "class UrllibTransport" in snippet.text or "class TestUrllibTransport" in snippet.text:
            exec(compile(snippet.text, GUIDE, "exec", dont_inherit=True), names)  # noqa: S102 - our own
    return names


TestUrllibTransport = shown()["TestUrllibTransport"]
