"""The tasks that can run here, as the stations to the left want to know them when they check a file and plan it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.definition.model import TaskInfo
from drivetrain.run.tasks.index import TASKS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from drivetrain.run.tasks.index import Entry


def _info(reference: str, entry: Entry) -> TaskInfo:
    """Its inputs are not repeated: they are Azure's own, which the definition station knows."""
    name, version = reference.split("@")
    return TaskInfo(
        name=name,
        version=int(version),
        title=name,
        optional=frozenset(entry.also),
        connections=entry.connections,
        secure_files=entry.secure_files,
        server=entry.server,
    )


CATALOG: Mapping[str, TaskInfo] = {reference: _info(reference, entry) for reference, entry in TASKS.items()}
"""`Bash@3` -> what is known of it."""
