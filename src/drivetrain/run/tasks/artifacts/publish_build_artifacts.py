"""PublishBuildArtifacts@1.

https://learn.microsoft.com/azure/devops/pipelines/tasks/reference/publish-build-artifacts-v1
"""

from __future__ import annotations

import os
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING

from drivetrain.errors import UserError
from drivetrain.run.runner.handlers import publish_container
from drivetrain.run.runner.outcome import SUCCEEDED
from drivetrain.run.tasks.declared import Declared

if TYPE_CHECKING:
    from drivetrain.run.runner.context import StepContext
    from drivetrain.run.runner.outcome import Outcome


TASKS = {
    "PublishBuildArtifacts@1": Declared(
        "Publish build artifacts",
        "Publish build artifacts of this run",
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
}


def run(context: StepContext) -> Outcome:
    """Publish a file or folder, as it is or in one tar file; what the artifact holds already stays in it."""
    inputs = context.inputs
    name, path = inputs.required("ArtifactName"), Path(inputs.path("PathtoPublish"))
    if "+" in name:
        raise UserError(f"Artifact name can not contain '+' symbol: {name}", hint="use another name")
    if inputs.choice("ArtifactType", "container", "filepath") == "filepath":
        raise UserError(
            "Publishing artifacts from a Linux or macOS agent to a file share is not supported.",
            hint="use `publishLocation: Container`",
        )
    if not path.exists():
        raise UserError(f"Not found PathtoPublish: {path}", hint="check the path; an earlier step has to make it")
    most = _most_bytes(context)
    if inputs.flag("StoreAsTar"):
        path = _tar(context, name, path)
    if most:
        _refuse_large(path, most)
    publish_container(context, name, path)
    return SUCCEEDED


def _most_bytes(context: StepContext) -> int:
    """`MaxArtifactSize`; 0 is no limit."""
    text = context.inputs.text("MaxArtifactSize") or "0"
    if not text.isdecimal():
        raise UserError(f"Invalid value '{text}' of input MaxArtifactSize", hint="give a number of bytes; 0: no limit")
    return int(text)


def _refuse_large(path: Path, most: int) -> None:
    files = [path] if path.is_file() else [Path(folder, file) for folder, _, files in os.walk(path) for file in files]
    size = sum(file.stat().st_size for file in files if file.is_file())
    if size > most:
        message = f"{path} has {size} bytes, more than MaxArtifactSize allows ({most})"
        raise UserError(message, hint="publish less, or allow more")


def _tar(context: StepContext, name: str, path: Path) -> Path:
    if "/" in name or name in (".", ".."):
        raise UserError(f"'{name}' is not a name for an artifact", hint="use a name without slashes")
    target = context.job.layout.temp / f"{name}.tar"
    with tarfile.open(target, "w") as archive:
        archive.add(path, arcname=path.name if path.is_file() else ".")
    return target
