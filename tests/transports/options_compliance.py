"""Which settings hold in every driver: what is given wins, and what has no effect is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ais_jobcore import Reply, Timeout, WaitOptions
from ais_jobcore.drivers.config import ClientConfig
from ais_jobcore.recording import Transcript
from ais_jobcore.testing import SimCluster, VirtualClock
from tests.transports.jobs_compliance import Rig

if TYPE_CHECKING:
    from pathlib import Path

    from tests.transports.drivers import Driver

BESIDE_A_TRANSPORT: dict[str, Any] = {
    "endpoint": "http://a,http://b",
    "token": "tok",
    "token_file": "auth.token",
    "verify": False,
    "client_cert": "client.pem",
    "connect_timeout": 1.0,
    "pool_size": 3,
    "max_body": 100,
}
"""Settings of a transport, which one that was given does not look at."""


class OptionsCompliance:
    """What holds for the settings of every driver; inherited by the tests of each."""

    def test_options_are_the_clients(self, driver: Driver) -> None:
        """Request timeout and seed of a client, and its transport's endpoints, hold for what it runs."""
        rig = Rig(driver, SimCluster(3, proxies=2), request_timeout=7)
        assert WaitOptions(seed=1, request_timeout=7.0, endpoints=2) == rig.client.options()
        rig.client.job(rig.add("copy-bck").id).get_details()
        assert [7.0] == [each.timeout for each in rig.transport.sent]

    def test_options_are_the_users(self, rig: Rig) -> None:
        """What is given in the options of one operation wins."""
        given = WaitOptions(seed=3, request_timeout=9.0, endpoints=5, details=False)
        assert given == rig.client.options(given)
        rig.client.job(rig.add("copy-bck").id, "copy-bck").wait(options=given)
        assert {"status"} == {each.what.value for each in rig.transport.sent}
        assert {9.0} == {each.timeout for each in rig.transport.sent}

    def test_options_without_a_setting_leave_it_to_the_client(self, driver: Driver) -> None:
        """Options are not a whole: what they do not set is the client's."""
        rig = Rig(driver, SimCluster(3, proxies=2), request_timeout=5)
        expected = WaitOptions(seed=1, request_timeout=5.0, endpoints=2, grace=9.0)
        assert expected == rig.client.options(WaitOptions(grace=9.0))

    def test_given_setting_wins_even_if_it_is_the_default(self, driver: Driver) -> None:
        """The options of one operation may ask for the defaults that the client does not have."""
        rig = Rig(driver, SimCluster(3, proxies=2), request_timeout=5)
        given = WaitOptions(seed=0, request_timeout=20.0, endpoints=1)
        assert given == rig.client.options(given)

    def test_seed_of_zero_is_a_seed(self, driver: Driver) -> None:
        """A seed that was given is used, whatever it is: of a client, or of the options."""
        assert 0 == Rig(driver, seed=0).client.options().seed
        assert 0 == Rig(driver, seed=None).client.options(WaitOptions(seed=0)).seed
        assert 0 == Rig(driver, seed=5).client.options(WaitOptions(seed=0)).seed
        assert 5 == Rig(driver, seed=5).client.options(WaitOptions(grace=9.0)).seed

    def test_seeds_are_drawn(self, driver: Driver) -> None:
        """Waits that begin together drift apart, unless they are told the seed."""
        rig = Rig(driver, seed=None)
        assert 3 == len({rig.client.options().seed for _ in range(3)})
        assert 3 == len({rig.client.options(WaitOptions(grace=9.0)).seed for _ in range(3)})

    # Beside a transport

    @pytest.mark.parametrize("name", BESIDE_A_TRANSPORT)
    def test_setting_without_effect_is_refused(self, driver: Driver, name: str) -> None:
        """What a transport that was given does not look at is a ``ValueError`` that names it."""
        with pytest.raises(ValueError, match=f"no effect beside a transport: {name};"):
            Rig(driver, **{name: BESIDE_A_TRANSPORT[name]})

    def test_settings_without_effect_are_all_named(self, driver: Driver) -> None:
        """An error names every setting without effect, and no other."""
        settings = BESIDE_A_TRANSPORT | {"token": driver.token(lambda: "tok"), "request_timeout": 5}
        with pytest.raises(ValueError, match=f"transport: {', '.join(BESIDE_A_TRANSPORT)};"):
            Rig(driver, **settings)

    def test_settings_that_are_not_given_are_not_refused(self, driver: Driver) -> None:
        """``None`` gives nothing."""
        assert Rig(driver, **dict.fromkeys(BESIDE_A_TRANSPORT)).client.options()

    def test_environment_is_left_alone_with_a_transport(
        self, driver: Driver, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """With a transport, no variable of the environment has a say."""
        monkeypatch.setenv("AIS_READ_TIMEOUT", "nonsense")
        monkeypatch.setenv("AIS_ENDPOINT", "http://a,http://b")
        options = Rig(driver).client.options()
        assert (20.0, 1) == (options.request_timeout, options.endpoints)

    # What transports tell

    def test_transport_of_version_1_goes_on_to_work(self, driver: Driver) -> None:
        """A transport needs no more than ``send`` and ``close``; then it has one endpoint."""
        rig = Rig(driver)
        client = driver.client(
            transport=driver.bare(rig.transport), clock=rig.clock.now, sleep=driver.sleep(rig.clock)
        )
        assert 1 == client.options().endpoints
        assert client.job(rig.add("copy-bck", duration=3.0).id).wait()

    def test_transport_tells_how_many_endpoints_there_are(self, driver: Driver) -> None:
        """After a fault of one endpoint the next one is asked, where a transport has several."""
        clock = VirtualClock()
        transport = driver.virtual["script"](clock, lambda *_: Reply(502), endpoints=3)
        client = driver.client(transport=transport, clock=clock.now, sleep=driver.sleep(clock))
        with pytest.raises(Timeout):
            client.job("Jabcdefgh").wait(timeout=5)
        assert {0, 1, 2} == {request.endpoint for request in transport.sent}

    def test_drivers_own_transport_tells(self, driver: Driver) -> None:
        """A driver's own transport tells its endpoints, whether the client made it or was given it."""
        endpoints = ("http://a", "http://b")
        assert 2 == driver.client(endpoints).options().endpoints
        transport = driver.transport(ClientConfig(endpoints=endpoints))
        assert 2 == driver.client(transport=transport).options().endpoints

    def test_secrets_of_a_given_transport_are_not_written(self, driver: Driver, tmp_path: Path) -> None:
        """What a transport calls secret is not in the transcripts of its client."""
        file = tmp_path / "wait.jsonl"
        clock = VirtualClock()
        transport = driver.virtual["script"](clock, lambda *_: Reply(500, b"no right for hush-hush"))
        transport.secrets = frozenset({"hush-hush"})
        client = driver.client(transport=transport, clock=clock.now, sleep=driver.sleep(clock))
        with pytest.raises(Timeout):
            client.job("Jabcdefgh").wait(timeout=1, record=file)
        assert "hush-hush" not in file.read_text()
        *_, last = Transcript.load(file).entries()
        assert b"no right for ***" == last.event.body
