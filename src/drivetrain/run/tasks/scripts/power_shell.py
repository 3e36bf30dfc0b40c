"""PowerShell@2, the `pwsh` and `powershell` steps, by PowerShell 7 where it is installed.

https://learn.microsoft.com/azure/devops/pipelines/tasks/reference/powershell-v2
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.errors import UserError
from drivetrain.run.tasks.declared import Declared
from drivetrain.run.tasks.scripts.programs import EXITED, STARTING, STDERR, find_program, script_file

if TYPE_CHECKING:
    from drivetrain.run.runner.context import StepContext
    from drivetrain.run.runner.outcome import Outcome

_PREFERENCES = ("error", "warning", "information", "verbose", "debug", "progress")
LAST_EXIT_CODE = (
    "if (!(Test-Path -LiteralPath variable:\\LASTEXITCODE)) {",
    "    Write-Host '##vso[task.debug]$LASTEXITCODE is not set.'",
    "} else {",
    "    Write-Host ('##vso[task.debug]$LASTEXITCODE: {0}' -f $LASTEXITCODE)",
    "    exit $LASTEXITCODE",
    "}",
)


TASKS = {
    "PowerShell@2": Declared(
        "PowerShell",
        "Run a PowerShell script",
        (),
        {
            "targetType": "filePath",
            "filePath": "",
            "arguments": "",
            "script": "",
            "errorActionPreference": "stop",
            "warningPreference": "default",
            "informationPreference": "default",
            "verbosePreference": "default",
            "debugPreference": "default",
            "progressPreference": "silentlyContinue",
            "failOnStderr": "false",
            "showWarnings": "false",
            "ignoreLASTEXITCODE": "false",
            "pwsh": "false",
            "workingDirectory": "",
            "runScriptInSeparateScope": "false",
        },
    ),
}


def run(context: StepContext) -> Outcome:
    """Run a file with its arguments, or an inline script."""
    folder = context.folder("workingDirectory")
    program = find_program(
        context, "pwsh", "powershell", hint="install PowerShell 7: https://aka.ms/install-powershell"
    )
    context.log.line("Generating script.")
    path = context.script("\ufeff" + script_text(context), ".ps1")
    context.log.line(STARTING)
    args = [program, "-NoLogo", "-NoProfile", "-NonInteractive", "-Command", f". {_quoted(path)}"]
    context.command(args)
    ended = context.run(args, folder, own_stderr=context.inputs.flag("failOnStderr"))
    return context.outcome(
        ended, message=EXITED.format(program="PowerShell"), stderr_message=STDERR.format(program="PowerShell")
    )


def script_text(context: StepContext) -> str:
    """The script that is run: preferences, the user's script or file, and the exit code of its last program."""
    inputs = context.inputs
    lines = []
    for name in _PREFERENCES:
        key = f"{name}Preference" if name != "error" else "errorActionPreference"
        value = inputs.choice(key, "default", "stop", "continue", "silentlycontinue")
        if value != "default":
            lines.append(f"${key[0].upper()}{key[1:]} = '{value}'")
    if inputs.choice("targetType", "filepath", "inline") == "inline":
        lines.append(inputs.text("script"))
    else:
        lines.append(_file_command(context))
        context.log.line(f"Formatted command: {lines[-1]}")
    if not inputs.flag("ignoreLASTEXITCODE"):
        lines += LAST_EXIT_CODE
    return "\n".join(lines)


def _file_command(context: StepContext) -> str:
    path = script_file(context, "filePath")
    if not path.lower().endswith(".ps1"):
        raise UserError(f"Invalid file path '{path}'. A path to a .ps1 file is required.")
    operator = "&" if context.inputs.flag("runScriptInSeparateScope") else "."
    return f"{operator} {_quoted(path)} {context.inputs.text('arguments')}".strip()


def _quoted(path: str) -> str:
    return "'" + path.replace("'", "''") + "'"
