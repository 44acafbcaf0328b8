"""The golden corpus: hundreds of waits decide as they did, and it has a wait of every sort."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any, Final

import pytest

from ais_jobcore import KINDS, FaultKind, Outcome
from ais_jobcore.events import Fault
from ais_jobcore.kinds import Strategy
from ais_jobcore.recording import Transcript, replay
from ais_jobcore.recording.replaying import steps
from ais_jobcore.rules import table
from ais_jobcore.rules.state import Phase, Signal
from ais_jobcore.wire.observations import Trouble, Unusable
from tests.proof.golden import run as golden
from tests.proof.golden.run import CORPUS, RECORDINGS, difference, path_of, plays, written

if TYPE_CHECKING:
    from pathlib import Path

FILES: Final = sorted(CORPUS.glob("*.jsonl.gz"))


def test_every_wait_decides_as_it_did() -> None:
    """Each decision, its reason, its delay and its result are what they were under the same policy."""
    assert [] == [found for found in map(difference, FILES) if found]


def test_nothing_is_missing_and_nothing_is_left_over() -> None:
    """For every scene and every recording of a real cluster there is a transcript, and for nothing else."""
    assert {path_of(name) for name in plays()} == set(FILES)
    index = json.loads((RECORDINGS / "index.json").read_text("utf-8"))
    names = {path.name for path in FILES}
    assert all(
        f"real-{name}-{job}-00-id.jsonl.gz" in names for name, one in index.items() for job in one["jobs"]
    )


def test_written_anew_they_are_the_same_bytes() -> None:
    """The simulated cluster, the recordings and the recorder make the same of the same, to the byte."""
    for name, play in plays().items():
        assert written(play) == gzip.decompress(path_of(name).read_bytes()), name


@pytest.fixture(scope="module")
def seen() -> dict[str, set[Any]]:
    """Replay everything, and note what happens in it."""
    seen: dict[str, set[Any]] = {name: set() for name in ("kinds", "outcomes", "faults", "troubles", "moves")}
    read = table.read

    def watched(state: Any, observation: Any, now: float) -> Any:
        known, signal = read(state, observation, now)
        seen["moves"].add((state.phase, signal))
        if isinstance(observation, Fault):
            seen["faults"].add(observation.kind)
        if isinstance(observation, Unusable):
            seen["troubles"].add(observation.trouble)
        return known, signal

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(table, "read", watched)
        for path in FILES:
            transcript = Transcript.load(path)
            seen["kinds"].add(transcript.header["arguments"]["kind"])
            for step in steps(transcript):
                decision = step.decision or {}
                result = decision.get("done") or decision.get("result") or {}
                seen["outcomes"].add(result.get("outcome"))
    return seen


def test_every_kind_is_waited_for(seen: dict[str, set[Any]]) -> None:
    """Every kind of job that can be waited for."""
    assert {kind.name for kind in KINDS.values() if kind.strategy is not Strategy.NONE} <= seen["kinds"]


def test_every_outcome_comes_about(seen: dict[str, set[Any]]) -> None:
    """Every way in which a job can end, a bad or a good one."""
    assert {outcome.value for outcome in Outcome} <= seen["outcomes"]


def test_every_fault_and_trouble_occurs(seen: dict[str, set[Any]]) -> None:
    """Whatever can come instead of an answer."""
    assert set(FaultKind) <= seen["faults"]
    assert set(Trouble) <= seen["troubles"]


def test_every_phase_is_passed_and_every_signal_given(seen: dict[str, set[Any]]) -> None:
    """In which phase which signal is given, the model check tries out."""
    assert set(Phase) - {Phase.OVER} == {phase for phase, _ in seen["moves"]}
    signals = {signal for moves in table.TRANSITIONS.values() for signal in moves}
    # That one comes of lists that are asked for on behalf of many, and groups are not recorded.
    assert signals - {Signal.UNLISTED} == {signal for _, signal in seen["moves"]}


@pytest.mark.parametrize(
    ("name", "rule", "changed", "transcript"),
    [
        ("steps", "ais_jobcore.rules.pacing.jittered", lambda delay, *_: delay / 2, "sim-copy-bck-well"),
        ("errors", "ais_jobcore.rules.evidence._joined", lambda *_: "", "sim-lost-target-archive-false"),
        ("words", "ais_jobcore.rules.messages._more", lambda *_: "", "sim-stall-end"),
    ],
)
def test_changed_rule_is_told_with_what_to_do(
    name: str, rule: str, changed: object, transcript: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A decision that changes under the same policy is named: file, line, what was and is, and the remedy."""
    path = path_of(transcript)
    assert not difference(path), name
    monkeypatch.setattr(rule, changed)
    told = difference(path)
    assert told.startswith(f"{transcript}.jsonl.gz: line "), name
    assert "raise POLICY" in told


def test_other_policy_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After the policy was raised, the corpus has to be written anew."""
    monkeypatch.setattr(golden, "POLICY", table.POLICY + 1)
    assert "write it anew" in difference(FILES[0])
    copy = tmp_path / "copy.jsonl.gz"
    copy.write_bytes(FILES[0].read_bytes())
    assert replay(copy).same
