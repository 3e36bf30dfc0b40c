"""`resources.pipelines`: which of them a run needs, and what its plan keeps of the runs that were found for them.

https://learn.microsoft.com/azure/devops/pipelines/process/resources#define-a-pipelines-resource
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.plan.model import PipelinePlan

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from drivetrain.definition.model import Hook, Pipeline, Step
    from drivetrain.definition.resources.model import PipelineResource

CURRENT = "current"
DEPLOY = "deploy"
_TASK = "downloadpipelineartifact"
_NOT_AN_ALIAS = frozenset({CURRENT, "none"})


def downloads(step: Step) -> bool:
    """Whether a step speaks of downloads: then nothing is downloaded by itself in its hook."""
    task = step.subject.value.partition("@")[0].lower() if step.kind == "task" else ""
    return step.kind == "download" or task == _TASK


def downloads_by_itself(hook: Hook) -> bool:
    """Whether a hook of a deployment downloads all artifacts before its steps.

    https://learn.microsoft.com/azure/devops/pipelines/process/deployment-jobs#descriptions-of-lifecycle-hooks
    """
    return hook.name == DEPLOY and not any(map(downloads, hook.steps))


def needed(pipeline: Pipeline) -> tuple[PipelineResource, ...]:
    """Those whose artifacts some step downloads: without a run of them there can be no run."""
    known = {resource.alias.lower(): resource for resource in pipeline.resources.pipelines}
    return tuple(dict.fromkeys(known[alias] for alias in _aliases(pipeline, known) if alias in known))


def _aliases(pipeline: Pipeline, known: Mapping[str, PipelineResource]) -> Iterator[str]:
    for job in (job for stage in pipeline.stages for job in stage.jobs):
        yield from _named(job.steps)
        for hook in job.deployment.hooks if job.deployment is not None else ():
            yield from _named(hook.steps)
            if downloads_by_itself(hook):
                yield from known


def _named(steps: tuple[Step, ...]) -> Iterator[str]:
    return (step.subject.value.lower() for step in steps if step.kind == "download" and step.enabled)


def recorded(pipeline: Pipeline, found: Mapping[str, PipelinePlan]) -> dict[str, PipelinePlan]:
    """What a plan keeps, by alias as the file writes it: every run stays with it, also in a re-run. `found` is by alias
    in lower case.
    """
    return {
        resource.alias: found.get(resource.alias.lower()) or PipelinePlan(resource.source, resource.project)
        for resource in pipeline.resources.pipelines
    }


def download_inputs(source: str, options: Mapping[str, str], aliases: Mapping[str, str]) -> dict[str, str]:
    """The inputs of DownloadPipelineArtifact@2 that a `download` step stands for: an artifact goes into a folder of its
    name, one of another pipeline into a folder of that name below the alias. `aliases` has them as they are declared,
    by their lower case.

    https://learn.microsoft.com/azure/devops/pipelines/yaml-schema/steps-download
    """
    word = source.lower()
    alias = aliases.get(word, source)
    folders = ["$(Pipeline.Workspace)", *([] if word in _NOT_AN_ALIAS else [alias]), options.get("artifact", "")]
    path = {"path": "/".join(folder for folder in folders if folder)}
    if word in _NOT_AN_ALIAS:
        return {"source": word, **options, **path}
    of = f"resources.pipeline.{alias}"
    fixed = {
        "source": "specific",
        "project": f"$({of}.projectName)",
        "pipeline": f"$({of}.pipelineName)",
        "runVersion": "specific",
        "runId": f"$({of}.runID)",
    }
    return {**fixed, **options, **path}
