"""`drivetrain check`: what protects environments, variable groups, service connections and secure files."""

from __future__ import annotations

from pathlib import Path

import click

from drivetrain.home import Home
from drivetrain.registry.gates.deciding import rules_digest
from drivetrain.run.checks.kinds import describe, title
from drivetrain.run.checks.resource import resource_of
from drivetrain.view.cli.files import pairs
from drivetrain.view.cli.output import emit_json, printable, table
from drivetrain.wire.asked import current_user
from drivetrain.wire.gating.asking import gate_of
from drivetrain.wire.storage import Storage

DAYS = {"mon": "Monday", "tue": "Tuesday", "wed": "Wednesday", "thu": "Thursday", "fri": "Friday", "sat": "Saturday",
        "sun": "Sunday"}  # fmt: skip
MINUTES = {"m": 1, "h": 60, "d": 1440}
project_option = click.option(
    "--project", default="", help="Only for this project's resource; else for the name in the home and every project."
)


class _Length(click.ParamType):  # type: ignore[type-arg]  # not generic in every version of click
    """A length of time: minutes, or with `m`, `h`, `d`."""

    name = "length"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        text = str(value).strip()
        unit = MINUTES.get(text[-1:], 0)
        try:
            return float(text[:-1]) * unit if unit else float(text)
        except ValueError:
            return self.fail(f"'{text}' is not a length of time: minutes, or 30m, 12h, 7d", param, ctx)


@click.group("check", short_help="Protect environments and other resources with approvals and checks.")
def command() -> None:
    """Protect environments and other resources with approvals and checks.

    RESOURCE is environment:NAME, variableGroup:NAME, serviceConnection:NAME or secureFile:NAME; only NAME is an
    environment.
    """


@command.command("add")
@click.argument("resource", metavar="RESOURCE")
@click.argument("kind", metavar="KIND")
@project_option
@click.option("--approver", "approvers", multiple=True, metavar="NAME", help="approval: who may approve.")
@click.option("--minimum", type=int, metavar="N", help="approval: how many of them have to; else all.")
@click.option("--in-order", is_flag=True, help="approval: each is asked when those before have approved.")
@click.option("--no-self-approval", is_flag=True, help="approval: who asked for the run may not approve it.")
@click.option("--instructions", metavar="TEXT", help="approval: what they are told.")
@click.option(
    "--when",
    type=click.Choice(["preCheck", "check", "postCheck"]),
    help="approval: before the dynamic checks, with them, or after them.",
)
@click.option("--branch", "branches", multiple=True, metavar="REF", help="branchControl: refs/heads/main, or with `*`.")
@click.option("--day", "days", multiple=True, type=click.Choice(list(DAYS)), help="businessHours: else Mon to Fri.")
@click.option("--start", metavar="HH:MM", help="businessHours: when they begin; else 09:00.")
@click.option("--end", metavar="HH:MM", help="businessHours: when they end; else 17:00.")
@click.option("--time-zone", metavar="NAME", help="businessHours: such as Europe/Berlin; else UTC.")
@click.option(
    "--template", "templates", multiple=True, metavar="PATH[@REPOSITORY[@REF]]", help="requiredTemplate: one of these."
)
@click.option("--url", metavar="URL", help="invokeRestApi: what is asked.")
@click.option("--method", metavar="VERB", help="invokeRestApi: else POST.")
@click.option("--header", "headers", multiple=True, metavar="NAME=VALUE", help="invokeRestApi: kept sealed.")
@click.option("--body", metavar="TEXT", help="invokeRestApi: what is sent.")
@click.option("--success", metavar="EXPRESSION", help="invokeRestApi: over `root` and `status`; else any 200 to 299.")
@click.option(
    "--interval", type=_Length(), metavar="TIME", help="invokeRestApi: ask again after; else the first counts."
)
@click.option("--gate", metavar="NAME", help="modelGate: which gate has to have passed.")
@click.option("--model", metavar="NAME", help="modelGate: only this model; else every one that the gate has judged.")
@click.option(
    "--rules",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="modelGate: the gate of this file, asked with just these rules.",
)
@click.option("--timeout", type=_Length(), metavar="TIME", help="How long the stage waits for it: 90, 12h, 7d.")
@click.option("--json", "as_json", is_flag=True, help="Print the check as JSON.")
def add(resource: str, kind: str, project: str, *, as_json: bool, **options: object) -> None:
    """Set a check at a resource.

    KIND is approval, branchControl, businessHours, exclusiveLock, invokeRestApi, modelGate or requiredTemplate. Every
    stage that uses the resource waits for it, from the next one that begins to wait.
    """
    storage = Storage(Home.default())
    if project:
        storage.projects.named(project)
    made = storage.desk().add(resource_of(resource, project), kind, _settings(options), by=current_user())
    if as_json:
        emit_json(made)
        return
    where = f" of project {printable(project)}" if project else ""
    click.echo(f"check {made.id}: {title(made.type)} of {printable(str(made.resource))}{where}")


_SAME = {
    "minimum": "minimum",
    "instructions": "instructions",
    "when": "when",
    "start": "start",
    "end": "end",
    "time_zone": "timeZone",
    "url": "url",
    "body": "body",
    "success": "successCriteria",
    "interval": "interval",
    "gate": "gate",
    "model": "model",
    "timeout": "timeout",
}
"""Options that are settings under another name."""


def _settings(options: dict[str, object]) -> dict[str, object]:
    """What was given, as settings; what was not is left to their defaults."""
    made = {setting: options[name] for name, setting in _SAME.items() if options[name] is not None}
    if options["method"] is not None:
        made["method"] = str(options["method"]).upper()
    for name, setting in (("approvers", "approvers"), ("branches", "allowedBranches")):
        if options[name]:
            made[setting] = [text for each in _texts(options[name]) for text in each.split(",") if text.strip()]
    if options["days"]:
        made["days"] = [DAYS[day] for day in _texts(options["days"])]
    if options["templates"]:
        made["templates"] = [_template(each) for each in _texts(options["templates"])]
    if options["headers"]:
        made["headers"] = pairs(tuple(_texts(options["headers"])), "--header")
    if isinstance(options["rules"], Path):
        made |= _pinned(options["rules"])
    if options["in_order"]:
        made["inOrder"] = True
    if options["no_self_approval"]:
        made["requesterMayApprove"] = False
    return made


def _pinned(file: Path) -> dict[str, object]:
    gate = gate_of(file)
    return {"gate": gate.name, "rules": rules_digest(gate)}


def _texts(value: object) -> list[str]:
    return [str(each) for each in value] if isinstance(value, list | tuple) else []


def _template(text: str) -> dict[str, str]:
    path, _, rest = text.partition("@")
    repository, _, ref = rest.partition("@")
    return {"path": path, "repository": repository, "ref": ref}


@command.command("list")
@click.argument("resource", metavar="[RESOURCE]", required=False)
@project_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_(resource: str | None, project: str, *, as_json: bool) -> None:
    """List the checks, or those of a resource."""
    storage = Storage(Home.default())
    wanted = resource_of(resource, project) if resource else None
    found = storage.desk().checks(wanted) if storage.home.database.exists() else ()
    if as_json:
        emit_json(list(found))
        return
    if not found:
        click.echo("no checks; drivetrain check add RESOURCE KIND")
        return
    rows = [
        [str(each.id), printable(str(each.resource)), printable(each.resource.project) or "(all)", title(each.type),
         printable(describe(each))]
        for each in found
    ]  # fmt: skip
    table(["id", "resource", "project", "check", ""], rows)


@command.command("remove")
@click.argument("check", metavar="ID", type=int)
@click.option("--json", "as_json", is_flag=True, help="Print the check that was removed as JSON.")
def remove(check: int, *, as_json: bool) -> None:
    """Take a check away; ID is what `check list` shows. A stage that waits for it already goes on waiting."""
    removed = Storage(Home.default()).desk().remove(check)
    if as_json:
        emit_json(removed)
        return
    click.echo(f"removed check {removed.id}: {title(removed.type)} of {printable(str(removed.resource))}")
