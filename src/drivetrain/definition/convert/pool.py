"""`pool`. https://learn.microsoft.com/azure/devops/pipelines/yaml-schema/pool"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.definition import schema
from drivetrain.definition.model import Pool
from drivetrain.definition.shape import fields, is_empty, string, strings
from drivetrain.lang.tree import Scalar

if TYPE_CHECKING:
    from drivetrain.definition.problems import Problems
    from drivetrain.lang.tree import Node


def convert_pool(node: Node | None, problems: Problems) -> Pool | None:
    """A pool's name, `server`, or a mapping; None when there is none here."""
    if node is None or is_empty(node):
        return None
    found = {"name": node} if isinstance(node, Scalar) else fields(node, schema.POOL, problems)
    name = string(found.get("name"), "name of a pool", problems)
    if name.lower() == schema.SERVER and len(found) == 1:
        return Pool(server=True, position=node.position)
    return Pool(
        name=name,
        vm_image=string(found.get("vmImage"), "vmImage", problems),
        demands=strings(found.get("demands"), "demands", problems),
        position=node.position,
    )
