"""
How a driver reaches a cluster: one frozen value, from arguments and from a given environment.

Arguments win over variables. The variables are those that AIStore's own clients know
(``api/env``, ``aistore.sdk.client``); nothing here reads the environment or a file by itself.
"""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING, Any, Final, TypedDict, Unpack

from attrs import field, frozen

from .. import limits

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from attrs import Attribute

ENDPOINT: Final = "AIS_ENDPOINT"
TOKEN: Final = "AIS_AUTHN_TOKEN"  # noqa: S105 - the name of a variable
TOKEN_FILE: Final = "AIS_AUTHN_TOKEN_FILE"  # noqa: S105 - the name of a variable
CLIENT_CA: Final = "AIS_CLIENT_CA"
CERTIFICATE: Final = "AIS_CRT"
CERTIFICATE_KEY: Final = "AIS_CRT_KEY"
SKIP_VERIFY: Final = ("AIS_SKIP_VERIFY_CRT", "AIS_SKIP_VERIFY")
"""The name that counts, and the one it used to have."""
CONNECT_TIMEOUT: Final = "AIS_CONNECT_TIMEOUT"
READ_TIMEOUT: Final = "AIS_READ_TIMEOUT"
POOL_SIZE: Final = "AIS_MAX_CONN_POOL"


_YES: Final = frozenset({"1", "t", "true", "y", "yes", "on"})
_NO: Final = frozenset({"", "0", "f", "false", "n", "no", "off"})
_TOKEN_TEXT: Final = re.compile(r"[0-9A-Za-z._~+/=-]*")
_LABEL: Final = r"[0-9a-z_](?:[0-9a-z_-]{0,61}[0-9a-z_])?"
_BASE_URL: Final = rf"""
    (?: http | https ) ://
    (?: {_LABEL} (?: \. {_LABEL} )* \.? | \[ (?P<address> [0-9a-f:.]+ ) \] )
    (?: : (?P<port> [0-9]{{1,5}} ) )?
    (?: / [0-9a-z._~!$&'()*+;=:%-]* )*
"""
_HIGHEST_PORT: Final = 65_535


class Settings(TypedDict, total=False):
    """
    What both clients take as keywords; what is left out or ``None`` comes from the environment.

    The attributes of :class:`ClientConfig` tell what each of them means.
    """

    token_file: str | None
    verify: bool | str | None
    client_cert: tuple[str, str] | str | None
    connect_timeout: float | None
    request_timeout: float | None
    pool_size: int | None
    max_body: int | None


def check_endpoint(text: str) -> str:
    """
    Return the base URL of a gateway, without a slash at its end; a path prefix is kept (rule R11).

    Raises:
        ValueError: it is not the ``http`` or ``https`` URL of a host, or it is more than that.
            What may hold a secret is not repeated.
    """
    given = text.strip()
    # Beyond ASCII there are letters that are taken for an S or a K if case is ignored.
    match = re.fullmatch(_BASE_URL, given, re.ASCII | re.IGNORECASE | re.VERBOSE)
    if match is None or int(match["port"] or 0) > _HIGHEST_PORT or not _is_ipv6(match["address"]):
        shown = "this one" if set("@?#") & set(given) else repr(given)
        msg = (
            f"an endpoint is http:// or https://, a host, and at most a port and a path;"
            f" no user, query or fragment: {shown} is none"
        )
        raise ValueError(msg)
    return given.rstrip("/")


def _is_ipv6(address: str | None) -> bool:
    """Tell whether what stands in brackets may stand there; most endpoints have nothing there."""
    if address is None:
        return True
    from ipaddress import IPv6Address  # noqa: PLC0415 - dear to import, and seldom needed

    try:
        IPv6Address(address)
    except ValueError:
        return False
    return True


def check_token(given: object) -> str:
    """
    Return a token that a header can carry, without the white space around it; empty for none.

    Raises:
        ValueError: it is not a text, or has characters that no bearer token has. It is not repeated.
    """
    if not isinstance(given, str) or not _TOKEN_TEXT.fullmatch(given.strip()):
        msg = "a token is a text of letters, digits and -._~+/=, and the one given is none"
        raise ValueError(msg)
    return given.strip()


def read_token(text: str, place: str) -> str:
    """
    Read what a token file holds: ``{"token": "..."}``, as AIStore writes it, or the bare token.

    Args:
        text: the whole of the file.
        place: the name of the file, for the error.

    Raises:
        ValueError: it is neither. Nothing of it is repeated.
    """
    token: object = text
    try:
        if text.lstrip().startswith("{"):
            token = json.loads(text).get("token")
        if checked := check_token(token):
            return checked
    except (ValueError, RecursionError):
        pass
    msg = f'the token file {place!r} should hold {{"token": "..."}} or a bare token, and holds neither'
    raise ValueError(msg)


def _read_endpoints(given: str | Sequence[str]) -> tuple[str, ...]:
    return tuple(map(check_endpoint, given.split(",") if isinstance(given, str) else given))


def _read_timeout(given: Any) -> Any:  # noqa: ANN401 - a validator looks at it next
    return limits.NO_TIMEOUT if given == 0 else given


def _is_timeout(_: object, attribute: Attribute[float], value: Any) -> None:  # noqa: ANN401 - anything
    if not (isinstance(value, int | float) and 0 < value < math.inf):
        msg = f"{attribute.name} is a number of seconds, 0 for none, not {value!r}"
        raise ValueError(msg)


def _is_count(_: object, attribute: Attribute[int], value: Any) -> None:  # noqa: ANN401 - anything
    if not (isinstance(value, int) and value > 0):
        msg = f"{attribute.name} is a whole number above 0, not {value!r}"
        raise ValueError(msg)


@frozen(kw_only=True)
class ClientConfig:
    """
    All that a driver needs to reach a cluster.

    Attributes:
        endpoints: base URLs of gateways: one text, with commas between several, or a sequence.
        token: the token for ``Authorization: Bearer``; empty for none. Never in the ``repr``.
        token_file: where to read the token, and to read it again once it is refused.
        verify: whether to verify certificates, or the path of the CAs to verify them by.
        client_cert: paths of the client's certificate and its key, or of one file with both.
        connect_timeout: seconds that connecting may take; 0 for no bound but the request's own.
        request_timeout: seconds that one request of a wait may take; 0 for none but the wait's.
        pool_size: connections to keep open.
        max_body: bytes of a body that are taken.
    """

    endpoints: tuple[str, ...] = field(converter=_read_endpoints)
    token: str = field(default="", repr=False, converter=check_token)
    token_file: str | None = None
    verify: bool | str = True
    client_cert: tuple[str, str] | str | None = None
    connect_timeout: float = field(
        default=limits.CONNECT_TIMEOUT, converter=_read_timeout, validator=_is_timeout
    )
    request_timeout: float = field(
        default=limits.REQUEST_TIMEOUT, converter=_read_timeout, validator=_is_timeout
    )
    pool_size: int = field(default=limits.POOL_SIZE, validator=_is_count)
    max_body: int = field(default=limits.BODY_LIMIT, validator=_is_count)

    @classmethod
    def from_environ(
        cls,
        environ: Mapping[str, str],
        *,
        endpoint: str | Sequence[str] | None = None,
        token: str | None = None,
        needs_endpoint: bool = True,
        **settings: Unpack[Settings],
    ) -> ClientConfig:
        """
        Take each setting from its argument, else from its variable, else leave it at its default.

        Args:
            environ: the environment to look into.
            endpoint: one or more base URLs.
            token: the token; an empty one says that there is none, whatever the environment has.
            needs_endpoint: whether there has to be one: not beside a transport.
            settings: what :class:`Settings` names.

        Raises:
            ValueError: no endpoint is given, or something given is not what it should be.
        """
        arguments = {"endpoints": endpoint, "token": token, **settings}
        given: dict[str, Any] = {name: value for name, value in arguments.items() if value is not None}
        if "token" in given or "token_file" in given:
            # Either of them excludes every other token.
            given = {"token": "", "token_file": None} | given
        config: dict[str, Any] = {"endpoints": ()} | _from_variables(environ, frozenset(given)) | given
        if needs_endpoint and not config["endpoints"]:
            msg = f"no endpoint: give one, or set {ENDPOINT} (http://host:port, several with commas between)"
            raise ValueError(msg)
        return cls(**config)


def _from_variables(environ: Mapping[str, str], given: frozenset[str]) -> dict[str, Any]:
    """Read the variables of all settings that are not given; an empty one counts as unset."""
    readers = {name: reader for name, reader in _READERS.items() if name not in given}
    found = {name: reader(environ) for name, reader in readers.items()}
    return {name: value for name, value in found.items() if value is not None}


def _text(variable: str) -> Callable[[Mapping[str, str]], str | None]:
    return lambda environ: environ.get(variable, "").strip() or None


def _number(variable: str, read: Callable[[str], float]) -> Callable[[Mapping[str, str]], float | None]:
    def reader(environ: Mapping[str, str]) -> float | None:
        text = environ.get(variable, "").strip()
        try:
            return read(text) if text else None
        except ValueError:
            msg = f"{variable} is a number, not {text!r}"
            raise ValueError(msg) from None

    return reader


def _verify(environ: Mapping[str, str]) -> bool | str | None:
    for variable in SKIP_VERIFY:
        text = environ.get(variable)
        if text is None:
            continue
        if text.strip().lower() in _YES:
            return False
        if text.strip().lower() not in _NO:
            msg = f"{variable} is one of {', '.join(sorted(_YES | _NO - {''}))}, not {text!r}"
            raise ValueError(msg)
        break
    return environ.get(CLIENT_CA) or None


def _client_cert(environ: Mapping[str, str]) -> tuple[str, str] | None:
    certificate, key = environ.get(CERTIFICATE), environ.get(CERTIFICATE_KEY)
    if bool(certificate) != bool(key):
        msg = f"{CERTIFICATE} and {CERTIFICATE_KEY} go together, and only one of them is set"
        raise ValueError(msg)
    return (certificate, key) if certificate and key else None


_READERS: Final[Mapping[str, Callable[[Mapping[str, str]], object]]] = {
    "endpoints": _text(ENDPOINT),
    "token": _text(TOKEN),
    "token_file": _text(TOKEN_FILE),
    "verify": _verify,
    "client_cert": _client_cert,
    "connect_timeout": _number(CONNECT_TIMEOUT, float),
    "request_timeout": _number(READ_TIMEOUT, float),
    "pool_size": _number(POOL_SIZE, int),
}
"""How each setting is read from the environment; ``None`` where it says nothing."""
