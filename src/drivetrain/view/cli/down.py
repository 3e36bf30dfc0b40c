"""`drivetrain down`: stop the server."""

from __future__ import annotations

import click

from drivetrain.home import Home
from drivetrain.wire.server_process import stop


@click.command("down", short_help="Stop the server; running jobs go on.")
def command() -> None:
    """Stop the server. Running jobs go on, and the next server takes them up; pushes wait for it."""
    stopped = stop(Home.default())
    click.echo("down; running jobs go on" if stopped else "it was not running")
