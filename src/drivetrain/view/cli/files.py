"""What lint, expand and plan share: finding and reading pipeline files, and showing problems in them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from drivetrain.definition.model import CompileContext
from drivetrain.definition.read import DEFAULT_FILE, read_pipeline
from drivetrain.errors import NotFoundError, Position, Problem, Severity, UserError
from drivetrain.home import Home
from drivetrain.run.tasks.catalog import catalog
from drivetrain.view.cli.sources import STANDARD_INPUT

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from drivetrain.definition.model import Definition
    from drivetrain.view.cli.sources import PipelineSource

_COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow"}
LINE_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
"""As YAML counts lines."""
_WIDTH = 160


def find_file(given: str | None) -> str:
    """The file that is meant: the one given, else azure-pipelines.yml of this folder or the nearest one above."""
    if given:
        return given
    here = Path.cwd()
    for folder in (here, *here.parents):
        candidate = folder / DEFAULT_FILE
        if candidate.is_file():
            return DEFAULT_FILE if folder == here else str(candidate)
    raise NotFoundError(f"there is no {DEFAULT_FILE} here or in a folder above", hint="name the file")


def pairs(entries: Sequence[str], option: str) -> dict[str, str]:
    """`name=value` options as a mapping. Raises UserError."""
    found = {}
    for entry in entries:
        name, equals, value = entry.partition("=")
        if not name or not equals:
            raise UserError(f"{option} {entry!r} is not NAME=VALUE", hint=f"write {option} name=value")
        found[name] = value
    return found


def full_ref(branch: str) -> str:
    """`main` as `refs/heads/main`; a full ref as it is."""
    return branch if not branch or branch.startswith("refs/") else f"refs/heads/{branch}"


def define(
    source: PipelineSource,
    *,
    parameters: Sequence[str] = (),
    branch: str = "",
    reason: str = "",
    assume_parameters: bool = False,
    explain: Callable[[Position, list[str]], None] | None = None,
) -> Definition:
    """Read a pipeline as the options say. Raises DefinitionError when nothing can be built."""
    return read_pipeline(
        source.text,
        file=source.name,
        tasks=catalog(Home.default().tasks),
        parameters=pairs(parameters, "--parameter"),
        context=compile_context(source, branch, reason),
        assume_parameters=assume_parameters,
        files=source.files,
        path=source.path,
        explain=explain,
    )


def compile_context(source: PipelineSource, branch: str, reason: str = "") -> CompileContext:
    """What is known of a run that is only imagined."""
    return CompileContext(pipeline=pipeline_name(source.name), branch=full_ref(branch), reason=reason or "Manual")


def pipeline_name(file: str) -> str:
    """What a pipeline is called when nobody named it: the name of its folder."""
    path = Path.cwd() if file == STANDARD_INPUT else Path(file).resolve().parent
    return path.name or "pipeline"


def refuse(definition: Definition, source: PipelineSource) -> None:
    """Show the problems on standard error and end with exit code 1, when there is an error among them."""
    if not definition.ok:
        show(definition.problems, source, err=True)
        raise click.exceptions.Exit(1)


def show(problems: Sequence[Problem], source: PipelineSource | None, *, err: bool = False) -> None:
    """Each problem with its line of the file and a caret below the column."""
    for problem in problems:
        word = click.style(f"{problem.severity.value}:", fg=_COLOURS[problem.severity], bold=True)
        code = click.style(f" [{problem.code}]", dim=True) if problem.code else ""
        click.echo(f"{click.style(str(problem.position), bold=True)}: {word} {problem.message}{code}", err=err)
        _quote(problem.position, source.text_of(problem.position.file) if source else "", err=err)
        if problem.hint:
            click.echo(f"  {click.style('hint:', fg='cyan')} {problem.hint}", err=err)


def _quote(position: Position, text: str, *, err: bool) -> None:
    lines = LINE_BREAK.split(text)
    if not 0 < position.line <= len(lines):
        return
    line = lines[position.line - 1].replace("\t", " ")
    column = min(max(position.column, 1), len(line) + 1)
    start = max(0, column - _WIDTH)
    part = "".join(letter if letter.isprintable() else "?" for letter in line[start : start + _WIDTH])
    if not part.strip():
        return
    margin = f"{position.line:>5} | "
    click.echo(f"{margin}{part}", err=err)
    caret = click.style("^", fg="green", bold=True)
    click.echo(f"{' ' * (len(margin) - 2)}| {' ' * (column - 1 - start)}{caret}", err=err)
