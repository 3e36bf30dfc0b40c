"""xUnit.net, version 2 of its format (`assemblies`).

https://xunit.net/docs/format-xml-v2, https://github.com/microsoft/azure-pipelines-agent (XunitResultReader)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.run.reports.elements import Report
from drivetrain.run.reports.formats.case import Case, base_name, seconds
from drivetrain.run.reports.model import CaseOutcome

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from drivetrain.run.reports.elements import Element

ROOTS = ("assemblies",)
_PATH = ("assemblies", "assembly", "collection", "test")


def cases(path: Path, mismatch: str) -> Iterator[Case]:
    """The tests of a report. Raises BrokenReportError, WrongFormatError."""
    for above, element in Report(path, _wanted, ROOTS, mismatch):
        if element.get("name"):
            yield _case(element, base_name(above[1].get("name")))


def _wanted(names: Sequence[str]) -> bool:
    return tuple(names) == _PATH


def _case(element: Element, assembly: str) -> Case:
    name = element.get("name")
    title = element.get("method") or name
    made = Case(assembly, name, title, CaseOutcome.PASSED, seconds(element.get("time")))
    if element.first("failure") is not None:
        return made._replace(
            outcome=CaseOutcome.FAILED,
            message=element.text_at("failure", "message"),
            stack=element.text_at("failure", "stack-trace"),
            output=element.text_at("output"),
        )
    if element.get("result").lower() != "pass":
        return made._replace(outcome=CaseOutcome.NOT_EXECUTED, message=element.text_at("reason"))
    return made
