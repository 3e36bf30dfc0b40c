"""CTest's Test.xml.

https://cmake.org/cmake/help/latest/manual/ctest.1.html, https://github.com/microsoft/azure-pipelines-agent
(CtestResultReader)
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

ROOTS = ("Site",)
_PATH = ("Site", "Testing", "Test")
_OUTCOMES = {"passed": CaseOutcome.PASSED, "failed": CaseOutcome.FAILED}


def cases(path: Path, mismatch: str) -> Iterator[Case]:
    """The tests of a report. Raises BrokenReportError, WrongFormatError."""
    for _, element in Report(path, _wanted, ROOTS, mismatch):
        if element.text_at("Name"):
            yield _case(element)


def _wanted(names: Sequence[str]) -> bool:
    return tuple(names) == _PATH


def _case(element: Element) -> Case:
    title = element.text_at("Name").strip()
    outcome = _OUTCOMES.get(element.get("Status").lower(), CaseOutcome.NOT_EXECUTED)
    written = element.text_at("Results", "Measurement", "Value")
    made = Case(
        storage=element.text_at("Path").strip(),
        name=element.text_at("FullName").strip() or title,
        title=title,
        outcome=outcome,
        seconds=_seconds(element),
    )
    return made._replace(stack=written) if outcome is CaseOutcome.FAILED else made._replace(output=written)


def _seconds(element: Element) -> float:
    results = element.first("Results")
    for measured in results.children("NamedMeasurement") if results is not None else ():
        if measured.get("name") == "Execution Time":
            return seconds(measured.text_at("Value").strip())
    return 0.0
