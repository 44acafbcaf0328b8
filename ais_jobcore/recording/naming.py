"""
Replace the names of hosts and buckets by made-up ones, the same name always by the same. Pure.

A bucket is known by the field that holds it and by its URL; a host by its URL, its port, its dots, the words
before it, and as an address. Whatever was known once is replaced wherever it stands as a word.
"""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final, cast

if TYPE_CHECKING:
    from collections.abc import Iterable

_HOLDERS: Final = frozenset({"bck", "src-bck", "dst-bck", "bucket", "source_bck", "destination_bck"})
"""Fields that hold a bucket, on the wire and in documents of this library."""
_SAID: Final = frozenset(
    {"id", "uuid", "job_id", "kind", "provider", "until", "what", "tcode", "schedule"}
    | {"start-time", "end-time", "start_time", "end_time", "glob.id", "Date", "Content-Type"}
)
"""Fields that decide, or tell of nothing that has such a name."""

_LABEL: Final = r"[\w-]+"
_WORD: Final = re.compile(
    # An IPv6 address, or a name with or without dots.
    rf"(?<![\w.:])[0-9a-f]{{0,4}}(?::[0-9a-f]{{0,4}}){{2,7}}(?![\w:])|{_LABEL}(?:\.{_LABEL})*",
    re.IGNORECASE | re.ASCII,
)
_BEFORE: Final = 80
"""Characters before a word that are looked at."""
_BUCKET_BEFORE: Final = re.compile(
    r"""(?:\b(?:ais|aws|s3|gcp|gs|azure|az|oci|oc|ht)://(?:@[\w.-]*)?(?:#[\w.-]*)?/?|\bbucket ["'])\Z"""
)
_HOST_BEFORE: Final = re.compile(r"""(?://(?:[^\s/"'@]*@)?\[?|\b(?:lookup |resolve '|to host |host='))\Z""")
_DOTS: Final = 3
"""Dots in an IPv4 address."""
_HINTS: Final = " /@#['\"="
"""What those end with."""
_PORT_AFTER: Final = re.compile(r":[1-9][0-9]{3,4}(?![0-9])")


class Names:
    """
    Keep what was replaced by what, for one transcript.

    Args:
        hosts: hosts that are known from the beginning.
    """

    def __init__(self, hosts: Iterable[str] = ()) -> None:
        self._hosts: dict[str, str] = {}
        self._buckets: dict[str, str] = {}
        for host in hosts:
            self._host(host)

    def learn(self, document: object) -> None:
        """Take note of the buckets that the fields of a document hold, wherever they are."""
        pending = [document]
        while pending:
            each = pending.pop()
            if isinstance(each, list):
                pending += cast("list[object]", each)
            elif isinstance(each, dict):
                fields = cast("dict[str, object]", each)
                pending += fields.values()
                for name in _HOLDERS & fields.keys():
                    self._learn_bucket(fields[name])

    def _learn_bucket(self, bucket: object) -> None:
        fields = _fields(bucket)
        space = _fields(fields.get("namespace"))
        for name in (fields.get("name"), space.get("uuid"), space.get("name")):
            if isinstance(name, str) and name:
                self._bucket(name)

    def text(self, text: str, key: str = "") -> str:
        """
        Replace names in a text.

        Args:
            text: the text.
            key: the name of the field that holds it.
        """
        if key in _SAID or text.isdecimal():
            return text
        return self._buckets.get(text) or _WORD.sub(self._word, text)

    def _word(self, match: re.Match[str]) -> str:
        word, text, begin, end = match[0], match.string, match.start(), match.end()
        known = self._buckets.get(word) or self._hosts.get(word.lower())
        if text.startswith("://", end):
            return word
        if known:
            return known
        if text[begin - 1 : begin] in _HINTS and begin:
            before = text[max(0, begin - _BEFORE) : begin]
            if _BUCKET_BEFORE.search(before):
                return self._bucket(word)
            if _HOST_BEFORE.search(before):
                return self._host(word)
        return self._host(word) if _is_host(word) or _PORT_AFTER.match(text, end) else word

    def _host(self, name: str) -> str:
        return self._hosts.setdefault(name.lower(), f"host-{len(self._hosts) + 1}")

    def _bucket(self, name: str) -> str:
        return self._buckets.setdefault(name, f"bucket-{len(self._buckets) + 1}")


def _is_host(word: str) -> bool:
    """Tell whether a word is an address, or ends as names of hosts do: in letters, and in no capital ones."""
    last = word.rpartition(".")[2]
    if last != word and last.isalpha():
        return last.islower() and len(last) > 1
    if ":" not in word and word.count(".") != _DOTS:
        return False
    try:
        ip_address(word)
    except ValueError:
        return False
    return True


def _fields(document: object) -> dict[str, object]:
    return cast("dict[str, object]", document) if isinstance(document, dict) else {}
