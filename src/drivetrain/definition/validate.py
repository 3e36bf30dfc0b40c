"""Checks on a pipeline as a whole: names, dependencies, references, expressions, tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.definition import legal
from drivetrain.definition.convert.pipeline import DEFAULT_STAGE
from drivetrain.definition.graph import Dependant, check_dependencies
from drivetrain.definition.legal import Expressions
from drivetrain.definition.model import Variable
from drivetrain.definition.names import check_names, job_label, job_named, stage_named, step_named
from drivetrain.definition.references import References
from drivetrain.definition.shape import shown
from drivetrain.definition.tasks import Tasks

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from drivetrain.definition.legal import Legal
    from drivetrain.definition.model import Job, Pipeline, Stage, Step, TaskInfo, Variables
    from drivetrain.definition.problems import Problems

_NO_DEPLOYMENT_NAME = "deploy"


def validate(pipeline: Pipeline, tasks: Mapping[str, TaskInfo], problems: Problems) -> None:
    """Report everything that is wrong with a pipeline that could be read."""
    _Validator(pipeline, tasks, problems).check()


class _Validator:
    def __init__(self, pipeline: Pipeline, tasks: Mapping[str, TaskInfo], problems: Problems) -> None:
        self._pipeline = pipeline
        self._problems = problems
        self._tasks = Tasks(tasks, problems)
        self._expressions = Expressions(problems)
        self._references = References(pipeline.resources, problems)

    def check(self) -> None:
        stages = self._pipeline.stages
        self._variables(self._pipeline.variables, legal.ROOT_VARIABLE)
        check_names([stage_named(stage.name, stage.position) for stage in stages], self._problems)
        check_dependencies(_stage_dependants(stages), "stage", self._problems)
        for stage in stages:
            self._stage(stage)

    def _stage(self, stage: Stage) -> None:
        self._expressions.check(stage.condition, legal.STAGE_CONDITION)
        self._variables(stage.variables)
        name = "" if stage.name == DEFAULT_STAGE else stage.name
        check_names([job_named(job.name, job.position, name) for job in stage.jobs], self._problems)
        owner = f"Stage {shown(name)}" if name else "The pipeline"
        check_dependencies(_job_dependants(stage.jobs, name), "job", self._problems, owner=owner)
        for place, job in enumerate(stage.jobs, 1):
            self._job(job, job_label(job.name or f"Job{place}", name))

    def _job(self, job: Job, label: str) -> None:
        self._expressions.check(job.condition, legal.JOB_CONDITION)
        self._variables(job.variables)
        for expression in job.expressions:
            self._expressions.check(expression, legal.JOB_PROPERTY)
        self._references.check_containers([job.container, *job.services.values()])
        self._steps(job.steps, label)
        if job.deployment is None:
            return
        if job.name == _NO_DEPLOYMENT_NAME:
            message = f"a deployment job cannot be called '{job.name}': the word has a meaning of its own"
            self._problems.error(job.position, message, code="wrong-name", hint="any other name, such as deploy_web")
        for hook in job.deployment.hooks:
            self._steps(hook.steps, label)

    def _steps(self, steps: Sequence[Step], label: str) -> None:
        """The steps of a job or of one hook, each of which is a job of its own when it runs."""
        named = [step.name for step in steps if step.name is not None]
        check_names([step_named(name.value, name.position, label) for name in named], self._problems)
        for step in steps:
            self._step(step)

    def _step(self, step: Step) -> None:
        self._expressions.check(step.condition, legal.STEP_CONDITION)
        self._references.check_step(step)
        if step.kind == "task":
            self._tasks.check(step)
        elif step.kind == "upload":
            message = "`upload` is deprecated: write `publish`"
            self._problems.warning(step.position, message, code="deprecated")

    def _variables(self, variables: Variables, place: Legal = legal.VARIABLE) -> None:
        own = tuple(variable for variable in variables if isinstance(variable, Variable))
        self._expressions.check_variables(own, place)


def _stage_dependants(stages: Sequence[Stage]) -> list[Dependant]:
    """A stage that says nothing follows the one before it."""
    return [
        Dependant(
            stage.name,
            f"Stage {shown(stage.name) or f'Stage{place}'}",
            stage.position,
            stage.depends_on or (),
            follows=stage.depends_on is None and place > 1,
        )
        for place, stage in enumerate(stages, 1)
    ]


def _job_dependants(jobs: Sequence[Job], stage: str) -> list[Dependant]:
    return [
        Dependant(job.name, job_label(job.name or f"Job{place}", stage), job.position, job.depends_on)
        for place, job in enumerate(jobs, 1)
    ]
