"""What the stations to the left know of task packages when they check a file and plan it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.definition.model import TaskInfo
from drivetrain.run.packages.shelf import Shelf, newest

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from drivetrain.run.packages.model import PackageInput, TaskPackage


def infos_in(folder: Path) -> dict[str, TaskInfo]:
    """Those of a home, whose folder `tasks` is given."""
    return package_infos(Shelf(folder).packages())


def package_infos(packages: Sequence[TaskPackage]) -> dict[str, TaskInfo]:
    """By everything that a pipeline may call them: `Name@1`, also with their id, or as their extension calls them. Of
    several minor versions the newest is meant.
    """
    found: dict[str, TaskInfo] = {}
    for package in packages:
        if newest(packages, package.reference) is package:
            info = _info(package)
            found |= {f"{name}@{package.version[0]}": info for name in package.names}
    return found


def _info(package: TaskPackage) -> TaskInfo:
    required = frozenset(each.name for each in package.inputs if _is_required(each))
    return TaskInfo(
        name=package.name,
        version=package.version[0],
        title=package.title,
        required=required,
        optional=frozenset(each.name for each in package.inputs) - required,
        aliases={alias: each.name for each in package.inputs for alias in each.aliases},
        connections=_names(each for each in package.inputs if each.names_connections),
        secure_files=_names(each for each in package.inputs if each.names_secure_files),
        values={each.name: each.options for each in package.inputs if each.options},
        deprecated=package.deprecated,
    )


def _is_required(each: PackageInput) -> bool:
    """One that is asked for only beside some value of another input is not always needed."""
    return each.required and not each.default and not each.visible_rule


def _names(inputs: Iterator[PackageInput]) -> tuple[str, ...]:
    return tuple(name for each in inputs for name in (each.name, *each.aliases))
