"""What the library shows a project: its own items, and the home's where it has none of that name."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from drivetrain.view.api.devops.errors import UnknownError

if TYPE_CHECKING:
    from drivetrain.run.library.model import Item, ItemKind
    from drivetrain.view.api.devops.services import Services
    from drivetrain.view.api.devops.teams import TeamProject


def owner_of(project: TeamProject) -> str:
    """Whose the items of a project are: its name; the home's own for a working tree."""
    return project.project.name if project.project else ""


def items(services: Services, kind: ItemKind, project: TeamProject) -> list[Item]:
    """Those that its pipelines find, by name."""
    found = {each.name.lower(): each for each in services.site.library.items(kind, "")}
    if owner := owner_of(project):
        found |= {each.name.lower(): each for each in services.site.library.items(kind, owner)}
    return [found[name] for name in sorted(found)]


def number_of(item: Item) -> int:
    """Azure counts variable groups; ours have GUIDs: 31 bits of these, always the same."""
    return uuid.UUID(item.id).int % (2**31 - 1) + 1


def numbered(found: list[Item], number: int, what: str) -> Item:
    """The item of a number. Raises UnknownError."""
    for each in found:
        if number_of(each) == number:
            return each
    raise UnknownError(f"{what} with id {number} does not exist.", f"{what.replace(' ', '')}NotFoundException")
