"""`drivetrain reproduce`: a version of a model is made again, and compared with what it was."""

from __future__ import annotations

import click

from drivetrain.home import Home
from drivetrain.registry.versions.reproduction import Tolerance
from drivetrain.view.cli.foreground import drive_and_show
from drivetrain.view.cli.output import emit_json, printable, table
from drivetrain.wire.registry.reproducing import Reproducer, Reproduction
from drivetrain.wire.storage import Storage

SHORT = len("sha256:") + 12


@click.command()
@click.argument("model", metavar="MODEL:VERSION")
@click.option("--tolerance", type=click.FloatRange(0), default=0.0, help="How far a metric may be off.")
@click.option("--relative", type=click.FloatRange(0), default=0.0, help="The same, as a share: 0.01 is one percent.")
@click.option("--against", type=int, metavar="RUN", help="Compare with this run, which has made it again already.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(model: str, tolerance: float, relative: float, against: int | None, *, as_json: bool) -> int:
    """Make a version of a model again, and compare.

    The same pipeline at the same commit with the same parameters, in a run of its own, with the exact packages that the
    first one had; only the stage that made the model, and those before it. A job of Azure Machine Learning is submitted
    again under a new name. Metrics and every file of the model are compared. The exit code is 0 when it is the same, 1
    when it differs, 2 when it cannot be made again.
    """
    storage = Storage(Home.default())
    version = storage.models.find(model)
    reproducer = Reproducer(storage)
    notes: tuple[str, ...] = ()
    if against is None:
        started = reproducer.start(version)
        notes, against = started.notes, started.run.id
        for note in notes:
            click.echo(f"{click.style('note:', fg='yellow')} {printable(note)}", err=True)
        if as_json:
            started.driver.drive(started.run, lambda _: None, lambda _: None)
        else:
            drive_and_show(started.driver, started.run, note=f"to reproduce {model}")
    found = reproducer.compare(version, against, Tolerance(tolerance, relative), notes)
    if as_json:
        emit_json({**_summary(found), "before": found.before, "now": found.now})
    else:
        _print(found)
    return 0 if found.same else 1


def _summary(found: Reproduction) -> dict[str, object]:
    return {"same": found.same, "differences": found.differences, "notes": found.notes}


def _print(found: Reproduction) -> None:
    before, now = printable(found.before.reference), printable(found.title)
    click.echo()
    if found.same:
        click.echo(click.style(f"{now} is the same as {before}", fg="green"))
    else:
        click.echo(click.style(f"{now} is not the same as {before}", fg="red"))
    rows = [
        [each.kind, printable(each.name), printable(_short(each.before)), printable(_short(each.now))]
        for each in found.differences
    ]
    if rows:
        table(("what", "name", "was", "is"), rows)


def _short(text: str) -> str:
    return text[:SHORT] if text.startswith("sha256:") else text
