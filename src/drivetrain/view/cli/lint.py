"""`drivetrain lint`: check pipeline files without running anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from drivetrain.errors import DefinitionError, Problem, Severity
from drivetrain.view.cli.checks import problems_of
from drivetrain.view.cli.files import find_file, show
from drivetrain.view.cli.sarif import sarif
from drivetrain.view.cli.sources import PipelineSource, named_repositories, open_source, repository_option

if TYPE_CHECKING:
    from collections.abc import Collection

    from drivetrain.wire.repositories import Repositories


@click.command()
@click.argument("files", nargs=-1, metavar="[FILE]...")
@click.option(
    "--format", "form", type=click.Choice(["text", "json", "sarif"]), default="text", help="How to print problems."
)
@click.option("--disable", multiple=True, metavar="CODE", help="Leave out problems of this code; more than once.")
@repository_option
def command(files: tuple[str, ...], form: str, disable: tuple[str, ...], repositories: tuple[str, ...]) -> int:
    """Check pipeline files; problems with file, line and column.

    Without FILE, azure-pipelines.yml of this folder or the nearest one above. `-` reads standard input.
    The exit code is 1 when there is an error; warnings do not count.

    A comment `# drivetrain: ignore CODE` leaves out what is said of its line.
    """
    found: list[Problem] = []
    named = named_repositories(repositories)
    for file in files or (find_file(None),):
        source, problems = _check(file, named, disable)
        found.extend(problems)
        if form == "text":
            show(problems, source)
    if form == "text":
        click.echo(_summary(found, max(len(files), 1)), err=True)
    else:
        click.echo(_json(sarif(found) if form == "sarif" else [_entry(problem) for problem in found]))
    return int(any(problem.severity is Severity.ERROR for problem in found))


def _check(
    file: str, repositories: Repositories, disable: Collection[str]
) -> tuple[PipelineSource | None, tuple[Problem, ...]]:
    try:
        source = open_source(file, repositories)
    except DefinitionError as error:
        return None, tuple(problem for problem in error.problems if problem.code not in disable)
    return source, problems_of(source, disable)


def _entry(problem: Problem) -> dict[str, str | int]:
    return {
        "file": problem.position.file,
        "line": problem.position.line,
        "column": problem.position.column,
        "severity": problem.severity.value,
        "code": problem.code,
        "message": problem.message,
        "hint": problem.hint,
    }


def _json(value: object) -> str:
    import json  # noqa: PLC0415 - only for these formats

    return json.dumps(value, indent=2, ensure_ascii=False)


def _summary(problems: list[Problem], files: int) -> str:
    errors = sum(problem.severity is Severity.ERROR for problem in problems)
    warnings = len(problems) - errors
    if not problems:
        return f"{_number(files, 'file')} checked, no problems"
    return f"{_number(files, 'file')} checked: {_number(errors, 'error')}, {_number(warnings, 'warning')}"


def _number(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"
