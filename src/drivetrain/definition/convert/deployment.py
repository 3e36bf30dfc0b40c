"""Deployment jobs. https://learn.microsoft.com/azure/devops/pipelines/process/deployment-jobs"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from drivetrain.definition import schema
from drivetrain.definition.convert.pool import convert_pool
from drivetrain.definition.convert.steps import convert_steps
from drivetrain.definition.model import Deployment, Environment, Hook
from drivetrain.definition.shape import called, choice, fields, filled, is_empty, shown, string, strings, text, what
from drivetrain.lang.tree import Mapping, Scalar

if TYPE_CHECKING:
    from collections.abc import Iterator

    from drivetrain.definition.problems import Problems
    from drivetrain.errors import Position
    from drivetrain.lang.tree import Node

_WHOLE = 100
_NAME = re.compile(r"(?:\$\([^()]*\)|[^.])*")
"""What stands before the first dot that is not part of a macro."""


def convert_deployment(found: dict[str, Node], name: str, at: Position, problems: Problems) -> Deployment:
    """What a deployment job has in place of steps, from the keys of the job."""
    environment = _environment(found.get("environment"), problems)
    strategy, life = _strategy(found.get("strategy"), name, at, problems)
    return Deployment(
        environment,
        strategy,
        tuple(_hooks(life, problems)),
        max_parallel=_max_parallel(life.get("maxParallel"), problems),
        increments=strings(life.get("increments"), "increments", problems),
    )


def _environment(node: Node | None, problems: Problems) -> Environment | None:
    """`name`, `name.resource`, or a mapping."""
    if node is None or is_empty(node):
        return None
    if isinstance(node, Scalar):
        name = _NAME.match(node.value)[0]  # type: ignore[index]  # it matches any text
        resource = node.value[len(name) + 1 :]
        return Environment(Scalar(name, node.position, node.style, node.spans), resource)
    found = fields(node, schema.ENVIRONMENT, problems)
    name_node = filled(found.get("name"), "name of an environment", problems)
    if name_node is None:
        problems.error(node, "an environment needs a `name`", code="missing-key")
        return None
    return Environment(
        name_node,
        string(found.get("resourceName"), "resourceName", problems),
        string(found.get("resourceId"), "resourceId", problems),
        choice(found.get("resourceType"), "resourceType", schema.RESOURCE_TYPES, problems),
        ",".join(strings(found.get("tags"), "tags", problems)),
    )


def _strategy(node: Node | None, name: str, at: Position, problems: Problems) -> tuple[str, dict[str, Node]]:
    """The name of the strategy and the keys below it."""
    if node is None or is_empty(node):
        message = f"{called('deployment job', name)} has no `strategy` (runOnce, rolling or canary), and so no steps"
        problems.warning(at, message, code="missing-key")
        return "runOnce", {}
    found = fields(node, schema.DEPLOYMENT_STRATEGY, problems)
    if len(found) > 1:
        message = f"a deployment job has one strategy, not {' and '.join(found)}"
        problems.error(node, message, code="conflicting-keys")
    for strategy, life in found.items():
        return strategy, {} if is_empty(life) else fields(life, schema.DEPLOYMENT_STRATEGIES[strategy], problems)
    if isinstance(node, Mapping) and not node.entries:
        problems.error(node, "the strategy is empty: runOnce, rolling or canary", code="missing-key")
    return "runOnce", {}


def _hooks(life: dict[str, Node], problems: Problems) -> Iterator[Hook]:
    """In the order in which they run, whatever their order in the file."""
    for name in schema.HOOKS:
        if name in life:
            yield _hook(name, life[name], problems)
    endings = life.get("on")
    if endings is None or is_empty(endings):
        return
    found = fields(endings, schema.ON, problems)
    for name in schema.ENDINGS:
        if name in found:
            yield _hook(name, found[name], problems)


def _hook(name: str, node: Node, problems: Problems) -> Hook:
    found = {} if is_empty(node) else fields(node, schema.HOOK, problems)
    steps = convert_steps(found.get("steps"), f"hook {name}", node.position, problems)
    return Hook(name, node.position, steps, convert_pool(found.get("pool"), problems))


def _max_parallel(node: Node | None, problems: Problems) -> str:
    """A number from 1, a percentage, or a text that becomes one at run time."""
    found = text(node, "maxParallel", problems)
    if found is None or is_empty(found) or "$" in found.value:
        return "" if found is None else found.value
    number = found.value.removesuffix("%")
    percent = number != found.value
    if not (number.isascii() and number.isdigit()):
        message = f"'{shown(found.value)}' is not supported as rolling option."
    elif percent and not 1 <= int(number[:9]) <= _WHOLE:
        message = "Percentage rolling value should be with in 1 to 100."
    elif int(number[:9]) < 1:
        message = "Absolute rolling value should be greater than zero."
    else:
        return found.value
    problems.error(found, message, code="wrong-value", hint=f"a number of targets or a percentage, not {what(found)}")
    return ""
