"""Files that a step hands over by a logging command: found within the job, copied beside its logs, secrets masked.

Types are those of the agent: https://github.com/microsoft/azure-pipelines-agent (CoreAttachmentType).
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from drivetrain.errors import UserError
from drivetrain.run.runner.mask import StreamMasker

if TYPE_CHECKING:
    from drivetrain.run.runner.context import StepContext

FOLDER = "attachments"
SUMMARY = "DistributedTask.Core.Summary"
"""Markdown, shown with the run."""
FILE = "DistributedTask.Core.FileAttachment"
LOG = "DistributedTask.Core.Log"
LOG_NAME = "CustomToolLog"
LONGEST_NAME = 255
MOST_BYTES = 100 << 20
MOST_FILES = 1000
_CHUNK = 1 << 20


def job_path(context: StepContext, text: str) -> Path:
    """A path that a command names; relative ones count from the default working directory.

    Raises UserError when it lies outside the job's folder (also by a link) or is not there.
    """
    job = context.job.layout.job.resolve()
    path = Path(context.default_folder, text.strip()).resolve()
    if not text.strip() or not path.exists():
        raise UserError(f"there is no file or folder {path}" if text.strip() else "the path is missing")
    if not path.is_relative_to(job):
        raise UserError(f"{path} is outside the job's folder {job}")
    return path


def attach(context: StepContext, kind: str, name: str, text: str) -> None:
    """Keep the file that a command names with the run, under a type and a name. Raises UserError."""
    for what, value in (("Type", kind), ("Name", name)):
        if set(value) & {"/", "\0"} or len(value) > LONGEST_NAME:
            raise UserError(f"{what} contains invalid characters, or more than {LONGEST_NAME}.")
    path = _keep(context, text)
    context.log.line(f"Kept with the run: {path}")
    context.job.record("attachment", step=context.index, type_=kind, name=name, path=path)


def _keep(context: StepContext, text: str) -> str:
    """Copy the named file; its new path, relative to the job's folder. Raises UserError when that is not allowed."""
    path = job_path(context, text)
    if not path.is_file() or path.stat().st_size > MOST_BYTES:
        raise UserError(f"{path} is not a file of at most {MOST_BYTES >> 20} MB")
    folder = context.job.layout.job / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    number = len(os.listdir(folder)) + 1  # noqa: PTH208 - only their number is wanted
    if number > MOST_FILES:
        raise UserError(f"a job may hand over {MOST_FILES} files")
    target = folder / f"{number:03}-{context.job.masker.text(path.name)}"
    _copy_masked(context, path, target)
    return f"{FOLDER}/{target.name}"


def _copy_masked(context: StepContext, source: Path, target: Path) -> None:
    masker = StreamMasker(context.job.masker)
    with source.open("rb") as reader, target.open("xb") as writer:
        while chunk := reader.read(_CHUNK):
            writer.write(masker.feed(chunk))
        writer.write(masker.close())
