"""`drivetrain run`: the pipeline of this working tree, now."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
from msgspec.structs import replace

from drivetrain.errors import NotFoundError
from drivetrain.home import Home
from drivetrain.plan.choose import Choice
from drivetrain.plan.model import ResourceKind
from drivetrain.settings import load
from drivetrain.view.cli.files import pairs
from drivetrain.view.cli.foreground import drive_and_show
from drivetrain.view.cli.output import printable
from drivetrain.view.cli.sources import folders, repository_option
from drivetrain.view.cli.watching import run_on_changes
from drivetrain.wire.asked import Wish, current_user
from drivetrain.wire.launch import launcher
from drivetrain.wire.local import Foreground
from drivetrain.wire.needs import resources_of
from drivetrain.wire.server_process import find as find_server
from drivetrain.wire.storage import Storage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from drivetrain.run.model import Run
    from drivetrain.wire.repositories import LocalFolder

DEFAULT_FILE = "azure-pipelines.yml"


@click.command()
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--project", help="Run this project of the server instead of the working tree.")
@click.option("--branch", default="", help="With --project: this branch instead of its own.")
@click.option("--parameter", "-p", "parameters", multiple=True, metavar="NAME=VALUE", help="A parameter's value.")
@click.option(
    "--variable", "-v", "variables", multiple=True, metavar="NAME=VALUE", help="A variable that the file does not set."
)
@repository_option
@click.option("--start", "starts", multiple=True, metavar="STAGE", help="Start this stage with `trigger: manual`, too.")
@click.option("--stage", "stages", multiple=True, metavar="STAGE", help="Only this stage (and others named so).")
@click.option(
    "--job", "chosen_jobs", multiple=True, metavar="JOB", help="Only this job, JOB or STAGE.JOB (and others named so)."
)
@click.option("--approve", is_flag=True, help="Skip approvals and checks; the run says who did.")
@click.option("--jobs", "-j", type=click.IntRange(1), help="How many jobs may run at once (default: the processors).")
@click.option(
    "--containers", type=click.Choice(["engine", "host"]), help="Where jobs in containers run: `host` is this machine."
)
@click.option("--watch", is_flag=True, help="Run again whenever a file that git does not ignore has changed.")
@click.option("--shell", is_flag=True, help="When a job has failed, open a shell where its failed step stood.")
@click.option("--quiet", "-q", is_flag=True, help="Only the result.")
@click.option("--json", "as_json", is_flag=True, help="Print the completed run as JSON, and nothing else.")
def command(  # noqa: PLR0917 - click passes them by name
    file: Path | None,
    project: str | None,
    branch: str,
    parameters: tuple[str, ...],
    variables: tuple[str, ...],
    repositories: tuple[str, ...],
    starts: tuple[str, ...],
    stages: tuple[str, ...],
    chosen_jobs: tuple[str, ...],
    jobs: int | None,
    *,
    containers: str | None,
    approve: bool,
    watch: bool,
    shell: bool,
    quiet: bool,
    as_json: bool,
) -> int:
    """Run the pipeline of this working tree, uncommitted changes included.

    Without FILE, azure-pipelines.yml of this folder or the nearest one above. No server is needed. What git ignores
    is not taken along, as it would not be on a push. A stage with `trigger: manual` is skipped unless --start names it;
    with --project it waits for `drivetrain start`. With --stage or --job all others are skipped, and count as satisfied
    for those that run. The exit code is 0 when the run succeeded, 1 when it failed or was canceled. Ctrl-C cancels the
    run, a second one ends it at once.
    """
    storage = Storage(Home.default())
    if watch:
        return run_on_changes(find(file).parent, storage.home)
    settings = load(storage.home)
    if jobs is not None:
        settings = replace(settings, max_parallel_jobs=jobs)
    if containers is not None:
        settings = replace(settings, containers=containers)
    foreground = Foreground(storage, settings)
    wish = Wish(
        current_user(),
        parameters=pairs(parameters, "--parameter"),
        variables=pairs(variables, "--variable"),
        starts=starts,
        choice=Choice(stages, chosen_jobs),
        skip_checks=approve,
    )
    named = folders(repositories)
    if project is not None:
        run = _queued(storage, project, branch, wish, named)
        _warn_of_variables(storage, run)
        return drive_and_show(foreground, run, quiet=quiet, as_json=as_json, shell=shell)
    path = find(file)
    snapshot = foreground.take(path.parent)
    for warning in snapshot.warnings:
        click.echo(f"{click.style('warning:', fg='yellow')} {printable(warning)}", err=True)
    place = path.relative_to(snapshot.root).as_posix()
    run = launcher(storage, folders=named).launch_snapshot(snapshot, place, wish)
    _warn_of_variables(storage, run)
    note = "with uncommitted changes" if snapshot.dirty else ""
    return drive_and_show(foreground, run, note=note, quiet=quiet, as_json=as_json, shell=shell)


def _warn_of_variables(storage: Storage, run: Run) -> None:
    """As on Azure, a variable of the file wins over the one that was set when queueing. Unlike there, those that were
    set may stand in for a variable group that is not there.
    """
    plan = storage.runs.plan(run.id)
    if plan is None or not run.variables:
        return
    of_file = {variable.name.lower() for variable in plan.variables}
    for name in run.variables:
        if name.lower() in of_file:
            _warn(f"the file sets '{printable(name)}' itself, and its value is the one that counts, as on Azure")
    for use in storage.library.missing(run.project, resources_of(plan)):
        if use.kind is ResourceKind.VARIABLE_GROUP:
            text = f"{use.position}: there is no variable group '{printable(use.name)}'"
            _warn(f"{text}: only the variables that you gave with --variable are set")


def _warn(text: str) -> None:
    click.echo(f"{click.style('warning:', fg='yellow')} {text}", err=True)


def _queued(storage: Storage, name: str, branch: str, wish: Wish, named: Mapping[str, LocalFolder]) -> Run:
    """A run of a project by hand. Whoever of the server and us is first drives it."""
    server = find_server(storage.home)
    project = storage.projects.named(name)
    return launcher(storage, server.url if server else "", folders=named).launch_project(project, wish, branch=branch)


def find(file: Path | None) -> Path:
    """The pipeline file meant: the one named, or the nearest `azure-pipelines.yml` from here upwards."""
    if file is not None:
        path = file / DEFAULT_FILE if file.is_dir() else file
        if not path.is_file():
            raise NotFoundError(f"{path} is not there", hint="name the pipeline's YAML file")
        return path.resolve()
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / DEFAULT_FILE).is_file():
            return (folder / DEFAULT_FILE).resolve()
    hint = "go to the project's folder, or name the file: drivetrain run FILE"
    raise NotFoundError(f"there is no {DEFAULT_FILE} here or above", hint=hint)
