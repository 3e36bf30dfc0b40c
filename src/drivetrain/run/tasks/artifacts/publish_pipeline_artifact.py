"""PublishPipelineArtifact@0 and @1, the `publish` step.

https://learn.microsoft.com/azure/devops/pipelines/tasks/reference/publish-pipeline-artifact-v1, and
PipelineArtifactPluginV1 in https://github.com/microsoft/azure-pipelines-agent
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from drivetrain.errors import UserError
from drivetrain.run.runner.outcome import SUCCEEDED
from drivetrain.run.tasks.declared import Declared

if TYPE_CHECKING:
    from collections.abc import Mapping

    from drivetrain.run.runner.context import StepContext
    from drivetrain.run.runner.outcome import Outcome

_TITLE = "Publish Pipeline Artifacts"
_SUMMARY = "Publish a file or directory as a named artifact of this run"
_PREFIX = "user-"
_NOT_IN_NAME = re.compile(r"[^a-zA-Z0-9 .]")
_IMPLICIT_STAGE = "__default."

TASKS = {
    "PublishPipelineArtifact@0": Declared(
        _TITLE, _SUMMARY, ("targetPath",), {"artifactName": "drop", "properties": ""}
    ),
    "PublishPipelineArtifact@1": Declared(
        _TITLE,
        _SUMMARY,
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
    """Publish a file or folder, without what its `.artifactignore` names; without a name, by that of the job."""
    inputs = context.inputs
    kind = inputs.text("artifactType").lower() or "pipeline"
    if kind == "filepath":
        raise UserError(
            "Publishing artifacts from a Linux or macOS agent to a file share is not supported. Change the artifact "
            "type to `Azure Pipelines` or use a Windows agent.",
            hint="leave out `publishLocation`",
        )
    if kind != "pipeline":
        inputs.choice("artifactType", "pipeline", "filepath")
    path = inputs.path("path" if inputs.text("path") else "targetPath")
    name = inputs.text("artifactName")
    context.log.line(f"Artifact name input: {name}" if name else "Artifact name was not inserted for publishing.")
    properties = _properties(inputs.text("properties"))
    context.log.line(f"Uploading pipeline artifact from {path} for build #{context.job.spec.run_id}")
    context.publish(name or _name_of(context), path, kind="pipeline", properties=properties)
    context.log.line("Uploading pipeline artifact finished.")
    return SUCCEEDED


def _name_of(context: StepContext) -> str:
    """What the agent makes of `System.JobIdentifier`: only letters, digits, dots and blanks of it."""
    identifier = str(context.job.spec.ref).removeprefix(_IMPLICIT_STAGE)
    return _NOT_IN_NAME.sub("", identifier).replace(".default", "") or "artifact"


def _properties(text: str) -> Mapping[str, str]:
    """A JSON object of texts. Raises UserError, with the agent's words."""
    if not text.strip():
        return {}
    try:
        found = msgspec.json.decode(text, type=dict[str, str])
    except msgspec.MsgspecError as error:
        message = f"Artifact custom properties is not valid JSON: '{text}'"
        raise UserError(message, hint=f"write an object of texts ({error})") from error
    wrong = next((name for name in found if not name.startswith(_PREFIX)), None)
    if wrong is not None:
        message = f"Artifact custom properties must be prefixed with 'user-'. Invalid property: '{wrong}'"
        raise UserError(message, hint=f"call it {_PREFIX}{wrong}")
    return found
