"""
A client of a cluster, with all that the clients of both drivers have in common: everything but ``await``.

Their public methods are declared and documented here, and in :mod:`~ais_jobcore.drivers.job` for jobs.
A driver overrides them by methods that run what is made here, without docstrings of their own:
``help`` and editors show those of the method that is overridden.

What a client runs is imported when the first one is made. So the import of a driver is cheap, and no package
that is upgraded or removed during a wait takes the end of the wait with it.
"""

from __future__ import annotations

from abc import abstractmethod
from contextlib import AbstractContextManager, nullcontext
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar, Final, Generic, TypeVar, Unpack
from urllib.parse import urlsplit

from ..limits import WAIT_TIMEOUT
from .learning import LearningBase

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from ..machines.group import Completions, GroupWait, ReturnWhen
    from ..machines.job import JobWait
    from ..machines.protocols import Operation
    from ..options import Until, WaitOptions
    from ..recording.writing import RecordTo
    from ..results import WaitResult
    from .config import Settings
    from .given import NamedJob
    from .logs import Narrator
    from .protocols import Traits
    from .tokens import Fetch

S = TypeVar("S")
J = TypeVar("J", bound="NamedJob | str")

_NEEDED: Final = (".given", ".logs", ".protocols", "..machines.group", "..machines.operations", "..recording")
"""What clients and jobs import within their methods; :func:`_load` has imported it by then."""


class ClientBase(LearningBase, Generic[S]):
    """A client of a cluster, of either driver; ``S`` is what its requests are sent through."""

    _environ: ClassVar[Mapping[str, str]]
    """The environment of the process."""
    _needed: ClassVar[Sequence[str]]
    """The modules of the driver that are not imported with it."""

    @staticmethod
    @abstractmethod
    def _draw(bits: int, /) -> int:
        """Draw a number of so many bits."""

    def __init__(
        self,
        endpoint: str | Sequence[str] | None,
        *,
        token: str | Fetch | None,
        transport: S | None,
        clock: Callable[[], float],
        sleep: Callable[[float], Any],
        seed: int | None,
        **settings: Unpack[Settings],
    ) -> None:
        """
        Make a client.

        Args:
            endpoint: the base URL of a gateway, or several of them; default ``AIS_ENDPOINT``.
            token: the token, or a function that returns one and is called again when it was refused; in
                asyncio it may be a coroutine function. Default ``AIS_AUTHN_TOKEN``, then the file that
                ``AIS_AUTHN_TOKEN_FILE`` names.
            transport: what requests are sent through instead. The environment is left alone then, the
                transport tells how many endpoints there are, and its maker closes it.
            clock: gives monotonic seconds.
            sleep: takes seconds; in asyncio it is awaited.
            seed: where the jitter of waits comes from; by default one is drawn for each of them.
            settings: what :class:`~ais_jobcore.drivers.config.Settings` names.

        Raises:
            TypeError: there is no setting of that name.
            ValueError: there is no endpoint, something given is not what it should be, or has no effect
                beside the rest.
        """
        from .config import ClientConfig, Settings
        from .given import refuse_without_effect

        _load(self._needed)
        for name in settings.keys() - Settings.__annotations__.keys():
            msg = f"{type(self).__name__} has no setting {name!r}"
            raise TypeError(msg)
        given = {"endpoint": endpoint, "token": token, **settings}
        refuse_without_effect(given, beside_transport=transport is not None)
        self._config = ClientConfig.from_environ(
            self._environ if transport is None else {},
            endpoint=endpoint,
            token="" if callable(token) else token,
            needs_endpoint=transport is None,
            **settings,
        )
        self._took = {}
        self._clock = clock
        self._sleep = sleep
        self._seed = seed
        self._owns = transport is None
        self._transport = (
            self._connect(token if callable(token) else None) if transport is None else transport
        )

    def _narrator(self, subject: str, *, verbose: bool) -> Narrator:
        from .logs import Narrator

        return Narrator(subject, verbose=verbose)

    def __setstate__(self, state: Mapping[str, object]) -> None:
        _load(self._needed)
        vars(self).update(state)

    @abstractmethod
    def _connect(self, token: Fetch | None) -> S:
        """Make a transport of the client's own."""

    @abstractmethod
    def close(self) -> object:
        """Close the connections, unless the transport was given."""

    @abstractmethod
    def job(self, job_id: str = "", job_kind: str = "") -> object:
        """Name a job; nothing is sent yet."""

    @abstractmethod
    def run(self, operation: Operation[Any], *, verbose: bool = False, subject: str = "") -> object:
        """
        Run any operation of the core to its end, and return its result.

        Args:
            operation: a wait, or another one; its options best come from :meth:`options`. A loaded wait
                is taken up where it stopped.
            verbose: whether changes and the end are logged as INFO rather than DEBUG.
            subject: what log records call it.

        Raises:
            JobCoreError: what the operation ends with. In the sync driver, a ``TransportFault`` is the
                matching exception of requests as well.
        """

    @abstractmethod
    def wait_all(
        self,
        jobs: Iterable[Any],
        timeout: float | None = WAIT_TIMEOUT,
        *,
        return_when: str | ReturnWhen = "all",
        verbose: bool = True,
        until: str | Until = "auto",
        options: WaitOptions | None = None,
    ) -> object:
        """
        Wait for several jobs at little more than the price of one.

        Args:
            jobs: jobs of any kinds, or their ids.
            timeout: seconds for each of them; ``None`` for ever.
            return_when: ``all``, ``first`` (one ended) or ``first-failure`` (one ended badly, or all ended).
            verbose: whether changes and the end are logged as INFO rather than DEBUG.
            until: as in the ``wait`` of a job.
            options: the settings of every wait.

        Returns:
            In the order given, how each job ended, or why its wait could not be completed; ``None`` for
            those under way. Nothing is raised for one job alone.

        Raises:
            ValueError: one of them names no job, or an argument is not what it should be.
        """

    @abstractmethod
    def as_completed(
        self,
        jobs: Iterable[Any],
        timeout: float | None = WAIT_TIMEOUT,
        *,
        verbose: bool = True,
        until: str | Until = "auto",
        options: WaitOptions | None = None,
    ) -> object:
        """
        Wait for several jobs, and tell of each as it ends, first come, first served.

        Between two of them time passes for the waits up to the moment when they would ask next, and no
        further: work on a job that ended makes no other one late.

        Args:
            jobs: jobs of any kinds, or their ids.
            timeout: seconds for each of them; ``None`` for ever.
            verbose: whether changes and the end are logged as INFO rather than DEBUG.
            until: as in the ``wait`` of a job.
            options: the settings of every wait.

        Returns:
            Pairs of a job, as it was given, and how it ended, or why its wait could not be completed.

        Raises:
            ValueError: one of them names no job, or an argument is not what it should be; at once.
        """

    def options(self, given: WaitOptions | None = None) -> WaitOptions:
        """Complete the options of one operation by what the client knows; what is given wins."""
        from .given import to_options

        return to_options(
            given,
            seed=self._next_seed,
            request_timeout=self._config.request_timeout,
            endpoints=self._traits().endpoints,
        )

    def _traits(self) -> Traits:
        from .protocols import Traits

        return Traits.of(self._transport)

    def _next_seed(self) -> int:
        return self._draw(63) if self._seed is None else self._seed

    def recorded(
        self, wait: JobWait, record: RecordTo | None
    ) -> AbstractContextManager[Operation[WaitResult]]:
        """
        Have a wait written down as long as the context lasts: run what the context gives in its place.

        Args:
            wait: the wait, not started yet.
            record: the file for its transcript, or a :class:`~ais_jobcore.recording.Record`;
                ``None`` for no transcript.

        Raises:
            OSError: the file cannot be written.
            ValueError: the wait was started already.
        """
        if record is None:
            return nullcontext(wait)
        from ..recording import Recorder

        hosts = [urlsplit(endpoint).hostname or "" for endpoint in self._config.endpoints]
        return Recorder(wait, record, secrets=self._secrets, hosts=hosts)

    def _secrets(self) -> frozenset[str]:
        return self._traits().secrets

    def _group(
        self,
        jobs: Iterable[NamedJob | str],
        timeout: float | None,
        until: str | Until,
        options: WaitOptions | None,
        return_when: str | ReturnWhen = "all",
    ) -> GroupWait:
        """Make what ``wait_all`` runs."""
        from .given import to_group, to_jobs

        return to_group(to_jobs(jobs), timeout, until, self.options(options), return_when)

    def _completions(
        self, jobs: Iterable[J], timeout: float | None, until: str | Until, options: WaitOptions | None
    ) -> tuple[list[J], Completions]:
        """Make what ``as_completed`` runs, again and again, and list the jobs."""
        from ..machines.group import Completions
        from .given import to_jobs

        named = to_jobs(jobs)
        return named, Completions(self._group(named, timeout, until, options))


def _load(names: Iterable[str]) -> None:
    """Import all that a client can run, and the modules of the driver by these names."""
    from ..machines.loading import load

    for name in (*_NEEDED, *names):
        import_module(name, __package__)
    load()
