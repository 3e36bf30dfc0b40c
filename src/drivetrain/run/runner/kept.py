"""What is kept of a failed job beside its work folder, so that a shell can stand where its step stood."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import msgspec

from drivetrain.run.model import KEPT_ENVIRONMENT, KeptEnvironment
from drivetrain.run.runner.processes import JOB_MARK, STEP_MARK

if TYPE_CHECKING:
    from drivetrain.run.runner.state import JobState

_FOLDER_INPUTS = ("workingdirectory", "cwd")


def keep_environment(job: JobState) -> None:
    """Write down the environment of the first step that failed, without any secret; nothing when none failed."""
    if job.failed is None:
        return
    plan, index = job.failed
    own = {name: job.variables.expand(value) for name, value in plan.env.items()}
    found = job.environment(own, index)
    shown = {name: value for name, value in found.items() if job.masker.text(value) == value}
    kept = KeptEnvironment(
        step=job.masker.text(job.variables.expand(plan.display_name)),
        folder=_folder(job),
        environment={name: value for name, value in shown.items() if name not in {JOB_MARK, STEP_MARK}},
        withheld=tuple(sorted(found.keys() - shown.keys())),
    )
    path = job.layout.job / KEPT_ENVIRONMENT
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(msgspec.json.encode(kept))


def _folder(job: JobState) -> str:
    """Where the step's program was: its working directory, else the default one."""
    default = job.variables.value("System.DefaultWorkingDirectory")
    inputs = job.failed[0].inputs if job.failed is not None else {}
    given = next((value for name, value in inputs.items() if name.lower() in _FOLDER_INPUTS), "")
    folder = os.path.normpath(os.path.join(default, job.variables.expand(given)))  # noqa: PTH118 - no disk access
    return next((each for each in (folder, default) if os.path.isdir(each)), str(job.layout.work))  # noqa: PTH112
