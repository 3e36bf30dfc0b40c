"""DownloadPipelineArtifact@0, @1 and @2, the `download` step: artifacts of this run, or of another of this home.

https://learn.microsoft.com/azure/devops/pipelines/tasks/reference/download-pipeline-artifact-v2, and
PipelineArtifactServer in https://github.com/microsoft/azure-pipelines-agent
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from drivetrain.errors import UserError
from drivetrain.run.runner.outcome import SUCCEEDED
from drivetrain.run.tasks.artifacts.chosen_run import chosen_run
from drivetrain.run.tasks.declared import Declared

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drivetrain.run.runner.context import StepContext
    from drivetrain.run.runner.outcome import Outcome
    from drivetrain.run.tasks.artifacts.chosen_run import Source

_TITLE = "Download pipeline artifact"
_SUMMARY = "Download artifacts of this run or another"
_CONTAINER = "container"
_INPUTS = {
    "buildType": "current",
    "project": "",
    "definition": "",
    "specificBuildWithTriggering": "false",
    "buildVersionToDownload": "latest",
    "branchName": "refs/heads/master",
    "buildId": "",
    "tags": "",
    "artifactName": "",
    "itemPattern": "**",
}
TASKS = {
    "DownloadPipelineArtifact@0": Declared(
        _TITLE, _SUMMARY, ("targetPath",), {"artifactName": "drop", "pipelineId": ""}
    ),
    "DownloadPipelineArtifact@1": Declared(
        _TITLE,
        _SUMMARY,
        (),
        {**_INPUTS, "targetPath": "$(System.ArtifactsDirectory)"},
        {"pipeline": "definition", "pipelineId": "buildId", "downloadPath": "targetPath"},
    ),
    "DownloadPipelineArtifact@2": Declared(
        _TITLE,
        _SUMMARY,
        (),
        {
            **_INPUTS,
            "targetPath": "$(Pipeline.Workspace)",
            "allowPartiallySucceededBuilds": "false",
            "allowFailedBuilds": "false",
        },
        {
            "source": "buildType",
            "pipeline": "definition",
            "preferTriggeringPipeline": "specificBuildWithTriggering",
            "runVersion": "buildVersionToDownload",
            "runBranch": "branchName",
            "runId": "buildId",
            "pipelineId": "buildId",
            "artifact": "artifactName",
            "patterns": "itemPattern",
            "path": "targetPath",
            "downloadPath": "targetPath",
        },
    ),
}


def run(context: StepContext) -> Outcome:
    """Download one artifact into a folder, or all, each into a folder of its name."""
    source = chosen_run(context)
    target = Path(context.inputs.path("targetPath"))
    patterns = patterns_of(context)
    artifact = context.inputs.text("artifactName")
    context.log.line(f"Download artifact to: {target}")
    if artifact:
        named = source.artifacts.label(artifact).kind == _CONTAINER
        download(context, source, artifact, target, patterns, named=named)
        kinds = {source.artifacts.label(artifact).kind}
    else:
        kinds = _all(context, source, target, patterns)
    context.job.variables.set("DownloadPipelineArtifactResourceTypes", ",".join(sorted(map(_resource_type, kinds))))
    context.log.line("Downloading artifact finished.")
    return SUCCEEDED


def _all(context: StepContext, source: Source, target: Path, patterns: Sequence[str]) -> set[str]:
    """Version 1 takes pipeline artifacts only, and its patterns do not see their names."""
    first = context.plan.task.endswith("@1")
    labels = {name: source.artifacts.label(name) for name in source.artifacts.names()}
    names = [name for name, label in labels.items() if not first or label.kind != _CONTAINER]
    if first and not names:
        raise UserError(
            "Could not find any pipeline artifacts in the build.", hint="publish one, or name a build artifact"
        )
    for name in names:
        download(context, source, name, target / name, patterns, named=not first)
    return {labels[name].kind for name in names}


def download(
    context: StepContext, source: Source, name: str, folder: Path, patterns: Sequence[str], *, named: bool
) -> Sequence[str]:
    """Download one artifact and tell of it; the paths of its files."""
    files = source.artifacts.download(name, folder, patterns, named=named)
    context.log.line(f"Downloaded artifact '{name}' to {folder}: {len(files)} files")
    return files


def patterns_of(context: StepContext) -> list[str]:
    """One a line; none is everything."""
    return [line.strip() for line in context.inputs.text("itemPattern").splitlines() if line.strip()] or ["**"]


def _resource_type(kind: str) -> str:
    return "Container" if kind == _CONTAINER else "PipelineArtifact"
