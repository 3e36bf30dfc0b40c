"""`stages`. https://learn.microsoft.com/azure/devops/pipelines/yaml-schema/stages-stage"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.definition import schema
from drivetrain.definition.convert.job import convert_jobs
from drivetrain.definition.convert.pool import convert_pool
from drivetrain.definition.convert.variables import convert_variables
from drivetrain.definition.model import Stage
from drivetrain.definition.shape import (
    boolean,
    called,
    choice,
    fields,
    filled,
    items,
    misplaced,
    shown,
    some_items,
    string,
    text_or_list,
    unexpected,
    unknown_key,
)
from drivetrain.lang.tree import Mapping

if TYPE_CHECKING:
    from drivetrain.definition.problems import Problems
    from drivetrain.errors import Position
    from drivetrain.lang.tree import Node


def convert_stages(node: Node | None, at: Position, problems: Problems) -> tuple[Stage, ...]:
    """The stages of a pipeline, without those that cannot be read."""
    found = (convert_stage(item, problems) for item in some_items(node, "stages", "the pipeline", at, problems))
    return tuple(stage for stage in found if stage is not None)


def convert_stage(item: Node, problems: Problems) -> Stage | None:
    """One stage. No `dependsOn` key is not the same as an empty one."""
    if not _is_stage(item, problems):
        return None
    found = fields(item, schema.STAGE, problems)
    name = string(found["stage"], "stage", problems)
    depends_on = found.get("dependsOn")
    return Stage(
        name=name,
        position=item.position,
        jobs=convert_jobs(found.get("jobs"), called("stage", name), item.position, problems),
        display_name=string(found.get("displayName"), "displayName", problems),
        depends_on=None if depends_on is None else text_or_list(depends_on, "dependsOn", problems),
        condition=filled(found.get("condition"), "condition", problems),
        pool=convert_pool(found.get("pool"), problems),
        variables=convert_variables(found.get("variables"), problems),
        lock_behavior=choice(found.get("lockBehavior"), "lockBehavior", schema.LOCK_BEHAVIOR, problems),
        trigger=choice(found.get("trigger"), "trigger", schema.STAGE_TRIGGER, problems) or "automatic",
        skippable=boolean(found.get("isSkippable"), "isSkippable", problems, default=True),
        group=string(found.get("group"), "group", problems),
        checks=tuple(_check(check, problems) for check in items(found.get("checks"), "checks", problems)),
        template_context=found.get("templateContext"),
    )


def _check(item: Node, problems: Problems) -> str:
    found = fields(item, schema.CHECK, problems)
    return choice(found.get("type"), "type of a check", schema.CHECK_TYPES, problems)


def _is_stage(item: Node, problems: Problems) -> bool:
    if not isinstance(item, Mapping) or not item.entries:
        hint = "write `- stage: name`"
        misplaced(item, "a stage must be a mapping", problems, hint=hint)
        return False
    first = item.entries[0][0]
    if first.value == "stage":
        return True
    if item.get("stage") is not None:
        hint = f"a stage begins with `stage`: move it before `{shown(first.value)}`"
        problems.error(first, unexpected(first), code="first-key", hint=hint)
    else:
        unknown_key(first, "stages", ["stage", "template"], problems)
    return False
