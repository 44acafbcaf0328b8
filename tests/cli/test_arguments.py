"""What can be said on the command line, and what is answered to anything else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ais_jobcore import BucketRef, __version__
from ais_jobcore_cli import main
from ais_jobcore_cli.arguments import UsageError, parse

if TYPE_CHECKING:
    from tests.cli.conftest import Shell


@pytest.mark.parametrize(
    "argv",
    [
        [],
        ["dance"],
        ["wait"],
        ["wait", ""],
        ["wait", "a b"],
        ["wait", "a,b"],
        ["wait", "J1", "--timeout", "soon"],
        ["wait", "J1", "--timeout", "-1"],
        ["wait", "J1", "--timeout", "nan"],
        ["wait", "J1", "--until", "never"],
        ["wait", "J1", "--unt", "idle"],
        ["wait", "J1", "--bucket", "photos"],
        ["wait", "--kind", "copy-bkc"],
        ["wait", "--kind", "election"],
        ["wait", "--kind", "lru", "--bucket", "a/b"],
        ["show", "J1", "J2"],
        ["show", "--kind", "nonsense"],
        ["status"],
        ["start"],
        ["start", "lruu"],
        ["start", "election", "--wait"],
        ["start", "lru", "--bucket", "ftp://photos"],
        ["start", "lru", "--bucket", "ais:///photos"],
        ["stop"],
        ["stop", "--kind", "lru"],
        ["stop", "", "--kind", "lru", "--all"],
        ["stop", "--all"],
        ["stop", "J1", "--all"],
        ["stop", "--kind", "lruu", "--all"],
        ["simulate", "--port", "65536"],
        ["simulate", "--port", "http"],
        ["simulate", "--seconds", "inf"],
    ],
    ids=" ".join,
)
def test_wrong_usage_is_told_in_one_line_and_sends_nothing(argv: list[str], shell: Shell) -> None:
    """What makes no command is one line on stderr and the exit code 2, and nothing reaches the cluster."""
    ran = shell.run(*argv)
    assert (2, "") == (ran.code, ran.out)
    assert ran.err.startswith("ais-job: ")
    assert 1 == ran.err.count("\n")
    assert [] == shell.cluster.log


def test_misspelt_kind_is_answered_with_the_nearest(shell: Shell) -> None:
    """Who misspells a kind is told which ones are like it."""
    assert "did you mean copy-bck or copy-bucket" in shell.run("wait", "--kind", "copy-bkc").err


def test_missing_endpoint_is_answered_with_its_variable(shell: Shell) -> None:
    """Where no endpoint is given, the message names the variable."""
    shell.connect_really()
    for argv in (["wait", "J1"], ["show"], ["status", "J1"], ["start", "lru"], ["stop", "J1"]):
        ran = shell.run(*argv)
        assert 2 == ran.code
        assert "AIS_ENDPOINT" in ran.err


def test_bad_endpoint_is_wrong_usage(shell: Shell) -> None:
    """An endpoint that is no URL of a host is refused before anything is sent."""
    shell.connect_really()
    ran = shell.run("status", "J1", "--endpoint", "ftp://host")
    assert (2, 1) == (ran.code, ran.err.count("\n"))
    assert "ftp://host" in ran.err


@pytest.mark.parametrize("option", ["--version", "--help"])
def test_version_and_help_go_to_stdout(option: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Help and version are results: on stdout, with the exit code 0."""
    with pytest.raises(SystemExit) as left:
        main([option])
    captured = capsys.readouterr()
    assert (0, "") == (left.value.code or 0, captured.err)
    assert (f"ais-job {__version__}\n" if option == "--version" else "exit codes:") in captured.out


@pytest.mark.parametrize("command", ["demo", "simulate", "wait", "show", "status", "start", "stop"])
def test_every_command_has_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Every command explains itself."""
    with pytest.raises(SystemExit):
        parse([command, "--help"])
    assert f"usage: ais-job {command}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "bucket"),
    [
        ("photos", BucketRef("photos")),
        ("ais://photos", BucketRef("photos")),
        ("ais://photos/", BucketRef("photos")),
        ("s3://photos", BucketRef("photos", "aws")),
        ("gs://photos", BucketRef("photos", "gcp")),
        ("az://photos", BucketRef("photos", "azure")),
        ("ais://#ns/photos", BucketRef("photos", "ais", {"name": "ns"})),
        ("ais://@remote/photos", BucketRef("photos", "ais", {"uuid": "remote"})),
        ("ais://@remote#ns/photos", BucketRef("photos", "ais", {"uuid": "remote", "name": "ns"})),
    ],
)
def test_buckets_are_named_as_in_the_tools_of_the_cluster(text: str, bucket: BucketRef) -> None:
    """A bucket is a name, with a provider or its scheme, and a namespace."""
    assert [bucket] == parse(["start", "lru", "--bucket", text]).buckets


@pytest.mark.parametrize(("text", "seconds"), [("none", None), ("None", None), ("0", 0.0), ("1.5", 1.5)])
def test_timeouts_are_seconds_or_none(text: str, seconds: float | None) -> None:
    """A time-out is a number of seconds, or ``none``."""
    assert seconds == parse(["wait", "J1", "--timeout", text]).timeout


def test_wrong_usage_points_to_the_help_of_the_command() -> None:
    """The message says where help is to be had."""
    with pytest.raises(UsageError, match=r"see ais-job wait --help"):
        parse(["wait", "J1", "--timeout"])


def test_escapes_in_arguments_are_refused(shell: Shell) -> None:
    """An argument cannot steer the terminal either, not even in a complaint."""
    ran = shell.run("wait", "\x1b[2J")
    assert 2 == ran.code
    assert "\x1b" not in ran.err
