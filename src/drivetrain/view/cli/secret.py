"""`drivetrain secret`: secrets in local key vaults, and a new key for everything that is sealed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from drivetrain.errors import NotFoundError
from drivetrain.home import Home
from drivetrain.run.library.model import Edit, ItemKind
from drivetrain.view.cli.output import emit_json
from drivetrain.view.cli.shelf import (
    book,
    file_option,
    json_option,
    listed,
    project_option,
    said,
    shown,
    value_of,
    warn,
)
from drivetrain.wire.storage import Storage

if TYPE_CHECKING:
    from pathlib import Path

VAULT = ItemKind.KEY_VAULT


@click.group("secret", short_help="Secrets in local key vaults; and a new key for all secrets.")
def command() -> None:
    """Secrets in local key vaults, for AzureKeyVault steps and for variable groups that are linked to one.

    A vault is there as soon as it has a secret. Nothing shows a secret again.
    """


@command.command("set")
@click.argument("vault")
@click.argument("name")
@click.argument("value", required=False)
@file_option
@project_option
def set_(vault: str, name: str, value: str | None, file: Path | None, *, project: str) -> None:
    """Keep a secret in a vault. Without VALUE it is read from standard input, or asked for."""
    text = value_of(name, value, file, secret=True)
    book().set_secret(vault, name, text, project)
    click.echo(f"set {name} in vault {vault}")


@command.command("list")
@click.argument("vault", required=False)
@click.option("--project", help="Of this project; empty for the home's own.")
@json_option
def list_(vault: str | None, project: str | None, *, as_json: bool) -> None:
    """List the vaults, or the names of a vault's secrets."""
    if vault is not None:
        shown(book().item(VAULT, vault, project or ""), as_json=as_json)
        return
    columns = {"secrets": lambda item: str(len(item.values))}
    listed(list(book().items(VAULT, project)), VAULT, columns, as_json=as_json)


@command.command("remove")
@click.argument("vault")
@click.argument("names", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="The vault with all its secrets.")
@project_option
def remove(vault: str, names: tuple[str, ...], *, everything: bool, project: str) -> None:
    """Forget secrets of a vault, or with --all the whole vault."""
    if not (names or everything):
        raise click.UsageError("name the secrets that are to go, or give --all")
    if everything:
        said("removed", book().remove(VAULT, vault, project), as_json=False)
        return
    book().change(VAULT, vault, Edit(remove=names), project)
    click.echo(f"removed {', '.join(names)} from vault {vault}")


@command.command("rotate-key")
@click.option("--finish", is_flag=True, help="Make no new key: go on where one was broken off, or waited for runs.")
@json_option
def rotate_key(*, finish: bool, as_json: bool) -> None:
    """Make a new key and seal everything by it: the library, sealed outputs of runs, projects' passwords.

    Safe at any time, also while the server runs and when it is killed. While a run is under way the old key is kept,
    because its jobs may hold what it has sealed; --finish takes it away afterwards.
    """
    storage = Storage(Home.default())
    if finish and not storage.vault.keys():
        raise NotFoundError("there is no key in this home yet", hint="nothing was sealed so far")
    done = storage.rotator.finish() if finish else storage.rotator.rotate()
    if as_json:
        emit_json(done)
        return
    click.echo(f"{'' if finish else 'a new key; '}{done.sealed_anew} secrets were sealed anew")
    if done.waits_for:
        runs = ", ".join(map(str, done.waits_for))
        warn(f"the old key is kept for what is under way (runs: {runs}); drivetrain secret rotate-key --finish later")
    elif done.old_keys == 0:
        click.echo("the old key is gone")
