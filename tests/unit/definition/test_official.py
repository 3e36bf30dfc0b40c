"""The table of Azure's tasks, and that it says what the task reference says of much-used ones."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import drivetrain
from drivetrain.definition.official import official_names, official_task
from drivetrain.run.tasks.catalog import CATALOG

FILE = Path(drivetrain.__file__).parent / "definition" / "official_tasks.json"
OURS_ONLY = {"checkout@1", "drivetraindeploy@1", "drivetraingate@1"}
"""`checkout` is a kind of step; on Azure it has no task that a file may name. Azure has no gates of models
and no endpoints outside of its workspaces."""


def test_the_file_is_small_sorted_and_has_one_task_a_line() -> None:
    text = FILE.read_text("utf-8")
    table = json.loads(text)
    assert FILE.stat().st_size < 150_000
    assert len(table) > 250
    assert list(table) == sorted(table, key=str.lower)
    assert len(text.splitlines()) == len(table) + 2


@pytest.mark.parametrize("lower", official_names())
def test_every_task_is_well_formed(lower: str) -> None:
    task = official_task(lower)
    assert task is not None
    inputs = task.inputs.split()
    names = [name.lower() for name in (*inputs, *task.aliases)]
    assert len(names) == len(set(names))
    assert set(task.required.split()) | set(task.aliases.values()) | task.values.keys() <= set(inputs)
    assert not task.deprecated or (task.deprecated.lower() in official_names() and task.deprecated.lower() != lower)


def test_what_replaces_a_task_is_not_deprecated_itself() -> None:
    tasks = [official_task(lower) for lower in official_names()]
    replacements = [official_task(task.deprecated) for task in tasks if task and task.deprecated]
    assert replacements
    assert not [task for task in replacements if task is None or task.deprecated is not None]


def test_tasks_of_ours_that_azure_does_not_have_are_few() -> None:
    assert {reference.lower() for reference in CATALOG} - official_names().keys() == OURS_ONLY


@pytest.mark.parametrize(
    ("reference", "required", "some_inputs", "values"),
    [
        ("Bash@3", "", "targetType filePath arguments script bashEnvValue", {"targetType": "filePath inline"}),
        ("CmdLine@2", "", "script workingDirectory failOnStderr", {}),
        ("PowerShell@2", "", "pwsh showWarnings ignoreLASTEXITCODE", {"targetType": "filePath inline"}),
        ("UsePythonVersion@0", "", "versionSpec addToPath githubToken", {"architecture": "x86 x64 arm64"}),
        (
            "PublishTestResults@2",
            "",
            "testRunner testResultsFiles searchFolder failTaskOnMissingResultsFile",
            {"testResultsFormat": "JUnit NUnit VSTest XUnit CTest"},
        ),
        (
            "PublishCodeCoverageResults@1",
            "summaryFileLocation",
            "reportDirectory",
            {"codeCoverageTool": "Cobertura JaCoCo"},
        ),
        ("PublishCodeCoverageResults@2", "summaryFileLocation", "pathToSources failIfCoverageEmpty", {}),
        (
            "AzureCLI@2",
            "azureSubscription scriptType",
            "connectedServiceNameARM scriptArguments cwd inlineScript visibleAzLogin",
            {"scriptType": "ps pscore batch bash", "scriptLocation": "inlineScript scriptPath"},
        ),
        ("PublishBuildArtifacts@1", "", "ArtifactType StoreAsTar", {"publishLocation": "Container FilePath"}),
        ("PublishPipelineArtifact@1", "", "path artifactName properties", {"publishLocation": "pipeline filepath"}),
        (
            "DownloadPipelineArtifact@2",
            "",
            "source runId buildId patterns path downloadPath preferTriggeringPipeline",
            {"buildType": "current specific", "buildVersionToDownload": "latest latestFromBranch specific"},
        ),
        (
            "DotNetCoreCLI@2",
            "",
            "feedRestore searchPatternPack outputDir",
            {"command": "build push pack publish restore run test custom", "nuGetFeedType": "internal external"},
        ),
        ("CopyFiles@2", "TargetFolder", "SourceFolder Contents OverWrite", {}),
        ("ArchiveFiles@2", "", "rootFolderOrFile quiet", {"archiveType": "zip 7z tar wim"}),
        ("Cache@2", "key path", "cacheHitVar restoreKeys", {}),
        ("AzureWebApp@1", "appName appType azureSubscription", "package slotName", {"appType": "webApp webAppLinux"}),
        ("UseDotNet@2", "", "useGlobalJson installationPath", {"packageType": "runtime sdk"}),
        ("ManualValidation@0", "", "instructions notifyUsers", {"onTimeout": "reject resume"}),
        ("AzureKeyVault@2", "KeyVaultName azureSubscription", "ConnectedServiceName SecretsFilter RunAsPreJob", {}),
        ("PythonScript@0", "", "scriptPath pythonInterpreter", {"scriptSource": "filePath inline"}),
    ],
)
def test_much_used_tasks_are_as_the_reference_has_them(
    reference: str, required: str, some_inputs: str, values: dict[str, str]
) -> None:
    """https://learn.microsoft.com/azure/devops/pipelines/tasks/reference/"""
    task = official_task(reference)
    assert task is not None
    assert task.required == required
    assert set(some_inputs.split()) <= {*task.inputs.split(), *task.aliases}
    assert {name: " ".join(task.values[name]) for name in values} == values


@pytest.mark.parametrize(
    ("reference", "instead"),
    [
        ("NodeTool@0", "UseNode@1"),
        ("AzureCLI@1", "AzureCLI@2"),
        ("AzureKeyVault@1", "AzureKeyVault@2"),
        ("PublishCodeCoverageResults@1", "PublishCodeCoverageResults@2"),
        ("DockerCompose@0", "DockerCompose@1"),
        ("CondaEnvironment@1", ""),
        ("AzurePowerShell@3", "AzurePowerShell@5"),
        ("AzurePowerShell@5", None),
        ("AzureCLI@2", None),
        ("Docker@2", None),
    ],
)
def test_deprecated_tasks_and_what_replaces_them(reference: str, instead: str | None) -> None:
    task = official_task(reference)
    assert task is not None
    assert task.deprecated == instead


def test_a_list_to_which_azure_lets_one_add_is_no_list_of_values() -> None:
    """Docker@2 runs any command: `command: pull`."""
    task = official_task("docker@2")
    assert task is not None
    assert "command" in task.inputs.split()
    assert "command" not in task.values


def test_names_ignore_case_and_others_are_not_there() -> None:
    assert official_task("NPMAUTHENTICATE@0") is official_task("npmauthenticate@0") or official_task(
        "npmAuthenticate@0"
    )
    assert official_task("Nothing@1") is None
