"""`drivetrain start`: start a stage that waits to be started by hand."""

from __future__ import annotations

import click

from drivetrain.home import Home
from drivetrain.view.cli.choose import choose_run
from drivetrain.view.cli.output import emit_json, printable
from drivetrain.wire.asked import current_user
from drivetrain.wire.storage import Storage


@click.command()
@click.argument("run", metavar="RUN")
@click.argument("stage", metavar="STAGE")
@click.option("--json", "as_json", is_flag=True, help="Print the run as JSON.")
def command(run: str, stage: str, *, as_json: bool) -> None:
    """Start a stage that waits to be started by hand.

    RUN is an id or a number, STAGE a stage with `trigger: manual`. One whose turn has not come yet will not wait.
    """
    storage = Storage(Home.default())
    chosen = choose_run(storage.queries, run)
    storage.runs.request_start(chosen.id, stage, by=current_user())
    if as_json:
        emit_json(storage.runs.get(chosen.id))
        return
    click.echo(f"starting stage {printable(stage)} of run {chosen.id} ({chosen.number})")
