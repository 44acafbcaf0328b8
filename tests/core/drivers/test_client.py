"""What the clients of both drivers have in common."""

# ruff: noqa: ANN401 - the clients are of a class that is made here

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest

from ais_jobcore import Done, Fault, FaultKind, JobWait, ReturnWhen, WaitOptions
from ais_jobcore.drivers import logs
from ais_jobcore.drivers.client import ClientBase
from ais_jobcore.drivers.job import JobBase
from ais_jobcore.drivers.protocols import Traits
from ais_jobcore.recording import Record
from ais_jobcore.testing import ScriptTransport, VirtualClock
from tests.core.drivers.samples import client

if TYPE_CHECKING:
    from pathlib import Path

BESIDE: dict[str, Any] = {
    "endpoint": "http://a",
    "token": "tok",
    "token_file": "auth.token",
    "verify": True,
    "client_cert": "client.pem",
    "connect_timeout": 1.0,
    "pool_size": 3,
    "max_body": 100,
}


def given_transport(**settings: Any) -> Any:
    """Make a client that is given a transport of three endpoints."""
    return client(transport=ScriptTransport(VirtualClock(), [], endpoints=3), **settings)


def test_transport_is_made_of_the_settings() -> None:
    """Without a transport the client makes one, of what is given and of the environment, and owns it."""
    made = client(("http://a", "http://b"), environ={"AIS_AUTHN_TOKEN": "env"}, pool_size=3)
    assert (("http://a", "http://b"), "env", 3) == (
        made._config.endpoints,
        made._config.token,
        made._config.pool_size,
    )
    assert (True, None) == (made._owns, made._transport.token)
    with pytest.raises(ValueError, match="AIS_ENDPOINT"):
        client()


def fetched() -> str:
    """Stand for a function that fetches a token."""
    return "tok"


@pytest.mark.parametrize("token", ["tok", fetched])
def test_token_file_beside_a_token_is_refused(token: Any) -> None:
    """It would never be read; an empty token says nothing against it."""
    with pytest.raises(ValueError, match=r"^no effect beside a token: token_file; give only one of them$"):
        client("http://a", token=token, token_file="auth.token")
    assert "auth.token" == client("http://a", token="", token_file="auth.token")._config.token_file


@pytest.mark.parametrize("beside", [{}, {"transport": ScriptTransport(VirtualClock(), [])}])
def test_unknown_setting_is_a_type_error(beside: dict[str, Any]) -> None:
    """A keyword that is misspelt is one with a transport and without, and names the client."""
    with pytest.raises(TypeError, match=r"^\w+ has no setting 'endpoints'$"):
        client(endpoints="http://b", **beside)


def test_function_for_tokens_is_the_transports() -> None:
    """A function is called by the transport; no token of the environment is then used."""

    def fetch() -> str:
        return "tok"

    made = client("http://a", token=fetch, environ={"AIS_AUTHN_TOKEN": "env"})
    assert (fetch, "") == (made._transport.token, made._config.token)


def test_given_transport_is_not_owned() -> None:
    """A transport that is given stays its maker's, and nothing of the environment is read."""
    made = given_transport(environ={"AIS_READ_TIMEOUT": "nonsense"})
    assert (False, ()) == (made._owns, made._config.endpoints)


@pytest.mark.parametrize("name", BESIDE)
def test_setting_without_effect_is_refused(name: str) -> None:
    """What a transport that was given does not look at is a ``ValueError`` that names it."""
    settings = {name: BESIDE[name]}
    with pytest.raises(
        ValueError, match=f"^no effect beside a transport: {name}; give them to the transport$"
    ):
        given_transport(**settings)


def test_settings_without_effect_are_all_named() -> None:
    """Each of them, in the order in which a client takes them; those with an effect are not."""
    with pytest.raises(ValueError, match=f": {', '.join(BESIDE)}; "):
        given_transport(**BESIDE, request_timeout=5, seed=1)
    assert given_transport(**dict.fromkeys(BESIDE), request_timeout=5, seed=1)


def test_options_are_completed() -> None:
    """What the options of an operation leave open is the client's, and how many endpoints its transport's."""
    expected = WaitOptions(seed=7, request_timeout=5.0, endpoints=3)
    assert expected == given_transport(request_timeout=5).options()
    assert 0 == given_transport(seed=0).options().seed
    given = WaitOptions(seed=0, request_timeout=20.0, endpoints=1)
    assert given == given_transport(seed=5, request_timeout=5).options(given)
    assert WaitOptions(seed=7, endpoints=2) == client(("http://a", "http://b")).options()


def test_no_record(tmp_path: Path) -> None:
    """A wait that nobody wants to have written down is run as it is, and leaves nothing behind."""
    wait = JobWait("x")
    with client("http://a").recorded(wait, None) as run:
        assert wait is run
    assert [] == [*tmp_path.iterdir()]


def test_record(tmp_path: Path) -> None:
    """A wait is written down as it goes; tokens never are, and hosts have other names on request."""
    file, plain = tmp_path / "wait.jsonl", tmp_path / "plain.jsonl"
    for record in (Record(file, hide_names=True), plain):
        wait = JobWait("x", "lru", 60.0)
        made = client("http://ais-gateway:8080/v1", secrets=frozenset({"s3cret"}))
        with made.recorded(wait, record) as run:
            run.start(0.0)
            run.handle(Fault(FaultKind.DNS, "ais-gateway does not know s3cret XXXX"), 0.1)
    assert "ais-gateway" not in file.read_text()
    assert "XXXX" in file.read_text()
    assert "ais-gateway" in plain.read_text()
    for each in (file, plain):
        assert "s3cret" not in each.read_text()
        assert len(each.read_text().splitlines()) > 2


def test_record_that_cannot_be_written(tmp_path: Path) -> None:
    """It is said before anything is sent."""
    with pytest.raises(OSError, match="nowhere"):
        client("http://a").recorded(JobWait("x"), tmp_path / "nowhere" / "wait.jsonl")


def test_secrets_of_any_transport_are_left_out(tmp_path: Path) -> None:
    """Whatever a transport calls secret, at that moment, is not written."""
    file = tmp_path / "wait.jsonl"
    made = given_transport()
    with made.recorded(JobWait("x"), file) as run:
        run.start(0.0)
        made._transport.secrets = frozenset({"hush-hush"})
        run.handle(Fault(FaultKind.CONNECTION, "no hush-hush here"), 0.1)
    assert Traits.of(made._transport).secrets
    assert "no *** here" in file.read_text()


def test_what_many_jobs_run() -> None:
    """One group has a wait for each job, with the options of the client, for all ends and for each."""
    made = given_transport(seed=5)
    options = WaitOptions(seed=5, endpoints=3)
    group = made._group(iter(["x", "y"]), 9.0, "finished", None, "first")
    expected = [JobWait(each, "", 9.0, "finished", options=options).state for each in "xy"]
    assert expected == [member.wait.state for member in group._members]
    assert ReturnWhen.FIRST is group._return_when
    named, completions = made._completions(iter(["x"]), 9.0, "auto", WaitOptions(seed=5))
    assert ["x"] == named
    expected = [JobWait("x", "", 9.0, options=options).state]
    assert expected == [member.wait.state for member in completions._group._members]
    with pytest.raises(ValueError, match="several jobs were expected"):
        made._completions("xy", None, "auto", None)


def test_log_records_are_about_the_subject() -> None:
    """What is logged tells what it is about, as loud as it was asked for."""
    line = client("http://a")._narrator("x", verbose=True).tell(Done(1, "proved"))
    assert (logs.INFO, "x: done: proved") == (line.level, line.text)


@pytest.mark.parametrize("base", [ClientBase, JobBase])
def test_every_public_method_is_documented_here(base: Any) -> None:
    """What drivers override is declared with a docstring, so theirs need none."""
    bases = [each for each in base.__mro__ if each.__module__.startswith("ais_jobcore.")]
    own = {name: value for each in bases for name, value in vars(each).items() if not name.startswith("_")}
    assert {name for name in base.__abstractmethods__ if not name.startswith("_")} <= own.keys()
    assert all(value.__doc__ for value in own.values())


def test_clock_and_sleep_are_kept() -> None:
    """What a driver runs goes by the clock and the sleep that the client was given."""
    clock, sleep = VirtualClock().now, [].append
    made = client("http://a", clock=clock, sleep=sleep)
    assert (clock, sleep) == (made._clock, made._sleep)


def test_token_that_is_no_function_is_the_configurations() -> None:
    """Only a function is handed to the transport by itself."""
    made = client("http://a", token="tok")
    assert (None, "tok") == (made._transport.token, made._config.token)


def test_seed_is_drawn_of_63_bits() -> None:
    """As large as an int64 may be, so that any language can hold it."""
    made = client("http://a")
    asked: list[int] = []
    type(made)._draw = staticmethod(lambda bits: asked.append(bits) or 9)
    assert (9, [63]) == (made.options().seed, asked)


def test_options_of_many_jobs_are_given_on() -> None:
    """What is set for all of them is set for each."""
    made, given = given_transport(seed=5), WaitOptions(grace=9.0)
    (member,) = made._group(["x"], 9.0, "auto", given)._members
    assert 9.0 == member.wait.state.question.options.grace
    _, completions = made._completions(["x"], 9.0, "auto", given)
    assert 9.0 == completions._group._members[0].wait.state.question.options.grace


def test_unpickled_client_loads_what_it_needs() -> None:
    """Where a pickle is loaded, the modules of the driver may not be imported yet."""
    made = client("http://a")
    again = type(made).__new__(type(made))
    name = "tests.core.drivers.samples"
    type(made)._needed = (name,)
    module = sys.modules.pop(name)
    try:
        again.__setstate__(vars(made))
        assert name in sys.modules
    finally:
        sys.modules[name] = module
    assert vars(made) == vars(again)


def test_client_loads_what_it_runs() -> None:
    """What its methods import is there once it is made."""
    for name in ("given", "logs"):
        sys.modules.pop(f"ais_jobcore.drivers.{name}")
    client("http://a")
    assert {"ais_jobcore.drivers.given", "ais_jobcore.drivers.logs"} <= {*sys.modules}
