"""Where the token comes from, for both drivers."""

from __future__ import annotations

import asyncio
import pickle

import pytest

from ais_jobcore.drivers.config import ClientConfig
from ais_jobcore.drivers.files import read_token_file
from ais_jobcore.drivers.tokens import TokenSource


def config(**settings: str) -> ClientConfig:
    """Make a configuration."""
    return ClientConfig(endpoints="http://localhost", **settings)  # type: ignore[arg-type]


def no_file(file: str) -> str:
    """Be what reads files where none is to be read."""
    raise AssertionError(file)


def both(source: TokenSource, *refreshed: bool) -> list[str]:
    """Ask for the token in both ways, in turn."""
    return [
        asyncio.run(source.get_async(refresh=refresh)) if place % 2 else source.get(refresh=refresh)
        for place, refresh in enumerate(refreshed)
    ]


def test_given_token_stays() -> None:
    """A token that was given is no other when it was refused, and no file is read; by default it is empty."""
    assert ["one"] * 4 == both(
        TokenSource(config(token="one", token_file="x"), read=no_file), False, False, True, True
    )
    assert ["", ""] == both(TokenSource(config(), read=no_file), False, True)


def test_function_is_called_again_when_its_token_was_refused() -> None:
    """What a function returns is kept until it is refused, whatever else is configured."""
    tokens = iter([" one\n", "two", "three"])
    source = TokenSource(config(token_file="x"), lambda: next(tokens), read=no_file)
    assert ["one", "one", "two", "three", "three"] == both(source, False, False, True, True, False)
    assert {"one", "two", "three"} == source.known


def test_coroutine_function_is_awaited() -> None:
    """A coroutine function may fetch the token, where it can be awaited."""

    async def fetch() -> str:
        await asyncio.sleep(0)
        return "one"

    assert "one" == asyncio.run(TokenSource(config(), fetch, read=no_file).get_async(refresh=False))


def test_file_is_read_again_when_its_token_was_refused() -> None:
    """A file is read by its name, by what the driver reads files with."""
    read: list[str] = []

    def note(file: str) -> str:
        read.append(file)
        return f"token-{len(read)}"

    source = TokenSource(config(token_file="auth.token"), read=note)
    assert ["token-1", "token-1", "token-2"] == both(source, False, False, True)
    assert ["auth.token"] * 2 == read


def test_what_is_no_token() -> None:
    """What no header can carry is a ``ValueError`` each time, and is not known as a token."""
    source = TokenSource(config(), lambda: "a b", read=no_file)
    for refresh in (False, True):
        with pytest.raises(ValueError, match="letters, digits"):
            source.get(refresh=refresh)
    assert set() == source.known


def test_source_of_a_file_can_be_pickled() -> None:
    """Nothing about a file that holds a token keeps a client from being pickled."""
    source = TokenSource(config(token_file="auth.token"), read=read_token_file)
    assert isinstance(pickle.loads(pickle.dumps(source)), TokenSource)  # noqa: S301 - made a moment ago


def test_pickled_source_has_no_token_that_was_fetched() -> None:
    """A token is fetched anew where the pickle is loaded."""
    source = TokenSource(config(token="given"), read=no_file)
    assert "given" == source.get(refresh=False)
    again = pickle.loads(pickle.dumps(source))  # noqa: S301 - made a moment ago
    assert set() == again.known
    assert {"given"} == source.known
    assert vars(source).keys() == vars(again).keys()
    assert again._token is None
    assert "given" == again.get(refresh=False)


def test_function_that_cannot_be_pickled_is_named() -> None:
    """The error shows the function, and says which functions can be."""
    source = TokenSource(config(), lambda: "tok", read=no_file)
    with pytest.raises(
        pickle.PicklingError, match=r"<lambda>.* cannot be pickled; one at the top of a module"
    ):
        pickle.dumps(source)
