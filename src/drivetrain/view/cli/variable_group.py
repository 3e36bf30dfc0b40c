"""`drivetrain variable-group`: variables that pipelines share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from drivetrain.run.library.checking import warnings_of
from drivetrain.run.library.model import Edit, ItemKind
from drivetrain.view.cli.files import pairs
from drivetrain.view.cli.shelf import (
    add_common,
    add_permissions,
    book,
    description_option,
    file_option,
    json_option,
    listed,
    open_option,
    project_option,
    said,
    value_of,
    warn,
)

if TYPE_CHECKING:
    from pathlib import Path

GROUP = ItemKind.VARIABLE_GROUP


@click.group("variable-group", short_help="Variable groups: variables that pipelines share.")
def command() -> None:
    """Variable groups: variables that pipelines share, secret ones among them.

    A file uses one with `variables: [{group: NAME}]`. A project looks in its own library first, then in the home's; the
    pipeline of a working tree looks in the home's.
    """


@command.command("add")
@click.argument("name")
@click.option(
    "--variable", "-v", "variables", multiple=True, metavar="NAME=VALUE", help="A variable; secret ones: see `set`."
)
@click.option("--vault", default="", help="It has the secrets of this local key vault instead of its own values.")
@click.option("--secret", "secrets", multiple=True, metavar="NAME", help="With --vault: only these secrets of it.")
@description_option
@open_option
@project_option
@json_option
def add(
    name: str,
    variables: tuple[str, ...],
    vault: str,
    secrets: tuple[str, ...],
    description: str | None,
    *,
    opened: bool,
    project: str,
    as_json: bool,
) -> None:
    """Make a variable group: with values of its own, or linked to a local key vault (`drivetrain secret`)."""
    given = pairs(variables, "--variable")
    linked: dict[str, str | None] = {"vault": vault, "secrets": ",".join(secrets) or "*"} if vault else {}
    edit = Edit(description=description, data=linked, plain=given, open=opened)
    item = book().add(GROUP, name, edit, project)
    for text in warnings_of(given):
        warn(text)
    said("added", item, as_json=as_json)


@command.command("list")
@click.option("--project", help="Only those of this project; empty for the home's own.")
@json_option
def list_(project: str | None, *, as_json: bool) -> None:
    """List the variable groups."""
    columns = {"variables": lambda item: item.data.get("vault") or str(len(item.values))}
    listed(list(book().items(GROUP, project)), GROUP, columns, as_json=as_json)


@command.command("set")
@click.argument("group")
@click.argument("name")
@click.argument("value", required=False)
@click.option("--secret", is_flag=True, help="It is never shown again, and masked in logs.")
@file_option
@project_option
def set_(group: str, name: str, value: str | None, file: Path | None, *, secret: bool, project: str) -> None:
    """Set a variable of a group. Without VALUE it is read from standard input, or asked for.

    What was secret stays secret until it is unset.
    """
    shelf = book()
    kept = {each.name.lower() for each in shelf.item(GROUP, group, project).values if each.secret}
    secret = secret or name.lower() in kept
    text = value_of(name, value, file, secret=secret)
    edit = Edit(secret={name: text}) if secret else Edit(plain={name: text})
    shelf.change(GROUP, group, edit, project)
    for warning in warnings_of([name]):
        warn(warning)
    click.echo(f"set {'secret ' if secret else ''}{name} of {group}")


@command.command("unset")
@click.argument("group")
@click.argument("names", nargs=-1, required=True)
@project_option
def unset(group: str, names: tuple[str, ...], *, project: str) -> None:
    """Take variables out of a group."""
    book().change(GROUP, group, Edit(remove=names), project)
    click.echo(f"took {', '.join(names)} out of {group}")


@command.command("update")
@click.argument("name")
@description_option
@click.option("--vault", help="Link it to this local key vault.")
@click.option("--secret", "secrets", multiple=True, metavar="NAME", help="Only these secrets of its vault; `*`: all.")
@project_option
@json_option
def update(
    name: str, description: str | None, vault: str | None, secrets: tuple[str, ...], *, project: str, as_json: bool
) -> None:
    """Change what a group is for, or which secrets of its vault it passes on."""
    data: dict[str, str | None] = {"vault": vault} if vault else {}
    if secrets or vault:
        data["secrets"] = ",".join(secrets) or "*"
    said("changed", book().change(GROUP, name, Edit(description=description, data=data), project), as_json=as_json)


add_common(command, GROUP, "NAME")
add_permissions(command, GROUP, "NAME")
