"""How a driver reaches a cluster: arguments, then a given environment, then defaults."""

# ruff: noqa: ANN401 - what is wrong has no type

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ais_jobcore.drivers.config import ClientConfig, _text, check_endpoint, check_token, read_token
from ais_jobcore.limits import NO_TIMEOUT

if TYPE_CHECKING:
    from collections.abc import Mapping

HERE = "http://here:8080"
FULL = {
    "AIS_ENDPOINT": "http://one:8080, https://two/ais/",
    "AIS_AUTHN_TOKEN": " env\n",
    "AIS_AUTHN_TOKEN_FILE": "env.token",
    "AIS_CLIENT_CA": "ca.pem",
    "AIS_CRT": "crt.pem",
    "AIS_CRT_KEY": "key.pem",
    "AIS_CONNECT_TIMEOUT": "1.5",
    "AIS_READ_TIMEOUT": "30",
    "AIS_MAX_CONN_POOL": "4",
}


def read(environ: Mapping[str, str] | None = None, **arguments: Any) -> ClientConfig:
    """Read an environment that has an endpoint."""
    return ClientConfig.from_environ({"AIS_ENDPOINT": HERE} | dict(environ or {}), **arguments)


def test_defaults() -> None:
    """An endpoint is all that is needed."""
    assert ClientConfig(endpoints=HERE) == read()
    assert ("", None, True, None, 3.0, 20.0, 10, 64 * 2**20) == (
        (config := read()).token,
        config.token_file,
        config.verify,
        config.client_cert,
        config.connect_timeout,
        config.request_timeout,
        config.pool_size,
        config.max_body,
    )


def test_environment() -> None:
    """Every variable has its effect."""
    expected = ClientConfig(
        endpoints=["http://one:8080", "https://two/ais"],
        token="env",
        token_file="env.token",
        verify="ca.pem",
        client_cert=("crt.pem", "key.pem"),
        connect_timeout=1.5,
        request_timeout=30.0,
        pool_size=4,
    )
    assert expected == ClientConfig.from_environ(FULL)


def test_arguments_win() -> None:
    """Every argument wins over its variable; ``None`` says nothing."""
    arguments: dict[str, Any] = {
        "endpoint": HERE,
        "token": "arg",
        "verify": True,
        "client_cert": "both.pem",
        "connect_timeout": 2,
        "request_timeout": 3,
        "pool_size": 5,
        "max_body": 7,
    }
    expected = {name: value for name, value in arguments.items() if name != "endpoint"}
    assert ClientConfig(endpoints=HERE, **expected) == ClientConfig.from_environ(FULL, **arguments)
    nothing: dict[str, Any] = dict.fromkeys(arguments)
    assert ClientConfig.from_environ(FULL) == ClientConfig.from_environ(FULL, **nothing)


def test_variables_of_given_settings_are_not_looked_at() -> None:
    """What is wrong in a variable does no harm where an argument wins."""
    wrong = {"AIS_READ_TIMEOUT": "soon", "AIS_CRT": "alone.pem", "AIS_SKIP_VERIFY": "perhaps"}
    config = read(wrong, request_timeout=1, client_cert="x.pem", verify=False)
    assert (1, "x.pem", False) == (config.request_timeout, config.client_cert, config.verify)


@pytest.mark.parametrize("environ", [{}, {"AIS_ENDPOINT": ""}, {"AIS_ENDPOINT": "  "}])
def test_no_endpoint(environ: dict[str, str]) -> None:
    """Without an endpoint the error names the variable; unless none is needed."""
    with pytest.raises(ValueError, match="AIS_ENDPOINT"):
        ClientConfig.from_environ(environ)
    assert () == ClientConfig.from_environ(environ, needs_endpoint=False).endpoints


@pytest.mark.parametrize(
    ("arguments", "token", "file"),
    [
        ({}, "env", "env.token"),
        ({"token": "arg"}, "arg", None),
        ({"token_file": "arg.token"}, "", "arg.token"),
        ({"token": ""}, "", None),
    ],
)
def test_token_and_its_file(arguments: dict[str, Any], token: str, file: str | None) -> None:
    """Whoever gives a token or a file means no other; an empty token is none at all."""
    config = ClientConfig.from_environ(FULL, **arguments)
    assert (token, file) == (config.token, config.token_file)


@pytest.mark.parametrize(
    ("canonical", "legacy", "verify"),
    [
        *((text, None, False) for text in ("1", "t", "TRUE", " y ", "yes", "on")),
        *((text, None, "ca.pem") for text in ("0", "f", "False", "n", "no", "off", "")),
        (None, "true", False),
        ("false", "true", "ca.pem"),
        ("true", "false", False),
        (None, None, "ca.pem"),
    ],
)
def test_verification(canonical: str | None, legacy: str | None, verify: bool | str) -> None:
    """Skipping wins over a CA; the canonical name wins over the old one."""
    names = {"AIS_SKIP_VERIFY_CRT": canonical, "AIS_SKIP_VERIFY": legacy, "AIS_CLIENT_CA": "ca.pem"}
    assert verify == read({name: text for name, text in names.items() if text is not None}).verify


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({"AIS_SKIP_VERIFY_CRT": "perhaps"}, r"AIS_SKIP_VERIFY_CRT is one of .*true.* not 'perhaps'"),
        ({"AIS_SKIP_VERIFY": "2"}, "AIS_SKIP_VERIFY is one of"),
        ({"AIS_CRT": "a"}, "AIS_CRT and AIS_CRT_KEY"),
        ({"AIS_CRT_KEY": "a"}, "AIS_CRT and AIS_CRT_KEY"),
        ({"AIS_CONNECT_TIMEOUT": "soon"}, "AIS_CONNECT_TIMEOUT is a number, not 'soon'"),
        ({"AIS_READ_TIMEOUT": "5s"}, "AIS_READ_TIMEOUT is a number, not '5s'"),
        ({"AIS_READ_TIMEOUT": "nan"}, "request_timeout is a number of seconds"),
        ({"AIS_READ_TIMEOUT": "-1"}, "request_timeout is a number of seconds"),
        ({"AIS_MAX_CONN_POOL": "1.5"}, "AIS_MAX_CONN_POOL is a number"),
        ({"AIS_MAX_CONN_POOL": "0"}, "pool_size is a whole number above 0"),
        ({"AIS_ENDPOINT": "here:8080"}, "'here:8080' is none"),
        ({"AIS_AUTHN_TOKEN": "a b"}, "the one given is none"),
    ],
)
def test_wrong_variables(environ: dict[str, str], words: str) -> None:
    """What is wrong in the environment is a ``ValueError`` that says what is allowed."""
    with pytest.raises(ValueError, match=words):
        read(environ)


@pytest.mark.parametrize(
    "settings",
    [
        {"connect_timeout": float("inf")},
        {"connect_timeout": "3"},
        {"request_timeout": -1},
        {"pool_size": 2.0},
        {"max_body": 0},
    ],
)
def test_wrong_arguments(settings: dict[str, Any]) -> None:
    """So is what is wrong in the arguments."""
    with pytest.raises(ValueError, match=next(iter(settings))):
        read(**settings)


def test_no_time_out() -> None:
    """0 is no time-out, which a wait bounds by its deadline: a very long one."""
    config = read({"AIS_CONNECT_TIMEOUT": "0"}, request_timeout=0)
    assert (NO_TIMEOUT, NO_TIMEOUT) == (config.connect_timeout, config.request_timeout)


def test_token_is_not_in_the_repr() -> None:
    """A configuration can be printed."""
    assert "s3cret" not in repr(read(token="s3cret"))


@pytest.mark.parametrize(
    ("text", "endpoint"),
    [
        ("http://h", "http://h"),
        (" HTTPS://Host-1.example.:65535/ ", "HTTPS://Host-1.example.:65535"),
        ("http://gw:8080/ais/", "http://gw:8080/ais"),
        ("http://gw/a//b/~c%20d/v1//", "http://gw/a//b/~c%20d/v1"),
        ("http://[::1]:8080", "http://[::1]:8080"),
        ("http://[::FFFF:1.2.3.4]", "http://[::FFFF:1.2.3.4]"),
        ("http://127.0.0.1", "http://127.0.0.1"),
        ("http://under_score:1", "http://under_score:1"),
    ],
)
def test_endpoints(text: str, endpoint: str) -> None:
    """Scheme, host, port and path prefix are kept; the slash at the end is dropped (R11)."""
    assert endpoint == check_endpoint(text)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "here",
            "here:8080",
            "//here",
            "ftp://here",
            "http://",
            "http:/here",
            "http://:8080",
            "http:///p",
        ),
        *(
            "http://h:65536",
            "http://h:x",
            "http://h:",
            "http://h:-1",
            "http://[::1",
            "http://a..b",
            "http://-a",
        ),
        *("http://" + "a" * 64, "http://h/a b", "http://h/\n", "http://h\t", "http://hö", "http://h/ä"),
        *("http://[1.2.3.4]", "http://[:::]", "http://[....]:80", "http://[::1%25lo]", "http://[12345::]"),
        *("http\u017f://h", "http://\u212a", "http://h/\u017f", "http://[\uff11::]"),
        *("http://h\\@evil", "http://h/a,b", "http://h/<x>", "unix:///run/ais.sock"),
    ],
)
def test_what_is_no_endpoint(text: str) -> None:
    """Anything else is a ``ValueError`` that says what is allowed."""
    with pytest.raises(ValueError, match="an endpoint is http:// or https://"):
        check_endpoint(text + "x" if text.endswith(("\n", "\t")) else text)


@pytest.mark.parametrize(
    "text",
    [
        "http://user:hush@h",
        "http://hush@h:1/p",
        "http://h/?token=hush",
        "http://h#hush",
        "user:hush@h",
        "http://h?hush",
    ],
)
def test_secrets_in_an_endpoint_are_refused_and_not_repeated(text: str) -> None:
    """User, query and fragment are refused; the error is not the place where they leak."""
    with pytest.raises(ValueError, match="no user, query or fragment") as caught:
        ClientConfig(endpoints=text)
    assert "hush" not in str(caught.value)


@given(st.text(max_size=40))
def test_any_text_is_an_endpoint_or_a_value_error(text: str) -> None:
    """No text raises anything else; and what is an endpoint stays one."""
    for candidate in (text, f"http://{text}", f"https://h:{text}", f"http://h/{text}"):
        try:
            endpoint = check_endpoint(candidate)
        except ValueError:
            continue
        assert endpoint == check_endpoint(endpoint)


@pytest.mark.parametrize("text", ["", "a.b-c_d~e+f/g==", "\n tok \n"])
def test_tokens(text: str) -> None:
    """A token has the characters of a bearer token; white space around it does not count."""
    assert text.strip() == check_token(text)


@pytest.mark.parametrize("given_", [None, 1, b"tok", "a b", "a\r\nX-Evil: 1", "ä", "\x7f", "Bearer x"])
def test_what_is_no_token(given_: object) -> None:
    """Anything else is a ``ValueError`` that does not repeat it."""
    with pytest.raises(ValueError, match=r"the one given is none\Z"):
        check_token(given_)


@pytest.mark.parametrize("text", ['{"token": "tok"}', ' {"token": " tok ", "more": 1}\n', "tok", "tok\n"])
def test_token_files(text: str) -> None:
    """A token file is AIStore's document, or the bare token."""
    assert "tok" == read_token(text, "auth.token")


@pytest.mark.parametrize(
    "text", ["", " ", "{}", "{", '{"token": null}', '{"token": ""}', '["hush"]', "hush hush", '{"a":' * 9**5]
)
def test_what_is_no_token_file(text: str) -> None:
    """Anything else is a ``ValueError`` that names the file and repeats nothing of it."""
    with pytest.raises(ValueError, match=r"'auth\.token' should hold") as caught:
        read_token(text, "auth.token")
    assert "hush" not in str(caught.value)


def test_what_is_shown_of_no_endpoint() -> None:
    """The text that is none, as it is: unless it may hold a secret."""
    with pytest.raises(ValueError, match=r"fragment: 'ftp://host' is none$"):
        check_endpoint("ftp://host")
    for text in ("http://user:pw@host", "http://host?token=x", "http://host#x"):
        with pytest.raises(ValueError, match=r"fragment: this one is none$"):
            check_endpoint(text)


def test_ends_of_an_endpoint() -> None:
    """All slashes at its end are dropped, and nothing else of it; a port may be left out."""
    assert "http://host/XX" == check_endpoint("http://host/XX//")
    assert "http://host:65535" == check_endpoint("http://host:65535/")
    assert "http://host" == check_endpoint(" http://host ")
    with pytest.raises(ValueError, match="an endpoint is"):
        check_endpoint("http://host:65536")


def test_settings_need_an_endpoint_by_default() -> None:
    """Unless somebody says that they do without."""
    with pytest.raises(ValueError, match="AIS_ENDPOINT"):
        ClientConfig.from_environ({})
    assert () == ClientConfig.from_environ({}, needs_endpoint=False).endpoints


@pytest.mark.parametrize(("name", "text"), [("AIS_CONNECT_TIMEOUT", "soon"), ("AIS_READ_TIMEOUT", "x")])
def test_number_that_is_none(name: str, text: str) -> None:
    """The variable is named, and what it has."""
    with pytest.raises(ValueError, match=f"^{name} is a number, not {text!r}$"):
        ClientConfig.from_environ({"AIS_ENDPOINT": "http://host", name: text})


@pytest.mark.parametrize("blank", ["", "  "])
def test_blank_variables_are_not_set(blank: str) -> None:
    """They stand for the default, as in a shell."""
    names = ("AIS_CONNECT_TIMEOUT", "AIS_READ_TIMEOUT", "AIS_MAX_CONN_POOL", "AIS_AUTHN_TOKEN")
    plain = ClientConfig.from_environ({"AIS_ENDPOINT": "http://host"})
    assert plain == ClientConfig.from_environ({"AIS_ENDPOINT": "http://host", **dict.fromkeys(names, blank)})


def test_one_connection_is_enough() -> None:
    """None is not."""
    assert 1 == read(pool_size=1).pool_size
    with pytest.raises(ValueError, match="pool_size is a whole number above 0, not 0"):
        read(pool_size=0)


def test_words_for_what_is_no_flag() -> None:
    """Every word that is one is listed."""
    with pytest.raises(ValueError, match=r"^\w+ is one of 0, 1, f(, \w+)+, not 'maybe'$"):
        read({"AIS_SKIP_VERIFY_CRT": "maybe"})


def test_half_a_certificate() -> None:
    """A certificate without its key is of no use, nor is a key alone; without either there is none."""
    for half in ("AIS_CRT", "AIS_CRT_KEY"):
        with pytest.raises(ValueError, match="go together"):
            read({half: "file.pem"})
    assert read().client_cert is None


def test_text_of_a_variable() -> None:
    """It is that of the variable it is asked for, without the white space around it, or nothing."""
    read_text = _text("NAME")
    assert "x y" == read_text({"NAME": " x y\n", "OTHER": "z"})
    assert read_text({"NAME": "  "}) is read_text({"OTHER": "z"}) is None


def test_capitals_are_no_secret() -> None:
    """An endpoint that is none is shown with every letter."""
    with pytest.raises(ValueError, match="'ftp://X' is none"):
        check_endpoint("ftp://X")
