"""Reads reports of coverage, whichever tool has written them."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from drivetrain.run.reports.coverage import cobertura, jacoco
from drivetrain.run.reports.coverage.lines import MOST_SOURCES
from drivetrain.run.reports.elements import Report
from drivetrain.run.reports.model import LONGEST_NAME

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drivetrain.run.reports.coverage.lines import Sources

TOOLS = {each.ROOT: each for each in (cobertura, jacoco)}
NAMES = {each.NAME.lower(): each for each in (cobertura, jacoco)}
_MISMATCH = "No coverage data found. Check the build errors/warnings for more details."


def read_coverage(path: Path, sources: Sources, folders: Sequence[str], tool: str = "") -> str:
    """Add a report's lines to `sources`; the name of its tool. `folders` are where its sources may lie, the first being
    the one that paths are shown from.

    Raises BrokenReportError, and WrongFormatError when it is not one of `tool` (of any, when that is empty).
    """
    roots = [NAMES[tool.lower()].ROOT] if tool else list(TOOLS)
    report = Report(path, lambda names: TOOLS[names[0]].wanted(names) if len(names) > 1 else False, roots, _MISMATCH)
    reader: cobertura.Reader | jacoco.Reader | None = None
    places: dict[str, str] = {}
    for above, element in report:
        reader = reader or TOOLS[report.root.name].Reader(sources)
        taken = reader.take(above, element)
        if taken is not None:
            name, module, line = taken
            if name not in places:
                if len(places) >= MOST_SOURCES:
                    continue
                places[name] = place(name, [*folders, *reader.folders])
            number, hit, branches = reader.line(line)
            sources.source(places[name], module[:LONGEST_NAME]).add(number, hit=hit, branches=branches)
    kind = TOOLS[report.root.name]
    reader = reader or kind.Reader(sources)
    reader.end(report.root)
    return reader.name


def place(name: str, folders: Sequence[str]) -> str:
    """The path of a source file relative to the first folder, where it lies below that; else as the report has it."""
    plain = name.replace("\\", "/")[:LONGEST_NAME]
    for folder in folders:
        found = os.path.normpath(os.path.join(folder, plain))  # noqa: PTH118 - no disk access
        if found.startswith(folders[0].rstrip("/") + "/") and Path(found).is_file():
            return PurePosixPath(found).relative_to(folders[0]).as_posix()
    return plain
