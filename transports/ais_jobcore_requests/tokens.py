"""Where the token comes from: an argument, a function of the user's, or a file that is read again."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ais_jobcore.drivers.config import check_token, read_token

if TYPE_CHECKING:
    from collections.abc import Callable

    from ais_jobcore.drivers.config import ClientConfig


class TokenSource:
    """
    Keep a token, and get a new one once it was refused.

    Args:
        config: has the token, or the file that holds it.
        fetch: called for a token instead; what it raises goes to whoever waits.

    Attributes:
        known: every token there was so far.
    """

    def __init__(self, config: ClientConfig, fetch: Callable[[], str] | None = None) -> None:
        if fetch is None:
            file = config.token_file
            fetch = partial(_read, file) if file and not config.token else lambda: config.token
        self._fetch: Callable[[], str] = fetch
        self._token: str | None = None
        self.known: set[str] = set()

    def get(self, *, refresh: bool) -> str:
        """
        Return the token, empty for none.

        Args:
            refresh: whether to get it anew: the last one was refused.

        Raises:
            ValueError: what was got is no token.
        """
        if refresh or self._token is None:
            self._token = check_token(self._fetch())
            self.known.add(self._token)
        return self._token


def _read(file: str) -> str:
    try:
        return read_token(Path(file).read_text(encoding="utf-8", errors="replace"), file)
    except OSError as error:
        msg = f"cannot read the token file {file!r}: {error.strerror}"
        raise ValueError(msg) from error
