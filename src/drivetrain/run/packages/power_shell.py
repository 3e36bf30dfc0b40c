"""The command line of the handler PowerShell3: Handlers/PowerShell3Handler.cs in
https://github.com/microsoft/azure-pipelines-agent

An agent has this handler on Windows only. Here it runs by PowerShell 7, where that is installed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.errors import UserError

if TYPE_CHECKING:
    from pathlib import Path

_MODULE = ("ps_modules", "VstsTaskSdk", "VstsTaskSdk.psd1")


def power_shell_command(target: Path, *, debug: bool) -> list[str]:
    """The arguments of `pwsh` that run a task's script by its own task library. Raises UserError without one."""
    module = target.parent.joinpath(*_MODULE)
    if not module.is_file():
        raise UserError(f"The task has no {'/'.join(_MODULE)}, the library that it runs by.")
    preference = "Continue" if debug else "SilentlyContinue"
    library = str(module).replace("'", "''")
    inner = str(target).replace("'", "''''")  # in quotes twice
    command = (
        f"Import-Module -Name '{library}' -ArgumentList @{{ NonInteractive = $true }} "
        f"-ErrorAction Stop ; $VerbosePreference = '{preference}' ; $DebugPreference = '{preference}' ; "
        f"Invoke-VstsTaskScript -ScriptBlock ([scriptblock]::Create('. ''{inner}'''))"
    )
    return ["-NoLogo", "-NoProfile", "-NonInteractive", "-Command", command]
