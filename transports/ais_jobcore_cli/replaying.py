"""The command that replays a transcript: what was decided, when and why, and what differs today."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final, assert_never

from rich.text import Text

from ais_jobcore import AggregatedJobSnap, Fault, JobStatus, NotFound, Reply, recording
from ais_jobcore.recording import Replay, Transcript, as_test, steps
from ais_jobcore.rules.table import POLICY
from ais_jobcore.text import printable

from .codes import ExitCode
from .reports import columns, counted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ais_jobcore.machines.protocols import Event
    from ais_jobcore.recording import Step

    from .arguments import Arguments
    from .terminal import Terminal

_LONGEST: Final = 200
"""Characters of a value that are shown."""


def replay(arguments: Arguments, terminal: Terminal) -> ExitCode:
    """Replay a transcript, and show every decision and the first difference, or only that, or a test."""
    transcript = Transcript.load(arguments.file)
    if arguments.diff or arguments.as_test:
        replayed = recording.replay(transcript)
    else:
        replayed = _show(transcript, terminal, as_json=arguments.json)
    if arguments.as_test:
        terminal.line(as_test(transcript).removesuffix("\n"))
    if arguments.json:
        terminal.line(json.dumps(_document(replayed)))
    elif not arguments.as_test:
        _tell(replayed, terminal)
    elif not replayed.same:
        terminal.complain("the test fails: something is decided differently already")
    return _code(replayed)


def _code(replayed: Replay) -> ExitCode:
    return ExitCode.SUCCESS if replayed.same else ExitCode.FAILED


def _show(transcript: Transcript, terminal: Terminal, *, as_json: bool) -> Replay:
    """Show line after line, past differences too, and keep none of them: there may be any number."""
    count, different = 0, None
    for step in steps(transcript):
        count += 1
        different = different or (None if step.same else step)
        if as_json:
            terminal.line(json.dumps(_row_document(step)))
        else:
            terminal.show(_row(step))
    return Replay(transcript, count, different)


def _tell(replayed: Replay, terminal: Terminal) -> None:
    transcript, different = replayed.transcript, replayed.difference
    if transcript.truncated:
        terminal.note("the transcript breaks off before the end of the wait")
    if different is None:
        terminal.line(f"all as it was: {counted(replayed.lines, 'decision')}")
        return
    entry = different.entry
    terminal.line(f"line {entry.number}, at {entry.t:.3f} s, is decided differently:")
    terminal.show(
        columns(
            [Text(printable(place)), Text(_spell(then), "red"), Text("=>"), Text(_spell(now), "green")]
            for place, then, now in replayed.changes()
        )
    )
    policy = transcript.header.get("policy")
    if policy != POLICY:
        terminal.note(f"it was recorded under policy {_spell(policy)}, and this is policy {POLICY}")


def _row(step: Step) -> Text:
    """Lay out a line; columns of a fixed width need not know the lines to come."""
    entry = step.entry
    return Text.assemble(
        ("  " if step.same else "! ", "bold red"),
        (f"{entry.number:>5}", "dim"),
        f"{entry.t:>12.3f} s  {_came(entry.event):<24}  ",
        (f"{_said(step):<24}  {_why(step)}", "" if step.same else "bold red"),
    )


def _came(event: Event | None) -> str:
    """Say what came."""
    match event:
        case None:
            return "start"
        case Reply(status=status, body=body):
            return f"HTTP {status}, {counted(len(body), 'byte')}"
        case Fault(kind=kind):
            return f"fault: {kind.value}"
        case NotFound():
            return "not found"
        case JobStatus():
            return "status"
        case AggregatedJobSnap():
            return "snapshots"
        case _:
            assert_never(event)


def _said(step: Step) -> str:
    """Say what is decided today."""
    decision = step.decision
    if decision is None:
        return "raises"
    if "delay" in decision:
        return f"{decision['request']['what']} in {decision['delay']:.3f} s"
    if "done" in decision:
        return "done"
    return "given up" if decision["error"] else "failed"


def _why(step: Step) -> str:
    return printable(step.raised if step.decision is None else str(step.decision["reason"]), _LONGEST)


def _spell(value: object) -> str:
    return printable("nothing" if value is None else repr(value), _LONGEST)


def _row_document(step: Step) -> Mapping[str, object]:
    """Make the JSON document of a line; its keys are there always, and stay what they are."""
    return {
        "line": step.entry.number,
        "t": step.entry.t,
        "input": _came(step.entry.event),
        "decision": _said(step),
        "reason": _why(step),
        "same": step.same,
    }


def _document(replayed: Replay) -> Mapping[str, object]:
    """Make the JSON document of the whole; its keys are there always, and stay what they are."""
    transcript, different = replayed.transcript, replayed.difference
    return {
        "file": printable(transcript.name),
        "policy": transcript.header.get("policy"),
        "policy_today": POLICY,
        "truncated": transcript.truncated,
        "same": different is None,
        "line": different and different.entry.number,
        "changes": [{"place": place, "then": then, "now": now} for place, then, now in replayed.changes()],
        "exit_code": int(_code(replayed)),
    }
