"""GoTool@0: a version of Go that this machine has.

https://learn.microsoft.com/azure/devops/pipelines/tasks/reference/go-tool-v0
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from drivetrain.run.runner.outcome import SUCCEEDED
from drivetrain.run.tasks.declared import Declared
from drivetrain.run.tasks.tools.installed import (
    Installed,
    below,
    choose,
    kept,
    on_path,
    read_start,
    set_variable,
    use,
    with_three_numbers,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from drivetrain.run.runner.context import StepContext
    from drivetrain.run.runner.outcome import Outcome

TASKS = {
    "GoTool@0": Declared(
        "Go tool installer",
        "Find a specific version of Go on this machine and add it to the PATH",
        (),
        {"version": "1.10", "goPath": "", "goBin": "", "goDownloadUrl": "https://go.dev/dl"},
    ),
}
_HINT = "install it from https://go.dev/dl into /usr/local/go or ~/sdk, or ask for one of those that are there"


def run(context: StepContext) -> Outcome:
    """Find the version, put it on PATH, and set GOROOT, GOPATH and GOBIN."""
    tool = choose("Go", context.inputs.required("version"), _installed(context), _HINT)
    context.log.line(f"Found Go {tool.version}: {tool.folder}")
    set_variable(context, "GOROOT", tool.folder)
    for name, given in (("GOPATH", "goPath"), ("GOBIN", "goBin")):
        if value := context.inputs.text(given):
            set_variable(context, name, value)
    use(context, tool, ("go", "gofmt"))
    return SUCCEEDED


def _installed(context: StepContext) -> Iterator[Installed]:
    yield from kept(context, "go")
    program = on_path(context, "go")
    folders = [
        Path("/usr/local/go"),
        *below("/usr/lib"),
        *below(Path.home(), "sdk"),
        *(folder / "go" for folder in below(Path.home(), ".asdf", "installs", "golang")),
        *([Path(program).parent.parent] if program else []),
    ]
    for folder in folders:
        if (folder / "bin" / "go").exists() and (found := re.match(r"go([\d.]+)", read_start(folder / "VERSION"))):
            yield Installed(with_three_numbers(found[1]), str(folder), str(folder / "bin"))
