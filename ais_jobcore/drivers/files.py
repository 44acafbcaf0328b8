"""
What drivers read from files: a token, and what TLS needs.

Both drivers need the same of it, and no other module of this folder opens a file. A driver hands
:func:`read_token_file` to its :class:`~ais_jobcore.drivers.tokens.TokenSource`, or reads in a thread.
"""

from __future__ import annotations

import ssl
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from .config import ClientConfig

_CALLERS: Final = 7
"""Frames from here to the line that makes a client: the warning is about that line."""


def read_token_file(file: str) -> str:
    """
    Read a token from its file.

    Raises:
        ValueError: the file cannot be read, or holds no token. Nothing of it is repeated.
    """
    try:
        text = Path(file).read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        msg = f"cannot read the token file {file!r}: {error.strerror}"
        raise ValueError(msg) from error
    from .config import read_token  # noqa: PLC0415 - loaded with the first client

    return read_token(text, file)


def tls_context(config: ClientConfig) -> ssl.SSLContext | None:
    """
    Load the files that TLS needs, so that a wrong path is known before the first request.

    Returns:
        What verifies servers, and shows the client's own certificate, as configured; ``None`` where no
        file is named.

    Raises:
        ValueError: a file cannot be used.
    """
    verify, given = config.verify, config.client_cert
    if verify is False and any(url.lower().startswith("https") for url in config.endpoints):
        warnings.warn("TLS certificates are not verified: anybody can answer", stacklevel=_CALLERS)
    if isinstance(verify, bool) and given is None:
        return None
    try:
        context = _context(verify)
        if given is not None:
            certificate, key = (given, None) if isinstance(given, str) else given
            # A key with a password would ask for it at the terminal.
            context.load_cert_chain(certificate, key, password="")
    except OSError as error:
        msg = f"cannot use the files for TLS, {verify!r} and {given!r}: {error}"
        raise ValueError(msg) from error
    return context


def _context(verify: bool | str) -> ssl.SSLContext:  # noqa: FBT001 - a setting
    if isinstance(verify, str):
        folder = Path(verify).is_dir()
        return (
            ssl.create_default_context(capath=verify) if folder else ssl.create_default_context(cafile=verify)
        )
    context = ssl.create_default_context()
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
