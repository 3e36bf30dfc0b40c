"""Steps whose bindings are followed become jobs as REST describes them, in an order in which they can run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drivetrain.definition.azureml.model import JobKind
from drivetrain.definition.azureml.pipeline.model import NodeOutput, PipelineNode
from drivetrain.definition.azureml.pipeline.types import checked_inputs
from drivetrain.definition.azureml.spelled import Spelled
from drivetrain.definition.azureml.sweep.read import read_sweep
from drivetrain.definition.azureml.sweep.write import rest_sweep
from drivetrain.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from drivetrain.definition.azureml.model import JobInput, JobOutput
    from drivetrain.definition.azureml.pipeline.draft import Draft
    from drivetrain.definition.azureml.pipeline.scope import Scope

_SWEEP_FIELDS = ("objective", "samplingAlgorithm", "searchSpace", "limits", "earlyTermination")
_DISTRIBUTIONS = {"pytorch": "PyTorch", "mpi": "Mpi", "tensorflow": "TensorFlow", "ray": "Ray"}


def finished(draft: Draft, scope: Scope, wanted: Mapping[str, JobOutput], compute: str = "") -> PipelineNode:
    """A step as a job. `wanted` is what the pipeline says of its outputs. Raises UserError."""
    given: dict[str, JobInput | NodeOutput] = {}
    for name, source in draft.inputs.items():
        found = scope.resolve(source, f"{draft.where}.inputs.{name}")
        if found is not None:
            given[name] = found
    searched = frozenset(name for name, _ in draft.fields.object("searchSpace").items())
    if draft.spec is not draft.fields:
        given = checked_inputs(draft.spec.object("inputs"), given, draft.where, searched)
    for name in searched:
        given.pop(name, None)
    plain = {name: each for name, each in given.items() if not isinstance(each, NodeOutput)}
    bound = {name: each for name, each in given.items() if isinstance(each, NodeOutput)}
    return PipelineNode(
        name=draft.name,
        title=draft.fields.text("displayName", "") or draft.name.replace("__", "."),
        kind=draft.kind,
        component=draft.component,
        properties=_properties(draft, scope, plain, wanted, compute),
        bound=bound,
        bound_types={name: _type_of(draft.spec, name) for name in bound},
        deterministic=draft.spec.flag("isDeterministic", default=True),
    )


def _type_of(spec: Spelled, name: str) -> str:
    described = spec.object("inputs").raw(name)
    kind = str(described.get("type", "")) if isinstance(described, dict) else ""
    return kind.lower() if kind.lower() not in ("", "path") else "uri_folder"


def _properties(
    draft: Draft, scope: Scope, inputs: Mapping[str, JobInput], wanted: Mapping[str, JobOutput], compute: str
) -> dict[str, Any]:
    fields, spec = draft.fields, draft.spec
    command = {
        "command": spec.text("command"),
        "environmentId": _reference(fields.text("environment", "") or spec.text("environment", "")),
        "codeId": _reference(spec.text("code", "")),
        "environmentVariables": {
            **_object(spec.raw("environmentVariables")),
            **_object(scope.literal(fields.raw("environmentVariables"), f"{draft.where}.environment_variables")),
        },
        "distribution": _distribution(draft, scope),
        "resources": _resources(draft, scope),
    }
    found: dict[str, Any] = {
        "jobType": draft.kind.value,
        "computeId": _text(scope.literal(fields.raw("computeId") or fields.raw("compute"), draft.where)) or compute,
        "inputs": {name: _rest_input(each) for name, each in inputs.items()},
        "outputs": {name: _rest_output(each, wanted.get(name)) for name, each in draft.outputs.items()},
    }
    if draft.kind is JobKind.SWEEP:
        return {**found, "trial": _given(command), **_sweep(draft, scope)}
    limits = Spelled(scope.literal(fields.raw("limits"), f"{draft.where}.limits") or {}, f"{draft.where}.limits")
    seconds = limits.seconds("timeout")
    return _given({**found, **command, "limits": {"timeout": f"PT{seconds}S"} if seconds else None})


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value not in ("", None)}


def _sweep(draft: Draft, scope: Scope) -> dict[str, Any]:
    said = {name: scope.literal(draft.fields.raw(name), f"{draft.where}.{name}") for name in _SWEEP_FIELDS}
    return rest_sweep(read_sweep(said, draft.where))


def _resources(draft: Draft, scope: Scope) -> dict[str, Any] | None:
    own = draft.fields.raw("resources") or draft.spec.raw("resources")
    if own is None:
        return None
    fields = Spelled(scope.literal(own, f"{draft.where}.resources"), f"{draft.where}.resources")
    return {
        "instanceCount": fields.whole("instanceCount", 1, least=1, most=1000),
        "properties": fields.raw("properties"),
    }


def _distribution(draft: Draft, scope: Scope) -> dict[str, Any] | None:
    own = draft.fields.raw("distribution") or draft.spec.raw("distribution")
    if own is None:
        return None
    fields = Spelled(scope.literal(own, f"{draft.where}.distribution"), f"{draft.where}.distribution")
    kind = (fields.text("distributionType", "") or fields.text("type")).lower()
    found: dict[str, Any] = {"distributionType": _DISTRIBUTIONS.get(kind, kind)}
    for name in ("processCountPerInstance", "workerCount", "parameterServerCount"):
        if name in fields:
            found[name] = fields.whole(name, 1, least=0, most=1000)
    return found


def _reference(text: str) -> str:
    """A reference as bodies of jobs have it: components put `azureml:` before an id of Azure Resource Manager."""
    return text.removeprefix("azureml:") if text.startswith("azureml:/subscriptions/") else text


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _rest_input(given: JobInput) -> dict[str, str]:
    if given.literal:
        return {"jobInputType": "literal", "value": given.value}
    return {"jobInputType": given.type, "uri": given.uri}


def _rest_output(own: Mapping[str, Any], wanted: JobOutput | None) -> dict[str, Any]:
    """A step's output; where it is the pipeline's, it lies where that says. The pipeline itself names the asset."""
    return {**own, "uri": wanted.uri} if wanted is not None and wanted.uri else dict(own)


def in_order(nodes: Sequence[PipelineNode]) -> tuple[PipelineNode, ...]:
    """Every node after those that it waits for, else as they are written. Raises UserError that names a cycle."""
    waiting, done = list(nodes), dict[str, PipelineNode]()
    while waiting:
        ready = [node for node in waiting if all(before in done for before in node.after)]
        if not ready:
            raise UserError(f"the steps {', '.join(_cycle(waiting))} wait for each other in a circle")
        done |= {node.name: node for node in ready}
        waiting = [node for node in waiting if node.name not in done]
    return tuple(done.values())


def _cycle(waiting: Sequence[PipelineNode]) -> list[str]:
    """The names along one circle among nodes that all wait."""
    before = {node.name: node.after for node in waiting}
    path = [waiting[0].name]
    while True:
        following = next(name for name in before[path[-1]] if name in before)
        if following in path:
            return path[path.index(following) :]
        path.append(following)
