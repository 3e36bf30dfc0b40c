"""Approving and rejecting on the command line."""

from __future__ import annotations

import click

from drivetrain.home import Home
from drivetrain.run.checks.approval import who_is_missing
from drivetrain.run.checks.model import ApprovalState
from drivetrain.view.cli.choose import choose_run
from drivetrain.view.cli.output import emit_json, printable
from drivetrain.view.ports import Answer
from drivetrain.wire.asked import current_user
from drivetrain.wire.storage import Storage

IMPLICIT_STAGE = "__default"
run_argument = click.argument("run", metavar="RUN")
stage_argument = click.argument("stage", metavar="[STAGE]", required=False)
comment_option = click.option("--comment", "-m", default="", metavar="TEXT", help="Why; kept with the decision.")
as_option = click.option("--as", "name", metavar="NAME", help="Decide for this approver instead of yourself.")
json_option = click.option("--json", "as_json", is_flag=True, help="Print what was decided as JSON.")


def decide(run: str, stage: str, comment: str, name: str | None, *, approve: bool, as_json: bool) -> None:
    """Decide, and say what is still missing."""
    storage = Storage(Home.default())
    chosen = choose_run(storage.queries, run)
    acting = current_user()
    answer = Answer(approve, name or acting, comment, stage, acting=acting)
    decided = storage.desk().decide(chosen.id, answer)
    if as_json:
        emit_json(list(decided))
        return
    word = "approved" if approve else "rejected"
    for each in decided:
        missing = f"; it still waits for {who_is_missing(each)}" if each.state is ApprovalState.PENDING else ""
        where = "" if each.stage == IMPLICIT_STAGE else f" for stage {printable(each.stage)}"
        click.echo(f"{word} {printable(each.subject)}{where} of run {chosen.id}{missing}")
