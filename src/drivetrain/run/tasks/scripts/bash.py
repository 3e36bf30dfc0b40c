"""Bash@3, the `bash` step.

https://learn.microsoft.com/azure/devops/pipelines/tasks/reference/bash-v3
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.run.tasks.declared import Declared
from drivetrain.run.tasks.scripts.programs import (
    EXITED,
    STARTING,
    STDERR,
    find_program,
    quoted,
    script_file,
    show_script,
)

if TYPE_CHECKING:
    from drivetrain.run.runner.context import StepContext
    from drivetrain.run.runner.outcome import Outcome


TASKS = {
    "Bash@3": Declared(
        "Bash",
        "Run a Bash script",
        (),
        {
            "targetType": "filePath",
            "filePath": "",
            "arguments": "",
            "script": "",
            "workingDirectory": "",
            "failOnStderr": "false",
            "bashEnvValue": "",
        },
    ),
}


def run(context: StepContext) -> Outcome:
    """Run a file with its arguments, or an inline script."""
    inputs = context.inputs
    folder = context.folder("workingDirectory")
    contents = _file_command(context) if inputs.text("targetType").lower() == "filepath" else inputs.text("script")
    context.log.line("Generating script.")
    if inputs.text("targetType").lower() == "filepath":
        context.log.line(f"Formatted command: {contents}")
    else:
        show_script(context, contents)
    path = context.script(contents, ".sh")
    context.log.line(STARTING)
    args = [find_program(context, "bash", hint="install bash"), path]
    context.command(args)
    ended = context.run(args, folder, env=_startup_file(context), own_stderr=inputs.flag("failOnStderr"))
    return context.outcome(ended, message=EXITED.format(program="Bash"), stderr_message=STDERR.format(program="Bash"))


def _file_command(context: StepContext) -> str:
    """The file is run by a bash of its own; its arguments are read by the shell, as the official task does."""
    return f"exec bash {quoted(script_file(context, 'filePath'))} {context.inputs.text('arguments')}".strip()


def _startup_file(context: StepContext) -> dict[str, str]:
    value = context.inputs.text("bashEnvValue")
    return {"BASH_ENV": value} if value else {}
