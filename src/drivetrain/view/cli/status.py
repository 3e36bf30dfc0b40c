"""`drivetrain status`: whether the server runs, and what it is doing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from drivetrain.home import Home
from drivetrain.view.cli.output import SHORT_SHA, WAITING, ago, coloured, emit_json, printable, table
from drivetrain.view.cli.serving_lines import split_words
from drivetrain.wire.overview import overview

if TYPE_CHECKING:
    from drivetrain.wire.overview import GoingRun, LiveEndpoint

STOPPED = 3
"""As init scripts say it: https://refspecs.linuxfoundation.org/LSB_3.1.1/LSB-Core-generic/LSB-Core-generic/iniscrptact.html"""


@click.command("status", short_help="Say whether the server runs, and what it is doing.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(*, as_json: bool) -> int:
    """Say whether the server runs, which projects it watches, and which runs are going on.

    The exit code is 0 when it runs, 3 when it does not.
    """
    found = overview(Home.default())
    if as_json:
        emit_json(found)
        return 0 if found.server else STOPPED
    if found.server:
        click.echo(f"up at {found.server.url} since {ago(found.server.started_at)} (process {found.server.pid})")
    else:
        click.echo("down; drivetrain up starts it")
    click.echo(f"home: {found.home}")
    click.echo(f"projects: {', '.join(found.projects) or 'none yet; drivetrain project add PATH_OR_URL'}")
    for trouble in found.troubles:
        words = f"{printable(trouble.project)} cannot be looked at: {printable(trouble.words)}"
        click.echo(f"  {click.style('warning:', fg='yellow')} {words}")
    for push in found.pushes:
        came = "waits" if not push.outcome else f"run {push.run_id}" if push.run_id is not None else "no run"
        place = f"{printable(push.project)}: last push {ago(push.received_at)} to {printable(push.branch)}"
        click.echo(
            f"  {place} at {push.commit[:SHORT_SHA] or 'nothing'}: {came}: {printable(push.outcome)}".rstrip(": ")
        )
    for endpoint in found.endpoints:
        click.echo(_endpoint(endpoint))
    if found.runs:
        table(["run", "number", "pipeline", "branch", "state"], [_row(run) for run in found.runs])
    return 0 if found.server else STOPPED


def _endpoint(found: LiveEndpoint) -> str:
    where = found.url or click.style("its front does not run", fg="yellow")
    going = f"; release {found.release} is under way" if found.release is not None else ""
    models = f" ({', '.join(map(printable, found.models))})" if found.models else ""
    return f"endpoint {printable(found.name)}: {split_words(found.traffic)}{models} at {where}{going}"


def _row(run: GoingRun) -> list[str]:
    state = coloured(WAITING if run.waiting else run.state)
    return [str(run.id), printable(run.number), printable(run.pipeline), printable(run.branch), state]
