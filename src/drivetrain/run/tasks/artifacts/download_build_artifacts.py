"""DownloadBuildArtifacts@0 and @1: artifacts of this run, or of another of this home, each into a folder of its name.

https://learn.microsoft.com/azure/devops/pipelines/tasks/reference/download-build-artifacts-v1, and
BuildArtifactPluginV1 and FileContainerProvider in https://github.com/microsoft/azure-pipelines-agent
"""

from __future__ import annotations

import shutil
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING

from drivetrain.errors import UserError
from drivetrain.run.runner.outcome import SUCCEEDED
from drivetrain.run.tasks.artifacts.chosen_run import chosen_run
from drivetrain.run.tasks.artifacts.download_pipeline_artifact import download, patterns_of
from drivetrain.run.tasks.declared import Declared

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from drivetrain.run.runner.context import StepContext
    from drivetrain.run.runner.outcome import Outcome
    from drivetrain.run.tasks.artifacts.chosen_run import Source

_TITLE = "Download build artifacts"
_SUMMARY = "Download files that were saved as artifacts of a completed build"
_CONTAINER = "container"
_EXTRACTED = "extracted_tars"
_INPUTS = {
    "buildType": "current",
    "project": "",
    "definition": "",
    "specificBuildWithTriggering": "false",
    "buildVersionToDownload": "latest",
    "allowPartiallySucceededBuilds": "false",
    "branchName": "refs/heads/master",
    "buildId": "",
    "tags": "",
    "downloadType": "single",
    "artifactName": "",
    "itemPattern": "**",
    "downloadPath": "$(System.ArtifactsDirectory)",
    "cleanDestinationFolder": "false",
    "parallelizationLimit": "8",
    "checkDownloadedFiles": "false",
    "retryDownloadCount": "4",
    "extractTars": "false",
}
_ALIASES = {"pipeline": "definition"}
TASKS = {
    "DownloadBuildArtifacts@0": Declared(
        _TITLE, _SUMMARY, (), {**_INPUTS, "retryRedirectDownloadCount": "1"}, _ALIASES
    ),
    "DownloadBuildArtifacts@1": Declared(_TITLE, _SUMMARY, (), _INPUTS, _ALIASES),
}


def run(context: StepContext) -> Outcome:
    """Download one artifact (`single`), or what matches of all (`specific`)."""
    inputs = context.inputs
    single = inputs.choice("downloadType", "single", "specific") == "single"
    name = inputs.required("artifactName") if single else ""
    source = chosen_run(context)
    target = Path(inputs.path("downloadPath"))
    if inputs.flag("cleanDestinationFolder"):
        _clean(context, target)
    target.mkdir(parents=True, exist_ok=True)
    context.log.line(f"Download artifact to: {target}")
    files = list(_downloaded(context, source, [name] if single else source.artifacts.names(), target))
    if inputs.flag("extractTars"):
        _extract_tars(context, target, files)
    context.log.line("Downloading artifact finished.")
    return SUCCEEDED


def _downloaded(context: StepContext, source: Source, names: Sequence[str], target: Path) -> Iterator[str]:
    """The files, by their paths below `target`. Version 0 knows nothing of pipeline artifacts; for version 1, a single
    one goes into the folder itself.
    """
    version0 = context.plan.task.endswith("@0")
    single = context.inputs.text("downloadType").lower() == "single"
    if not names:
        context.warning(f"No artifacts are available in the version '{source.run_id}'.")
    for name in names:
        container = source.artifacts.label(name).kind == _CONTAINER
        if not container and version0 and name in source.artifacts.names():
            context.log.line("Unsupported artifact type: PipelineArtifact")
            continue
        flat = single and not container
        folder = target if flat else target / name
        files = download(context, source, name, folder, patterns_of(context), named=not flat)
        if context.inputs.flag("checkDownloadedFiles"):
            _check(context, source, name, folder, files)
        yield from (file if flat else f"{name}/{file}" for file in files)


def _check(context: StepContext, source: Source, name: str, folder: Path, files: Sequence[str]) -> None:
    context.log.line("Starting artifact items integrity check")
    sizes = source.artifacts.sizes(name)
    wrong = [file for file in files if (folder / file).stat().st_size != sizes.get(file)]
    if wrong:
        context.log.line("\n".join(["The following items did not pass the integrity check:", *wrong]))
        raise UserError("Artifact items integrity check failed", hint="run the step again; is the disk full?")
    context.log.line("Artifact items integrity check successfully finished")


def _clean(context: StepContext, target: Path) -> None:
    """Empty the folder: only one within the job's, because here it may be anybody's. Raises UserError."""
    context.log.line(f"Cleaning destination folder: {target}")
    job = context.job.layout.job.resolve()
    if not target.resolve().is_relative_to(job) or target.resolve() == job:
        message = f"{target} is outside the job's folder {job}: it is not cleaned"
        raise UserError(message, hint="download below $(Pipeline.Workspace)")
    if not target.is_dir() or not any(target.iterdir()):
        context.warning("Specified cleaning folder was not found. Nothing to clean")
        return
    for path in target.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def _extract_tars(context: StepContext, target: Path, files: Sequence[str]) -> None:
    """Each .tar file gives way to what is in it, below `extracted_tars`. Nothing leaves that folder."""
    context.log.line("Starting to search for tar archives to extract")
    archives = [file for file in files if file.endswith(".tar")]
    if not archives:
        context.warning("No tar archives were found to extract")
        return
    context.log.line(f"Found {len(archives)} tar archives to extract")
    for file in archives:
        context.log.line(f"Extracting tar archive: {target / file}")
        folder = target / _EXTRACTED / Path(file).parent
        folder.mkdir(parents=True, exist_ok=True)
        try:
            with tarfile.open(target / file) as archive:
                archive.extractall(folder, filter="data")
        except (tarfile.TarError, OSError) as error:
            message = f"Failed to extract tar archive {target / file}: {error}"
            raise UserError(message, hint="an archive may hold plain files, folders, and links within it") from error
        (target / file).unlink()
