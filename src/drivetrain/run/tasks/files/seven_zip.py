"""The program 7z, for archives that Python knows nothing of."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from drivetrain.errors import UnavailableError

if TYPE_CHECKING:
    from drivetrain.run.runner.context import StepContext

_NAMES = ("7z", "7zz", "7za")


def seven_zip(context: StepContext, given: str = "") -> str:
    """The program on the step's PATH, or the one given. Raises UnavailableError when there is none."""
    path = context.environment()["PATH"]
    for name in [given] if given else _NAMES:
        if found := shutil.which(name, path=path):
            return found
    raise UnavailableError(
        f"Unable to locate executable file: '{given or _NAMES[0]}'. Please verify either the file path exists or the "
        "file can be found within a directory specified by the PATH environment variable.",
        hint="install 7-Zip (Debian: 7zip or p7zip-full, macOS: brew install sevenzip), or use zip or tar",
    )
