"""CmdLine@1: one program with its arguments, without a shell.

https://learn.microsoft.com/azure/devops/pipelines/tasks/reference/cmd-line-v1
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from drivetrain.errors import UserError
from drivetrain.run.tasks.declared import Declared
from drivetrain.run.tasks.scripts.programs import find_program

if TYPE_CHECKING:
    from drivetrain.run.runner.context import StepContext
    from drivetrain.run.runner.outcome import Outcome

TASKS = {
    "CmdLine@1": Declared(
        "Command line",
        "Run a command line with arguments",
        ("filename",),
        {"arguments": "", "workingFolder": "", "failOnStandardError": "false"},
    ),
}


def run(context: StepContext) -> Outcome:
    """Run the program."""
    inputs = context.inputs
    folder = context.folder("workingFolder")
    args = [find_program(context, inputs.required("filename"), hint="is it installed, and on PATH?"), *_words(context)]
    context.command(args)
    ended = context.run(args, folder, own_stderr=inputs.flag("failOnStandardError"))
    return context.outcome(
        ended,
        message="Process completed with exit code {}.",
        stderr_message="The process wrote one or more lines to the standard error stream.",
    )


def _words(context: StepContext) -> list[str]:
    """The arguments; only double quotes group, as for the agent."""
    text = context.inputs.text("arguments")
    lexer = shlex.shlex(text, posix=True, punctuation_chars=False)
    lexer.whitespace_split, lexer.commenters, lexer.quotes = True, "", '"'
    try:
        return list(lexer)
    except ValueError as error:
        raise UserError(f"{context.plan.position}: arguments '{text}' have a quote without its end") from error
