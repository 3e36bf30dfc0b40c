"""What the stages of a run waited for, and who decided, on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from drivetrain.run.checks.kinds import title
from drivetrain.run.checks.model import CheckState
from drivetrain.view.cli.output import WAITING, ago, headline, mark, printable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from drivetrain.run.checks.model import Approval, Decision
    from drivetrain.view.ports import Questions

MARKS = {
    CheckState.PASSED: "Succeeded",
    CheckState.FAILED: "Failed",
    CheckState.REJECTED: "Failed",
    CheckState.TIMED_OUT: "Failed",
    CheckState.CANCELED: "Canceled",
    CheckState.SKIPPED: "Skipped",
}


def print_gates(questions: Questions, stage: str, indent: str) -> None:
    """The checks of the newest attempt at a stage, and what its steps asked, with the decisions."""
    gates = [gate for gate in questions.gates if gate.stage == stage]
    newest = max((gate.attempt for gate in gates), default=0)
    asked = {each.check_id: each for each in questions.approvals if (each.stage, each.attempt) == (stage, newest)}
    for gate in gates:
        for run in gate.checks if gate.attempt == newest else ():
            text = f"{title(run.check.type)} of {printable(str(run.check.resource))}  {headline(run.reason)}"
            click.echo(f"{indent}{mark(MARKS.get(run.state, WAITING))} {text}".rstrip())
            question = asked.get(run.check.id)
            _print_decisions(question.decisions if question else (), indent)
    for each in questions.approvals:
        if each.stage == stage and each.job is not None:
            _print_validation(each, indent)


def _print_validation(each: Approval, indent: str) -> None:
    if each.decisions:
        click.echo(f"{indent}{printable(each.subject)}:")
    _print_decisions(each.decisions, indent)


def _print_decisions(decisions: Iterable[Decision], indent: str) -> None:
    for each in decisions:
        word = "approved" if each.approve else "rejected"
        acting = f" (by {printable(each.acting)})" if each.acting else ""
        comment = f": {headline(each.comment)}" if each.comment else ""
        click.echo(f"{indent}    {printable(each.by)}{acting} {word} {ago(each.at)}{comment}")
