"""`drivetrain promote`: a version of a model gets an alias."""

from __future__ import annotations

import click

from drivetrain.errors import NotFoundError, UserError
from drivetrain.registry.versions.model import CHAMPION
from drivetrain.registry.versions.names import reference
from drivetrain.view.cli.models import promoted
from drivetrain.view.cli.output import emit_json
from drivetrain.wire.serving.serving import who_changes
from drivetrain.wire.storage import Storage


@click.command()
@click.argument("model", metavar="MODEL:VERSION")
@click.option("--alias", default=CHAMPION, show_default=True, help="Such as `champion` or `challenger`.")
@click.option("--reason", default="", help="Kept with it.")
@click.option("--remove", is_flag=True, help="Take the alias away from the version instead.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(model: str, alias: str, reason: str, *, remove: bool, as_json: bool) -> None:
    """Give a version of a model an alias.

    MODEL is NAME:VERSION, or NAME@ALIAS for the version with another alias. It is kept who has had which alias, when
    and why, and pipelines that name the webhook `drivetrain-models` are started.
    """
    wanted = reference(model)
    if not wanted.version and not wanted.alias:
        raise UserError(
            f"'{model}' names no version", hint=f"write NAME:VERSION; drivetrain models show {model} lists them"
        )
    who = who_changes()
    models = Storage(who.home).models
    version = models.find(model)
    if who.project and version.project not in ("", who.project):
        raise NotFoundError(f"project {who.project} has no model {version.name}", hint="drivetrain models")
    if remove and alias not in version.aliases:
        raise UserError(f"{version.reference} does not have the alias {alias}")
    made = models.set_alias(
        version.name, alias, "" if remove else version.version, by=who.by, run_id=who.run_id, reason=reason
    )
    if as_json:
        emit_json(made)
    else:
        click.echo(promoted(made))
