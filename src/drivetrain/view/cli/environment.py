"""`drivetrain environment`: what is deployed to, and what was deployed there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from drivetrain.errors import ConflictError
from drivetrain.home import Home
from drivetrain.run.checks.kinds import describe, title
from drivetrain.view.cli.output import ago, coloured, emit_json, headline, printable, short_ref, status, table
from drivetrain.view.protection import checks_of
from drivetrain.wire.asked import current_user
from drivetrain.wire.storage import Storage

if TYPE_CHECKING:
    from drivetrain.run.deployments.model import Deployment

SHORT = 8
project_option = click.option("--project", default="", help="The project's own; else the home's.")
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group("environment", short_help="List, show, create and delete what is deployed to.")
def command() -> None:
    """List, show, create and delete what is deployed to.

    A deployment job makes its environment when it names one that is not there.
    """


@command.command("list")
@json_option
def list_(*, as_json: bool) -> None:
    """List the environments with what was deployed there last."""
    storage = Storage(Home.default())
    known = storage.environments.all() if storage.home.database.exists() else ()
    latest = storage.environments.latest() if known else {}
    if as_json:
        emit_json([{"environment": each, "latest": latest.get(each.id)} for each in known])
        return
    if not known:
        click.echo("no environments yet; a deployment job makes the one that it names")
        return
    rows = []
    for each in known:
        last = latest.get(each.id)
        row = [printable(each.name), printable(each.project) or "(home)"]
        rows.append([*row, *(_deployed(last) if last else ["never", "", ""])])
    table(["name", "project", "last deployment", "", "commit"], rows)


def _deployed(last: Deployment) -> list[str]:
    commit = f"{last.commit[:SHORT]} {headline(last.message)}".strip()
    return [coloured(status(last.state, last.result)), ago(last.started_at), commit]


@command.command("show")
@click.argument("name")
@project_option
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 1000), help="How many deployments.")
@json_option
def show(name: str, project: str, limit: int, *, as_json: bool) -> None:
    """Show one environment: resources, checks, and what was deployed there."""
    storage = Storage(Home.default())
    found = storage.environments.named(name, project)
    checks = checks_of(storage.desk(), found)
    history = storage.environments.history(found.id, limit)
    if as_json:
        emit_json({"environment": found, "checks": checks, "deployments": list(history)})
        return
    about = f"  {printable(found.description)}" if found.description else ""
    where = f"project {printable(found.project)}" if found.project else "the home's own"
    click.echo(f"{click.style(printable(found.name), bold=True)}  ({where}, id {found.id}){about}")
    for resource in found.resources:
        tags = f"  {', '.join(map(printable, resource.tags))}" if resource.tags else ""
        click.echo(f"resource {printable(resource.name)}  {printable(resource.type)}{tags}".rstrip())
    for check in checks:
        click.echo(f"check {check.id}: {title(check.type)}  {printable(describe(check))}")
    if not history:
        click.echo("nothing was deployed there yet")
        return
    rows = [
        [
            coloured(status(each.state, each.result)),
            str(each.run_id),
            printable(each.number),
            printable(f"{each.stage}.{each.job}" if each.stage != "__default" else each.job),
            printable(each.resource),
            printable(short_ref(each.branch)),
            ago(each.started_at),
            f"{each.commit[:SHORT]} {headline(each.message)}".strip(),
        ]
        for each in history
    ]
    table(["result", "run", "number", "job", "resource", "branch", "when", "commit"], rows)


@command.command("create")
@click.argument("name")
@project_option
@click.option("--description", default="", help="What it is, for people.")
@json_option
def create(name: str, project: str, description: str, *, as_json: bool) -> None:
    """Make an environment before anything is deployed to it, for its checks."""
    storage = Storage(Home.default())
    if project:
        storage.projects.named(project)
    made = storage.environments.create(name, project, description=description, by=current_user())
    if as_json:
        emit_json(made)
        return
    click.echo(f"environment {printable(made.name)}, id {made.id}")


@command.command("delete")
@click.argument("name")
@project_option
@click.option("--yes", is_flag=True, help="Ask nothing.")
def delete(name: str, project: str, *, yes: bool) -> None:
    """Delete an environment and its checks; what was deployed there stays known."""
    storage = Storage(Home.default())
    found = storage.environments.named(name, project)
    if found.project != project:
        raise ConflictError(f"'{name}' is the home's, not of project {project}", hint="leave --project out")
    if not yes:
        click.confirm(f"Delete environment {printable(found.name)} and its checks?", abort=True)
    storage.environments.delete(found.id)
    click.echo(f"deleted environment {printable(found.name)}")


@command.command("add-resource")
@click.argument("name")
@click.argument("resource")
@project_option
@click.option("--type", "kind", default="", metavar="TYPE", help="VirtualMachine or Kubernetes.")
@click.option("--tag", "tags", multiple=True, help="A tag.")
@json_option
def add_resource(name: str, resource: str, project: str, kind: str, tags: tuple[str, ...], *, as_json: bool) -> None:
    """Add a resource to an environment, or change its type and tags."""
    storage = Storage(Home.default())
    found = storage.environments.named(name, project)
    made = storage.environments.put_resource(found.id, resource, kind, tags)
    if as_json:
        emit_json(made)
        return
    click.echo(f"resource {printable(made.name)} of {printable(found.name)}, id {made.id}")


@command.command("remove-resource")
@click.argument("name")
@click.argument("resource")
@project_option
def remove_resource(name: str, resource: str, project: str) -> None:
    """Take a resource out of an environment."""
    storage = Storage(Home.default())
    found = storage.environments.named(name, project)
    storage.environments.remove_resource(found.id, resource)
    click.echo(f"removed resource {printable(resource)} from {printable(found.name)}")
