"""`steps`. https://learn.microsoft.com/azure/devops/pipelines/yaml-schema/steps"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.definition import schema
from drivetrain.definition.model import Step
from drivetrain.definition.shape import (
    boolean,
    called,
    closest,
    fields,
    is_empty,
    late_boolean,
    late_number,
    shown,
    some_items,
    string,
    text,
    texts,
    what,
)
from drivetrain.lang.tree import Mapping, Scalar

if TYPE_CHECKING:
    from drivetrain.definition.problems import Problems
    from drivetrain.errors import Position
    from drivetrain.lang.tree import Node

_COMMON = frozenset(schema.STEP_COMMON.split())
_BOOLEAN_OPTIONS = frozenset({"clean", "fetchTags", "lfs", "persistCredentials", "failOnStderr", "ignoreLASTEXITCODE"})


def convert_steps(node: Node | None, job: str, at: Position, problems: Problems) -> tuple[Step, ...]:
    """The steps of a job, without those that cannot be read."""
    found = (convert_step(item, problems) for item in some_items(node, "steps", called("job", job), at, problems))
    return tuple(step for step in found if step is not None)


def convert_step(item: Node, problems: Problems) -> Step | None:
    """One step, told by its first key."""
    kind = _kind(item, problems)
    if kind is None:
        return None
    found = fields(item, schema.STEPS[kind], problems)
    subject = text(found[kind], kind, problems)
    if subject is None:
        return None
    own = found.keys() - _COMMON - {kind, "inputs"}
    options = {key: _option(key, found[key], problems) for key in found if key in own}
    inputs = found.get("inputs")
    return Step(
        kind,
        subject,
        item.position,
        options={key: value for key, value in options.items() if value is not None},
        inputs=texts(inputs, "inputs", problems),
        input_keys=tuple(key for key, _ in inputs.entries) if isinstance(inputs, Mapping) else (),
        env={name: value.value for name, value in texts(found.get("env"), "env", problems).items()},
        name=_filled(text(found.get("name"), "name", problems)),
        display_name=string(found.get("displayName"), "displayName", problems),
        condition=_filled(text(found.get("condition"), "condition", problems)),
        enabled=boolean(found.get("enabled"), "enabled", problems, default=True),
        continue_on_error=late_boolean(found.get("continueOnError"), "continueOnError", problems),
        timeout_minutes=late_number(found.get("timeoutInMinutes"), "timeoutInMinutes", problems, "0"),
        retry_count=late_number(found.get("retryCountOnTaskFailure"), "retryCountOnTaskFailure", problems, "0"),
    )


def _option(key: str, node: Node, problems: Problems) -> Scalar | None:
    """An option's text; Azure's other words for true and false become these two."""
    if key in _BOOLEAN_OPTIONS:
        return Scalar(late_boolean(node, key, problems), node.position)
    return text(node, key, problems)


def _filled(found: Scalar | None) -> Scalar | None:
    return None if is_empty(found) else found


def _kind(item: Node, problems: Problems) -> str | None:
    if not isinstance(item, Mapping) or not item.entries:
        hint = "write `- script: ...`"
        problems.error(item, f"a step must be a mapping, not {what(item)}", code="wrong-type", hint=hint)
        return None
    first = item.entries[0][0]
    if first.value in schema.STEPS:
        return first.value
    if first.value in schema.STEPS_LATER:
        problems.not_yet(first, schema.STEPS_LATER[first.value])
        return None
    _explain_first_key(item, first, problems)
    return None


def _explain_first_key(item: Mapping, first: Scalar, problems: Problems) -> None:
    kinds = [*schema.STEPS, *schema.STEPS_LATER]
    inside = next((key.value for key, _ in item.entries if key.value in kinds), None)
    if inside is not None:
        message = f"a step must begin with its kind: move `{inside}` before `{shown(first.value)}`"
        problems.error(first, message, code="first-key")
        return
    hint = closest(first.value, kinds) or f"a step begins with one of: {', '.join(kinds)}"
    problems.error(first, f"unknown kind of step '{shown(first.value)}'", code="unknown-key", hint=hint)
