"""AzureMLCommand@1: the command of a job of Azure Machine Learning. Pipeline files cannot name it.

Before the job its environment, code, inputs and the places of its outputs are made ready (`Preparing`), then the
command runs (`Running`), and after the job what it wrote is kept (`Finalizing`), also when it has failed.
"""

from __future__ import annotations

import json
import socket
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from drivetrain.errors import CorruptError
from drivetrain.plan.azureml.model import COMMAND_INPUT, COMMAND_TASK, CommandTask
from drivetrain.run.azureml.copying import copy_into
from drivetrain.run.azureml.distribution import environments, ports_needed
from drivetrain.run.azureml.folders import command_line, folders_of
from drivetrain.run.azureml.inputs import bring_input
from drivetrain.run.azureml.layered import layers_of, make_layers
from drivetrain.run.azureml.outputs import deliver_output, keep_artifacts, link_artifacts, prepare_output
from drivetrain.run.azureml.python import interpreter_for
from drivetrain.run.azureml.variables import job_variables
from drivetrain.run.azureml.wanted import wanted
from drivetrain.run.runner.outcome import SUCCEEDED
from drivetrain.run.tasks.declared import Declared
from drivetrain.run.tasks.files.stopping import Stopped, go_on

if TYPE_CHECKING:
    from drivetrain.run.runner.context import StepContext
    from drivetrain.run.runner.outcome import Outcome

TASKS = {
    COMMAND_TASK: Declared("Azure ML command", "A command job of Azure Machine Learning", (COMMAND_INPUT,), {}),
}
STD_LOG, STD_LOG_OF_FIRST = "user_logs/std_log.txt", "user_logs/std_log_process_0.txt"
PROCESSES = Path(__file__).parents[2] / "azureml" / "in_job" / "processes.py"
_TAIL_LINES = 12


def task_of(context: StepContext) -> CommandTask:
    """What the step is to do. Raises CorruptError. It is taken as the plan has it: nothing in it is a macro."""
    try:
        return msgspec.json.decode(context.plan.inputs[COMMAND_INPUT], type=CommandTask)
    except (KeyError, msgspec.MsgspecError) as error:
        raise CorruptError(f"this is no command job: {error}") from error


def before_job(context: StepContext) -> Outcome:
    """Make everything ready."""
    try:
        _prepare(context, task_of(context))
    except Stopped as stopped:
        return stopped.outcome
    return SUCCEEDED


def _prepare(context: StepContext, task: CommandTask) -> None:
    folders = folders_of(context.job.layout)
    if task.code:
        count = copy_into(Path(task.code), folders.code, lambda: go_on(context))
        context.log.line(f"Code: {count} files")
    for name, each in task.inputs.items():
        if told := bring_input(folders, name, each, lambda: go_on(context)):
            context.log.line(told)
    for output, goal in task.outputs.items():
        context.log.line(prepare_output(folders, output, goal))
    if task.run.artifacts:
        link_artifacts(folders.code, Path(task.run.artifacts))
    _make_python(context, task)


def _make_python(context: StepContext, task: CommandTask) -> None:
    want = wanted(task.environment)
    interpreter = interpreter_for(want, context.job.home)
    for each in want.left_out:
        context.log.line(f"Left out: {each}")
    if not interpreter.version.startswith(want.python) and not want.strict:
        context.warning(
            f"The environment {task.environment.name} has Python {want.python}; this machine has none, and "
            f"{interpreter.version} is used."
        )
    layers = layers_of(context, interpreter, want.packages)
    make_layers(context, layers, interpreter, want.packages)
    context.log.line(f"Python {interpreter.version}: {layers.shared.name}, {len(want.packages)} packages asked for")
    context.job.prepended[:0] = [str(layers.own / "bin"), str(layers.shared / "bin")]
    context.job.variables.define("DRIVETRAIN_PYTHON_ENV", str(layers.own))


def run(context: StepContext) -> Outcome:
    """Run the command, its output into the log and into the training run's artifacts."""
    task = task_of(context)
    folders = folders_of(context.job.layout)
    script = context.script(command_line(task, folders), ".sh")
    args = [context.which("bash") or "sh", script]
    if task.distribution is not None:
        args = _several(context, task, script)
    own = dict(wanted(task.environment).variables) | dict(task.environment_variables)
    with ExitStack() as stack:
        log = _std_log(task)
        if log is not None:
            log.parent.mkdir(parents=True, exist_ok=True)
            context.log.copy = stack.enter_context(log.open("wb", buffering=0)).write
        stack.callback(setattr, context.log, "copy", None)
        ended = context.run(args, str(folders.code), env={**job_variables(task, folders), **own}, commands=False)
    return context.outcome(ended, message=_failure(log))


def _several(context: StepContext, task: CommandTask, script: str) -> list[str]:
    """The words that start several processes of the script."""
    distribution = task.distribution
    if distribution is None:
        return []
    with ExitStack() as stack:
        bound = [stack.enter_context(socket.socket()) for _ in range(ports_needed(distribution, task.instances))]
        for each in bound:
            each.bind(("127.0.0.1", 0))
        ports = [each.getsockname()[1] for each in bound]
    places = environments(distribution, task.instances, ports)
    context.log.line(f"{len(places)} processes: {distribution.kind}")
    return [sys.executable, "-I", str(PROCESSES), script, context.script(json.dumps(places), ".json")]


def _std_log(task: CommandTask) -> Path | None:
    name = STD_LOG if task.distribution is None else STD_LOG_OF_FIRST
    return Path(task.run.artifacts) / name if task.run.artifacts else None


def _failure(log: Path | None) -> str:
    """What is said of a command that failed, with the end of what it wrote; the code goes into `{}`."""
    words = "Execution failed. User process 'bash' exited with status code {}."
    if log is None or not log.exists():
        return words
    tail = log.read_bytes()[-4096:].decode("utf-8", "replace").strip().splitlines()[-_TAIL_LINES:]
    shown = "\n".join(tail).replace("{", "{{").replace("}", "}}")
    return f"{words} Please check log file '{log.parent.name}/{log.name}' for error details. Error: {shown}"


def after_job(context: StepContext) -> Outcome:
    """Keep what the command wrote."""
    task = task_of(context)
    folders = folders_of(context.job.layout)
    try:
        for name, each in task.outputs.items():
            if told := deliver_output(folders, name, each, lambda: go_on(context)):
                context.log.line(told)
        if task.run.artifacts:
            count = keep_artifacts(folders.code, Path(task.run.artifacts), lambda: go_on(context))
            context.log.line(f"Artifacts: {count} files copied")
    except Stopped as stopped:
        return stopped.outcome
    return SUCCEEDED
