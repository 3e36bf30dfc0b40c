"""`drivetrain verdicts`: what gates have said."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from drivetrain.errors import NotFoundError
from drivetrain.home import Home
from drivetrain.view.cli.choose import choose_run
from drivetrain.view.cli.output import ago, table
from drivetrain.view.cli.report_lines import defused
from drivetrain.view.cli.verdict_lines import emit_defused, print_verdict, word
from drivetrain.wire.storage import Storage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drivetrain.registry.gates.model import Verdict


@click.command()
@click.argument("what", required=False, metavar="[MODEL|RUN]")
@click.option("--id", "number", type=int, metavar="ID", help="One verdict in full.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(what: str | None, number: int | None, *, as_json: bool) -> None:
    """Show what gates have said.

    MODEL is NAME or NAME:VERSION; RUN is an id or a number of a pipeline run, whose verdicts are shown in full. Without
    either, the newest 200.
    """
    storage = Storage(Home.default())
    if number is not None:
        _shown(storage.verdicts.get(number), as_json=as_json)
        return
    found, of_run = _found(storage, what)
    if as_json:
        emit_defused(list(found))
    elif not found:
        click.echo(f"no verdicts{f' of {defused(what)}' if what else ''}; drivetrain gate FILE asks a gate", err=True)
    elif of_run:
        for each in found:
            print_verdict(each)
    else:
        table(["id", "", "gate", "candidate", "champion", "run", "when"], [_row(each) for each in found])


def _shown(verdict: Verdict, *, as_json: bool) -> None:
    if as_json:
        emit_defused(verdict)
    else:
        print_verdict(verdict)


def _found(storage: Storage, what: str | None) -> tuple[Sequence[Verdict], bool]:
    """A model before a run of the same name; models of which nothing is known are runs."""
    if what is None:
        return storage.verdicts.latest(), False
    name, _, version = what.rpartition(":")
    found = (name and storage.verdicts.of_model(name, version)) or storage.verdicts.of_model(what)
    if found:
        return found, False
    try:
        return storage.verdicts.of_run(choose_run(storage.queries, what).id), True
    except NotFoundError:
        return (), False


def _row(verdict: Verdict) -> list[str]:
    names = [defused(verdict.gate), defused(verdict.candidate), defused(verdict.champion)]
    run = "" if verdict.run_id is None else str(verdict.run_id)
    return [str(verdict.id), word(passed=verdict.passed), *names, run, ago(verdict.at)]
