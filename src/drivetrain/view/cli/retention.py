"""`drivetrain retention`: what is removed, and when."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import click

from drivetrain.clock import timestamp
from drivetrain.home import Home
from drivetrain.settings import load
from drivetrain.view.cli.output import emit_json, printable, short_ref, table
from drivetrain.wire.retention import retention_of, title
from drivetrain.wire.storage import Storage

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from drivetrain.record.retention.model import Fate
    from drivetrain.wire.retention import Removed

SOON = timedelta(days=7)


@click.command()
@click.option("--apply", "carry_out", is_flag=True, help="Remove what is due, now; the server does it once a day.")
@click.option("--all", "everything", is_flag=True, help="Show every completed run, also those that stay.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(*, carry_out: bool, everything: bool, as_json: bool) -> int:
    """Show what the rules would remove, and when.

    Nothing is removed without --apply. Shown is what is due, and what will be within a week. The rules are the
    settings retention_*.
    """
    storage = Storage(Home.default())
    retention, now = retention_of(storage, load(storage.home)), storage.clock.now()
    if carry_out:
        return _applied(retention.apply(), as_json=as_json)
    fates = retention.outlook()
    shown = [fate for fate in fates if everything or fate.due(now + SOON)]
    if as_json:
        emit_json([_plain(fate, now) for fate in shown])
        return 0
    if shown:
        table(["run", "number", "pipeline", "branch", "what", "when", "why"], [_row(fate, now) for fate in shown])
    due = sum(fate.due(now) for fate in fates)
    click.echo(f"{due} due now of {len(fates)}; --apply removes them" if due else "nothing is due", err=True)
    return 0


def _plain(fate: Fate, now: datetime) -> dict[str, object]:
    at = timestamp(fate.at) if fate.at else None
    run = {"run": fate.run.id, "number": fate.run.number, "pipeline": fate.run.pipeline, "branch": fate.run.branch}
    return {**run, "what": fate.what, "at": at, "due": fate.due(now), "why": fate.why}


def _row(fate: Fate, now: datetime) -> Sequence[str]:
    run = fate.run
    names = [printable(run.number), printable(run.pipeline), printable(short_ref(run.branch))]
    return [str(run.id), *names, fate.what, _when(fate, now), printable(fate.why)]


def _when(fate: Fate, now: datetime) -> str:
    if fate.at is None:
        return "never"
    return "now" if fate.due(now) else f"in {(fate.at - now).days + 1} d"


def _applied(removed: Removed, *, as_json: bool) -> int:
    if as_json:
        emit_json(removed)
    else:
        for mark in removed.done:
            click.echo(f"removed {title(mark)}: {printable(mark.why)}")
        for mark in removed.left:
            click.echo(f"some files of run {mark.run_id} belong to another user and stay", err=True)
        if removed.uploads:
            click.echo(f"removed {removed.uploads} uploads to workspaces that nothing names")
        for name in removed.mirrors:
            click.echo(f"removed mirror {name}, which nobody has used for long")
        if not removed.done and not removed.left and not removed.uploads and not removed.mirrors:
            click.echo("nothing is due")
    return 1 if removed.left else 0
