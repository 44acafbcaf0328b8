"""What every transport has to do about trust: whom it believes, and what it shows to whom."""

# ruff: noqa: ANN401 - the parts of both drivers go by one name here, and have no type in common

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import pytest

from ais_jobcore import Fault, FaultKind
from ais_jobcore.drivers.config import ClientConfig
from ais_jobcore.queries import ask_status
from tests.transports.wire import CERTIFICATE, WireServer, answer

if TYPE_CHECKING:
    from pathlib import Path

    from tests.transports.drivers import Driver

ASK = ask_status("Jabc").addressed(timeout=5.0, endpoint=0)
REFRESH = ask_status("Jabc").addressed(timeout=5.0, endpoint=0, refresh_token=True)


def config(*endpoints: str, **settings: Any) -> ClientConfig:
    """Reach some endpoints."""
    return ClientConfig(endpoints=endpoints, **settings)


class TrustCompliance:
    """Hold for every transport; inherited by the tests of each driver."""

    # TLS

    def test_unknown_certificate_is_not_trusted(self, driver: Driver) -> None:
        """A certificate that nobody vouches for is a matter of trust, not of the connection."""
        with WireServer(answer(), tls=True) as server:
            got = driver.transport(config(server.endpoint)).send(ASK)
        assert isinstance(got, Fault)
        assert FaultKind.TLS is got.kind
        assert [] == server.received

    def test_plain_server_is_not_trusted(self, driver: Driver) -> None:
        """A server that does not speak TLS where it should is a matter of trust."""
        with WireServer(greeting=b"HTTP/1.1 400 Bad Request\r\n\r\n") as server:
            got = driver.transport(config(server.endpoint.replace("http:", "https:"))).send(ASK)
        assert isinstance(got, Fault)
        assert FaultKind.TLS is got.kind

    @pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"])
    def test_named_authority_is_trusted(
        self, driver: Driver, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, variable: str
    ) -> None:
        """Whoever a named certificate vouches for is believed, whatever the environment names (R9)."""
        monkeypatch.setenv(variable, str(tmp_path / "elsewhere.pem"))
        with WireServer(answer(b"safe"), tls=True) as server:
            reply = driver.transport(config(server.endpoint, verify=str(CERTIFICATE))).send(ASK)
        assert b"safe" == reply.body

    def test_authority_of_the_environment_is_not_trusted(
        self, driver: Driver, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A certificate that only the environment of another library names is not believed (R9)."""
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(CERTIFICATE))
        with WireServer(answer(), tls=True) as server:
            got = driver.transport(config(server.endpoint)).send(ASK)
        assert isinstance(got, Fault)
        assert FaultKind.TLS is got.kind

    def test_unverified_server_is_believed_and_warned_of_once(self, driver: Driver) -> None:
        """Without verification there is one warning for a client, and none for its requests."""
        with WireServer(answer(b"who knows"), tls=True) as server:
            with pytest.warns(UserWarning, match="not verified") as caught:
                transport = driver.transport(config(server.endpoint, verify=False))
            bodies = [transport.send(ASK).body for _ in range(2)]
        assert (1, [b"who knows"] * 2) == (len(caught), bodies)

    def test_certificate_is_shown(self, driver: Driver) -> None:
        """The client's own certificate is loaded, from one file or from two, with verification or without."""
        certificate = str(CERTIFICATE)
        with WireServer(answer(b"{}"), tls=True) as server:
            for given in (certificate, (certificate, certificate)):
                reply = driver.transport(config(server.endpoint, verify=certificate, client_cert=given)).send(
                    ASK
                )
                assert 200 == reply.status
            with pytest.warns(UserWarning, match="not verified"):
                transport = driver.transport(config(server.endpoint, verify=False, client_cert=certificate))
            assert 200 == transport.send(ASK).status

    @pytest.mark.parametrize("setting", ["verify", "client_cert"])
    def test_wrong_files_are_known_at_once(self, driver: Driver, tmp_path: Path, setting: str) -> None:
        """A file that is missing, or is no certificate, is a ``ValueError`` before anything is sent."""
        junk = tmp_path / "junk.pem"
        junk.write_text("junk")
        for path in (str(junk), str(tmp_path / "missing.pem")):
            with pytest.raises(ValueError, match=r"\.pem"):
                driver.transport(config("https://localhost", **{setting: path}))

    def test_directory_of_authorities_may_be_named(self, driver: Driver, tmp_path: Path) -> None:
        """A directory may hold those who are believed."""
        with WireServer(answer(), tls=True) as server:
            got = driver.transport(config(server.endpoint, verify=str(tmp_path))).send(ASK)
        assert isinstance(got, Fault)
        assert FaultKind.TLS is got.kind

    def test_plain_endpoint_needs_no_warning(self, driver: Driver) -> None:
        """Nobody is warned of certificates that nobody has."""
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            driver.transport(config("http://localhost", verify=False))

    # Tokens

    def shown(self, server: WireServer) -> list[str | None]:
        """List the tokens that a server was shown."""
        return [each.headers.get("authorization") for each in server.received]

    def test_token_of_a_function_is_kept_until_refused(self, driver: Driver) -> None:
        """A function is called for the first request, and again when the machine says so."""
        tokens = iter(["one", " two\n", "three"])
        with WireServer(answer()) as server:
            transport = driver.transport(config(server.endpoint), driver.token(lambda: next(tokens)))
            for request in (ASK, ASK, REFRESH, ASK):
                transport.send(request)
        assert ["Bearer one", "Bearer one", "Bearer two", "Bearer two"] == self.shown(server)

    def test_plain_function_will_do(self, driver: Driver) -> None:
        """The function for tokens may be a plain one in both drivers; an empty token is none."""
        with WireServer(answer()) as server:
            driver.transport(config(server.endpoint), lambda: "plain").send(ASK)
            driver.transport(config(server.endpoint), lambda: "").send(ASK)
        assert ["Bearer plain", None] == self.shown(server)

    def test_token_file_is_read_again(self, driver: Driver, tmp_path: Path) -> None:
        """A file is read for the first request, and again when its token was refused."""
        file = tmp_path / "auth.token"
        file.write_text('{"token": "one"}')
        with WireServer(answer()) as server:
            transport = driver.transport(config(server.endpoint, token_file=str(file)))
            transport.send(ASK)
            file.write_text("two\n")
            transport.send(ASK)
            transport.send(REFRESH)
        assert ["Bearer one", "Bearer one", "Bearer two"] == self.shown(server)

    def test_given_token_stays_as_it_is(self, driver: Driver, tmp_path: Path) -> None:
        """A token that was given is no other when it is refused, and no file is looked into."""
        with WireServer(answer()) as server:
            transport = driver.transport(
                config(server.endpoint, token="given", token_file=str(tmp_path / "no"))
            )
            transport.send(ASK)
            transport.send(REFRESH)
        assert ["Bearer given"] * 2 == self.shown(server)

    @pytest.mark.parametrize("text", [None, "", "{}", '{"token": 1}', '{"token": "a\\nb"}', "[", "{", "a b"])
    def test_token_file_without_a_token(self, driver: Driver, tmp_path: Path, text: str | None) -> None:
        """A file that is missing, or holds no token, is a ``ValueError`` that names it."""
        file = tmp_path / "auth.token"
        if text is not None:
            file.write_text(text)
        transport = driver.transport(config("http://localhost:1", token_file=str(file)))
        with pytest.raises(ValueError, match=r"token file '.*auth\.token'"):
            transport.send(ASK)

    @pytest.mark.parametrize("token", ["a\r\nX: y", "ä", "a b", "\x1b", 7, None])
    def test_token_that_no_header_can_carry(self, driver: Driver, token: Any) -> None:
        """Such a token is a ``ValueError`` that does not repeat it, and nothing is sent."""
        with WireServer(answer()) as server:
            transport = driver.transport(config(server.endpoint), driver.token(lambda: token))
            with pytest.raises(ValueError, match="letters, digits") as caught:
                transport.send(ASK)
        assert "X: y" not in str(caught.value)
        assert [] == server.received

    def test_error_of_the_function_is_the_users(self, driver: Driver) -> None:
        """What the user's own function raises is not made into anything else."""
        vault = "the vault is closed"

        def broken() -> str:
            raise LookupError(vault)

        transport = driver.transport(config("http://localhost:1"), driver.token(broken))
        with pytest.raises(LookupError, match="vault"):
            transport.send(ASK)

    def test_token_is_nowhere_to_be_seen(self, driver: Driver, caplog: pytest.LogCaptureFixture) -> None:
        """Neither faults nor log records nor the ``repr`` of what has it show the token."""
        caplog.set_level(0)
        transport = driver.transport(config("http://localhost:1", token="s3cret"))
        told = [repr(transport.send(ASK)), repr(config("http://localhost:1", token="s3cret")), caplog.text]
        assert [False] * 3 == ["s3cret" in text for text in told]
