"""What `##vso[results.publish]` and `##vso[codecoverage.publish]` ask for.

Names of their properties: ResultsCommandExtension, CodeCoverageCommandExtension in
https://github.com/microsoft/azure-pipelines-agent
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.errors import UserError
from drivetrain.run.reports.coverage.publishing import (
    REPORT_ARTIFACT,
    publish_coverage,
    publish_files,
    publish_loose_files,
)
from drivetrain.run.reports.coverage.reading import NAMES
from drivetrain.run.reports.publishing import FAILED_TESTS, Request, publish_tests
from drivetrain.run.runner.attachments import job_path

if TYPE_CHECKING:
    from pathlib import Path

    from drivetrain.run.runner.commands import LoggingCommand
    from drivetrain.run.runner.context import StepContext

NO_COVERAGE = "No coverage data found. Check the build errors/warnings for more details."


def publish_results(context: StepContext, command: LoggingCommand) -> None:
    """Publish the report files that the command names. Raises UserError."""
    given = command.properties
    files = _files(context, command.data if command.data.strip() else given.get("resultfiles", ""))
    if not files:
        raise UserError("'TestResults' has to be specified.")
    if not given.get("type"):
        raise UserError("'Testrunner' has to be specified.")
    request = Request(
        given["type"],
        files,
        merge=_flag(given.get("mergeresults", ""), default=True),
        title=given.get("runtitle", "").strip(),
        platform=given.get("platform", ""),
        configuration=given.get("config", ""),
        attach=_flag(given.get("publishrunattachments", ""), default=True),
    )
    published = publish_tests(context, request)
    if published.counts.failed and command.flag("failtaskonfailedtests"):
        context.fail(FAILED_TESTS)


def publish_coverage_results(context: StepContext, command: LoggingCommand) -> None:
    """Publish the report of coverage that the command names, and the files that go with it. Raises UserError."""
    given = command.properties
    for name, shown in (("codecoveragetool", "CodeCoverageTool"), ("summaryfile", "SummaryFile")):
        if not given.get(name):
            raise UserError(f"'{shown}' has to be specified.")
    tool = given["codecoveragetool"]
    if tool.lower() not in NAMES:
        raise UserError(f"Code coverage tool '{tool[:100]}' is not supported.", hint="use Cobertura or JaCoCo")
    if not publish_coverage(context, [job_path(context, given["summaryfile"])], tool=tool):
        context.warning(NO_COVERAGE)
    if given.get("reportdirectory"):
        publish_files(context, REPORT_ARTIFACT, job_path(context, given["reportdirectory"]))
    publish_loose_files(context, _files(context, given.get("additionalcodecoveragefiles", "")))


def _files(context: StepContext, text: str) -> list[Path]:
    return [job_path(context, part) for part in text.split(",") if part.strip()]


def _flag(text: str, *, default: bool) -> bool:
    return {"true": True, "false": False}.get(text.strip().lower(), default)
