"""`drivetrain unkeep`: the rules of retention decide on a run again."""

from __future__ import annotations

import click

from drivetrain.home import Home
from drivetrain.settings import load
from drivetrain.view.cli.choose import choose_run
from drivetrain.wire.retention import retention_of
from drivetrain.wire.storage import Storage


@click.command()
@click.argument("run", metavar="RUN")
def command(run: str) -> None:
    """Let the rules decide on a run again.

    RUN is an id or a number.
    """
    storage = Storage(Home.default())
    chosen = choose_run(storage.queries, run)
    count = retention_of(storage, load(storage.home)).unkeep(chosen.id)
    click.echo(f"run {chosen.id} ({chosen.number}) {'is kept no longer' if count else 'was not kept by anybody'}")
