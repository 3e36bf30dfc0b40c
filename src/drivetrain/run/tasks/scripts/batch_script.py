"""BatchScript@1 and PowerShell@1: for Windows only, as on Azure.

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
    "PowerShell@1": Declared(
        "PowerShell",
        "Run a PowerShell script of Windows",
        (),
        {
            "scriptType": "filePath",
            "scriptName": "",
            "arguments": "",
            "workingFolder": "",
            "inlineScript": "",
            "failOnStandardError": "true",
        },
    ),
}
_INSTEAD = {
    "batchscript": "use `script:`, which is cmd.exe on Windows and bash elsewhere",
    "powershell": "use `pwsh:` or PowerShell@2, which run by PowerShell Core",
}


def run(context: StepContext) -> Outcome:
    """Refuse, and say what to use instead."""
    name = context.plan.task.partition("@")[0].lower()
    raise UserError(
        f"{context.plan.task} runs on Windows only: this is {context.job.variables.value('Agent.OS')}.",
        hint=f"{_INSTEAD[name]}, or choose by condition: eq(variables['Agent.OS'], 'Windows_NT')",
    )
