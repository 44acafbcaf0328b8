"""Where the token comes from: an argument, a function of the user's, or a file that is read again."""

from __future__ import annotations

from functools import partial
from inspect import isawaitable
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from .config import ClientConfig

Fetch: TypeAlias = "Callable[[], str | Awaitable[str]]"
"""A function that returns a token, a coroutine function if need be."""


class TokenSource:
    """
    A token, kept until it is refused.

    Args:
        config: has the token, or the name of the file that holds it.
        fetch: called for a token instead; what it raises goes to the caller of the wait.
        read: reads a token file by its name, and may be a coroutine function.

    Attributes:
        known: every token so far.
    """

    def __init__(
        self,
        config: ClientConfig,
        fetch: Fetch | None = None,
        *,
        read: Callable[[str], str | Awaitable[str]],
    ) -> None:
        self._given = config.token
        if fetch is None and config.token_file and not config.token:
            fetch = partial(read, config.token_file)
        self._fetch = fetch
        self._token: str | None = None
        self.known: set[str] = set()

    def __getstate__(self) -> Mapping[str, object]:
        """
        Return what is pickled: where the token comes from, and none that was fetched.

        Raises:
            PicklingError: the function that fetches it cannot be pickled.
        """
        import pickle  # noqa: PLC0415 - few clients are pickled

        try:
            pickle.dumps(self._fetch)
        except Exception as error:
            msg = f"the token function {self._fetch!r} cannot be pickled; one at the top of a module can be"
            raise pickle.PicklingError(msg) from error
        return vars(self) | {"_token": None, "known": set[str]()}

    def get(self, *, refresh: bool) -> str:
        """
        Return the token, empty for none.

        Args:
            refresh: whether to get it anew: the last one was refused.

        Raises:
            ValueError: what was got is no token.
        """
        if refresh or self._token is None:
            return self._keep(self._ask())
        return self._token

    async def get_async(self, *, refresh: bool) -> str:
        """Return the token as :meth:`get` does, and await what fetches it, where that is to be awaited."""
        if refresh or self._token is None:
            fetched = self._ask()
            return self._keep(await fetched if isawaitable(fetched) else fetched)
        return self._token

    def _ask(self) -> object:
        return self._given if self._fetch is None else self._fetch()

    def _keep(self, fetched: object) -> str:
        from .config import check_token  # noqa: PLC0415 - loaded with the first client

        self._token = check_token(fetched)
        self.known.add(self._token)
        return self._token
