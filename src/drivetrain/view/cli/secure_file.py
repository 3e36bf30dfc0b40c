"""`drivetrain secure-file`: certificates, keys and settings that are kept sealed."""

from __future__ import annotations

from pathlib import Path

import click

from drivetrain.run.library.model import Edit, ItemKind
from drivetrain.view.cli.shelf import (
    add_common,
    add_permissions,
    book,
    description_option,
    json_option,
    listed,
    open_option,
    project_option,
    read_file,
    said,
)

FILE = ItemKind.SECURE_FILE


@click.group("secure-file", short_help="Secure files: certificates, keys, settings.")
def command() -> None:
    """Secure files: certificates, keys, settings. A step DownloadSecureFile@1 gets one, for the time of its job."""


@command.command("add")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--name", default="", help="What to call it; else as the file is called.")
@description_option
@open_option
@project_option
@json_option
def add(path: Path, name: str, description: str | None, *, opened: bool, project: str, as_json: bool) -> None:
    """Keep a copy of a file, sealed. The file itself stays where it is: remove it when nobody needs it."""
    edit = Edit(description=description, content=read_file(path), open=opened)
    said("added", book().add(FILE, name or path.name, edit, project), as_json=as_json)


@command.command("update")
@click.argument("name")
@click.argument("path", type=click.Path(path_type=Path), required=False)
@description_option
@project_option
@json_option
def update(name: str, path: Path | None, description: str | None, *, project: str, as_json: bool) -> None:
    """Put another content in its place, or say what it is for."""
    content = read_file(path) if path is not None else None
    edit = Edit(description=description, content=content)
    said("changed", book().change(FILE, name, edit, project), as_json=as_json)


@command.command("list")
@click.option("--project", help="Only those of this project; empty for the home's own.")
@json_option
def list_(project: str | None, *, as_json: bool) -> None:
    """List the secure files."""
    columns = {"bytes": lambda item: item.data.get("size", "")}
    listed(list(book().items(FILE, project)), FILE, columns, as_json=as_json)


add_common(command, FILE, "NAME")
add_permissions(command, FILE, "NAME")
