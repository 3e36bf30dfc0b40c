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
    needs: tuple[str, ...] = ()
    """Those of them that must be given."""
    vaults: tuple[str, ...] = ()
    """Its inputs that name key vaults."""
    server: bool = False
    """It runs only in a job without an agent (`pool: server`)."""
    before: bool = False
    """Its module has `before_job`, run before the first step of the job."""
    after: bool = False
    """Its module has `after_job`, run after the last step of the job."""
    hidden: bool = False
    """It carries out what is no step of a pipeline file: files cannot name it."""


_SUBSCRIPTION = ("azureSubscription", "connectedServiceNameARM")
_APIS: tuple[str, ...] = (
    "serviceConnection",
    "connectedServiceName",
    "genericService",
    "azureServiceConnection",
    *_SUBSCRIPTION,
)
_APIS += ("azureDevOpsServiceConnection", "connectedServiceNameAzureDevOps")

TASKS: dict[str, Entry] = {
    # Scripts
    "Bash@3": Entry("scripts.bash"),
    "BatchScript@1": Entry("scripts.batch_script"),
    "CmdLine@1": Entry("scripts.cmd_line_v1"),
    "CmdLine@2": Entry("scripts.cmd_line", also=("ignoreHostExpression",)),
    "PowerShell@1": Entry("scripts.batch_script"),
    "PowerShell@2": Entry("scripts.power_shell"),
    # Jobs of the server
    "Delay@1": Entry("server.delay", server=True),
    "InvokeRESTAPI@1": Entry("server.invoke_rest_api", connections=_APIS, server=True),
    "ManualValidation@0": Entry("server.manual_validation", server=True),
    "ManualValidation@1": Entry("server.manual_validation", server=True),
    # Sources
    "Checkout@1": Entry("sources.checkout"),
    # Containers
    "Docker@2": Entry("containers.docker", connections=("containerRegistry",)),
    # Python
    "PythonScript@0": Entry("python.python_script", also=("targetType", "filePath")),
    "UsePythonVersion@0": Entry("python.use_python_version"),
    "PipAuthenticate@0": Entry(
        "python.pip_authenticate", connections=("artifactFeeds", "feedList", "externalFeeds", "externalSources")
    ),
    "PipAuthenticate@1": Entry(
        "python.pip_authenticate", connections=("artifactFeeds", "pythonDownloadServiceConnections")
    ),
    "TwineAuthenticate@1": Entry(
        "python.twine_authenticate", connections=("artifactFeed", "pythonUploadServiceConnection")
    ),
    # Library
    "AzureKeyVault@1": Entry(
        "library.azure_key_vault",
        connections=("azureSubscription", "ConnectedServiceName"),
        vaults=("KeyVaultName",),
        before=True,
    ),
    "AzureKeyVault@2": Entry(
        "library.azure_key_vault",
        connections=("azureSubscription", "ConnectedServiceName"),
        vaults=("KeyVaultName",),
        before=True,
    ),
    "DownloadSecureFile@1": Entry("library.download_secure_file", secure_files=("secureFile",), before=True),
    # Files
    "ArchiveFiles@2": Entry("files.archive_files"),
    "CopyFiles@2": Entry("files.copy_files"),
    "DeleteFiles@1": Entry("files.delete_files"),
    "ExtractFiles@1": Entry("files.extract_files"),
    # Cache
    "Cache@2": Entry("cache.cache", also=("saveOnPartialSuccess",), after=True),
    "CacheBeta@0": Entry("cache.cache", after=True),
    "CacheBeta@1": Entry("cache.cache", after=True),
    # Tools
    "CondaEnvironment@1": Entry("tools.conda_environment"),
    "GoTool@0": Entry("tools.go_tool"),
    "JavaToolInstaller@0": Entry("tools.java_tool_installer", connections=("azureResourceManagerEndpoint",)),
    "NodeTool@0": Entry("tools.node"),
    "UseDotNet@2": Entry("tools.use_dot_net"),
    "UseNode@1": Entry("tools.node"),
    "UseRubyVersion@0": Entry("tools.use_ruby_version"),
    # Artifacts
    "DownloadBuildArtifacts@0": Entry("artifacts.download_build_artifacts"),
    "DownloadBuildArtifacts@1": Entry("artifacts.download_build_artifacts"),
    "DownloadPipelineArtifact@0": Entry("artifacts.download_pipeline_artifact"),
    "DownloadPipelineArtifact@1": Entry("artifacts.download_pipeline_artifact"),
    "DownloadPipelineArtifact@2": Entry("artifacts.download_pipeline_artifact"),
    "PublishBuildArtifacts@1": Entry("artifacts.publish_build_artifacts"),
    "PublishPipelineArtifact@0": Entry("artifacts.publish_pipeline_artifact"),
    "PublishPipelineArtifact@1": Entry("artifacts.publish_pipeline_artifact"),
    # Reports
    "PublishCodeCoverageResults@1": Entry("reports.publish_code_coverage_results"),
    "PublishCodeCoverageResults@2": Entry("reports.publish_code_coverage_results"),
    "PublishTestResults@1": Entry("reports.publish_test_results"),
    "PublishTestResults@2": Entry("reports.publish_test_results"),
    # Models
    "DrivetrainDeploy@1": Entry(
        "models.drivetrain_deploy",
        also=(
            *("model", "endpoint", "deployment", "file", "files", "script", "steps", "watch", "mirror", "atOnce"),
            *("concurrent", "collect", "redact"),
            *("instances", "runtime", "requirements", "python", "variables", "secrets"),
        ),
    ),
    "DrivetrainGate@1": Entry(
        "models.drivetrain_gate", also=("candidate", "champion", "data", "evaluate", "promote"), needs=("file",)
    ),
    # Azure
    "AzureCLI@1": Entry("azure.azure_cli", connections=_SUBSCRIPTION),
    "AzureCLI@2": Entry("azure.azure_cli", connections=_SUBSCRIPTION),
    # Jobs of Azure Machine Learning
    "AzureMLCommand@1": Entry("azureml.command", before=True, after=True, hidden=True),
    "AzureMLRemote@1": Entry("azureml.remote", hidden=True),
    "AzureMLSweep@1": Entry("azureml.sweep", server=True, hidden=True),
}
