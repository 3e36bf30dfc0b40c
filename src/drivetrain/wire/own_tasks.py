"""Takes tasks from the folder that the settings name. Loaded only where they do."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from drivetrain.run.packages.shelf import Shelf
from drivetrain.run.packages.taking import look_again

if TYPE_CHECKING:
    from pathlib import Path

    from drivetrain.home import Home


def take(home: Home, folder: Path) -> None:
    """Put what has changed there on the home's shelf. What is wrong with it is said, and stops no run."""
    for problem in look_again(Shelf(home.tasks), folder):
        sys.stderr.write(f"warning: {problem}\n")
