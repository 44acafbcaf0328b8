"""
The golden corpus: waits of every sort as transcripts, which decide today as they did when they were written.

``python -m tests.proof.golden.run`` says which transcripts differ; with ``--write`` it writes them anew, byte
for byte the same in every process. Changed decisions are written only after ``POLICY`` in
``ais_jobcore/rules/table.py`` was raised.
"""

from __future__ import annotations

import gzip
import json
import locale
import sys
from argparse import ArgumentParser
from functools import cache
from hashlib import sha256
from math import inf
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from attrs import Factory, frozen

from ais_jobcore import KINDS, Fault, FaultKind, JobWait, Reply, WaitOptions
from ais_jobcore.kinds import Strategy
from ais_jobcore.recording import Recorder, Transcript, replay
from ais_jobcore.rules.table import POLICY
from ais_jobcore.testing import Recording, ReplayTransport, SimCluster, SimTransport, VirtualClock, run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from ais_jobcore import Request
    from ais_jobcore.testing import SimJob

RECORDINGS: Final = Path(__file__).parents[2] / "recordings"
CORPUS: Final = RECORDINGS / "transcripts"
_TOKEN: Final = "let-me-in"

Answer: TypeAlias = Reply | Fault


@frozen(kw_only=True)
class Scene:
    """
    Hold one wait on a simulated cluster.

    Attributes:
        kind: the kind of the job; empty for none.
        job: how the job is added.
        cluster: how the cluster is made.
        script: what happens to the cluster and the job.
        wait: arguments of the wait; the id and the kind of the job unless they are given.
        options: its options.
        tokens: the token that is shown first, and the one after a fresh one was asked for.
        fault: what is answered to the n-th request, counted from 1, in the place of the cluster.
    """

    kind: str = "copy-bck"
    job: Mapping[str, Any] = Factory(dict)
    cluster: Mapping[str, Any] = Factory(dict)
    script: Callable[[SimCluster, SimJob], object] | None = None
    wait: Mapping[str, Any] = Factory(dict)
    options: Mapping[str, Any] = Factory(dict)
    tokens: tuple[str | None, str | None] = (None, None)
    fault: Callable[[int], Answer | None] | None = None


def _refusal(status: int, message: str, tcode: str = "", **headers: str) -> Reply:
    body = json.dumps({"tcode": tcode, "message": message, "status": status}).encode()
    return Reply(status, body, {name.replace("_", "-"): value for name, value in headers.items()})


_OVER: Final = Reply(200, b'{"kind":"copy-bck","uuid":"x3CgTG-3v","err":"","end_time":1767258001000000000}')

TROUBLES: Final[Mapping[str, Answer]] = {
    **{f"fault-{kind.value}": Fault(kind, "no answer") for kind in FaultKind},
    "starting": Reply(503),
    "target-down": _refusal(400, "failed to call t[t2]: connection refused", "ErrFailedTo"),
    "busy": Reply(429, b"slow down", {"Retry-After": "7"}),
    "server": _refusal(500, "internal error"),
    "stranger": Reply(404, b"<html>no such page</html>"),
    "malformed": Reply(200, b'{"t1": [{"id"'),
    "unauthenticated": _refusal(401, "token required"),
    "forbidden": _refusal(403, "user `u` has insufficient permissions"),
    "refused": _refusal(400, "invalid xaction (job) UUID"),
}
"""What may be answered instead of an answer, by a name for files."""


def _first(answer: Answer, count: int) -> Callable[[int], Answer | None]:
    return lambda number: answer if number <= count else None


def _scenes() -> Iterator[tuple[str, Scene]]:
    """Name every scene."""
    for kind in KINDS.values():
        if kind.strategy is not Strategy.NONE:
            yield f"{kind.name}-well", Scene(kind=kind.name)
            yield f"{kind.name}-id-alone", Scene(kind=kind.name, wait={"kind": ""}, job={"duration": 3.0})
            yield (
                f"{kind.name}-errors",
                Scene(kind=kind.name, job={"errors": {"t1": "disk fault"}, **_at(kind.name)}),
            )
            yield f"{kind.name}-stopped", Scene(kind=kind.name, script=lambda _, job: job.abort_at(0.6))
    for name, answer in TROUBLES.items():
        yield f"trouble-{name}-once", Scene(fault=_first(answer, 1))
        yield f"trouble-{name}-thrice", Scene(kind="archive", fault=_first(answer, 3), cluster={"proxies": 2})
        yield f"trouble-{name}-for-ever", Scene(fault=_first(answer, 10**6), wait={"timeout": 45.0})
        yield f"trouble-{name}-no-deadline", Scene(fault=_first(answer, 10**6), wait={"timeout": None})
    for until in ("finished", "idle", "single", "started", "not-running"):
        for kind in ("copy-bck", "archive", "dsort"):
            yield f"until-{until}-{kind}", Scene(kind=kind, wait={"until": until, "timeout": 900.0})
    for timeout in (0.0, 0.5, 3.0):
        for kind in ("copy-bck", "archive", "dsort"):
            yield (
                f"timeout-{timeout:g}-{kind}",
                Scene(kind=kind, wait={"timeout": timeout}, job={"duration": 60.0}),
            )
    for schedule in ("responsive", "gentle"):
        yield f"schedule-{schedule}", Scene(job={"duration": 90.0}, options={"schedule": schedule})
    yield from _clusters()
    yield from _progress()


def _at(kind: str) -> dict[str, Any]:
    return {"targets": ["t1"]} if KINDS[kind].single_target else {}


def _clusters() -> Iterator[tuple[str, Scene]]:
    """Name what happens to targets, proxies and tokens."""
    long: dict[str, Any] = {"duration": 30.0}
    for kind in ("copy-bck", "archive", "dsort"):
        for aborts in (True, False):
            more = {"aborts": aborts}
            yield (
                f"lost-target-{kind}-{aborts}".lower(),
                Scene(kind=kind, job=long, script=lambda c, _, m=more: c.lose_target_at("t2", 4.0, **m)),
            )
            yield (
                f"restart-{kind}-{aborts}".lower(),
                Scene(kind=kind, job=long, script=lambda c, _, m=more: c.restart_target_at("t2", 4.0, **m)),
            )
        yield (
            f"restart-resumes-{kind}",
            Scene(kind=kind, job=long, script=lambda c, _: c.restart_target_at("t2", 4.0, resumes=True)),
        )
        yield (
            f"forgotten-{kind}",
            Scene(kind=kind, job=long, script=lambda _, job: job.forget_at(5.0), wait={"timeout": 60.0}),
        )
        two = {"cluster": {"proxies": 2}, "options": {"endpoints": 2}}
        yield (
            f"lost-proxy-{kind}",
            Scene(kind=kind, job=long, script=lambda c, _: c.lose_proxy_at(0, 3.0), **two),
        )
    yield "lost-statuses", Scene(job=long, script=lambda c, _: c.forget_statuses_at(5.0))
    yield "status-without-details", Scene(options={"details": False})
    yield "starting-cluster", Scene(cluster={"starting_until": 12.0})
    yield "token-refused", Scene(cluster={"token": _TOKEN}, tokens=("old", _TOKEN))
    yield (
        "token-powerless",
        Scene(cluster={"token": _TOKEN, "powerless_token": "weak"}, tokens=("weak", "weak")),
    )
    yield "older-server", Scene(kind="archive", cluster={"omits": ["err", "is_idle"]}, wait={"timeout": 20.0})
    yield "over-too-soon", Scene(job={"job_id": "x3CgTG-3v", "duration": 9.0}, fault=_first(_OVER, 1))
    yield "download", Scene(kind="download", job={"job_id": "dnl-7"})
    yield (
        "download-stopped",
        Scene(kind="download", job={"job_id": "dnl-7"}, script=lambda _, j: j.abort_at(0.5)),
    )
    yield "unknown-id", Scene(wait={"job_id": "nosuchjob", "kind": ""})
    yield "unknown-id-of-a-kind", Scene(wait={"job_id": "nosuchjob"})
    yield "late-to-appear", Scene(job={"at": 2.0})
    yield "long-ago", Scene(job={"at": -400.0}, wait={"kind": ""})
    yield "kind-alone", Scene(kind="archive", wait={"job_id": ""})
    yield "kind-alone-on-a-bucket", Scene(kind="archive", job={"bucket": "photos"}, wait={"job_id": ""})
    yield "kind-alone-none", Scene(kind="archive", wait={"job_id": "", "kind": "lru"})
    yield (
        "kind-alone-several",
        Scene(kind="archive", wait={"job_id": ""}, script=lambda c, _: c.add_job("archive", duration=inf)),
    )
    yield "superseded", Scene(kind="rebalance", job={"job_id": "g4", "at": -4000.0}, script=_supersede)
    yield "idle-then-busy", Scene(kind="copy-listrange", script=lambda _, job: job.busy_at(7.2, 4.0))
    yield "wrong-kind", Scene(wait={"kind": "dsort"})
    yield "misspelt-kind", Scene(wait={"kind": "copy-bkc"})
    yield "day-long", Scene(job={"duration": 86_000.0}, wait={"timeout": None})


def _supersede(cluster: SimCluster, job: SimJob) -> None:
    job.forget_at(-3000.0)
    cluster.add_job("rebalance", job_id="g6", at=-2000.0)


def _progress() -> Iterator[tuple[str, Scene]]:
    """Name waits that know how much there is to do, and such that nothing moves in."""
    long: dict[str, Any] = {"duration": 120.0}
    yield "expected-objects", Scene(kind="archive", job=long, options={"expected_objects": 300})
    yield "expected-bytes", Scene(job=long, options={"expected_bytes": 300 * 4096})
    yield "expected-duration", Scene(job=long, options={"expected_duration": 100.0})
    for on_stall in ("end", "warn"):
        options = {"stall_timeout": 10.0, "on_stall": on_stall}
        stuck = {"duration": {"t1": 1.0, "t2": inf, "t3": 2.0}, "objects": 0}
        yield f"stall-{on_stall}", Scene(kind="dsort", job=stuck, options=options, wait={"timeout": 40.0})


@cache
def scenes() -> dict[str, Scene]:
    """List every scene, by the name of its transcript."""
    return {f"sim-{name}": scene for name, scene in _scenes()}


def _play(scene: Scene, path: Path) -> None:
    clock, cluster = VirtualClock(), SimCluster(**{"targets": 3, **scene.cluster})
    job = cluster.add_job(scene.kind, **{"duration": 1.5, **scene.job})
    if scene.script is not None:
        scene.script(cluster, job)
    sent = 0

    def hook(_: Request, __: float) -> Answer | None:
        nonlocal sent
        sent += 1
        return None if scene.fault is None else scene.fault(sent)

    transport = _Refreshing(
        *(SimTransport(cluster, clock, token=token, latency=0.004, fault=hook) for token in scene.tokens)
    )
    options = WaitOptions(**{"seed": 7, **scene.options})
    wait = JobWait(**{"job_id": job.id, "kind": scene.kind, "options": options, **scene.wait})
    with Recorder(wait, path) as recorder:
        run(recorder, transport, clock, limit=5000)


class _Refreshing:
    """Send with one token, and with another as soon as a fresh one is asked for."""

    def __init__(self, stale: SimTransport, fresh: SimTransport) -> None:
        self._now, self._fresh = stale, fresh

    def send(self, request: Request) -> Answer:
        """Send a request."""
        if request.refresh_token:
            self._now = self._fresh
        return self._now.send(request)

    def close(self) -> None:
        """Close nothing."""


def _real() -> Iterator[tuple[str, Callable[[Path], None]]]:
    """Name waits on the recordings of a real cluster, from three moments on, with their kind and without."""
    index = json.loads((RECORDINGS / "index.json").read_text("utf-8"))
    for name, entry in index.items():
        for job_id, job in entry["jobs"].items():
            kind = "download" if job_id.startswith("dnl-") else job["kind"]
            for part in (0.0, 0.4, 0.95):
                for given in (kind, ""):
                    what = f"real-{name}-{job_id}-{part * 100:02.0f}-{'kind' if given else 'id'}"
                    yield what, _replaying(name, job_id, given, part * entry["seconds"])


def _replaying(name: str, job_id: str, kind: str, started_at: float) -> Callable[[Path], None]:
    def play(path: Path) -> None:
        clock = VirtualClock()
        recording = Recording.load(RECORDINGS / f"{name}.jsonl.gz")
        wait = JobWait(job_id, kind, 60.0, options=WaitOptions(seed=7))
        with Recorder(wait, path) as recorder:
            run(recorder, ReplayTransport(recording, clock, started_at), clock)

    return play


def plays() -> dict[str, Callable[[Path], None]]:
    """List everything in the corpus: what writes the transcript of each name."""
    simulated = {name: (lambda path, scene=scene: _play(scene, path)) for name, scene in scenes().items()}
    return simulated | dict(_real())


def written(play: Callable[[Path], None]) -> bytes:
    """Write a transcript, and return it."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "transcript.jsonl"
        play(path)
        return path.read_bytes()


def path_of(name: str) -> Path:
    """Tell where a transcript of the corpus is."""
    return CORPUS / f"{name}.jsonl.gz"


def difference(path: Path) -> str:
    """Say what is decided differently today, and what to do; nothing where all is as it was."""
    transcript = Transcript.load(path)
    if transcript.header["policy"] != POLICY:
        return f"{path.name}: of policy {transcript.header['policy']}, and this is {POLICY}: write it anew"
    found = replay(transcript)
    if found.same:
        return ""
    changes = "; ".join(f"{place}: {was!r} -> {now!r}" for place, was, now in found.changes()[:3])
    return (
        f"{path.name}: line {found.lines + 1}: {changes}. "
        "If this is meant, raise POLICY in ais_jobcore/rules/table.py, "
        "and run python -m tests.proof.golden.run --write"
    )


def digest() -> str:
    """Sum up every wait, written anew in this process: inputs, decisions and reasons, as bytes."""
    logs = sha256()
    for play in plays().values():
        logs.update(written(play))
    return logs.hexdigest()


def main(arguments: list[str] | None = None) -> int:
    """Compare the corpus with what the core decides today, or write it anew."""
    parser = ArgumentParser(prog="python -m tests.proof.golden.run", description=__doc__)
    parser.add_argument("--write", action="store_true", help="write what is missing or of an older policy")
    parser.add_argument(
        "--digest", action="store_true", help="print the SHA-256 of all waits, and do no more"
    )
    options = parser.parse_args(arguments)
    if options.digest:
        locale.setlocale(locale.LC_ALL, "")
        print(digest())
        return 0
    refused = 0
    for name, play in plays().items():
        path = path_of(name)
        same_policy = path.exists() and Transcript.load(path).header["policy"] == POLICY
        changed = difference(path) if same_policy else ""
        refused += bool(changed)
        if changed:
            print(changed)
        elif options.write:
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(gzip.compress(written(play), mtime=0))
        elif not same_policy:
            refused += 1
            print(f"{path.name}: missing, or of an older policy")
    for stale in sorted(set(CORPUS.glob("*.jsonl.gz")) - {path_of(name) for name in plays()}):
        print(f"{stale.name}: nobody writes it any more")
        if options.write:
            stale.unlink()
    print(f"{len(plays())} transcripts, {refused} of them not as they should be")
    return 1 if refused else 0


if __name__ == "__main__":
    sys.exit(main())
