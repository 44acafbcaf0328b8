"""What drivers read from files: a token, and what TLS needs."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Any

import pytest

from ais_jobcore.drivers.config import ClientConfig
from ais_jobcore.drivers.files import read_token_file, tls_context
from ais_jobcore_requests import Client
from tests.transports.wire import CERTIFICATE

if TYPE_CHECKING:
    from pathlib import Path

HTTPS = "https://localhost"


def config(endpoint: str = HTTPS, **settings: Any) -> ClientConfig:  # noqa: ANN401 - whatever there is
    """Make a configuration."""
    return ClientConfig(endpoints=endpoint, **settings)


def test_token_file(tmp_path: Path) -> None:
    """A token file is AIStore's document, or the bare token."""
    file = tmp_path / "auth.token"
    file.write_text('{"token": "one"}')
    assert "one" == read_token_file(str(file))
    file.write_text("two\n")
    assert "two" == read_token_file(str(file))


@pytest.mark.parametrize("data", [None, b"", b"{}", b"\xff\xfe", b"a b"])
def test_token_file_without_a_token(tmp_path: Path, data: bytes | None) -> None:
    """A file that cannot be read, or holds no token, is a ``ValueError`` that names it."""
    file = tmp_path / "auth.token"
    if data is not None:
        file.write_bytes(data)
    with pytest.raises(ValueError, match=r"token file '.*auth\.token'"):
        read_token_file(str(file))


@pytest.mark.parametrize("verify", [True, False])
def test_nothing_is_loaded_where_no_file_is_named(verify: bool) -> None:
    """Without a file there is no context: the libraries have one of their own."""
    assert tls_context(config("http://localhost", verify=verify)) is None


def test_context_verifies_as_configured(tmp_path: Path) -> None:
    """Authorities come from a file or a folder; the client's own certificate from one file or two."""
    certificate = str(CERTIFICATE)
    named = tls_context(config(verify=certificate))
    assert named is not None
    assert 1 == len(named.get_ca_certs())
    for settings in (
        {"verify": str(tmp_path)},
        {"client_cert": certificate},
        {"client_cert": (certificate, certificate)},
    ):
        context = tls_context(config(**settings))
        assert context is not None
        assert (ssl.CERT_REQUIRED, True) == (context.verify_mode, context.check_hostname)


def test_context_without_verification() -> None:
    """Without verification the client's certificate is shown, and whatever the server shows is believed."""
    with pytest.warns(UserWarning, match="not verified"):
        context = tls_context(config(verify=False, client_cert=str(CERTIFICATE)))
    assert context is not None
    assert (ssl.CERT_NONE, False) == (context.verify_mode, context.check_hostname)


@pytest.mark.parametrize("setting", ["verify", "client_cert"])
@pytest.mark.parametrize("name", ["junk.pem", "missing.pem"])
def test_files_that_cannot_be_used(tmp_path: Path, setting: str, name: str) -> None:
    """A file that is missing, or is no certificate, is a ``ValueError`` that names it."""
    (tmp_path / "junk.pem").write_text("junk")
    with pytest.raises(ValueError, match=rf"cannot use the files for TLS.*{name}"):
        tls_context(config(**{setting: str(tmp_path / name)}))


def test_warning_is_about_the_line_that_makes_the_client() -> None:
    """It says what it means, once, and points at the caller's own line."""
    with pytest.warns(UserWarning, match="^TLS certificates are not verified: anybody can answer$") as warned:
        Client(HTTPS, verify=False).close()
    assert [__file__] == [each.filename for each in warned]


def test_key_in_a_file_of_its_own(tmp_path: Path) -> None:
    """Certificate and key may be two files; without its key a certificate is of no use."""
    text = CERTIFICATE.read_text()
    begin = text.index("-----BEGIN PRIVATE KEY")
    end = text.index("-----END PRIVATE KEY-----") + len("-----END PRIVATE KEY-----\n")
    certificate, key = tmp_path / "only.pem", tmp_path / "key.pem"
    certificate.write_text(text[:begin] + text[end:])
    key.write_text(text[begin:end])
    assert tls_context(config(client_cert=(str(certificate), str(key)))) is not None
    with pytest.raises(ValueError, match="cannot use the files for TLS"):
        tls_context(config(client_cert=str(certificate)))


def test_folder_of_authorities(tmp_path: Path) -> None:
    """Those in a folder are looked up when a server shows its certificate; a file's are loaded at once."""
    context = tls_context(config(verify=str(tmp_path)))
    assert context is not None
    assert [] == context.get_ca_certs()
