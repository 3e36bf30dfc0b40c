"""The tasks that can run here, as the stations to the left want to know them when they check a file and plan it."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from drivetrain.definition.model import TaskInfo
from drivetrain.run.tasks.index import TASKS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from drivetrain.run.tasks.index import Entry

_PACKAGES = "drivetrain.run.packages.catalog"
"""Loaded only where there are any."""


def _info(reference: str, entry: Entry) -> TaskInfo:
    """Inputs of Azure's own tasks are not repeated: the definition station knows them."""
    name, version = reference.split("@")
    return TaskInfo(
        name=name,
        version=int(version),
        title=name,
        required=frozenset(entry.needs),
        optional=frozenset(entry.also),
        connections=entry.connections,
        secure_files=entry.secure_files,
        server=entry.server,
    )


CATALOG: Mapping[str, TaskInfo] = {
    reference: _info(reference, entry) for reference, entry in TASKS.items() if not entry.hidden
}
"""`Bash@3` -> what is known of it."""


def catalog(packages: Path) -> Mapping[str, TaskInfo]:
    """Ours and the user's own, whose folder in the home is given; a package comes before a task of ours."""
    if not (packages / "index.json").exists():
        return CATALOG
    own = {reference.lower(): reference for reference in CATALOG}
    infos: Mapping[str, TaskInfo] = importlib.import_module(_PACKAGES).infos_in(packages)
    replaced = {own[reference.lower()] for reference in infos if reference.lower() in own}
    return {**{reference: info for reference, info in CATALOG.items() if reference not in replaced}, **infos}
