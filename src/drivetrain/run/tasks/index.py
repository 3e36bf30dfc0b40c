"""Every task that can run, by name and major version, and the module that carries it out: plain tuples, so that
neither the command line nor a starting runner pays for tasks that no step names.

What a task's inputs are is declared in its module (`TASKS`), where `run` is.
"""

from __future__ import annotations

from typing import NamedTuple


class Entry(NamedTuple):
    """Where a task is, and what has to be known of it before it runs."""

    module: str
    """Below `drivetrain.run.tasks`."""
    connections: tuple[str, ...] = ()
    """Its inputs, by every name that they have, that name service connections."""
    secure_files: tuple[str, ...] = ()
    """Its inputs, by every name that they have, that name secure files."""
    also: tuple[str, ...] = ()
    """Inputs beyond those of its reference."""
    server: bool = False
    """It runs only in a job without an agent (`pool: server`)."""
    before: bool = False
    """Its module has `before_job`, run before the first step of the job."""
    after: bool = False
    """Its module has `after_job`, run after the last step of the job."""


TASKS: dict[str, Entry] = {
    # Scripts
    "Bash@3": Entry("scripts.bash"),
    "BatchScript@1": Entry("scripts.batch_script"),
    "CmdLine@1": Entry("scripts.cmd_line_v1"),
    "CmdLine@2": Entry("scripts.cmd_line", also=("ignoreHostExpression",)),
    "PowerShell@2": Entry("scripts.power_shell"),
    # Sources
    "Checkout@1": Entry("sources.checkout"),
    # Python
    "PythonScript@0": Entry("python.python_script", also=("targetType", "filePath")),
    "UsePythonVersion@0": Entry("python.use_python_version"),
    # Files
    "ArchiveFiles@2": Entry("files.archive_files"),
    "CopyFiles@2": Entry("files.copy_files"),
    "DeleteFiles@1": Entry("files.delete_files"),
    "ExtractFiles@1": Entry("files.extract_files"),
    # Cache
    "Cache@2": Entry("cache.cache", also=("saveOnPartialSuccess",), after=True),
    # Tools
    "CondaEnvironment@1": Entry("tools.conda_environment"),
    "GoTool@0": Entry("tools.go_tool"),
    "JavaToolInstaller@0": Entry("tools.java_tool_installer", connections=("azureResourceManagerEndpoint",)),
    "NodeTool@0": Entry("tools.node"),
    "UseDotNet@2": Entry("tools.use_dot_net"),
    "UseNode@1": Entry("tools.node"),
    # Artifacts
    "DownloadPipelineArtifact@2": Entry("artifacts.download_pipeline_artifact"),
    "PublishBuildArtifacts@1": Entry("artifacts.publish_build_artifacts"),
    "PublishPipelineArtifact@1": Entry("artifacts.publish_pipeline_artifact"),
}
