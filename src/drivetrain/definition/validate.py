"""Checks on a pipeline as a whole: names, dependencies, expressions, tasks."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from drivetrain.definition import legal
from drivetrain.definition.graph import check_dependencies
from drivetrain.definition.legal import Expressions
from drivetrain.definition.model import Variable
from drivetrain.definition.shape import is_empty, shown
from drivetrain.definition.tasks import Tasks

if TYPE_CHECKING:
    from collections.abc import Mapping

    from drivetrain.definition.model import Job, Pipeline, Stage, Step, TaskInfo, Variables
    from drivetrain.definition.problems import Problems
    from drivetrain.errors import Position

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_MAX_NAME = 100


def validate(pipeline: Pipeline, tasks: Mapping[str, TaskInfo], problems: Problems) -> None:
    """Report everything that is wrong with a pipeline that could be read."""
    _Validator(tasks, problems).pipeline(pipeline)


class _Validator:
    def __init__(self, tasks: Mapping[str, TaskInfo], problems: Problems) -> None:
        self._problems = problems
        self._tasks = Tasks(tasks, problems)
        self._expressions = Expressions(problems)

    def pipeline(self, pipeline: Pipeline) -> None:
        self._variables(pipeline.variables)
        self._names([(stage.name, stage.position) for stage in pipeline.stages], "stage")
        check_dependencies(
            {stage.name: stage.depends_on or () for stage in pipeline.stages if stage.name}, "stage", self._problems
        )
        for stage in pipeline.stages:
            self._stage(stage)

    def _stage(self, stage: Stage) -> None:
        self._expressions.check(stage.condition, legal.STAGE_CONDITION)
        self._variables(stage.variables)
        self._names([(job.name, job.position) for job in stage.jobs], "job")
        check_dependencies({job.name: job.depends_on for job in stage.jobs if job.name}, "job", self._problems)
        self._unnamed_dependants(stage)
        for job in stage.jobs:
            self._job(job)

    def _unnamed_dependants(self, stage: Stage) -> None:
        """Jobs without a name cannot be depended on, but may depend on others."""
        named = {job.name.lower() for job in stage.jobs if job.name}
        for job in stage.jobs:
            for reference in job.depends_on:
                if not job.name and reference.value.lower() not in named:
                    message = f"a job depends on unknown job '{shown(reference.value)}'"
                    self._problems.error(reference, message, code="unknown-dependency")

    def _job(self, job: Job) -> None:
        self._expressions.check(job.condition, legal.JOB_CONDITION)
        self._variables(job.variables)
        named = [step.name for step in job.steps if step.name is not None]
        self._names([(name.value, name.position) for name in named], "step")
        for step in job.steps:
            self._step(step)

    def _step(self, step: Step) -> None:
        self._expressions.check(step.condition, legal.STEP_CONDITION)
        if step.kind == "task":
            self._tasks.check(step)
        elif step.kind == "upload":
            message = "`upload` is deprecated: write `publish`"
            self._problems.warning(step.position, message, code="deprecated")
        if step.kind in ("publish", "upload") and is_empty(step.subject):
            self._problems.error(step.position, "publish needs the path of a file or folder", code="missing-input")

    def _variables(self, variables: Variables) -> None:
        self._expressions.check_variables(tuple(variable for variable in variables if isinstance(variable, Variable)))

    def _names(self, names: list[tuple[str, Position]], what: str) -> None:
        """Names are made of letters, digits and `_`, and are unique ignoring case."""
        seen: set[str] = set()
        for name, position in names:
            if not name:
                continue
            if not _NAME.match(name) or len(name) > _MAX_NAME:
                message = f"{what} name '{shown(name)}' is not valid"
                hint = f"letters, digits and _, not beginning with a digit, at most {_MAX_NAME}"
                self._problems.error(position, message, code="wrong-name", hint=hint)
            elif name.lower() in seen:
                message = f"{what} name '{name}' is used twice (names ignore case)"
                self._problems.error(position, message, code="duplicate-name")
            seen.add(name.lower())
