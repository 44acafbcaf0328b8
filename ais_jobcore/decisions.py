"""
What a machine decides: one of three values for every input, each with its own reason.

A driver obeys: it sleeps and sends on ``Continue``, returns on ``Done``, and on ``Abort``
returns the result or raises the error, whichever is set.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeAlias, TypeVar, cast

from attrs import frozen

if TYPE_CHECKING:
    from .errors import JobCoreError
    from .queries import Request

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


@frozen(weakref_slot=False)
class Continue:
    """
    Tell the driver to sleep, then to send a request and report what came of it.

    Attributes:
        delay: seconds to sleep, 0 or more.
        request: what to send then.
        reason: why it is not over.
    """

    delay: float
    request: Request
    reason: str


@frozen
class Done(Generic[T_co]):
    """
    Tell the driver that it is over, and well.

    Attributes:
        result: what to return.
        reason: what proved it.
    """

    result: T_co
    reason: str

    def unwrap(self) -> T_co:
        """Return the result."""
        return self.result


@frozen
class Abort(Generic[T_co]):
    """
    Tell the driver that it is over, and not well. Exactly one of the first two is set.

    Attributes:
        result: what to return: the *job* ended badly.
        error: what to raise: the *wait* could not be completed.
        reason: what proved it.
    """

    result: T_co | None
    error: JobCoreError | None
    reason: str

    def unwrap(self) -> T_co:
        """
        Return the result, where it is the job that ended badly.

        Raises:
            JobCoreError: the wait could not be completed.
        """
        if self.error is not None:
            raise self.error
        return cast("T_co", self.result)


Decision: TypeAlias = Continue | Done[T] | Abort[T]
"""What a machine decides."""
