"""`drivetrain cancel`: end a run."""

from __future__ import annotations

import click

from drivetrain.home import Home
from drivetrain.view.cli.choose import choose_run
from drivetrain.view.cli.output import emit_json
from drivetrain.wire.asked import current_user
from drivetrain.wire.storage import Storage


@click.command()
@click.argument("run", metavar="RUN")
@click.option("--json", "as_json", is_flag=True, help="Print the run as JSON.")
def command(run: str, *, as_json: bool) -> None:
    """Cancel a run.

    RUN is an id or a number. What is running is asked to end, then made to; steps and jobs with `always()` still run.
    """
    storage = Storage(Home.default())
    chosen = choose_run(storage.queries, run)
    storage.runs.request_cancel(chosen.id, by=current_user())
    if as_json:
        emit_json(storage.runs.get(chosen.id))
        return
    click.echo(f"canceling run {chosen.id} ({chosen.number}); drivetrain show {chosen.id} tells when it has ended")
