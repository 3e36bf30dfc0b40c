"""`drivetrain approve`: say yes to what waits for somebody."""

from __future__ import annotations

import click

from drivetrain.view.cli.deciding import as_option, comment_option, decide, json_option, run_argument, stage_argument


@click.command()
@run_argument
@stage_argument
@comment_option
@as_option
@json_option
def command(run: str, stage: str | None, comment: str, name: str | None, *, as_json: bool) -> None:
    """Approve what waits for a decision in a run.

    RUN is an id or a number. With STAGE only what waits there: the checks of its resources, and its steps
    ManualValidation. Approving twice is harmless.
    """
    decide(run, stage or "", comment, name, approve=True, as_json=as_json)
