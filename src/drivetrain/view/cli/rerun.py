"""`drivetrain rerun`: the same commit once more, or what failed of a run."""

from __future__ import annotations

import click

from drivetrain.home import Home
from drivetrain.run.reopen import Again
from drivetrain.settings import load
from drivetrain.view.cli.choose import choose_run
from drivetrain.view.cli.foreground import drive_and_show
from drivetrain.view.cli.output import emit_json
from drivetrain.wire.asked import Wish, current_user
from drivetrain.wire.launch import launcher
from drivetrain.wire.local import Foreground
from drivetrain.wire.server_process import find
from drivetrain.wire.storage import Storage


@click.command()
@click.argument("run", required=False, metavar="[RUN]")
@click.option("--failed", is_flag=True, help="In the same run: jobs that failed or were canceled, and what follows.")
@click.option(
    "--stage",
    "stages",
    multiple=True,
    metavar="STAGE",
    help="In the same run: all jobs of this stage, and what follows; with --failed, only those that failed.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the run as JSON.")
def command(run: str | None, stages: tuple[str, ...], *, failed: bool, as_json: bool) -> int:
    """Run the same commit again, or what failed of a run.

    RUN is an id or a number; without it, the newest run. A new run has the same plan, parameters, variables and chosen
    stages, and a number of its own. With --failed or --stage the run itself is opened again: jobs get another attempt,
    and so does everything that depends on them; the others keep their results and outputs, and earlier attempts are
    kept. When the server is up it takes the run; otherwise the run is driven here.
    """
    storage = Storage(Home.default())
    chosen = choose_run(storage.queries, run)
    server = find(storage.home)
    launch = launcher(storage, server.url if server else "")
    after = 0
    if failed or stages:
        after = storage.runs.last_seq(chosen.id)
        again = launch.reopen(chosen.id, Again(stages, whole=not failed), current_user())
    else:
        again = launch.rerun(chosen.id, Wish(current_user()))
    if server is None or again.project_id is None:
        return drive_and_show(Foreground(storage, load(storage.home)), again, as_json=as_json, after=after)
    if as_json:
        emit_json(again)
    else:
        word = "goes on" if after else "is queued"
        click.echo(f"run {again.id} ({again.number}) {word}; drivetrain logs -f {again.id} follows it")
    return 0
