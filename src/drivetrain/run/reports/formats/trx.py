"""TRX, the results of Visual Studio and `dotnet test --logger trx`.

A result names its test by an id that is explained only further down, so a file is read twice: first the definitions.

https://github.com/microsoft/azure-pipelines-agent (TrxResultReader)
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from drivetrain.run.reports.elements import Report
from drivetrain.run.reports.formats.case import Case, base_name, span
from drivetrain.run.reports.model import CaseOutcome

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from drivetrain.run.reports.elements import Element

ROOTS = ("TestRun",)
MOST_DEFINITIONS = 500_000
"""Further ones are not looked at: their tests go by their short names."""
_RESULTS = frozenset({"UnitTestResult", "WebTestResult", "TestResultAggregation"})
_OUTCOMES = {
    "": CaseOutcome.FAILED,
    "failed": CaseOutcome.FAILED,
    "passed": CaseOutcome.PASSED,
    "inconclusive": CaseOutcome.INCONCLUSIVE,
}


class _Definition(NamedTuple):
    name: str
    storage: str


def cases(path: Path, mismatch: str) -> Iterator[Case]:
    """The tests of a report. Raises BrokenReportError, WrongFormatError."""
    definitions = Report(path, _is_definition, ROOTS, mismatch)
    known = {each.get("id"): _definition(each) for _, each in islice(definitions, MOST_DEFINITIONS)}
    for _, element in Report(path, _is_result, ROOTS, mismatch):
        if element.get("testName"):
            yield _case(element, known)


def _is_definition(names: Sequence[str]) -> bool:
    return len(names) == 3 and names[1] == "TestDefinitions"  # noqa: PLR2004 - TestRun/TestDefinitions/UnitTest


def _is_result(names: Sequence[str]) -> bool:
    return len(names) == 3 and names[1] == "Results" and names[2] in _RESULTS  # noqa: PLR2004 - TestRun/Results/x


def _definition(element: Element) -> _Definition:
    method = element.first("TestMethod")
    owner = method.get("className").split(",")[0] if method is not None else ""
    name = element.get("name") or (method.get("name") if method is not None else "")
    return _Definition(f"{owner}.{name}" if owner else name, base_name(element.get("storage")))


def _case(element: Element, known: Mapping[str, _Definition]) -> Case:
    title = element.get("testName")
    of = known.get(element.get("testId"), _Definition("", ""))
    outcome = _OUTCOMES.get(element.get("outcome").lower(), CaseOutcome.NOT_EXECUTED)
    made = Case(of.storage, of.name or title, title, outcome, span(element.get("duration")))
    if outcome is not CaseOutcome.FAILED:
        return made
    output = [element.text_at("Output", name) for name in ("StdOut", "StdErr")]
    return made._replace(
        message=element.text_at("Output", "ErrorInfo", "Message"),
        stack=element.text_at("Output", "ErrorInfo", "StackTrace"),
        output="\n".join(text for text in output if text),
    )
