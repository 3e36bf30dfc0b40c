"""`pool`. https://learn.microsoft.com/azure/devops/pipelines/yaml-schema/pool"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.definition import schema
from drivetrain.definition.model import Pool
from drivetrain.definition.shape import fields, is_empty, string, text_or_list
from drivetrain.lang.tree import Scalar

if TYPE_CHECKING:
    from drivetrain.definition.problems import Problems
    from drivetrain.lang.tree import Node


def convert_pool(node: Node | None, problems: Problems) -> Pool | None:
    """A pool's name, or a mapping; None when there is none here."""
    if node is None or is_empty(node):
        return None
    if isinstance(node, Scalar):
        if node.value.lower() == "server":
            problems.not_yet(node, "server jobs")
        return Pool(name=node.value)
    found = fields(node, schema.POOL, problems)
    return Pool(
        name=string(found.get("name"), "name of a pool", problems),
        vm_image=string(found.get("vmImage"), "vmImage", problems),
        demands=tuple(demand.value for demand in text_or_list(found.get("demands"), "demands", problems)),
    )
