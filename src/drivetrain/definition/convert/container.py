"""`container` and `services` of a job, and what a container resource shares with them.

https://learn.microsoft.com/azure/devops/pipelines/yaml-schema/jobs-job-container
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.definition import schema
from drivetrain.definition.resources.model import Container
from drivetrain.definition.shape import boolean, fields, filled, is_empty, misplaced, string, strings, texts
from drivetrain.lang.tree import Mapping, Scalar

if TYPE_CHECKING:
    from drivetrain.definition.problems import Problems
    from drivetrain.lang.tree import Node


def convert_container(node: Node | None, problems: Problems) -> Container | None:
    """The alias or image in short, or a mapping; None when there is none here."""
    if node is None or is_empty(node):
        return None
    if isinstance(node, Scalar):
        return Container(node.position, alias=node)
    found = fields(node, schema.CONTAINER, problems)
    container = described(found, node, problems)
    if isinstance(node, Mapping) and container.image is None and container.alias is None:
        problems.error(node, "a container needs `image`", code="missing-key")
    return container


def described(found: dict[str, Node], at: Node, problems: Problems) -> Container:
    """A container from the keys of a mapping that have been looked at already."""
    return Container(
        at.position,
        alias=filled(found.get("alias"), "alias", problems),
        image=filled(found.get("image"), "image", problems),
        endpoint=string(found.get("endpoint"), "endpoint", problems),
        env={name: value.value for name, value in texts(found.get("env"), "env", problems).items()},
        ports=strings(found.get("ports"), "ports", problems),
        volumes=strings(found.get("volumes"), "volumes", problems),
        options=string(found.get("options"), "options", problems),
        map_docker_socket=boolean(found.get("mapDockerSocket"), "mapDockerSocket", problems, default=True),
        read_only=_read_only(found.get("mountReadOnly"), problems),
    )


def _read_only(node: Node | None, problems: Problems) -> frozenset[str]:
    if node is None or is_empty(node):
        return frozenset()
    found = fields(node, schema.MOUNT_READ_ONLY, problems)
    return frozenset(name for name, value in found.items() if boolean(value, name, problems, default=False))


def convert_services(node: Node | None, problems: Problems) -> dict[str, Container]:
    """`services`: a name on the network of the job -> its container."""
    if node is None or is_empty(node):
        return {}
    if not isinstance(node, Mapping):
        misplaced(node, "services must be a mapping", problems)
        return {}
    found = {key.value: convert_container(value, problems) for key, value in node.entries}
    return {name: container for name, container in found.items() if container is not None}
