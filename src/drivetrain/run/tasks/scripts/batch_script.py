"""BatchScript@1: for Windows only, as on Azure.

https://learn.microsoft.com/azure/devops/pipelines/tasks/reference/batch-script-v1
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.errors import UserError
from drivetrain.run.tasks.declared import Declared

if TYPE_CHECKING:
    from drivetrain.run.runner.context import StepContext
    from drivetrain.run.runner.outcome import Outcome

TASKS = {
    "BatchScript@1": Declared(
        "Batch script",
        "Run a Windows command or batch script and optionally allow it to change the environment",
        ("filename",),
        {"arguments": "", "modifyEnvironment": "False", "workingFolder": "", "failOnStandardError": "false"},
    ),
}


def run(context: StepContext) -> Outcome:
    """Refuse, and say what to use instead."""
    raise UserError(
        f"{context.plan.task} runs on Windows only: there is no cmd.exe here.",
        hint="use `script:`, which is cmd.exe on Windows and bash elsewhere, or choose by condition: "
        "eq(variables['Agent.OS'], 'Windows_NT')",
    )
