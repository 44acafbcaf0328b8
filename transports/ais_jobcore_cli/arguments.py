"""The arguments of ``ais-job``."""

from __future__ import annotations

import argparse
import math
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

from ais_jobcore import BucketRef, Until, __version__
from ais_jobcore.drivers.config import ENDPOINT, TOKEN, TOKEN_FILE
from ais_jobcore.limits import WAIT_TIMEOUT

from .codes import MEANINGS, PRECEDENCE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_PROVIDERS: Final = {name: name for name in ("ais", "aws", "azure", "gcp", "oci")} | {
    "az": "azure",
    "gs": "gcp",
    "s3": "aws",
}
_BUCKET: Final = re.compile(
    r"(?:(?P<provider>[a-z0-9]+)://)?"
    r"(?:(?=[@#])(?:@(?P<uuid>[\w.-]+))?(?:\#(?P<name>[\w.-]+))?/)?"
    r"(?P<bucket>[\w.-]+)/?",
    re.ASCII,
)
_JOB_ID: Final = re.compile(r"[\w-]+", re.ASCII)
_HIGHEST_PORT: Final = 65_535

_EPILOG: Final = "exit codes:\n" + "\n".join(f"  {code:<5}{text}" for code, text in MEANINGS.items())
_SEVERAL: Final = (
    "With several ids the exit code is the first of these that any of them has: "
    + ", ".join(str(int(code)) for code in PRECEDENCE)
    + "."
)


class UsageError(ValueError):
    """Say that the arguments make no command."""


class Arguments(argparse.Namespace):
    """Hold the arguments of one command; which of them are there depends on the command."""

    command: str
    ids: list[str]
    job_id: str | None
    kind: str
    timeout: float | None
    until: str
    bucket: BucketRef | None
    buckets: list[BucketRef]
    daemon_id: str
    force: bool
    wait: bool
    all: bool
    json: bool
    endpoint: str | None
    token_file: str | None
    port: int
    seconds: float | None
    record: Path | None
    hide_names: bool
    learn: bool
    learn_file: Path | None
    file: Path
    diff: bool
    as_test: bool
    verbose: int = 0


class _Parser(argparse.ArgumentParser):
    def __init__(self, **settings: Any) -> None:  # noqa: ANN401 - passed on
        super().__init__(allow_abbrev=False, formatter_class=argparse.RawDescriptionHelpFormatter, **settings)

    def error(self, message: str) -> NoReturn:
        msg = f"{message} (see {self.prog} --help)"
        raise UsageError(msg)


def parse(argv: Sequence[str] | None) -> Arguments:
    """
    Parse the arguments.

    Args:
        argv: what follows the program's name; those of the process by default.

    Raises:
        UsageError: they make no command.
        SystemExit: help or the version was asked for, and shown.
    """
    parser = _Parser(
        prog="ais-job",
        description="Wait for jobs of an AIStore cluster, and know how they ended.",
        epilog=_EPILOG,
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    add = parser.add_subparsers(dest="command", required=True, metavar="COMMAND").add_parser
    _add_simulations(add)
    _add_wait(add)
    _add_replay(add)
    _add_questions(add)
    _add_actions(add)
    return parser.parse_args(argv, Arguments())


def _add_simulations(add: Callable[..., argparse.ArgumentParser]) -> None:
    about = "watch waits on a simulated cluster, through both drivers"
    add("demo", help=about, description=f"{about.capitalize()}. It needs no cluster, and about ten seconds.")
    about = "serve a simulated cluster on loopback, to try the other commands on"
    parser = add("simulate", help=about, description=f"{about.capitalize()}, until Ctrl-C ends it.")
    parser.add_argument("--port", type=_port, default=0, help="where to serve (default: any free port)")
    parser.add_argument("--seconds", type=_seconds, metavar="S", help="how long to serve (default: for ever)")


def _add_wait(add: Callable[..., argparse.ArgumentParser]) -> None:
    parser = add(
        "wait",
        help="wait until jobs are done, and tell how each of them ended",
        description="Wait until jobs are done, side by side, and tell how each of them ended.",
        epilog=_SEVERAL,
    )
    parser.add_argument("ids", nargs="*", type=_job_id, metavar="ID", help="the jobs")
    parser.add_argument(
        "--kind", default="", help="their kind; without an id, the one active job of the kind is waited for"
    )
    parser.add_argument("--bucket", type=_bucket, metavar="B", help="the bucket of the job, if it has no ID")
    parser.add_argument(
        "--until",
        choices=[each.value for each in Until],
        default=Until.AUTO.value,
        help="what to wait for (default: auto, whatever is the end of a job of its kind)",
    )
    _add_timeout(parser)
    parser.add_argument(
        "--record",
        type=Path,
        metavar="FILE",
        help="write a transcript, to be replayed; with several ids FILE.ID, the id before the ending",
    )
    parser.add_argument(
        "--hide-names", action="store_true", help="replace names of hosts and buckets in the transcript"
    )
    _add_learning(parser)
    _add_json(parser)
    _add_connection(parser)


def _add_replay(add: Callable[..., argparse.ArgumentParser]) -> None:
    about = "replay a recorded wait, and tell what is decided differently today"
    parser = add(
        "replay",
        help=about,
        description=f"{about.capitalize()}. It needs no cluster. The exit code is 1 if anything is.",
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="what wait --record wrote, gzipped or not")
    shown = parser.add_mutually_exclusive_group()
    shown.add_argument("--diff", action="store_true", help="show the first difference only")
    shown.add_argument("--as-test", action="store_true", help="print a pytest test instead")
    shown.add_argument(
        "--json", action="store_true", help="print JSON, a line for each decision, and one for all"
    )


def _add_questions(add: Callable[..., argparse.ArgumentParser]) -> None:
    about = "show what every target knows of a job, of the jobs of a kind, or of all jobs"
    parser = add("show", help=about, description=f"{about.capitalize()}.")
    parser.add_argument("job_id", nargs="?", type=_job_id, metavar="ID", help="the job")
    parser.add_argument("--kind", default="", help="the kind of the jobs to show")
    _add_json(parser)
    _add_connection(parser)

    about = "show what the proxies say of a job; the exit code is 1 if it failed"
    parser = add("status", help=about, description=f"{about.capitalize()}.")
    parser.add_argument("job_id", type=_job_id, metavar="ID", help="the job")
    _add_json(parser)
    _add_connection(parser)


def _add_actions(add: Callable[..., argparse.ArgumentParser]) -> None:
    parser = add("start", help="start a job and print its id", description="Start a job and print its id.")
    parser.add_argument("kind", metavar="KIND", help="its kind: lru, rebalance, prefetch-listrange, ...")
    parser.add_argument(
        "--bucket",
        dest="buckets",
        action="append",
        type=_bucket,
        default=[],
        metavar="B",
        help="a bucket to work on: name or provider://name; may be repeated",
    )
    parser.add_argument("--daemon-id", default="", metavar="T", help="the target to run on")
    parser.add_argument("--force", action="store_true", help="override what a bucket's settings forbid")
    parser.add_argument("--wait", action="store_true", help="wait until it is done, as with ais-job wait")
    _add_timeout(parser)
    _add_learning(parser)
    _add_connection(parser)

    parser = add("stop", help="stop a job", description="Stop a job, or with --all every job of a kind.")
    parser.add_argument("job_id", nargs="?", type=_job_id, metavar="ID", help="the job")
    parser.add_argument("--kind", default="", help="the kind whose jobs are to be stopped")
    parser.add_argument("--all", action="store_true", help="stop every job of the kind, on the whole cluster")
    _add_connection(parser)


def _add_timeout(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--timeout",
        type=_timeout,
        default=WAIT_TIMEOUT,
        metavar="S",
        help="how many seconds to wait, or none (default: %(default)s)",
    )


def _add_learning(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--learn", action="store_true", help="ask by how long such jobs took, and keep how long these take"
    )
    parser.add_argument(
        "--learn-file",
        type=Path,
        metavar="FILE",
        help="keep it there (default: a file for each cluster and kind, in the user's folder for state)",
    )


def _add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print one JSON document per job, each on a line")


def _add_connection(parser: argparse.ArgumentParser) -> None:
    about = "log changes on stderr, in the place of progress; -vv logs every request"
    parser.add_argument(
        "--endpoint",
        metavar="URL",
        help=f"the cluster; several URLs with commas between (default: {ENDPOINT})",
    )
    parser.add_argument(
        "--token-file", metavar="FILE", help=f"where the token is (default: {TOKEN}, {TOKEN_FILE})"
    )
    parser.add_argument("-v", "--verbose", action="count", default=0, help=about)


def _job_id(text: str) -> str:
    if not _JOB_ID.fullmatch(text):
        msg = f"an id is made of letters, digits, '-' and '_', unlike {text!r}"
        raise argparse.ArgumentTypeError(msg)
    return text


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < math.inf:
        msg = f"a number of seconds from 0 is needed, not {text!r}"
        raise argparse.ArgumentTypeError(msg)
    return seconds


def _timeout(text: str) -> float | None:
    return None if text.lower() == "none" else _seconds(text)


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) <= _HIGHEST_PORT):
        msg = f"a port is a number up to {_HIGHEST_PORT}, not {text!r}"
        raise argparse.ArgumentTypeError(msg)
    return int(text)


def _bucket(text: str) -> BucketRef:
    """Read ``name``, ``provider://name`` or ``provider://@uuid#namespace/name``."""
    match = _BUCKET.fullmatch(text)
    provider = _PROVIDERS.get(match["provider"] or "ais") if match else None
    if match is None or provider is None:
        known = ", ".join(_PROVIDERS)
        msg = f"a bucket is a name or provider://name, with one of {known}, not {text!r}"
        raise argparse.ArgumentTypeError(msg)
    namespace = {key: match[key] for key in ("uuid", "name") if match[key]}
    return BucketRef(match["bucket"], provider, namespace or None)
