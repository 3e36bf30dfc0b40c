"""`jobs`. https://learn.microsoft.com/azure/devops/pipelines/yaml-schema/jobs-job"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.definition import schema
from drivetrain.definition.convert.container import convert_container, convert_services
from drivetrain.definition.convert.deployment import convert_deployment
from drivetrain.definition.convert.pool import convert_pool
from drivetrain.definition.convert.steps import convert_steps
from drivetrain.definition.convert.strategy import convert_strategy
from drivetrain.definition.convert.variables import convert_variables, runtime_text
from drivetrain.definition.legacy import ONLY_JOB
from drivetrain.definition.model import Job, Uses
from drivetrain.definition.shape import (
    called,
    choice,
    fields,
    filled,
    is_empty,
    late_boolean,
    late_number,
    misplaced,
    shown,
    some_items,
    string,
    strings,
    text_or_list,
    unexpected,
    unknown_key,
)
from drivetrain.lang.tree import Mapping, Scalar, Sequence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from drivetrain.definition.problems import Problems
    from drivetrain.errors import Position
    from drivetrain.lang.tree import Node

_LATE = ("continueOnError", "timeoutInMinutes", "cancelTimeoutInMinutes", "pool", "strategy", "container", "services")
"""Keys in whose values `$[ ]` may stand."""


def convert_jobs(node: Node | None, owner: str, at: Position, problems: Problems) -> tuple[Job, ...]:
    """The jobs of a stage or pipeline, without those that cannot be read."""
    found = (convert_job(item, problems) for item in some_items(node, "jobs", owner, at, problems))
    return tuple(job for job in found if job is not None)


def convert_job(item: Node, problems: Problems) -> Job | None:
    """One job, told by its first key."""
    kind = _kind(item, problems)
    if kind is None:
        return None
    found = fields(item, schema.JOBS[kind], problems)
    name = string(found[kind], kind, problems)
    deploys = kind == "deployment"
    return Job(
        name=name,
        position=item.position,
        steps=() if deploys else convert_steps(found.get("steps"), called("job", name), item.position, problems),
        display_name=string(found.get("displayName"), "displayName", problems),
        depends_on=text_or_list(found.get("dependsOn"), "dependsOn", problems),
        condition=filled(found.get("condition"), "condition", problems),
        continue_on_error=late_boolean(found.get("continueOnError"), "continueOnError", problems),
        timeout_minutes=late_number(found.get("timeoutInMinutes"), "timeoutInMinutes", problems, "60"),
        cancel_timeout_minutes=late_number(
            found.get("cancelTimeoutInMinutes"), "cancelTimeoutInMinutes", problems, "5"
        ),
        pool=convert_pool(found.get("pool"), problems),
        variables=convert_variables(found.get("variables"), problems),
        workspace_clean=_workspace_clean(found.get("workspace"), problems),
        strategy=None if deploys else convert_strategy(found.get("strategy"), problems),
        deployment=convert_deployment(found, name, item.position, problems) if deploys else None,
        container=convert_container(found.get("container"), problems),
        services=convert_services(found.get("services"), problems),
        uses=_uses(found.get("uses"), problems),
        template_context=found.get("templateContext"),
        expressions=_expressions(found),
    )


def only_job(found: dict[str, Node], at: Mapping, problems: Problems) -> Job:
    """The single job of a file that has `steps` at its root, named as Azure names it."""
    return Job(
        name=ONLY_JOB,
        position=at.position,
        steps=convert_steps(found.get("steps"), "the pipeline", at.position, problems),
        continue_on_error=late_boolean(found.get("continueOnError"), "continueOnError", problems),
        workspace_clean=_workspace_clean(found.get("workspace"), problems),
        strategy=convert_strategy(found.get("strategy"), problems),
        container=convert_container(found.get("container"), problems),
        services=convert_services(found.get("services"), problems),
        expressions=_expressions(found),
    )


def _workspace_clean(node: Node | None, problems: Problems) -> str:
    """`workspace: {clean: ...}`."""
    if node is None or is_empty(node):
        return ""
    found = fields(node, schema.WORKSPACE, problems)
    return choice(found.get("clean"), "clean", schema.WORKSPACE_CLEAN, problems)


def _uses(node: Node | None, problems: Problems) -> Uses | None:
    if node is None or is_empty(node):
        return None
    found = fields(node, schema.USES, problems)
    repositories = text_or_list(found.get("repositories"), "repositories", problems)
    return Uses(repositories, strings(found.get("pools"), "pools", problems))


def _expressions(found: dict[str, Node]) -> tuple[Scalar, ...]:
    inside = (runtime_text(scalar) for key in _LATE if key in found for scalar in _scalars(found[key]))
    return tuple(text for text in inside if text is not None)


def _scalars(node: Node) -> Iterator[Scalar]:
    if isinstance(node, Scalar):
        yield node
        return
    for child in node.items if isinstance(node, Sequence) else (value for _, value in node.entries):
        yield from _scalars(child)


def _kind(item: Node, problems: Problems) -> str | None:
    if not isinstance(item, Mapping) or not item.entries:
        hint = "write `- job: name`"
        misplaced(item, "a job must be a mapping", problems, hint=hint)
        return None
    first: Scalar = item.entries[0][0]
    if first.value in schema.JOBS:
        return first.value
    inside = next((kind for kind in schema.JOBS if item.get(kind) is not None), None)
    if inside is None:
        unknown_key(first, "jobs", [*schema.JOBS, "template"], problems)
        return None
    hint = f"a job begins with `{inside}`: move it before `{shown(first.value)}`"
    problems.error(first, unexpected(first), code="first-key", hint=hint)
    return None
