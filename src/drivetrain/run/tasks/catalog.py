"""The tasks that can run here, as the definition station wants to know them when it checks a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.definition.model import TaskInfo
from drivetrain.run.tasks.declared import TASKS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from drivetrain.run.tasks.declared import Declared


def _info(reference: str, declared: Declared) -> TaskInfo:
    name, version = reference.split("@")
    return TaskInfo(
        name=name,
        version=int(version),
        title=declared.title,
        required=frozenset(declared.required),
        optional=frozenset(declared.optional),
        aliases=declared.aliases,
    )


CATALOG: Mapping[str, TaskInfo] = {reference: _info(reference, declared) for reference, declared in TASKS.items()}
"""`Bash@3` -> what is known of it."""
