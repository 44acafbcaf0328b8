"""What the rules see: what a driver reported, after :mod:`.decode` has read it."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, TypeAlias

from attrs import Factory, frozen

from ..events import Fault, NotFound
from ..snapshots import AggregatedJobSnap, JobStatus
from .lean import Sightings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .lean import Sighting


class Trouble(enum.Enum):
    """Why an answer by HTTP says nothing about the job."""

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
