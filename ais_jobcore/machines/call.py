"""``Call``: an operation of one request. What it asks and reads is in ``operations``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

from .. import limits
from ..decisions import Abort, Continue, Decision, Done
from ..errors import JobCoreError
from ..events import Fault, Reply
from ..options import WaitOptions
from ..rules.faults import TOKEN, may_send_again
from ..rules.messages import fault_error
from ..rules.pacing import jittered, retry
from ..wire.observations import Unusable
from .loading import load

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..queries import Request
    from ..wire.observations import Observation
    from .protocols import Event

T = TypeVar("T")


class Call(Generic[T]):
    """
    Send one request, again after faults, and read the answer. Not thread-safe.

    Args:
        request: what to send.
        read: makes the result of the answer, or raises what is to be raised instead.
        idempotent: whether sending it twice is the same as sending it once.
        options: request time-out, endpoints and seed.
    """

    def __init__(
        self,
        request: Request,
        read: Callable[[Observation], T],
        *,
        idempotent: bool = True,
        options: WaitOptions | None = None,
    ) -> None:
        self._request = request
        self._read = read
        self._idempotent = idempotent
        self._options = options or WaitOptions()
        self._attempts = 0
        self._endpoint = 0
        self._refreshed = False
        self._decision: Decision[T] | None = None

    def start(self, now: float) -> Decision[T]:
        """
        Begin. One request needs no clock; the argument is the protocol's.

        Raises:
            RuntimeError: it has begun already.
        """
        del now
        if self._decision is not None:
            msg = "this operation was started already"
            raise RuntimeError(msg)
        load()
        return self._ask(0.0, "the operation begins")

    def handle(self, event: Event, now: float) -> Decision[T]:
        """
        Take what came of the request.

        Raises:
            RuntimeError: it has not begun, or is over.
        """
        del now
        if not isinstance(self._decision, Continue):
            msg = "this operation is over" if self._decision else "this operation was not started yet"
            raise RuntimeError(msg)  # noqa: TRY004 - a call out of turn
        seen = load().decode(self._decision.request, event) if isinstance(event, Reply) else event
        self._decision = self._decide(seen)
        return self._decision

    def _decide(self, seen: Observation) -> Decision[T]:
        if not isinstance(seen, Fault | Unusable):
            try:
                return Done(self._read(seen), "answered")
            except JobCoreError as refusal:
                return Abort(None, refusal, str(refusal))
        error = fault_error(seen)
        reason = f"cannot ask: {error}"
        if isinstance(seen, Unusable) and seen.trouble in TOKEN and not self._refreshed:
            self._refreshed = True
            return self._ask(0.0, reason, refresh_token=True)
        if self._attempts >= limits.ATTEMPTS or not may_send_again(seen, idempotent=self._idempotent):
            return Abort(None, error, reason)
        self._endpoint = (self._endpoint + 1) % self._options.endpoints
        delay = jittered(retry(self._attempts), self._options.seed, self._attempts)
        asked_for = seen.retry_after if isinstance(seen, Unusable) else None
        return self._ask(max(delay, min(asked_for or 0.0, limits.LAST_RETRY)), reason)

    def _ask(self, delay: float, reason: str, *, refresh_token: bool = False) -> Continue:
        self._attempts += 1
        request = self._request.addressed(
            timeout=self._options.request_timeout, endpoint=self._endpoint, refresh_token=refresh_token
        )
        self._decision = Continue(delay, request, reason)
        return self._decision
