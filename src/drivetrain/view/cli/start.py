"""`drivetrain start`: start a stage that waits to be started by hand, or a run of a pull request."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from drivetrain.errors import UserError
from drivetrain.home import Home
from drivetrain.view.cli.choose import choose_run
from drivetrain.view.cli.files import pairs
from drivetrain.view.cli.output import emit_json, printable
from drivetrain.wire.asked import Wish, current_user
from drivetrain.wire.hosts.pull_requests import find_pull_request
from drivetrain.wire.launch import launcher
from drivetrain.wire.server_process import find
from drivetrain.wire.storage import Storage

if TYPE_CHECKING:
    from drivetrain.run.model import Run
    from drivetrain.source.model import Project


@click.command()
@click.argument("run", required=False, metavar="[RUN]")
@click.argument("stage", required=False, metavar="[STAGE]")
@click.option("--pull-request", "number", type=click.IntRange(1), metavar="N", help="Run this pull request instead.")
@click.option("--project", default="", metavar="NAME", help="Whose pull request; with one project it need not be said.")
@click.option("-p", "--parameter", "parameters", multiple=True, metavar="NAME=VALUE", help="Of the pull request's run.")
@click.option("--json", "as_json", is_flag=True, help="Print the run as JSON.")
def command(
    run: str | None, stage: str | None, number: int | None, project: str, parameters: tuple[str, ...], *, as_json: bool
) -> None:
    """Start a stage that waits to be started by hand, or a run of a pull request.

    RUN is an id or a number, STAGE a stage with `trigger: manual`. One whose turn has not come yet will not wait. With
    --pull-request, its merge is run whatever its triggers say; of one that comes from a fork you have looked at what it
    changes, for that is what is run.
    """
    storage = Storage(Home.default())
    if number is not None:
        wish = Wish(current_user(), parameters=pairs(parameters, "--parameter"))
        _say_pull_request(storage, _of_pull_request(storage, project, number, wish), as_json=as_json)
        return
    if run is None or stage is None:
        raise click.UsageError("give RUN and STAGE, or --pull-request N")
    chosen = choose_run(storage.queries, run)
    storage.runs.request_start(chosen.id, stage, by=current_user())
    if as_json:
        emit_json(storage.runs.get(chosen.id))
        return
    click.echo(f"starting stage {printable(stage)} of run {chosen.id} ({chosen.number})")


def _of_pull_request(storage: Storage, name: str, number: int, wish: Wish) -> Run:
    server = find(storage.home)
    project = _project(storage, name)
    pull = find_pull_request(storage, project, number)
    return launcher(storage, server.url if server else "").launch_pull_request(project, pull, wish)


def _project(storage: Storage, name: str) -> Project:
    if name:
        return storage.projects.named(name)
    projects = storage.projects.all()
    if len(projects) != 1:
        names = ", ".join(project.name for project in projects) or "there are none yet"
        raise UserError("whose pull request? say it with --project", hint=f"projects: {names}")
    return projects[0]


def _say_pull_request(storage: Storage, run: Run, *, as_json: bool) -> None:
    if as_json:
        emit_json(run)
        return
    secrets = ", without secrets: it comes from a fork" if run.restricted else ""
    click.echo(f"run {run.id} ({printable(run.number)}) of {printable(run.source.ref)} is queued{secrets}")
    follow = f"drivetrain logs -f {run.id} follows it" if find(storage.home) else "drivetrain up runs it"
    click.echo(f"  {follow}")
