"""Driving a run in this terminal, and saying how it goes."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import click

from drivetrain.errors import UserError
from drivetrain.run.model import Result
from drivetrain.view.cli.follow import Follower, titles
from drivetrain.view.cli.output import SHORT_SHA, coloured, emit_json, printable, short_ref
from drivetrain.view.cli.training import print_training_runs
from drivetrain.wire.launch import current_user

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from drivetrain.run.engine import Engine
    from drivetrain.run.events import RunEvent
    from drivetrain.run.model import JobRef, Run
    from drivetrain.wire.local import Foreground
    from drivetrain.wire.storage import Storage

GOOD = {Result.SUCCEEDED, Result.SUCCEEDED_WITH_ISSUES}


def drive_and_show(
    foreground: Foreground, run: Run, *, note: str = "", quiet: bool = False, as_json: bool = False
) -> int:
    """Drive a run to its end and print it as it goes; the exit code is its result. `note` stands for the commit's
    message, when it says more.
    """
    storage = foreground.storage
    silent = quiet or as_json
    if not silent:
        _announce(run, note)
    observer = _ignore if silent else follower(storage, run).show
    completed = foreground.drive(run, observer, _cancel_on_interrupt(storage, run))
    _conclude(storage, completed, quiet=quiet, as_json=as_json)
    return 0 if completed.result in GOOD else 1


def _ignore(_events: Sequence[RunEvent]) -> None:
    return


def _announce(run: Run, note: str) -> None:
    commit = run.source.commit
    branch = printable(short_ref(run.source.ref))
    title = f"{click.style(printable(run.number), bold=True)}  {printable(run.pipeline)}"
    click.echo(f"{title}  {branch} {commit.sha[:SHORT_SHA]}  {printable(note or commit.message)}")


def follower(storage: Storage, run: Run) -> Follower:
    """What prints a run as it goes, from its events and log files."""
    plan = storage.runs.plan(run.id)

    def log_path(job: JobRef, attempt: int, step: int) -> Path:
        return storage.log_path(run.id, job, attempt, step)

    return Follower(log_path, titles(plan) if plan else {})


def _cancel_on_interrupt(storage: Storage, run: Run) -> Callable[[Engine], None]:
    """The first Ctrl-C cancels the run, so that steps with `always()` still clean up; the second one ends us."""

    def prepare(engine: Engine) -> None:
        def interrupt(number: int, _frame: object) -> None:
            signal.signal(signal.SIGINT, signal.default_int_handler)
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            click.echo(f"\ncanceling ({signal.Signals(number).name}); once more ends at once", err=True)
            try:
                storage.runs.request_cancel(run.id, by=current_user())
            except UserError:
                return  # it has completed meanwhile
            engine.wake()

        signal.signal(signal.SIGINT, interrupt)
        signal.signal(signal.SIGTERM, interrupt)

    return prepare


def _conclude(storage: Storage, run: Run, *, quiet: bool, as_json: bool) -> None:
    if as_json:
        emit_json(storage.queries.timeline(run.id))
        return
    if quiet:
        click.echo(f"{coloured(str(run.result))}  {run.number}")
        return
    print_training_runs(storage.training_runs.of_pipeline_run(run.id))
    for artifact in storage.queries.timeline(run.id).artifacts:
        click.echo(f"artifact {printable(artifact.name)}: {storage.home.artifacts(run.id) / artifact.name}")
