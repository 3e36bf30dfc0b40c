"""The tasks that a home knows: ours, those that were added, and those of the folder that its settings name."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import TYPE_CHECKING

from drivetrain.run.tasks.catalog import catalog
from drivetrain.settings import load

if TYPE_CHECKING:
    from collections.abc import Mapping

    from drivetrain.definition.model import TaskInfo
    from drivetrain.home import Home

_TAKING = "drivetrain.wire.own_tasks"
"""Loaded only where the settings name a folder."""


def known_tasks(home: Home) -> Mapping[str, TaskInfo]:
    """What can run, for a run that is about to be made: what has changed in the settings' folder of tasks is taken
    first. Raises DefinitionError for settings that are wrong.
    """
    folder = load(home).tasks
    if folder:
        importlib.import_module(_TAKING).take(home, home.root / Path(folder).expanduser())
    return catalog(home.tasks)
