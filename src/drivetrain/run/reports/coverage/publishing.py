"""Publishes what was read of coverage, for the tasks and for `##vso[codecoverage.publish]` alike."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from drivetrain.errors import UserError
from drivetrain.run.reports.coverage.lines import Sources
from drivetrain.run.reports.coverage.reading import read_coverage
from drivetrain.run.reports.elements import BrokenReportError, WrongFormatError, shown_path
from drivetrain.run.reports.keeping import short
from drivetrain.run.reports.kept import new_file

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drivetrain.run.runner.context import StepContext

NOTHING = "No code coverage results were found to publish."
REPORT_ARTIFACT = "Code Coverage Report_{}"
FILES_ARTIFACT = "Code Coverage Files_{}"
_encoder = msgspec.json.Encoder()


def publish_coverage(context: StepContext, files: Sequence[Path], *, sources_folder: str = "", tool: str = "") -> bool:
    """Read every report, merged, and hand the outcome to the run; whether there is anything in it.

    What cannot be read is a warning.
    """
    sources, tools = Sources(), []
    folders = [context.default_folder, *([sources_folder] if sources_folder else [])]
    for file in files:
        context.log.line(f"Reading code coverage summary from '{shown_path(file)}'")
        own = Sources()  # of its own: a report that breaks off half-way counts for nothing
        try:
            tools.append(read_coverage(file, own, folders, tool))
            sources.merge(own)
        except BrokenReportError as error:
            context.issue("warning", error.message, file=shown_path(file), line=error.line, column=error.column)
        except WrongFormatError as error:
            context.issue("warning", error.message, file=shown_path(file))
    if not sources.lines.total:
        return False
    _say(context, sources)
    _record(context, sources, ", ".join(dict.fromkeys(tools)) or tool)
    return True


def _say(context: StepContext, sources: Sources) -> None:
    context.log.line("Publishing coverage summary data.")
    for label, measure in (("Lines", sources.lines), ("Branches", sources.branches)):
        if measure.total:
            context.log.line(f" {label}- {measure.covered} of {measure.total} covered.")


def _record(context: StepContext, sources: Sources, tool: str) -> None:
    job = context.job
    target, path = new_file(job.layout.job, "coverage.jsonl")
    with target:
        for file in sources.files():
            record = replace(file, module=short(job.masker.text(file.module)), path=short(job.masker.text(file.path)))
            target.write(_encoder.encode(record) + b"\n")
    lines, branches = sources.lines, sources.branches
    job.record_sealed(
        "coverage.published",
        {
            "step": context.index,
            "tool": tool,
            "files": path,
            "lines_covered": lines.covered,
            "lines_total": lines.total,
            "branches_covered": branches.covered,
            "branches_total": branches.total,
        },
    )


def publish_loose_files(context: StepContext, files: Sequence[Path]) -> None:
    """Publish files as one artifact, below the folder that they have in common."""
    if not files:
        return
    common = Path(os.path.commonpath([file.parent for file in files]))
    target = context.job.layout.temp / f"coverage-{context.index}"
    for file in files:
        copy = target / file.relative_to(common)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, copy)
    publish_files(context, FILES_ARTIFACT, target)
    shutil.rmtree(target, ignore_errors=True)


def publish_files(context: StepContext, name: str, path: Path) -> None:
    """Publish files of coverage as an artifact of the run, as the agent does; where that cannot be, a warning."""
    try:
        context.publish(name.format(context.job.spec.run_id), str(path), kind="container")
    except UserError as error:
        context.warning(f"Error occurred while publishing code coverage files. Error: {error.message}")
