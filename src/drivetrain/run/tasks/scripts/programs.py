"""What the tasks that run a script have in common: their messages, and the shown text of a one-line script.

Messages are those of the official tasks: https://github.com/microsoft/azure-pipelines-tasks
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from drivetrain.errors import UnavailableError, UserError

if TYPE_CHECKING:
    from drivetrain.run.runner.context import StepContext

STARTING = "========================== Starting Command Output ==========================="
EXITED = "{program} exited with code '{{}}'."
STDERR = "{program} wrote one or more lines to the standard error stream."


def show_script(context: StepContext, text: str) -> None:
    """Show a one-line script, unless the line is a command itself."""
    if "\n" not in text and "##vso[" not in text.lower():
        context.log.line(f"Script contents:\n{text}")


def find_program(context: StepContext, *names: str, hint: str) -> str:
    """The first of `names` on the step's PATH. Raises UnavailableError when there is none."""
    for name in names:
        if found := context.which(name):
            return found
    container = context.container
    where = f" in the container {container.alias}" if container is not None else ""
    raise UnavailableError(
        f"Unable to locate executable file: '{names[0]}'{where}",
        hint=hint if container is None else f"take an image that has {names[0]}",
    )


def script_file(context: StepContext, name: str) -> str:
    """The script file that an input names. Raises UserError when there is none."""
    context.inputs.required(name)
    path = context.inputs.path(name)
    if not Path(path).is_file():
        raise UserError(
            f"Invalid file path '{path}'.", hint=f"`{name}` counts from {context.default_folder}; is the name right?"
        )
    return path


def quoted(path: str) -> str:
    """Within single quotes, for bash."""
    return "'" + path.replace("'", "'\\''") + "'"
