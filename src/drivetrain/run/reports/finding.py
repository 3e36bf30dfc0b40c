"""Which files the patterns of the tasks' inputs mean: as each of them asks azure-pipelines-task-lib.

https://learn.microsoft.com/azure/devops/pipelines/tasks/file-matching-patterns
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from drivetrain.run.globs.finding import FindOptions, find_match, legacy_find_files
from drivetrain.run.globs.options import DEFAULT

if TYPE_CHECKING:
    from collections.abc import Sequence

_RESULTS = FindOptions(allow_broken_links=True, skip_missing=True)
_COVERAGE = FindOptions(follow_specified_link=False, follow_links=False)
_BY_NAME = replace(DEFAULT, match_base=True)


def result_files(folder: str, patterns: Sequence[str]) -> list[Path]:
    """The files of PublishTestResults@2. Raises UserError when a folder cannot be looked at."""
    return _files(find_match(folder, patterns, _RESULTS))


def older_result_files(folder: str, pattern: str) -> list[Path]:
    """The files of PublishTestResults@1. Raises UserError on a pattern that is none."""
    return _files(legacy_find_files(folder, pattern))


def coverage_paths(folder: str, pattern: str) -> list[Path]:
    """Files and folders of PublishCodeCoverageResults."""
    return [Path(path) for path in find_match(folder, [pattern], _COVERAGE)]


def coverage_files(folder: str, pattern: str, *, by_name: bool = False) -> list[Path]:
    """Files of PublishCodeCoverageResults. `by_name`: a pattern without `/` is held against names alone."""
    return _files(find_match(folder, [pattern], _COVERAGE, _BY_NAME if by_name else DEFAULT))


def _files(paths: Sequence[str]) -> list[Path]:
    return [path for each in paths if (path := Path(each)).is_file()]
