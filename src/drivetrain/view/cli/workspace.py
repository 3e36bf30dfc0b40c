"""`drivetrain workspace`: the Azure Machine Learning workspaces of this home."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import click

from drivetrain.errors import ConflictError, NotFoundError, UserError
from drivetrain.home import Home
from drivetrain.ids import RandomIds
from drivetrain.registry.model import REGISTRIES, AssetKind, Workspace
from drivetrain.registry.names import check_place
from drivetrain.view.cli.output import emit_json, printable, table
from drivetrain.wire.asked import current_user
from drivetrain.wire.storage import Storage

if TYPE_CHECKING:
    from collections.abc import Mapping

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
group_option = click.option(
    "-g", "--resource-group", default="", help="Its resource group, where the name is not enough."
)


@click.group("workspace", short_help="List, show, add and remove Azure Machine Learning workspaces.")
def command() -> None:
    """List, show, add and remove Azure Machine Learning workspaces.

    A script makes the workspace that it names: adding one is needed only to give it to a project beforehand.
    """


@command.command("list")
@json_option
def list_(*, as_json: bool) -> None:
    """List the workspaces."""
    found = _all(_storage())
    if as_json:
        emit_json([_document(each) for each in found])
    elif not found:
        click.echo("no workspaces yet; a script makes the one that it names")
    else:
        rows = [[each.name, each.resource_group, each.subscription, each.project or "(home)"] for each in found]
        table(
            ["name", "resource group", "subscription", "project"], [[printable(text) for text in row] for row in rows]
        )


@command.command("show")
@click.argument("name")
@group_option
@json_option
def show(name: str, resource_group: str, *, as_json: bool) -> None:
    """Show one workspace, and how many things it holds."""
    storage = _storage()
    found = _one(storage, name, resource_group)
    held = Counter({str(kind): len(storage.assets.names(found.id, kind)) for kind in AssetKind})
    if as_json:
        emit_json({**_document(found), "holds": dict(+held)})
        return
    where = f"project {printable(found.project)}" if found.project else "the home's own"
    click.echo(f"{click.style(printable(found.name), bold=True)}  ({where}, id {found.id})")
    click.echo(printable(found.path))
    for kind, count in sorted((+held).items()):
        click.echo(f"{kind}: {count}")


@command.command("add")
@click.argument("name")
@click.option("-s", "--subscription", required=True, help="The subscription that scripts name.")
@click.option("-g", "--resource-group", required=True, help="The resource group that scripts name.")
@click.option("--project", default="", help="Only this project's jobs see it; else those of the home's own.")
def add(name: str, subscription: str, resource_group: str, project: str) -> None:
    """Add a workspace before a script names it."""
    check_place(subscription, resource_group, name)
    storage = _storage()
    try:
        storage.workspaces.get(subscription, resource_group, name)
    except NotFoundError:
        new = Workspace(RandomIds().guid(), subscription, resource_group, name, project, created_by=current_user())
        click.echo(f"added {storage.workspaces.put(new).path}")
    else:
        raise ConflictError(f"there is a workspace '{name}' in the resource group '{resource_group}' already")


@command.command("remove")
@click.argument("name")
@group_option
def remove(name: str, resource_group: str) -> None:
    """Forget a workspace and what it holds; training runs, models and uploaded files stay."""
    storage = _storage()
    found = _one(storage, name, resource_group)
    storage.workspaces.delete(found.id)
    click.echo(f"removed {printable(found.name)}; its training runs, models and uploaded files stay")


def _storage() -> Storage:
    return Storage(Home.default())


def _all(storage: Storage) -> list[Workspace]:
    known = storage.workspaces.all() if storage.home.database.exists() else ()
    return [each for each in known if each.subscription != REGISTRIES]


def _one(storage: Storage, name: str, resource_group: str) -> Workspace:
    found = [each for each in _all(storage) if each.name.lower() == name.lower()]
    if resource_group:
        found = [each for each in found if each.resource_group.lower() == resource_group.lower()]
    if not found:
        raise NotFoundError(f"there is no workspace '{name}'", hint="`drivetrain workspace list` names them")
    if len(found) > 1:
        groups = ", ".join(sorted({each.resource_group for each in found}))
        raise UserError(f"several workspaces are called '{name}'", hint=f"say which: --resource-group ({groups})")
    return found[0]


def _document(workspace: Workspace) -> Mapping[str, object]:
    """What `config.json` of Azure's clients holds, and more."""
    return {
        "subscription_id": workspace.subscription,
        "resource_group": workspace.resource_group,
        "workspace_name": workspace.name,
        "id": workspace.id,
        "project": workspace.project,
    }
