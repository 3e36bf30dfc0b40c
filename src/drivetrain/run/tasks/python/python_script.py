"""PythonScript@0.

https://learn.microsoft.com/azure/devops/pipelines/tasks/reference/python-script-v0
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.run.tasks.declared import Declared
from drivetrain.run.tasks.scripts.programs import find_program, script_file

if TYPE_CHECKING:
    from collections.abc import Iterator

    from drivetrain.run.runner.context import StepContext
    from drivetrain.run.runner.outcome import Outcome


TASKS = {
    "PythonScript@0": Declared(
        "Python script",
        "Run a Python file or inline script",
        (),
        {
            "scriptSource": "filePath",
            "scriptPath": "",
            "script": "",
            "arguments": "",
            "pythonInterpreter": "",
            "workingDirectory": "",
            "failOnStderr": "false",
        },
        {"targetType": "scriptSource", "filePath": "scriptPath"},
    ),
}


def run(context: StepContext) -> Outcome:
    """Run a file, or an inline script, by the first `python` on PATH or the interpreter given."""
    inputs = context.inputs
    folder = context.folder("workingDirectory")
    inline = inputs.choice("scriptSource", "filepath", "inline") == "inline"
    path = _inline(context) if inline else script_file(context, "scriptPath")
    python = inputs.text("pythonInterpreter") or find_program(
        context, "python", "python3", hint="add a step UsePythonVersion@0 before this one"
    )
    args = [python, path, *split_arguments(inputs.text("arguments"))]
    context.command(args)
    ended = context.run(args, folder, own_stderr=inputs.flag("failOnStderr"))
    return context.outcome(
        ended,
        message=f"The process '{python}' failed with exit code {{}}",
        stderr_message=f"The process '{python}' failed because one or more lines were written to the STDERR stream",
    )


def _inline(context: StepContext) -> str:
    script = context.inputs.required("script")
    if "\n" not in script and "##vso[" not in script.lower():
        context.log.line(script)
    return context.script(script, ".py")


def split_arguments(line: str) -> list[str]:
    """Words of a line as the official tasks split them: by blanks outside double quotes, which a backslash escapes."""
    return list(_words(line))


def _words(line: str) -> Iterator[str]:
    word, quoted, begun, at = "", False, False, 0
    while at < len(line):
        sign = line[at]
        if sign == "\\" and line[at + 1 : at + 2] == '"':
            word, begun, at = word + '"', True, at + 1
        elif sign == '"':
            quoted, begun = not quoted, True
        elif sign in " \t\r\n" and not quoted:
            if begun:
                yield word
            word, begun = "", False
        else:
            word, begun = word + sign, True
        at += 1
    if begun:
        yield word
