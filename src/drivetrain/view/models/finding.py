"""Versions that others name: what an endpoint serves, and who is the champion of its model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.errors import DrivetrainError
from drivetrain.registry.versions.model import CHAMPION

if TYPE_CHECKING:
    from collections.abc import Callable

    from drivetrain.registry.versions.model import ModelVersion
    from drivetrain.view.models.ports import Registry


def finder(registry: Registry | None) -> Callable[[str], ModelVersion | None]:
    """Finds versions by NAME:VERSION or NAME@ALIAS, each once; what cannot be found is None."""
    known: dict[str, ModelVersion | None] = {}

    def find(reference: str) -> ModelVersion | None:
        if not reference or registry is None:
            return None
        if reference not in known:
            try:
                known[reference] = registry.models.find(reference)
            except DrivetrainError:
                known[reference] = None
        return known[reference]

    return find


def other_champion(live: str, find: Callable[[str], ModelVersion | None]) -> ModelVersion | None:
    """The champion of the model of a version, NAME:VERSION, when another one is. After a rollback it is: an alias stays
    where it was.
    """
    name, _, number = live.rpartition(":")
    champion = find(f"{name}@{CHAMPION}") if name else None
    return champion if champion and champion.version != number else None
