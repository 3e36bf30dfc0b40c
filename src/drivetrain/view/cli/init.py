"""`drivetrain init`: a first pipeline file for the repository at hand."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from drivetrain.definition.read import DEFAULT_FILE
from drivetrain.definition.starting.finding import look
from drivetrain.definition.starting.first_file import first_file
from drivetrain.errors import ConflictError, UnavailableError
from drivetrain.source.git import GitError, git, text_of
from drivetrain.view.cli.output import emit_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from drivetrain.definition.starting.model import Facts

MOST_FILES = 20_000
MOST_BYTES = 1_000_000
_SKIPPED = frozenset({".git", ".venv", "venv", "node_modules", "__pycache__", ".tox", "site-packages"})


@click.command(short_help="Write a first azure-pipelines.yml for this repository.")
@click.argument("folder", default=".", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--file", default=DEFAULT_FILE, show_default=True, help="The file to write, in that folder.")
@click.option("--branch", default="", help="The branch whose pushes start it; else the one that is checked out.")
@click.option("--force", is_flag=True, help="Write over a file that is there.")
@click.option("--print", "only_print", is_flag=True, help="Print it, and write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print what was found as JSON, and write nothing.")
def command(folder: Path, file: str, branch: str, *, force: bool, only_print: bool, as_json: bool) -> None:
    """Write a first azure-pipelines.yml for the repository at hand.

    Looks for the Python version, what installs the packages, tests, and the program that trains. The file is plain
    Azure Pipelines: it runs here and on Azure.
    """
    facts = look(sorted(_paths(folder)), lambda path: _read(folder / path))
    if as_json:
        emit_json(facts)
        return
    text = first_file(facts, branch or _branch(folder))
    if only_print:
        click.echo(text, nl=False)
        return
    _write(folder / file, text, force=force)
    click.echo(f"wrote {folder / file}" if str(folder) != "." else f"wrote {file}")
    for line in _told(facts):
        click.echo(f"  {line}")
    where = "" if str(folder) == "." else f"cd {folder} && "
    named = "" if file == DEFAULT_FILE else f" {file}"
    click.echo(f"next: {where}drivetrain run{named}; then commit it, and drivetrain project add {folder} --run-now")


def _told(facts: Facts) -> Iterator[str]:
    """What was found, and what was not."""
    yield f"python {facts.python}: " + (f"as {facts.python_from} says" if facts.python_from else "no file says which")
    yield f"installs: {facts.install_from}" if facts.install else "installs nothing: no requirements were found"
    if facts.tests:
        yield "tests: with pytest"
    if not facts.script:
        yield "trains: no program was found; write its call into the last step"
        return
    yield f"trains: {facts.script}"
    if facts.azure:
        yield "it signs in to Azure: drivetrain connection add my-azure --type azurerm"


def _paths(folder: Path) -> list[str]:
    """The files of the repository: what git would take, or all of a folder that is none."""
    try:
        listed = git(["ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=folder)
        return [path for path in text_of(listed).split("\0") if path][:MOST_FILES]
    except GitError:
        return list(_walk(folder))


def _walk(folder: Path) -> Iterator[str]:
    count = 0
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name not in _SKIPPED)
        for name in sorted(names):
            count += 1
            if count > MOST_FILES:
                return
            yield Path(place, name).relative_to(folder).as_posix()


def _read(path: Path) -> str:
    """The text of a file; one that is huge, a link, or not there says nothing."""
    if path.is_symlink() or not path.is_file() or path.stat().st_size > MOST_BYTES:
        return ""
    return path.read_text("utf-8", "replace")


def _branch(folder: Path) -> str:
    """The default branch as the remote has told, else the one that is checked out."""
    for name in ("refs/remotes/origin/HEAD", "HEAD"):
        with suppress(GitError):
            found = text_of(git(["symbolic-ref", "--quiet", "--short", name], cwd=folder)).strip()
            return found.removeprefix("origin/")
    return "main"


def _write(path: Path, text: str, *, force: bool) -> None:
    try:
        with path.open("w" if force else "x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        raise ConflictError(
            f"{path} is there already", hint="--print shows what would be written; --force writes over it"
        ) from error
    except OSError as error:
        raise UnavailableError(f"cannot write {path}: {error.strerror}") from error
