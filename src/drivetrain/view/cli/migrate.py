"""`drivetrain migrate`: what a repository uses that is not served here."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from drivetrain.definition.migrating import look_into
from drivetrain.definition.migrating.scan import is_looked_into, is_pipeline
from drivetrain.errors import DefinitionError, DrivetrainError, Position, Problem, Severity
from drivetrain.home import Home
from drivetrain.plan.not_here import not_here
from drivetrain.run.tasks.catalog import catalog
from drivetrain.view.cli.files import define, show
from drivetrain.view.cli.sarif import sarif
from drivetrain.view.cli.sources import named_repositories, open_source

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_BYTES = 2_000_000
_SKIPPED = frozenset({".git", ".venv", "venv", "node_modules", "__pycache__", ".tox", ".mypy_cache", "site-packages"})


@click.command(short_help="List what a repository uses that is not served here.")
@click.argument("folder", default=".", type=click.Path(exists=True, file_okay=False))
@click.option(
    "--format", "form", type=click.Choice(["text", "json", "sarif"]), default="text", help="How to print what is found."
)
def command(folder: str, form: str) -> int:
    """List what a repository uses that is not served here, with file, line and column.

    Looks through pipelines, scripts, Python programs, notebooks and job files of Azure Machine Learning. An error is
    what cannot work here, a warning what works in part. The exit code is 1 when there is an error.
    """
    files = dict(_texts(Path(folder)))
    found = sorted({each for file, text in files.items() for each in _look(file, text)}, key=_order)
    if form == "text":
        _tell(found, len(files))
    else:
        _print_json(found, form)
    return int(any(each.severity is Severity.ERROR for each in found))


def _order(found: Problem) -> tuple[object, str]:
    return found.position, found.message


def _texts(folder: Path) -> Iterator[tuple[str, str]]:
    """The files that are looked into, by their path from where we stand."""
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name not in _SKIPPED)
        for name in sorted(names):
            path = Path(place, name)
            if is_looked_into(name) and not path.is_symlink() and path.stat().st_size <= MOST_BYTES:
                yield os.path.normpath(path).replace(os.sep, "/"), path.read_text("utf-8", "replace")


def _look(file: str, text: str) -> Iterator[Problem]:
    yield from look_into(file, text)
    if is_pipeline(file, text):
        yield from _pipeline(file)


def _pipeline(file: str) -> Iterator[Problem]:
    """What the pipeline itself may not use here. One with errors is named: `lint` tells of them."""
    try:
        source = open_source(file, named_repositories(()))
        definition = define(source, assume_parameters=True)
        pipeline = definition.checked()
    except DefinitionError as error:
        first = error.problems[0]
        hint = f"drivetrain lint {file}"
        yield Problem(first.position, f"the pipeline has errors: {first.message}", hint, Severity.ERROR, "pipeline")
        return
    except DrivetrainError as error:
        yield Problem(Position(file, 1, 1), error.message, error.hint, Severity.ERROR, "pipeline")
        return
    yield from not_here(pipeline, catalog(Home.default().tasks))


def _tell(found: list[Problem], count: int) -> None:
    show(found, None)
    errors = sum(each.severity is Severity.ERROR for each in found)
    words = f"{errors} not served, {len(found) - errors} in part" if found else "all that they use is served here"
    click.echo(f"{count} files looked into: {words}", err=True)


def _print_json(found: list[Problem], form: str) -> None:
    import json  # noqa: PLC0415 - only for these formats

    plain = [
        {
            "file": each.position.file,
            "line": each.position.line,
            "column": each.position.column,
            "severity": each.severity.value,
            "code": each.code,
            "message": each.message,
            "hint": each.hint,
        }
        for each in found
    ]
    click.echo(json.dumps(sarif(found) if form == "sarif" else plain, indent=2, ensure_ascii=False))
