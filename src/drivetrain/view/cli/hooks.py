"""`drivetrain hooks`: what hosts have delivered, and what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from msgspec import DecodeError, json
from msgspec.structs import asdict

from drivetrain.errors import UserError
from drivetrain.home import Home
from drivetrain.view.cli.output import ago, emit_json, headline, printable, table
from drivetrain.wire.overview import overview
from drivetrain.wire.storage import Storage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drivetrain.source.model import SourceEvent
    from drivetrain.source.webhooks.model import Delivery

SHORT = 12


@click.group("hooks", short_help="Show and replay what webhooks have delivered.")
def command() -> None:
    """Show and replay what webhooks have delivered."""


@command.command("list")
@click.option("--project", default="", help="Only what concerns this project.")
@click.option("--failed", is_flag=True, help="Only those that nothing could be made of.")
@click.option("--limit", "-n", type=click.IntRange(1), default=20, show_default=True, help="At most so many.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_(project: str, limit: int, *, failed: bool, as_json: bool) -> None:
    """List deliveries; the newest comes first."""
    storage = Storage(Home.default())
    project_id = storage.projects.named(project).id if project else None
    found = storage.deliveries.recent(project_id, limit, "failed" if failed else None)
    if as_json:
        emit_json([_plain(each) for each in found])
    elif found:
        table(["id", "host", "event", "received", "state", "guid", "outcome"], [_row(each) for each in found])
    else:
        click.echo("nothing was delivered" + (" that failed" if failed else ""), err=True)


@command.command("show")
@click.argument("delivery_id", metavar="ID", type=int)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def show(delivery_id: int, *, as_json: bool) -> None:
    """Show one delivery: its headers without credentials, its body, and what came of it."""
    deliveries = Storage(Home.default()).deliveries
    found, events = deliveries.get(delivery_id), deliveries.events(delivery_id)
    if as_json:
        emit_json({**_plain(found), "headers": found.headers, "body": _body(found), "events": events})
        return
    click.echo(
        f"delivery {found.id} of {found.host}, {printable(found.event)}, {ago(found.received_at)}: {found.state}"
    )
    click.echo(f"guid: {printable(found.guid)}")
    if found.outcome:
        click.echo(f"outcome: {printable(found.outcome)}")
    if found.handled_at:
        again = f", looked at {found.tries} times" if found.tries > 1 else ""
        click.echo(f"handled: {ago(found.handled_at)}{again}")
    for event in events:
        click.echo(f"event {event.id}: {_came(event)}")
    click.echo()
    for name, value in found.headers.items():
        click.echo(f"{printable(name)}: {printable(value)}")
    click.echo(f"\n{_shown(found)}")


@command.command("replay")
@click.argument("delivery_id", metavar="[ID]", type=int, required=False)
@click.option("--failed", is_flag=True, help="All that nothing could be made of.")
def replay(delivery_id: int | None, *, failed: bool) -> None:
    """Have a delivery looked at again, or all that failed.

    What it has started already is not started again.
    """
    if failed == (delivery_id is not None):
        raise UserError("name one delivery, or say --failed", hint="drivetrain hooks list shows them")
    home = Home.default()
    deliveries = Storage(home).deliveries
    wanted = [each.id for each in deliveries.recent(limit=-1, state="failed")] if failed else [delivery_id or 0]
    for each in reversed(wanted):
        deliveries.replay(each)
        click.echo(f"delivery {each} is looked at again; drivetrain hooks show {each}")
    if not wanted:
        click.echo("none has failed", err=True)
    elif overview(home).server is None:
        click.echo("hint: the server is down; drivetrain up starts it", err=True)


def _row(found: Delivery) -> Sequence[str]:
    guid = printable(found.guid if len(found.guid) <= SHORT else f"{found.guid[:SHORT]}…")
    words = [str(found.id), str(found.host), printable(found.event), ago(found.received_at), found.state]
    return [*words, guid, headline(found.outcome)]


def _came(event: SourceEvent) -> str:
    if event.state == "new":
        return "waits"
    came = f"run {event.run_id}" if event.run_id is not None else "no run"
    return f"{came}: {printable(event.outcome)}"


def _plain(found: Delivery) -> dict[str, object]:
    return {name: value for name, value in asdict(found).items() if name not in {"body", "headers", "key"}}


def _body(found: Delivery) -> object:
    try:
        value: object = json.decode(found.body)
    except (DecodeError, RecursionError):
        return found.body.decode("utf-8", "replace")
    return value


def _shown(found: Delivery) -> str:
    """The body, indented where it is JSON. Only line ends may move the cursor."""
    try:
        text = json.format(found.body, indent=2).decode("utf-8", "replace")
    except (DecodeError, RecursionError):
        text = found.body.decode("utf-8", "replace")
    return "\n".join(map(printable, text.splitlines()))
