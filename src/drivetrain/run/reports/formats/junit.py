"""JUnit, as Maven, Gradle, pytest and many others write it.

https://github.com/microsoft/azure-pipelines-agent (JunitResultReader),
https://learn.microsoft.com/azure/devops/pipelines/tasks/reference/publish-test-results-v2#result-formats-mapping
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

ROOTS = ("testsuites", "testsuite")


def cases(path: Path, mismatch: str) -> Iterator[Case]:
    """The tests of a report. Raises BrokenReportError, WrongFormatError."""
    for _, element in Report(path, _wanted, ROOTS, mismatch):
        if element.get("name"):
            yield _case(element)


def _wanted(names: Sequence[str]) -> bool:
    return names[-1] == "testcase" and "testsuite" in names


def _case(element: Element) -> Case:
    name = element.get("name")
    made = Case(element.get("classname"), name, name, CaseOutcome.PASSED, seconds(element.get("time")))
    failure = element.first("failure") or element.first("error")
    if failure is not None:
        message, stack = failure.get("message"), failure.text
        return made._replace(
            outcome=CaseOutcome.FAILED,
            message=message if message.strip() else "",
            stack=stack if stack.strip() else "",
            output=_output(element),
        )
    skipped = element.first("skipped")
    if skipped is not None:
        return made._replace(outcome=CaseOutcome.NOT_EXECUTED, message=skipped.get("message").strip())
    return made


def _output(element: Element) -> str:
    texts = [element.text_at("system-out"), element.text_at("system-err")]
    return "\n".join(text for text in texts if text)
