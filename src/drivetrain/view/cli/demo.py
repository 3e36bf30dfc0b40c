"""`drivetrain demo`: the main job on real data, shown as it happens."""

from __future__ import annotations

import importlib.util
import shutil
import time
from typing import TYPE_CHECKING

import click

from drivetrain.errors import UnavailableError
from drivetrain.home import Home
from drivetrain.run.model import Result
from drivetrain.view.cli.logs import print_run
from drivetrain.view.cli.output import duration
from drivetrain.view.cli.training import print_training_runs
from drivetrain.wire.demo import AZURE, Demo
from drivetrain.wire.server_process import sign_in_link

if TYPE_CHECKING:
    from drivetrain.record.tracking.model import TrainingRun
    from drivetrain.run.model import Run
    from drivetrain.wire.server_process import ServerInfo

WORSE = {"n_estimators": 300, "learning_rate": 0.9, "max_depth": 6, "subsample": 1.0}
BETTER = {"n_estimators": 90, "learning_rate": 0.05, "max_depth": 3, "subsample": 0.8}


@click.command()
@click.option("--keep", is_flag=True, help="Leave the server and the endpoint up, to look around.")
@click.option(
    "--azure/--no-azure",
    default=None,
    help="Also by Azure's own clients, a download of 400 MB the first time. Else: when they are here.",
)
def command(*, keep: bool, azure: bool | None) -> None:
    """Train real models by pushing commits, and release the good ones, start to end.

    Makes a git repository from the shipped example, starts a server in a home of its own, and pushes three commits. The
    first trains a model that goes live; the second a worse one, which the gate stops; the third a better one, which
    takes over the traffic step by step, and is rolled back. Where Azure's clients are, a second repository trains in an
    Azure Machine Learning workspace, here. The exit code is 0 only when all of it happened. The first time, it
    downloads scikit-learn and its kin.
    """
    started = time.monotonic()
    demo = Demo.below(Home.default())
    _act("A git repository with an azure-pipelines.yml, an install script and a training script")
    demo.clear()
    demo.make_repository()
    click.echo(f"  {demo.checkout}")
    _act("The server, watching that repository")
    server = demo.start_server()
    try:
        _play(demo, server)
        if clients_are_here() if azure is None else azure:
            _play_azure(demo.of(AZURE), server)
        else:
            click.echo("\nthe same by Azure's own clients: drivetrain demo --azure")
        _conclude(demo, server, keep=keep)
    except BaseException:
        demo.stop()
        raise
    if not keep:
        demo.stop()
    click.echo(f"\nall of it happened, in {duration(time.monotonic() - started)}")


def _act(title: str) -> None:
    click.echo(f"\n{click.style('==>', fg='blue', bold=True)} {click.style(title, bold=True)}")


def _play(demo: Demo, server: ServerInfo) -> None:
    click.echo(f"  {server.url}")
    _act("Push the first commit: it trains, passes the gate, and goes live")
    runs = [_follow(demo, demo.push("Train a first model"))]
    _expect_live(demo, "diabetes:1")
    first = _predict(demo)
    _act("Push a worse model: the gate stops it, and what is live stays")
    runs.append(_follow(demo, demo.push("Learn fast, with deep trees", WORSE), Result.FAILED))
    _expect_live(demo, "diabetes:1")
    _act("Push a better model: it takes over the traffic, 10, 50, then 100 percent")
    runs.append(_follow(demo, demo.push("Learn slower, with shallower trees", BETTER)))
    _expect_live(demo, "diabetes:3")
    _expect(_predict(demo) != first, "the better model predicts what the first one did")
    _act("Roll back")
    _say(demo, "rollback", "diabetes")
    _expect_live(demo, "diabetes:1")
    _expect(_predict(demo) == first, "the first model predicts otherwise than before")
    _act("What was live when, by whose decision")
    _say(demo, "endpoint", "history", "diabetes")
    _act("Completed runs, side by side")
    print_training_runs([each for run in runs for each in _checked(demo, server, run)])


def _say(demo: Demo, *words: str) -> str:
    click.secho(f"  $ drivetrain {' '.join(words)}", bold=True)
    said = demo.command(*words)
    click.echo("".join(f"  {line}\n" for line in said.splitlines()), nl=False)
    return said


def _predict(demo: Demo) -> str:
    """Ask the endpoint with the model's own example."""
    return _say(demo, "endpoint", "invoke", "diabetes")


def _expect_live(demo: Demo, model: str) -> None:
    live = demo.live()
    _expect([*live.values()] == [model], f"live is {dict(live)}, not {model}")


def _expect(happened: bool, otherwise: str) -> None:  # noqa: FBT001 - reads as a sentence
    if not happened:
        raise UnavailableError(otherwise)


def clients_are_here() -> bool:
    """Whether Azure's clients are on this machine."""
    return shutil.which("az") is not None or importlib.util.find_spec("azure") is not None


def _play_azure(demo: Demo, server: ServerInfo) -> None:
    """The example of Azure Machine Learning: az signs in, azure-ai-ml submits, the job trains, its model is kept."""
    _act("A second repository: AzureCLI@2, azure-ai-ml, a job in an Azure Machine Learning workspace")
    demo.make_repository()
    demo.connect()
    demo.watch()
    run = _follow(demo, demo.push("Train in a workspace"))
    _act("Its training run, in the same list")
    print_training_runs(_checked(demo, server, run))


def _follow(demo: Demo, sha: str, result: Result = Result.SUCCEEDED) -> Run:
    run = demo.run_of(sha)
    click.echo(f"  run {run.number}, commit {sha[:8]}: {run.source.commit.message}")
    print_run(demo.storage, run, follow=True)
    completed = demo.storage.runs.get(run.id)
    if completed.result is not result:
        raise UnavailableError(f"run {run.number} ended as {completed.result}", hint="its log above says why")
    return completed


def _checked(demo: Demo, server: ServerInfo, run: Run) -> list[TrainingRun]:
    """The training runs of a run, when MLflow has them under the build number, with metrics."""
    training = list(demo.training_of(run))
    missing = [each.name for each in training if each.id not in demo.tracked(server, run) or not each.metrics]
    if missing:
        raise UnavailableError(f"MLflow does not find {missing} by build number {run.number}")
    return training


def _conclude(demo: Demo, server: ServerInfo, *, keep: bool) -> None:
    link = sign_in_link(demo.home, server)
    if keep:
        click.echo(f"\nthe page (signs you in once, within 10 minutes): {click.style(link, underline=True)}")
        click.echo(f"end all of it: DRIVETRAIN_HOME={demo.home.root} drivetrain endpoint delete diabetes --yes")
        click.echo(f"               DRIVETRAIN_HOME={demo.home.root} drivetrain down")
    else:
        click.echo(f"\nthe page was at {server.url}/runs; drivetrain demo --keep leaves the server up to look around")
