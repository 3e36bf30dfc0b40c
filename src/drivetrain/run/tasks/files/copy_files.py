"""CopyFiles@2.

https://learn.microsoft.com/azure/devops/pipelines/tasks/reference/copy-files-v2
"""

from __future__ import annotations

import os
import re
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from drivetrain.errors import UserError
from drivetrain.run.globs.finding import FindOptions, find
from drivetrain.run.globs.matching import literally, match
from drivetrain.run.runner.outcome import SUCCEEDED
from drivetrain.run.tasks.declared import Declared
from drivetrain.run.tasks.files.removal import empty
from drivetrain.run.tasks.files.stopping import Stopped, go_on

if TYPE_CHECKING:
    from collections.abc import Callable

    from drivetrain.run.runner.context import StepContext
    from drivetrain.run.runner.outcome import Outcome

TASKS = {
    "CopyFiles@2": Declared(
        "Copy files",
        "Copy files from a source folder to a target folder using patterns matching file paths (not folder paths)",
        ("TargetFolder",),
        {
            "SourceFolder": "",
            "Contents": "**",
            "CleanTargetFolder": "false",
            "OverWrite": "false",
            "flattenFolders": "false",
            "preserveTimestamp": "false",
            "retryCount": "0",
            "delayBetweenRetries": "1000",
            "ignoreMakeDirErrors": "false",
        },
    ),
}
_FIND = FindOptions(allow_broken_links=True)
T = TypeVar("T")


def run(context: StepContext) -> Outcome:
    """Copy what the patterns choose, each file below the target as it was below the source."""
    inputs = context.inputs
    source, target = inputs.path("SourceFolder"), inputs.path("TargetFolder")
    if not Path(source).exists():
        raise UserError(f"Not found SourceFolder: {source}", hint="an earlier step may have to make it")
    patterns = inputs.text("Contents").splitlines()
    files = _files(match(find(source, _FIND), patterns, literally(source)))
    context.log.line(f"found {len(files)} files")
    if not files:
        return SUCCEEDED
    copying = _Copying(context, source, target, _Retries(context))
    try:
        copying.prepare()
        for file in files:
            go_on(context)
            copying.copy(file)
    except Stopped as stopped:
        return stopped.outcome
    return SUCCEEDED


def _files(paths: list[str]) -> list[str]:
    """Those that are no folders. Raises UserError when one is a link that leads nowhere."""
    for path in paths:
        if not os.path.exists(path):  # noqa: PTH110 - asked for often
            raise UserError(f'Entry "{path}" does not exist', hint="it is a link that leads nowhere: leave it out")
    return [path for path in paths if not os.path.isdir(path)]  # noqa: PTH112 - asked for often


class _Retries:
    """What fails is tried again, as often and after as long as the inputs say."""

    def __init__(self, context: StepContext) -> None:
        self.context = context
        self.tries = _whole(context.inputs.text("retryCount"))
        self.seconds = _whole(context.inputs.text("delayBetweenRetries")) / 1000

    def __call__(self, does: Callable[[], T], what: str) -> T:
        left = self.tries
        while True:
            try:
                return does()
            except OSError as error:
                left -= 1
                if left <= 0:
                    raise
                self.context.log.line(f"Error while {what}: {error}. Remaining attempts: {left}")
                self.context.job.watch.sleep(self.seconds)
                go_on(self.context)


def _whole(text: str) -> int:
    """A number as JavaScript reads one: digits at the beginning; anything else counts as 0."""
    found = re.match(r"\s*\+?(\d{1,9})", text)
    return int(found[1]) if found else 0


class _Copying(NamedTuple):
    """Where from and where to."""

    context: StepContext
    source: str
    target: str
    again: _Retries
    made: set[str] = set()  # noqa: RUF012 - replaced by `prepare`

    def prepare(self) -> None:
        """Empty the target if asked to, and see that it is there."""
        self.made.clear()
        if self.context.inputs.flag("CleanTargetFolder"):
            self.context.log.line(f"Cleaning target folder: {self.target}")
            self.again(lambda: empty(self.target), f"delete of {self.target}")
        self.make(self.target)

    def make(self, folder: str) -> None:
        """Make a folder once."""
        if folder in self.made:
            return
        self.made.add(folder)
        try:
            self.again(lambda: os.makedirs(folder, exist_ok=True), f"makeDirP for {folder}")  # noqa: PTH103
        except OSError as error:
            if not self.context.inputs.flag("ignoreMakeDirErrors"):
                raise
            self.context.log.line(
                f"Unable to create target folder ({folder}): {error}. "
                "Ignoring this as error since 'ignoreErrors' is true."
            )

    def copy(self, file: str) -> None:
        """Copy one file, unless it is there already and may not be replaced."""
        inputs, log = self.context.inputs, self.context.log
        below = os.path.basename(file) if inputs.flag("flattenFolders") else file[len(self.source) :].lstrip("/")  # noqa: PTH119
        target = f"{self.target}/{below}"
        self.make(os.path.dirname(target))  # noqa: PTH120 - asked for often
        if os.path.isdir(target):  # noqa: PTH112 - asked for often
            raise UserError(f"Unable to copy file {file} to {target}. The target path already exists as a directory.")
        # In a cleaned target only files of this step can be, which `flattenFolders` brought to one name.
        checked = not inputs.flag("CleanTargetFolder")
        if checked and not inputs.flag("OverWrite") and os.path.exists(target):  # noqa: PTH110
            log.line(f"File {file} already exist at {target}")
            return
        log.line(f"Copying {file} to {target}")
        self.again(lambda: shutil.copy(file, target), f"copy {file} to {target}")
        if inputs.flag("preserveTimestamp"):
            self.preserve(file, target)

    def preserve(self, file: str, target: str) -> None:
        """Give the copy the times of its source."""
        try:
            times = os.stat(file)  # noqa: PTH116 - asked for often
            os.utime(target, ns=(times.st_atime_ns, times.st_mtime_ns))
        except OSError as error:
            self.context.log.line(f"Problem applying the timestamp: {error}")
            return
        accessed, modified = (datetime.fromtimestamp(at, UTC).isoformat() for at in (times.st_atime, times.st_mtime))
        self.context.log.line(f"Timestamp preserved successfully - access time: {accessed}, modified time: {modified}")
