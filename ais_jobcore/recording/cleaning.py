"""
Keep secrets out of transcripts: tokens, passwords, what headers of HTTP carry, the user part of URLs. Pure.

Texts are searched for what looks like a secret, and for the ones that are known. JSON within a text is taken
apart first, so that no escape hides anything. Rather too much is masked than too little.
"""

from __future__ import annotations

import json
import re
from base64 import b64decode, b64encode
from typing import TYPE_CHECKING, Any, Final, cast
from urllib.parse import quote

from .. import limits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from .naming import Names

MASK: Final = "***"


_KEYS: Final = (
    "token|secret|passw|credential|signature|cookie|authoriz|jwt|"
    "api[_-]?key|access[_-]?key|private[_-]?key|session[_-]?id"
)
_IS_KEY: Final = re.compile(_KEYS, re.IGNORECASE)
_SCHEMES: Final = "basic|negotiate|ntlm|digest"
_SUSPECTS: Final = (
    *("token", "secret", "passw", "credential", "signature", "cookie", "authoriz", "jwt", "key", "session"),
    *("bearer", "basic", "negotiate", "ntlm", "digest", "\\", "\0"),
)
"""What is in every text that the rules below may change, or in its JSON; quickly looked for."""
_VALUE: Final = r"""[^\s"'\\,;&(){}\[\]<>]++"""
_QUOTED: Final = r"""(?:"(?:[^"\\]|\\.)*+|'[^']*+|\\++["'](?:[^"'\\]|\\[^"'])*+)"""
_NESTED: Final = r"""[\[{][^\r\n]*+"""

# None of these gives back what it took, so the time is in proportion to the text, whatever that is.
_RULES: Final = tuple(
    (re.compile(pattern, re.IGNORECASE | re.DOTALL), rf"\1{MASK}")
    for pattern in (
        # To the end of the line: what authorizes may have several words.
        r"""((?:authoriz|cookie)[\w-]{0,40}+\\*+["']?\s*+[:=])[^\r\n]++""",
        rf"""(bearer(?:\s|%20|[+:="'\\])++){_VALUE}""",
        rf"""((?:{_SCHEMES})(?:\s|%20|\+)++)[\w+/=.~-]{{8,}}+""",
        rf"""((?:{_KEYS})[\w.-]{{0,40}}+\\*+["']?\s*+(?:[:=]|%3d)\s*+)(?:{_QUOTED}|{_NESTED}|{_VALUE})""",
        rf"""((?:{_KEYS})[\w.-]{{0,40}}+\s++){_QUOTED}""",
    )
)
_URL: Final = re.compile(r"""://[^\s"'\\]++""")
_DOTTED: Final = re.compile(r"(?<![\w-])[\w-]{8,}+\.[\w-]{2,}+(?:\.[\w-]*+)*+")
_OBJECTS: Final = ("eyJ", "eyA", "ewo", "ewk", "ew0")
"""How an object of JSON begins in base64, and with it a JWT."""


class Cleaner:
    """
    Clean documents and texts.

    Args:
        secrets: tells the known secrets, whenever it is asked.
        names: what replaces the names of hosts and buckets; ``None`` to leave them.
    """

    def __init__(self, secrets: Callable[[], Iterable[str]] = tuple, names: Names | None = None) -> None:
        self._secrets = secrets
        self._names = names
        self._known: list[str] = []

    def document(self, document: dict[str, Any]) -> dict[str, Any]:
        """Clean a line of a transcript."""
        known = {secret for secret in self._secrets() if len(secret) >= limits.SHORTEST_SECRET}
        # The longest first: one may be the beginning of another.
        self._known = sorted(known | {quote(each, safe="") for each in known}, key=len, reverse=True)
        if self._names:
            self._names.learn(document)
        cleaned = cast("dict[str, Any]", self._value(document))
        if "base64" in document:
            # One character for each byte, so that nothing else changes.
            text = self._text(b64decode(document["base64"]).decode("latin-1"))
            cleaned["base64"] = b64encode(text.encode("latin-1", "replace")).decode()
        return cleaned

    def text(self, text: str) -> str:
        """Clean a text, which may be a document."""
        return str(self.document({"text": text})["text"])

    def _value(
        self, value: object, key: str = "", *, depth: int = 0, secret: bool = False, calm: bool = False
    ) -> object:
        """
        Clean a value.

        Args:
            value: what JSON may hold.
            key: the field that holds it.
            depth: how often JSON is packed around it.
            secret: whether it is one, whatever it is.
            calm: whether the text that it was unpacked from is beyond suspicion.
        """
        match value:
            case str():
                return MASK if secret else self._text(value, key, depth=depth, calm=calm)
            case dict():
                # In a namespace, an id is but a name.
                free = key == "namespace"
                return {
                    self._text(name, None, depth=depth, calm=calm): self._value(
                        field,
                        "" if free else name,
                        depth=depth,
                        secret=secret or (not calm and _IS_KEY.search(name) is not None),
                        calm=calm,
                    )
                    for name, field in cast("dict[str, object]", value).items()
                }
            case list():
                items = cast("list[object]", value)
                return [self._value(item, key, depth=depth, secret=secret, calm=calm) for item in items]
            case _:
                # A number may be a secret, and so may be whether.
                return 0 if secret and isinstance(value, int | float) else value

    def _text(self, text: str, key: str | None = "", *, depth: int = 0, calm: bool = False) -> str:
        """Clean the text in a field, or with ``None`` for the field its name; the rest as above."""
        if depth > limits.PACKED_JSON:
            return MASK
        calm = calm or not self._suspicious(text)
        if (self._names or not calm) and text.lstrip().startswith(("{", "[", '"')):
            document = self._packed(text, depth=depth, calm=calm)
            if document is not None:
                return document
        if not calm:
            if self._names and key is not None:
                # Hosts are told by the ports behind them, which look like secrets behind some names.
                self._names.text(text, key)
            text = self._searched(text)
        if "://" in text:
            text = _URL.sub(_hide_user, text)
        if any(each in text for each in _OBJECTS):
            text = _DOTTED.sub(_hide_object, text)
        return text if self._names is None or key is None else self._names.text(text, key)

    def _suspicious(self, text: str) -> bool:
        lowered = text.lower()
        return any(word in lowered for word in _SUSPECTS) or any(secret in text for secret in self._known)

    def _packed(self, text: str, *, depth: int, calm: bool) -> str | None:
        """Clean a text that is a document, by its parts; one that is none is ``None``."""
        doubles: list[object] = []
        try:
            document: object = json.loads(text, object_pairs_hook=lambda pairs: _object(pairs, doubles))
            if self._names:
                self._names.learn(document)
            cleaned = self._value(document, depth=depth + 1, calm=calm)
        except (ValueError, RecursionError):
            return None
        return text if cleaned == document and not doubles else json.dumps(cleaned)

    def _searched(self, text: str) -> str:
        for secret in self._known:
            text = text.replace(secret, MASK)
        for pattern, replacement in _RULES:
            text = pattern.sub(replacement, text)
        if "\0" in text and self._suspicious(text.replace("\0", "")):
            # Another encoding, in which nothing can be found.
            return MASK
        return text


def _object(pairs: list[tuple[str, object]], doubles: list[object]) -> dict[str, object]:
    """Make an object, and note one with a name twice: what is lost of it must not stay in the text."""
    fields = dict(pairs)
    if len(fields) < len(pairs):
        doubles.append(fields)
    return fields


def _hide_user(match: re.Match[str]) -> str:
    """Mask the user part of a URL; ``ais://@namespace/bucket`` has none."""
    rest = match[0][3:]
    place = rest.rfind("@")
    return f"://{MASK}{rest[place:]}" if place > 0 else match[0]


def _hide_object(match: re.Match[str]) -> str:
    """Mask what may be a JWT from where an object begins in it."""
    places = [match[0].find(each) for each in _OBJECTS]
    begin = min((place for place in places if place >= 0), default=None)
    return match[0] if begin is None else match[0][:begin] + MASK
