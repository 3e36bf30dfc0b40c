"""`drivetrain project`: the repositories that are watched."""

from __future__ import annotations

import sys

import click
from msgspec.structs import replace

from drivetrain.home import Home
from drivetrain.source.git import is_local, without_credentials
from drivetrain.view.cli.output import emit_json, printable, table
from drivetrain.wire.overview import overview
from drivetrain.wire.projects import ProjectBook, url_of


@click.group("project", short_help="Add, list and remove the repositories it watches.")
def command() -> None:
    """Add, list and remove the repositories it watches."""


@command.command("add")
@click.argument("place", metavar="PATH_OR_URL")
@click.option("--name", default="", help="What to call it; else after the folder or URL.")
@click.option("--branch", default="", help="The default branch; else what the repository says.")
@click.option("--file", default="azure-pipelines.yml", show_default=True, help="The pipeline file in it.")
@click.option(
    "--poll", default=60.0, show_default=True, type=click.FloatRange(0), help="Seconds between looks; 0: never."
)
@click.option(
    "--hook/--no-hook", default=None, help="Whether its git hooks tell of a push at once; else you are asked."
)
@click.option("--connection", default="", metavar="NAME", help="The service connection that signs in to its host.")
@click.option("--run-now", is_flag=True, help="Run what is there now, too.")
@click.option("--yes", is_flag=True, help="Ask nothing: install the hook.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def add(
    place: str,
    name: str,
    branch: str,
    file: str,
    poll: float,
    *,
    hook: bool | None,
    connection: str,
    run_now: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Watch a repository: a path (bare or not), a git URL, or a folder of Subversion (svn://, svn+https://). What it
    holds already starts no runs.
    """
    home = Home.default()
    wanted = hook if hook is not None else is_local(url_of(place)) and _agreed(yes=yes)
    added = ProjectBook(home).add(
        place,
        name=name,
        branch=branch,
        file=file,
        poll_seconds=poll,
        hook=wanted,
        run_now=run_now,
        connection=connection,
    )
    if as_json:
        emit_json(added)
        return
    project = added.project
    click.echo(f"added {project.name}: {without_credentials(project.url)}, branch {project.branch}, {project.file}")
    for path in added.hooks:
        click.echo(f"hook: {path}")
    if added.warning:
        click.echo(f"{click.style('warning:', fg='yellow')} {added.warning}", err=True)
    if not added.hooks and poll:
        click.echo(
            f"it is looked at every {poll:g} s" + ("; --hook tells of a push at once" if is_local(project.url) else "")
        )
    if overview(home).server is None:
        click.echo("hint: the server is down; drivetrain up starts it", err=True)


def _agreed(*, yes: bool) -> bool:
    if yes or not sys.stdin.isatty():
        return yes
    return click.confirm("Install a git hook, so that a push starts a run at once?", default=True)


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_(*, as_json: bool) -> None:
    """List the projects."""
    home = Home.default()
    known = ProjectBook(home).all() if home.database.exists() else ()
    projects = [replace(project, url=without_credentials(project.url)) for project in known]
    if as_json:
        emit_json(projects)
        return
    if not projects:
        click.echo("no projects yet; drivetrain project add PATH_OR_URL")
        return
    rows = [
        [project.name, project.branch, project.file, f"{project.poll_seconds:g} s", project.url] for project in projects
    ]
    table(["name", "branch", "file", "poll", "repository"], rows)


@command.command("schedules")
@click.argument("name", required=False, metavar="[NAME]")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def schedules(name: str | None, *, as_json: bool) -> None:
    """List when `schedules:` of pipeline files are due next; of one project, or of all.

    Each branch has those of its own file. A running server reads them when a file has changed.
    """
    book = ProjectBook(Home.default())
    planned = book.schedules(name)
    if as_json:
        emit_json(list(planned))
        return
    names = {project.id: project.name for project in book.all()}
    rows = [
        [
            f"{each.due_at:%Y-%m-%d %H:%M} UTC",
            printable(names.get(each.project_id, "")),
            printable(each.ref.removeprefix("refs/heads/")),
            printable(each.schedule.cron),
            printable(each.schedule.display_name),
        ]
        for each in planned
    ]
    if not rows:
        click.echo("nothing is scheduled; `schedules:` in a pipeline file does that")
        return
    table(["due", "project", "branch", "cron", "name"], rows)


@command.command("remove")
@click.argument("name")
@click.option("--delete-runs", is_flag=True, help="Delete its runs, too; otherwise they stay.")
def remove(name: str, *, delete_runs: bool) -> None:
    """Stop watching a repository, and take its hooks away."""
    deleted = ProjectBook(Home.default()).remove(name, delete_runs=delete_runs)
    click.echo(f"removed {name}" + (f" and {len(deleted)} runs" if delete_runs else "; its runs stay"))
