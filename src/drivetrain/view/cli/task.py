"""`drivetrain task`: tasks beyond those that Drivetrain brings."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from drivetrain.home import Home
from drivetrain.run.packages.building import build_task
from drivetrain.run.packages.shelf import Shelf
from drivetrain.run.packages.taking import add as take
from drivetrain.run.tasks.index import TASKS
from drivetrain.view.cli.output import emit_json, table

if TYPE_CHECKING:
    from drivetrain.run.packages.model import TaskPackage
    from drivetrain.run.packages.taking import Taken


@click.group("task", short_help="Add, list, remove and build task packages.")
def command() -> None:
    """Add, list, remove and build task packages.

    A task package is a folder with a task.json, as it is written for Azure Pipelines. Its code is run by the pipelines
    that name it, with the inputs, connections and secrets that they give it: add only what you trust.
    """


@command.command("add")
@click.argument("places", nargs=-1, required=True, metavar="PATH...")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def add(places: tuple[str, ...], *, as_json: bool) -> None:
    """Add the tasks of a folder, a .zip or an extension's .vsix; nothing of them is run.

    What is there is copied: change it, and add it again.
    """
    shelf = Shelf(Home.default().tasks)
    taken = [take(shelf, Path(place).expanduser().absolute()) for place in places]
    _report(taken, as_json=as_json)


@command.command("build")
@click.argument("folder", metavar="FOLDER")
@click.option("--scripts", is_flag=True, help="Let the packages that it needs run their install scripts.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def build(folder: str, *, scripts: bool, as_json: bool) -> None:
    """Make a task of its source, such as Tasks/CopyFilesV2 of Microsoft's public tasks, and add it.

    npm gets the packages that it needs, and its TypeScript compiler makes JavaScript of it, in a copy: the folder
    itself stays as it is.
    """
    source = Path(folder).expanduser().absolute()
    with build_task(source, scripts=scripts, say=lambda line: click.echo(line, err=True)) as built:
        taken = take(Shelf(Home.default().tasks), built, str(source))
    _report([taken], as_json=as_json)


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_(*, as_json: bool) -> None:
    """List the task packages."""
    packages = Shelf(Home.default().tasks).packages()
    if as_json:
        emit_json(packages)
        return
    if not packages:
        click.echo("no task packages yet; drivetrain task add PATH")
        return
    rows = [[each.reference, each.version_text, each.title, each.source] for each in packages]
    table(["task", "version", "title", "from"], rows)


@command.command("remove")
@click.argument("task", metavar="TASK")
def remove(task: str) -> None:
    """Remove a task: all of it by its name, or one version of it, as NAME@1 or NAME@1.2.3."""
    for package in Shelf(Home.default().tasks).remove(task):
        click.echo(f"removed {package.name}@{package.version_text}")


def _report(taken: list[Taken], *, as_json: bool) -> None:
    for problem in (problem for each in taken for problem in each.left_out):
        click.echo(f"{click.style('left out:', fg='yellow')} {problem}", err=True)
    packages = [package for each in taken for package in each.packages]
    if as_json:
        emit_json(packages)
        return
    for package in packages:
        click.echo(f"added {package.name}@{package.version_text}: {package.title}{_instead(package)}")


def _instead(package: TaskPackage) -> str:
    own = {reference.lower() for reference in TASKS}
    return "; it runs instead of Drivetrain's own" if package.reference.lower() in own else ""
