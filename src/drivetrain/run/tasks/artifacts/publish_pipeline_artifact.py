"""PublishPipelineArtifact@1, the `publish` step.

https://learn.microsoft.com/azure/devops/pipelines/tasks/reference/publish-pipeline-artifact-v1
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.errors import UserError
from drivetrain.run.runner.outcome import SUCCEEDED
from drivetrain.run.tasks.declared import Declared

if TYPE_CHECKING:
    from drivetrain.run.runner.context import StepContext
    from drivetrain.run.runner.outcome import Outcome


TASKS = {
    "PublishPipelineArtifact@1": Declared(
        "Publish Pipeline Artifacts",
        "Publish a file or directory as a named artifact of this run",
        (),
        {
            "path": "$(Pipeline.Workspace)",
            "artifactName": "",
            "artifactType": "pipeline",
            "fileSharePath": "",
            "parallel": "false",
            "parallelCount": "8",
            "properties": "",
        },
        {"targetPath": "path", "artifact": "artifactName", "publishLocation": "artifactType"},
    ),
}


def run(context: StepContext) -> Outcome:
    """Publish a file or folder; without a name, by one that is unique to the job."""
    inputs = context.inputs
    if inputs.choice("artifactType", "pipeline", "filepath") == "filepath":
        raise UserError(
            "Publishing artifacts from a Linux or macOS agent to a file share is not supported.",
            hint="leave out `publishLocation`",
        )
    spec = context.job.spec
    name = inputs.text("artifactName") or f"{spec.ref}.{spec.attempt}.{context.plan.name}"
    context.log.line(f"Uploading pipeline artifact from {inputs.path('path')}")
    context.publish(name, inputs.path("path"), kind="pipeline")
    return SUCCEEDED
