"""What conditions and `$[ ]` values may refer to while a run is under way, and what they come to.

    place           variables  pipeline, resources  dependencies            stageDependencies
    stage           yes        yes                  stages it depends on    the same, by job
    job, variables  yes        yes                  jobs it depends on      stages that its stage depends on, by job

Only what is named in `dependsOn` can be seen, as on Azure; status functions without arguments look at indirect
dependencies too. https://learn.microsoft.com/azure/devops/pipelines/process/expressions#dependencies
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from drivetrain.lang.expressions import Context, ExpressionError, Trace, parse
from drivetrain.lang.expressions.evaluate import evaluate_boolean, evaluate_string
from drivetrain.lang.values import Caseless, caseless, to_string
from drivetrain.run.decide import Verdict
from drivetrain.run.model import Result
from drivetrain.run.states import succeeded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from drivetrain.lang.expressions import Expression, HostFunction
    from drivetrain.lang.values import Value
    from drivetrain.plan.model import JobPlan, StagePlan
    from drivetrain.run.nodes import Ancestry, JobStatus, StageStatus
    from drivetrain.run.status import RunStatus


@lru_cache(maxsize=4096)
def parsed(text: str) -> Expression:
    """A parsed expression; conditions are few and asked often. Raises ExpressionError."""
    return parse(text)


class Expressions:
    """Evaluates the expressions of one run as it stands."""

    def __init__(
        self,
        status: RunStatus,
        *,
        pipeline: Mapping[str, Value],
        variables: Callable[[StagePlan, JobPlan | None], Mapping[str, str]],
        open_secret: Callable[[str], str],
        counter: Callable[[str, int], int],
        resources: Mapping[str, Value] | None = None,
    ) -> None:
        """`variables` gives what a condition at a place may refer to; `open_secret` unseals a secret output."""
        self._status = status
        self._pipeline = caseless(dict(pipeline))
        self._resources = caseless(dict(resources or {}))
        self._variables = variables
        self._open = open_secret
        self._counter = counter
        self._outputs: dict[tuple[str, str], Mapping[str, str]] = {}

    def stage(self, stage: StagePlan) -> Verdict:
        """Whether a stage runs."""
        node = self._status.stages[stage.name]
        if not stage.condition.strip():
            return Verdict(node.ancestry().succeeded and not self._status.canceled)
        return self._verdict(stage.condition, lambda: self.stage_context(stage, self._variables(stage, None)))

    def job(self, stage: StagePlan, job: JobPlan) -> Verdict:
        """Whether a job runs."""
        if not job.condition.strip():
            succeeded_before = self._job_status(stage, job).ancestry().succeeded
            return Verdict(succeeded_before and not self._status.stage_canceled(stage.name))
        return self._verdict(job.condition, lambda: self.job_context(stage, job, self._variables(stage, job)))

    def explain(self, stage: StagePlan, job: JobPlan | None, mask: Callable[[str], str] = str) -> list[str]:
        """How the condition of a stage or job is evaluated as things stand, in the form of Azure's logs."""
        trace = Trace(mask)
        condition = (stage.condition if job is None else job.condition).strip() or "succeeded()"
        variables = self._variables(stage, job)
        here = self.stage_context(stage, variables) if job is None else self.job_context(stage, job, variables)
        evaluate_boolean(parsed(condition), here, trace=trace)
        return trace.lines

    def _verdict(self, condition: str, context: Callable[[], Context]) -> Verdict:
        try:
            return Verdict(evaluate_boolean(parsed(condition), context()))
        except ExpressionError as error:
            return Verdict(runs=False, error=f"Its condition cannot be evaluated: {error.message}")

    def text(self, expression: str, context: Context) -> str:
        """The value of the text inside `$[ ]`. Raises ExpressionError."""
        return evaluate_string(parsed(expression), context)

    def stage_context(self, stage: StagePlan, variables: Mapping[str, str]) -> Context:
        """What a stage's expressions may refer to."""
        node = self._status.stages[stage.name]
        results = {before.plan.name: _satisfied(before, _stage_result(before)) for before in node.depends_on}
        return Context(
            {
                "variables": Caseless(variables),
                "pipeline": self._pipeline,
                "resources": self._resources,
                "dependencies": lambda: caseless({b.plan.name: self._stage_value(b) for b in node.depends_on}),
                "stageDependencies": lambda: caseless(self._stage_dependencies(node)),
            },
            {
                **self._status_functions(node.ancestry(), results, canceled=self._status.canceled),
                "counter": counting(self._counter),
            },
        )

    def job_context(self, stage: StagePlan, job: JobPlan, variables: Mapping[str, str]) -> Context:
        """What a job's expressions may refer to."""
        node = self._job_status(stage, job)
        results = {before.plan.name: _satisfied(before, before.result) for before in node.depends_on}
        canceled = self._status.stage_canceled(stage.name)
        return Context(
            {
                "variables": Caseless(variables),
                "pipeline": self._pipeline,
                "resources": self._resources,
                "dependencies": lambda: caseless({b.plan.name: self._job_value(b) for b in node.depends_on}),
                "stageDependencies": lambda: caseless(self._stage_dependencies(self._status.stages[stage.name])),
            },
            {**self._status_functions(node.ancestry(), results, canceled=canceled), "counter": counting(self._counter)},
        )

    def secrets(self, stage: StagePlan, job: JobPlan) -> set[str]:
        """Every secret output that the job's expressions can see, opened."""
        seen = [*self._job_status(stage, job).depends_on]
        for before in self._status.stages[stage.name].depends_on:
            seen += before.jobs.values()
        return {
            self._open(record.outputs[name])
            for node in seen
            for record in node.legs.values()
            for name in record.secret_outputs
        }

    def _job_status(self, stage: StagePlan, job: JobPlan) -> JobStatus:
        return self._status.stages[stage.name].jobs[job.name]

    def _stage_value(self, stage: StageStatus) -> Mapping[str, Value]:
        outputs = {f"{name}.{key}": value for name, job in stage.jobs.items() for key, value in self._of(job).items()}
        return {"result": _text(stage.record.result), "outputs": outputs}

    def _job_value(self, job: JobStatus) -> Mapping[str, Value]:
        return {"result": _text(job.result), "outputs": self._of(job)}

    def _stage_dependencies(self, stage: StageStatus) -> Mapping[str, Value]:
        return {
            before.plan.name: {name: self._job_value(job) for name, job in before.jobs.items()}
            for before in stage.depends_on
        }

    def _of(self, job: JobStatus) -> Mapping[str, str]:
        """The outputs of a completed job: `step.variable`, with a leg's names before it where there are legs."""
        key = (job.stage, job.plan.name)
        if key not in self._outputs:
            self._outputs[key] = {
                f"{prefix}.{name}" if prefix else name: self._open(value) if name in record.secret_outputs else value
                for leg, record in job.legs.items()
                for prefix in output_names(job.plan, leg)
                for name, value in record.outputs.items()
            }
        return self._outputs[key]

    def _status_functions(
        self, ancestry: Ancestry, results: Mapping[str, Result | None], *, canceled: bool
    ) -> Mapping[str, HostFunction]:
        """https://learn.microsoft.com/azure/devops/pipelines/process/expressions#job-status-check-functions"""
        known = {name.lower(): result for name, result in results.items()}

        def of(names: Sequence[Value]) -> Iterable[Result | None]:
            # What is not depended on has neither succeeded nor failed; Azure does not tell it as an error either.
            return (known.get(to_string(name).lower()) for name in names)

        def ok(names: Sequence[Value]) -> bool:
            every = all(result is not None and succeeded(result) for result in of(names))
            return not canceled and (every if names else ancestry.succeeded)

        def bad(names: Sequence[Value]) -> bool:
            some = any(result is Result.FAILED for result in of(names))
            return not canceled and (some if names else ancestry.failed)

        def ended(names: Sequence[Value]) -> bool:
            # False only when everything before was skipped or canceled:
            # https://github.com/MicrosoftDocs/azure-devops-docs/issues/12846
            some = any(result is Result.FAILED or (result and succeeded(result)) for result in of(names))
            return not canceled and (some if names else ancestry.ran or ancestry.empty)

        return {
            "always": lambda _: True,
            "canceled": lambda _: self._status.canceled,
            "succeeded": ok,
            "failed": bad,
            "succeededOrFailed": ended,
        }


def output_names(job: JobPlan, leg: str) -> Sequence[str]:
    """What the outputs of a leg can be called by: its name; for a hook also with the resource, and for `deploy` by
    the name of the job. In any case, as all names.

    https://learn.microsoft.com/azure/devops/pipelines/process/deployment-jobs#support-for-output-variables
    """
    hook = job.leg(leg).hook
    if job.deployment is None or hook is None:
        return (leg,)
    names = [leg]
    if job.deployment.environment.resource_name:
        names.append(f"{leg}_{job.deployment.environment.resource_name}")
    if hook.name == "deploy":
        names.append(job.name)
    return names


def counting(counter: Callable[[str, int], int]) -> HostFunction:
    """`counter(prefix, seed)` as expressions call it.

    https://learn.microsoft.com/azure/devops/pipelines/process/expressions#counter
    """

    def count(arguments: Sequence[Value]) -> Value:
        prefix = to_string(arguments[0]) if arguments else ""
        seed = to_string(arguments[1]) if len(arguments) > 1 else "0"
        try:
            return str(counter(prefix, int(seed or "0")))
        except ValueError:
            raise ExpressionError(f"counter's seed must be a whole number, not '{seed}'") from None

    return count


def _stage_result(stage: StageStatus) -> Result | None:
    return stage.record.result


def _satisfied(node: StageStatus | JobStatus, result: Result | None) -> Result | None:
    """What status functions see: what was left out of the run does not stand in the way."""
    return Result.SUCCEEDED if node.plan.left_out else result


def _text(result: Result | None) -> str:
    return "" if result is None else str(result)
