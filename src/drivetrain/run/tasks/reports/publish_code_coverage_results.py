"""PublishCodeCoverageResults@1 and @2.

https://learn.microsoft.com/azure/devops/pipelines/tasks/reference/publish-code-coverage-results-v2
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.run.model import Result
from drivetrain.run.reports.coverage.publishing import (
    NOTHING,
    REPORT_ARTIFACT,
    publish_coverage,
    publish_files,
    publish_loose_files,
)
from drivetrain.run.reports.elements import shown_path
from drivetrain.run.reports.finding import coverage_files, coverage_paths
from drivetrain.run.runner.outcome import SUCCEEDED, Outcome
from drivetrain.run.tasks.declared import Declared

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from drivetrain.run.runner.context import StepContext


TASKS = {
    "PublishCodeCoverageResults@1": Declared(
        "Publish code coverage",
        "Publish Cobertura or JaCoCo code coverage results of this run",
        ("summaryFileLocation",),
        {
            "codeCoverageTool": "JaCoCo",
            "pathToSources": "",
            "reportDirectory": "",
            "additionalCodeCoverageFiles": "",
            "failIfCoverageEmpty": "false",
        },
    ),
    "PublishCodeCoverageResults@2": Declared(
        "Publish code coverage results v2",
        "Publish any of the code coverage results of this run",
        ("summaryFileLocation",),
        {"pathToSources": "", "failIfCoverageEmpty": "false"},
    ),
}


def run(context: StepContext) -> Outcome:
    """Find the reports and publish what is in them."""
    return _first(context) if context.plan.task.endswith("@1") else _second(context)


def _second(context: StepContext) -> Outcome:
    found: dict[Path, None] = {}
    for line in context.inputs.text("summaryFileLocation").splitlines():
        if pattern := line.strip():
            files = coverage_files(context.default_folder, pattern)
            context.log.line(f"Found {len(files)} result(s) matching pattern: {pattern}")
            for file in files:
                context.log.line(shown_path(file))
            found |= dict.fromkeys(files)
    published = bool(found) and publish_coverage(context, list(found), sources_folder=_sources_folder(context))
    return SUCCEEDED if published else _empty(context)


def _first(context: StepContext) -> Outcome:
    inputs = context.inputs
    tool = inputs.choice("codeCoverageTool", "cobertura", "jacoco")
    summary = _single(context, coverage_files(context.default_folder, inputs.text("summaryFileLocation")))
    if summary is None or not publish_coverage(context, [summary], sources_folder=_sources_folder(context), tool=tool):
        return _empty(context)
    if pattern := inputs.text("reportDirectory").rstrip("/\\"):
        folders = [path for path in coverage_paths(context.default_folder, pattern) if path.is_dir()]
        folder = _single(context, folders)
        if folder is None:
            context.warning(f"Directory not found: '{pattern}'")
        else:
            publish_files(context, REPORT_ARTIFACT, folder)
    if pattern := inputs.text("additionalCodeCoverageFiles"):
        publish_loose_files(context, coverage_files(context.default_folder, pattern, by_name=True))
    return SUCCEEDED


def _single(context: StepContext, found: Sequence[Path]) -> Path | None:
    if len(found) > 1:
        context.warning(f"Multiple file or directory matches were found. Using the first match: {shown_path(found[0])}")
    return found[0] if found else None


def _sources_folder(context: StepContext) -> str:
    return context.inputs.path("pathToSources") if context.inputs.text("pathToSources") else ""


def _empty(context: StepContext) -> Outcome:
    if context.inputs.flag("failIfCoverageEmpty"):
        context.error(NOTHING)
        return Outcome(Result.FAILED, None, NOTHING)
    context.warning(NOTHING)
    return SUCCEEDED
