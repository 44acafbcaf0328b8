"""
What a machine sees: what drivers report, and what the wire module makes of it.

A driver reports a :class:`Reply` or a :class:`Fault`. An embedder with an HTTP client and models of
its own may report :class:`AggregatedJobSnap`, :class:`JobStatus` or :class:`NotFound` instead.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, TypeAlias

from attrs import Factory, field, frozen

from .sightings import Sightings
from .snapshots import AggregatedJobSnap, JobStatus
from .text import printable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .sightings import Sighting


class FaultKind(enum.Enum):
    """Why there is no usable answer, as a transport sees it. Closed: no transport adds to it."""

    CONNECTION = "connection"
    """Refused, reset, or closed before the answer began."""
    DNS = "dns"
    """The name of the endpoint does not resolve."""
    TLS = "tls"
    """No trust between the two; asking again does not help."""
    TIMEOUT = "timeout"
    """The request's own time-out passed."""
    TRUNCATED = "truncated"
    """The answer broke off, or could not be decompressed."""
    TOO_LARGE = "too_large"
    """The answer is larger than the transport takes."""
    REDIRECT = "redirect"
    """The answer points elsewhere; no driver follows."""


class Trouble(enum.Enum):
    """Why an answer by HTTP says nothing about the job."""

    __hash__ = object.__hash__  # as good as the inherited one, which is written in Python

    STARTING = "the cluster is starting"
    """503 without a body (V13)."""
    TARGET_DOWN = "a target does not answer its proxy"
    """400 with ``ErrFailedTo``, until the cluster map drops the target."""
    BUSY = "the server is busy"
    """429 and 503."""
    SERVER = "the server failed"
    """Any other 5xx."""
    STRANGER = "somebody else answered"
    """A 404 or another refusal that AIStore did not write."""
    MALFORMED = "the answer cannot be read"
    UNAUTHENTICATED = "the token was not accepted"
    """401."""
    FORBIDDEN = "the token does not allow it"
    """403."""
    REFUSED = "the request was refused"
    """Any other 4xx that AIStore wrote: the request itself is wrong."""


@frozen
class Reply:
    """
    Report an answer by HTTP, whatever its status.

    Attributes:
        status: the HTTP status.
        body: the body, as received.
        headers: the headers; names are compared without regard to case.
    """

    status: int
    body: bytes = field(default=b"", repr=lambda body: f"<{len(body)} bytes>")
    headers: Mapping[str, str] = Factory(dict[str, str])


@frozen
class Fault:
    """
    Report that there is no usable answer.

    Attributes:
        kind: why.
        message: the transport's words; what is not printable of them is left out.
    """

    kind: FaultKind
    message: str = field(default="", converter=printable)


@frozen
class NotFound:
    """
    Report that whoever was asked does not know the job.

    Attributes:
        message: the server's words; what is not printable of them is left out.
    """

    message: str = field(default="", converter=printable)


@frozen
class Unusable:
    """
    Report an answer that says nothing about the job.

    Attributes:
        trouble: why.
        message: the server's words, or what is wrong with them.
        status: the HTTP status.
        tcode: AIStore's error code.
        place: where a malformed document is malformed.
        retry_after: seconds that the server asks for, ``None`` where it does not.
        authentic: whether AIStore itself wrote it: the cluster is there, at least.
    """

    trouble: Trouble
    message: str = ""
    status: int = 0
    tcode: str = ""
    place: str = ""
    retry_after: float | None = None
    authentic: bool = False


@frozen
class Listing:
    """
    Report what a list of active jobs says of one job.

    Attributes:
        busy: whether it is on the list, and has work.
        kind: its kind, as far as the list tells.
        own: what decides of its snapshots by target, where those are listed; targets that are done with it
            may be missing.
    """

    busy: bool
    kind: str = ""
    own: Mapping[str, Sequence[Sighting]] = Factory(dict[str, "Sequence[Sighting]"])


@frozen
class ActiveJobs:
    """
    Report a whole list of active jobs.

    Attributes:
        jobs: job id to what the list says of it.
    """

    jobs: Mapping[str, Listing]


@frozen
class Accepted:
    """
    Report that a start or a stop was accepted.

    Attributes:
        text: what the server answered: the id of a started job.
    """

    text: str = ""


Observation: TypeAlias = (
    Sightings | AggregatedJobSnap | JobStatus | NotFound | Fault | Unusable | Listing | ActiveJobs | Accepted
)
"""What a machine sees."""

Event: TypeAlias = Reply | Fault | AggregatedJobSnap | JobStatus | NotFound
"""What a driver may report."""
