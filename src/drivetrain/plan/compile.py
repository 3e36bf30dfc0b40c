"""The station's verb: a checked Pipeline to a Plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from drivetrain.definition.model import CompileContext, Pool, Variable
from drivetrain.errors import DefinitionError
from drivetrain.plan.checkouts import Checkouts, by_alias, recorded
from drivetrain.plan.choose import ALL, Choice, choose
from drivetrain.plan.containers import Containers
from drivetrain.plan.hooks import plan_deployment, plan_hooks
from drivetrain.plan.legs import count, plan_legs, plan_strategy
from drivetrain.plan.model import ExtendsPlan, JobPlan, LegPlan, Plan, PoolPlan, StagePlan, VariablePlan
from drivetrain.plan.not_here import not_here
from drivetrain.plan.pipelines import recorded as recorded_pipelines
from drivetrain.plan.resources import job_resources, stage_resources
from drivetrain.plan.steps import plan_hook_steps, plan_steps

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from drivetrain.definition.model import Extended, Hook, Job, Pipeline, Stage, TaskInfo, Text, Variables
    from drivetrain.plan.model import PipelinePlan, RepositoryPlan, ResourceUse, StepPlan

DEFAULT_NAME_FORMAT = "$(Date:yyyyMMdd).$(Rev:r)"
"""https://learn.microsoft.com/azure/devops/pipelines/process/run-number"""


def compile_plan(
    pipeline: Pipeline,
    *,
    name: str,
    tasks: Mapping[str, TaskInfo],
    context: CompileContext | None = None,
    repositories: Mapping[str, RepositoryPlan] | None = None,
    pipelines: Mapping[str, PipelinePlan] | None = None,
    choice: Choice = ALL,
) -> Plan:
    """The plan of a pipeline that has no errors (`Definition.checked()`).

    Args:
        pipeline: what the file says.
        name: the definition's name, `$(Build.DefinitionName)`.
        tasks: the tasks that can run.
        context: repository and branch, for what steps are called.
        repositories: the other repositories that were found, by alias in lower case.
        pipelines: the runs of other pipelines that were found, by alias in lower case.
        choice: what of it is to run.

    Raises:
        DefinitionError: what is to run asks for what cannot be carried out here yet.
        NotFoundError, UserError: there can be no such choice (`choose`).
    """
    found = repositories or {}
    plan = Plan(
        pipeline=name,
        file=pipeline.file,
        name_format=pipeline.name.value if pipeline.name is not None else DEFAULT_NAME_FORMAT,
        stages=_Compiler(pipeline, tasks, Checkouts(context or CompileContext(), by_alias(pipeline), found)).stages(),
        variables=_variables(pipeline.variables),
        parameters=pipeline.parameter_values,
        append_commit_message=pipeline.append_commit_message,
        repositories=recorded(pipeline, found),
        extends=tuple(_extended(template, context or CompileContext(), found) for template in pipeline.extends),
        pipelines=recorded_pipelines(pipeline, pipelines or {}),
    )
    chosen = choose(plan, choice)
    problems = not_here(_what_runs(pipeline, chosen), tasks)
    if problems:
        raise DefinitionError(problems)
    return chosen


def _what_runs(pipeline: Pipeline, plan: Plan) -> Pipeline:
    """The file without the stages and jobs that are left out: what they ask for need not be here."""
    stages = []
    for stage, planned in zip(pipeline.stages, plan.stages, strict=True):
        jobs = (job for job, its_plan in zip(stage.jobs, planned.jobs, strict=True) if not its_plan.left_out)
        if not planned.left_out:
            stages.append(replace(stage, jobs=tuple(jobs)))
    return replace(pipeline, stages=tuple(stages))


def _extended(template: Extended, context: CompileContext, found: Mapping[str, RepositoryPlan]) -> ExtendsPlan:
    """A template as the check of required templates knows it: by repository, not by this file's alias for it."""
    repository = found.get(template.alias.lower())
    if not template.alias:
        return ExtendsPlan(template.path, context.repository, context.branch)
    if repository is None:
        return ExtendsPlan(template.path, template.alias)
    return ExtendsPlan(template.path, repository.name, repository.ref)


class _Compiler:
    def __init__(self, pipeline: Pipeline, tasks: Mapping[str, TaskInfo], checkouts: Checkouts) -> None:
        self._pipeline = pipeline
        self._tasks = tasks
        self._checkouts = checkouts
        self._aliases = {each.alias.lower(): each.alias for each in pipeline.resources.pipelines}
        self._containers = Containers(pipeline)
        self._infos = {reference.lower(): info for reference, info in tasks.items()}

    def stages(self) -> tuple[StagePlan, ...]:
        """Stages without `dependsOn` wait for the stage before them in the file."""
        names = _names([stage.name for stage in self._pipeline.stages], "Stage")
        planned: list[StagePlan] = []
        for stage, name in zip(self._pipeline.stages, names, strict=True):
            before = (planned[-1].name,) if planned else ()
            depends_on = before if stage.depends_on is None else _references(stage.depends_on, names)
            planned.append(self._stage(stage, name, depends_on))
        return tuple(planned)

    def _stage(self, stage: Stage, name: str, depends_on: tuple[str, ...]) -> StagePlan:
        names = _names([job.name for job in stage.jobs], "Job")
        jobs = tuple(self._job(job, own, names, stage) for job, own in zip(stage.jobs, names, strict=True))
        return StagePlan(
            name=name,
            display_name=stage.display_name or name,
            jobs=jobs,
            depends_on=depends_on,
            condition=_text(stage.condition),
            variables=_variables(stage.variables),
            position=str(stage.position),
            manual=stage.trigger == "manual",
            skippable=stage.skippable,
            lock_behavior=stage.lock_behavior or self._pipeline.lock_behavior,
            resources=stage_resources(self._pipeline, stage, (use for job in jobs for use in job.resources)),
        )

    def _job(self, job: Job, name: str, names: Sequence[str], stage: Stage) -> JobPlan:
        pool = job.pool or stage.pool or self._pipeline.pool or Pool()
        plan = JobPlan(
            name=name,
            display_name=job.display_name or name,
            steps=self._steps(job, agent=not pool.server),
            depends_on=_references(job.depends_on, names),
            condition=_text(job.condition),
            continue_on_error=job.continue_on_error,
            timeout_minutes=job.timeout_minutes,
            cancel_timeout_minutes=job.cancel_timeout_minutes,
            pool=PoolPlan(pool.name, pool.vm_image, pool.demands, pool.server),
            variables=_variables(job.variables),
            workspace_clean=job.workspace_clean,
            legs=self._legs(job, pool),
            max_parallel=count(job.strategy.max_parallel) if job.strategy else 0,
            position=str(job.position),
            strategy=plan_strategy(job.strategy),
            deployment=plan_deployment(job.deployment) if job.deployment is not None else None,
            server=pool.server,
            container=self._containers.plan(job.container) if job.container is not None else None,
            services=self._containers.of_services(job.services),
            containers=self._containers.of_targets(job),
        )
        return replace(plan, resources=self._resources(job, plan, stage))

    def _resources(self, job: Job, plan: JobPlan, stage: Stage) -> tuple[ResourceUse, ...]:
        own = (plan.container,) if plan.container is not None else ()
        containers = (*own, *plan.services.values(), *plan.containers.values())
        scopes = (self._pipeline.variables, stage.variables, job.variables)
        return job_resources(job, self._infos, self._checkouts.resources, containers, scopes=scopes)

    def _steps(self, job: Job, *, agent: bool) -> tuple[StepPlan, ...]:
        if job.deployment is not None:
            return ()
        return plan_steps(job.steps, self._tasks, self._checkouts, self._aliases, agent=agent)

    def _legs(self, job: Job, pool: Pool) -> tuple[LegPlan, ...]:
        if job.deployment is None:
            return plan_legs(job.strategy)
        return plan_hooks(job.deployment, lambda hook: self._hook_steps(hook, hook.pool or pool))

    def _hook_steps(self, hook: Hook, pool: Pool) -> tuple[StepPlan, ...]:
        return plan_hook_steps(hook, self._tasks, self._checkouts, self._aliases, agent=not pool.server)


def _names(given: Sequence[str], default: str) -> list[str]:
    """The names of stages or jobs; one without a name is called by its place: Job1, Job2."""
    taken = {name.lower() for name in given}
    names = []
    for place, name in enumerate(given, 1):
        chosen, number = name, place
        while not chosen or (chosen != name and chosen.lower() in taken):
            chosen, number = f"{default}{number}", number + len(given)
        taken.add(chosen.lower())
        names.append(chosen)
    return names


def _references(references: Sequence[Text], names: Sequence[str]) -> tuple[str, ...]:
    """The names meant, as they are declared, each once."""
    declared = {name.lower(): name for name in names}
    found = (declared.get(reference.value.lower(), reference.value) for reference in references)
    return tuple(dict.fromkeys(found))


def _variables(variables: Variables) -> tuple[VariablePlan, ...]:
    return tuple(
        VariablePlan(entry.name, entry.value.value, entry.runtime, entry.readonly)
        if isinstance(entry, Variable)
        else VariablePlan("", "", group=entry.name.value, position=str(entry.name.position))
        for entry in variables
    )


def _text(text: Text | None) -> str:
    return "" if text is None else text.value
