"""PublishTestResults@1 and @2.

https://learn.microsoft.com/azure/devops/pipelines/tasks/reference/publish-test-results-v2
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.run.model import Result
from drivetrain.run.reports.finding import older_result_files, result_files
from drivetrain.run.reports.publishing import FAILED_TESTS, Request, publish_tests
from drivetrain.run.runner.outcome import SUCCEEDED, Outcome
from drivetrain.run.tasks.declared import Declared

if TYPE_CHECKING:
    from pathlib import Path

    from drivetrain.run.reports.publishing import Published
    from drivetrain.run.runner.context import StepContext


TASKS = {
    "PublishTestResults@1": Declared(
        "Publish test results",
        "Publish test results to this run",
        (),
        {
            "testRunner": "JUnit",
            "testResultsFiles": "**/TEST-*.xml",
            "mergeTestResults": "false",
            "testRunTitle": "",
            "platform": "",
            "configuration": "",
            "publishRunAttachments": "true",
        },
    ),
    "PublishTestResults@2": Declared(
        "Publish Test Results",
        "Publish test results to this run",
        (),
        {
            "testResultsFormat": "JUnit",
            "testResultsFiles": "**/TEST-*.xml",
            "searchFolder": "$(System.DefaultWorkingDirectory)",
            "mergeTestResults": "false",
            "failTaskOnFailedTests": "false",
            "failTaskOnFailureToPublishResults": "false",
            "failTaskOnMissingResultsFile": "false",
            "testRunTitle": "",
            "buildPlatform": "",
            "buildConfiguration": "",
            "publishRunAttachments": "true",
        },
        {"testRunner": "testResultsFormat", "platform": "buildPlatform", "configuration": "buildConfiguration"},
    ),
}


def run(context: StepContext) -> Outcome:
    """Find the reports, publish what is in them, and fail where the inputs ask for it."""
    patterns = [line.strip() for line in context.inputs.text("testResultsFiles").splitlines() if line.strip()]
    if context.plan.task.endswith("@1"):
        files = older_result_files(context.default_folder, context.inputs.text("testResultsFiles"))
    else:
        files = result_files(context.inputs.path("searchFolder"), patterns)
    if not files:
        return _missing(context, patterns)
    return _judge(context, publish_tests(context, _request(context, files)))


def _request(context: StepContext, files: list[Path]) -> Request:
    inputs = context.inputs
    return Request(
        inputs.text("testResultsFormat") or inputs.text("testRunner"),
        files,
        merge=inputs.flag("mergeTestResults"),
        title=inputs.text("testRunTitle"),
        platform=inputs.text("buildPlatform") or inputs.text("platform"),
        configuration=inputs.text("buildConfiguration") or inputs.text("configuration"),
        attach=inputs.flag("publishRunAttachments"),
    )


def _missing(context: StepContext, patterns: list[str]) -> Outcome:
    if context.plan.task.endswith("@1"):
        message = f"No test result files matching {context.inputs.text('testResultsFiles')} were found."
    else:
        # As Node prints a list.
        listed = ", ".join(f"'{pattern}'" for pattern in patterns)
        message = f"No test result files matching '[ {listed} ]' were found."
    if context.inputs.flag("failTaskOnMissingResultsFile"):
        context.error(message)
        return Outcome(Result.FAILED, None, message)
    context.warning(message)
    return SUCCEEDED


def _judge(context: StepContext, published: Published) -> Outcome:
    inputs = context.inputs
    if published.counts.failed and inputs.flag("failTaskOnFailedTests"):
        context.error(FAILED_TESTS)
        return Outcome(Result.FAILED, None, FAILED_TESTS)
    if published.broken and inputs.flag("failTaskOnFailureToPublishResults"):
        message = f"Failed to publish test results: {published.broken} of the result files could not be read"
        context.error(message)
        return Outcome(Result.FAILED, None, message)
    return SUCCEEDED
