"""ExtractFiles@1.

https://learn.microsoft.com/azure/devops/pipelines/tasks/reference/extract-files-v1
"""

from __future__ import annotations

import lzma
import os
import tarfile
import zipfile
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from drivetrain.errors import UserError
from drivetrain.run.globs.finding import find
from drivetrain.run.globs.matching import literally, matching
from drivetrain.run.globs.options import PLAIN
from drivetrain.run.globs.paths import Pattern
from drivetrain.run.model import Result
from drivetrain.run.runner.outcome import SUCCEEDED, Outcome
from drivetrain.run.tasks.declared import Declared
from drivetrain.run.tasks.files.removal import remove
from drivetrain.run.tasks.files.seven_zip import seven_zip
from drivetrain.run.tasks.files.stopping import Stopped, go_on
from drivetrain.run.tasks.files.unpacking import (
    TARS,
    UNREADABLE_TARS,
    ZIPS,
    FolderSource,
    Target,
    TarSource,
    ZipSource,
    shown,
    unpack,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from drivetrain.run.runner.context import StepContext
    from drivetrain.run.tasks.files.unpacking import Entry, Source

TASKS = {
    "ExtractFiles@1": Declared(
        "Extract files",
        "Extract a variety of archive and compression files such as .7z, .rar, .tar.gz, and .zip",
        ("destinationFolder",),
        {
            "archiveFilePatterns": "**/*.zip",
            "cleanDestinationFolder": "true",
            "overwriteExistingFiles": "false",
            "pathToSevenZipTool": "",
        },
    ),
}
_DAMAGED = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    NotImplementedError,
    RuntimeError,
)
"""What the readers of archives raise on one that is damaged, encrypted, or compressed in a way unknown to them."""


def run(context: StepContext) -> Outcome:
    """Extract all archives that the patterns choose."""
    inputs = context.inputs
    destination = inputs.path("destinationFolder")
    files = list(dict.fromkeys(_found(context, inputs.text("archiveFilePatterns").splitlines())))
    if not files:
        context.warning("No archives were found using specified file patterns")
    context.log.line(f"Found: {len(files)} files to extract:")
    for file in files:
        context.log.line(file)
    if inputs.flag("cleanDestinationFolder") and Path(destination).exists():
        context.log.line(f"Cleaning destination folder before extraction: {destination}")
        remove(destination)
    if not Path(destination).exists():
        context.log.line(f"Creating destination folder: {destination}")
        Path(destination).mkdir(parents=True)
    try:
        failed = [message for file in files if (message := _extracted(context, file, destination))]
    except Stopped as stopped:
        return stopped.outcome
    if failed:
        return Outcome(Result.FAILED, None, failed[0])
    context.log.line("Successfully extracted all files.")
    return SUCCEEDED


def _found(context: StepContext, patterns: Iterable[str]) -> Iterable[str]:
    """The archives that the patterns choose, in the order of the patterns."""
    root = context.default_folder
    for line in patterns:
        if not line.strip():
            continue
        pattern = os.path.normpath(line.strip())
        wild = min((at for at in map(pattern.find, "*?") if at >= 0), default=-1)
        if wild < 0:
            yield _one(_absolute(context, pattern))
            continue
        folder, slash, _ = pattern[:wild].rpartition("/")
        directory = _absolute(context, folder + slash) if slash else root
        search = pattern[len(folder + slash) :]
        if not slash:
            context.log.line(f"No path specified for search pattern: {pattern} defaulting to: {root}")
        context.log.line(f"Searching for: {search} under directory: {directory}")
        yield from _below(directory, search)


def _absolute(context: StepContext, path: str) -> str:
    if path.startswith("/"):
        return path
    resolved = f"{context.default_folder}/{path}"
    context.log.line(f"Relative file path: {path} resolving to: {resolved}")
    return resolved


def _one(path: str) -> str:
    if Path(path).is_dir():
        raise UserError(f"Specified archive: {path} can not be extracted because it is a directory.")
    if not Path(path).exists():
        raise UserError(f"Specified archive: {path} can not be extracted because it can not be accessed: no such file")
    if not Path(path).is_file():
        raise UserError(f"Specified archive: {path} can not be extracted because it is not a file.")
    return path


def _below(directory: str, search: str) -> list[str]:
    if not Path(directory).exists():
        raise UserError(f"Search failed because the specified search directory: {directory} does not exist.")
    if not Path(directory).is_dir():
        raise UserError(f"Search failed because the specified search directory: {directory} is not a directory.")
    pattern = Pattern(f"{literally(directory).rstrip('/')}/{search}", replace(PLAIN, match_base=True))
    return [path for path in matching(find(directory), pattern) if Path(path).is_file()]


def _extracted(context: StepContext, file: str, destination: str) -> str:
    """Extract one archive; why it failed, or an empty text."""
    if not Path(file).exists():
        raise UserError(
            f"Extraction failed for file: {file} because it does not exist.",
            hint="was it in the destination folder, which was cleaned? Set cleanDestinationFolder: false",
        )
    context.log.line(f"Extracting file: {file}")
    kept: list[str] = []

    def exists(entry: Entry) -> None:
        context.log.line(f"{shown(entry.name)}: exists already, and is kept")
        kept.append(entry.name)

    target = Target(
        destination,
        context.inputs.flag("overwriteExistingFiles"),
        lambda entry: context.log.line(shown(entry.name)),
        exists,
        lambda: go_on(context),
    )
    try:
        unpack(file, _source(context, file), target)
    except _DAMAGED as error:
        raise UserError(f"Extraction failed for file: {file}: {error}", hint="is the archive whole?") from error
    if kept and file.endswith(TARS):  # `tar -k` fails, `unzip` leaves it at that
        message = f"Extraction failed for file: {file}: {len(kept)} files exist already"
        context.error(f"{message}\nset overwriteExistingFiles: true to replace them")
        return message
    return ""


def _source(context: StepContext, file: str) -> Source:
    if file.endswith(TARS):
        return TarSource(file)
    if file.endswith(ZIPS):
        return ZipSource(file)
    if file.endswith(UNREADABLE_TARS):
        raise UserError(
            f"{file} is compressed in a way that is not known here", hint="compress it as .tar.gz or .tar.xz"
        )
    folder = context.job.layout.temp / os.urandom(8).hex()
    args = [seven_zip(context, context.inputs.text("pathToSevenZipTool")), "x", "-y", f"-o{folder}", "--", file]
    context.command(args)
    ended = context.run(args, str(context.job.layout.temp), commands=False)
    if (outcome := context.must_end()) is not None:
        raise Stopped(outcome)
    if ended.code:
        raise UserError(f"Extraction failed for file: {file} \ncode: {ended.code}")
    return FolderSource(str(folder))
