"""`drivetrain rerun`: the same commit once more."""

from __future__ import annotations

import click

from drivetrain.home import Home
from drivetrain.settings import load
from drivetrain.view.cli.choose import choose_run
from drivetrain.view.cli.foreground import drive_and_show
from drivetrain.view.cli.output import emit_json
from drivetrain.wire.launch import Wish, current_user, launcher
from drivetrain.wire.local import Foreground
from drivetrain.wire.server_process import find
from drivetrain.wire.storage import Storage


@click.command()
@click.argument("run", required=False, metavar="[RUN]")
@click.option("--json", "as_json", is_flag=True, help="Print the new run as JSON.")
def command(run: str | None, *, as_json: bool) -> int:
    """Run the same commit again.

    RUN is an id or a number; without it, the newest run. The new run has the same plan, parameters and variables, and
    a number of its own. When the server is up it takes the run; otherwise the run is driven here.
    """
    storage = Storage(Home.default())
    chosen = choose_run(storage.queries, run)
    server = find(storage.home)
    again = launcher(storage, server.url if server else "").rerun(chosen.id, Wish(current_user()))
    if server is None or again.project_id is None:
        return drive_and_show(Foreground(storage, load(storage.home)), again, as_json=as_json)
    if as_json:
        emit_json(again)
    else:
        click.echo(f"run {again.id} ({again.number}) is queued; drivetrain logs -f {again.id} follows it")
    return 0
