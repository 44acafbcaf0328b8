"""
Write what the documents take from the code: the path of a poll, kinds, moves, flaws of others, mutations.

``python -m docs.generate`` rewrites the parts between the markers; a test compares them with the code.
"""

from __future__ import annotations

import re
import tomllib
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ais_jobcore.kinds import KINDS, Kind, Strategy
from ais_jobcore.rules.state import Phase, Signal
from ais_jobcore.rules.table import TRANSITIONS
from docs.poll import diagram
from tests.proof.differential.judge import GO, SDK, Flaw

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

PAGES: Final = tuple(
    Path(__file__).with_name(f"{name}.md") for name in ("architecture", "waiting", "differences", "mutations")
)

SURVIVORS: Final = Path(__file__).parents[1] / "tests" / "proof" / "mutation" / "survivors.toml"

_PART: Final = re.compile(r"(<!-- generated: ([a-z]+) -->\n).*?(\n<!-- end -->)", re.DOTALL)

_ENDS: Final[Mapping[Strategy, str]] = {
    Strategy.STATUS: "status",
    Strategy.FINISHED: "finished",
    Strategy.IDLE: "idle",
    Strategy.NONE: "cannot be waited for",
}
_STAYING: Final = frozenset({Signal.BEGIN, Signal.FAULT, Signal.TOKEN})
"""Signals that change no phase; drawing them would hide the others."""


def kinds_table() -> str:
    """List every kind: its names, how its end is known, and what else a wait makes use of."""
    head = ("kind", "display name", "end", "works on", "id", "start", "aborted by rebalance", "remembered")
    return _table(head, map(_kind_row, KINDS.values()))


def _kind_row(kind: Kind) -> tuple[str, ...]:
    return (
        f"`{kind.name}`",
        "" if kind.display == kind.name else f"`{kind.display}`",
        _ENDS[kind.strategy] + (", one target" if kind.single_target else ""),
        kind.scope.value,
        " ".join(f"`{prefix}…`" for prefix in kind.prefixes),
        "yes" if kind.startable else "",
        "yes" if kind.aborted_by_rebalance else "",
        f"{kind.retention / 60:g} min",
    )


def moves_table() -> str:
    """List where each signal leads from each phase."""
    phases = [phase for phase in Phase if TRANSITIONS[phase]]
    head = ("signal", *(f"from {phase.name}" for phase in phases))
    rows = ((_name(signal), *(_arrival(phase, signal) for phase in phases)) for signal in Signal)
    return _table(head, rows)


def _arrival(phase: Phase, signal: Signal) -> str:
    arrival = TRANSITIONS[phase].get(signal)
    return "" if arrival is None else "stay" if arrival is phase else arrival.name


def state_diagram() -> str:
    """Draw the phases; those with the same ways out share a box, and the ways out start at the box."""
    lines = ["```mermaid", "stateDiagram-v2", "    direction LR"]
    lines += [f"    [*] --> {phase.name}" for phase in Phase if Signal.BEGIN in TRANSITIONS[phase]]
    for number, box in enumerate(_boxes()):
        if len(box) == 1:
            lines += _arrows(box[0].name, box[0], Phase)
            continue
        name, outside = f"box{number}", [phase for phase in Phase if phase not in box]
        lines += [f'    state " " as {name} {{']
        lines += [f"    {arrow}" for phase in box for arrow in _arrows(phase.name, phase, box)]
        lines += ["    }", *_arrows(name, box[0], outside)]
    return "\n".join([*lines, f"    {Phase.OVER.name} --> [*]", "```"])


def _boxes() -> list[list[Phase]]:
    """Put phases together that the same signals lead to the same places."""

    def moves(phase: Phase) -> list[str]:
        return sorted(f"{_name(signal)} {arrival}" for signal, arrival in _drawn(phase).items())

    return [list(box) for _, box in groupby(sorted(Phase, key=moves, reverse=True), key=moves)]


def _drawn(phase: Phase) -> Mapping[Signal, Phase]:
    return {signal: arrival for signal, arrival in TRANSITIONS[phase].items() if signal not in _STAYING}


def _arrows(origin: str, phase: Phase, arrivals: Iterable[Phase]) -> list[str]:
    drawn = _drawn(phase)
    signals = {to: [_name(signal) for signal, arrival in drawn.items() if arrival is to] for to in arrivals}
    return [f"    {origin} --> {to.name}: {', '.join(names)}" for to, names in signals.items() if names]


def _name(signal: Signal) -> str:
    return signal.value


def flaws_table() -> str:
    """List what the official SDK and the Go client were seen to do otherwise on the same replies."""
    head = ("class", "rules", "the SDK", "Go", "there", "here")
    return _table(head, map(_flaw_row, Flaw))


def _flaw_row(flaw: Flaw) -> tuple[str, ...]:
    return (
        f"`{flaw.name}`",
        flaw.rules,
        "yes" if flaw in SDK else "",
        "yes" if flaw in GO else "",
        flaw.there,
        flaw.here,
    )


def survivors_table() -> str:
    """List the mutations that no test can find, and why."""
    head = ("function", "as it is", "mutated", "why nothing changes")
    rows = tomllib.loads(SURVIVORS.read_text("utf-8")).get("survivor", [])
    return _table(head, (_survivor_row(row) for row in rows))


def _survivor_row(row: Mapping[str, str]) -> tuple[str, ...]:
    code = (row["before"].replace("|", "\\|"), row["after"].replace("|", "\\|"))
    return (f"`{row['function']}`", *(f"`{text}`" if text else "" for text in code), row["why"])


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ("---",) * len(head), *rows))


PARTS: Final[Mapping[str, Callable[[], str]]] = {
    "poll": diagram,
    "kinds": kinds_table,
    "moves": moves_table,
    "states": state_diagram,
    "flaws": flaws_table,
    "survivors": survivors_table,
}


def filled(text: str) -> str:
    """
    Return a page with its generated parts as the code has them now.

    Raises:
        KeyError: a marker names no part.
    """
    return _PART.sub(lambda part: f"{part[1]}\n{PARTS[part[2]]()}\n{part[3]}", text)


if __name__ == "__main__":
    for page in PAGES:
        page.write_text(filled(page.read_text("utf-8")), "utf-8")
