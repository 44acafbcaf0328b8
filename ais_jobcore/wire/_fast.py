"""
See the snapshots of one job at a glance, with msgspec where it is installed: the extra ``fast``.

Only what servers send every time is seen so. All else is left to the standard library's parser, which has
the last word: with or without msgspec, the same replies are taken and say the same.
"""

from __future__ import annotations

from functools import cache
from types import NoneType
from typing import TYPE_CHECKING, Any, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

Decisive: TypeAlias = tuple[bool, bool, str, str, str, str, str]
"""What decides of a snapshot, as it stands there: the values of :data:`DECISIVE_KEYS`."""
DECISIVE_KEYS: Final = ("aborted", "is_idle", "abort-err", "err", "kind", "start-time", "end-time")
_BUCKETS: Final = ("bck", "src-bck", "dst-bck")
_COUNTERS: Final = ("loc-objs", "loc-bytes", "out-objs", "out-bytes", "in-objs", "in-bytes")


@cache
def decoder() -> Callable[[bytes], dict[str, list[Any] | None]] | None:
    """
    Return what reads a reply quickly, by target; ``None`` where msgspec is not installed.

    It raises ``ValueError`` or ``RecursionError`` where anything is not as usual.
    """
    try:
        import msgspec  # noqa: PLC0415 - optional, and only needed where snapshots are polled
    except ImportError:
        return None

    def struct(required: dict[str, type], **optional: Any) -> Any:  # noqa: ANN401 - made of types
        names = {key: key.replace("-", "_").replace(".", "_") for key in (*required, *optional)}
        fields: list[tuple[Any, ...]] = [(names[key], kind) for key, kind in required.items()]
        fields += [(names[key], kind | None, None) for key, kind in optional.items()]
        rename = {name: key for key, name in names.items()}
        # A field nobody knows might hold a number or a text that no other parser takes.
        return msgspec.defstruct("Part", fields, rename=rename, forbid_unknown_fields=True, gc=False)

    texts = dict.fromkeys(("id", *DECISIVE_KEYS[2:]), str)
    bucket = struct({}, name=str, provider=str, namespace=struct({}, uuid=str, name=str))
    counters = struct({}, **dict.fromkeys(_COUNTERS, str))
    snap = struct(
        texts | {"aborted": bool, "is_idle": bool},
        **dict.fromkeys(_BUCKETS, bucket),
        **{"stats": counters, "ctlmsg": str, "glob.id": str, "ext": NoneType},
    )
    return msgspec.json.Decoder(dict[str, list[snap] | None]).decode  # type: ignore[valid-type] # made above
