"""`jobs`. https://learn.microsoft.com/azure/devops/pipelines/yaml-schema/jobs-job"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.definition import schema
from drivetrain.definition.convert.pool import convert_pool
from drivetrain.definition.convert.steps import convert_steps
from drivetrain.definition.convert.strategy import convert_strategy
from drivetrain.definition.convert.variables import convert_variables
from drivetrain.definition.model import Job
from drivetrain.definition.shape import (
    choice,
    fields,
    is_empty,
    late_boolean,
    late_number,
    some_items,
    string,
    text,
    text_or_list,
    unknown_key,
    what,
)
from drivetrain.lang.tree import Mapping

if TYPE_CHECKING:
    from drivetrain.definition.problems import Problems
    from drivetrain.errors import Position
    from drivetrain.lang.tree import Node, Scalar


def convert_jobs(node: Node | None, owner: str, at: Position, problems: Problems) -> tuple[Job, ...]:
    """The jobs of a stage or pipeline, without those that cannot be read."""
    found = (convert_job(item, problems) for item in some_items(node, "jobs", owner, at, problems))
    return tuple(job for job in found if job is not None)


def convert_job(item: Node, problems: Problems) -> Job | None:
    """One job, told by its first key."""
    if not _is_job(item, problems):
        return None
    found = fields(item, schema.JOB, problems)
    name = string(found["job"], "job", problems)
    condition = text(found.get("condition"), "condition", problems)
    return Job(
        name=name,
        position=item.position,
        steps=convert_steps(found.get("steps"), name, item.position, problems),
        display_name=string(found.get("displayName"), "displayName", problems),
        depends_on=text_or_list(found.get("dependsOn"), "dependsOn", problems),
        condition=None if is_empty(condition) else condition,
        continue_on_error=late_boolean(found.get("continueOnError"), "continueOnError", problems),
        timeout_minutes=late_number(found.get("timeoutInMinutes"), "timeoutInMinutes", problems, "60"),
        cancel_timeout_minutes=late_number(
            found.get("cancelTimeoutInMinutes"), "cancelTimeoutInMinutes", problems, "5"
        ),
        pool=convert_pool(found.get("pool"), problems),
        variables=convert_variables(found.get("variables"), problems),
        workspace_clean=workspace_clean(found.get("workspace"), problems),
        strategy=convert_strategy(found.get("strategy"), problems),
    )


def only_job(found: dict[str, Node], at: Mapping, problems: Problems) -> Job:
    """The single job of a file that has `steps` at its root, named as Azure names it."""
    return Job(
        name="Job",
        position=at.position,
        steps=convert_steps(found.get("steps"), "", at.position, problems),
        continue_on_error=late_boolean(found.get("continueOnError"), "continueOnError", problems),
        workspace_clean=workspace_clean(found.get("workspace"), problems),
        strategy=convert_strategy(found.get("strategy"), problems),
    )


def workspace_clean(node: Node | None, problems: Problems) -> str:
    """`workspace: {clean: ...}`."""
    if node is None or is_empty(node):
        return ""
    found = fields(node, schema.WORKSPACE, problems)
    return choice(found.get("clean"), "clean", schema.WORKSPACE_CLEAN, problems)


def _is_job(item: Node, problems: Problems) -> bool:
    if not isinstance(item, Mapping) or not item.entries:
        problems.error(
            item, f"a job must be a mapping, not {what(item)}", code="wrong-type", hint="write `- job: name`"
        )
        return False
    first: Scalar = item.entries[0][0]
    if first.value == "job":
        return True
    if first.value in schema.JOB_KINDS_LATER:
        problems.not_yet(first, schema.JOB_KINDS_LATER[first.value])
    elif item.get("job") is not None:
        problems.error(first, f"a job must begin with `job`: move it before `{first.value}`", code="first-key")
    else:
        unknown_key(first, "jobs", ["job", *schema.JOB_KINDS_LATER], problems)
    return False
