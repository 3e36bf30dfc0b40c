"""What a step of a pipeline comes from, as one text: two steps with the same key give the same, and the second need not
be run.

https://learn.microsoft.com/azure/machine-learning/how-to-manage-inputs-outputs-pipeline, and "is_deterministic" of
https://learn.microsoft.com/azure/machine-learning/reference-yaml-component-command
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from drivetrain.definition.azureml.pipeline.model import PipelineNode

_RUNS = ("command", "environmentVariables", "distribution", "outputs", "inputs")
_SWEEPS = ("searchSpace", "objective", "samplingAlgorithm", "limits", "earlyTermination")
_REFERENCES = ("codeId", "environmentId")
VERSION = 1
"""Part of every key: raise it when steps come to mean something else."""


def step_keys(
    nodes: tuple[PipelineNode, ...], content: Callable[[str, str], str], unique: Callable[[str], str]
) -> dict[str, str]:
    """The key of every step, by its name. `content` says what a reference stands for, which is a `codeId`, an
    `environmentId` or data of a type: what is the same has the same text. `unique` gives a text that no other
    step has, for one that cannot be repeated.
    """
    keys: dict[str, str] = {}
    for node in nodes:  # those that it waits for come before it
        described = _described(node, keys, content)
        if not node.deterministic:
            described["unique"] = unique(node.name)
        keys[node.name] = hashlib.sha256(json.dumps(described, sort_keys=True).encode()).hexdigest()
    return keys


def _described(node: PipelineNode, keys: Mapping[str, str], content: Callable[[str, str], str]) -> dict[str, Any]:
    properties = node.properties
    runs = properties.get("trial", properties)
    found: dict[str, Any] = {"version": VERSION, "kind": node.kind.value}
    found |= {name: (properties if name in ("outputs", "inputs") else runs).get(name) for name in _RUNS}
    found |= {name: content(name, runs[name]) if runs.get(name) else "" for name in _REFERENCES}
    found |= {name: properties[name] for name in _SWEEPS if name in properties}
    found["inputs"] = {name: _input(each, content) for name, each in properties.get("inputs", {}).items()}
    found["bound"] = {name: [keys[source.node], source.output] for name, source in node.bound.items()}
    return found


def _input(given: Mapping[str, Any], content: Callable[[str, str], str]) -> Any:
    return content(given["jobInputType"], given["uri"]) if given.get("uri") else given.get("value")
