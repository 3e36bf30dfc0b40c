"""The command of a job, in pieces.

`${{inputs.x}}` and `${{outputs.y}}` stand for an input and an output (`${{search_space.x}}` for what a sweep chooses);
`$[[ ... ]]` is left out where an input in it is not given.
https://learn.microsoft.com/azure/machine-learning/reference-yaml-core-syntax
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from drivetrain.definition.azureml.model import CommandText

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

_BINDING = re.compile(r"\$\{\{\s*(inputs|outputs|search_space)\.([A-Za-z_][\w.-]*)\s*\}\}", re.ASCII)
_OPTIONAL = re.compile(r"\$\[\[(.*?)\]\]", re.DOTALL)
OUTPUTS = "outputs"


def command_parts(
    command: str, inputs: Collection[str], outputs: Collection[str], refuse: Callable[[str], None]
) -> tuple[CommandText, ...]:
    """The pieces of a command. `refuse` is told of an input or output that there is not."""
    found: list[CommandText] = []
    start = 0
    for optional in _OPTIONAL.finditer(command):
        found += _pieces(command[start : optional.start()], inputs, outputs, refuse)
        if _given(optional[1], inputs):
            found += _pieces(optional[1], inputs, outputs, refuse)
        start = optional.end()
    found += _pieces(command[start:], inputs, outputs, refuse)
    return tuple(found)


def _given(text: str, inputs: Collection[str]) -> bool:
    return all(binding[1] == OUTPUTS or binding[2] in inputs for binding in _BINDING.finditer(text))


def _pieces(
    text: str, inputs: Collection[str], outputs: Collection[str], refuse: Callable[[str], None]
) -> Iterator[CommandText]:
    start = 0
    for binding in _BINDING.finditer(text):
        if binding.start() > start:
            yield CommandText(text[start : binding.start()])
        kind, name = binding[1], binding[2]
        if name not in (outputs if kind == OUTPUTS else inputs):
            refuse(f"names ${{{{{kind}.{name}}}}}, which the job does not have")
        yield CommandText(output=name) if kind == OUTPUTS else CommandText(input=name)
        start = binding.end()
    if start < len(text):
        yield CommandText(text[start:])
