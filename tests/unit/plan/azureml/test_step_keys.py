from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from drivetrain.definition.azureml.model import JobKind
from drivetrain.definition.azureml.pipeline.model import NodeOutput, PipelineNode
from drivetrain.plan.azureml.pipeline.keys import step_keys

PROPERTIES: dict[str, Any] = {
    "command": "python t.py",
    "environmentId": "env:1",
    "codeId": "code:1",
    "inputs": {"lr": {"jobInputType": "literal", "value": "0.1"}, "d": {"jobInputType": "uri_folder", "uri": "data:1"}},
    "outputs": {"o": {"jobOutputType": "uri_folder"}},
}
A = PipelineNode("a", "a", JobKind.COMMAND, "component:1", PROPERTIES)
B = PipelineNode("b", "b", JobKind.COMMAND, "component:1", PROPERTIES, {"up": NodeOutput("a", "o")})
CONTENT = {"env:1": "E", "env:2": "E", "env:3": "F", "code:1": "C", "code:2": "D", "data:1": "X", "data:2": "Y"}


def keys(*nodes: PipelineNode, unique: str = "job") -> dict[str, str]:
    return step_keys(nodes, lambda _, reference: CONTENT[reference], lambda name: f"{unique}_{name}")


def changed(node: PipelineNode, **properties: Any) -> PipelineNode:
    return replace(node, properties={**PROPERTIES, **properties})


def test_the_same_step_has_the_same_key_whatever_it_is_called() -> None:
    assert keys(A)["a"] == keys(replace(A, name="z", title="Z", component="component:2"))["z"]
    assert keys(A, B) == keys(A, B)
    assert keys(A, B)["a"] != keys(A, B)["b"]


def test_what_only_names_the_same_thing_has_the_same_key() -> None:
    assert keys(A)["a"] == keys(changed(A, environmentId="env:2"))["a"]
    assert keys(A)["a"] == keys(changed(A, computeId="elsewhere", displayName="other"))["a"]


@pytest.mark.parametrize(
    "change",
    [
        {"command": "python u.py"},
        {"environmentId": "env:3"},
        {"codeId": "code:2"},
        {"environmentVariables": {"A": "1"}},
        {"inputs": {**PROPERTIES["inputs"], "lr": {"jobInputType": "literal", "value": "0.2"}}},
        {"inputs": {**PROPERTIES["inputs"], "d": {"jobInputType": "uri_folder", "uri": "data:2"}}},
        {"outputs": {"o": {"jobOutputType": "uri_folder", "uri": "azureml://elsewhere"}}},
        {"distribution": {"distributionType": "PyTorch"}},
    ],
)
def test_whatever_changes_what_it_does_changes_its_key_and_those_of_what_follows(change: dict[str, Any]) -> None:
    before, after = keys(A, B), keys(changed(A, **change), B)
    assert before["a"] != after["a"]
    assert before["b"] != after["b"]


def test_a_step_that_is_not_deterministic_never_has_its_key_again_nor_what_follows() -> None:
    random = replace(A, deterministic=False)
    one, two = keys(random, B, unique="one"), keys(random, B, unique="two")
    assert one["a"] != two["a"]
    assert one["b"] != two["b"]


def test_a_sweep_has_a_key_of_its_trial_and_its_search() -> None:
    body = {"trial": PROPERTIES, "inputs": {}, "searchSpace": {"x": ["uniform", [0, 1]]}}
    sweep = PipelineNode("s", "s", JobKind.SWEEP, "", body)
    assert keys(sweep) == keys(sweep)
    other = replace(sweep, properties={**body, "searchSpace": {"x": ["uniform", [0, 2]]}})
    assert keys(sweep) != keys(other)
    assert keys(sweep) != keys(replace(sweep, properties={**body, "trial": {**PROPERTIES, "codeId": "code:2"}}))
