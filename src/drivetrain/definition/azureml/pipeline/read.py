"""A pipeline job from the body of REST: pipeline components are unfolded, bindings followed, types compared.

https://learn.microsoft.com/rest/api/azureml/jobs/create-or-update (PipelineJob); what stands in `jobs` is what
azure-ai-ml writes there (entities/_builders), which no page describes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drivetrain.definition.azureml.fields import Fields
from drivetrain.definition.azureml.pipeline.finish import finished, in_order
from drivetrain.definition.azureml.pipeline.model import NodeOutput, PipelineJob, PipelineSettings
from drivetrain.definition.azureml.pipeline.scope import Scope
from drivetrain.definition.azureml.pipeline.unfold import Unfolding
from drivetrain.definition.azureml.rest import head_from, inputs_from, outputs_from
from drivetrain.definition.azureml.spelled import Spelled
from drivetrain.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from drivetrain.definition.azureml.model import JobOutput


def read_pipeline(properties: object, component: Callable[[str], Mapping[str, Any]]) -> PipelineJob:
    """A pipeline job from `properties`. `component` gives the `componentSpec` of a component by its id, or raises
    NotFoundError. Raises UserError that names the step and the field.
    """
    fields = Fields(properties, "properties")
    head, inputs, outputs = head_from(fields), inputs_from(fields, groups=True), outputs_from(fields)
    fields.checked()
    loose = Spelled(properties, "properties")
    settings = _settings(loose.object("settings"), head.compute)
    top = Scope("jobs", dict(inputs))
    unfolding = Unfolding(component)
    unfolding.read(loose.object("jobs"), top)
    if not unfolding.drafts:
        raise UserError("properties.jobs is empty: a pipeline needs a step")
    sources = _sources(top, outputs)
    compute = settings.default_compute
    nodes = [
        finished(draft, scope, _wanted(draft.name, sources, outputs), compute) for draft, scope in unfolding.drafts
    ]
    return PipelineJob(head, in_order(nodes), inputs, outputs, sources, settings)


def _settings(fields: Spelled, compute: str) -> PipelineSettings:
    default = fields.text("default_compute", "").rstrip("/").rpartition("/")[2].removeprefix("azureml:")
    return PipelineSettings(
        continue_on_failure=fields.flag("continue_on_step_failure"),
        force_rerun=fields.flag("force_rerun"),
        default_compute="" if default.lower() == "serverless" else default or compute,
    )


def _sources(top: Scope, outputs: Mapping[str, JobOutput]) -> dict[str, NodeOutput]:
    for name in top.outputs:
        if name not in outputs:
            raise UserError(f"a step's output is bound to parent.outputs.{name}: the pipeline has no such output")
    return {name: found for name, inner in top.outputs.items() if (found := _node_output(top, inner, name))}


def _node_output(top: Scope, inner: NodeOutput, name: str) -> NodeOutput | None:
    found = top.resolve(inner, f"outputs.{name}")
    return found if isinstance(found, NodeOutput) else None


def _wanted(node: str, sources: Mapping[str, NodeOutput], outputs: Mapping[str, JobOutput]) -> dict[str, JobOutput]:
    """What the pipeline says of a node's outputs: where they are to lie, and under which name."""
    return {source.output: outputs[name] for name, source in sources.items() if source.node == node}
