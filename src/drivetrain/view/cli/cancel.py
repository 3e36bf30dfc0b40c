"""`drivetrain cancel`: end a run."""

from __future__ import annotations

import click

from drivetrain.home import Home
from drivetrain.view.cli.choose import choose_run
from drivetrain.wire.launch import current_user
from drivetrain.wire.storage import Storage


@click.command()
@click.argument("run", metavar="RUN")
def command(run: str) -> None:
    """Cancel a run.

    RUN is an id or a number. What is running is asked to end, then made to; steps and jobs with `always()` still run.
    """
    storage = Storage(Home.default())
    chosen = choose_run(storage.queries, run)
    storage.runs.request_cancel(chosen.id, by=current_user())
    click.echo(f"canceling run {chosen.id} ({chosen.number}); drivetrain show {chosen.id} tells when it has ended")
