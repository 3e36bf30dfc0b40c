"""DeleteFiles@1.

https://learn.microsoft.com/azure/devops/pipelines/tasks/reference/delete-files-v1
"""

from __future__ import annotations

import bisect
import os
from typing import TYPE_CHECKING

from msgspec.structs import replace

from drivetrain.run.globs.finding import FindOptions, find
from drivetrain.run.globs.matching import literally, match
from drivetrain.run.globs.options import PLAIN, SPACE
from drivetrain.run.model import Result
from drivetrain.run.runner.outcome import SUCCEEDED, Outcome
from drivetrain.run.tasks.declared import Declared
from drivetrain.run.tasks.files.removal import remove

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drivetrain.run.globs.options import Options
    from drivetrain.run.runner.context import StepContext

TASKS = {
    "DeleteFiles@1": Declared(
        "Delete files",
        "Delete folders, or files matching a pattern",
        (),
        {
            "SourceFolder": "",
            "Contents": "myFileShare",
            "RemoveSourceFolder": "false",
            "RemoveDotFiles": "false",
        },
    ),
}
_FIND = FindOptions(allow_broken_links=True, follow_links=False)
"""Links are not followed: what is below one is not below the source folder."""
_FAILED = "Couldn't delete one or more files"


def run(context: StepContext) -> Outcome:
    """Delete what the patterns choose; with what is in them where they are folders."""
    inputs = context.inputs
    source = inputs.path("SourceFolder")
    patterns = [_joined(source, text) for line in inputs.text("Contents").splitlines() if (text := line.strip(SPACE))]
    if not patterns:
        return SUCCEEDED
    found = find(source, _FIND)
    if not found:
        context.log.line("No files to delete.")
        return SUCCEEDED
    options = replace(PLAIN, match_base=True, dot=inputs.flag("RemoveDotFiles"))
    failed = False
    for path in sorted(_chosen(found, patterns, options), key=len, reverse=True):  # files before their folders
        if (ended := context.must_end()) is not None:
            return ended
        failed |= not _removed(context, path)
    if inputs.flag("RemoveSourceFolder") and not failed and len(find(source, _FIND)) == 1:
        failed = not _removed(context, source)
    if failed:
        context.error(_FAILED)
        return Outcome(Result.FAILED, None, _FAILED)
    return SUCCEEDED


def _removed(context: StepContext, path: str) -> bool:
    """Whether it is gone: one that cannot be deleted keeps nobody from trying the others."""
    try:
        remove(path)
    except OSError as error:
        context.error(f"Failed rmRF: {error.strerror}: {error.filename}")
        return False
    return True


def _joined(source: str, pattern: str) -> str:
    """The pattern below the source folder, its `!` still in front."""
    body = pattern.lstrip("!")
    marks = pattern[: len(pattern) - len(body)]
    ending = "/" if body.endswith("/") else ""
    return marks + os.path.normpath(f"{literally(source)}/{body}") + ending


def _chosen(found: Sequence[str], patterns: Sequence[str], options: Options) -> list[str]:
    """What the patterns match; with some that exclude, no folder that has something in it that is to stay."""
    matches = match(found, patterns, options=options)
    if not any(_excludes(pattern) for pattern in patterns):
        return matches
    matched = set(matches)
    staying = sorted(path for path in found if path not in matched)

    def is_kept(path: str) -> bool:
        at = bisect.bisect_left(staying, path)
        return at < len(staying) and staying[at].startswith(path)

    return [path for path in matches if not is_kept(path)]


def _excludes(pattern: str) -> bool:
    """As the task looks for it: an odd number of `!` where the first one stands."""
    rest = pattern[pattern.find("!") :] if "!" in pattern else ""
    return (len(rest) - len(rest.lstrip("!"))) % 2 == 1
