"""`drivetrain rollback`: back to what was live before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from drivetrain.view.cli.output import ago, printable
from drivetrain.view.cli.serving_lines import split_words
from drivetrain.view.cli.verdict_lines import emit_defused
from drivetrain.view.models.finding import finder, other_champion
from drivetrain.view.models.ports import Registry
from drivetrain.wire.serving.serving import serving_of, who_changes
from drivetrain.wire.storage import Storage

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


@click.command("rollback", short_help="Give the traffic back to what had it before, at once.")
@click.argument("endpoint")
@click.option("--json", "as_json", is_flag=True, help="Print the endpoint as JSON.")
def command(endpoint: str, *, as_json: bool) -> None:
    """Give the traffic of an endpoint back to what had it before the last release or change of traffic.

    Its replicas still run, so this takes less than a second. A release that is under way is ended. Rolling back again
    goes further back, as far as there are deployments that have not been replaced.
    """
    who = who_changes()
    storage = Storage(who.home)
    before = storage.endpoints.get(endpoint)
    found = serving_of(storage).rollback(endpoint, by=who.by, run_id=who.run_id)
    if as_json:
        emit_defused(found)
        return
    entry = storage.endpoints.history(found.name, limit=1)[0]
    models = ", ".join(printable(str(model)) for model in entry.data.get("models", {}).values())
    since = str(entry.data.get("since", ""))
    when = f", as it was {ago(since)} ({since[:19].replace('T', ' ')})" if since else ", as it was before the release"
    click.echo(f"{printable(found.name)}: {split_words(found.traffic)}  {models}{when}")
    click.echo(f"it was {split_words(before.traffic)}", err=True)
    for note in _champions(storage, entry.data.get("models", {}).values()):
        click.echo(f"{click.style('note:', fg='yellow')} {printable(note)}", err=True)


def _champions(storage: Storage, live: Iterable[object]) -> Iterator[str]:
    """An alias stays where it is: gates go on comparing with the version that has it."""
    find = finder(Registry(storage.models, storage.verdicts))
    for model in sorted({str(each) for each in live}):
        champion = other_champion(model, find)
        if champion is not None:
            yield f"the champion is still {champion.reference}; to change that: drivetrain promote {model}"
