"""ArchiveFiles@2.

https://learn.microsoft.com/azure/devops/pipelines/tasks/reference/archive-files-v2
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from drivetrain.errors import UserError
from drivetrain.run.model import Result
from drivetrain.run.runner.outcome import SUCCEEDED, Outcome
from drivetrain.run.tasks.declared import Declared
from drivetrain.run.tasks.files.packing import Archive, pack_tar, pack_zip
from drivetrain.run.tasks.files.seven_zip import seven_zip
from drivetrain.run.tasks.files.stopping import Stopped, go_on

if TYPE_CHECKING:
    from drivetrain.run.runner.context import StepContext

TASKS = {
    "ArchiveFiles@2": Declared(
        "Archive files",
        "Compress files into .7z, .tar.gz, or .zip",
        (),
        {
            "rootFolderOrFile": "$(Build.BinariesDirectory)",
            "includeRootFolder": "true",
            "archiveType": "zip",
            "sevenZipCompression": "normal",
            "tarCompression": "gz",
            "archiveFile": "$(Build.ArtifactStagingDirectory)/$(Build.BuildId).zip",
            "replaceExistingArchive": "true",
            "verbose": "false",
            "quiet": "false",
        },
    ),
}
_SHOWN = 10
_LEVELS = {"ultra": 9, "maximum": 7, "normal": 5, "fast": 3, "fastest": 1, "none": 0}


def run(context: StepContext) -> Outcome:
    """Make an archive of a file or folder."""
    inputs = context.inputs
    kind = inputs.choice("archiveType", "zip", "default", "tar", "7z", "wim")
    root, target = inputs.path("rootFolderOrFile"), inputs.path("archiveFile")
    _see_to_existing(context, target)
    folder, names = _names(context, root)
    _show(context, names)
    Path(target).parent.mkdir(parents=True, exist_ok=True)
    archive = Archive(target, folder, names, context.log.line, lambda: go_on(context), _verbosity(context))
    try:
        if kind in ("zip", "default"):
            pack_zip(archive)
        elif kind == "tar":
            pack_tar(archive, inputs.choice("tarCompression", "gz", "bz2", "xz", "none"))
        else:
            return _by_seven_zip(context, archive, kind)
    except Stopped as stopped:
        return stopped.outcome
    return _made(context, target)


def _made(context: StepContext, target: str) -> Outcome:
    context.log.line(f"Successfully created archive: {target}")
    return SUCCEEDED


def _see_to_existing(context: StepContext, target: str) -> None:
    if not os.path.lexists(target):
        return
    if not Path(target).is_file():
        raise UserError(f"Specified archive file: {target} already exists and is not a file.")
    if context.inputs.flag("replaceExistingArchive"):
        context.log.line(f"Removing existing archive file before creation: {target}")
        Path(target).unlink()
    else:
        context.log.line(f"Archive file: {target} already exists.  Attempting to add files to it.")


def _names(context: StepContext, root: str) -> tuple[str, list[str]]:
    """The folder that names in the archive count from, and what of it is archived."""
    path = Path(root)
    if context.inputs.flag("includeRootFolder") or path.is_file():
        if not path.exists():
            context.warning(f"No file or directory found - {root}")
            raise UserError(f"Not found rootFolderOrFile: {root}", hint="an earlier step may have to make it")
        return str(path.parent), [path.name]
    if not path.is_dir():
        raise UserError(f"Not found rootFolderOrFile: {root}", hint="an earlier step may have to make it")
    return root, sorted(os.listdir(root), key=os.fsencode)  # noqa: PTH208 - names as they are


def _show(context: StepContext, names: list[str]) -> None:
    context.log.line(f"Found {len(names)} files")
    for name in names[:_SHOWN]:
        context.log.line(f"Archiving file: {name}")
    if len(names) > _SHOWN:
        context.log.line(f"... {len(names) - _SHOWN} more ...")


def _verbosity(context: StepContext) -> int:
    """0 = quiet, 1 = as the programs are by themselves, 2 = verbose, which wins over quiet."""
    if context.inputs.flag("verbose"):
        return 2
    return 0 if context.inputs.flag("quiet") else 1


def _by_seven_zip(context: StepContext, archive: Archive, kind: str) -> Outcome:
    level = context.inputs.choice("sevenZipCompression", *_LEVELS, "")
    # One name a line: 7-Zip knows no way to write a line break in a name.
    if any("\n" in name for name in archive.names):
        raise UserError("7-Zip cannot take in a file with a line break in its name", hint="use zip or tar")
    names = context.script("".join(f"{name}\n" for name in archive.names), ".txt")
    args = [seven_zip(context), "a", f"-t{kind}", *["-bb3"] * (archive.verbosity > 1)]
    args += [f"-mx={_LEVELS[level]}"] * bool(level)
    args += [archive.target, f"@{names}"]
    context.command(args)
    ended = context.run(args, archive.folder, commands=False)
    message = f"Archive creation failed for archive file: {archive.target} \ncode: {{}}"
    outcome = context.outcome(ended, message=message)
    return _made(context, archive.target) if outcome.result is Result.SUCCEEDED else outcome
