"""`drivetrain keep`: a run that the rules of retention leave alone."""

from __future__ import annotations

import click

from drivetrain.home import Home
from drivetrain.settings import load
from drivetrain.view.cli.choose import choose_run
from drivetrain.view.cli.output import emit_json
from drivetrain.wire.asked import current_user
from drivetrain.wire.retention import retention_of
from drivetrain.wire.storage import Storage


@click.command()
@click.argument("run", metavar="RUN")
@click.option("--reason", default="", help="Why; shown on its page.")
@click.option("--days", type=click.IntRange(0, 99999), default=0, help="For so many days; else for ever.")
@click.option("--json", "as_json", is_flag=True, help="Print the lease as JSON.")
def command(run: str, reason: str, days: int, *, as_json: bool) -> None:
    """Keep a run, whatever the rules say.

    It stays with its logs and artifacts. RUN is an id or a number. `drivetrain unkeep` lets the rules decide again.
    """
    storage = Storage(Home.default())
    chosen = choose_run(storage.queries, run)
    lease = retention_of(storage, load(storage.home)).keep(chosen.id, reason=reason, by=current_user(), days=days)
    if as_json:
        emit_json(lease)
        return
    click.echo(f"run {chosen.id} ({chosen.number}) is kept {f'until {lease.until[:10]}' if days else 'for ever'}")
