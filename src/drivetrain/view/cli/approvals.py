"""`drivetrain approvals`: what waits for somebody to decide."""

from __future__ import annotations

import click

from drivetrain.home import Home
from drivetrain.run.checks.approval import who_is_missing
from drivetrain.view.cli.deciding import IMPLICIT_STAGE
from drivetrain.view.cli.output import ago, emit_json, headline, printable, short_ref, table
from drivetrain.wire.storage import Storage


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(*, as_json: bool) -> None:
    """List what waits for a decision.

    These are approvals of stages, and steps ManualValidation.
    """
    storage = Storage(Home.default())
    waiting = storage.desk().waiting() if storage.home.database.exists() else ()
    if as_json:
        emit_json(list(waiting))
        return
    if not waiting:
        click.echo("nothing waits for a decision")
        return
    rows = [
        [
            str(each.approval.run_id),
            printable(each.pipeline),
            printable(short_ref(each.branch)),
            "" if each.approval.stage == IMPLICIT_STAGE else printable(each.approval.stage),
            printable(each.approval.subject),
            printable(who_is_missing(each.approval)),
            ago(each.approval.created_at),
            headline(each.approval.instructions),
        ]
        for each in waiting
    ]
    table(["run", "pipeline", "branch", "stage", "for", "waits for", "since", "instructions"], rows)
    click.echo("drivetrain approve RUN [STAGE], or drivetrain reject RUN [STAGE]")
