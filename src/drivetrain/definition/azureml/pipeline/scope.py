"""The pipeline that a step stands in, or a pipeline component used as a step: names are looked up here."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from drivetrain.definition.azureml.pipeline.binding import ParentInput, source_of
from drivetrain.definition.azureml.pipeline.model import NodeOutput
from drivetrain.errors import UserError

if TYPE_CHECKING:
    from drivetrain.definition.azureml.model import JobInput
    from drivetrain.definition.azureml.pipeline.draft import Draft

Bound = "JobInput | ParentInput | NodeOutput"


@dataclass
class Scope:
    """One pipeline, and what its names stand for. Filled while its steps are read, asked when all are."""

    where: str
    """For messages: `jobs.prepare`."""
    inputs: dict[str, Any] = field(default_factory=dict)
    """JobInput, or a binding in the scope above."""
    above: Scope | None = None
    steps: dict[str, Draft | Scope] = field(default_factory=dict)
    outputs: dict[str, NodeOutput] = field(default_factory=dict)
    """Which output of which step each of its outputs is."""
    missing: frozenset[str] = frozenset()
    """Inputs that are declared optional, and not given."""

    def resolve(self, source: JobInput | ParentInput | NodeOutput, where: str) -> JobInput | NodeOutput | None:
        """A value of a step of this pipeline, as a literal, data, or the output of a command or a sweep; None for an
        optional input that is not given. Raises UserError.
        """
        if isinstance(source, ParentInput):
            return self._input(source.name, where)
        return self._output(source, where) if isinstance(source, NodeOutput) else source

    def _input(self, name: str, where: str) -> JobInput | NodeOutput | None:
        if name in self.inputs:
            found: JobInput | ParentInput | NodeOutput = self.inputs[name]
            return found_above(self, found, where)
        if name in self.missing:
            return None
        known = ", ".join(self.inputs) or "none"
        raise UserError(f"{where} is bound to parent.inputs.{name}: the pipeline has no such input, it has {known}")

    def _output(self, source: NodeOutput, where: str) -> NodeOutput:
        step = self.steps.get(source.node)
        if step is None:
            known = ", ".join(self.steps)
            raise UserError(f"{where} is bound to the step '{source.node}', which is not there; there are {known}")
        if isinstance(step, Scope):
            inner = step.outputs.get(source.output)
            if inner is None:
                raise UserError(f"{where}: '{source.node}' has no output '{source.output}'")
            return step._output(inner, where)  # noqa: SLF001 - another scope
        if source.output not in step.outputs:
            known = ", ".join(step.outputs) or "none"
            raise UserError(f"{where}: '{source.node}' has no output '{source.output}', it has {known}")
        return NodeOutput(step.name, source.output)

    def literal(self, value: Any, where: str) -> Any:
        """JSON whose bindings are replaced by what they stand for: only literals may stand in a step's settings."""
        if isinstance(value, dict):
            return {key: self.literal(item, f"{where}.{key}") for key, item in value.items()}
        if isinstance(value, list):
            return [self.literal(item, where) for item in value]
        source = source_of(value, where)
        if source is None:
            return value
        found = self.resolve(source, where)
        if isinstance(found, NodeOutput) or (found is not None and not found.literal):
            raise UserError(f"{where} is bound to data, where only a literal can stand")
        return None if found is None else found.value


def found_above(scope: Scope, source: JobInput | ParentInput | NodeOutput, where: str) -> JobInput | NodeOutput | None:
    """What a value that was given to a pipeline is, where it was given."""
    if scope.above is None:
        return scope.resolve(source, where) if isinstance(source, NodeOutput) else _plain(source)
    return scope.above.resolve(source, where)


def _plain(source: JobInput | ParentInput) -> JobInput:
    assert not isinstance(source, ParentInput)  # noqa: S101 - there is nothing above the job itself
    return source
