"""Which run the artifacts come from: this one, or one that inputs describe, as the agent works it out.

GetPipelineIdAsync and what is around it in PipelineArtifactPluginV2 and BuildArtifactPluginV1,
https://github.com/microsoft/azure-pipelines-agent
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from drivetrain.errors import UserError
from drivetrain.run.model import Result
from drivetrain.run.ports import RunWanted

if TYPE_CHECKING:
    from drivetrain.run.ports import ArtifactSink
    from drivetrain.run.runner.context import StepContext

_LATEST, _BRANCH, _SPECIFIC = "latest", "latestfrombranch", "specific"


class Source(NamedTuple):
    """A run and its artifacts."""

    run_id: int
    artifacts: ArtifactSink


def chosen_run(context: StepContext) -> Source:
    """The run that the inputs mean; it is told in the log and in the variable `BuildNumber`, as the agent does. Inputs
    go by the names that they have in all versions of the tasks.

    Raises UserError when they are wrong, NotFoundError when no run fits.
    """
    source = _source(context)
    context.log.line(f"Download from the specified build: #{source.run_id}")
    context.job.variables.set("BuildNumber", str(source.run_id))
    return source


def _source(context: StepContext) -> Source:
    inputs, runs = context.inputs, context.job.services.runs
    only = inputs.text("pipelineId")  # version 0 has no other input for it
    if only and only != "0":
        return Source(runs.get(_run_id(only)).id, runs.artifacts(_run_id(only)))
    if not inputs.text("buildType") or inputs.choice("buildType", "current", "specific") == "current":
        return _own(context)
    return _other(context)


def _own(context: StepContext) -> Source:
    return Source(context.job.spec.run_id, context.job.services.artifacts)


def _other(context: StepContext) -> Source:
    inputs, runs = context.inputs, context.job.services.runs
    version = inputs.choice("buildVersionToDownload", _LATEST, _BRANCH, _SPECIFIC)
    if not inputs.text("project"):
        raise UserError("Value cannot be null or empty: Project Name", hint="give `project`: $(System.TeamProject)")
    triggering = _triggering(context)
    if triggering:
        run_id = triggering
    elif version == _SPECIFIC:
        run_id = _run_id(inputs.text("buildId"))
    else:
        run_id = runs.find(_wanted(context, version)).id
    if run_id == context.job.spec.run_id:
        return _own(context)
    return Source(run_id, runs.artifacts(runs.get(run_id).id))


def _run_id(text: str) -> int:
    if not text.isdecimal() or len(text) > 18:  # noqa: PLR2004 - no id is longer
        raise UserError(f"Run Id is not valid: {text}", hint="give the id of a run, as `drivetrain runs` lists it")
    return int(text)


def _triggering(context: StepContext) -> int:
    """The run that this one was started by, if the step prefers it and it is one of the pipeline; else 0."""
    if not context.inputs.flag("specificBuildWithTriggering"):
        return 0
    variables = context.job.variables
    definition, run_id = variables.value("Build.TriggeredBy.DefinitionId"), variables.value("Build.TriggeredBy.BuildId")
    same = definition != "" and definition.lower() == context.inputs.text("definition").lower()
    return _run_id(run_id) if same and run_id else 0


def _wanted(context: StepContext, version: str) -> RunWanted:
    inputs = context.inputs
    pipeline = inputs.text("definition")
    if not pipeline:
        raise UserError(
            "Value cannot be null or empty: Pipeline Definition",
            hint="give `pipeline`: its name, or the number in $(System.DefinitionId)",
        )
    results = [Result.SUCCEEDED]
    results += [Result.SUCCEEDED_WITH_ISSUES] if inputs.flag("allowPartiallySucceededBuilds") else []
    results += [Result.FAILED] if inputs.flag("allowFailedBuilds") else []
    variables = context.job.variables
    if pipeline == variables.value("System.DefinitionId"):  # also where a run has no project, and so no number
        pipeline = variables.value("Build.DefinitionName")
    tags = tuple(tag.strip() for tag in inputs.text("tags").split(",") if tag.strip())
    return RunWanted(pipeline, inputs.text("branchName") if version == _BRANCH else "", tags, tuple(results))
