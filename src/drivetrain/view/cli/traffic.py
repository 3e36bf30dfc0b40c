"""`drivetrain traffic`: which deployment gets how much."""

from __future__ import annotations

import click

from drivetrain.errors import UserError
from drivetrain.home import Home
from drivetrain.view.cli.output import printable
from drivetrain.view.cli.serving_lines import split_words
from drivetrain.view.cli.verdict_lines import emit_defused
from drivetrain.wire.serving.serving import serving_of, who_changes
from drivetrain.wire.storage import Storage


@click.command("traffic", short_help="Show an endpoint's traffic, or give it to deployments at once.")
@click.argument("endpoint")
@click.argument("shares", nargs=-1, metavar="[DEPLOYMENT=PERCENT]...")
@click.option("--mirror", multiple=True, metavar="NAME=PERCENT", help="Copies of so much; NAME=0 for none.")
@click.option("--json", "as_json", is_flag=True, help="Print the endpoint as JSON.")
def command(endpoint: str, shares: tuple[str, ...], mirror: tuple[str, ...], *, as_json: bool) -> None:
    """Show the traffic of an endpoint, or give it to deployments at once: blue=90 green=10.

    For a change that is watched, and undone when it goes wrong, see `drivetrain deploy`.
    """
    storage = Storage(Home.default())
    found = storage.endpoints.get(endpoint)
    if shares or mirror:
        who = who_changes()
        copies = _split(mirror) if mirror else None
        traffic = _split(shares) if shares else found.traffic
        found = serving_of(storage).set_traffic(found.name, traffic, copies, by=who.by, run_id=who.run_id)
    if as_json:
        emit_defused(found)
        return
    click.echo(f"{printable(found.name)}: {split_words(found.traffic)}")
    if found.mirror:
        click.echo(f"copies: {split_words(found.mirror)}")


def _split(words: tuple[str, ...]) -> dict[str, int]:
    split: dict[str, int] = {}
    for word in words:
        name, equals, percent = word.partition("=")
        digits = percent.removesuffix("%")
        if not equals or not digits.isascii() or not digits.isdigit() or name in split:
            raise UserError(f"'{word[:80]}' is no share", hint="DEPLOYMENT=PERCENT, each once: blue=90 green=10")
        split[name] = int(digits)
    return split
