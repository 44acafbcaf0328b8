"""
Fuzzers of what users configure: the environment, token files, and the arguments of the command line.

All of it is taken, or a ``ValueError`` says what it should be; a token is never repeated.
"""

from __future__ import annotations

import io
from contextlib import redirect_stderr, redirect_stdout
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from attrs import evolve

from ais_jobcore import BucketRef, queries
from ais_jobcore.drivers.config import TOKEN, ClientConfig, check_endpoint, check_token, read_token
from ais_jobcore.wire.http import spell
from ais_jobcore_cli.arguments import UsageError, parse
from tests.proof.fuzz.bytes import SEPARATOR, Choices, text_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

VARIABLES: Final = (
    "AIS_ENDPOINT",
    "AIS_AUTHN_TOKEN",
    "AIS_AUTHN_TOKEN_FILE",
    "AIS_CLIENT_CA",
    "AIS_CRT",
    "AIS_CRT_KEY",
    "AIS_SKIP_VERIFY_CRT",
    "AIS_SKIP_VERIFY",
    "AIS_CONNECT_TIMEOUT",
    "AIS_READ_TIMEOUT",
    "AIS_MAX_CONN_POOL",
)


def _read_file(text: str) -> str:
    return read_token(text, "FILE")


def _refusal(read: Callable[[str], str]) -> str:
    """Return the words in which a token is refused: the same for any, so that nothing of it is in them."""
    try:
        return read("no token!")
    except ValueError as error:
        return str(error)


_TOKENS: Final = {read: _refusal(read) for read in (check_token, _read_file)}


def run_environment(data: bytes) -> None:
    """Read variables, each piece a byte that names one and its value; and what else is given as text."""
    environ: dict[str, str] = {}
    for piece in data.split(SEPARATOR):
        choices = Choices(piece)
        name = choices.one_of(VARIABLES)
        environ[name] = text_of(choices.rest())
    token = environ.get(TOKEN, "").strip()
    try:
        config = ClientConfig.from_environ(environ)
    except ValueError as error:
        # Either the token itself is wrong, or the error is the same without it.
        assert str(error) in {_TOKENS[check_token], _error_without_token(environ)}
    else:
        assert config.endpoints
        assert token == config.token
        assert repr(config) == repr(evolve(config, token=""))
        _check_spelt(config)
    for text in environ.values():
        _check_texts(text)


def _error_without_token(environ: dict[str, str]) -> str:
    try:
        ClientConfig.from_environ({name: text for name, text in environ.items() if name != TOKEN})
    except ValueError as error:
        return str(error)
    return ""


def _check_spelt(config: ClientConfig) -> None:
    """Check that a request goes to the endpoint as it was given, and that its headers can be sent."""
    sent = spell(queries.ask_status("x3CgTG-3v"), config.endpoints, config.token)
    assert sent.url.startswith(config.endpoints[0])
    assert "x3CgTG-3v" in str(sent.body)
    for name, value in sent.headers.items():
        assert (name + value).isascii()
        assert (name + value).isprintable()


def _check_texts(text: str) -> None:
    try:
        endpoint = check_endpoint(text)
    except ValueError:
        pass
    else:
        parts = urlsplit(endpoint)
        assert parts.scheme.lower() in {"http", "https"}
        assert parts.hostname
        assert endpoint.isascii()
        assert parts.username is parts.password is None
        assert parts.query == parts.fragment == ""
        assert parts.port is None or 0 <= parts.port < 1 << 16
        assert check_endpoint(endpoint) == endpoint
    for read, refusal in _TOKENS.items():
        try:
            token = read(text)
        except ValueError as error:
            assert refusal == str(error)
        else:
            assert token in text
            assert token == token.strip()
            assert token.isascii()


def run_arguments(data: bytes) -> None:
    """Parse a command line, its arguments cut at zeros as those of a process are."""
    argv = [text_of(argument) for argument in data.split(b"\0")]
    try:
        with redirect_stdout(io.StringIO()) as out, redirect_stderr(io.StringIO()) as err:
            arguments = parse(argv)
    except UsageError as error:
        assert str(error)
    except SystemExit as end:
        # Help, or the version.
        assert not end.code
        assert out.getvalue()
    else:
        _check_buckets([arguments.bucket] if getattr(arguments, "bucket", None) else [])
        _check_buckets(getattr(arguments, "buckets", []))
        assert getattr(arguments, "timeout", None) is None or arguments.timeout >= 0
    assert not err.getvalue()


def _check_buckets(buckets: Sequence[BucketRef]) -> None:
    for bucket in buckets:
        assert bucket.name
        assert bucket.name.isascii()
        assert bucket.provider in {"ais", "aws", "azure", "gcp", "oci"}
