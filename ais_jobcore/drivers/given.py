"""What callers give to a client or a job, made into what the core takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias, TypeVar, cast

from attrs import evolve

from ..machines.group import GroupWait
from ..machines.job import JobWait
from ..options import WaitOptions, is_given
from ..snapshots import BucketRef

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from ..machines.group import ReturnWhen
    from ..options import Until

J = TypeVar("J")


class BucketLike(Protocol):
    """A bucket of the official SDK: its provider is an enum, its namespace an object, or ``None``."""

    @property
    def name(self) -> str:
        """Its name."""
        ...

    @property
    def provider(self) -> object:
        """Its provider: a text, or an enum of texts."""
        ...

    @property
    def namespace(self) -> object:
        """Its namespace: a mapping or an object with ``uuid`` and ``name``, or ``None``."""
        ...


Bucket: TypeAlias = BucketRef | BucketLike
"""A bucket, of this library or of the official SDK."""


class NamedJob(Protocol):
    """A job by its names: of either driver, or of the official SDK."""

    @property
    def job_id(self) -> str:
        """Its id, empty for all jobs of the kind."""
        ...

    @property
    def job_kind(self) -> str:
        """Its kind, empty if the id says it all."""
        ...


_BESIDE_A_TRANSPORT: Final = frozenset({"request_timeout"})
"""The settings that have an effect where a transport is given."""


def to_bucket(given: Bucket) -> BucketRef:
    """
    Make a bucket of this library from the official SDK's.

    Raises:
        ValueError: it is not a bucket.
    """
    if isinstance(given, BucketRef):
        return given
    try:
        provider = getattr(given.provider, "value", given.provider)
        return BucketRef(given.name, str(provider), _to_namespace(given.namespace))
    except AttributeError:
        msg = f"a bucket has a name, a provider and a namespace, unlike {given!r}"
        raise ValueError(msg) from None


def _to_namespace(given: Any) -> dict[str, str] | None:  # noqa: ANN401 - whatever a bucket has
    if given is None:
        return None
    fields = (
        cast("Mapping[str, object]", given)
        if isinstance(given, Mapping)
        else {"uuid": given.uuid, "name": given.name}
    )
    return {name: str(fields[name]) for name in ("uuid", "name") if fields.get(name)}


def to_options(
    given: WaitOptions | None, *, seed: Callable[[], int], request_timeout: float, endpoints: int
) -> WaitOptions:
    """
    Complete the options of one operation by what the driver knows; what is given wins.

    Args:
        given: the user's; ``None`` for the defaults.
        seed: draws one, for options without.
        request_timeout: seconds that one request may take, unless the user's options say so.
        endpoints: how many endpoints the transport has, unless the user's options say so.
    """
    options = given or WaitOptions()
    return evolve(
        options,
        seed=options.seed if is_given(options.seed) else seed(),
        request_timeout=options.request_timeout if is_given(options.request_timeout) else request_timeout,
        endpoints=options.endpoints if is_given(options.endpoints) else endpoints,
    )


def to_jobs(given: Iterable[J]) -> list[J]:
    """
    List jobs, or their ids.

    Raises:
        ValueError: it is one text, whose letters are no ids.
    """
    if isinstance(given, str):
        msg = f"several jobs were expected, not the text {given!r}"
        raise ValueError(msg)  # noqa: TRY004 - bad input is a ValueError everywhere
    return list(given)


def to_group(
    jobs: Sequence[NamedJob | str],
    timeout: float | None,
    until: str | Until,
    options: WaitOptions,
    return_when: str | ReturnWhen = "all",
) -> GroupWait:
    """
    Make one group of the waits for several jobs.

    One seed for all lets them ask in step, which is what one list for all of them needs.

    Args:
        jobs: jobs, or their ids.
        timeout: seconds for each of them.
        until: what is waited for.
        options: the settings of every wait.
        return_when: ``all``, ``first`` or ``first-failure``.

    Raises:
        ValueError: one of them names no job, or an argument is not what it should be.
    """
    names = [(job, "") if isinstance(job, str) else (job.job_id, job.job_kind) for job in jobs]
    waits = [JobWait(job_id, kind, timeout, until, options=options) for job_id, kind in names]
    return GroupWait(waits, return_when)


def refuse_without_effect(given: Mapping[str, object], *, beside_transport: bool) -> None:
    """
    Refuse the settings that have no effect beside a transport, or beside a token.

    Raises:
        ValueError: there are some.
    """
    names = [name for name, value in given.items() if value is not None and name not in _BESIDE_A_TRANSPORT]
    if beside_transport and names:
        msg = f"no effect beside a transport: {', '.join(names)}; give them to the transport"
        raise ValueError(msg)
    if given["token"] and "token_file" in names:
        msg = "no effect beside a token: token_file; give only one of them"
        raise ValueError(msg)
