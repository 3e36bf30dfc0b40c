"""The script of AzureCLI: what is run, and where.

src/ScriptType.ts and src/Utility.ts of https://github.com/microsoft/azure-pipelines-tasks/tree/master/Tasks/AzureCLIV2
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from drivetrain.errors import UserError
from drivetrain.plan.names.model import of_major_version
from drivetrain.run.tasks.scripts.power_shell import LAST_EXIT_CODE
from drivetrain.run.tasks.scripts.programs import find_program

if TYPE_CHECKING:
    from drivetrain.run.runner.context import StepContext

_PWSH_HINT = "install PowerShell 7: https://aka.ms/install-powershell"
_OF_WINDOWS = {"ps": "Windows PowerShell", "batch": "a batch script"}


class AzureScript(NamedTuple):
    """What is run."""

    args: list[str]
    folder: str
    """Where; it may have to be made."""


def is_first(context: StepContext) -> bool:
    """Whether it is AzureCLI@1, which knows bash only."""
    return of_major_version(context.plan.task).endswith("@1")


def azure_script(context: StepContext) -> AzureScript:
    """The script that the inputs name. Raises UserError, UnavailableError."""
    inputs = context.inputs
    location = inputs.text("scriptLocation")
    if location.lower() not in ("inlinescript", "scriptpath"):
        raise UserError(
            f"{location} is not a valid value for task input 'Script Location' (scriptLocation in YAML). "
            "Value can either be'inlineScript' or 'scriptPath'"
        )
    folder = inputs.path("workingDirectory")
    if is_first(context) and location.lower() == "scriptpath" and not inputs.text("workingDirectory"):
        folder = str(Path(inputs.path("scriptPath")).parent)
    kind = "bash" if is_first(context) else inputs.choice("scriptType", "bash", "pscore", *_OF_WINDOWS)
    if kind in _OF_WINDOWS:
        raise UserError(
            f"scriptType {kind} is {_OF_WINDOWS[kind]}, which runs on Windows only.",
            hint="use bash, or pscore with PowerShell 7",
        )
    args = _bash(context) if kind == "bash" else _power_shell(context)
    return AzureScript(args, folder)


def _bash(context: StepContext) -> list[str]:
    program = find_program(context, "bash", hint="install bash")
    path = _file(context, ".sh", "inlineScript")
    return [program, path, *split_arguments(context.inputs.text("arguments"))]


def _power_shell(context: StepContext) -> list[str]:
    program = find_program(context, "pwsh", hint=_PWSH_HINT)
    inputs = context.inputs
    preference = inputs.choice("powerShellErrorActionPreference", "stop", "continue", "silentlycontinue")
    file = _quoted(_file(context, ".ps1", "inlineScript"))
    lines = [f"$ErrorActionPreference = '{preference}'", "$ErrorView = 'NormalView'"]
    lines.append(f". {file} {inputs.text('arguments')}".strip())
    if not inputs.flag("powerShellIgnoreLASTEXITCODE"):
        lines += LAST_EXIT_CODE
    path = context.script("\ufeff" + "\n".join(lines), ".ps1")
    options = ["-NoLogo", "-NoProfile", "-NonInteractive", "-ExecutionPolicy", "Unrestricted"]
    return [program, *options, "-Command", f". {_quoted(path)}"]


def _quoted(path: str) -> str:
    return "'" + path.replace("'", "''") + "'"


def _file(context: StepContext, suffix: str, inline: str) -> str:
    """The file that is given, or a new one that holds the inline script and goes with the job."""
    inputs = context.inputs
    if inputs.text("scriptLocation").lower() == "inlinescript":
        return context.script(inputs.required(inline), suffix)
    inputs.required("scriptPath")
    path = inputs.path("scriptPath")
    if is_first(context) and not Path(path).is_file():
        raise UserError(f"Not found scriptPath: {path}", hint="is the name right?")
    if not Path(path).is_file() or not (is_first(context) or path.lower().endswith(suffix)):
        raise UserError(
            f"Script file could not be found at specified script location: '{path}'. Please verify the script exists "
            "at the specified path. If you want to use inline script, specify input `Script Location` as "
            "`inlineScript`.",
            hint=f"the file's name must end with {suffix}",
        )
    return path


def split_arguments(text: str) -> list[str]:
    """The arguments of a line: blanks between them, double quotes around those with blanks, and a backslash for a quote
    within quotes.

    `_argStringToArray` of https://github.com/microsoft/azure-pipelines-task-lib (node/toolrunner.ts)
    """
    found: list[str] = []
    word: str | None = None
    quoted = escaped = False
    for sign in text:
        if sign == " " and not quoted:
            found += [] if word is None else [word]
            word = None
            continue
        word = word or ""
        if sign == '"' and not escaped:
            quoted = not quoted
        elif sign == "\\" and quoted and not escaped:
            escaped = True
        else:
            word += f"\\{sign}" if escaped and sign != '"' else sign
            escaped = False
    return found if word is None else [*found, word.strip()]
