"""Steps are read, and pipeline components among them unfolded, until only commands and sweeps are left."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from drivetrain.definition.azureml.model import JobInput, JobKind
from drivetrain.definition.azureml.pipeline.binding import ParentInput, parent_output, source_of
from drivetrain.definition.azureml.pipeline.draft import Draft
from drivetrain.definition.azureml.pipeline.model import NodeOutput
from drivetrain.definition.azureml.pipeline.scope import Scope
from drivetrain.definition.azureml.pipeline.types import is_asset, literal_text
from drivetrain.definition.azureml.spelled import Spelled
from drivetrain.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MOST_STEPS = 500
DEEPEST = 10
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}", re.ASCII)
_INPUT_NAME = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*", re.ASCII)
_KINDS = {"command": JobKind.COMMAND, "sweep": JobKind.SWEEP, "pipeline": JobKind.PIPELINE}


class Unfolding:
    """Reads the steps of a pipeline and of those in it."""

    def __init__(self, component: Callable[[str], Mapping[str, Any]]) -> None:
        """`component` looks one up by its id."""
        self._component = component
        self.drafts: list[tuple[Draft, Scope]] = []
        """Commands and sweeps with the pipelines they stand in."""

    def read(self, jobs: Spelled, scope: Scope, prefix: str = "", depth: int = 0) -> None:
        """Read the steps of one pipeline into its scope. Raises UserError."""
        if depth > DEEPEST:
            raise UserError(f"{scope.where}: pipelines are nested more than {DEEPEST} deep")
        for name, value in jobs.items():
            if not _NAME.fullmatch(name):
                raise UserError(f"{scope.where}: '{name[:60]}' is no name of a step: use letters, digits and _")
            node = Spelled(value, f"{scope.where}.{name}")
            scope.steps[name] = self._step(node, f"{prefix}{name}", scope, depth)
            _bind_outputs(node, name, scope)

    def _step(self, node: Spelled, name: str, scope: Scope, depth: int) -> Draft | Scope:
        kind = _kind(node)
        reference, spec = self._spec(node, kind)
        declared = spec.text("type", "").lower()
        if kind is JobKind.PIPELINE or declared == "pipeline":
            return self._pipeline(node, spec, name, scope, depth)
        if declared not in ("", "command", "commandcomponent"):
            raise UserError(f"{node.path}: a component of type '{declared}' is not run here, only command components")
        return self._draft(node, kind, reference, spec, name, scope)

    def _spec(self, node: Spelled, kind: JobKind) -> tuple[str, Spelled]:
        """The component of a step, looked up; one that is written in place is the step itself."""
        found = node.object("trial") if kind is JobKind.SWEEP else node
        reference = found.text("componentId", "") or (
            str(found.raw("component")) if isinstance(found.raw("component"), str) else ""
        )
        if reference:
            return reference, Spelled(self._component(reference), f"{node.path}: the component {reference}")
        for key in ("component", "properties"):  # as job files and bodies of components have it
            if isinstance(found.raw(key), dict):
                inner = Spelled(found.raw(key), f"{node.path}.{key}")
                return "", inner.object("componentSpec") if "componentSpec" in inner else inner
        if "command" not in found and "jobs" not in found:
            raise UserError(f"{node.path} has neither a component nor a command")
        return "", found

    def _draft(self, node: Spelled, kind: JobKind, reference: str, spec: Spelled, name: str, scope: Scope) -> Draft:
        if len(self.drafts) >= MOST_STEPS:
            raise UserError(f"the pipeline has more than {MOST_STEPS} steps")
        draft = Draft(self._unique(name), node.path, kind, node, reference, spec, _inputs(node))
        draft.outputs = {key: _output(node, key, value) for key, value in spec.object("outputs").items()}
        for key in dict(node.object("outputs").items()):
            if spec is not node and key not in draft.outputs:
                known = ", ".join(draft.outputs) or "none"
                raise UserError(f"{node.path} has no output '{key}': its component declares {known}")
            draft.outputs.setdefault(key, _output(node, key, {}))
        self.drafts.append((draft, scope))
        return draft

    def _unique(self, name: str) -> str:
        taken = {draft.name.lower() for draft, _ in self.drafts}
        found, number = name, 1
        while found.lower() in taken:
            number += 1
            found = f"{name}_{number}"
        return found

    def _pipeline(self, node: Spelled, spec: Spelled, name: str, scope: Scope, depth: int) -> Scope:
        inputs: dict[str, Any] = dict(_inputs(node))
        missing = set()
        declared = {key: Spelled(value, f"{node.path}.{key}") for key, value in spec.object("inputs").items()}
        for key, described in declared.items():
            if key in inputs:
                continue
            if described.raw("default") is not None:
                inputs[key] = JobInput(value=literal_text(described.raw("default")))
            elif described.flag("optional"):
                missing.add(key)
            else:
                raise UserError(f"{node.path}: its input '{key}' is required and not given")
        inner = Scope(node.path, inputs, scope, missing=frozenset(missing))
        self.read(spec.object("jobs"), inner, f"{name}__", depth + 1)
        for key in dict(spec.object("outputs").items()):
            if key not in inner.outputs:
                raise UserError(f"{node.path}: no step of it is bound to its output '{key}'")
        return inner


def _kind(node: Spelled) -> JobKind:
    word = node.text("type", "command").lower()
    if word not in _KINDS:
        raise UserError(
            f"{node.path} is a step of type '{word}', which is not run here",
            hint="steps of type command, sweep and pipeline are",
        )
    return _KINDS[word]


def _inputs(node: Spelled) -> dict[str, JobInput | ParentInput | NodeOutput]:
    """What a step is given, by name."""
    found: dict[str, JobInput | ParentInput | NodeOutput] = {}
    for name, value in node.object("inputs").items():
        where = f"{node.path}.inputs.{name}"
        if not _INPUT_NAME.fullmatch(name):
            raise UserError(f"{where[:160]} is no name of an input: use letters, digits and _")
        given = _input(value, where)
        if given is not None:
            found[name] = given
    return found


def _input(value: Any, where: str) -> JobInput | ParentInput | NodeOutput | None:
    """A literal, a binding, or data, in all the ways that clients write them."""
    if value is None or not isinstance(value, dict):
        return None if value is None else source_of(value, where) or JobInput(value=literal_text(value))
    fields = Spelled(value, where)
    for key in ("value", "path", "uri"):
        bound = source_of(fields.raw(key), f"{where}.{key}")
        if bound is not None:
            return bound
    kind = fields.text("jobInputType", fields.text("type", "literal")).lower()
    if not is_asset(kind):
        literal = fields.raw("value")
        return None if literal is None else JobInput(value=literal_text(literal))
    uri = fields.text("uri", "") or fields.text("path")
    return JobInput("uri_folder" if kind == "path" else kind, uri=uri)


def _output(node: Spelled, name: str, declared: Any) -> dict[str, Any]:
    """An output of a step as REST has it for a job: what the component says of it, and then the step."""
    described, own = Spelled(declared, f"{node.path}.outputs.{name}"), node.object("outputs").raw(name)
    said = Spelled(own if isinstance(own, dict) else {}, f"{node.path}.outputs.{name}")
    kind = said.text("jobOutputType", "") or described.text("type", "uri_folder").lower()
    found = {
        "jobOutputType": kind if is_asset(kind) and kind != "path" else "uri_folder",
        "mode": said.text("mode", ""),
        "uri": said.text("uri", "") or ("" if "parent." in said.text("path", "") else said.text("path", "")),
        "assetName": said.text("assetName", "") or said.text("name", ""),
        "assetVersion": said.text("assetVersion", "") or said.text("version", ""),
    }
    return {key: text for key, text in found.items() if text}


def _bind_outputs(node: Spelled, name: str, scope: Scope) -> None:
    """Note which outputs of the pipeline this step's are."""
    for key, value in node.object("outputs").items():
        where = f"{node.path}.outputs.{key}"
        held = [value.get("value"), value.get("path")] if isinstance(value, dict) else [value]
        for text in held:
            target = parent_output(text, where)
            if target:
                scope.outputs[target] = NodeOutput(name, key)
