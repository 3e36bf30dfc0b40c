"""AzureMLSweep@1: the controller of a sweep, a job of the server. Pipeline files cannot name it."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from drivetrain.clock import SystemClock, timestamp
from drivetrain.errors import CorruptError, DrivetrainError
from drivetrain.plan.azureml.sweep.model import BEST_TRIAL, SWEEP_INPUT, SWEEP_TASK, SweepTask
from drivetrain.run.azureml.copying import copy_file, copy_into
from drivetrain.run.azureml.folders import FILE
from drivetrain.run.model import Result
from drivetrain.run.runner.outcome import SUCCEEDED, Outcome
from drivetrain.run.sweeps.controller import Controller
from drivetrain.run.sweeps.model import TrialState
from drivetrain.run.sweeps.trial_body import trial_name
from drivetrain.run.sweeps.workspace import WorkspaceJobs
from drivetrain.run.tasks.declared import Declared
from drivetrain.run.tasks.files.stopping import Stopped, go_on

if TYPE_CHECKING:
    from drivetrain.plan.azureml.model import OutputTask
    from drivetrain.run.runner.context import StepContext

TASKS = {SWEEP_TASK: Declared("Azure ML sweep", "A sweep of Azure Machine Learning", (SWEEP_INPUT,), {})}
LOOK_SECONDS = 0.5
SWEEP_LOG = "azureml-logs/hyperdrive.txt"
"""The log of a sweep among the artifacts of its training run, as Azure names it."""


def task_of(context: StepContext) -> SweepTask:
    """What the step is to do. Raises CorruptError."""
    try:
        return msgspec.json.decode(context.plan.inputs[SWEEP_INPUT], type=SweepTask)
    except (KeyError, msgspec.MsgspecError) as error:
        raise CorruptError(f"this is no sweep: {error}") from error


def run(context: StepContext) -> Outcome:
    """Begin trials, watch them, give up losers, until all are done."""
    task = task_of(context)
    jobs = WorkspaceJobs(context.environment(), task.workspace.path, lambda seconds: _pause(context, seconds))
    controller = Controller(task, jobs, SystemClock(), lambda line: _tell(context, task, line))
    try:
        controller.take_over()
        while not controller.step():
            _pause(context, LOOK_SECONDS)
        return _ended(context, task, controller, jobs)
    except Stopped as stopped:
        with suppress(Stopped, DrivetrainError):  # whoever cancels a sweep does it too, but for one just begun
            controller.cancel()
        return stopped.outcome


def _tell(context: StepContext, task: SweepTask, line: str) -> None:
    """Into the step's log, and into the one that clients of Azure follow."""
    context.log.line(line)
    if task.run.artifacts:
        log = Path(task.run.artifacts) / SWEEP_LOG
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("a", encoding="utf-8") as file:
            file.write(f"[{timestamp(SystemClock().now())}] {context.job.masker.text(line)}\n")


def _pause(context: StepContext, seconds: float) -> None:
    context.job.watch.sleep(seconds)
    go_on(context)


def _ended(context: StepContext, task: SweepTask, controller: Controller, jobs: WorkspaceJobs) -> Outcome:
    """Name the best trial, and take its outputs; a sweep of which every trial has failed has failed."""
    states = {trial.state for trial in controller.trials}
    if states == {TrialState.FAILED}:
        return _failed(context, f"All {len(controller.trials)} trials have failed.")
    best = controller.best()
    if best is None:
        context.warning(f"No trial has logged '{task.sweep.objective.metric}': there is no best one.")
        return SUCCEEDED
    name = trial_name(task, best.number)
    _tell(context, task, f"The best trial is {name}.")
    jobs.set_property(task.run.id, BEST_TRIAL, name)
    for output, goal in task.outputs.items():
        _take(context, Path(task.trial_outputs) / name / output, goal)
    return SUCCEEDED


def _failed(context: StepContext, message: str) -> Outcome:
    context.error(message)
    return Outcome(Result.FAILED, None, message)


def _take(context: StepContext, source: Path, goal: OutputTask) -> None:
    """Copy an output of the best trial to where the sweep's is to lie."""
    if not goal.place.path:
        return
    target = Path(goal.place.path)
    if source.is_dir() and goal.type != FILE:
        copy_into(source, target, lambda: go_on(context))
    elif source.is_file() or (source.is_dir() and any(source.iterdir())):
        target.parent.mkdir(parents=True, exist_ok=True)
        copy_file(source if source.is_file() else next(source.iterdir()), target)
