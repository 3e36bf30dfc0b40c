"""`drivetrain coverage`: the coverage of one run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from drivetrain.home import Home
from drivetrain.view.cli.choose import choose_run
from drivetrain.view.cli.output import emit_json, printable, short_ref, table
from drivetrain.view.reports.words import change, file_table, missing, percent
from drivetrain.wire.storage import Storage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drivetrain.view.reports.ports import Coverage
    from drivetrain.view.reports.words import FileRow

SORTS = ("path", "missing", "coverage", "change")
HEADERS = ("lines", "change", "missing", "branches", "file", "lines without a test")
EVERY = 10**9


@click.command()
@click.argument("run", required=False, metavar="[RUN]")
@click.option("--sort", type=click.Choice(SORTS), default="path", show_default=True, help="What comes first.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(run: str | None, sort: str, *, as_json: bool) -> None:
    """Show the coverage of a run, by file.

    RUN is an id or a number; without it, the newest run. It is compared with the last earlier run of the same branch,
    else of the default branch.
    """
    storage = Storage(Home.default())
    chosen = choose_run(storage.queries, run)
    found = storage.reports.coverage(chosen.id)
    if as_json:
        emit_json({"run": chosen.id, "number": chosen.number, "coverage": _plain(found) if found else None})
    elif found is None:
        click.echo("no coverage was published; the task PublishCodeCoverageResults@2 does that", err=True)
    else:
        _print(found, sort)


def _plain(found: Coverage) -> dict[str, object]:
    return {
        "tools": found.tools,
        "lines": found.lines,
        "branches": found.branches,
        "compared_with": found.before,
        "lines_before": found.before_lines if found.before else None,
        "files": [
            {
                "path": file.path,
                "module": file.module,
                "lines": file.lines,
                "branches": file.branches,
                "missing": missing(file),
            }
            for file in found.files
        ],
    }


def _print(found: Coverage, sort: str) -> None:
    click.echo(f"lines     {_measure(percent(found.lines), change(found.lines, found.before_lines))}")
    if found.branches.total:
        click.echo(f"branches  {_measure(percent(found.branches), change(found.branches, found.before_branches))}")
    if found.before is not None:
        branch = printable(short_ref(found.before.branch))
        click.echo(f"against   #{printable(found.before.number)} on {branch} (run {found.before.id})")
    rows = file_table(found.files, found.before_files, limit=EVERY, sort=sort).rows
    if rows:
        click.echo()
        table(HEADERS, [_row(row) for row in rows])


def _measure(text: str, difference: str) -> str:
    return f"{text}  {difference}".rstrip()


def _row(row: FileRow) -> Sequence[str]:
    lines = row.file.lines
    return (
        percent(lines),
        "new" if row.new else change(lines, row.before),
        str(lines.total - lines.covered),
        percent(row.file.branches),
        printable(row.file.path),
        missing(row.file),
    )
