"""`drivetrain releases`: deployments on their way to all traffic."""

from __future__ import annotations

import click

from drivetrain.home import Home
from drivetrain.view.cli.output import emit_json, printable, table
from drivetrain.view.cli.releasing import follow
from drivetrain.view.cli.serving_lines import RELEASE_HEADERS, release_row, split_words
from drivetrain.wire.serving.serving import serving_of, who_changes
from drivetrain.wire.storage import Storage

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group("releases", short_help="List, watch and cancel releases of deployments.")
def command() -> None:
    """List, watch and cancel releases: deployments on their way to all traffic of an endpoint."""


@command.command("list")
@click.argument("endpoint", required=False, default="")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 1000), help="How many.")
@json_option
def list_(endpoint: str, limit: int, *, as_json: bool) -> None:
    """List the releases of an endpoint, or of all, the newest first."""
    storage = Storage(Home.default())
    names = [storage.endpoints.get(endpoint).name] if endpoint else [each.name for each in storage.endpoints.all()]
    found = [each for name in names for each in storage.releases.of(name, limit=limit)]
    found = sorted(found, key=lambda each: -each.id)[:limit]
    if as_json:
        emit_json(found)
    elif not found:
        click.echo("no releases yet; `drivetrain deploy MODEL --endpoint NAME` makes one")
    else:
        table(RELEASE_HEADERS, [release_row(each) for each in found])


@command.command("show")
@click.argument("release", type=int)
@json_option
def show(release: int, *, as_json: bool) -> None:
    """Show one release: where it stands, how it goes on, why it ended."""
    found = Storage(Home.default()).releases.get(release)
    if as_json:
        emit_json(found)
        return
    table(RELEASE_HEADERS, [release_row(found)])
    steps = ", ".join(f"{step.percent}% for {step.seconds:g} s" for step in found.plan.steps)
    mirror = found.plan.mirror
    click.echo(
        f"steps: {f'copies of {mirror.percent}% for {mirror.seconds:g} s, ' if mirror is not None else ''}{steps}"
    )
    for line in found.reason.splitlines()[1:]:
        click.echo(printable(line))


@command.command("watch")
@click.argument("release", type=int)
@json_option
def watch(release: int, *, as_json: bool) -> int:
    """Follow a release until it has ended; without a server, drive it on. Exits with 1 when it did not go live."""
    storage = Storage(Home.default())
    code = follow(storage, storage.releases.get(release), quiet=as_json)
    if as_json:
        emit_json(storage.releases.get(release))
    return code


@command.command("cancel")
@click.argument("release", type=int)
@json_option
def cancel(release: int, *, as_json: bool) -> None:
    """Stop a release that is under way, and give the traffic back."""
    who = who_changes()
    ended = serving_of(Storage(who.home)).cancel_release(release, by=who.by)
    if as_json:
        emit_json(ended)
        return
    click.echo(f"release {ended.id} is {ended.state}: {printable(ended.endpoint)} has {split_words(ended.before)}")
