"""The root of the file. https://learn.microsoft.com/azure/devops/pipelines/yaml-schema/pipeline"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.definition import schema
from drivetrain.definition.convert.job import convert_jobs, only_job
from drivetrain.definition.convert.pool import convert_pool
from drivetrain.definition.convert.resources import convert_resources
from drivetrain.definition.convert.schedules import convert_schedules
from drivetrain.definition.convert.stage import convert_stages
from drivetrain.definition.convert.trigger import convert_pull_request, convert_trigger
from drivetrain.definition.convert.variables import convert_variables
from drivetrain.definition.legacy import modern
from drivetrain.definition.model import Pipeline, Stage
from drivetrain.definition.shape import boolean, choice, fields, filled

if TYPE_CHECKING:
    from collections.abc import Mapping as Values

    from drivetrain.definition.model import Parameter
    from drivetrain.definition.problems import Problems
    from drivetrain.lang.tree import Mapping, Node

DEFAULT_STAGE = "__default"
"""The stage of a file without stages, as Azure names it."""


def convert_pipeline(
    expanded: Mapping, parameters: tuple[Parameter, ...], values: Values[str, object], problems: Problems
) -> Pipeline:
    """The whole file, after expansion."""
    fields(expanded, _root_place(expanded, problems), problems)
    root = modern(expanded, problems)
    found = {key.value: value for key, value in root.entries}
    append = found.get("appendCommitMessageToRunName")
    return Pipeline(
        file=root.position.file,
        position=root.position,
        stages=_stages(root, found, problems),
        name=filled(found.get("name"), "name", problems),
        append_commit_message=boolean(append, "appendCommitMessageToRunName", problems, default=True),
        trigger=convert_trigger(found.get("trigger"), problems),
        pr=convert_pull_request(found.get("pr"), problems),
        schedules=convert_schedules(found.get("schedules"), problems),
        resources=convert_resources(found.get("resources"), problems),
        lock_behavior=choice(found.get("lockBehavior"), "lockBehavior", schema.LOCK_BEHAVIOR, problems),
        parameters=parameters,
        parameter_values=values,
        variables=convert_variables(found.get("variables"), problems),
        pool=convert_pool(found.get("pool"), problems),
    )


def _root_place(root: Mapping, problems: Problems) -> schema.Place:
    """The root form, and complaints about none or several."""
    forms = [key for key, _ in root.entries if key.value in schema.ROOT]
    if not forms:
        known = schema.ANY_ROOT.keys
        if not problems.refused and all(key.value in known for key, _ in root.entries):
            message = "nothing to run: the file has neither `stages` nor `jobs` nor `steps` nor `extends`"
            hint = "the smallest pipeline is\n        steps:\n        - script: echo hello"
            problems.error(root, message, code="missing-key", hint=hint)
        return schema.ANY_ROOT
    for key in forms[1:]:
        listing = ", ".join(schema.ROOT)
        message = f"'{key.value}' beside '{forms[0].value}': a pipeline has exactly one of {listing}"
        problems.error(key, message, code="conflicting-keys")
    return schema.ANY_ROOT if len(forms) > 1 else schema.ROOT[forms[0].value]


def _stages(root: Mapping, found: dict[str, Node], problems: Problems) -> tuple[Stage, ...]:
    if "stages" in found:
        return convert_stages(found["stages"], root.position, problems)
    if "jobs" in found:
        jobs = convert_jobs(found["jobs"], "the pipeline", root.position, problems)
        return (Stage(DEFAULT_STAGE, root.position, jobs),)
    if "steps" in found:
        return (Stage(DEFAULT_STAGE, root.position, (only_job(found, root, problems),)),)
    return ()
