"""`drivetrain run`: the pipeline of this working tree, now."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import click

from drivetrain.errors import NotFoundError, UserError
from drivetrain.home import Home
from drivetrain.run.model import JobRef, Result
from drivetrain.settings import load
from drivetrain.view.cli.files import pairs
from drivetrain.view.cli.follow import Follower
from drivetrain.view.cli.output import coloured, emit_json, printable, short_ref
from drivetrain.view.cli.training import print_training_runs
from drivetrain.wire.launch import Wish, current_user
from drivetrain.wire.local import Foreground, launcher
from drivetrain.wire.storage import Storage

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from drivetrain.plan.model import Plan
    from drivetrain.run.engine import Engine
    from drivetrain.run.events import RunEvent
    from drivetrain.run.model import Run

DEFAULT_FILE = "azure-pipelines.yml"
GOOD = {Result.SUCCEEDED, Result.SUCCEEDED_WITH_ISSUES}


@click.command()
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--parameter", "-p", "parameters", multiple=True, metavar="NAME=VALUE", help="A parameter's value.")
@click.option(
    "--variable", "-v", "variables", multiple=True, metavar="NAME=VALUE", help="A variable; it wins over the file's."
)
@click.option("--jobs", "-j", type=click.IntRange(1), help="How many jobs may run at once (default: the processors).")
@click.option("--quiet", "-q", is_flag=True, help="Only the result.")
@click.option("--json", "as_json", is_flag=True, help="Print the completed run as JSON, and nothing else.")
def command(
    file: Path | None,
    parameters: tuple[str, ...],
    variables: tuple[str, ...],
    jobs: int | None,
    *,
    quiet: bool,
    as_json: bool,
) -> int:
    """Run the pipeline of this working tree, uncommitted changes included.

    Without FILE, azure-pipelines.yml of this folder or the nearest one above. No server is needed. What git ignores
    is not taken along, as it would not be on a push. The exit code is 0 when the run succeeded, 1 when it failed or
    was canceled. Ctrl-C cancels the run, a second one ends it at once.
    """
    storage = Storage(Home.default())
    settings = load(storage.home)
    if jobs is not None:
        os.environ["DRIVETRAIN_MAX_PARALLEL_JOBS"] = str(jobs)
        settings = load(storage.home)
    foreground = Foreground(storage, settings)
    path = find(file)
    snapshot = foreground.take(path.parent)
    wish = Wish(current_user(), parameters=pairs(parameters, "--parameter"), variables=pairs(variables, "--variable"))
    run = launcher(storage).launch_snapshot(snapshot, path.relative_to(snapshot.root).as_posix(), wish)
    plan = storage.runs.plan(run.id)
    silent = quiet or as_json
    if not silent:
        _announce(run, dirty=snapshot.dirty, warnings=snapshot.warnings)
    observer = (lambda _: None) if silent or plan is None else _follower(storage, run, plan)
    completed = foreground.drive(run, observer, _cancel_on_interrupt(storage, run))
    _conclude(storage, completed, quiet=quiet, as_json=as_json)
    return 0 if completed.result in GOOD else 1


def find(file: Path | None) -> Path:
    """The pipeline file meant: the one named, or the nearest `azure-pipelines.yml` from here upwards."""
    if file is not None:
        path = file / DEFAULT_FILE if file.is_dir() else file
        if not path.is_file():
            raise NotFoundError(f"{path} is not there", hint="name the pipeline's YAML file")
        return path.resolve()
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / DEFAULT_FILE).is_file():
            return (folder / DEFAULT_FILE).resolve()
    raise NotFoundError(
        f"there is no {DEFAULT_FILE} here or above",
        hint="go to the project's folder, or name the file: drivetrain run FILE",
    )


def titles(plan: Plan) -> dict[JobRef, str]:
    """What every job of a plan is called on a terminal."""
    return {
        JobRef(stage.name, job.name, leg.name): f"{job.display_name} {leg.name}".strip()
        for stage in plan.stages
        for job in stage.jobs
        for leg in job.legs
    }


def _announce(run: Run, *, dirty: bool, warnings: Sequence[str]) -> None:
    commit = run.source.commit
    state = "with uncommitted changes" if dirty else printable(commit.message)
    click.echo(
        f"{click.style(run.number, bold=True)}  {run.pipeline}  {short_ref(run.source.ref)} {commit.sha[:8]}  {state}"
    )
    for warning in warnings:
        click.echo(f"{click.style('warning:', fg='yellow')} {printable(warning)}", err=True)


def _follower(storage: Storage, run: Run, plan: Plan) -> Callable[[Sequence[RunEvent]], None]:
    def log_path(job: JobRef, attempt: int, step: int) -> Path:
        return storage.log_path(run.id, job, attempt, step)

    return Follower(log_path, titles(plan)).show


def _cancel_on_interrupt(storage: Storage, run: Run) -> Callable[[Engine], None]:
    """The first Ctrl-C cancels the run, so that steps with `always()` still clean up; the second one interrupts us."""

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
    elif quiet:
        click.echo(f"{coloured(str(run.result))}  {run.number}")
    else:
        print_training_runs(storage.training_runs.of_pipeline_run(run.id))
        for artifact in storage.queries.timeline(run.id).artifacts:
            click.echo(f"artifact {artifact.name}: {storage.home.artifacts(run.id) / artifact.name}")
