"""UsePythonVersion@0: the job's own environment on top of the interpreter that fits.

https://learn.microsoft.com/azure/devops/pipelines/tasks/reference/use-python-version-v0
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from drivetrain.errors import UserError
from drivetrain.run.environments.interpreters import SearchPath
from drivetrain.run.environments.job_environment import use_version
from drivetrain.run.environments.resolution import resolve_interpreter
from drivetrain.run.environments.version_spec import parse_range, parse_version
from drivetrain.run.runner.handlers import set_output
from drivetrain.run.runner.outcome import SUCCEEDED
from drivetrain.run.tasks.declared import Declared

if TYPE_CHECKING:
    from drivetrain.run.containers.inside import Container
    from drivetrain.run.runner.context import StepContext
    from drivetrain.run.runner.outcome import Outcome

ALLOW_INSTALL = "DRIVETRAIN_ALLOW_PYTHON_INSTALL"
"""Of the runner's own environment, so that a pipeline's variables cannot allow what the settings forbid."""


TASKS = {
    "UsePythonVersion@0": Declared(
        "Use Python version",
        "Use the specified version of Python, in an environment of this job",
        (),
        {
            "versionSpec": "3.x",
            "disableDownloadFromRegistry": "false",
            "allowUnstable": "false",
            "githubToken": "",
            "addToPath": "true",
            "architecture": "x64",
        },
    ),
}


def _of_image(context: StepContext, container: Container) -> Outcome:
    """In a container the interpreter is the image's, if it is one that was asked for."""
    spec = context.inputs.required("versionSpec")
    path = context.which("python3") or context.which("python")
    _, version = container.sh('"$1" -c "import platform; print(platform.python_version())"', path) if path else (1, "")
    if not version or not parse_range(spec).accepts(parse_version(version)):
        raise UserError(
            f"Version spec {spec} does not match the Python of the container {container.alias} ({version or 'none'})",
            hint="take an image with that version, or let the step run on this machine: target: host",
        )
    context.log.line(f"Found Python {version}: {path}")
    set_output(context, "pythonLocation", path.rpartition("/")[0])
    return SUCCEEDED


def run(context: StepContext) -> Outcome:
    """Find the interpreter, make the environment, and put it on PATH when asked to."""
    inputs, job = context.inputs, context.job
    if context.container is not None:
        return _of_image(context, context.container)
    given = any(name.lower() == "architecture" for name in context.plan.inputs)
    interpreter = resolve_interpreter(
        inputs.required("versionSpec"),
        SearchPath.of_machine(job.home),
        architecture=inputs.text("architecture") if given else None,
        allow_install=os.environ.get(ALLOW_INSTALL, "true") != "false"
        and not inputs.flag("disableDownloadFromRegistry"),
    )
    context.log.line(f"Found Python {interpreter.version} ({interpreter.architecture}): {interpreter.path}")
    python = use_version(job.layout.job, job.home, interpreter)
    for name, value in python.variables.items():
        job.variables.define(name, value)
    # Azure sets it as an output of the step; without the step's name, as just done, is an addition.
    set_output(context, "pythonLocation", python.variables["pythonLocation"])
    if inputs.flag("addToPath"):
        for folder in reversed(python.path_prepend):
            context.log.line(f"Prepending PATH environment variable with directory: {folder}")
            job.prepended.insert(0, folder)
    return SUCCEEDED
