"""DownloadSecureFile@1: a secure file of the library, opened for this job.

https://learn.microsoft.com/azure/devops/pipelines/tasks/reference/download-secure-file-v1
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from drivetrain.run.runner.handlers import set_output
from drivetrain.run.runner.outcome import SUCCEEDED
from drivetrain.run.tasks.declared import Declared

if TYPE_CHECKING:
    from drivetrain.run.runner.context import StepContext
    from drivetrain.run.runner.outcome import Outcome

TASKS = {
    "DownloadSecureFile@1": Declared(
        "Download secure file",
        "Download a secure file to the agent machine",
        ("secureFile",),
        {"retryCount": "8", "socketTimeout": ""},
    ),
}


def before_job(context: StepContext) -> Outcome:
    """Write the file to the temporary folder, which goes with the job; its path is the output `secureFilePath`.

    As on Azure this comes before the first step of the job, wherever the step stands.
    """
    file = context.secure_file("secureFile")
    path = context.job.layout.temp / file.name
    content = context.job.services.secure_file(file.ticket)
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as target:
        target.write(content)
    context.log.line(f"Secure file {file.name}: {len(content)} bytes, {path}")
    set_output(context, "secureFilePath", str(path))
    return SUCCEEDED


def run(context: StepContext) -> Outcome:
    """Say where the file is."""
    context.log.line(f"Secure file: {context.job.variables.value(f'{context.plan.name}.secureFilePath')}")
    return SUCCEEDED
