"""The names that a file gives to its resources."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Protocol, TypeVar

from drivetrain.definition.shape import filled, shown

if TYPE_CHECKING:
    from collections.abc import Iterable

    from drivetrain.definition.problems import Problems
    from drivetrain.errors import Position
    from drivetrain.lang.tree import Node

_ALIAS = re.compile(r"[-_.A-Za-z0-9]+\Z")


class _Resource(Protocol):
    @property
    def alias(self) -> str: ...
    @property
    def position(self) -> Position: ...


ResourceT = TypeVar("ResourceT", bound=_Resource)


def alias_of(key: str, found: dict[str, Node], item: Node, problems: Problems) -> str | None:
    """The alias that an item of `resources` gives itself; None when it has none, which is reported."""
    alias = filled(found.get(key), key, problems)
    if alias is None:
        problems.error(item, f"a resource needs an alias: `- {key}: name`", code="missing-key")
        return None
    if not _ALIAS.match(alias.value):
        message = f"the alias '{shown(alias.value)}' is not valid"
        problems.error(alias, message, code="wrong-name", hint="letters, digits, -, _ and .")
    return alias.value


def distinct(resources: Iterable[ResourceT | None], kind: str, problems: Problems) -> tuple[ResourceT, ...]:
    """The resources that could be read, the first of each alias; a second one is reported."""
    kept: dict[str, ResourceT] = {}
    for resource in resources:
        if resource is None:
            continue
        if resource.alias.lower() in kept:
            message = f"the {kind} resource '{resource.alias}' is declared twice (aliases ignore case)"
            problems.error(resource.position, message, code="duplicate-name")
        kept.setdefault(resource.alias.lower(), resource)
    return tuple(kept.values())
