"""What the pages say of the code is what the code says."""

from __future__ import annotations

import inspect
import re
from importlib.util import module_from_spec, spec_from_file_location
from typing import TYPE_CHECKING

import attrs
import pytest

from ais_jobcore import FaultKind, JobCoreError, Outcome, Until, WaitOptions, errors
from ais_jobcore.rules.state import Phase
from ais_jobcore.rules.table import TRANSITIONS
from ais_jobcore_aiohttp import AsyncJob
from ais_jobcore_cli.exits import ExitCode, code_of
from ais_jobcore_requests import Job
from tests.docs.pages import PAGES, ROOT, table

if TYPE_CHECKING:
    from types import ModuleType

WAITING, DIFFERENCES, INTEGRATING = "docs/waiting.md", "docs/differences.md", "docs/integrating.md"
SEED_RULES = 64


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    """Return the script that writes the generated parts."""
    spec = spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    assert spec
    assert spec.loader
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def first_spans(page: str, *head: str) -> list[str]:
    """Return the first column of a table, without the signs of code."""
    return [row[0].strip("`") for row in table(page, *head)]


def test_generated_parts_are_current(generate: ModuleType) -> None:
    """The tables and the diagram are what `python -m docs.generate` makes of the code now; all are there."""
    pages = [PAGES[f"docs/{page.name}"] for page in generate.PAGES]
    assert [generate.filled(page) for page in pages] == pages
    found = [part for page in pages for part in re.findall(r"<!-- generated: (\w+) -->", page)]
    assert sorted(generate.PARTS) == sorted(found)


def test_what_is_not_drawn_moves_nothing(generate: ModuleType) -> None:
    """The signals that the diagram leaves out keep the phase, from wherever they come."""
    arrivals = [
        (phase, moves[signal])
        for phase, moves in TRANSITIONS.items()
        for signal in generate._STAYING & {*moves}
    ]
    assert [] == [(phase, arrival) for phase, arrival in arrivals if phase is not arrival]


def test_diagram_has_every_other_move(generate: ModuleType) -> None:
    """Each move is an arrow from its phase, or from the box that the phase is in."""
    diagram = generate.state_diagram()
    arrows = re.findall(r"^ *(\w+) --> (\w+): (.*)$", diagram, re.MULTILINE)
    boxes = re.findall(r'state " " as (\w+) \{(.*?)\n    \}', diagram, re.DOTALL)
    drawn = {(begin, arrival, name) for begin, arrival, names in arrows for name in names.split(", ")}
    for phase, moves in TRANSITIONS.items():
        origins = {phase.name, *(box for box, within in boxes if f" {phase.name} -->" in within)}
        for signal, arrival in moves.items():
            found = {(origin, arrival.name, signal.value) for origin in origins} & drawn
            assert (signal in generate._STAYING) != bool(found), (phase, signal)


@pytest.mark.parametrize(
    ("page", "head", "expected"),
    [
        (WAITING, "`until`", [until.value for until in Until]),
        (WAITING, "phase", [phase.name for phase in Phase]),
        (WAITING, "`outcome`", [outcome.name for outcome in Outcome]),
    ],
)
def test_all_are_described(page: str, head: str, expected: list[str]) -> None:
    """Every value is described, in its order."""
    assert expected == first_spans(page, head)


def test_all_faults_are_described() -> None:
    """Every kind of fault is in the table for transports."""
    named = {
        name for row in table(INTEGRATING, "what happened") for name in re.findall(r"`([A-Z_]+)`", row[1])
    }
    assert {kind.name for kind in FaultKind} == named


def test_options_are_described() -> None:
    """Every option is described with its default."""
    expected = [(f"`{field.name}`", f"`{field.default!r}`") for field in attrs.fields(WaitOptions)]
    assert expected == [row[:2] for row in table(WAITING, "`WaitOptions`")]


def test_outcomes_are_told_apart() -> None:
    """The table of outcomes has the successes right, and the exit codes that go with them."""
    rows = table(WAITING, "`outcome`")
    assert [("yes", "0") if outcome.success else ("no", "1") for outcome in Outcome] == [
        (row[1], row[3]) for row in rows
    ]


def test_errors_are_described() -> None:
    """Every error that can be raised for a wait is in the table of errors."""
    public = {
        name
        for name, value in vars(errors).items()
        if isinstance(value, type) and issubclass(value, JobCoreError) and value is not JobCoreError
    }
    rows = table(WAITING, "raised where the *wait* could not be completed")
    named = {name for row in rows for name in re.findall(r"`(\w+)`", row[0])}
    # A failed job is raised by who asks for that only.
    assert public - {"JobFailed"} == named - {"ValueError"}


@pytest.mark.parametrize(
    "error",
    [
        ValueError(),
        errors.AmbiguousJob("", ()),
        errors.Timeout("x", 1.0),
        *(errors.RequestFailed(status, "") for status in (400, 401, 403, 500)),
        errors.ProtocolError(""),
        errors.TransportFault(FaultKind.TIMEOUT, ""),
        errors.JobInfoNotFound(""),
    ],
    ids=repr,
)
def test_exit_codes_of_errors_are_as_listed(error: Exception) -> None:
    """The first row that fits an error has the exit code that `ais-job` gives for it."""
    for raised, _, code in table(WAITING, "raised where the *wait* could not be completed"):
        statuses = re.findall(r"\d+", raised)
        fits = not statuses or str(getattr(error, "status", "")) in statuses
        if fits and f"`{type(error).__name__}`" in raised:
            assert code == str(int(code_of(error)))
            return
    pytest.fail("no row fits")


def test_exit_codes_agree() -> None:
    """The pages give the exit codes that there are."""
    ends = {row[3] for row in table(WAITING, "`outcome`")}
    raised = {row[2] for row in table(WAITING, "raised where the *wait* could not be completed")}
    expected = {str(int(code)) for code in ExitCode}
    assert expected == ends | raised | {*re.findall(r"exits with (\d+)", PAGES[WAITING])}
    assert expected == {row[0] for row in table("README.md", "exit code")}


@pytest.mark.parametrize("job", [Job, AsyncJob])
def test_api_is_as_listed(job: type[Job | AsyncJob]) -> None:
    """Parameters, defaults and return types are those of the table; what goes beyond is by keyword."""
    for name, parameters, returns, *_ in table(DIFFERENCES, "name", "parameters", "returns"):
        found = job if name == "`Job`" else inspect.getattr_static(job, name.strip("`"))
        signature = inspect.signature(found.fget if isinstance(found, property) and found.fget else found)
        listed = [
            str(parameter.replace(annotation=inspect.Parameter.empty))
            for parameter in signature.parameters.values()
            if parameter.kind is not inspect.Parameter.KEYWORD_ONLY and parameter.name != "self"
        ]
        assert parameters.strip("`") == ", ".join(listed), name
        if found is not job:
            assert returns.strip("`").replace("\\|", "|") == signature.return_annotation, name


def test_no_method_is_missing() -> None:
    """The table has every public name of `Job`, and `AsyncJob` has the same."""
    public = {name for name in dir(Job) if not name.startswith("_")}
    assert public == {name for name in dir(AsyncJob) if not name.startswith("_")}
    assert public == {*first_spans(DIFFERENCES, "name", "parameters")} - {"Job"}


def test_every_rule_of_the_seed_is_accounted_for() -> None:
    """The page of differences names each rule of the seed: as a difference, or as kept."""
    named = {int(number) for number in re.findall(r"\bS([0-9]+)\b", PAGES[DIFFERENCES])}
    assert {*range(1, SEED_RULES + 1)} == named
