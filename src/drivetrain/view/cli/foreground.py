"""Driving a run in this terminal, and saying how it goes."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from typing import TYPE_CHECKING

import click

from drivetrain.errors import ConflictError
from drivetrain.run.model import Result
from drivetrain.view.cli.follow import Follower, titles
from drivetrain.view.cli.output import SHORT_SHA, coloured, emit_json, printable, short_ref
from drivetrain.view.cli.report_lines import print_counts, print_coverage
from drivetrain.view.cli.shell import open_shell
from drivetrain.view.cli.training import print_training_runs
from drivetrain.wire.asked import current_user

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from drivetrain.run.events import RunEvent
    from drivetrain.run.model import JobRef, Run
    from drivetrain.wire.local import Driver, Woken
    from drivetrain.wire.storage import Storage

GOOD = {Result.SUCCEEDED, Result.SUCCEEDED_WITH_ISSUES}


def drive_and_show(
    driver: Driver,
    run: Run,
    *,
    note: str = "",
    quiet: bool = False,
    as_json: bool = False,
    shell: bool = False,
    after: int = 0,
) -> int:
    """Drive a run to its end and print it as it goes, from the event after `after` on; the exit code is its result.
    `note` stands for the commit's message, when it says more. With `shell`, one is opened where the first failed step
    stood.
    """
    storage = driver.storage
    silent = quiet or as_json
    if not silent:
        _announce(run, note)
    interrupts = Interrupts(storage, run, _ignore if silent else follower(storage, run).show)
    completed = driver.drive(run, interrupts.observe, interrupts.watch, after=after)
    _conclude(storage, completed, quiet=quiet, as_json=as_json)
    if shell and completed.result is Result.FAILED:
        open_shell(storage, run.id)
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

    return Follower(log_path, titles(plan) if plan else {}, str(run.id))


class Interrupts:
    """The first Ctrl-C cancels the run, so that steps with `always()` still clean up; the second one ends us.

    The signal only leaves word: it may come in the middle of a transaction, so the store is written by the next look.
    """

    def __init__(self, storage: Storage, run: Run, show: Callable[[Sequence[RunEvent]], None]) -> None:
        self._storage = storage
        self._run = run
        self._show = show
        self._engine: Woken | None = None
        self._asked = False

    def watch(self, engine: Woken) -> None:
        """Take the signals over."""
        self._engine = engine
        signal.signal(signal.SIGINT, self._interrupt)
        signal.signal(signal.SIGTERM, self._interrupt)

    def observe(self, events: Sequence[RunEvent]) -> None:
        """Show what has happened, and ask for the cancellation when it is wanted."""
        self._show(events)
        if self._asked and self._engine is not None:
            self._asked = False
            with suppress(ConflictError):  # it has completed meanwhile
                self._storage.runs.request_cancel(self._run.id, by=current_user())
            self._engine.wake()

    def _interrupt(self, number: int, _frame: object) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.write(2, f"\ncanceling ({signal.Signals(number).name}); once more ends at once\n".encode())
        self._asked = True
        if self._engine is not None:
            self._engine.wake()


def _conclude(storage: Storage, run: Run, *, quiet: bool, as_json: bool) -> None:
    if as_json:
        emit_json(storage.queries.timeline(run.id))
        return
    if quiet:
        click.echo(f"{coloured(str(run.result))}  {run.number}")
        return
    print_training_runs(storage.training_runs.of_pipeline_run(run.id))
    print_counts(storage.reports.tests(run.id))
    print_coverage(storage.reports.coverage_lines(run.id))
    for artifact in storage.queries.timeline(run.id).artifacts:
        place = printable(artifact.location) or storage.home.artifacts(run.id) / artifact.name
        click.echo(f"artifact {printable(artifact.name)}: {place}")
