"""The benchmarks run, and each of their bounds can be missed."""

from __future__ import annotations

import time
from math import inf, isfinite, nan
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from ais_jobcore.queries import ask_status, list_statuses
from ais_jobcore.recording import replay
from benchmarks import __main__ as command
from benchmarks import (
    crowds,
    decoding,
    imports,
    learned,
    memory,
    official,
    page,
    picture,
    polling,
    replaying,
    replays,
    schedules,
)
from benchmarks.checks import Check, quantile, render, side_by_side
from benchmarks.onejob import Watched

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ais_jobcore.recording import Replay, Transcript
    from ais_jobcore.testing import SimCluster, SimJob


def sdk_report(life: replays.Life, start: float, timeout: float) -> float:
    """Report as the official SDK's schedule has it: the SDK itself is where the benchmarks are run."""
    now, delays = start, schedules.official(timeout)
    while now < life.ended:
        now += next(delays)
    return now


def sdk_requests(_: SimCluster, job: SimJob) -> int:
    """Count the requests of the official SDK's schedule."""
    return len(list(schedules.moments(schedules.official(300.0), job.settled)))


def one_life() -> list[replays.Life]:
    """Take one of the recorded jobs."""
    return [next(replays.lives())]


TINY: dict[str, Callable[[], list[Check]]] = {
    "blind": lambda: polling.blind(20, 3),
    "elsewhere": lambda: polling.elsewhere(20),
    "learned": lambda: learned.learned(draws=2, jobs=20, wrong=1, rounds=2, sample=5, steps=2000),
    "totals": lambda: polling.totals(3),
    "short": lambda: polling.short(5),
    "minutes": lambda: polling.minutes(10),
    "recorded": lambda: replays.recorded(5, one_life(), sdk_report),
    "group": lambda: crowds.group(20, sdk_requests),
    "herd": lambda: crowds.herd(20, 120.0),
    "status": lambda: decoding.status_poll(2, 5, sdk=False),
    "snapshots": lambda: decoding.snapshots_poll(4, 20, 2, sdk=False),
    "replays": lambda: replaying.replayed(8, 5.0, 2),
    "state": lambda: memory.state(3),
    "live": lambda: memory.live(5, 2),
    "imports": lambda: imports.imported(1, sdk=False),
}


def test_there_is_a_tiny_run_of_each() -> None:
    """No benchmark escapes these tests."""
    assert list(TINY) == list(command.BENCHMARKS)


@pytest.mark.parametrize("name", TINY)
def test_it_runs(name: str) -> None:
    """Every benchmark gives figures, at least one of them with a bound."""
    checks = TINY[name]()
    assert all(isfinite(check.measured) for check in checks)
    assert any(check.bound is not None for check in checks)
    assert render(checks)


def _sabotage_polling(patch: pytest.MonkeyPatch) -> None:
    lateness = (30.0 * 1.05**place for place in range(1000))
    patch.setattr(polling, "drive", lambda *_, **__: Watched(10_000, next(lateness)))
    patch.setattr(polling, "ours", lambda seed: schedules.smithy(seed, 0.5, 120.0))


def _sabotage_learned(patch: pytest.MonkeyPatch) -> None:
    class Slow:
        """Think for long, weigh much, and ask seldom."""

        def __init__(self, past: list[float]) -> None:
            self.past = bytearray(9000 + len(past))

        def interval(self, waited: float, *, snapshots: bool) -> float:
            end = time.process_time() + 0.0005
            while time.process_time() < end:
                pass
            return 5000.0 + waited + snapshots

    patch.setattr(learned, "Learned", Slow)
    patch.setattr(learned, "STATUS_GAP", inf)


def _sabotage_recorded(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(replays, "ours", lambda life, start, timeout, seed: sdk_report(life, start, timeout) + seed)


def _sabotage_group(patch: pytest.MonkeyPatch) -> None:
    class Alone:
        """Ask for every job by its id, and for a list besides, all in one moment."""

        def __init__(self, waits: list[crowds.JobWait]) -> None:
            self.waits = waits

    def run(group: Alone, transport: crowds.SimTransport, _: object) -> None:
        for wait in group.waits * 2:
            for request in (ask_status(wait.state.job_id), list_statuses()):
                transport.send(request)

    patch.setattr(crowds, "GroupWait", Alone)
    patch.setattr(crowds, "run", run)


def _sabotage_herd(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(crowds, "ours", lambda _: schedules.botocore())


def _sabotage_decoding(patch: pytest.MonkeyPatch) -> None:
    def poll(self: decoding.Poller) -> None:
        end = time.process_time() + len(next(self._replies).body) ** 2 * 1e-10 + 0.001
        while time.process_time() < end:
            pass

    patch.setattr(decoding.Poller, "poll", poll)


def _sabotage_replays(patch: pytest.MonkeyPatch) -> None:
    def slow(source: Path | Transcript) -> Replay:
        end = time.process_time() + 0.15
        while time.process_time() < end:
            pass
        return replay(source)

    patch.setattr(replaying, "replay", slow)


def _sabotage_memory(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(memory, "_advanced", lambda _, targets, __: bytearray(2000 * targets))

    async def live(waits: int, _: int) -> int:
        return 11_000 * waits

    patch.setattr(memory, "_live", live)


def _sabotage_imports(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(imports, "_seconds", lambda code: 2.0 if "ais_jobcore" in code else 1.0)


SABOTAGE: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    **dict.fromkeys(("blind", "elsewhere", "totals", "short", "minutes"), _sabotage_polling),
    "learned": _sabotage_learned,
    "recorded": _sabotage_recorded,
    "group": _sabotage_group,
    "herd": _sabotage_herd,
    **dict.fromkeys(("status", "snapshots"), _sabotage_decoding),
    "replays": _sabotage_replays,
    **dict.fromkeys(("state", "live"), _sabotage_memory),
    "imports": _sabotage_imports,
}


@pytest.mark.parametrize("name", TINY)
def test_every_bound_can_be_missed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the library is as bad as others are, or worse, no bound is kept."""
    SABOTAGE[name](monkeypatch)
    bounded = [check for check in TINY[name]() if check.bound is not None]
    assert [] == [check for check in bounded if check.ok]


def test_a_bound_is_kept_up_to_itself() -> None:
    """A figure on its bound is kept; one above is not, nor is one that could not be measured."""
    kept = [Check("row", "what", measured, 1.0).ok for measured in (0.5, 1.0, 1.0001, inf, nan)]
    assert [True, True, False, False, False] == kept


def test_the_optimum_of_uniform_durations() -> None:
    """The numeric optimum is that of the formula: for uniform durations, two ninths of the longest."""
    assert schedules.optimum(lambda part: 9.0 * part) == pytest.approx(2.0, rel=1e-3)


def test_the_shortest_round_counts() -> None:
    """What takes longer is seen to take longer."""
    short, long = side_by_side([lambda: sum(range(10)), lambda: sum(range(10_000))], rounds=5, number=20)
    assert 0 <= short < long


def test_quantiles() -> None:
    """Quantiles are those of the sorted values."""
    assert (2.5, 4) == (quantile([4, 1, 3, 2], 0.5), quantile([4, 1, 3, 2], 0.95))


@pytest.mark.parametrize(("measured", "status"), [(1.0, 0), (3.0, 1)])
def test_the_exit_status_tells(measured: float, status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The exit status is 1 where a bound is missed."""
    monkeypatch.setattr(official, "prepare", lambda: "0")
    monkeypatch.setattr(command, "BENCHMARKS", {"one": lambda: [Check("row", "what", measured, 2.0)]})
    assert status == command.main(["one"])


def test_what_breaks_is_missed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A benchmark that raises counts as missed, and hides no other."""

    def broken() -> list[Check]:
        raise LookupError

    monkeypatch.setattr(official, "prepare", lambda: "0")
    monkeypatch.setattr(
        command, "BENCHMARKS", {"one": broken, "two": lambda: [Check("row", "what", 1.0, 2.0)]}
    )
    assert command.main([]) == 1
    assert "could not be measured: LookupError" in capsys.readouterr().out


def test_the_page(tmp_path: Path) -> None:
    """The page has a table with every figure, and a picture of all schedules."""
    checks = [Check("one row", "what", 1.0, 2.0, "s"), Check("one row", "other", 1234.5)]
    page.write(checks, 60.0, "9.9.9", tmp_path)
    text = (tmp_path / "benchmarks.md").read_text("utf-8")
    assert "## One row" in text
    assert "| what | 1 s | ≤ 2 s | ok |" in text
    assert "| other | 1,234 |  |  |" in text
    drawing = ET.fromstring((tmp_path / "lateness.svg").read_text("utf-8"))  # noqa: S314 - our own
    assert len(picture.POLICIES) == len(drawing.findall("{http://www.w3.org/2000/svg}polyline"))
    for name, lines in (("moments", 24), ("costs", 4)):
        drawing = ET.fromstring((tmp_path / f"learned-{name}.svg").read_text("utf-8"))  # noqa: S314 - our own
        assert lines == len(drawing.findall("{http://www.w3.org/2000/svg}polyline"))
