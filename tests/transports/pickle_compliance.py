"""Clients, jobs and transports of every driver can be pickled, and go on elsewhere."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ais_jobcore.drivers.config import ClientConfig
from tests.transports.client_compliance import ASK, SNAPSHOTS
from tests.transports.wire import CERTIFICATE, WireServer, answer

if TYPE_CHECKING:
    from tests.transports.drivers import Driver


def token_of_the_vault() -> str:
    """Fetch a token, by a function that can be found by its name."""
    return "vault"


class PickleCompliance:
    """What holds for pickles in every driver; inherited by the tests of each."""

    def test_client_goes_on_elsewhere(self, driver: Driver) -> None:
        """A pickled client has the settings, and connections of its own."""
        with WireServer(answer(SNAPSHOTS)) as server:
            client = driver.client(server.endpoint, token="tok", request_timeout=7, seed=0)
            client.job("Jabc").get_details()
            again = driver.pickled(client)
            assert client.options() == again.options()
            again.job("Jabc").get_details()
        assert ["Bearer tok"] * 2 == [each.headers["authorization"] for each in server.received]
        assert [0, 1] == [each.connection for each in server.received]

    def test_job_goes_on_elsewhere(self, driver: Driver) -> None:
        """A pickled job has its names and its client."""
        with WireServer(answer(SNAPSHOTS)) as server:
            job = driver.pickled(driver.client(server.endpoint).job("Jabc", "lru"))
            assert ("Jabc", "lru") == (job.job_id, job.job_kind)
            assert job.get_details().any_finished()

    def test_transport_goes_on_elsewhere(self, driver: Driver) -> None:
        """A pickled transport trusts whom it trusted, and fetches its token anew."""
        with WireServer(answer(b"safe"), tls=True) as server:
            config = ClientConfig(endpoints=server.endpoint, verify=str(CERTIFICATE))
            transport = driver.transport(config, token_of_the_vault)
            transport.send(ASK)
            again = driver.pickled(transport)
            assert set() == again.secrets
            assert b"safe" == again.send(ASK).body
        assert {"vault"} == again.secrets

    def test_function_that_cannot_be_pickled_is_named(self, driver: Driver) -> None:
        """A function for tokens is pickled by its name; one without is an error that shows it."""
        client = driver.client("http://a", token=lambda: "tok")
        with pytest.raises(
            pickle.PicklingError, match=r"token function <function .*<lambda>.* cannot be pickled"
        ):
            driver.pickled(client)

    def test_warning_is_about_the_line_that_makes_a_client(self, driver: Driver) -> None:
        """Python shows and filters a warning by its line: that of the caller."""
        with pytest.warns(UserWarning, match="not verified") as caught:
            driver.client("https://a", verify=False)
        assert ["drivers.py"] == [Path(each.filename).name for each in caught]
