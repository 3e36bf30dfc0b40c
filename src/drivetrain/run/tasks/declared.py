"""The tasks and their inputs as data: plain tuples, so that a starting runner pays nothing for them.

Names, aliases and defaults are those of the task reference:
https://learn.microsoft.com/azure/devops/pipelines/tasks/reference/
"""

from __future__ import annotations

from typing import NamedTuple


class Declared(NamedTuple):
    """What is known of one task."""

    title: str
    """For people, in the catalogue: `Bash`."""
    summary: str
    """One line, shown on top of the step's log."""
    module: str
    """Below `drivetrain.run.tasks`."""
    required: tuple[str, ...]
    """Inputs that must be given, having no default."""
    optional: dict[str, str]
    """All other inputs, each with its default."""
    aliases: dict[str, str] = {}  # noqa: RUF012 - a named tuple's default, never changed
    """Other names of inputs -> the name above."""


TASKS: dict[str, Declared] = {
    "Bash@3": Declared(
        "Bash",
        "Run a Bash script",
        "bash",
        (),
        {
            "targetType": "filePath",
            "filePath": "",
            "arguments": "",
            "script": "",
            "workingDirectory": "",
            "failOnStderr": "false",
            "bashEnvValue": "",
        },
    ),
    "Checkout@1": Declared(
        "Checkout",
        "Get sources from the repository",
        "checkout",
        (),
        {
            "repository": "self",
            "clean": "",
            "fetchDepth": "0",
            "fetchFilter": "",
            "fetchTags": "false",
            "lfs": "false",
            "persistCredentials": "false",
            "submodules": "false",
            "path": "",
            "sparseCheckoutDirectories": "",
            "sparseCheckoutPatterns": "",
            "workspaceRepo": "",
        },
    ),
    "CmdLine@2": Declared(
        "Command line",
        "Run a command line script using Bash",
        "cmd_line",
        ("script",),
        {"workingDirectory": "", "failOnStderr": "false", "ignoreHostExpression": "true"},
    ),
    "DownloadPipelineArtifact@2": Declared(
        "Download pipeline artifact",
        "Download the artifacts of this run",
        "download_pipeline_artifact",
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
    "PowerShell@2": Declared(
        "PowerShell",
        "Run a PowerShell script",
        "power_shell",
        (),
        {
            "targetType": "filePath",
            "filePath": "",
            "arguments": "",
            "script": "",
            "errorActionPreference": "stop",
            "warningPreference": "default",
            "informationPreference": "default",
            "verbosePreference": "default",
            "debugPreference": "default",
            "progressPreference": "silentlyContinue",
            "failOnStderr": "false",
            "showWarnings": "false",
            "ignoreLASTEXITCODE": "false",
            "pwsh": "false",
            "workingDirectory": "",
            "runScriptInSeparateScope": "false",
        },
    ),
    "PublishBuildArtifacts@1": Declared(
        "Publish build artifacts",
        "Publish build artifacts of this run",
        "publish_build_artifacts",
        (),
        {
            "PathtoPublish": "$(Build.ArtifactStagingDirectory)",
            "ArtifactName": "drop",
            "ArtifactType": "Container",
            "MaxArtifactSize": "0",
            "TargetPath": "",
            "Parallel": "false",
            "ParallelCount": "8",
            "FileCopyOptions": "",
            "StoreAsTar": "false",
        },
        {"publishLocation": "ArtifactType"},
    ),
    "PublishPipelineArtifact@1": Declared(
        "Publish Pipeline Artifacts",
        "Publish a file or directory as a named artifact of this run",
        "publish_pipeline_artifact",
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
    "PythonScript@0": Declared(
        "Python script",
        "Run a Python file or inline script",
        "python_script",
        (),
        {
            "scriptSource": "filePath",
            "scriptPath": "",
            "script": "",
            "arguments": "",
            "pythonInterpreter": "",
            "workingDirectory": "",
            "failOnStderr": "false",
        },
        {"targetType": "scriptSource", "filePath": "scriptPath"},
    ),
    "UsePythonVersion@0": Declared(
        "Use Python version",
        "Use the specified version of Python, in an environment of this job",
        "use_python_version",
        (),
        {
            "versionSpec": "3.x",
            "disableDownloadFromRegistry": "false",
            "allowUnstable": "false",
            "githubToken": "",
            "addToPath": "true",
            "architecture": "x64",
        },
    ),
}
"""Every task that can run, by name and major version."""
