"""What the commands of the library share: options, values that are not to be seen, tables, and permissions."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from drivetrain.errors import NotFoundError, UserError
from drivetrain.home import Home
from drivetrain.view.cli.output import ago, emit_json, printable, table
from drivetrain.view.library import shelf_of
from drivetrain.wire.asked import current_user
from drivetrain.wire.library import LibraryBook
from drivetrain.wire.seldom import load
from drivetrain.wire.storage import Storage

if TYPE_CHECKING:
    from collections.abc import Callable

    from drivetrain.run.library.model import Item, ItemKind

project_option = click.option("--project", default="", help="Of this project; else the home's own.")
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
description_option = click.option("--description", help="What it is for.")
open_option = click.option("--open", "opened", is_flag=True, help="Every pipeline may use it, without a permit.")
file_option = click.option(
    "--file", "file", type=click.Path(path_type=Path), help="Take the value from this file, exactly as it is."
)


def book() -> LibraryBook:
    """The library of this home."""
    home = Home.default()

    def tenant() -> str:
        found: str = load("wire.certificates:tenant_of")(home.azure)
        return found

    return LibraryBook(Storage(home).library, current_user(), tenant=tenant)


def warn(text: str) -> None:
    """A warning on standard error."""
    click.echo(f"{click.style('warning:', fg='yellow')} {text}", err=True)


def value_of(name: str, given: str | None, file: Path | None, *, secret: bool) -> str:
    """A value: as given, from a file, else from standard input (without its last line break) or a prompt."""
    if given is not None and file is not None:
        raise UserError(f"there are two values for {name}", hint="leave out VALUE or --file")
    if given is not None:
        if secret:
            warn("others can see a value on the command line, and the shell keeps it; leave it out to be asked")
        return given
    if file is not None:
        return _text(read_file(file), name)
    if sys.stdin.isatty():
        asked: str = click.prompt(f"Value of {printable(name)}", hide_input=secret, default="", show_default=False)
        return asked
    return _text(sys.stdin.buffer.read(), name).removesuffix("\n").removesuffix("\r")


def read_file(path: Path) -> bytes:
    """The content of a file. Raises NotFoundError, UserError."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise NotFoundError(f"there is no file {path}") from None
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror}") from error


def _text(content: bytes, name: str) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        raise UserError(f"the value of {name} is not UTF-8", hint="keep other bytes in a secure file") from None


def owner(item: Item) -> str:
    """Whose it is, in words."""
    return f"of project {item.project}" if item.project else "of this home"


def said(word: str, item: Item, *, as_json: bool) -> None:
    """What was done."""
    if as_json:
        emit_json(item)
        return
    click.echo(f"{word} {shelf_of(item.kind).one.lower()} {printable(item.name)} {owner(item)}")
    if word == "added" and not item.open and item.project:
        click.echo("its pipeline needs a permit to use it: `permit` gives one, `open` opens it to all", err=True)


def listed(items: list[Item], kind: ItemKind, columns: dict[str, Callable[[Item], str]], *, as_json: bool) -> None:
    """A table of items."""
    if as_json:
        emit_json(items)
        return
    if not items:
        click.echo(f"no {shelf_of(kind).many.lower()} yet")
        return
    heads = ["name", "project", *columns, "pipelines", "changed"]
    rows = [
        [
            printable(item.name),
            item.project or "-",
            *(column(item) for column in columns.values()),
            _who(item),
            ago(item.updated_at),
        ]
        for item in items
    ]
    table(heads, rows)


def _who(item: Item) -> str:
    return "all" if item.open else str(len(item.permits))


def shown(item: Item, *, as_json: bool) -> None:
    """All that may be seen of an item."""
    if as_json:
        emit_json(item)
        return
    click.echo(f"{shelf_of(item.kind).one} {printable(item.name)} {owner(item)}, id {item.id}")
    if item.description:
        click.echo(printable(item.description))
    for name, value in item.data.items():
        if name != "ticket":
            click.echo(f"{name.removeprefix('data.')}: {printable(value)}")
    if item.values:
        rows = [
            [printable(each.name), "secret" if each.secret else "", ago(each.changed_at), printable(each.value or "")]
            for each in item.values
        ]
        table(["name", "", "changed", "value"], rows)
    click.echo(f"changed {ago(item.updated_at)} by {printable(item.updated_by)}")
    if item.open:
        click.echo("every pipeline may use it")
    for permit in item.permits:
        by = f"{ago(permit.permitted_at)} by {printable(permit.permitted_by)}"
        click.echo(f"permitted: {printable(permit.pipeline)}, {by}")


def add_common(group: click.Group, kind: ItemKind, metavar: str) -> None:
    """The commands that every kind has: show, remove, and, for a resource, permit, revoke, open and restrict."""
    word = shelf_of(kind).one.lower()
    name = click.argument("name", metavar=metavar)
    _command(group, "show", f"Show a {word}; never its secrets.", [name, project_option, json_option], _show, kind)
    _command(group, "remove", f"Forget a {word}.", [name, project_option], _remove, kind)


def add_permissions(group: click.Group, kind: ItemKind, metavar: str) -> None:
    """Who may use it. https://learn.microsoft.com/azure/devops/pipelines/process/about-resources"""
    name = click.argument("name", metavar=metavar)
    pipeline = click.argument("pipeline")
    which = "a project's name, or the folder of a working tree"
    _command(group, "permit", f"Let a pipeline use it: {which}.", [name, pipeline, project_option], _permit, kind)
    _command(group, "revoke", "Take a pipeline's permit away.", [name, pipeline, project_option], _revoke, kind)
    _command(group, "open", "Let every pipeline use it.", [name, project_option], _open, kind)
    _command(group, "restrict", "Only pipelines with a permit may use it.", [name, project_option], _restrict, kind)


def _command(
    group: click.Group, name: str, text: str, parameters: list[Any], run: Callable[..., None], kind: ItemKind
) -> None:
    decorated: Any = partial(run, kind)
    for parameter in reversed(parameters):
        decorated = parameter(decorated)
    group.command(name, help=text)(decorated)


def _show(kind: ItemKind, *, name: str, project: str, as_json: bool) -> None:
    shown(book().item(kind, name, project), as_json=as_json)


def _remove(kind: ItemKind, *, name: str, project: str) -> None:
    said("removed", book().remove(kind, name, project), as_json=False)


def _permit(kind: ItemKind, *, name: str, pipeline: str, project: str) -> None:
    shelves = book()
    shelves.permit(kind, name, pipeline, project or _where(shelves, kind, name, pipeline))
    click.echo(f"{printable(pipeline)} may use {printable(name)}")


def _where(shelves: LibraryBook, kind: ItemKind, name: str, pipeline: str) -> str:
    """Where the pipeline itself finds it: in its own project's library, else in the home's."""
    try:
        return shelves.item(kind, name, pipeline).project
    except NotFoundError:
        return ""


def _revoke(kind: ItemKind, *, name: str, pipeline: str, project: str) -> None:
    shelves = book()
    shelves.revoke(kind, name, pipeline, project or _where(shelves, kind, name, pipeline))
    click.echo(f"{printable(pipeline)} may not use {printable(name)} any more")


def _open(kind: ItemKind, *, name: str, project: str) -> None:
    book().open_to_all(kind, name, project)
    click.echo(f"every pipeline may use {printable(name)}")


def _restrict(kind: ItemKind, *, name: str, project: str) -> None:
    item = book().open_to_all(kind, name, project, opened=False)
    allowed = ", ".join(printable(permit.pipeline) for permit in item.permits) or "no pipeline yet"
    click.echo(f"only pipelines with a permit may use {printable(name)}: {allowed}")
