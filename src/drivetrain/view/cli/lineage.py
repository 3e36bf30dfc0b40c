"""`drivetrain lineage`: from a commit over runs and versions to what is live."""

from __future__ import annotations

import click

from drivetrain.home import Home
from drivetrain.registry.versions.lineage import drawn
from drivetrain.view.cli.output import emit_json, printable
from drivetrain.wire.registry.lineages import lineages
from drivetrain.wire.storage import Storage


@click.command()
@click.argument("model", metavar="MODEL[:VERSION]|COMMIT")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(model: str, *, as_json: bool) -> None:
    """Draw where a model comes from, and where it has gone.

    The line from the commit over its pipeline runs and training runs to versions, and to the deployments that are live
    or were. MODEL is NAME for all versions, NAME:VERSION or NAME@ALIAS for one; a COMMIT shows all that was made of it.
    """
    found = lineages(Storage(Home.default())).of(model)
    if as_json:
        emit_json(found)
        return
    for node in found:
        for line in drawn(node):
            click.echo(printable(line))
