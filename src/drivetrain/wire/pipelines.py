"""The runs that `resources.pipelines` mean, found when a run is made.

https://learn.microsoft.com/azure/devops/pipelines/process/resources#evaluation-of-artifact-version
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.errors import DefinitionError, NotFoundError, Problem
from drivetrain.plan.model import PipelinePlan
from drivetrain.plan.pipelines import needed
from drivetrain.run.model import Result
from drivetrain.run.ports import RunWanted
from drivetrain.source.events import PipelineCompleted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from drivetrain.definition.model import Pipeline
    from drivetrain.definition.resources.model import PipelineResource
    from drivetrain.run.model import Run
    from drivetrain.source.events import Cause
    from drivetrain.store.other_runs import SqliteOtherRuns


def find_pipelines(
    pipeline: Pipeline, runs: SqliteOtherRuns, *, only: str = "", cause: Cause | None = None
) -> Mapping[str, PipelinePlan]:
    """The run of each resource, by alias in lower case; the one that started this run is meant whatever the file says
    of its resource. Raises DefinitionError with the place that names one that has no run, if some step downloads its
    artifacts; the others may have none.
    """
    found, must = {}, needed(pipeline)
    for resource in pipeline.resources.pipelines:
        try:
            found[resource.alias.lower()] = _plan(resource, _run_of(resource, runs, only, cause))
        except NotFoundError as error:
            if resource in must:
                message = f"the pipeline resource '{resource.alias}' has no run: {error.message}"
                problem = Problem(resource.position, message, error.hint, code="unknown-pipeline")
                raise DefinitionError([problem]) from error
    return found


def _run_of(resource: PipelineResource, runs: SqliteOtherRuns, only: str, cause: Cause | None) -> Run:
    if isinstance(cause, PipelineCompleted) and cause.alias.lower() == resource.alias.lower():
        return runs.get(cause.run_id)
    return runs.find(_wanted(resource), only=only)


def _wanted(resource: PipelineResource) -> RunWanted:
    results = () if resource.version else (Result.SUCCEEDED,)
    return RunWanted(resource.source, resource.branch, resource.tags, results, resource.version)


def _plan(resource: PipelineResource, run: Run) -> PipelinePlan:
    return PipelinePlan(
        source=run.pipeline,
        project=resource.project or run.project or run.source.name,
        run_id=run.id,
        run_name=run.number,
        pipeline_id=run.project_id or 0,
        branch=run.source.ref,
        commit=run.source.commit.sha,
        provider=run.source.provider,
        requested_for=run.requested_for,
    )
