"""`drivetrain reject`: say no to what waits for somebody."""

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
    """Reject what waits for a decision in a run.

    RUN is an id or a number. One rejection is enough: the stage fails, or the step ManualValidation does.
    """
    decide(run, stage or "", comment, name, approve=False, as_json=as_json)
