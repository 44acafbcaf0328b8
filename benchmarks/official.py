"""
The official SDK's own ``Job``, in virtual time: its code decides when to ask and what an answer means.

Only what is below it is replaced: the request client by answers without a network, and the sleep.
"""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final
from unittest.mock import patch

from ais_jobcore.events import Reply
from ais_jobcore.queries import CLUSTER_PATH, Query, Request

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ais_jobcore.testing import VirtualClock, VirtualTransport

_WHAT: Final = {"status": Query.STATUS, "qryxstats": Query.SNAPSHOTS}


class Refused(Exception):
    """The answer was none of a success."""


class _Client:
    """Stand in for the SDK's request client."""

    def __init__(self, transport: VirtualTransport) -> None:
        from aistore.sdk.utils import decode_response  # noqa: PLC0415 - in the environment of the benchmarks only

        self._transport = transport
        self._decode = decode_response

    def request_deserialize(
        self,
        method: str,
        path: str,
        res_model: type[object],
        *,
        json: dict[str, object],
        params: dict[str, str],
    ) -> object:
        assert (method.upper(), f"/v1/{path}") == ("GET", CLUSTER_PATH)
        request = Request(what=_WHAT[params["what"]], job_id=str(json.get("id", "")), body=json)
        reply = self._transport.send(request)
        if not isinstance(reply, Reply) or reply.status != 200:
            raise Refused(reply)
        return self._decode(res_model, response(reply.body))


def response(body: bytes) -> Any:  # noqa: ANN401 - as much of a response as the SDK's decoder reads
    """Make a response of which the text is known already, so that decoding costs no more than it must."""
    return SimpleNamespace(headers={"Content-Type": "application/json"}, text=body.decode())


@contextmanager
def virtual_sleep(clock: VirtualClock) -> Iterator[None]:
    """Let the SDK sleep on a virtual clock."""
    from aistore.sdk import job  # noqa: PLC0415

    with patch.object(job, "time", SimpleNamespace(sleep=clock.sleep, time=clock.now, monotonic=clock.now)):
        yield


def wait(
    transport: VirtualTransport, clock: VirtualClock, job_id: str, kind: str, timeout: float
) -> bool | None:
    """Wait for a job; say whether it ended well, or ``None`` where the wait itself failed."""
    from aistore.sdk.errors import JobInfoNotFound, Timeout  # noqa: PLC0415
    from aistore.sdk.job import Job  # noqa: PLC0415

    with virtual_sleep(clock):
        try:
            return bool(Job(_Client(transport), job_id, kind).wait(timeout, verbose=False))
        except (Refused, JobInfoNotFound, Timeout):
            return None


def decoder(*, status: bool) -> Callable[[Any], object]:
    """Return what the SDK decodes a response with: a status, or snapshots."""
    from aistore.sdk.types import AggregatedJobSnap, JobStatus  # noqa: PLC0415
    from aistore.sdk.utils import decode_response  # noqa: PLC0415

    return partial(decode_response, JobStatus if status else AggregatedJobSnap)


def prepare() -> str:
    """Import the SDK and let it make its models, so that timings begin warm; return its version."""
    from aistore.version import __version__  # noqa: PLC0415

    decoder(status=True)(response(b"{}"))
    decoder(status=False)(response(b"{}"))
    return str(__version__)
