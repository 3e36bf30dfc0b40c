"""NodeTool@0 and UseNode@1: a version of Node.js that this machine has.

https://learn.microsoft.com/azure/devops/pipelines/tasks/reference/use-node-v1
"""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from drivetrain.errors import UserError
from drivetrain.run.runner.outcome import SUCCEEDED
from drivetrain.run.tasks.declared import Declared
from drivetrain.run.tasks.tools.installed import Installed, below, choose, kept, on_path, read_start, use

if TYPE_CHECKING:
    from collections.abc import Iterator

    from drivetrain.run.runner.context import StepContext
    from drivetrain.run.runner.outcome import Outcome

_DOWNLOADS = {
    "checkLatest": "false",
    "force32bit": "false",
    "nodejsMirror": "https://nodejs.org/dist",
    "retryCountOnDownloadFails": "5",
    "delayBetweenRetries": "1000",
}
"""Inputs that say how to download, which is not done here."""
TASKS = {
    "NodeTool@0": Declared(
        "Node.js tool installer",
        "Find a version of Node.js on this machine and add it to the PATH",
        (),
        {"versionSource": "spec", "versionSpec": "6.x", "versionFilePath": "", **_DOWNLOADS},
    ),
    "UseNode@1": Declared(
        "Use Node.js ecosystem",
        "Set up a Node.js environment of this machine and add it to the PATH",
        (),
        {"version": "10.x", **_DOWNLOADS},
    ),
}
_PROGRAMS = ("node", "npm", "npx", "corepack", "yarn", "yarnpkg", "pnpm")
_HINT = "install it with nvm (nvm install 20), fnm or your system, or ask for one of those that are there"
_SECONDS = 20


def run(context: StepContext) -> Outcome:
    """Find the version and put it on PATH."""
    inputs = context.inputs
    if inputs.flag("force32bit"):
        raise UserError("There is no 32-bit Node.js outside Windows", hint="leave force32bit out")
    spec = inputs.text("version") or _spec(context)
    tool = choose("Node.js", spec, _installed(context), _HINT)
    context.log.line(f"Found Node.js {tool.version}: {tool.programs}")
    use(context, tool, _PROGRAMS)
    return SUCCEEDED


def _spec(context: StepContext) -> str:
    inputs = context.inputs
    if inputs.choice("versionSource", "spec", "fromfile") == "spec":
        return inputs.required("versionSpec")
    inputs.required("versionFilePath")
    path = inputs.path("versionFilePath")
    if not Path(path).is_file():
        raise UserError(f"Not found versionFilePath: {path}", hint="it names a file such as .nvmrc")
    lines = (line.partition("#")[0].strip() for line in read_start(path).splitlines())
    return next((line.removeprefix("v") for line in lines if line), "")


def _installed(context: StepContext) -> Iterator[Installed]:
    yield from kept(context, "node")
    home = Path.home()
    nvm = context.environment().get("NVM_DIR") or str(home / ".nvm")
    places = [
        *below(nvm, "versions", "node"),
        *(folder / "installation" for folder in below(home, ".local", "share", "fnm", "node-versions")),
        *below(home, ".asdf", "installs", "nodejs"),
        *below(home, ".volta", "tools", "image", "node"),
    ]
    for folder in places:
        if (folder / "bin" / "node").exists():
            name = folder.parent.name if folder.name == "installation" else folder.name
            yield Installed(name.removeprefix("v"), str(folder), str(folder / "bin"))
    program = on_path(context, "node")
    if program and (version := _asked(program)):
        yield Installed(version, str(Path(program).parent.parent), str(Path(program).parent))


def _asked(program: str) -> str:
    """What a program says of its version; empty when it does not."""
    try:
        done = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=_SECONDS, check=True)
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip().removeprefix("v")
