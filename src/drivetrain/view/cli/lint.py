"""`drivetrain lint`: check pipeline files without running anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from drivetrain.errors import DefinitionError, Problem, Severity
from drivetrain.view.cli.files import find_file, problems_of, show
from drivetrain.view.cli.sources import PipelineSource, named_repositories, open_source, repository_option

if TYPE_CHECKING:
    from drivetrain.wire.repositories import Repositories


@click.command()
@click.argument("files", nargs=-1, metavar="[FILE]...")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How to print problems.")
@repository_option
def command(files: tuple[str, ...], form: str, repositories: tuple[str, ...]) -> int:
    """Check pipeline files; problems with file, line and column.

    Without FILE, azure-pipelines.yml of this folder or the nearest one above. `-` reads standard input.
    The exit code is 1 when there is an error; warnings do not count.
    """
    found: list[Problem] = []
    named = named_repositories(repositories)
    for file in files or (find_file(None),):
        source, problems = _check(file, named)
        found.extend(problems)
        if form == "text":
            show(problems, source)
    if form == "json":
        click.echo(_json(found))
    else:
        click.echo(_summary(found, max(len(files), 1)), err=True)
    return int(any(problem.severity is Severity.ERROR for problem in found))


def _check(file: str, repositories: Repositories) -> tuple[PipelineSource | None, tuple[Problem, ...]]:
    try:
        source = open_source(file, repositories)
    except DefinitionError as error:
        return None, error.problems
    return source, problems_of(source)


def _json(problems: list[Problem]) -> str:
    import json  # noqa: PLC0415 - only for this format

    return json.dumps(
        [
            {
                "file": problem.position.file,
                "line": problem.position.line,
                "column": problem.position.column,
                "severity": problem.severity.value,
                "code": problem.code,
                "message": problem.message,
                "hint": problem.hint,
            }
            for problem in problems
        ],
        indent=2,
        ensure_ascii=False,
    )


def _summary(problems: list[Problem], files: int) -> str:
    errors = sum(problem.severity is Severity.ERROR for problem in problems)
    warnings = len(problems) - errors
    if not problems:
        return f"{_number(files, 'file')} checked, no problems"
    return f"{_number(files, 'file')} checked: {_number(errors, 'error')}, {_number(warnings, 'warning')}"


def _number(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"
