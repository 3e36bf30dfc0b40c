"""`drivetrain connection`: how steps sign in to other services."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from drivetrain.errors import UserError
from drivetrain.run.library.connection_types import TYPES
from drivetrain.run.library.model import Edit, ItemKind
from drivetrain.view.cli.files import pairs
from drivetrain.view.cli.output import emit_json, table
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
    value_of,
)
from drivetrain.wire.library import data_fields

CONNECTION = ItemKind.SERVICE_CONNECTION

_parameter = click.option(
    "--parameter", "parameters", multiple=True, metavar="NAME=VALUE", help="A parameter that is no secret."
)
_secret = click.option("--secret", "secrets", multiple=True, metavar="NAME", help="A secret parameter; see below.")
_secret_file = click.option(
    "--secret-file", "files", multiple=True, metavar="NAME=PATH", help="A secret parameter, as the file has it."
)
_data = click.option("--data", "data", multiple=True, metavar="NAME=VALUE", help="Such as subscriptionId=...")


@click.group("connection", short_help="Service connections: how steps sign in to other services.")
def command() -> None:
    """Service connections: how steps sign in to other services. `types` lists the types and their parameters."""


@command.command("add")
@click.argument("name")
@click.option("--type", "kind", default="", help="As Azure names it: generic, github, azurerm, ...")
@click.option("--scheme", default="", help="How it signs in; else the usual way of its type.")
@click.option("--url", default="", help="The service's address.")
@_parameter
@_secret
@_secret_file
@_data
@click.option(
    "--from",
    "document",
    default="",
    metavar="FILE",
    help="All of it as JSON in Azure's form; `-` reads standard input.",
)
@description_option
@open_option
@project_option
@json_option
def add(
    name: str,
    kind: str,
    scheme: str,
    url: str,
    *,
    parameters: tuple[str, ...],
    secrets: tuple[str, ...],
    files: tuple[str, ...],
    data: tuple[str, ...],
    document: str,
    description: str | None,
    opened: bool,
    project: str,
    as_json: bool,
) -> None:
    """Make a service connection.

    Each --secret is asked for, or read from standard input, one a line. --from takes what `az devops service-endpoint`
    takes: {"type", "url", "authorization": {"scheme", "parameters"}, "data"}.
    """
    described = _document(document) if document else {}
    base = {"type": kind or described.get("type", ""), "scheme": scheme, "url": url or described.get("url", "")}
    authorization = described.get("authorization", {})
    base["scheme"] = scheme or str(authorization.get("scheme", ""))
    fields = {**_texts(described.get("data", {})), **pairs(data, "--data")}
    plain = {**_texts(authorization.get("parameters", {})), **pairs(parameters, "--parameter")}
    edit = Edit(
        description=description,
        data={**base, **data_fields(fields)},
        plain=plain,
        secret=_secrets(secrets, files),
        open=opened,
    )
    said("added", book().add(CONNECTION, name, edit, project), as_json=as_json)


def _document(path: str) -> dict[str, Any]:
    content = sys.stdin.buffer.read() if path == "-" else read_file(Path(path))
    try:
        found = json.loads(content)
        parts = (found, found.get("authorization", {}), found.get("data", {}))
    except (ValueError, AttributeError) as error:
        raise UserError(f"{path} is not a service connection in JSON: {error}", hint="see `--help`") from error
    if not all(isinstance(part, dict) for part in parts):
        raise UserError(f"{path} is not a service connection in JSON", hint="see `--help`")
    return {**found, "type": str(found.get("type", "")), "url": str(found.get("url", ""))}


def _texts(values: object) -> dict[str, str]:
    given = values if isinstance(values, dict) else {}
    return {str(name): value if isinstance(value, str) else json.dumps(value) for name, value in given.items()}


def _secrets(names: tuple[str, ...], files: tuple[str, ...]) -> dict[str, str]:
    found = {
        name: value_of(name, None, Path(path), secret=True) for name, path in pairs(files, "--secret-file").items()
    }
    if len(names) < 2 or sys.stdin.isatty():  # noqa: PLR2004 - several share standard input, a line each
        return {**found, **{name: value_of(name, None, None, secret=True) for name in names}}
    lines = value_of("the secrets", None, None, secret=True).split("\n")
    if len(lines) != len(names):
        raise UserError(
            f"there are {len(names)} secrets and {len(lines)} lines of standard input",
            hint="give one line for each, in their order; --secret-file takes those with line breaks",
        )
    return {**found, **dict(zip(names, lines, strict=True))}


@command.command("update")
@click.argument("name")
@click.option("--url", default="", help="The service's address.")
@_parameter
@_secret
@_secret_file
@_data
@description_option
@project_option
@json_option
def update(
    name: str,
    url: str,
    parameters: tuple[str, ...],
    secrets: tuple[str, ...],
    files: tuple[str, ...],
    data: tuple[str, ...],
    description: str | None,
    *,
    project: str,
    as_json: bool,
) -> None:
    """Change a service connection; what is not named stays. `--data NAME=` takes one out."""
    fields = {**({"url": url} if url else {}), **data_fields(pairs(data, "--data"))}
    edit = Edit(
        description=description,
        data=fields,
        plain=pairs(parameters, "--parameter"),
        secret=_secrets(secrets, files),
    )
    said("changed", book().change(CONNECTION, name, edit, project), as_json=as_json)


@command.command("list")
@click.option("--project", help="Only those of this project; empty for the home's own.")
@json_option
def list_(project: str | None, *, as_json: bool) -> None:
    """List the service connections."""
    columns = {"type": lambda item: item.data.get("type", ""), "scheme": lambda item: item.data.get("scheme", "")}
    listed(list(book().items(CONNECTION, project)), CONNECTION, columns, as_json=as_json)


@command.command("types")
@json_option
def types(*, as_json: bool) -> None:
    """List the types of connections, how each signs in, and what it needs for that."""
    if as_json:
        emit_json([each._asdict() for each in TYPES.values()])
        return
    rows = [
        [kind.name, scheme.name, ", ".join(f"{p.name}{'' if p.required else '?'}" for p in scheme.parameters)]
        for kind in TYPES.values()
        for scheme in kind.schemes
    ]
    table(["type", "scheme", "parameters (? may be left out)"], rows)


add_common(command, CONNECTION, "NAME")
add_permissions(command, CONNECTION, "NAME")
