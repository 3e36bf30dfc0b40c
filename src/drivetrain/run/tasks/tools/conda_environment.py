"""CondaEnvironment@1: an environment of the job's own, made by conda, mamba or micromamba.

https://learn.microsoft.com/azure/devops/pipelines/tasks/reference/conda-environment-v1
"""

from __future__ import annotations

import shlex
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from drivetrain.errors import UnavailableError, UserError
from drivetrain.run.model import Result
from drivetrain.run.runner.outcome import SUCCEEDED
from drivetrain.run.tasks.declared import Declared
from drivetrain.run.tasks.files.removal import remove
from drivetrain.run.tasks.tools.installed import prepend, set_variable

if TYPE_CHECKING:
    from drivetrain.run.runner.context import StepContext
    from drivetrain.run.runner.outcome import Outcome

TASKS = {
    "CondaEnvironment@1": Declared(
        "Conda environment",
        "Create and activate a Conda environment of this job",
        (),
        {
            "createCustomEnvironment": "false",
            "environmentName": "",
            "packageSpecs": "python=3",
            "updateConda": "true",
            "installOptions": "",
            "createOptions": "",
            "cleanEnvironment": "false",
        },
    ),
}
_PROGRAMS = ("conda", "mamba", "micromamba")
_NOT_FOUND = (
    "The `conda` executable was not found on the system. Ask your administrator to install Miniconda or Anaconda. Then "
    "add the `conda` executable to `PATH` or set the `CONDA` environment variable to the root of the installation."
)


def run(context: StepContext) -> Outcome:
    """Make the environment in the job's folder, or take the one that an earlier step made, and activate it."""
    inputs = context.inputs
    program = _program(context)
    custom = inputs.flag("createCustomEnvironment")
    if not custom and not inputs.text("packageSpecs"):
        return SUCCEEDED
    name = _name(context) if custom else "base"
    if inputs.flag("updateConda"):
        context.log.line(f"{program} is this machine's: it is not updated.")
    environments = context.job.layout.job / "conda" / "envs"
    path = environments / name
    done = _made(context, program, path, inputs.text("createOptions" if custom else "installOptions"))
    if done is not None:
        return done
    set_variable(context, "CONDA_ENVS_PATH", str(environments))
    prepend(context, str(path / "bin"))
    set_variable(context, "CONDA_DEFAULT_ENV", name)
    set_variable(context, "CONDA_PREFIX", str(path))
    return SUCCEEDED


def _program(context: StepContext) -> str:
    environment = context.environment()
    for name in _PROGRAMS:
        if found := shutil.which(name, path=environment["PATH"]):
            return found
    root = environment.get("CONDA", "")
    if root and Path(root, "bin", "conda").is_file():
        return f"{root}/bin/conda"
    raise UnavailableError(_NOT_FOUND, hint="micromamba is the smallest of them: https://mamba.readthedocs.io")


def _name(context: StepContext) -> str:
    name = context.inputs.text("environmentName")
    if not name:
        raise UserError("The `environmentName` parameter is required")
    if "/" in name or name in (".", ".."):
        raise UserError(f"'{name}' is not a name for an environment", hint="use a name without slashes")
    return name


def _made(context: StepContext, program: str, path: Path, options: str) -> Outcome | None:
    """See that the environment is there; what the step came to when it could not be made, else None."""
    if path.exists() and not context.inputs.flag("cleanEnvironment"):
        context.log.line(
            f'Found existing environment {path} and the task\'s "Clean environment" parameter is not set. '
            "Reactivating ..."
        )
        return None
    if path.exists():
        context.log.line(
            f'Found existing environment {path} and the task\'s "Clean environment" parameter is set. Deleting ...'
        )
        remove(str(path))
    path.parent.mkdir(parents=True, exist_ok=True)
    words = [
        *_words(context, "packageSpecs", context.inputs.text("packageSpecs")),
        *_words(context, "options", options),
    ]
    args = [program, "create", "--quiet", "--yes", "--prefix", str(path), *words]
    context.command(args)
    packages = context.job.home / "cache" / "conda"
    kept = {"CONDA_PKGS_DIRS": str(packages / "pkgs"), "MAMBA_ROOT_PREFIX": str(packages)}
    ended = context.run(args, context.default_folder, env=kept, commands=False)
    outcome = context.outcome(ended, message=f"Failed to create Conda environment {path}. Exit code {{}}")
    if outcome.result is Result.SUCCEEDED:
        return None
    remove(str(path))  # half an environment is none: a later try begins anew
    return outcome


def _words(context: StepContext, name: str, text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError as error:
        raise UserError(f"{context.plan.position}: {name} '{text}' has a quote without its end") from error
