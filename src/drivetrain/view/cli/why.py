"""`drivetrain why`: what started a run, and which rule wanted it."""

from __future__ import annotations

import click

from drivetrain.home import Home
from drivetrain.view.cli.choose import choose_run
from drivetrain.view.cli.output import ago, emit_json, printable
from drivetrain.wire.site import KnownProjects
from drivetrain.wire.storage import Storage
from drivetrain.wire.whys import whys_of


@click.command()
@click.argument("run", required=False, metavar="[RUN]")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(run: str | None, *, as_json: bool) -> None:
    """Say why a run was started.

    What has happened, how word of it came, and which rule of the pipeline file decided. RUN is an id or a number;
    without it, the newest run.
    """
    storage = Storage(Home.default())
    chosen = choose_run(storage.queries, run)
    found = whys_of(storage, KnownProjects(storage.projects)).why(chosen.id)
    if as_json:
        emit_json(found)
        return
    click.echo(f"run {chosen.id} ({printable(chosen.number)}) of {printable(chosen.pipeline)}: {printable(found.what)}")
    if found.rule:
        click.echo(f"  rule: {printable(found.rule)}")
    if found.brought_by:
        click.echo(f"  told by: {printable(found.brought_by)}, {ago(found.at)} (event {found.event})")
