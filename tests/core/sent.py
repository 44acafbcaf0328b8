"""What a cluster sends: sample documents, and how tests read them."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any, Final

import pytest

from ais_jobcore import JobSnap, ProtocolError
from ais_jobcore.wire.documents import read_sightings, read_status
from ais_jobcore.wire.models import read_snapshots
from tests.builders import JOB, ZERO, dump, status_document

if TYPE_CHECKING:
    from collections.abc import Callable

    from ais_jobcore.wire.lean import Sightings

DAY: Final = 86_400_000_000_000
START_NS: Final = 1_795_436_851_531_549_014

BUCKET: Final = {"name": "cb1", "provider": "ais", "namespace": {"uuid": "", "name": ""}}
SNAP: Final[dict[str, Any]] = {
    "ext": None,
    "start-time": "2026-11-23T12:27:31.531549014Z",
    "end-time": ZERO,
    "bck": BUCKET,
    "src-bck": {"name": "src", "provider": "aws", "namespace": {"uuid": "u", "name": "n"}},
    "dst-bck": BUCKET,
    "id": JOB,
    "kind": "copy-bck",
    "ctlmsg": "cp ais://src=>ais://cb1",
    "abort-err": "",
    "err": "",
    "glob.id": "2",
    "stats": {
        "loc-objs": "58",
        "loc-bytes": "237568",
        "out-objs": "36",
        "out-bytes": "147456",
        "in-objs": "9",
        "in-bytes": "36864",
    },
    "aborted": False,
    "is_idle": False,
}
STATUS: Final = status_document(kind="lru")


def snap_with(**fields: object) -> dict[str, Any]:
    """Change fields of a snapshot: `_` stands for `-`, and `glob_id` for `glob.id`."""
    names = {"glob_id": "glob.id", "is_idle": "is_idle"}
    return {
        **deepcopy(SNAP),
        **{names.get(key, key.replace("_", "-")): value for key, value in fields.items()},
    }


def one(snap: object) -> bytes:
    """Spell the reply of one target with one snapshot."""
    return dump({"t1": [snap]})


def read_one(snap: object) -> JobSnap:
    """Read a snapshot."""
    (read,) = read_snapshots(one(snap)).list_snapshots()
    return read


def sight_one(body: bytes) -> Sightings:
    """Read what decides about the job."""
    return read_sightings(body, JOB)


def refuse(read: Callable[[bytes], object], body: bytes) -> ProtocolError:
    """Return the error that a document is."""
    with pytest.raises(ProtocolError) as caught:
        read(body)
    assert caught.value.message
    assert str(caught.value).isprintable()
    return caught.value


def attempt(read: Callable[[Any], object], what: object) -> ProtocolError | None:
    """Return the error that reading ends in, if it does; any other exception passes."""
    try:
        read(what)
    except ProtocolError as error:
        return error
    return None


READERS: Final[dict[str, Callable[[bytes], object]]] = {
    "snapshots": read_snapshots,
    "sightings": sight_one,
    "status": read_status,
}
every_reader = pytest.mark.parametrize("read", READERS.values(), ids=list(READERS))
both_readers = pytest.mark.parametrize("read", [read_snapshots, sight_one], ids=["snapshots", "sightings"])
