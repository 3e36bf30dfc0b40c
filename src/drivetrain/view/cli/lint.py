"""`drivetrain lint`: check pipeline files without running anything."""

from __future__ import annotations

import click

from drivetrain.errors import DefinitionError, Problem, Severity
from drivetrain.view.cli.files import find_file, problems_of, read_text, show


@click.command()
@click.argument("files", nargs=-1, metavar="[FILE]...")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How to print problems.")
def command(files: tuple[str, ...], form: str) -> int:
    """Check pipeline files; problems with file, line and column.

    Without FILE, azure-pipelines.yml of this folder or the nearest one above. `-` reads standard input.
    The exit code is 1 when there is an error; warnings do not count.
    """
    found: list[Problem] = []
    for file in files or (find_file(None),):
        text, problems = _check(file)
        found.extend(problems)
        if form == "text":
            show(problems, text)
    if form == "json":
        click.echo(_json(found))
    else:
        click.echo(_summary(found, max(len(files), 1)), err=True)
    return int(any(problem.severity is Severity.ERROR for problem in found))


def _check(file: str) -> tuple[str, tuple[Problem, ...]]:
    try:
        text = read_text(file)
    except DefinitionError as error:
        return "", error.problems
    return text, problems_of(text, file)


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
