"""NUnit 2 (`test-results`) and NUnit 3 (`test-run`).

https://docs.nunit.org/articles/nunit/technical-notes/usage/Test-Result-XML-Format.html,
https://github.com/microsoft/azure-pipelines-agent (NunitResultReader)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.run.reports.elements import Report
from drivetrain.run.reports.formats.case import Case, seconds
from drivetrain.run.reports.model import CaseOutcome

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from drivetrain.run.reports.elements import Element

ROOTS = ("test-results", "test-run")
_SECOND = {
    "ignored": CaseOutcome.NOT_EXECUTED,
    "skipped": CaseOutcome.NOT_EXECUTED,
    "notrunnable": CaseOutcome.NOT_EXECUTED,
    "inconclusive": CaseOutcome.INCONCLUSIVE,
}
_THIRD = {
    "passed": CaseOutcome.PASSED,
    "failed": CaseOutcome.FAILED,
    "skipped": CaseOutcome.NOT_EXECUTED,
}


def cases(path: Path, mismatch: str) -> Iterator[Case]:
    """The tests of a report. Raises BrokenReportError, WrongFormatError."""
    for above, element in Report(path, _wanted, ROOTS, mismatch):
        if element.get("name"):
            read = _third if above[0].name == "test-run" else _second
            yield read(element, _assembly(above))


def _wanted(names: Sequence[str]) -> bool:
    return names[-1] == "test-case" and "test-suite" in names


def _assembly(above: Sequence[Element]) -> str:
    suites = [each.get("name") for each in above if each.get("type").lower() == "assembly"]
    return suites[-1] if suites else ""


def _second(element: Element, assembly: str) -> Case:
    name = element.get("name")
    failed = element.first("failure") is not None
    outcome = CaseOutcome.FAILED if failed else _SECOND.get(element.get("result").lower(), CaseOutcome.PASSED)
    made = Case(assembly, name, name, outcome, seconds(element.get("time")))
    return _with_failure(made, element) if failed else made._replace(message=element.text_at("reason", "message"))


def _third(element: Element, assembly: str) -> Case:
    outcome = _THIRD.get(element.get("result").lower(), CaseOutcome.INCONCLUSIVE)
    title = element.get("name")
    made = Case(assembly, element.get("fullname") or title, title, outcome, seconds(element.get("duration")))
    if element.first("failure") is not None:
        return _with_failure(made, element)
    return made._replace(message=element.text_at("reason", "message"))


def _with_failure(case: Case, element: Element) -> Case:
    return case._replace(
        message=element.text_at("failure", "message"),
        stack=element.text_at("failure", "stack-trace"),
        output=element.text_at("output"),
    )
