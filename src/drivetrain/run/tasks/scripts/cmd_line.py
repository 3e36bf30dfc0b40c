"""CmdLine@2, the `script` step: bash on Linux and macOS.

https://learn.microsoft.com/azure/devops/pipelines/tasks/reference/cmd-line-v2
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.run.tasks.declared import Declared
from drivetrain.run.tasks.scripts.programs import EXITED, STARTING, STDERR, find_program, show_script

if TYPE_CHECKING:
    from drivetrain.run.runner.context import StepContext
    from drivetrain.run.runner.outcome import Outcome


TASKS = {
    "CmdLine@2": Declared(
        "Command line",
        "Run a command line script using Bash",
        ("script",),
        {"workingDirectory": "", "failOnStderr": "false", "ignoreHostExpression": "true"},
    ),
}


def run(context: StepContext) -> Outcome:
    """Write the script to a file and run it."""
    folder = context.folder("workingDirectory")
    script = context.inputs.required("script")
    context.log.line("Generating script.")
    path = context.script(script, ".sh")
    show_script(context, script)
    context.log.line(STARTING)
    args = [find_program(context, "bash", hint="install bash"), "--noprofile", "--norc", path]
    context.command(args)
    ended = context.run(args, folder, own_stderr=context.inputs.flag("failOnStderr"))
    return context.outcome(ended, message=EXITED.format(program="Bash"), stderr_message=STDERR.format(program="Bash"))
