"""What is asked of a simulated cluster, and how it refuses."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, TypeAlias, cast

from attrs import frozen

from ..kinds import find_kind
from .spelling import ERROR_JSON, to_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..kinds import Kind
    from .jobs import SimJob

Answer: TypeAlias = tuple[int, dict[str, str], bytes]
"""Status, headers and body; a status of 0 is a refused connection."""

DELAY_HEADER: Final = "Sim-Delay"
"""The header that tells how long a real cluster would take, in seconds."""


class Refused(Exception):
    """
    Carry a refusal to where its document is made.

    Attributes:
        status: the HTTP status.
        message: the words.
        tcode: AIStore's error code, where there is one.
        delay: seconds until it is said.
        by_target: whether a target says it, and not the proxy.
        location: where a redirect points.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        tcode: str = "",
        delay: float = 0.0,
        by_target: bool = False,
        location: str = "",
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.tcode = tcode
        self.delay = delay
        self.by_target = by_target
        self.location = location

    def answer(self, method: str, path: str, proxy: str, target: str) -> Answer:
        """Make the answer: with a document, unless there are no words for one."""
        if not self.message:
            return self.status, {}, b""
        headers = {"Content-Type": ERROR_JSON}
        if self.delay:
            headers[DELAY_HEADER] = f"{self.delay:g}"
        if self.location:
            headers["Location"] = self.location
        document: dict[str, object] = {"tcode": self.tcode} if self.tcode else {}
        document |= {
            "message": self.message,
            "method": method,
            "url_path": "/v1/xactions" if self.by_target else path,
            "remote_addr": "127.0.0.1:50000",
            "caller": f"p[{proxy}]" if self.by_target else "",
            "node": f"t[{target}]" if self.by_target else f"p[{proxy}]",
            "status": self.status,
        }
        return self.status, headers, to_json(document) + b"\n"


@frozen(kw_only=True)
class Ask:
    """
    Hold what a query asks for; a kind that nobody knows is silently no kind at all.

    Attributes:
        job_id: one job.
        kind: jobs of a kind.
        named_kind: whether any kind was named, known or not.
        active: only what has not ended.
        bucket: only what works on this bucket.
    """

    job_id: str
    kind: Kind | None
    named_kind: bool
    active: bool
    bucket: Mapping[str, object]

    @property
    def ids(self) -> list[str]:
        """The ids that targets look for, one after the other."""
        return self.job_id.split(",") if self.job_id else []

    @property
    def kind_name(self) -> str:
        """The name of the kind on the wire; empty for one that nobody knows."""
        return self.kind.name if self.kind else ""

    def __str__(self) -> str:
        job_id = f"[{self.job_id}]" if self.job_id else ""
        return f"x-{self.kind_name}{job_id}{'-only-running' if self.active else ''}"

    def wants(self, job: SimJob) -> bool:
        """Tell whether a job is of the kind and the bucket asked for, whatever its id."""
        if self.kind is not None and job.kind is not self.kind:
            return False
        spelt = job.bucket.to_json() if job.bucket else {}
        return not spelt or all(spelt.get(key, given) == given for key, given in self.bucket.items())


def fields_of(document: object) -> dict[str, Any]:
    """Read a JSON object with its keys in lower case, as servers do not look at their case; else nothing."""
    if not isinstance(document, dict):
        return {}
    return {key.lower(): value for key, value in cast("dict[str, Any]", document).items()}


def read_body(body: bytes | Mapping[str, object] | None) -> Mapping[str, object]:
    """
    Read a request's body, in the spelling of whoever sent it.

    Raises:
        Refused: it is not a JSON object.
    """
    if not isinstance(body, bytes | None):
        return body
    try:
        document: object = json.loads(body or b"")
    except (ValueError, RecursionError) as error:
        raise Refused(400, f"failed to unmarshal: {error}") from None
    if not isinstance(document, dict | None):
        raise Refused(400, f"failed to unmarshal: an object was expected, not {type(document).__name__}")
    return cast("dict[str, object]", document or {})


def read_ask(fields: Mapping[str, Any]) -> Ask:
    """Read what a query asks for."""
    name = str(fields.get("kind") or "")
    return Ask(
        job_id=str(fields.get("id") or ""),
        kind=find_kind(name),
        named_kind=bool(name),
        active=bool(fields.get("show_active")),
        bucket={key: value for key, value in fields_of(fields.get("bck")).items() if value},
    )
