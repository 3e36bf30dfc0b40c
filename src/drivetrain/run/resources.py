"""`resources` in conditions and `$[ ]`, and the variables of `resources.pipelines`: the repositories and the runs of
other pipelines as they were found when a run was made. Pure.

https://learn.microsoft.com/azure/devops/pipelines/yaml-schema/resources-repositories-repository#variables
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.run.predefined import guid

if TYPE_CHECKING:
    from collections.abc import Mapping

    from drivetrain.lang.values import Value
    from drivetrain.plan.model import PipelinePlan, Plan
    from drivetrain.run.model import Run


def resources_of(run: Run, plan: Plan) -> dict[str, Value]:
    """`repositories` by alias, the pipeline's own as `self`; each has `id`, `name`, `ref`, `type`, `url`, `version`."""
    source = run.source
    own = _repository(source.name, source.ref, source.provider.lower(), source.uri, source.version or source.commit.sha)
    others = {
        alias: _repository(found.name, found.ref, found.type, found.url, found.version)
        for alias, found in plan.repositories.items()
    }
    repositories: dict[str, Value] = {**others, "self": own}
    pipelines: dict[str, Value] = {
        alias: _of_pipeline(found) for alias, found in plan.pipelines.items() if found.run_id
    }
    return {"repositories": repositories, "pipeline": pipelines}


def pipeline_variables(plan: Plan) -> dict[str, str]:
    """`resources.pipeline.<alias>.runID` and its kin, of every pipeline that a run was found for.

    https://learn.microsoft.com/azure/devops/pipelines/process/resources#pipeline-resource-variables
    """
    return {
        f"resources.pipeline.{alias}.{name}": value
        for alias, found in plan.pipelines.items()
        if found.run_id
        for name, value in _of_pipeline(found).items()
    }


def _of_pipeline(found: PipelinePlan) -> dict[str, str]:
    project = found.project or found.source
    return {
        "projectID": guid("project", project),
        "projectName": project,
        "pipelineName": found.source,
        "pipelineID": str(found.pipeline_id),
        "runName": found.run_name,
        "runID": str(found.run_id),
        "runURI": f"vstfs:///Build/Build/{found.run_id}",
        "sourceBranch": found.branch,
        "sourceCommit": found.commit,
        "sourceProvider": found.provider,
        "requestedFor": found.requested_for,
        "requestedForID": guid("identity", found.requested_for),
    }


def _repository(name: str, ref: str, kind: str, url: str, version: str) -> Mapping[str, Value]:
    return {"id": guid("repository", url), "name": name, "ref": ref, "type": kind, "url": url, "version": version}
