"""`steps`. https://learn.microsoft.com/azure/devops/pipelines/yaml-schema/steps"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.definition import schema
from drivetrain.definition.convert.repositories import checkout_option
from drivetrain.definition.model import Step, Target
from drivetrain.definition.shape import (
    boolean,
    choice,
    closest,
    fields,
    filled,
    has_no_items,
    is_empty,
    items,
    late_boolean,
    late_number,
    misplaced,
    shown,
    string,
    strings,
    text,
    texts,
    unexpected,
)
from drivetrain.definition.shorthand import from_task
from drivetrain.lang.tree import Mapping, Scalar

if TYPE_CHECKING:
    from drivetrain.definition.problems import Problems
    from drivetrain.errors import Position
    from drivetrain.lang.tree import Node

_COMMON = frozenset(schema.STEP_COMMON.split())
_BOOLEAN_OPTIONS = frozenset({"failOnStderr", "ignoreLASTEXITCODE"})


def convert_steps(node: Node | None, owner: str, at: Position, problems: Problems) -> tuple[Step, ...]:
    """The steps of a job or hook, without those that cannot be read. It may do without, but is told so."""
    if has_no_items(node) and not problems.refused:
        problems.warning(at, f"{owner} has no steps", code="empty")
    found = (convert_step(item, problems) for item in items(node, "steps", problems))
    return tuple(step for step in found if step is not None)


def convert_step(item: Node, problems: Problems) -> Step | None:
    """One step, told by its first key."""
    step = _step(item, problems)
    if step is None:
        return None
    kind = step.entries[0][0].value
    found = fields(step, schema.STEPS[kind], problems)
    subject = text(found[kind], kind, problems)
    if subject is None:
        return None
    inputs = found.get("inputs")
    return Step(
        kind,
        subject,
        item.position,
        options=_options(kind, found, problems),
        inputs=texts(inputs, "inputs", problems),
        input_keys=tuple(key for key, _ in inputs.entries) if isinstance(inputs, Mapping) else (),
        env={name: value.value for name, value in texts(found.get("env"), "env", problems).items()},
        name=filled(found.get("name"), "name", problems),
        display_name=string(found.get("displayName"), "displayName", problems),
        condition=filled(found.get("condition"), "condition", problems),
        enabled=boolean(found.get("enabled"), "enabled", problems, default=True),
        continue_on_error=late_boolean(found.get("continueOnError"), "continueOnError", problems),
        timeout_minutes=late_number(found.get("timeoutInMinutes"), "timeoutInMinutes", problems, "0"),
        retry_count=late_number(found.get("retryCountOnTaskFailure"), "retryCountOnTaskFailure", problems, "0"),
        target=_target(found.get("target"), problems),
    )


def _options(kind: str, found: dict[str, Node], problems: Problems) -> dict[str, Scalar]:
    own = {key: node for key, node in found.items() if key not in _COMMON and key not in (kind, "inputs")}
    read = {key: _option(key, node, problems) for key, node in own.items()}
    return {key: value for key, value in read.items() if value is not None}


def _option(key: str, node: Node, problems: Problems) -> Scalar | None:
    """An option's text; Azure's other words for true and false become these two."""
    if key in _BOOLEAN_OPTIONS:
        return Scalar(late_boolean(node, key, problems), node.position)
    return checkout_option(key, node, problems)


def _target(node: Node | None, problems: Problems) -> Target | None:
    """The name of a container or `host`, or a mapping."""
    if node is None or is_empty(node):
        return None
    if isinstance(node, Scalar):
        return Target(node.position, node.value)
    found = fields(node, schema.TARGET, problems)
    return Target(
        node.position,
        string(found.get("container"), "container of a target", problems),
        choice(found.get("commands"), "commands", schema.TARGET_COMMANDS, problems),
        _settable(found.get("settableVariables"), problems),
    )


def _settable(node: Node | None, problems: Problems) -> tuple[str, ...] | None:
    if node is None or is_empty(node):
        return None
    if isinstance(node, Scalar):
        choice(node, "settableVariables", ("none",), problems)
        return ()
    return strings(node, "settableVariables", problems)


def _step(item: Node, problems: Problems) -> Mapping | None:
    """The mapping of a step that begins with its kind."""
    if not isinstance(item, Mapping) or not item.entries:
        hint = "write `- script: ...`"
        misplaced(item, "a step must be a mapping", problems, hint=hint)
        return None
    first = item.entries[0][0]
    if first.value in schema.STEPS:
        return from_task(item)
    _explain_first_key(item, first, problems)
    return None


def _explain_first_key(item: Mapping, first: Scalar, problems: Problems) -> None:
    kinds = [*schema.STEPS, "template"]
    inside = next((key.value for key, _ in item.entries if key.value in schema.STEPS), None)
    if inside is not None:
        hint = f"a step begins with its kind: move `{inside}` before `{shown(first.value)}`"
        problems.error(first, unexpected(first), code="first-key", hint=hint)
        return
    hint = closest(first.value, kinds) or f"a step begins with one of: {', '.join(kinds)}"
    problems.error(first, unexpected(first), code="unknown-key", hint=hint)
