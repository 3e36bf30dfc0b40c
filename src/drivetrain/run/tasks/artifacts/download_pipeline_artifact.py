"""DownloadPipelineArtifact@2, the `download` step, for artifacts of the current run.

https://learn.microsoft.com/azure/devops/pipelines/tasks/reference/download-pipeline-artifact-v2
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from drivetrain.errors import UserError
from drivetrain.run.runner.outcome import SUCCEEDED
from drivetrain.run.tasks.declared import Declared

if TYPE_CHECKING:
    from drivetrain.run.runner.context import StepContext
    from drivetrain.run.runner.outcome import Outcome


TASKS = {
    "DownloadPipelineArtifact@2": Declared(
        "Download pipeline artifact",
        "Download the artifacts of this run",
        (),
        {
            "source": "current",
            "artifact": "",
            "patterns": "**",
            "path": "$(Pipeline.Workspace)",
            "project": "",
            "pipeline": "",
            "preferTriggeringPipeline": "false",
            "runVersion": "latest",
            "runBranch": "refs/heads/master",
            "runId": "",
            "tags": "",
            "allowPartiallySucceededBuilds": "false",
            "allowFailedBuilds": "false",
        },
        {
            "buildType": "source",
            "artifactName": "artifact",
            "itemPattern": "patterns",
            "targetPath": "path",
            "downloadPath": "path",
            "definition": "pipeline",
            "specificBuildWithTriggering": "preferTriggeringPipeline",
            "buildVersionToDownload": "runVersion",
            "branchName": "runBranch",
            "pipelineId": "runId",
            "buildId": "runId",
        },
    ),
}


def run(context: StepContext) -> Outcome:
    """Download one artifact into a folder, or all, each into a folder of its name."""
    inputs, sink = context.inputs, context.job.services.artifacts
    if inputs.text("source").lower() == "none":
        return SUCCEEDED
    if inputs.text("source").lower() != "current":
        raise UserError(
            "Artifacts of other runs are not yet supported.", hint="use `source: current`, or leave `source` out"
        )
    workspace = context.job.variables.value("Pipeline.Workspace")
    target = Path(workspace, inputs.text("path"))
    patterns = [line.strip() for line in inputs.text("patterns").splitlines() if line.strip()]
    artifact = inputs.text("artifact")
    for name in [artifact] if artifact else sink.names():
        folder = target if artifact else target / name
        files = len(sink.download(name, folder, patterns))
        context.log.line(f"Downloaded artifact '{name}' to {folder}: {files} files")
    return SUCCEEDED
