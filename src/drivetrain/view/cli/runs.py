"""`drivetrain runs`: the list of pipeline runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from drivetrain.home import Home
from drivetrain.run.model import Result, State
from drivetrain.view.cli.output import (
    SHORT_SHA,
    ago,
    coloured,
    duration,
    elapsed,
    emit_json,
    printable,
    run_status,
    short_ref,
    table,
)
from drivetrain.view.ports import RunFilter
from drivetrain.wire.storage import Storage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drivetrain.run.model import Run

HEADERS = ("id", "number", "result", "pipeline", "reason", "branch", "commit", "for", "started", "took", "message")


@click.command()
@click.option("--project", default="", help="Only runs of this project.")
@click.option("--branch", default="", help="Only runs of this branch.")
@click.option("--result", type=click.Choice([str(result) for result in Result]), help="Only runs that ended so.")
@click.option("--running", is_flag=True, help="Only runs that are going on.")
@click.option("--limit", "-n", type=click.IntRange(1), default=20, show_default=True, help="At most so many.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(project: str, branch: str, result: str | None, limit: int, *, running: bool, as_json: bool) -> None:
    """List pipeline runs.

    The newest comes first.
    """
    wanted = RunFilter(
        project=project,
        branch=branch,
        result=Result(result) if result else None,
        state=State.RUNNING if running else None,
        limit=limit,
    )
    runs = Storage(Home.default()).queries.runs(wanted)
    if as_json:
        emit_json(runs)
    elif runs:
        table(HEADERS, [row(run) for run in runs])
    else:
        click.echo("no runs; drivetrain run starts one of this folder", err=True)


def row(run: Run) -> Sequence[str]:
    """The cells of one run."""
    commit = run.source.commit
    return (
        str(run.id),
        printable(run.number),
        coloured(run_status(run)),
        printable(run.pipeline),
        str(run.reason),
        printable(short_ref(run.source.ref)),
        commit.sha[:SHORT_SHA],
        printable(run.requested_for),
        ago(run.started_at or run.created_at),
        duration(elapsed(run.started_at, run.finished_at)),
        printable(commit.message),
    )
