"""`drivetrain logs`: what a run has printed."""

from __future__ import annotations

import shutil
import sys
import time
from typing import TYPE_CHECKING, NamedTuple

import click

from drivetrain.errors import NotFoundError
from drivetrain.home import Home
from drivetrain.run.model import State
from drivetrain.settings import load
from drivetrain.view.cli.choose import choose_run
from drivetrain.view.cli.foreground import GOOD, follower
from drivetrain.view.cli.output import emit_json
from drivetrain.wire.local import Foreground
from drivetrain.wire.server_process import find
from drivetrain.wire.storage import Storage

if TYPE_CHECKING:
    from drivetrain.run.engine import Engine
    from drivetrain.run.model import Run, StepRecord

LOOK_SECONDS = 0.1


class Wanted(NamedTuple):
    """Whose logs are wanted; None for any."""

    job: str | None
    step: int | None
    attempt: int | None


@click.command()
@click.argument("run", required=False, metavar="[RUN]")
@click.option("--follow", "-f", is_flag=True, help="Stay until the run is completed; the exit code is its result.")
@click.option("--job", help="Only this job: its name, or stage.job.leg.")
@click.option("--step", type=click.IntRange(0), help="Only the step of this number, as `show` counts them.")
@click.option("--attempt", type=click.IntRange(1), help="Only this attempt at each job, as `show` counts them.")
@click.option("--raw", is_flag=True, help="The log files byte for byte, one after the other.")
@click.option("--json", "as_json", is_flag=True, help="Print where the log files are, as JSON.")
def command(
    run: str | None,
    job: str | None,
    step: int | None,
    attempt: int | None,
    *,
    follow: bool,
    raw: bool,
    as_json: bool,
) -> int:
    """Print the logs of a run; -f follows it live.

    RUN is an id or a number; without it, the newest run.
    """
    storage = Storage(Home.default())
    chosen = choose_run(storage.queries, run)
    if raw or as_json or job or step or attempt:
        _print_files(storage, chosen, Wanted(job, step, attempt), as_json=as_json)
        return 0
    if follow and find(storage.home) is None:
        return _drive(storage, chosen)
    return print_run(storage, chosen, follow=follow)


def _drive(storage: Storage, run: Run) -> int:
    """Follow a run without a server: when its driver was killed, this takes it over, so that it comes to an end."""
    foreground = Foreground(storage, load(storage.home))
    completed = foreground.drive(run, follower(storage, run).show, _leave_alone)
    return 0 if completed.result in GOOD else 1


def _leave_alone(_engine: Engine) -> None:
    # Ctrl-C ends only the following; the jobs go on.
    return


def print_run(storage: Storage, run: Run, *, follow: bool) -> int:
    """Print a run's jobs, steps and logs, to its end with `follow`; the exit code then is its result."""
    printer = follower(storage, run)
    while True:
        state = storage.runs.get(run.id).state
        while events := storage.runs.events(run.id, printer.seq):
            printer.show(events)
        printer.show(())
        if state is State.COMPLETED or not follow:
            break
        time.sleep(LOOK_SECONDS)
    result = storage.runs.get(run.id).result
    return 0 if not follow or result in GOOD else 1


def _print_files(storage: Storage, run: Run, wanted: Wanted, *, as_json: bool) -> None:
    found = [
        (record, storage.log_path(run.id, record.job, record.attempt, record.index))
        for record in storage.runs.steps(run.id)
        if _is_meant(record, wanted)
    ]
    files = [(record, path) for record, path in found if path.is_file()]
    if not files:
        raise NotFoundError("there is no such log", hint=f"drivetrain show {run.id} lists jobs and steps")
    if as_json:
        emit_json([{"step": record, "path": str(path)} for record, path in files])
        return
    for _, path in files:
        with path.open("rb") as file:
            shutil.copyfileobj(file, sys.stdout.buffer)
    sys.stdout.buffer.flush()


def _is_meant(record: StepRecord, wanted: Wanted) -> bool:
    return (
        wanted.job in {None, record.job.job, str(record.job)}
        and wanted.step in {None, record.index}
        and wanted.attempt in {None, record.attempt}
    )
