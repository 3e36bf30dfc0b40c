"""UseDotNet@2: a version of .NET that this machine has.

https://learn.microsoft.com/azure/devops/pipelines/tasks/reference/use-dotnet-v2
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from drivetrain.errors import UserError
from drivetrain.run.globs.finding import find_match
from drivetrain.run.runner.outcome import SUCCEEDED
from drivetrain.run.tasks.declared import Declared
from drivetrain.run.tasks.tools.installed import Installed, below, choose, on_path, prepend, set_variable, use

if TYPE_CHECKING:
    from collections.abc import Iterator

    from drivetrain.run.runner.context import StepContext
    from drivetrain.run.runner.outcome import Outcome

TASKS = {
    "UseDotNet@2": Declared(
        "Use .NET Core",
        "Find a specific version of the .NET Core SDK on this machine and add it to the PATH",
        (),
        {
            "packageType": "sdk",
            "useGlobalJson": "false",
            "workingDirectory": "",
            "version": "",
            "vsVersion": "",
            "checkForExistingVersion": "false",
            "includePreviewVersions": "false",
            "installationPath": "$(Agent.ToolsDirectory)/dotnet",
            "performMultiLevelLookup": "false",
            "requestTimeout": "300000",
        },
    ),
}
_HINT = "install it with dotnet-install.sh (it goes into ~/.dotnet) or your system, or ask for one that is there"
_FOLDERS = {"sdk": ("sdk",), "runtime": ("shared", "Microsoft.NETCore.App")}
_BAND = 100
"""SDKs of one feature band share all but the last two digits of the third number."""


class _Sdk(msgspec.Struct):
    version: str = ""
    roll_forward: str = msgspec.field(default="", name="rollForward")


class _GlobalJson(msgspec.Struct):
    sdk: _Sdk = msgspec.field(default_factory=_Sdk)


def run(context: StepContext) -> Outcome:
    """Find the version, or those that global.json files ask for, and put it on PATH."""
    inputs = context.inputs
    kind = inputs.choice("packageType", "sdk", "runtime")
    from_file = inputs.flag("useGlobalJson") and kind == "sdk"
    specs = _from_global_json(context) if from_file else [spec for spec in [inputs.text("version")] if spec]
    for spec in specs:
        tool = choose(f".NET {kind}", spec, _installed(context, kind), _HINT)
        context.log.line(f"Found .NET {kind} {tool.version}: {tool.folder}")
        use(context, tool, ("dotnet",))
        set_variable(context, "DOTNET_ROOT", tool.folder)
    if specs:
        set_variable(context, "DOTNET_MULTILEVEL_LOOKUP", "1" if inputs.flag("performMultiLevelLookup") else "0")
    context.log.line("Creating global tool path and pre-pending to PATH.")
    tools = Path.home() / ".dotnet" / "tools"
    if tools.is_dir():
        prepend(context, str(tools))
    return SUCCEEDED


def _installed(context: StepContext, kind: str) -> Iterator[Installed]:
    program, variables = on_path(context, "dotnet"), context.environment()
    roots = [
        context.inputs.text("installationPath"),
        variables.get("DOTNET_ROOT", ""),
        str(Path(program).parent) if program else "",
        str(Path.home() / ".dotnet"),
        "/usr/share/dotnet",
        "/usr/lib/dotnet",
        "/usr/local/share/dotnet",
    ]
    for root in dict.fromkeys(filter(None, roots)):
        if Path(root, "dotnet").exists():
            for folder in below(root, *_FOLDERS[kind]):
                yield Installed(folder.name, root, root)


def _from_global_json(context: StepContext) -> list[str]:
    root = context.folder("workingDirectory")
    files = find_match(root, ["**/global.json"])
    if not files:
        raise UserError(f"Failed to find global.json at and inside path: {root}")
    return [spec for file in files if (spec := _spec_of(context, file))]


def _spec_of(context: StepContext, file: str) -> str:
    context.log.line(f"Found a global.json at path: {file}")
    text = re.sub(r"^\s*//.*$", "", Path(file).read_text("utf-8-sig", "replace"), flags=re.MULTILINE)
    try:
        sdk = msgspec.json.decode(text, type=_GlobalJson).sdk
    except msgspec.MsgspecError as error:
        raise UserError(f"The global.json at path: '{file}' has the wrong format. {error}") from error
    if not sdk.version:
        context.log.line(f"global.json at path: {file} is empty. No version is specified.")
        return ""
    context.log.line(f"SDK version: {sdk.version} is specified by global.json at path: {file}")
    return _rolled(sdk)


def _rolled(sdk: _Sdk) -> str:
    """The range that a version and its `rollForward` allow.

    https://learn.microsoft.com/dotnet/core/tools/global-json#rollforward
    """
    found = re.fullmatch(r"(\d+)\.(\d+)\.(\d+)", sdk.version)
    if found is None:
        return sdk.version
    major, minor, patch = map(int, found.groups())
    after = {
        "patch": f"<{major}.{minor}.{patch - patch % _BAND + _BAND}",
        "feature": f"<{major}.{minor + 1}.0",
        "minor": f"<{major + 1}.0.0",
        "major": "",
    }
    policy = sdk.roll_forward.lower().removeprefix("latest")
    return f">={sdk.version} {after[policy]}".strip() if policy in after else sdk.version
