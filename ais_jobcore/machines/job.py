"""
``JobWait``: the rules of ``wait`` behind the two calls that a driver makes, and what people need around them.

A machine is not thread-safe: one driver at a time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from attrs import evolve

from .. import limits
from ..decisions import Continue, Decision, Done
from ..events import Reply
from ..kinds import find_kind, kind_of_id, named_kind, require_waitable
from ..options import Until, WaitOptions, check_timeout
from ..rules.state import NOTHING_KNOWN, Known, Phase, Question, WaitState, shifted
from ..text import printable
from .loading import load as load_all
from .protocols import Event

if TYPE_CHECKING:
    from ..events import Fault
    from ..results import WaitResult
    from ..schedules import Schedule
    from ..snapshots import BucketRef
    from ..wire.observations import Listing, Unusable

D = TypeVar("D", bound="Decision[WaitResult] | None")


class JobWait:
    """
    Wait for one job.

    Call :meth:`start` once; as long as the decision is a ``Continue``, sleep its ``delay``, send its
    ``request``, and pass what comes of it to :meth:`handle`.

    Args:
        job_id: the job. Without it, the one active job of the kind is found and waited for by its id.
        kind: its kind, by name or display name. With an id it is a hint that can do no harm.
        timeout: seconds until the deadline; ``None`` for never; with 0 nothing is ever slept.
        until: ``auto`` (by kind), ``finished``, ``idle``, ``single``, ``started`` or ``not-running``.
        bucket: where to look for the job, if only the kind is given.
        options: the settings.

    Raises:
        ValueError: neither id nor kind, an unknown kind without an id, a kind that nobody can wait
            for, a negative time-out, an unknown ``until``.
    """

    __slots__ = ("__weakref__", "_begun", "_decision", "_state")

    def __init__(  # noqa: PLR0917 - the order is part of the public interface
        self,
        job_id: str = "",
        kind: str = "",
        timeout: float | None = limits.WAIT_TIMEOUT,
        until: str | Until = "auto",
        bucket: BucketRef | None = None,
        options: WaitOptions | None = None,
    ) -> None:
        name, notes = _settle_kind(job_id, kind)
        self._state = WaitState(
            Question(_settle_until(until), check_timeout(timeout), bucket, options or WaitOptions()),
            job_id,
            name,
            Phase.WATCH if job_id else Phase.FIND,
            known=Known(notes=notes) if notes else NOTHING_KNOWN,
        )
        self._decision: Decision[WaitResult] | None = None
        self._begun = False

    @property
    def state(self) -> WaitState:
        """The frozen state."""
        return self._state

    @property
    def decision(self) -> Decision[WaitResult] | None:
        """The last decision; ``None`` before the start."""
        return self._decision

    def start(self, now: float) -> Decision[WaitResult]:
        """
        Begin; or, after :meth:`load`, go on where the saved wait was.

        Args:
            now: this moment of a monotonic clock, in seconds; the same clock as in :meth:`handle`.

        Raises:
            RuntimeError: it has begun already.
        """
        state, decision = self._state, self._decision
        rules = load_all()
        if self._begun:
            msg = "this wait was started already"
            raise RuntimeError(msg)
        if decision is None:
            return self._take(*rules.step(shifted(state, now), None, now))
        if isinstance(decision, Continue):
            decision = evolve(decision, delay=max(0.0, state.question.started_at + state.due - now))
        return self._take(state, decision)

    def handle(self, event: Event, now: float) -> Decision[WaitResult]:
        """
        Take what came of the pending request.

        Args:
            event: a ``Reply`` or ``Fault``, or an already decoded ``AggregatedJobSnap``, ``JobStatus``
                or ``NotFound``.
            now: this moment; one that goes back counts as the last one.

        Raises:
            RuntimeError: it has not begun, or is over. Nothing changes.
            TypeError: the event is something else. Nothing changes.
        """
        if self._decision is None:
            msg = "this wait was not started yet"
            raise RuntimeError(msg)
        if not isinstance(self._decision, Continue):
            msg = f"this wait is over: {self._decision.reason}"
            raise RuntimeError(msg)  # noqa: TRY004 - a call out of turn
        rules = load_all()
        if isinstance(event, Reply):
            return self._take(*rules.step(self._state, rules.decode(self._decision.request, event), now))
        if not isinstance(event, Event):  # pyright: ignore[reportUnnecessaryIsInstance] - not all callers are typed
            shown = printable(repr(event), limits.SHOWN_VALUE)
            msg = f"a Reply, a Fault or a decoded value was expected, not {shown}"
            raise TypeError(msg)
        return self._take(*rules.step(self._state, event, now))

    def handle_shared(
        self, seen: Listing | Fault | Unusable, now: float, *, asked: float, endpoint: int
    ) -> Decision[WaitResult]:
        """
        Take what came of a request that was sent for several waits, in the place of the pending one.

        Args:
            seen: what the list says of this job, or why it says nothing.
            now: this moment.
            asked: when the list was asked for, on the same clock.
            endpoint: which endpoint was asked.

        Raises:
            RuntimeError: the wait has not begun, or is over. Nothing changes.
        """
        if not isinstance(self._decision, Continue):
            msg = "this wait is not under way"
            raise RuntimeError(msg)  # noqa: TRY004 - a call out of turn
        return self._take(*load_all().step_shared(self._state, seen, now, asked=asked, endpoint=endpoint))

    def _take(self, state: WaitState, decision: D) -> D:
        self._state, self._decision, self._begun = state, decision, True
        return decision

    def save(self) -> str:
        """
        Write the whole wait as versioned JSON, to be continued by :meth:`load`, maybe elsewhere.

        A schedule of your own is named by its class, and nothing else of it is kept.
        """
        return load_all().dump(self._state, self._decision)

    @classmethod
    def load(cls, text: str, now: float, elapsed: float = 0.0, schedule: Schedule | None = None) -> JobWait:
        """
        Load a saved wait, to be driven on like any other: by ``start``, or by sending its pending request.

        Args:
            text: what :meth:`save` wrote.
            now: this moment, on any monotonic clock.
            elapsed: seconds since the save that count against the time-out.
            schedule: the schedule, where the wait had one of your own; it takes the place of the saved one.

        Raises:
            ValueError: the text is not a saved wait, or of a newer version, or its schedule has to be given;
                the place is named.
        """
        return cls.of(*load_all().restore(text, now, elapsed, schedule))

    @classmethod
    def of(cls, state: WaitState, decision: Decision[WaitResult] | None = None) -> JobWait:
        """
        Make a wait of its state.

        Args:
            state: what is known.
            decision: the decision that belongs to it; ``None`` for a wait that was not started.
        """
        wait = cls(state.job_id, "" if state.job_id else state.kind)
        wait._state, wait._decision = state, decision
        return wait

    def explain(self, now: float) -> str:
        """Say in one line why it is not done yet, or how it ended."""
        state, decision = self._state, self._decision
        name = printable(state.job_id) or f"a job of kind {state.kind!r}"
        if decision is None:
            return f"{name}: not started"
        if not isinstance(decision, Continue):
            verb = "done" if isinstance(decision, Done) else "failed"
            return f"{name}: {verb} after {state.now:.1f} s: {decision.reason}"
        waited = max(now - state.question.started_at, state.now)
        left = (
            "no deadline"
            if state.question.timeout is None
            else f"{max(0.0, state.question.timeout - waited):.1f} s left"
        )
        return (
            f"{name}: {decision.reason}; asked {state.polls} times in {waited:.1f} s, "
            f"{left}; next: {state.asked.value} in {max(0.0, state.due - waited):.2f} s"
        )

    def __repr__(self) -> str:
        """Name the job and where the wait is."""
        return f"<JobWait {self._state.job_id or self._state.kind!r} {self._state.phase.value}>"


def _settle_kind(job_id: str, kind: str) -> tuple[str, tuple[str, ...]]:
    """Choose the kind to begin with: what the id gives away counts more than what the caller says (V18)."""
    if not job_id and not kind:
        msg = "a wait needs the id of a job, or a kind"
        raise ValueError(msg)
    if not job_id:
        return require_waitable(named_kind(kind)).name, ()
    given = find_kind(kind)
    if given is not None:
        require_waitable(given)
    fits = given is not None and job_id.startswith(given.prefixes)
    known = given if fits else kind_of_id(job_id) or given
    notes = () if given or not kind else (f"kind {kind!r} is not known: the id decides",)
    return known.name if known else "", notes


def _settle_until(until: str | Until) -> Until:
    try:
        return Until(until)
    except ValueError:
        allowed = ", ".join(each.value for each in Until)
        msg = f"until is one of {allowed}, not {until!r}"
        raise ValueError(msg) from None
