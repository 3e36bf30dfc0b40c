"""`${{parent.inputs.x}}`, `${{parent.jobs.a.outputs.y}}` and `${{parent.outputs.z}}`: how steps are tied together.

https://learn.microsoft.com/azure/machine-learning/reference-yaml-core-syntax#binding-inputs-and-outputs-between-steps-in-a-pipeline-job
"""

from __future__ import annotations

import re
from typing import Any

from msgspec import Struct

from drivetrain.definition.azureml.pipeline.model import NodeOutput
from drivetrain.errors import UserError

_NAME = r"[A-Za-z_]\w*"
_INPUT = re.compile(rf"\$\{{\{{\s*parent\.inputs\.({_NAME}(?:\.{_NAME})*)\s*\}}\}}", re.ASCII)
_NODE = re.compile(rf"\$\{{\{{\s*parent\.jobs\.({_NAME})\.outputs\.({_NAME})\s*\}}\}}", re.ASCII)
_OUTPUT = re.compile(rf"\$\{{\{{\s*parent\.outputs\.({_NAME})\s*\}}\}}", re.ASCII)
_ANY = re.compile(r"\$\{\{\s*parent\.", re.ASCII)


class ParentInput(Struct, frozen=True):
    """An input of the pipeline that a node is in."""

    name: str


def source_of(value: Any, where: str) -> ParentInput | NodeOutput | None:
    """What a value is bound to; None for one that is bound to nothing. Raises UserError for what only looks like it."""
    if not isinstance(value, str) or not _ANY.search(value):
        return None
    if found := _INPUT.fullmatch(value.strip()):
        return ParentInput(found[1])
    if found := _NODE.fullmatch(value.strip()):
        return NodeOutput(found[1], found[2])
    raise UserError(
        f"{where}: '{value[:100]}' is no binding",
        hint="a binding is the whole value: ${{parent.inputs.NAME}} or ${{parent.jobs.STEP.outputs.NAME}}",
    )


def parent_output(value: Any, where: str) -> str:
    """The output of the pipeline that a value is bound to; empty for one that is bound to nothing. Raises UserError."""
    if not isinstance(value, str) or not _ANY.search(value):
        return ""
    if found := _OUTPUT.fullmatch(value.strip()):
        return found[1]
    raise UserError(
        f"{where}: '{value[:100]}' is no binding of an output", hint="an output is bound to ${{parent.outputs.NAME}}"
    )
