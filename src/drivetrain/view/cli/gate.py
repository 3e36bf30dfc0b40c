"""`drivetrain gate`: is this version of a model good enough?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from drivetrain.errors import DefinitionError
from drivetrain.registry.gates.deciding import Question
from drivetrain.view.cli.failure import USAGE, report
from drivetrain.view.cli.report_lines import defused
from drivetrain.view.cli.verdict_lines import emit_defused, print_verdict
from drivetrain.view.verdicts import why
from drivetrain.wire.gating.asker import asker
from drivetrain.wire.gating.asking import gate_of, gates_of
from drivetrain.wire.storage import Storage

if TYPE_CHECKING:
    from drivetrain.registry.gates.model import Verdict


@click.command()
@click.argument("file", type=click.Path(path_type=Path), metavar="FILE")
@click.option("--candidate", default="", metavar="NAME[:V|@ALIAS]", help="The version that is judged.")
@click.option("--champion", default="", metavar="NAME:V|@ALIAS", help="Compare with this version.")
@click.option("--data", default="", metavar="FILE", help="Evaluate on this file, in place of the gate's own.")
@click.option("--no-evaluate", is_flag=True, help="Compare metrics of training runs only.")
@click.option("--no-promote", is_flag=True, help="Give no alias, whatever the file says.")
@click.option("--json", "as_json", is_flag=True, help="Print the verdict as JSON.")
def command(
    file: Path, candidate: str, champion: str, data: str, *, no_evaluate: bool, no_promote: bool, as_json: bool
) -> int:
    """Ask a gate whether a version of a model is good enough.

    FILE says the rules. NAME alone is its newest version; in a job, the newest that its run has registered, of the one
    model that it has where --candidate is left out. The verdict is kept. Exits with 0 when it passed, 1 when it failed,
    2 when it could not be judged.
    """
    try:
        gate = gate_of(file)
    except DefinitionError as error:
        report(error)
        return USAGE
    who = asker()
    storage = Storage(who.home)
    promotes = not (no_promote or who.restricted)
    if gate.promote and who.restricted:
        click.echo(f"a pull request from a fork gives no alias: {gate.promote} stays where it is", err=True)
    verdict = gates_of(storage, _say).ask(
        Question(
            gate,
            file.parent,
            candidate,
            champion,
            data,
            evaluates=not no_evaluate,
            promotes=promotes,
            run_id=who.run_id,
            step=who.step,
            project=who.project,
            by=who.by,
        )
    )
    if as_json:
        emit_defused(verdict)
    else:
        print_verdict(verdict)
    if who.in_job and not as_json:
        _tell_job(verdict)
    return 0 if verdict.passed else 1


def _say(text: str) -> None:
    click.echo(defused(text), err=True)


def _tell_job(verdict: Verdict) -> None:
    """https://learn.microsoft.com/azure/devops/pipelines/scripts/logging-commands"""
    for each in verdict.findings:
        if not each.passed:
            told = f"gate {verdict.gate}: {each.rule}: {why(each)}"
            click.echo(f"##vso[task.logissue type=error]{_data(told)}")
    outputs = {"passed": str(verdict.passed).lower(), "verdict": str(verdict.id), "candidate": verdict.candidate}
    for name, value in outputs.items():
        click.echo(f"##vso[task.setvariable variable={name};isOutput=true]{_data(value)}")


def _data(text: str) -> str:
    return text.replace("%", "%AZP25").replace("\r", "%0D").replace("\n", "%0A")
