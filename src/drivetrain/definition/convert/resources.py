"""`resources`: only the legacy `repo: self` so far; the others are refused.

https://learn.microsoft.com/azure/devops/pipelines/yaml-schema/resources
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.definition import schema
from drivetrain.definition.shape import fields, is_empty, shown, string, what
from drivetrain.lang.tree import Mapping, Sequence

if TYPE_CHECKING:
    from drivetrain.definition.problems import Problems
    from drivetrain.lang.tree import Node


def check_resources(node: Node | None, problems: Problems) -> None:
    """Refuse every resource that is not this repository."""
    if node is None or is_empty(node):
        return
    if isinstance(node, Mapping):
        fields(node, schema.RESOURCES, problems)
    elif isinstance(node, Sequence):
        for item in node.items:
            _legacy(item, problems)
    else:
        problems.error(node, f"resources must be a mapping, not {what(node)}", code="wrong-type")


def _legacy(item: Node, problems: Problems) -> None:
    found = fields(item, schema.LEGACY_RESOURCE, problems)
    repository = string(found.get("repo"), "repo", problems)
    if repository and repository.lower() != "self":
        problems.not_yet(found["repo"], f"the repository '{shown(repository)}' as a resource")
    for option in ("clean", "fetchDepth", "lfs"):
        if option in found:
            problems.not_yet(found[option], f"{option} of a legacy resource (write it at `checkout: self`)")
