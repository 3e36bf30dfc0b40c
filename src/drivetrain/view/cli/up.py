"""`drivetrain up`: start the server in the background."""

from __future__ import annotations

import os

import click

from drivetrain.home import Home
from drivetrain.settings import load
from drivetrain.view.cli.output import emit_json
from drivetrain.wire.server_process import command as server_command
from drivetrain.wire.server_process import find, sign_in_link, start


@click.command("up", short_help="Start the server in the background.")
@click.option("--port", type=click.IntRange(0, 65535), help="Listen here instead of at the setting's; 0 takes any.")
@click.option("--foreground", is_flag=True, help="Stay, and log to this terminal; Ctrl-C ends the server.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(port: int | None, *, foreground: bool, as_json: bool) -> None:
    """Start the server in the background, and print a link that signs you in.

    The link works once, within ten minutes; `drivetrain up` again prints another. The server watches the projects that
    were added, runs their pipelines, and shows them.
    """
    home = Home.default()
    load(home)  # what is wrong in config.toml is said here, with its place
    running = find(home)
    if foreground and running is None:
        words = server_command(home, port)
        os.execv(words[0], words)  # noqa: S606 - our own interpreter; this process becomes the server
    info = running or start(home, port)
    link = sign_in_link(home, info)
    if as_json:
        emit_json({"url": info.url, "pid": info.pid, "sign_in": link, "started": running is None})
        return
    click.echo(f"{'already up' if running else 'up'} at {click.style(info.url, bold=True)}")
    click.echo(f"sign in (once, within 10 minutes): {link}")
    if running is not None and port not in {None, 0, info.port}:
        click.echo(f"hint: it keeps its port; drivetrain down, then drivetrain up --port {port}", err=True)
