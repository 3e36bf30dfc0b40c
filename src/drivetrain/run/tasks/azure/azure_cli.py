"""AzureCLI@1 and AzureCLI@2: a script, with the Azure CLI signed in by a service connection.

https://learn.microsoft.com/azure/devops/pipelines/tasks/reference/azure-cli-v2
https://github.com/microsoft/azure-pipelines-tasks/tree/master/Tasks/AzureCLIV2
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from drivetrain.errors import UnavailableError
from drivetrain.run.az.shim import is_installed
from drivetrain.run.tasks.azure.script import azure_script, is_first
from drivetrain.run.tasks.azure.session import Session
from drivetrain.run.tasks.declared import Declared

if TYPE_CHECKING:
    from drivetrain.run.runner.context import StepContext
    from drivetrain.run.runner.outcome import Outcome
    from drivetrain.run.tasks.azure.script import AzureScript

_OF_BOTH = {
    "scriptLocation": "scriptPath",
    "scriptPath": "",
    "inlineScript": "",
    "arguments": "",
    "addSpnToEnvironment": "false",
    "useGlobalConfig": "false",
    "workingDirectory": "",
    "failOnStandardError": "false",
}
_NAMES = {"connectedServiceNameARM": "azureSubscription", "cwd": "workingDirectory"}

TASKS = {
    "AzureCLI@1": Declared(
        "Azure CLI",
        "Run Azure CLI commands against an Azure subscription in a Shell script when running on Linux agent",
        ("azureSubscription",),
        _OF_BOTH,
        {**_NAMES, "args": "arguments"},
    ),
    "AzureCLI@2": Declared(
        "Azure CLI",
        "Run Azure CLI commands against an Azure subscription in a PowerShell Core/Shell script when running on Linux "
        "agent",
        ("azureSubscription", "scriptType"),
        {
            **_OF_BOTH,
            "powerShellErrorActionPreference": "stop",
            "powerShellIgnoreLASTEXITCODE": "false",
            "visibleAzLogin": "true",
            "keepAzSessionActive": "false",
        },
        {**_NAMES, "scriptArguments": "arguments"},
    ),
}
_STDERR = {
    True: "Script failed with error: Error: The process '{program}' failed because one or more lines were written to "
    "the STDERR stream",
    False: "Script has output to stderr. Failing as failOnStdErr is set to true.",
}
_EXITED = {
    True: "Script failed with error: Error: The process '{program}' failed with exit code {{}}",
    False: "Script failed with exit code: {{}}",
}
"""In the words of the first version, and of the second."""


def run(context: StepContext) -> Outcome:
    """Sign in, run the script, sign out, whatever happened; what held secrets is removed."""
    session = Session(context, _program(context), context.connection("azureSubscription"))
    script = azure_script(context)
    Path(script.folder).mkdir(parents=True, exist_ok=True)
    try:
        failed = session.begin(script.folder)
        return failed if failed is not None else _run_script(context, script, session)
    finally:
        session.end(script.folder)


def _program(context: StepContext) -> str:
    """The machine's, or one that an earlier step has put into the job's Python environment."""
    found = context.which("az")
    if not found or (context.container is None and not is_installed(context.environment()["PATH"])):
        raise UnavailableError(
            "Azure CLI 2.x is not installed on this machine.",
            hint="an earlier step may do it: `pip install azure-cli`; or https://aka.ms/install-azure-cli",
        )
    return found


def _run_script(context: StepContext, script: AzureScript, session: Session) -> Outcome:
    context.command(script.args)
    environment = dict(session.environment)
    if context.inputs.flag("addSpnToEnvironment"):
        environment |= session.principal
    own_stderr = context.inputs.flag("failOnStandardError")
    ended = context.run(script.args, script.folder, env=environment, own_stderr=own_stderr)
    program = script.args[0].replace("{", "{{").replace("}", "}}")
    first = is_first(context)
    return context.outcome(
        ended,
        message=_EXITED[first].format(program=program),
        stderr_message=_STDERR[first].format(program=script.args[0]),
    )
